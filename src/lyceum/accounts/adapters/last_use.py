"""When somebody was last here: noted in memory, written at most once a minute each, never in a request's way."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy import Table, or_, select, update
from sqlalchemy.exc import SQLAlchemyError

from lyceum.accounts.adapters.tables import api_keys, sessions, users
from lyceum.kernel.ids import UserId
from lyceum.kernel.ports import Clock
from lyceum.platform.database import Database, SqlTransaction

MINUTE = timedelta(minutes=1)
GATHER_SECONDS = 1.0
CROWD = 100_000
CHUNK = 1000
TABLES = (users, sessions, api_keys)
log = structlog.get_logger()


@dataclass(slots=True)
class LastUse:
    """Notes uses and writes them together. What a killed process had not written is lost: a minute, of a date.

    `session_lasts` is how long a session lives after its last use.
    """

    database: Database
    clock: Clock
    session_lasts: timedelta
    _noted: dict[UUID, datetime] = field(default_factory=dict)
    _waiting: dict[str, set[UUID]] = field(default_factory=dict)
    _task: asyncio.Task[None] | None = None

    def note(self, user_id: UserId, *, session_id: UUID | None = None, api_key_id: UUID | None = None) -> None:
        """Somebody is here, by the session or the key."""
        now = self.clock.now()
        for table, id in zip(TABLES, (user_id, session_id, api_key_id), strict=True):
            if id is not None and now - self._noted.get(id, now - MINUTE) >= MINUTE:
                self._noted[id] = now
                self._waiting.setdefault(table.name, set()).add(id)
        if self._waiting and (self._task is None or self._task.done()):
            self._task = asyncio.create_task(self._write_later())

    async def flush(self) -> None:
        """Write what is waiting, now. Rows that somebody is changing are left alone, so that nobody waits."""
        waiting, self._waiting = self._waiting, {}
        if len(self._noted) > CROWD:
            self._noted.clear()
        transaction = SqlTransaction(self.database)
        for table in TABLES:
            ids = sorted(waiting.get(table.name, ()))
            for start in range(0, len(ids), CHUNK):
                async with transaction:
                    await self._write(transaction, table, ids[start : start + CHUNK])

    async def close(self) -> None:
        """Write the rest and stop."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        await self._try_flush()

    async def _write_later(self) -> None:
        await asyncio.sleep(GATHER_SECONDS)
        await self._try_flush()

    async def _try_flush(self) -> None:
        try:
            await self.flush()
        except (SQLAlchemyError, OSError) as error:
            log.warning("accounts.last_use_not_written", error=repr(error)[:300])

    async def _write(self, transaction: SqlTransaction, table: Table, ids: list[UUID]) -> None:
        now = self.clock.now()
        free = (
            select(table.c.id)
            .where(table.c.id.in_(ids), or_(table.c.last_used_at.is_(None), table.c.last_used_at < now))
            .with_for_update(skip_locked=True)
        )
        change = {"last_used_at": now}
        if table is sessions:
            change["expires_at"] = now + self.session_lasts
        await transaction.connection.execute(update(table).where(table.c.id.in_(free)).values(change))
