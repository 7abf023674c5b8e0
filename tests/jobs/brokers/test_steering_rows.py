"""Every move that the contract knows, allowed or not, over REST and by message; and every payload that is none."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID, uuid4

import httpx
import pytest
from dishka import AsyncContainer
from litestar import Litestar

from lyceum.jobs.domain.tasks import Progress, Source, TaskId
from lyceum.kernel.ids import UserId
from lyceum.platform.database import Database
from tests.jobs.builders import Queue
from tests.jobs.messages import LATER, LETTERS, TASKS
from tests.jobs.rabbit import Body, Outsider, envelope, outsider
from tests.training.callers import headers_of

STATES = ("new", "in_progress", "in_progress, asked to stop", "completed", "failed")
MOVES = {
    ("cancel", "new"): "failed",
    ("cancel", "in_progress"): "in_progress",
    ("cancel", "in_progress, asked to stop"): "in_progress",
    ("retry", "failed"): "new",
}
"""What is allowed, and the status after it; every other pair is refused."""
PAYLOADS: list[tuple[Body, str, str]] = [
    ({"seconds": -1}, "payload/seconds", "invalid"),
    ({"seconds": 601}, "payload/seconds", "invalid"),
    ({"seconds": "5"}, "payload/seconds", "invalid"),
    ({"fail": 1.1}, "payload/fail", "invalid"),
    ({"fail": None}, "payload/fail", "invalid"),
    ({"unknown": 1}, "payload", "invalid"),
    ({"x": "y" * (65 << 10)}, "payload", "too_large"),
]


@dataclass(frozen=True, slots=True)
class Ways:
    """The same wish over REST, as the operator, and by message."""

    rest: httpx.AsyncClient
    crm: Outsider
    replies: str
    queue: Queue

    async def task(self, state: str) -> TaskId:
        """A task of nobody in particular, in a state."""
        id = await self.queue.add(created_by=None, ago=-3600.0 if state in {"new", "failed"} else 1.0)
        if state == "failed":
            assert (await self.rest.post(f"{TASKS}/{id}/cancel")).status_code == 200
        if state in {"in_progress", "in_progress, asked to stop", "completed"}:
            (taken,) = await self.queue.take()
            assert taken.id == id
            if state == "completed":
                assert await self.queue.complete(taken)
            if state == "in_progress, asked to stop":
                assert (await self.rest.post(f"{TASKS}/{id}/cancel")).status_code == 200
        return id

    async def asked(self, way: str, action: str, id: UUID) -> tuple[str, str]:
        """The status after it, or the code of the refusal."""
        if way == "rest":
            answer = await self.rest.post(f"{TASKS}/{id}/{action}")
            said = answer.json()
            assert answer.status_code in {200, 404, 409}
            return ("ok", said["status"]) if answer.status_code == 200 else ("refused", said["code"])
        told = await self.sent({"task_id": str(id)}, f"task_{action}/1")
        assert await self.crm.count("tasks.dead") == 0
        if told["ok"]:
            return "ok", told["result"]["status"]  # type: ignore[index]
        return "refused", told["error"]["code"]  # type: ignore[index]

    async def sent(self, data: Body, schema: str) -> Body:
        await self.crm.send(envelope(data, schema=schema, reply_to=self.replies))
        answer: Body = json.loads((await self.crm.next(self.replies)).body)
        return answer


@pytest.fixture
async def ways(app: Litestar, operator: httpx.AsyncClient, broker_url: str, database: Database) -> AsyncIterator[Ways]:
    async with outsider(broker_url) as crm:
        yield Ways(operator, crm, await crm.inbox(), Queue(database))
        await crm.empty("tasks", "tasks.dead")


@pytest.mark.parametrize("way", ["rest", "message"])
async def test_each_state_takes_the_moves_of_the_contract_and_refuses_the_others(ways: Ways, way: str) -> None:
    for action in ("cancel", "retry"):
        for state in STATES:
            id = await ways.task(state)
            expected = ("refused", "jobs.invalid_transition")
            if (action, state) in MOVES:
                expected = ("ok", MOVES[action, state])
            assert await ways.asked(way, action, id) == expected, (action, state)
            status = MOVES.get((action, state), state.partition(",")[0])
            assert (await ways.queue.get(id)).status.value == status, (action, state)


@pytest.mark.parametrize("way", ["rest", "message"])
async def test_a_task_cancelled_while_a_worker_has_it_is_told_at_the_next_heartbeat(ways: Ways, way: str) -> None:
    id = await ways.queue.add(created_by=None)
    (taken,) = await ways.queue.take()
    assert await ways.queue.beat(taken, Progress(1, 2)) == (True, False)
    assert await ways.asked(way, "cancel", id) == ("ok", "in_progress")
    assert (await ways.queue.get(id)).cancel_requested_at is not None
    assert await ways.queue.beat(taken, Progress(1, 2)) == (True, True)


@pytest.mark.parametrize("action", ["cancel", "retry"])
async def test_tasks_of_others_and_of_nobody_are_as_good_as_absent(
    ways: Ways, container: AsyncContainer, action: str
) -> None:
    of_somebody = await ways.queue.add(created_by=UserId(UUID(int=77)))
    of_the_timetable = await ways.queue.add(created_by=None, source=Source.CRON)
    missing = ("refused", "jobs.task_not_found")
    for id in (of_somebody, of_the_timetable, uuid4()):
        assert await ways.asked("message", action, id) == missing
    assert await ways.asked("rest", action, uuid4()) == missing
    ways.rest.headers.update(await headers_of(container, 78))
    for id in (of_somebody, of_the_timetable):
        assert await ways.asked("rest", action, id) == missing


async def test_a_payload_that_its_kind_does_not_take_is_refused_with_its_place(ways: Ways) -> None:
    for payload, loc, code in PAYLOADS:
        form = {"description": "x", "run_at": LATER, "payload": payload}
        answer = await ways.rest.post(TASKS, json=form)
        said = answer.json()
        assert (answer.status_code, said["code"]) == (422, "jobs.invalid_payload"), said
        assert (said["errors"][0]["loc"], said["errors"][0]["code"]) == (loc, code)
        told = await ways.sent(form, "task/1")
        error: Body = told["error"]  # type: ignore[assignment]
        assert (told["ok"], error["code"]) == (False, "jobs.invalid_payload"), told
        assert [(it["loc"], it["code"]) for it in error["errors"]] == [(loc, code)]  # type: ignore[attr-defined]
        assert (await ways.crm.next("tasks.dead")).headers["x-error-code"] == "jobs.invalid_payload"
    assert (await ways.rest.get(TASKS)).json()["items"] == []
    assert len((await ways.rest.get(LETTERS)).json()["items"]) == len(PAYLOADS)


async def test_a_kind_that_is_unknown_or_not_offered_is_refused(ways: Ways) -> None:
    for kind, status, code, dead in (
        ("nothing", 422, "jobs.unknown_kind", 1),
        ("import", 403, "jobs.kind_not_offered", 0),
    ):
        form = {"description": "x", "run_at": LATER, "kind": kind}
        answer = await ways.rest.post(TASKS, json=form)
        assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
        told = await ways.sent(form, "task/1")
        assert (told["ok"], told["error"]["code"]) == (False, code)  # type: ignore[index]
        for _ in range(dead):
            assert (await ways.crm.next("tasks.dead")).headers["x-error-code"] == code
    assert await ways.crm.count("tasks.dead") == 0
    assert (await ways.rest.get(TASKS)).json()["items"] == []
