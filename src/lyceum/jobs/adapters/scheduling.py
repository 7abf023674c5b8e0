"""The tick of the timetable, and what it leaves in the database."""

import asyncio
import importlib
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

import structlog
from dishka import AsyncContainer
from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite

from lyceum.jobs.adapters.presence import Presence
from lyceum.jobs.adapters.tables import schedule_runs
from lyceum.jobs.api import Timetable
from lyceum.jobs.domain.tasks import TaskId
from lyceum.jobs.use_cases.scheduling import MakeDueTasks
from lyceum.platform.database import Database, SqlTransaction
from lyceum.platform.database_time import database_now

TICK = timedelta(seconds=20)
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class SqlDatabaseClock:
    """`ports.DatabaseClock`."""

    database: Database

    async def now(self) -> datetime:
        async with self.database.read() as connection:
            now: datetime | None = await connection.scalar(select(database_now()))
        assert now is not None  # noqa: S101 - told to the type checker
        return now


@dataclass(frozen=True, slots=True)
class SqlRuns:
    """`ports.Runs`: a row for each day of a schedule that has been taken."""

    database: Database
    transaction: SqlTransaction

    async def last(self, schedule: str) -> date | None:
        async with self.database.read() as connection:
            query = select(func.max(schedule_runs.c.day)).where(schedule_runs.c.schedule == schedule)
            found: date | None = await connection.scalar(query)
        return found

    async def begin(self, schedule: str, day: date) -> None:
        await self._insert(schedule, day, None)

    async def take(self, schedule: str, day: date, task_id: TaskId) -> bool:
        return await self._insert(schedule, day, task_id)

    async def _insert(self, schedule: str, day: date, task_id: TaskId | None) -> bool:
        """PostgreSQL waits here for whoever is about to take the same row, so days are taken one after the other."""
        connection = self.transaction.connection
        insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
        values = {"schedule": schedule, "day": day, "task_id": task_id, "created_at": database_now()}
        return (await connection.execute(insert(schedule_runs).values(values).on_conflict_do_nothing())).rowcount == 1


@dataclass(slots=True)
class Scheduler:
    """Looks at the timetable at the start and at every tick. Any number of them run side by side."""

    container: AsyncContainer
    timetable: Timetable
    presence: Presence
    id: UUID = field(default_factory=uuid4)
    _ticking: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def make_due(self) -> int:
        """Make all tasks that are due; how many those were. A schedule that fails does not hold up the others."""
        count = 0
        async with self._ticking:
            for schedule in self.timetable.schedules:
                try:
                    async with self.container() as scope:
                        days = await (await scope.get(MakeDueTasks))(schedule)
                except Exception as error:  # noqa: BLE001 - tried again at the next tick
                    log.error("jobs.schedule_failed", schedule=schedule.name, error=repr(error))
                    continue
                if days:
                    log.info("jobs.scheduled", schedule=schedule.name, days=[day.isoformat() for day in days])
                count += len(days)
        return count

    async def run(self) -> None:
        """Tick until cancelled; survives a database that is away."""
        # Loading TaskIQ takes a quarter of a second, in which the web goes on answering.
        ticks = await asyncio.to_thread(importlib.import_module, "lyceum.jobs.adapters.ticks")
        log.info("jobs.scheduler_started", schedules=[schedule.name for schedule in self.timetable.schedules])
        try:
            await ticks.tick(self._tick, TICK)
        finally:
            async with self._ticking:
                await self.presence.gone(self.id)
            log.info("jobs.scheduler_stopped")

    async def _tick(self) -> None:
        await self.make_due()
        try:
            await self.presence.seen(self.id, "scheduler")
        except Exception as error:  # noqa: BLE001 - said again at the next tick
            log.warning("jobs.presence_failed", error=repr(error))
