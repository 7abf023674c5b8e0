"""Lists of events, and the log of one."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import and_, or_, select

from lyceum.accounts.api import Actor
from lyceum.kernel.ids import UserId
from lyceum.platform.database import Database
from lyceum.platform.paging import Page, decode_cursor, encode_cursor, page
from lyceum.training.adapters.event_tables import event_log, events
from lyceum.training.adapters.events import event_of
from lyceum.training.domain.events import EventState
from lyceum.training.event_ports import Events
from lyceum.training.use_cases.events import require_organiser


class EventItem(msgspec.Struct, frozen=True, kw_only=True):
    """An event in a list. Times are the server's."""

    id: UUID
    title: str
    state: EventState
    opens_at: datetime
    closes_at: datetime
    duration_min: int
    exam: str | None
    subject: str | None


class LogItem(msgspec.Struct, frozen=True, kw_only=True):
    """Something that was done; `actor_id` is null for what the clock did."""

    id: UUID
    at: datetime
    actor_id: UUID | None
    action: str
    detail: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class EventQueries:
    """Keyset lists over the indexes of events."""

    database: Database
    events: Events

    async def events_of(
        self, now: datetime, *, limit: int, cursor: str | None, organiser: UserId | None
    ) -> Page[EventItem]:
        """The sealed ones, those that open last first; all of an organiser's own when named."""
        query = select(events)
        if organiser is None:
            query = query.where(events.c.sealed_at.is_not(None))
        else:
            query = query.where(events.c.organiser_id == organiser)
        if cursor:
            opens_at, id = decode_cursor(cursor, tuple[datetime, UUID])
            query = query.where(
                or_(events.c.opens_at < opens_at, and_(events.c.opens_at == opens_at, events.c.id < id))
            )
        query = query.order_by(events.c.opens_at.desc(), events.c.id.desc()).limit(limit + 1)
        async with self.database.read() as connection:
            found = [event_of(row) for row in await connection.execute(query)]
        items = [
            EventItem(
                id=it.id,
                title=it.plan.title,
                state=it.state(now),
                opens_at=it.plan.opens_at,
                closes_at=it.plan.closes_at,
                duration_min=it.plan.duration_min,
                exam=it.plan.exam,
                subject=it.plan.subject,
            )
            for it in found
        ]
        return page(items, limit, lambda it: encode_cursor(it.opens_at.isoformat(), str(it.id)))

    async def log(self, actor: Actor, event: UUID, *, limit: int, cursor: str | None) -> Page[LogItem]:
        """The latest first, for the organiser; raise NotTheOrganiser."""
        actor.require(scope="training:write")
        require_organiser(actor, await self.events.get(event))
        query = select(event_log).where(event_log.c.event_id == event)
        if cursor:
            (last,) = decode_cursor(cursor, tuple[UUID])
            query = query.where(event_log.c.id < last)
        async with self.database.read() as connection:
            rows = (await connection.execute(query.order_by(event_log.c.id.desc()).limit(limit + 1))).all()
        items = [
            LogItem(
                id=row.id, at=row.at, actor_id=row.actor_id, action=row.action, detail=msgspec.json.decode(row.detail)
            )
            for row in rows
        ]
        return page(items, limit, lambda it: encode_cursor(str(it.id)))
