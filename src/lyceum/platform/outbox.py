"""The outbox: events are rows written with the change that caused them, and delivered after it, at least once.

The relay delivers inside a transaction of its own, so what a subscriber writes through that transaction commits
together with the mark "delivered": exactly once for effects in this database. A subscriber that fails is retried with
a growing pause; after `MAX_ATTEMPTS` the event is set aside (`failed_at`) and shows in the metrics.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol
from uuid import UUID

import msgspec
import structlog
from sqlalchemy import Column, Index, Integer, Select, String, Table, Text, Uuid, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from lyceum.kernel.ids import uuid7
from lyceum.platform.database import Database, SqlTransaction, UTCDateTime, metadata
from lyceum.platform.prepared import Prepared, Values

MAX_ATTEMPTS = 12
BATCH = 50
log = structlog.get_logger()

outbox = Table(
    "outbox",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("kind", String(120), nullable=False),
    Column("body", Text, nullable=False),
    Column("correlation_id", String(64), nullable=False, server_default=""),
    Column("created_at", UTCDateTime, nullable=False),
    Column("next_at", UTCDateTime, nullable=True),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("delivered_at", UTCDateTime, nullable=True),
    Column("failed_at", UTCDateTime, nullable=True),
    Column("error", Text, nullable=True),
    Index("ix_outbox_next_at", "next_at", "id"),
)
"""`next_at` is null once the event is delivered or set aside, so the relay's index holds only what is waiting."""


_RECORD = Prepared(insert(outbox), "id", "kind", "body", "correlation_id", "created_at", "next_at")


class Signal:
    """Tells the relay of this process that something was committed; other processes find it by polling."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def set(self) -> None:
        self._event.set()

    async def wait(self, seconds: float) -> None:
        """Return when set, or after `seconds` at the latest."""
        try:
            async with asyncio.timeout(seconds):
                await self._event.wait()
        except TimeoutError:
            return
        self._event.clear()


@dataclass(slots=True)
class SqlOutbox:
    """`kernel.ports.Outbox` over the running transaction."""

    transaction: SqlTransaction
    signal: Signal
    _events: list[object] = field(default_factory=list, init=False)

    def add(self, event: object) -> None:
        if not self._events:
            self.transaction.before_commit.append(self._write)
            self.transaction.after_commit.append(self.signal.set)
        self._events.append(event)

    async def _write(self, connection: AsyncConnection) -> None:
        rows = [_row(event) for event in self._events]
        self._events.clear()
        if self.transaction.last is not None:
            self.transaction.last = self.transaction.last.and_then([(_RECORD, row) for row in rows])
        else:
            await _RECORD.run_many(connection, rows)


def recorded(events: Iterable[object]) -> list[tuple[Prepared, Values]]:
    """Events as changes, for a commit past any transaction; tell the `Signal` after it."""
    return [(_RECORD, _row(event)) for event in events]


def _row(event: object) -> dict[str, object]:
    now = datetime.now(UTC)
    return {
        "id": uuid7(),
        "kind": kind_of(type(event)),
        "body": msgspec.json.encode(event).decode(),
        "correlation_id": str(structlog.contextvars.get_contextvars().get("trace_id", "")),
        "created_at": now,
        "next_at": now,
    }


def kind_of(event: type) -> str:
    """`lyceum.bank.api.QuestionsChanged` → `bank.QuestionsChanged`: the event's stable name."""
    return f"{event.__module__.split('.')[1]}.{event.__name__}"


class Subscriber(Protocol):
    """Reacts to events inside the relay's transaction; must be harmless when the same events come again."""

    async def __call__(self, events: Sequence[object], /) -> None: ...


class Scope(Protocol):
    """One delivery's scope: a transaction, and the subscribers that write through it."""

    @property
    def transaction(self) -> SqlTransaction: ...

    async def deliver(self, event: type, events: Sequence[object]) -> None:
        """Hand `events`, all of the type `event`, oldest first, to whoever subscribed to them."""


@dataclass(slots=True)
class Relay:
    """Moves events from the outbox to the subscribers of this process, oldest first.

    A batch is delivered in one transaction, grouped by kind. If a subscriber fails, the batch is rolled back and its
    events go one by one, so that one poisonous event holds up nobody else. Woken, the relay lingers a moment: a batch
    of forty events costs little more than one.
    """

    database: Database
    signal: Signal
    events: Mapping[str, type]
    open_scope: Callable[[], AbstractAsyncContextManager[Scope]]
    poll_seconds: float = 1.0
    linger_seconds: float = 0.2
    _stopping: bool = False

    async def run(self) -> None:
        """Deliver until `stop`; survives a database that is away."""
        while not self._stopping:
            try:
                delivered = await self.deliver_batch()
            except Exception as error:  # noqa: BLE001 - the relay must outlive any fault of a dependency
                log.error("outbox.relay_failed", error=repr(error))
                delivered = 0
            if delivered < BATCH and not self._stopping:
                await self.signal.wait(self.poll_seconds)
                await asyncio.sleep(self.linger_seconds)

    def stop(self) -> None:
        self._stopping = True
        self.signal.set()

    async def drain(self) -> int:
        """Deliver all that is due now and say how many events that were."""
        total = 0
        while delivered := await self.deliver_batch():
            total += delivered
        return total

    async def deliver_batch(self) -> int:
        """Deliver up to `BATCH` due events; how many were taken up."""
        async with self.database.read() as connection:
            if not (await connection.execute(_due(1))).first():
                return 0
        try:
            return await self._deliver_together(BATCH)
        except Exception as error:  # noqa: BLE001 - found below which event it was
            log.warning("outbox.batch_failed", error=repr(error))
        count = 0
        while count < BATCH and await self._deliver_one():
            count += 1
        return count

    async def _deliver_together(self, limit: int) -> int:
        async with self.open_scope() as scope, scope.transaction:
            connection = scope.transaction.connection
            rows = (await connection.execute(_due(limit).with_for_update(skip_locked=True))).all()
            groups: dict[str, list[str]] = {}
            for row in rows:
                groups.setdefault(row.kind, []).append(row.body)
            for kind, bodies in groups.items():
                if (event := self.events.get(kind)) is not None:
                    await scope.deliver(event, [msgspec.json.decode(body, type=event) for body in bodies])
            if rows:
                done = update(outbox).where(outbox.c.id.in_([row.id for row in rows]))
                await connection.execute(done.values(delivered_at=datetime.now(UTC), next_at=None))
        return len(rows)

    async def _deliver_one(self) -> int:
        async with self.database.read() as connection:
            row = (await connection.execute(_due(1))).first()
        if row is None:
            return 0
        try:
            with structlog.contextvars.bound_contextvars(trace_id=row.correlation_id):
                return await self._deliver_together(1)
        except Exception as error:  # noqa: BLE001 - recorded, and tried again later
            await self._postpone(row.id, row.kind, row.attempts + 1, error)
            return 1

    async def _postpone(self, id: UUID, kind: str, attempts: int, error: Exception) -> None:
        dead = attempts >= MAX_ATTEMPTS
        now = datetime.now(UTC)
        log.warning("outbox.delivery_failed", kind=kind, attempts=attempts, dead=dead, error=repr(error))
        change: dict[str, object] = {"attempts": attempts, "error": repr(error)[:2000]}
        change |= {"next_at": None, "failed_at": now} if dead else {"next_at": now + _pause(attempts)}
        async with self.open_scope() as scope, scope.transaction:
            await scope.transaction.connection.execute(update(outbox).where(outbox.c.id == id).values(change))


def _pause(attempts: int) -> timedelta:
    return timedelta(seconds=min(300, 2**attempts))


def _due(limit: int) -> Select[UUID, str, str, int, str]:
    return (
        select(outbox.c.id, outbox.c.kind, outbox.c.body, outbox.c.attempts, outbox.c.correlation_id)
        .where(outbox.c.next_at <= datetime.now(UTC))
        .order_by(outbox.c.next_at, outbox.c.id)
        .limit(limit)
    )


async def outbox_age(connection: AsyncConnection) -> float:
    """Seconds that the oldest undelivered event has been waiting; 0 when none is."""
    oldest = await connection.scalar(select(func.min(outbox.c.created_at)).where(outbox.c.next_at.is_not(None)))
    return max(0.0, (datetime.now(UTC) - oldest).total_seconds()) if oldest else 0.0
