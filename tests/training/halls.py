"""An organiser, a clock that the test moves, and questions to hold an event with."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import httpx
from dishka import Provider, Scope, provide

from lyceum.accounts.api import Role
from lyceum.kernel.ports import Clock
from lyceum.main.container import make_container
from lyceum.platform.outbox import Relay
from lyceum.platform.settings import Settings
from lyceum.training.use_cases.scoring import SweepSittings
from lyceum.training.use_cases.standings import TendEvents
from tests.apps import an_app, running
from tests.training.callers import TRAININGS, Body, Classroom, Headers, a_question, headers_of

EVENTS = "/api/training/events"
TASKS = 4


@dataclass(eq=False)
class HandClock:
    at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def now(self) -> datetime:
        return self.at

    def to(self, moment: str | object, **more: int) -> None:
        self.at = datetime.fromisoformat(str(moment)) + timedelta(**more)


class OnHand(Provider):
    def __init__(self, clock: HandClock) -> None:
        super().__init__()
        self._clock = clock

    @provide(scope=Scope.APP, override=True)
    def clock(self) -> Clock:
        return self._clock


@dataclass(frozen=True, slots=True)
class Hall:
    """An organiser, a clock, and four questions whose right answer is `a`."""

    room: Classroom
    clock: HandClock
    questions: list[str]

    def plan(self, **changes: object) -> Body:
        opens = self.clock.at + timedelta(hours=1)
        return {
            "title": "Школьный этап",
            "opens_at": opens.isoformat(),
            "closes_at": (opens + timedelta(hours=2)).isoformat(),
            "duration_min": 60,
            "questions": self.questions,
            "variants": 2,
            **changes,
        }

    async def post(self, path: str, body: object = None, who: Headers | None = None) -> httpx.Response:
        return await self.room.client.post(f"{EVENTS}{path}", json=body, headers=who or await self.organiser())

    async def announced(self, **changes: object) -> Body:
        made = await self.post("", self.plan(**changes))
        assert made.status_code == 201, made.text
        sealed = await self.post(f"/{made.json()['id']}/seal")
        assert sealed.status_code == 200, sealed.text
        body: Body = sealed.json()
        return body

    async def organiser(self) -> Headers:
        """Made anew for each call, since a token does not live as long as an event."""
        return await headers_of(self.room.container, 900, Role.AUTHOR)

    async def learner(self, number: int) -> Headers:
        return await headers_of(self.room.container, number)

    async def started(self, event: Body, number: int) -> Body:
        answer = await self.post(f"/{event['id']}/start", {"name": f"Участник {number}"}, await self.learner(number))
        assert answer.status_code == 200, answer.text
        body: Body = answer.json()
        return body

    async def save(self, sitting: Body, number: int, task: int, answer: object, **more: object) -> httpx.Response:
        attempt = sitting["tasks"][task]["attempt_id"]  # type: ignore[index]
        body = {"attempt_id": attempt, "answer": answer, **more}
        path = f"{TRAININGS}/{sitting['id']}/answers"
        return await self.room.client.post(path, json=body, headers=await self.learner(number))

    async def standings(self, event: Body, who: Headers | None = None) -> httpx.Response:
        return await self.room.client.get(f"{EVENTS}/{event['id']}/standings", headers=who or {})

    async def tend(self) -> int:
        async with self.room.container() as scope:
            await (await scope.get(SweepSittings))()
        async with self.room.container() as scope:
            return await (await scope.get(TendEvents))()


async def hall_of(settings: Settings, *overrides: Provider) -> AsyncIterator[Hall]:
    clock = HandClock()
    container = make_container(settings, OnHand(clock), *overrides)
    app = an_app(settings, container)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with running(app), httpx.AsyncClient(transport=transport, base_url="http://lyceum.test") as client:
        room = Classroom(client, container, await container.get(Relay), await headers_of(container, 1))
        await room.fill([a_question(number) for number in range(TASKS)])
        found = await client.get("/api/bank/questions?limit=10")
        questions = sorted(item["id"] for item in found.json()["items"])
        yield Hall(room, clock, questions)
