"""The intake by itself, as any transport uses it, on both databases and without a broker."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from uuid import UUID, uuid4

import httpx
import pytest
from dishka import AsyncContainer, Provider, Scope
from redis.exceptions import ConnectionError as RedisConnectionError
from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError

from lyceum.jobs.adapters.inbox import SqlInbox
from lyceum.jobs.adapters.intake import Intake
from lyceum.jobs.adapters.message_tables import inbox, outgoing
from lyceum.jobs.adapters.messaging import Messaging
from lyceum.jobs.adapters.pruning import Pruning
from lyceum.jobs.api import Handled, Incoming, SendMessage
from lyceum.jobs.domain.messages import Delivery, Outcome, Verdict
from lyceum.jobs.domain.tasks import Source
from lyceum.jobs.ports import Entry, Inbox, Known
from lyceum.jobs.use_cases.creating import TaskData
from lyceum.jobs.use_cases.task_messages import MakeTask
from lyceum.main.container import make_container
from lyceum.platform.database import Database, SqlTransaction
from lyceum.platform.database_time import database_now
from lyceum.platform.settings import Settings
from tests.jobs.builders import Queue
from tests.jobs.messages import LATER, LETTERS, made
from tests.jobs.rabbit import Body, envelope


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


async def test_a_dead_letter_cut_off_before_it_was_put_there_is_put_there_when_it_comes_again(desk: Desk) -> None:
    message = envelope({"description": ""})
    assert (await desk.take(message)).dead
    assert not (await desk.take(message)).dead
    assert (await desk.take(message, redelivered=True)).dead
    assert await desk.kept() == [("rejected", "invalid_field")]


class Broken(MakeTask):
    """A handler with a fault of ours."""

    __slots__ = ()

    async def handle(self, message: Incoming[TaskData]) -> Handled:
        await MakeTask.handle(self, message)
        raise ZeroDivisionError


class Sqlstate(Exception):
    """What a driver raises."""

    def __init__(self, sqlstate: str) -> None:
        super().__init__(sqlstate)
        self.sqlstate = sqlstate


class Unlucky(MakeTask):
    """A handler whose first transaction fails by the weather."""

    __slots__ = ()
    weather: list[Exception]

    async def handle(self, message: Incoming[TaskData]) -> Handled:
        handled = await MakeTask.handle(self, message)
        if type(self).weather:
            raise type(self).weather.pop()
        return handled


@pytest.mark.parametrize(
    "weather",
    [
        DBAPIError("x", None, Sqlstate("40P01")),
        DBAPIError("x", None, Sqlstate("40001")),
        DBAPIError("x", None, Sqlstate("57P01")),
        RedisConnectionError(),
        ConnectionResetError(),
    ],
    ids=["deadlock", "serialization", "shutdown", "redis", "connection"],
)
async def test_a_deadlock_or_a_dependency_that_is_away_is_tried_again_in_place(
    settings: Settings, database: Database, weather: Exception
) -> None:
    Unlucky.weather = [weather]
    async with altered(settings, MakeTask, Unlucky) as desk:
        assert await desk.take(envelope({"description": "x", "run_at": LATER})) == Verdict(Outcome.DONE)
        assert (len(await made(database)), await desk.kept()) == (1, [("done", None)])


class Unguarded(SqlInbox):
    """The negative control: takes every message as new."""

    __slots__ = ()

    async def open(self, entry: Entry) -> Known | None:
        return await SqlInbox.open(self, replace(entry, id=uuid4()))


@asynccontextmanager
async def altered(settings: Settings, what: type, by: type) -> AsyncIterator[Desk]:
    """A desk with one part of it replaced."""
    provider = Provider(scope=Scope.REQUEST)
    provider.provide(by, provides=what, override=True)
    container = make_container(settings, provider)
    yield Desk(await container.get(Intake), await container.get(Database))
    await container.close()


async def test_a_handler_that_breaks_down_leaves_nothing_but_a_dead_letter(
    settings: Settings, database: Database
) -> None:
    async with altered(settings, MakeTask, Broken) as desk:
        verdict = await desk.take(envelope({"description": "x", "run_at": LATER}, reply_to="crm"))
        assert (verdict.outcome, verdict.dead, verdict.code) == (Outcome.REJECTED, True, "handler_failed")
        (told,) = await desk.replies()
        assert told["ok"] is False
        assert await made(database) == []


async def test_simultaneous_deliveries_of_one_message_make_one_task(desk: Desk) -> None:
    message = envelope({"description": "x", "run_at": LATER}, reply_to="crm")
    verdicts = await asyncio.gather(*(desk.take(message) for _ in range(20)))
    assert sorted(verdict.duplicate for verdict in verdicts) == [False] + [True] * 19
    assert len(await made(desk.database)) == 1
    assert len({str(told) for told in await desk.replies()}) == 1


async def test_without_the_inbox_the_same_deliveries_make_many(settings: Settings, database: Database) -> None:
    async with altered(settings, Inbox, Unguarded) as desk:
        message = envelope({"description": "x", "run_at": LATER})
        await asyncio.gather(*(desk.take(message) for _ in range(20)))
        assert len(await made(database)) == 20


async def test_without_a_broker_the_same_handlers_take_messages_in_process(
    container: AsyncContainer, database: Database
) -> None:
    messaging = await container.get(Messaging)
    async with container() as scope:
        send = await scope.get(SendMessage)
        async with await scope.get(SqlTransaction):
            await send("tasks", "task/1", TaskData(description="from ourselves"))
            await send("nobody", "task/1", TaskData(description="to nobody"))
    living = asyncio.create_task(messaging.run())
    query = select(outgoing.c.queue, outgoing.c.published_at, outgoing.c.error).order_by(outgoing.c.id)
    try:
        async with asyncio.timeout(30):
            while True:
                async with database.read() as connection:
                    ours, foreign = (await connection.execute(query)).all()
                if ours.published_at is not None and foreign.error is not None:
                    break
                await asyncio.sleep(0.02)
    finally:
        living.cancel()
        await asyncio.gather(living, return_exceptions=True)
        await container.close()
    assert (foreign.queue, foreign.published_at) == ("nobody", None)
    assert "NotRouted" in foreign.error
    assert len(await made(database)) == 1


async def test_old_messages_are_forgotten_and_dead_letters_kept_longer(desk: Desk, database: Database) -> None:
    await desk.take(envelope({"description": "x", "run_at": LATER}, reply_to="crm"))
    await desk.take(envelope({"description": ""}))

    async def age(days: int) -> None:
        async with SqlTransaction(database) as transaction:
            await transaction.connection.execute(update(inbox).values(received_at=database_now(-86_400.0 * days)))
            await transaction.connection.execute(
                update(outgoing).values(created_at=database_now(-86_400.0 * days), next_at=None)
            )

    pruning = Pruning(database)
    await pruning.prune()
    assert (len(await desk.kept()), len(await desk.replies())) == (2, 1)
    await age(31)
    await pruning.prune()
    assert (await desk.kept(), await desk.replies()) == ([("rejected", "invalid_field")], [])
    await age(91)
    await pruning.prune()
    assert await desk.kept() == []
