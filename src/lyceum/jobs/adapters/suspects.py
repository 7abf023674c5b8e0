"""Messages that a process may have ended over, and how often each was begun: what tells the guilty from the innocent.

A broker counts deliveries, and a process that ends gives back all that it had at hand, so the count of a message says
little of it. Starts are counted here instead, one message at a time, before its handler is called.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, and_, delete, exists, select, update
from sqlalchemy.dialects import postgresql, sqlite

from lyceum.jobs.adapters.message_tables import IS_APART, inbox, suspects
from lyceum.jobs.adapters.wake import SuspectSignal
from lyceum.jobs.domain.messages import Delivery, Outcome
from lyceum.jobs.domain.tasks import Source
from lyceum.platform.database import Database, SqlTransaction
from lyceum.platform.database_time import database_now

BEFORE = 1
"""Starts before the first one that is counted: the delivery after which the message came again."""


@dataclass(frozen=True, slots=True)
class Suspects:
    """Each method is a transaction of its own, over before anything is handled."""

    database: Database
    signal: SuspectSignal

    async def is_decided(self, message_id: UUID) -> bool:
        """Whether the inbox knows what became of the message, so that no handler is called for it again."""
        decided = (inbox.c.message_id == message_id) & (inbox.c.outcome != Outcome.REPLAYABLE.value)
        async with self.database.read() as connection:
            return bool(await connection.scalar(select(exists().where(decided))))

    async def keep(self, delivery: Delivery) -> None:
        """Keep the message, so that the broker may forget it; the same one a second time changes nothing."""
        beside = [delivery.reply_to, delivery.correlation_id, delivery.properties]
        row = _key(delivery) | {
            "source": delivery.source.value,
            "starts": BEFORE,
            "body": delivery.body,
            "properties": msgspec.json.encode(beside, enc_hook=str).decode(),
        }
        async with SqlTransaction(self.database) as transaction:
            add = self._insert(row).on_conflict_do_nothing()
            await transaction.connection.execute(add)
        self.signal.set()

    async def is_any_due(self) -> bool:
        async with self.database.read() as connection:
            return bool(await connection.scalar(select(exists().where(_due()))))

    async def begin_next(self, lease: float) -> Delivery | None:
        """The one that has waited the longest, its start counted; nobody else begins it for `lease` seconds."""
        if not await self.is_any_due():
            return None
        first = (
            select(suspects.c.queue, suspects.c.body_hash)
            .where(_due())
            .order_by(suspects.c.starts, suspects.c.created_at)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        async with SqlTransaction(self.database) as transaction:
            key = (await transaction.connection.execute(first)).one_or_none()
            if key is None:
                return None
            begun = update(suspects).where(suspects.c.queue == key.queue, suspects.c.body_hash == key.body_hash)
            begun = begun.values(starts=suspects.c.starts + 1, next_at=database_now(lease))
            row = (await transaction.connection.execute(begun.returning(suspects))).one()
        return _delivery(row)

    async def begin_here(self, delivery: Delivery) -> int:
        """Count a start of a message that its broker keeps; how many there may have been before."""
        row = _key(delivery) | {"source": delivery.source.value, "starts": BEFORE + 1}
        again = {"starts": suspects.c.starts + 1}
        adding = self._insert(row).on_conflict_do_update(index_elements=["queue", "body_hash"], set_=again)
        async with SqlTransaction(self.database) as transaction:
            starts: int = (await transaction.connection.execute(adding.returning(suspects.c.starts))).scalar_one()
        return starts - 1

    async def clear(self, delivery: Delivery) -> None:
        """It was handled, and the process lives."""
        async with SqlTransaction(self.database) as transaction:
            await transaction.connection.execute(delete(suspects).where(_is(delivery)))

    def _insert(self, row: dict[str, object]) -> Any:
        insert = sqlite.insert if self.database.is_sqlite else postgresql.insert
        return insert(suspects).values(**row, created_at=database_now(), next_at=database_now())


def _key(delivery: Delivery) -> dict[str, object]:
    return {"queue": delivery.queue, "body_hash": delivery.body_hash}


def _due() -> ColumnElement[bool]:
    return IS_APART & (suspects.c.next_at <= database_now())


def _is(delivery: Delivery) -> ColumnElement[bool]:
    return and_(suspects.c.queue == delivery.queue, suspects.c.body_hash == delivery.body_hash)


def _delivery(row: Any) -> Delivery:
    reply_to, correlation_id, properties = msgspec.json.decode(row.properties)
    return Delivery(
        queue=row.queue,
        body=row.body,
        source=Source(row.source),
        redelivered=True,
        alone=True,
        deliveries=row.starts - 1,
        reply_to=reply_to,
        correlation_id=correlation_id,
        properties=properties,
    )
