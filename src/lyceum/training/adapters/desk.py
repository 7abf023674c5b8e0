"""Events on the operators' start page."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from sqlalchemy import func, select

from lyceum.platform.database import Database
from lyceum.platform.desk import Card, Count
from lyceum.training.adapters.event_tables import events, participants

DAY, LONGEST = timedelta(days=1), timedelta(days=62)
"""An event that began earlier than `LONGEST` ago is over, for all that this page wants to know."""


@dataclass(frozen=True, slots=True)
class EventsNow:
    """`platform.desk.DeskPart`."""

    database: Database
    name: ClassVar[str] = "events"

    async def card(self, now: datetime) -> Card:
        sealed = events.c.sealed_at.is_not(None) & events.c.cancelled_at.is_(None)
        going_on = (sealed, events.c.opens_at > now - LONGEST, events.c.opens_at <= now, events.c.closes_at > now)
        soon = (sealed, events.c.opens_at > now, events.c.opens_at <= now + DAY)
        joined = (
            select(func.count())
            .select_from(participants.join(events, events.c.id == participants.c.event_id))
            .where(*going_on)
        )
        async with self.database.read() as connection:
            on = await connection.scalar(select(func.count()).select_from(events).where(*going_on)) or 0
            coming = await connection.scalar(select(func.count()).select_from(events).where(*soon)) or 0
            people = await connection.scalar(joined) or 0
        counts = [Count("are on now", on), Count("take part in them", people), Count("begin within 24 hours", coming)]
        return Card("events", "Events", counts, "/events")
