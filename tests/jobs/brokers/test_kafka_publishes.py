"""Kafka: what was written while the broker is away goes out once it is back; nothing is lost, nothing has its effect
twice."""

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from uuid import UUID, uuid4

import pytest
from chaos.guards import Guard, provider
from dishka import AsyncContainer
from sqlalchemy import func, select, update

from lyceum.jobs.adapters.message_tables import outgoing
from lyceum.jobs.adapters.messaging import Messaging
from lyceum.jobs.api import SendMessage
from lyceum.jobs.use_cases.creating import TaskData
from lyceum.jobs.use_cases.task_messages import TaskNamed
from lyceum.platform.database import Database, SqlTransaction
from lyceum.platform.database_time import database_now
from lyceum.platform.settings import Settings
from tests.jobs.kafka import held, make_topic
from tests.jobs.messages import BACK_SECONDS, consuming, made, until
from tests.jobs.proxy import Cable

NEWS = "crm.news"
MANY = 40


@pytest.fixture
def broker_url(kafka_url: str) -> str:
    return kafka_url


async def say(container: AsyncContainer, count: int) -> list[UUID]:
    """So many messages to others, committed together."""
    async with container() as scope:
        send = await scope.get(SendMessage)
        async with await scope.get(SqlTransaction):
            return [await send(NEWS, "task_named/1", TaskNamed(task_id=uuid4())) for _ in range(count)]


async def ask(container: AsyncContainer, count: int) -> list[UUID]:
    """So many messages to ourselves, committed together: each makes a task."""
    async with container() as scope:
        send = await scope.get(SendMessage)
        async with await scope.get(SqlTransaction):
            return [await send("tasks", "task/1", TaskData(description=f"{n}")) for n in range(count)]


async def rows(database: Database, ids: Sequence[UUID]) -> Sequence[Any]:
    async with database.read() as connection:
        return (await connection.execute(select(outgoing).where(outgoing.c.message_id.in_(ids)))).all()


def nothing_waits(database: Database) -> Callable[[], Awaitable[bool]]:
    async def done() -> bool:
        async with database.read() as connection:
            waiting = select(func.count()).select_from(outgoing).where(outgoing.c.published_at.is_(None))
            return await connection.scalar(waiting) == 0

    return done


async def given_up(container: AsyncContainer) -> None:
    """Return when the product has seen that its broker is away, and has let the connection go."""
    messaging = await container.get(Messaging)

    async def away() -> bool:
        return not messaging.ready.is_set() and messaging.relay.publisher is None

    await until(away, BACK_SECONDS)


async def copies(url: str, topic: str) -> Counter[UUID]:
    """How often each message stands in a topic."""
    return Counter(UUID(json.loads(record.value)["message_id"]) for record in await held(url, topic))


async def test_rows_written_while_the_broker_is_away_go_out_when_it_is_back(
    settings: Settings, database: Database, broker_url: str, wire: Cable
) -> None:
    """Some are taken up while nobody has seen yet that it is gone, others later. What was acknowledged is never sent
    again, and no message stands there more often than it was tried."""
    async with consuming(settings) as container:
        await make_topic(broker_url, NEWS)
        before = await say(container, 3)
        await until(nothing_waits(database), BACK_SECONDS)
        await wire.cut()
        said, asked = await say(container, MANY), await ask(container, MANY)
        await given_up(container)
        later = await say(container, MANY)
        await wire.mend()
        await until(nothing_waits(database), BACK_SECONDS)
        after = await say(container, 3)
        await until(nothing_waits(database), BACK_SECONDS)

        async def all_made() -> bool:
            return len(await made(database)) >= MANY

        await until(all_made, BACK_SECONDS)
        found = await copies(broker_url, NEWS)
        assert set(found) == {*before, *said, *later, *after}
        for row in await rows(database, list(found)):
            assert 1 <= found[row.message_id] <= row.attempts, row
        assert set(await copies(broker_url, "tasks")) == set(asked)
    assert sorted(await made(database), key=int) == [f"{n}" for n in range(MANY)]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_row_whose_mark_was_lost_with_the_broker_goes_out_again_and_the_inbox_absorbs_it(
    settings: Settings, database: Database, broker_url: str, wire: Cable
) -> None:
    """As if the process had ended between the acknowledgement and the mark."""
    async with consuming(settings) as container:
        asked = await ask(container, 3)
        await until(nothing_waits(database), BACK_SECONDS)

        async def all_made() -> bool:
            return len(await made(database)) == 3

        await until(all_made, BACK_SECONDS)
        await wire.cut()
        await given_up(container)
        async with SqlTransaction(database) as transaction:
            unmarked = update(outgoing).values(published_at=None, next_at=database_now())
            await transaction.connection.execute(unmarked)
        await wire.mend()
        await until(nothing_waits(database), BACK_SECONDS)
        assert await copies(broker_url, "tasks") == Counter(dict.fromkeys(asked, 2))
        ended = await ask(container, 1)
        await until(nothing_waits(database), BACK_SECONDS)

        async def behind() -> bool:
            return len(await made(database)) == 4

        await until(behind, BACK_SECONDS)
        assert await copies(broker_url, "tasks") == Counter(dict.fromkeys(asked, 2) | dict.fromkeys(ended, 1))
        assert len(await made(database)) == 4


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_relay_that_does_not_wait_for_the_broker_would_lose_them(
    settings: Settings, database: Database, broker_url: str, wire: Cable
) -> None:
    """The control: the same outage, and a relay for which what was sent is published."""
    async with consuming(settings, provider(Guard.CONFIRMS)) as container:
        await make_topic(broker_url, NEWS)
        before = await say(container, 3)
        await until(nothing_waits(database), BACK_SECONDS)
        await wire.cut()
        lost = await say(container, MANY)
        await until(nothing_waits(database), BACK_SECONDS)
        await given_up(container)
        await wire.mend()
        await asyncio.wait_for((await container.get(Messaging)).ready.wait(), BACK_SECONDS)
        after = await say(container, 3)
        await until(nothing_waits(database), BACK_SECONDS)
        found = await copies(broker_url, NEWS)
    assert {*before, *after} <= set(found)
    assert set(lost) - set(found)
