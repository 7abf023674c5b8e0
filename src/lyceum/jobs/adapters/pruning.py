"""Forgetting what is over: completed tasks after 30 days, failed ones after 90, idempotency keys after 7;
messages too.

A maintenance step of every worker, not a task: a queue that is stuck is pruned as well. Small batches, so that nobody
waits for it, and one worker at a time.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from sqlalchemy import ColumnElement, and_, delete, func, literal_column, not_, or_, select

from lyceum.jobs.adapters.message_tables import inbox, outgoing, suspects
from lyceum.jobs.adapters.tables import events, log_lines, replays, schedule_runs, tasks
from lyceum.jobs.domain.messages import Outcome
from lyceum.platform.database import Database, SqlTransaction
from lyceum.platform.database_time import database_now

DAY = 86_400.0
COMPLETED = 30 * DAY
FAILED = 90 * DAY
KEYS = 7 * DAY
DAYS_KEPT = timedelta(days=400)
BATCH = 500
LOCK = 0x1CE2


@dataclass(frozen=True, slots=True)
class Pruning:
    """Also a `platform.housekeeping.Pruner`, for `lyceum prune`."""

    database: Database
    name: ClassVar[str] = "tasks"

    async def batches(self, now: datetime) -> AsyncIterator[int]:
        """By the clock of the database, as everything about tasks."""
        yield await self.prune()

    async def prune(self) -> int:
        """Delete what has been kept long enough; how many tasks that were."""
        total = 0
        for status, seconds in (("completed", COMPLETED), ("failed", FAILED)):
            old = (tasks.c.status == literal_column(f"'{status}'")) & (tasks.c.finished_at < database_now(-seconds))
            while pruned := await self._batch(old):
                total += pruned
        await self._keys()
        await self._messages()
        await self._runs()
        return total

    async def _messages(self) -> None:
        """Duplicates are told for 30 days, dead letters kept for 90, what was published for 7; the starts of a message
        that its broker has forgotten for 30."""
        dead = inbox.c.outcome == Outcome.REJECTED.value
        old = or_(
            and_(not_(dead), inbox.c.received_at < database_now(-COMPLETED)),
            inbox.c.received_at < database_now(-FAILED),
        )
        gone = and_(outgoing.c.next_at.is_(None), outgoing.c.created_at < database_now(-KEYS))
        for table, key, over in ((inbox, inbox.c.message_id, old), (outgoing, outgoing.c.id, gone)):
            while True:
                async with self.database.read() as connection:
                    ids = (await connection.scalars(select(key).where(over).limit(BATCH))).all()
                if not ids:
                    break
                async with SqlTransaction(self.database) as transaction:
                    await transaction.connection.execute(delete(table).where(key.in_(ids)))

        forgotten = suspects.c.body.is_(None) & (suspects.c.created_at < database_now(-COMPLETED))
        async with SqlTransaction(self.database) as transaction:
            await transaction.connection.execute(delete(suspects).where(forgotten))

    async def _batch(self, old: ColumnElement[bool]) -> int:
        async with self.database.read() as connection:
            if not (await connection.execute(select(tasks.c.id).where(old).limit(1))).first():
                return 0
        transaction = SqlTransaction(self.database)
        async with transaction:
            if not await self._alone(transaction):
                return 0
            connection = transaction.connection
            ids = (await connection.scalars(select(tasks.c.id).where(old).limit(BATCH))).all()
            for table in (events, log_lines):
                await connection.execute(delete(table).where(table.c.task_id.in_(ids)))
            await connection.execute(delete(tasks).where(tasks.c.id.in_(ids)))
        return len(ids)

    async def _keys(self) -> None:
        old = replays.c.created_at < database_now(-KEYS)
        async with self.database.read() as connection:
            if not (await connection.execute(select(replays.c.key).where(old).limit(1))).first():
                return
        transaction = SqlTransaction(self.database)
        async with transaction:
            await transaction.connection.execute(delete(replays).where(old))

    async def _runs(self) -> None:
        """Days of the timetable, long past: which of them is the last is known by the later ones."""
        async with self.database.read() as connection:
            now: datetime | None = await connection.scalar(select(database_now()))
        assert now is not None  # noqa: S101 - told to the type checker
        old = (schedule_runs.c.day < (now - DAYS_KEPT).date()) & schedule_runs.c.task_id.is_not(None)
        async with self.database.read() as connection:
            if not (await connection.execute(select(schedule_runs.c.day).where(old).limit(1))).first():
                return
        async with SqlTransaction(self.database) as transaction:
            await transaction.connection.execute(delete(schedule_runs).where(old))

    async def _alone(self, transaction: SqlTransaction) -> bool:
        if self.database.is_sqlite:
            return True
        return bool(await transaction.connection.scalar(select(func.pg_try_advisory_xact_lock(LOCK))))
