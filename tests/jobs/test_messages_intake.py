"""The intake by itself, as any transport uses it, on both databases and without a broker."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from uuid import UUID, uuid4

import httpx
import pytest
from dishka import AsyncContainer
from sqlalchemy import select

from lyceum.accounts.api import Role
from lyceum.jobs.adapters.intake import Intake
from lyceum.jobs.adapters.message_tables import inbox, outgoing
from lyceum.jobs.domain.messages import Delivery, Outcome, Verdict
from lyceum.jobs.domain.tasks import Source
from lyceum.platform.database import Database
from lyceum.platform.settings import Settings
from tests.jobs.builders import Queue
from tests.jobs.rabbit import Body, envelope
from tests.training.callers import headers_of

LETTERS = "/api/jobs/dead-letters"
LATER = "2099-01-01T00:00:00Z"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, task_slots=0)


@dataclass(frozen=True, slots=True)
class Desk:
    intake: Intake
    database: Database

    async def take(self, body: Body | bytes, **more: object) -> Verdict:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        given: dict[str, object] = {"queue": "tasks", "body": raw, "source": Source.RABBITMQ} | more
        return await self.intake.receive(Delivery(**given))  # type: ignore[arg-type]

    async def replies(self) -> list[Body]:
        query = select(outgoing.c.body).where(outgoing.c.is_reply).order_by(outgoing.c.id)
        async with self.database.read() as connection:
            return [json.loads(body) for body in await connection.scalars(query)]

    async def kept(self) -> list[tuple[str, str | None]]:
        query = select(inbox.c.outcome, inbox.c.error_code).order_by(inbox.c.received_at)
        async with self.database.read() as connection:
            return [(row.outcome, row.error_code) for row in await connection.execute(query)]


@pytest.fixture
async def desk(container: AsyncContainer, database: Database) -> AsyncIterator[Desk]:
    yield Desk(await container.get(Intake), database)
    await container.close()


@pytest.fixture
async def operator(client: httpx.AsyncClient, container: AsyncContainer) -> httpx.AsyncClient:
    client.headers.update(await headers_of(container, 3, Role.OPERATOR))
    return client


async def test_a_duplicate_changes_nothing_and_gets_the_first_answer_again(desk: Desk) -> None:
    message = envelope({"description": "x", "run_at": LATER}, reply_to="crm")
    first, second = await desk.take(message), await desk.take(message, redelivered=True)
    assert (first, second) == (Verdict(Outcome.DONE), Verdict(Outcome.DONE, duplicate=True))
    told, again = await desk.replies()
    assert told == again
    assert told["ok"] is True
    task = await Queue(desk.database).get(UUID(str(told["entity_id"])))  # type: ignore[arg-type]
    assert (task.source, task.created_by) == (Source.RABBITMQ, None)
    assert await desk.kept() == [("done", None)]


async def test_the_id_of_another_message_is_refused_and_the_first_one_stands(desk: Desk) -> None:
    id = uuid4()
    await desk.take(envelope({"description": "x", "run_at": LATER}, id=id))
    verdict = await desk.take(envelope({"description": "y", "run_at": LATER}, id=id))
    assert (verdict.outcome, verdict.dead, verdict.code) == (Outcome.REJECTED, True, "message_id_reused")
    assert await desk.kept() == [("done", None), ("rejected", "message_id_reused")]


async def test_a_dead_letter_is_listed_and_taken_as_new_after_its_replay(
    desk: Desk, operator: httpx.AsyncClient
) -> None:
    id = uuid4()
    verdict = await desk.take(envelope({"description": "x", "kind": "nothing"}, id=id, reply_to="crm"))
    assert (verdict.dead, verdict.code) == (True, "jobs.unknown_kind")
    (listed,) = (await operator.get(LETTERS)).json()["items"]
    assert (listed["id"], listed["code"], listed["replayable"]) == (str(id), "jobs.unknown_kind", True)
    shown = (await operator.get(f"{LETTERS}/{id}")).json()
    assert json.loads(shown["body"])["data"]["kind"] == "nothing"
    replayed = await operator.post(f"{LETTERS}/{id}/replay")
    assert (replayed.status_code, replayed.json()["outcome"]) == (200, "replayable"), replayed.text
