"""Messages that a process may have ended over: kept apart, begun one at a time, and told from their neighbours."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import uuid4

import pytest
from dishka import AsyncContainer
from sqlalchemy import func, select, update

from lyceum.jobs.adapters.alone import HandleAlone
from lyceum.jobs.adapters.intake import Intake
from lyceum.jobs.adapters.message_tables import inbox, outgoing, suspects
from lyceum.jobs.adapters.pruning import Pruning
from lyceum.jobs.adapters.suspects import Suspects
from lyceum.jobs.adapters.tables import tasks
from lyceum.jobs.domain.messages import Delivery, Outcome, Verdict
from lyceum.jobs.domain.tasks import Source
from lyceum.platform.database import Database, SqlTransaction
from lyceum.platform.database_time import database_now
from tests.jobs.messages import LATER
from tests.jobs.rabbit import Body, envelope


@dataclass(slots=True)
class Table:
    """A connection on which nothing else is at hand, as far as it says."""

    alone: int = 0
    most: int = 0
    buried: list[tuple[Delivery, Verdict]] = field(default_factory=list)

    @asynccontextmanager
    async def nothing_else(self) -> AsyncIterator[None]:
        self.alone += 1
        self.most = max(self.most, self.alone)
        yield
        self.alone -= 1

    async def bury(self, delivery: Delivery, verdict: Verdict) -> None:
        self.buried.append((delivery, verdict))


@dataclass(frozen=True, slots=True)
class Desk:
    intake: Intake
    suspects: Suspects
    handling: HandleAlone
    table: Table
    database: Database

    async def take(self, body: Body, **more: object) -> Verdict:
        return await self.intake.receive(again(body, **more))

    async def made(self) -> int:
        return await self.count(select(func.count()).select_from(tasks))

    async def kept(self) -> int:
        return await self.count(select(func.count()).select_from(suspects))

    async def count(self, query: object) -> int:
        async with self.database.read() as connection:
            return int(await connection.scalar(query) or 0)  # type: ignore[call-overload]

    async def end_leases(self) -> None:
        async with SqlTransaction(self.database) as transaction:
            await transaction.connection.execute(update(suspects).values(next_at=database_now(-1.0)))


def again(body: Body, **more: object) -> Delivery:
    raw = json.dumps(body).encode()
    given: dict[str, object] = {"queue": "tasks", "body": raw, "source": Source.RABBITMQ, "redelivered": True}
    return Delivery(**(given | more))  # type: ignore[arg-type]


def a_message(**more: object) -> Body:
    return envelope({"description": "x", "run_at": LATER}, **more)  # type: ignore[arg-type]


@pytest.fixture
async def desk(container: AsyncContainer, database: Database) -> AsyncIterator[Desk]:
    handling = await container.get(HandleAlone)
    handling.ward = table = Table()
    yield Desk(await container.get(Intake), await container.get(Suspects), handling, table, database)
    await container.close()


async def test_what_comes_again_is_kept_apart_and_done_alone(desk: Desk) -> None:
    message = a_message(reply_to="crm")
    assert await desk.take(message, deliveries=5) == Verdict(None)
    assert (await desk.made(), await desk.kept()) == (0, 1)
    assert await desk.handling.handle_due() == 1
    assert (await desk.made(), await desk.kept(), desk.table.buried) == (1, 0, [])
    async with desk.database.read() as connection:
        said = (await connection.execute(select(outgoing.c.queue, outgoing.c.correlation_id))).one()
    assert tuple(said) == ("crm", "c-1")


async def test_what_is_decided_already_is_no_suspect(desk: Desk) -> None:
    message = a_message()
    assert await desk.take(message, redelivered=False) == Verdict(Outcome.DONE)
    assert await desk.take(message) == Verdict(Outcome.DONE, duplicate=True)
    assert (await desk.made(), await desk.kept()) == (1, 0)


async def test_what_no_handler_is_called_for_is_rejected_at_once_and_not_for_its_deliveries(desk: Desk) -> None:
    verdict = await desk.take(envelope({"description": ""}), deliveries=5)
    assert (verdict.outcome, verdict.dead, verdict.code) == (Outcome.REJECTED, True, "invalid_field")
    assert await desk.kept() == 0


async def test_the_same_message_is_kept_once_however_often_it_comes(desk: Desk) -> None:
    message = a_message()
    assert {await desk.take(message) for _ in range(3)} == {Verdict(None)}
    assert await desk.kept() == 1


async def test_after_five_starts_it_is_a_dead_letter_and_its_neighbours_are_not(desk: Desk) -> None:
    """The first start was that of the delivery before; each later one is counted before the handler is called."""
    deadly, neighbour = a_message(), a_message()
    properties = {"headers": {"tenant": "a"}, "content_type": "application/json", "message_id": "m-1"}
    assert await desk.take(deadly, properties=properties, correlation_id="c-9") == Verdict(None)
    for start in range(1, 5):
        begun = await desk.suspects.begin_next(10.0)
        assert begun is not None
        assert (begun.deliveries, begun.alone) == (start, True)
        assert await desk.suspects.begin_next(10.0) is None, "nobody begins it beside the one who has it"
        await desk.end_leases()
    await desk.take(neighbour)
    assert await desk.handling.handle_due() == 2
    ((delivery, verdict),) = desk.table.buried
    assert (delivery.body, delivery.properties, delivery.correlation_id) == (
        json.dumps(deadly).encode(),
        properties,
        "c-9",
    )
    assert (verdict.dead, verdict.code) == (True, "delivery_limit")
    assert (await desk.made(), await desk.kept(), desk.table.most) == (1, 0, 1)


async def test_a_suspect_that_was_done_just_before_the_end_is_not_done_twice(desk: Desk) -> None:
    message = a_message()
    assert await desk.take(message) == Verdict(None)
    assert (await desk.take(message, redelivered=False)).outcome is Outcome.DONE
    assert await desk.handling.handle_due() == 1
    assert await desk.made() == 1


async def test_a_dead_letter_that_was_not_put_there_is_put_there_after_the_next_start(desk: Desk) -> None:
    class Torn(Table):
        async def bury(self, delivery: Delivery, verdict: Verdict) -> None:
            raise ConnectionResetError

    await desk.take(envelope({"description": "x", "kind": "nothing"}))
    desk.handling.ward = Torn()
    with pytest.raises(ConnectionResetError):
        await desk.handling.handle_due()
    desk.handling.ward = desk.table
    assert await desk.handling.handle_due() == 0, "its lease goes on"
    await desk.end_leases()
    assert await desk.handling.handle_due() == 1
    assert [verdict.dead for _, verdict in desk.table.buried] == [True]
    assert await desk.count(select(func.count()).select_from(inbox)) == 1


async def test_nothing_is_begun_without_a_connection(desk: Desk) -> None:
    await desk.take(a_message())
    desk.handling.ward = None
    assert (await desk.handling.handle_due(), await desk.kept()) == (0, 1)


async def test_simultaneous_processes_begin_each_suspect_once(desk: Desk) -> None:
    for _ in range(8):
        await desk.take(a_message(id=uuid4()))
    begun = await asyncio.gather(*(desk.suspects.begin_next(60.0) for _ in range(16)))
    again = [await desk.suspects.begin_next(60.0) for _ in range(8)]
    bodies = [delivery.body for delivery in (*begun, *again) if delivery is not None]
    assert len(bodies) == len(set(bodies)) == 8
    assert {delivery.deliveries for delivery in begun if delivery} == {1}


async def test_starts_of_a_message_that_its_broker_keeps_are_counted_in_place(desk: Desk) -> None:
    delivery = again(a_message(), source=Source.KAFKA, redelivered=False)
    begun = [await desk.intake.begin_here(delivery) for _ in range(5)]
    assert [it.deliveries for it in begun] == [1, 2, 3, 4, 5]
    assert (await desk.suspects.begin_next(10.0), await desk.kept()) == (None, 1)
    verdict = await desk.intake.receive(begun[-1])
    assert (verdict.dead, verdict.code) == (True, "delivery_limit")
    await desk.intake.clear(delivery)
    assert await desk.kept() == 0
    assert (await desk.intake.begin_here(delivery)).deliveries == 1


async def test_starts_of_a_message_that_never_came_again_are_forgotten_after_a_month(desk: Desk) -> None:
    await desk.intake.begin_here(again(a_message(), source=Source.KAFKA, redelivered=False))
    await desk.take(a_message())
    pruning = Pruning(desk.database)
    await pruning.prune()
    assert await desk.kept() == 2
    async with SqlTransaction(desk.database) as transaction:
        await transaction.connection.execute(update(suspects).values(created_at=database_now(-31 * 86_400.0)))
    await pruning.prune()
    assert await desk.kept() == 1, "what is kept for the broker waits for ever"
    assert await desk.handling.handle_due() == 1
