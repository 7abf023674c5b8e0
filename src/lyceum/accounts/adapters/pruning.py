"""What accounts forget: sessions that are over, links that were used or ran out, guests who never did anything."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from sqlalchemy import ColumnElement, and_, delete, exists, or_, select

from lyceum.accounts.adapters.tables import is_guest, links, sessions, users
from lyceum.accounts.api import GuestsForgotten, Traces
from lyceum.kernel.ids import UserId
from lyceum.platform.database import Database, SqlTransaction
from lyceum.platform.housekeeping import BATCH, delete_batches
from lyceum.platform.outbox import Signal, SqlOutbox
from lyceum.platform.settings import Settings

SLACK = timedelta(days=1)
"""Longer than any access token lives: who was let in by a session that is over has left by then."""


@dataclass(frozen=True, slots=True)
class OverSessions:
    """Sessions that ended or ran out so long ago that nobody asks when."""

    database: Database
    settings: Settings
    name: ClassVar[str] = "sessions"

    async def batches(self, now: datetime) -> AsyncIterator[int]:
        before = now - timedelta(days=self.settings.keep_sessions_days)
        for moment in (sessions.c.expires_at, sessions.c.ended_at):
            async for count in delete_batches(self.database, sessions, moment < before, moment):
                yield count


@dataclass(frozen=True, slots=True)
class SpentLinks:
    """One-time links: a quarter of an hour after they were made they are worth nothing, used or not."""

    database: Database
    name: ClassVar[str] = "links"

    def batches(self, now: datetime) -> AsyncIterator[int]:
        return delete_batches(self.database, links, links.c.expires_at < now - SLACK, links.c.expires_at)


@dataclass(frozen=True, slots=True)
class IdleGuests:
    """Guests who came, left, and cannot come back, for their session is over; and who did nothing that is kept.

    Whoever answered a single question stays: the other contexts say so (`Traces`).
    """

    database: Database
    signal: Signal
    settings: Settings
    traces: Traces
    name: ClassVar[str] = "guests"

    async def batches(self, now: datetime) -> AsyncIterator[int]:
        before = now - timedelta(days=max(self.settings.keep_guests_days, self.settings.session_days)) - SLACK
        after: tuple[datetime, UserId] | None = None
        while True:
            query = select(users.c.last_used_at, users.c.id).where(is_guest, users.c.last_used_at < before)
            if after is not None:
                at, id = after
                later = and_(users.c.last_used_at == at, users.c.id > id)
                query = query.where(or_(users.c.last_used_at > at, later))
            query = query.order_by(users.c.last_used_at, users.c.id).limit(BATCH)
            async with self.database.read() as connection:
                rows = (await connection.execute(query)).all()
            if not rows:
                return
            after = (rows[-1].last_used_at, UserId(rows[-1].id))
            kept = await self.traces.left_by([row.id for row in rows])
            yield await self._forget([row.id for row in rows if row.id not in kept], before, now)

    async def _forget(self, ids: Sequence[UserId], before: datetime, now: datetime) -> int:
        if not ids:
            return 0
        async with SqlTransaction(self.database) as transaction:
            gone = delete(users).where(users.c.id.in_(ids), _idle(before, now)).returning(users.c.id)
            forgotten = [UserId(id) for id in await transaction.connection.scalars(gone)]
            if forgotten:
                SqlOutbox(transaction, self.signal).add(GuestsForgotten(tuple(forgotten)))
        return len(forgotten)


def _idle(before: datetime, now: datetime) -> ColumnElement[bool]:
    """Nobody can act as this guest any more, so nothing can be done in their name while they are being forgotten."""
    alive = and_(sessions.c.user_id == users.c.id, sessions.c.ended_at.is_(None), sessions.c.expires_at > now - SLACK)
    recent = and_(sessions.c.user_id == users.c.id, sessions.c.last_used_at >= before)
    unseen = and_(users.c.last_used_at < before, ~exists().where(or_(alive, recent)))
    return and_(is_guest, users.c.email.is_(None), unseen)


PRUNERS: Sequence[type] = (OverSessions, SpentLinks, IdleGuests)
