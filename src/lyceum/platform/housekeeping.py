"""Forgetting what is over, a small batch at a time: each context says what of its own that is."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import ClassVar, Protocol
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, Table, delete, select

from lyceum.platform.database import Database, SqlTransaction
from lyceum.platform.outbox import outbox
from lyceum.platform.settings import Settings
from lyceum.platform.turns import Turns
from lyceum.platform.uploads import Uploads

BATCH = 500
TURN = "prune"
LOOK = timedelta(minutes=1)
log = structlog.get_logger()


class Pruner(Protocol):
    """One kind of leftovers."""

    @property
    def name(self) -> str:
        """What it forgets, for the log and the command line."""

    def batches(self, now: datetime) -> AsyncIterator[int]:
        """Forget all that is over at `now`; after each transaction, how many those were.

        Every transaction is short and holds on its own: to be stopped between two, or run twice at once, does no harm.
        """


@dataclass(frozen=True, slots=True)
class Housekeeping:
    """All pruners of the product, made when they are needed. In the background one of all processes does it once in
    `every`; zero is never."""

    pruners: Callable[[], Awaitable[Sequence[Pruner]]]
    turns: Turns
    every: timedelta

    async def prune(self, now: datetime) -> Mapping[str, int]:
        """Everything that is over at `now`, by kind. A kind that fails is logged, and the others go on."""
        counts: dict[str, int] = {}
        failure: Exception | None = None
        for pruner in await self.pruners():
            counts[pruner.name] = 0
            try:
                async for count in pruner.batches(now):
                    counts[pruner.name] += count
            except Exception as error:  # noqa: BLE001 - raised at the end
                log.warning("housekeeping.failed", what=pruner.name, error=repr(error)[:500])
                failure = error
        if any(counts.values()):
            log.info("housekeeping.pruned", **{name: count for name, count in counts.items() if count})
        if failure is not None:
            raise failure
        return counts

    async def run(self) -> None:
        """Do it whenever the turn can be taken, for ever; survives a database that is away."""
        while self.every:
            try:
                now = datetime.now(UTC)
                if await self.turns.take(TURN, now, self.every):
                    await self.prune(now)
            except Exception as error:  # noqa: BLE001 - tried again at the next turn
                log.warning("housekeeping.turn_failed", error=repr(error)[:500])
            await asyncio.sleep(min(LOOK, self.every).total_seconds())


async def delete_batches(
    database: Database, table: Table, over: ColumnElement[bool], *order: ColumnElement[object]
) -> AsyncIterator[int]:
    """Delete the rows that are `over`, `BATCH` at a time in `order`, which an index gives."""
    key = next(iter(table.primary_key))
    count = BATCH
    while count == BATCH:
        async with database.read() as connection:
            ids = list(await connection.scalars(select(key).where(over).order_by(*order).limit(BATCH)))
        if not ids:
            return
        async with SqlTransaction(database) as transaction:
            await transaction.connection.execute(delete(table).where(key.in_(ids), over))
        count = len(ids)
        yield count


@dataclass(frozen=True, slots=True)
class DeliveredEvents:
    """Events of the outbox that were delivered long ago; those set aside wait for the operator."""

    database: Database
    settings: Settings
    name: ClassVar[str] = "events"

    def batches(self, now: datetime) -> AsyncIterator[int]:
        # Ids follow the time, so the oldest rows are the first of the primary key: no index more on a busy table.
        before = first_id_of(now - timedelta(days=self.settings.keep_events_days))
        over = (outbox.c.id < before) & outbox.c.delivered_at.is_not(None)
        return delete_batches(self.database, outbox, over, outbox.c.id)


@dataclass(frozen=True, slots=True)
class UnusedFiles:
    """Uploads that no transaction made use of for a day, and files that were let go a day ago."""

    uploads: Uploads
    name: ClassVar[str] = "files"

    async def batches(self, now: datetime) -> AsyncIterator[int]:
        yield await self.uploads.sweep(now)


def first_id_of(moment: datetime) -> UUID:
    """The least UUIDv7 that could have been made at `moment`."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)
