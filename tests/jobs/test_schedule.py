"""One task for every day of a schedule, whatever happens to those who make them, on both databases."""

import asyncio
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest
from dishka import AsyncContainer
from sqlalchemy import insert, select

from lyceum.jobs.adapters.presence import Presence
from lyceum.jobs.adapters.pruning import Pruning
from lyceum.jobs.adapters.repositories import SqlTasks
from lyceum.jobs.adapters.scheduling import Scheduler, SqlRuns
from lyceum.jobs.adapters.tables import presence, schedule_runs, tasks
from lyceum.jobs.adapters.ticks import tick
from lyceum.jobs.adapters.wake import TaskSignal
from lyceum.jobs.api import Kinds, NewTask, Schedule, TaskId, Timetable
from lyceum.jobs.use_cases.creating import PlaceTask
from lyceum.jobs.use_cases.scheduling import MakeDueTasks
from lyceum.kernel.ids import uuid7
from lyceum.main.contexts import CONTEXTS
from lyceum.platform.database import Database, SqlTransaction
from lyceum.platform.database_time import database_now

MOSCOW = ZoneInfo("Europe/Moscow")
DAY = timedelta(days=1)
NIGHT = datetime(2026, 11, 20, 20, 59, 59, tzinfo=UTC)
"""A second before midnight in Moscow."""


class About(msgspec.Struct):
    day: date


DAILY = Schedule(name="daily", at=time(), days_after=1, kind="report", payload_of=About)


@dataclass(slots=True)
class HandClock:
    """The database's clock, turned by hand."""

    moment: datetime

    async def now(self) -> datetime:
        return self.moment


@dataclass(frozen=True, slots=True)
class Office:
    """Schedulers, as in processes of their own, over one database and one clock."""

    database: Database
    clock: HandClock
    zone: ZoneInfo = MOSCOW

    def scheduler(self, queue: type[PlaceTask] = PlaceTask) -> MakeDueTasks:
        transaction = SqlTransaction(self.database)
        place = queue(SqlTasks(transaction, TaskSignal()))
        runs = SqlRuns(self.database, transaction)
        return MakeDueTasks(Timetable([DAILY], self.zone), runs, place, self.clock, transaction)

    async def begun(self) -> "Office":
        """After the first look, before which there is no past."""
        assert await self.scheduler()(DAILY) == []
        return self

    async def days(self) -> list[date]:
        """The days of the tasks there are, in the order in which workers take them."""
        async with self.database.read() as connection:
            rows = await connection.scalars(select(tasks.c.payload).order_by(tasks.c.run_at, tasks.c.id))
            return [date.fromisoformat(msgspec.json.decode(row)["day"]) for row in rows]


@pytest.fixture
async def office(database: Database) -> Office:
    return await Office(database, HandClock(NIGHT)).begun()


def november(*days: int) -> list[date]:
    return [date(2026, 11, day) for day in days]


async def test_a_day_gets_its_task_once_it_is_over_and_only_once(office: Office) -> None:
    assert await office.scheduler()(DAILY) == []
    office.clock.moment = NIGHT + timedelta(seconds=1)
    assert await office.scheduler()(DAILY) == november(20)
    office.clock.moment += timedelta(hours=12)
    assert await office.scheduler()(DAILY) == []
    assert await office.days() == november(20)
    async with office.database.read() as connection:
        row = (await connection.execute(select(tasks))).one()
        run = (await connection.execute(select(schedule_runs).where(schedule_runs.c.task_id.is_not(None)))).one()
    assert (row.kind, row.source, row.title, row.status) == ("report", "cron", "2026-11-20", "new")
    assert (run.task_id, run.day) == (row.id, date(2026, 11, 20))


async def test_a_new_installation_does_not_make_up_the_past(database: Database) -> None:
    office = Office(database, HandClock(NIGHT + 100 * DAY))
    assert await office.scheduler()(DAILY) == []
    office.clock.moment += DAY
    assert len(await office.scheduler()(DAILY)) == 1


async def test_days_missed_while_nothing_ran_are_made_up_in_order(office: Office) -> None:
    office.clock.moment = NIGHT + 3 * DAY + timedelta(hours=2)
    assert await office.scheduler()(DAILY) == november(20, 21, 22, 23)
    assert await office.days() == november(20, 21, 22, 23)


async def test_what_was_missed_for_longer_than_a_month_is_let_go(office: Office) -> None:
    office.clock.moment = NIGHT + 100 * DAY + timedelta(hours=2)
    made = await office.scheduler()(DAILY)
    assert len(made) == 31
    assert made[-1] == date(2026, 11, 20) + 100 * DAY


async def test_days_long_past_are_forgotten_and_made_up_no_more(office: Office) -> None:
    async with SqlTransaction(office.database) as transaction:
        for day in (date(2020, 1, 1), date(2020, 1, 2)):
            row = {"schedule": DAILY.name, "day": day, "task_id": uuid7(), "created_at": database_now()}
            await transaction.connection.execute(insert(schedule_runs).values(row))
    await Pruning(office.database).prune()
    async with office.database.read() as connection:
        days = list(await connection.scalars(select(schedule_runs.c.day).order_by(schedule_runs.c.day)))
    assert days == november(19)
    assert await office.scheduler()(DAILY) == []


async def test_a_clock_that_goes_back_makes_no_day_twice(office: Office) -> None:
    office.clock.moment = NIGHT + timedelta(hours=1)
    assert await office.scheduler()(DAILY) == november(20)
    office.clock.moment = NIGHT - timedelta(hours=1)
    assert await office.scheduler()(DAILY) == []
    office.clock.moment = NIGHT + timedelta(hours=2)
    assert await office.scheduler()(DAILY) == []


async def test_a_zone_whose_clocks_change_has_one_task_for_every_day(database: Database) -> None:
    start = datetime(2026, 10, 23, 12, tzinfo=UTC)
    office = await Office(database, HandClock(start), ZoneInfo("Europe/Berlin")).begun()
    for hours in range(24 * 5):
        office.clock.moment = start + timedelta(hours=hours)
        await office.scheduler()(DAILY)
    assert await office.days() == [date(2026, 10, day) for day in (23, 24, 25, 26, 27)]


async def test_five_schedulers_at_once_make_each_day_once_and_in_order(office: Office) -> None:
    office.clock.moment = NIGHT + 6 * DAY + timedelta(hours=2)
    made = await asyncio.gather(*[office.scheduler()(DAILY) for _ in range(5)])
    assert Counter(day for share in made for day in share) == Counter(november(*range(20, 27)))
    assert await office.days() == november(*range(20, 27))


async def test_five_schedulers_that_begin_around_midnight_agree_where_to_begin(database: Database) -> None:
    """Some see the schedule for the first time before midnight, some after: the day over at midnight has one task, or,
    when those after were first, none; the next day has one in any case."""
    before, after = Office(database, HandClock(NIGHT)), Office(database, HandClock(NIGHT + timedelta(seconds=2)))
    await asyncio.gather(*[(before, after)[number % 2].scheduler()(DAILY) for number in range(6)])
    await after.scheduler()(DAILY)
    first = await after.days()
    assert first in ([], november(20))
    async with database.read() as connection:
        assert (
            len((await connection.execute(select(schedule_runs).where(schedule_runs.c.task_id.is_(None)))).all()) == 1
        )
    after.clock.moment += DAY
    await asyncio.gather(*[after.scheduler()(DAILY) for _ in range(5)])
    assert await after.days() == [*first, *november(21)]


class Killed(Exception):
    pass


@dataclass(frozen=True, slots=True)
class DyingQueue(PlaceTask):
    """The process dies between the right to run and its task."""

    async def add(self, new: NewTask) -> TaskId:
        await super(DyingQueue, self).add(new)
        raise Killed


async def test_a_scheduler_killed_in_the_middle_leaves_the_day_to_the_next(office: Office) -> None:
    office.clock.moment = NIGHT + DAY
    with pytest.raises(Killed):
        await office.scheduler(DyingQueue)(DAILY)
    assert await office.days() == []
    assert await office.scheduler()(DAILY) == november(20)


async def test_without_the_unique_row_five_schedulers_make_a_day_several_times(postgres_database: str) -> None:
    """The negative control: all look, then all leap."""
    database = Database.connect(postgres_database, pool_size=20)
    try:
        office = await Office(database, HandClock(NIGHT)).begun()
        office.clock.moment = NIGHT + timedelta(hours=1)
        gate = asyncio.Barrier(5)
        made = await asyncio.gather(*[naive(office, gate)(DAILY) for _ in range(5)])
        assert sum(len(share) for share in made) == 5
        assert await office.days() == november(20) * 5
    finally:
        async with database.writes.begin() as connection:
            for table in (tasks, schedule_runs):
                await connection.execute(table.delete())
        await database.close()


@dataclass(frozen=True, slots=True)
class LookingRuns(SqlRuns):
    """The guard switched off: whether the day is free is only looked up."""

    gate: asyncio.Barrier = field(default_factory=lambda: asyncio.Barrier(1))

    async def take(self, schedule: str, day: date, task_id: TaskId) -> bool:
        last = await self.last(schedule)
        await self.gate.wait()
        return last is None or last < day


def naive(office: Office, gate: asyncio.Barrier) -> MakeDueTasks:
    transaction = SqlTransaction(office.database)
    place = PlaceTask(SqlTasks(transaction, TaskSignal()))
    runs = LookingRuns(office.database, transaction, gate)
    return MakeDueTasks(Timetable([DAILY], MOSCOW), runs, place, office.clock, transaction)


async def test_a_schedule_that_fails_holds_up_no_other(database: Database, container: AsyncContainer) -> None:
    def broken(day: date) -> About:
        raise RuntimeError

    begun = date(2026, 1, 1)
    async with SqlTransaction(database) as transaction:
        rows = [
            {"schedule": name, "day": begun, "task_id": None, "created_at": database_now()} for name in ("bad", "good")
        ]
        for row in rows:
            await transaction.connection.execute(insert(schedule_runs).values(row))
    bad = Schedule(name="bad", at=time(), kind="demo", payload_of=broken)
    good = Schedule(name="good", at=time(), kind="demo", payload_of=About)
    timetable = Timetable([bad, good], MOSCOW)
    scheduler = Scheduler(container, timetable, Presence(database))
    assert await scheduler.make_due() == 31
    await container.close()


async def test_a_scheduler_is_seen_while_it_runs(database: Database, container: AsyncContainer) -> None:
    here = Presence(database)
    scheduler = Scheduler(container, Timetable([], MOSCOW), here)
    running = asyncio.create_task(scheduler.run())
    async with asyncio.timeout(20):
        while not (seen := await here.alive()):
            await asyncio.sleep(0.05)
    assert [(it.id, it.part) for it in seen] == [(scheduler.id, "scheduler")]
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert await here.alive() == []
    await container.close()


async def test_a_process_that_fell_silent_is_not_up(database: Database) -> None:
    here = Presence(database)
    silent, alive = uuid7(), uuid7()
    await here.seen(silent, "worker", 4)
    async with SqlTransaction(database) as transaction:
        await transaction.connection.execute(presence.update().values(seen_at=database_now(-61.0)))
    await here.seen(alive, "worker", 2)
    assert [(it.id, it.slots) for it in await here.alive()] == [(alive, 2)]


async def test_a_tick_comes_at_once_and_again() -> None:
    count = 0
    twice = asyncio.Event()

    async def look() -> None:
        nonlocal count
        count += 1
        if count == 2:
            twice.set()

    ticking = asyncio.create_task(tick(look, timedelta(seconds=1)))
    async with asyncio.timeout(20):
        await twice.wait()
    ticking.cancel()
    await asyncio.gather(ticking, return_exceptions=True)


def test_taskiq_is_imported_only_where_the_timetable_is_kept() -> None:
    look = "import sys, lyceum.main.web, lyceum.main.background; print('taskiq' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "False"


def schedules() -> Sequence[Schedule]:
    return [schedule for context in CONTEXTS for schedule in context.schedules]


async def test_every_schedule_makes_tasks_that_their_kinds_take(container: AsyncContainer) -> None:
    kinds = await container.get(Kinds)
    names = [schedule.name for schedule in schedules()]
    assert len(names) == len(set(names))
    for schedule in schedules():
        kind = kinds.find(schedule.kind)
        assert kind is not None, schedule.name
        payload = msgspec.to_builtins(schedule.payload_of(date(2026, 11, 20)))
        assert msgspec.convert(payload, kind.payload) is not None
        assert len(schedule.name) <= 40
        assert 0 < len(schedule.title_of(date(2026, 11, 20))) <= 200
    await container.close()
