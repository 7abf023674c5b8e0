"""How a process learns of campaigns and of the day: it looks four times a second at one row that counts the changes."""

import asyncio
import time
from dataclasses import dataclass, field

import structlog
from sqlalchemy import case, func, select

from lyceum.advertising.adapters.day import CalendarDay
from lyceum.advertising.adapters.index import AdIndex
from lyceum.advertising.adapters.rows import campaign_of
from lyceum.advertising.adapters.tables import campaigns, charges, clients, state, tallies
from lyceum.advertising.domain.choice import Demand
from lyceum.advertising.domain.forecast import WEEK
from lyceum.platform.database import Database
from lyceum.platform.prepared import Prepared

LOOK_SECONDS = 0.25
RECOUNT_SECONDS = 5.0
"""How often the counts of all campaigns are read, for those that other processes showed."""
DEMAND_SECONDS = 60.0
log = structlog.get_logger()

_STATE = Prepared(select(state.c.today, state.c.revision))
_COUNTS = select(tallies).join(campaigns, campaigns.c.id == tallies.c.campaign_id)


@dataclass(slots=True, eq=False)
class AdFollower:
    """`ports.Following`: keeps the index of this process up to date."""

    database: Database
    calendar: CalendarDay
    index: AdIndex
    revision: int = -1
    caught_up_at: float = 0.0
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def run(self) -> None:
        """Follow until cancelled; survives a database that is away."""
        counted = weighed = time.monotonic()
        while True:
            try:
                await self.catch_up()
                if time.monotonic() - counted >= RECOUNT_SECONDS:
                    await self.recount()
                    counted = time.monotonic()
                if time.monotonic() - weighed >= DEMAND_SECONDS:
                    await self.weigh_demand()
                    weighed = time.monotonic()
            except Exception as error:  # noqa: BLE001 - the next look tries again
                log.warning("advertising.following_failed", error=repr(error)[:500])
            await asyncio.sleep(LOOK_SECONDS)

    async def ready(self) -> None:
        """Wait until the index holds what the database does, the first time."""
        if self.revision < 0:
            await self.catch_up()

    async def catch_up(self) -> None:
        async with self._turn:
            found = await _STATE.read(self.database, {})
            today, revision = (found[0].today, found[0].revision) if found else (0, 0)
            if self.calendar.is_in_force:
                today = self.calendar.today()
            if today < self.index.today or revision < self.revision:
                self.index.clear()
                self.revision = -1
            if revision != self.revision:
                await self._take_changes(today)
            is_news = today != self.index.today or self.revision < 0
            self.revision = revision
            self.index.turn_to(today)
            if is_news:
                await self.weigh_demand()
            self.caught_up_at = time.monotonic()

    async def _take_changes(self, today: int) -> None:
        """Campaigns changed since the revision known; what is over before `today` is not remembered."""
        changed = (
            select(campaigns, tallies.c.impressions, tallies.c.clicks)
            .join(tallies, tallies.c.campaign_id == campaigns.c.id)
            .where(campaigns.c.revision > self.revision)
        )
        if self.revision < 0:
            changed = changed.where(campaigns.c.deleted_at.is_(None), campaigns.c.end_date >= today)
        async with self.database.read() as connection:
            rows = (await connection.execute(changed)).all()
        for row in rows:
            if row.deleted_at is not None or row.end_date < today:
                self.index.drop(row.id)
            else:
                self.index.put(campaign_of(row), row.number)
                self.index.count(row.id, row.impressions, row.clicks)

    async def recount(self) -> None:
        today = self.index.today
        running = _COUNTS.where(
            campaigns.c.deleted_at.is_(None), campaigns.c.start_date <= today, campaigns.c.end_date >= today
        )
        async with self.database.read() as connection:
            for row in await connection.execute(running):
                self.index.count(row.campaign_id, row.impressions, row.clicks)

    async def weigh_demand(self) -> None:
        """How many ads were shown lately, and to how many clients they could be."""
        today = self.index.today
        is_today = charges.c.day == today
        shown = select(
            func.sum(case((is_today, charges.c.count), else_=0)),
            func.sum(case((is_today, 0), else_=charges.c.count)),
            func.count(func.distinct(case((is_today, None), else_=charges.c.day))),
        ).where(charges.c.kind == "impression", charges.c.day > today - WEEK, charges.c.day <= today)
        async with self.database.read() as connection:
            now, before, days = (await connection.execute(shown)).one()
            people = await connection.scalar(select(func.count()).select_from(clients)) or 0
        self.index.expect(Demand(today=int(now or 0), before=int(before or 0), days=days, clients=people))
