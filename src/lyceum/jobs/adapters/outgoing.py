"""Publishing what was committed: at least once, each row by one process at a time, nothing inside a transaction.

A row is claimed by moving its `next_at` on, published, and marked. Whoever dies in between leaves a row that is due
again, so the message may be published twice, with the same id.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

import structlog
from sqlalchemy import select, update

from lyceum.jobs.adapters.message_tables import outgoing
from lyceum.jobs.adapters.telling import MessageMetrics
from lyceum.jobs.adapters.wake import MessageSignal
from lyceum.jobs.domain.messages import Outgoing
from lyceum.platform.database import Database, SqlTransaction
from lyceum.platform.database_time import database_now, seconds_since

BATCH = 100
CLAIM_SECONDS = 30.0
PUBLISH_SECONDS = 10.0
LONGEST_PAUSE = 60.0
REPLY_PATIENCE = 86_400.0
log = structlog.get_logger()


class NotRouted(Exception):
    """There is no such queue at the broker."""


class Publisher(Protocol):
    """A broker that is connected."""

    async def publish(self, message: Outgoing) -> None:
        """Return once the broker has the message safe; raise NotRouted, or whatever went wrong."""


@dataclass(slots=True)
class OutgoingRelay:
    """Publishes the rows of `jobs_outgoing`, oldest first, while there is a publisher."""

    database: Database
    signal: MessageSignal
    metrics: MessageMetrics
    poll_seconds: float = 1.0
    publisher: Publisher | None = field(default=None, init=False)
    _stopping: bool = field(default=False, init=False)

    async def run(self) -> None:
        """Publish until `stop`; survives a database or broker that is away."""
        while not self._stopping:
            done = 0
            try:
                done = await self.publish_batch()
            except Exception as error:  # noqa: BLE001 - the relay must outlive any fault of a dependency
                log.error("messages.relay_failed", error=repr(error))
            if done < BATCH and not self._stopping:
                await self.signal.wait(self.poll_seconds)

    def stop(self) -> None:
        self._stopping = True
        self.signal.set()

    async def publish_batch(self) -> int:
        """Publish up to `BATCH` messages that are due; how many were taken up."""
        if self.publisher is None:
            return 0
        async with self.database.read() as connection:
            if not (await connection.execute(_due(1))).first():
                return 0
        rows = await self._claim()
        ends = await asyncio.gather(*(self._publish(self.publisher, row) for row in rows))
        await self._mark([row.id for row, error in zip(rows, ends, strict=True) if error is None])
        for row, error in zip(rows, ends, strict=True):
            if error is not None:
                await self._postpone(row, error)
        return len(rows)

    async def _claim(self) -> Sequence[Any]:
        async with SqlTransaction(self.database) as transaction:
            ids = (await transaction.connection.scalars(_due(BATCH).with_for_update(skip_locked=True))).all()
            claiming = (
                update(outgoing)
                .where(outgoing.c.id.in_(ids))
                .values(next_at=database_now(CLAIM_SECONDS), attempts=outgoing.c.attempts + 1)
                .returning(outgoing, seconds_since(outgoing.c.created_at).label("age"))
            )
            rows = (await transaction.connection.execute(claiming)).all() if ids else []
        return sorted(rows, key=lambda row: row.id)

    async def _publish(self, publisher: Publisher, row: Any) -> Exception | None:
        message = Outgoing(
            id=row.message_id,
            queue=row.queue,
            body=row.body,
            correlation_id=row.correlation_id,
            is_reply=row.is_reply,
        )
        try:
            async with asyncio.timeout(PUBLISH_SECONDS):
                await publisher.publish(message)
        except Exception as error:  # noqa: BLE001 - kept in the row, which is tried again
            return error
        return None

    async def _mark(self, ids: Sequence[UUID]) -> None:
        if not ids:
            return
        async with SqlTransaction(self.database) as transaction:
            done = update(outgoing).where(outgoing.c.id.in_(ids))
            await transaction.connection.execute(done.values(published_at=database_now(), next_at=None, error=None))
        self.metrics.published(len(ids))

    async def _postpone(self, row: Any, error: Exception) -> None:
        """Try again later: a reply for a day, anything else for ever."""
        given_up = row.is_reply and row.age > REPLY_PATIENCE
        pause = min(LONGEST_PAUSE, 2.0 ** min(row.attempts, 10))
        log.warning(
            "messages.not_published", queue=row.queue, attempts=row.attempts, given_up=given_up, error=repr(error)[:300]
        )
        self.metrics.not_published()
        change = {"next_at": None if given_up else database_now(pause), "error": repr(error)[:2000]}
        async with SqlTransaction(self.database) as transaction:
            await transaction.connection.execute(update(outgoing).where(outgoing.c.id == row.id).values(change))


def _due(limit: int) -> Any:
    due = (outgoing.c.next_at.is_not(None)) & (outgoing.c.next_at <= database_now())
    return select(outgoing.c.id).where(due).order_by(outgoing.c.next_at, outgoing.c.id).limit(limit)
