"""Kafka: the offset moves after the commit, what was not committed comes again first, and a broker that comes back is
followed from there."""

import asyncio
import json
from collections.abc import Callable
from uuid import UUID, uuid4

import pytest
from dishka import Provider, Scope
from sqlalchemy import func, select

from lyceum.jobs.adapters.message_tables import suspects
from lyceum.jobs.api import Handled, Incoming
from lyceum.jobs.use_cases.creating import TaskData
from lyceum.jobs.use_cases.task_messages import MakeTask
from lyceum.platform.database import Database
from lyceum.platform.settings import Settings
from tests.jobs.kafka import committed, first, send, sender
from tests.jobs.messages import BACK_SECONDS, LATER, consuming, made, until
from tests.jobs.proxy import Cable
from tests.jobs.rabbit import Body, envelope


@pytest.fixture
def broker_url(kafka_url: str) -> str:
    return kafka_url


class Slow(MakeTask):
    """Waits for the test in the middle of the transaction of a message called `slow`."""

    __slots__ = ()
    reached: asyncio.Event
    go_on: asyncio.Event

    async def handle(self, message: Incoming[TaskData]) -> Handled:
        handled = await MakeTask.handle(self, message)
        if message.data.description == "slow":
            type(self).reached.set()
            await type(self).go_on.wait()
        return handled


def slow() -> Provider:
    """`Slow` in the place of the handler that makes tasks."""
    Slow.reached, Slow.go_on = asyncio.Event(), asyncio.Event()
    provider = Provider(scope=Scope.REQUEST)
    provider.provide(Slow, provides=MakeTask, override=True)
    return provider


def so_many(database: Database, count: int) -> Callable[[], object]:
    async def there() -> bool:
        return len(await made(database)) >= count

    return there


def called(name: str, id: UUID | None = None) -> Body:
    return envelope({"description": name, "run_at": LATER}, id=id or uuid4())


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
async def test_a_consumer_that_ends_before_the_commit_leaves_its_message_to_the_next_which_goes_on_in_order(
    settings: Settings, database: Database, broker_url: str
) -> None:
    async with consuming(settings, slow()):
        async with sender(broker_url) as crm:
            for name in ("first", "slow", "third", "fourth"):
                await send(crm, called(name), partition=1)
        await asyncio.wait_for(Slow.reached.wait(), BACK_SECONDS)
        assert await made(database) == ["first"]
        assert await committed(broker_url, 1) == 1, "the offset is behind the commit"
    assert await made(database) == ["first"]
    async with consuming(settings):
        await until(so_many(database, 4), BACK_SECONDS)  # type: ignore[arg-type]
        assert await made(database) == ["first", "slow", "third", "fourth"]

        async def moved() -> bool:
            return await committed(broker_url, 1) == 4

        await until(moved, BACK_SECONDS)

    async with database.read() as connection:
        assert await connection.scalar(select(func.count()).select_from(suspects)) == 0


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_broker_that_goes_away_in_the_middle_of_a_message_is_followed_from_there(
    settings: Settings, database: Database, broker_url: str, wire: Cable
) -> None:
    """The transaction commits while the broker is away, so the offset stays; the message comes again, absorbed."""
    async with consuming(settings, slow()):
        async with sender(broker_url) as crm:
            for name in ("before", "slow", "third", "last"):
                await send(crm, called(name), partition=2)
        await asyncio.wait_for(Slow.reached.wait(), BACK_SECONDS)
        await wire.cut()
        Slow.go_on.set()
        await until(so_many(database, 2), BACK_SECONDS)  # type: ignore[arg-type]
        await wire.mend()
        await until(so_many(database, 4), BACK_SECONDS)  # type: ignore[arg-type]

        async def moved() -> bool:
            return await committed(broker_url, 2) == 4

        await until(moved, BACK_SECONDS)
    assert await made(database) == ["before", "slow", "third", "last"]


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
async def test_a_message_begun_five_times_is_a_dead_letter_and_what_is_behind_it_is_done(
    settings: Settings, database: Database, broker_url: str
) -> None:
    """Processes end over `slow` again and again, as its consumer does here; each start is counted before it."""
    name = json.dumps(called("slow")).encode()
    for round in range(5):
        async with consuming(settings, slow()):
            if not round:
                async with sender(broker_url) as crm:
                    await send(crm, name, partition=0)
                    await send(crm, called("behind"), partition=0)
            if round < 4:
                await asyncio.wait_for(Slow.reached.wait(), BACK_SECONDS)
                continue
            await until(so_many(database, 1), BACK_SECONDS)  # type: ignore[arg-type]
            assert not Slow.reached.is_set(), "its handler is not called for the sixth time"
    assert await made(database) == ["behind"]
    (dead,) = await first(broker_url, "tasks.dead", 1)
    headers = dict(dead.headers)
    assert (dead.value, headers["x-error-code"]) == (name, b"delivery_limit")
    assert b"5 deliveries" in headers["x-error-detail"]
