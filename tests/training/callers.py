"""Learners and a pool of questions, over the whole application."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import httpx
from dishka import AsyncContainer
from sqlalchemy import func, select

from lyceum.accounts.adapters.access_tokens import AccessTokens
from lyceum.accounts.api import Actor, Role
from lyceum.kernel.ids import UserId
from lyceum.platform.database import Database
from lyceum.platform.outbox import Relay, outbox

TRAININGS = "/api/training/trainings"
ME = "/api/training/me"
type Headers = dict[str, str]
type Body = dict[str, object]


async def headers_of(container: AsyncContainer, number: int, role: Role = Role.LEARNER) -> Headers:
    """A bearer token of somebody with that role; the same number is the same person."""
    tokens = await container.get(AccessTokens)
    actor = Actor(UserId(UUID(int=number)), frozenset({role}), f"Person {number}", session_id=UUID(int=number))
    return {"Authorization": f"Bearer {tokens.issue(actor)}"}


def a_question(number: int, **changes: object) -> Body:
    """A choice of four; the right one is `a`."""
    return {
        "kind": "single_choice",
        "stem": f"Вопрос {number}?",
        "subject": "physics",
        "topics": ["Оптика" if number % 2 else "Механика"],
        "exam": "ege",
        "exam_task_number": 1 + number % 3,
        "options": [{"id": id, "text": f"Ответ {id} на {number}"} for id in "abcd"],
        "answer": "a",
        "explanation": f"Разбор {number}",
        "hint": "Подумайте",
        "status": "published",
        **changes,
    }


@dataclass(frozen=True, slots=True)
class Classroom:
    """The application with a pool in it, and one learner."""

    client: httpx.AsyncClient
    container: AsyncContainer
    relay: Relay
    learner: Headers

    async def fill(self, questions: Sequence[Body]) -> None:
        author = await headers_of(self.container, 999, Role.AUTHOR)
        for question in questions:
            made = await self.client.post("/api/bank/questions", json=question, headers=author)
            assert made.status_code == 201, made.text
        await self.settle()

    async def settle(self) -> None:
        """Deliver what was told, and wait for what the application's own relay has taken up."""
        database = await self.container.get(Database)
        waiting = select(func.count()).select_from(outbox).where(outbox.c.next_at.is_not(None))
        while True:
            await self.relay.drain()
            async with database.read() as connection:
                if not await connection.scalar(waiting):
                    return

    async def start(self, learner: Headers | None = None, **asked: object) -> httpx.Response:
        return await self.client.post(TRAININGS, json=asked, headers=learner or self.learner)

    async def started(self, learner: Headers | None = None, **asked: object) -> Body:
        response = await self.start(learner, **asked)
        assert response.status_code == 201, response.text
        body: Body = response.json()
        return body

    async def answer(
        self, training: object, attempt: object, answer: object, learner: Headers | None = None
    ) -> httpx.Response:
        body = {"attempt_id": attempt, "answer": answer, "elapsed_ms": 1200}
        return await self.client.post(f"{TRAININGS}/{training}/answers", json=body, headers=learner or self.learner)

    async def series(self, answers: Sequence[object], **asked: object) -> tuple[Body, list[Body]]:
        """A training with these answers in turn, a None among them skips; what came back."""
        training = await self.started(length=len(answers), **asked)
        current, came = training["current"], list[Body]()
        for answer in answers:
            attempt = current["attempt_id"]  # type: ignore[index]
            if answer is None:
                path = f"{TRAININGS}/{training['id']}/skip"
                response = await self.client.post(path, json={"attempt_id": attempt}, headers=self.learner)
            else:
                response = await self.answer(training["id"], attempt, answer)
            assert response.status_code == 200, response.text
            came.append(response.json())
            current = came[-1]["next"]
        return training, came

    async def get(self, path: str, learner: Headers | None = None, **params: str | int) -> httpx.Response:
        return await self.client.get(path, params=params, headers=learner or self.learner)
