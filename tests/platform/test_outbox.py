"""Events are delivered after the commit, at least once, and their database effects exactly once."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, insert, select, update

from lyceum.kernel.ids import uuid7
from lyceum.platform.database import Database, SqlTransaction
from lyceum.platform.outbox import MAX_ATTEMPTS, Relay, Signal, SqlOutbox, outbox, outbox_age


@dataclass(frozen=True, slots=True)
class Bell:
    number: int


@dataclass(slots=True)
class Ringing:
    """A subscriber that keeps what it got, and fails on the numbers it is told to."""

    got: list[int] = field(default_factory=list)
    poison: set[int] = field(default_factory=set)


@dataclass(slots=True)
class Belfry:
    transaction: SqlTransaction
    ringing: Ringing

    async def deliver(self, event: type, events: Sequence[object]) -> None:
        numbers = [bell.number for bell in events if isinstance(bell, Bell)]
        if self.ringing.poison & set(numbers):
            raise ValueError("this bell is cracked")
        self.ringing.got += numbers


def a_relay(database: Database, ringing: Ringing) -> Relay:
    @asynccontextmanager
    async def scope() -> AsyncIterator[Belfry]:
        yield Belfry(SqlTransaction(database), ringing)

    return Relay(database, Signal(), {"platform.Bell": Bell}, scope)


async def ring(database: Database, *numbers: int) -> None:
    transaction = SqlTransaction(database)
    box = SqlOutbox(transaction, Signal())
    async with transaction:
        for number in numbers:
            box.add(Bell(number))


async def test_events_of_a_committed_change_are_delivered_once_and_in_order(database: Database) -> None:
    ringing = Ringing()
    relay = a_relay(database, ringing)
    await ring(database, 1, 2, 3)
    await ring(database, 4)
    assert await relay.drain() == 4
    assert await relay.drain() == 0
    assert ringing.got == [1, 2, 3, 4]


async def test_events_of_a_rolled_back_change_never_leave(database: Database) -> None:
    transaction = SqlTransaction(database)
    box = SqlOutbox(transaction, Signal())
    with pytest.raises(RuntimeError):
        async with transaction:
            box.add(Bell(1))
            raise RuntimeError
    ringing = Ringing()
    assert await a_relay(database, ringing).drain() == 0
    assert ringing.got == []


async def test_a_poisonous_event_holds_up_nobody_and_is_set_aside_in_the_end(database: Database) -> None:
    ringing = Ringing(poison={2})
    relay = a_relay(database, ringing)
    await ring(database, 1, 2, 3)
    await relay.deliver_batch()
    assert ringing.got == [1, 3]
    for _ in range(MAX_ATTEMPTS - 1):
        async with database.writes.begin() as connection:
            waiting = update(outbox).where(outbox.c.next_at.is_not(None))
            await connection.execute(waiting.values(next_at=datetime.now(UTC)))
        await relay.deliver_batch()
    async with database.read() as connection:
        row = (await connection.execute(select(outbox).where(outbox.c.failed_at.is_not(None)))).one()
    assert (row.attempts, row.next_at) == (MAX_ATTEMPTS, None)
    assert "cracked" in row.error


async def test_two_relays_deliver_each_event_once(database: Database) -> None:
    ringing = Ringing()
    await ring(database, *range(200))
    relays = [a_relay(database, ringing) for _ in range(4)]

    async def drain(relay: Relay) -> None:
        while await relay.deliver_batch():
            await asyncio.sleep(0)

    await asyncio.gather(*(drain(relay) for relay in relays))
    assert sorted(ringing.got) == list(range(200))


async def test_the_relay_wakes_on_a_commit_and_stops_when_told(database: Database) -> None:
    ringing = Ringing()
    relay = a_relay(database, ringing)
    relay.poll_seconds = 60
    running = asyncio.create_task(relay.run())
    await asyncio.sleep(0)
    transaction = SqlTransaction(database)
    box = SqlOutbox(transaction, relay.signal)
    async with transaction:
        box.add(Bell(7))
    async with asyncio.timeout(5):
        while not ringing.got:
            await asyncio.sleep(0.005)
        relay.stop()
        await running
    assert ringing.got == [7]


async def test_the_age_of_the_outbox_is_that_of_its_oldest_waiting_event(database: Database) -> None:
    async with database.read() as connection:
        assert await outbox_age(connection) == 0
    old = {"id": uuid7(), "kind": "x", "body": "{}", "created_at": datetime(2020, 1, 1, tzinfo=UTC)}
    async with database.writes.begin() as connection:
        await connection.execute(insert(outbox), old | {"next_at": datetime(2020, 1, 1, tzinfo=UTC)})
    async with database.read() as connection:
        assert await outbox_age(connection) > 86400 * 365
        assert (await connection.execute(select(func.count()).select_from(outbox))).scalar_one() == 1
