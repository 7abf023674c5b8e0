"""The platform's day: set by hand and kept in the database, or that of the calendar."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select

from lyceum.advertising.adapters.tables import state
from lyceum.advertising.adapters.upserts import inserting
from lyceum.advertising.domain.refusals import ClockFollowsCalendar, DayInThePast
from lyceum.kernel.ports import Clock
from lyceum.platform.database import SqlTransaction
from lyceum.platform.settings import Settings

FIRST = date(1970, 1, 1)
"""Day 0 of the calendar."""


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """Which day it is in the platform's time zone, when the settings say that the day follows the calendar."""

    settings: Settings
    clock: Clock

    @property
    def is_in_force(self) -> bool:
        return self.settings.advertising_clock == "calendar"

    def today(self) -> int:
        return day_of(self.clock.now(), self.settings.time_zone)


def day_of(moment: datetime, zone: str) -> int:
    return (moment.astimezone(ZoneInfo(zone)).date() - FIRST).days


@dataclass(frozen=True, slots=True)
class SqlDay:
    """`ports.Day` over the running transaction."""

    transaction: SqlTransaction
    calendar: CalendarDay
    settings: Settings

    async def today(self) -> int:
        if self.calendar.is_in_force:
            return self.calendar.today()
        return await self.transaction.connection.scalar(select(state.c.today)) or 0

    async def advance(self, day: int) -> None:
        if self.calendar.is_in_force:
            raise ClockFollowsCalendar
        connection = self.transaction.connection
        setting = inserting(connection, state).values(id=1, today=day)
        setting = setting.on_conflict_do_update(
            index_elements=[state.c.id],
            set_={"today": day},
            where=None if self.settings.advertising_clock_may_rewind else state.c.today <= day,
        )
        if (await connection.execute(setting)).rowcount != 1:
            raise DayInThePast(today=await self.today())
