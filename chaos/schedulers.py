"""9: schedulers across midnight, many at once, killed right after it, away for hours and days. One task for each day.

The clock that decides is the database's, so the cluster of this experiment has one that jumps (libfaketime). What a
scheduler does at a tick is the product's; it ticks five times a second instead of three times a minute, but for the
part with the real command (`commands.py`). Midnights are those of Berlin, days of 23 and 25 hours among them: the
second half of experiment 10.
"""

import asyncio
import os
import signal
import sys
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from multiprocessing.context import ForkServerProcess
from zoneinfo import ZoneInfo

from dishka import Provider, Scope

from chaos.cluster import FAKETIME, cluster
from chaos.commands import real_commands
from chaos.crew import context
from chaos.ground import Ground, prepared
from chaos.guards import Guard, provider
from chaos.verdict import Scale, Verdict
from chaos.work import Work, WorkPayload
from lyceum.jobs.adapters.scheduling import Scheduler
from lyceum.jobs.api import Schedule, Timetable
from lyceum.main.cli import loop_factory
from lyceum.main.container import make_container
from lyceum.platform.settings import Settings
from lyceum.platform.telemetry import configure_logging

ZONE = ZoneInfo("Europe/Berlin")
DAILY = Schedule(name="chaos_daily", at=time(0, 0), kind=Work.name, payload_of=lambda _: WorkPayload(0), days_after=1)
PAUSE, HASTE = 0.2, 0.005
"""Seconds between two ticks. Without the guard doubles are wanted, so these schedulers look all the time."""
MIDNIGHTS = 12
RUNS = "SELECT day, task_id, created_at FROM jobs_schedule_runs WHERE task_id IS NOT NULL ORDER BY created_at"
TASKS = "SELECT id, title FROM jobs_tasks WHERE source = 'cron' ORDER BY created_at, id"


def main(settings: Settings, off: Guard | None) -> None:
    """One scheduler process."""
    log = os.open(settings.data_dir / "schedulers.log", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.dup2(log, sys.stderr.fileno())
    configure_logging(settings)
    with suppress(KeyboardInterrupt):
        asyncio.run(_tick(settings, off), loop_factory=loop_factory)


async def _tick(settings: Settings, off: Guard | None) -> None:
    own = Provider(scope=Scope.APP)
    own.provide(lambda: Timetable([DAILY], ZONE), provides=Timetable, override=True)
    container = make_container(settings, own, provider(off))
    scheduler = await container.get(Scheduler)
    while True:
        await scheduler.make_due()
        await asyncio.sleep(PAUSE if off is None else HASTE)


class Night:
    """A database whose clock can be set, and schedulers that come and go."""

    def __init__(self, place: Ground, set_clock, off: Guard | None) -> None:  # type: ignore[no-untyped-def]
        self.place, self.set_clock, self.off = place, set_clock, off
        self.running: list[ForkServerProcess] = []

    async def at(self, day: date, hour: int, minute: int, second: int = 0) -> None:
        """Set the database's clock to a moment in Berlin, and wait until it is."""
        moment = datetime.combine(day, time(hour, minute, second), tzinfo=ZONE)
        self.set_clock((moment - datetime.now(UTC)).total_seconds())
        while abs((await self.place.now() - moment).total_seconds()) > 30:
            await asyncio.sleep(0.05)

    def start(self, count: int) -> None:
        for _ in range(count):
            process = context("chaos.schedulers").Process(
                target=main, args=(self.place.settings, self.off), daemon=True
            )
            process.start()
            self.running.append(process)

    def kill(self) -> None:
        while self.running:
            process = self.running.pop()
            os.kill(process.pid or 0, signal.SIGKILL)
            process.join(10)


async def run(scale: Scale) -> Verdict:
    if not FAKETIME:
        return Verdict({"libfaketime is installed": False}, {"missing": "apt-get install faketime"})
    found: dict[str, int] = {}
    with cluster(with_clock=True) as own:
        async with prepared(own.url, own.folder) as place:
            folder = own.folder / "files"
            folder.mkdir()
            place.settings = replace(place.settings, data_dir=folder)
            main_night = Night(place, own.set_clock, None)
            checks, days = await nights(main_night, scale)
            found |= {"days": days, "tasks": await place.value("SELECT count(*) FROM jobs_tasks")}
            main_night.kill()
            checks |= await real_commands(main_night, str(ZONE))
            await place.sql.execute("TRUNCATE jobs_tasks, jobs_schedule_runs")
            found["control_doubled"] = await doubles(Night(place, own.set_clock, Guard.DAYS))
            checks["without the right to a day there are doubles"] = found["control_doubled"] > 0
    return Verdict(checks, found)


async def nights(night: Night, scale: Scale) -> tuple[dict[str, bool], int]:
    """Two schedulers over a midnight, five, all killed five seconds after one, away over one, away for days."""
    start = date(2027, 3, 1)
    next_day = iter(start + timedelta(days=number) for number in range(1, 400)).__next__
    checks: dict[str, bool] = {}
    expected: list[date] = []

    async def verify(name: str, *days: date) -> None:
        expected.extend(day - timedelta(days=1) for day in days)
        await until_made(night.place, len(expected))
        await asyncio.sleep(0.6)
        checks[name] = await made(night.place) == expected

    await night.at(start, 23, 59, 0)
    night.start(2)
    await asyncio.sleep(2)
    day = next_day()
    await night.at(day, 0, 0, 1)
    await verify("two schedulers over midnight", day)
    night.start(3)
    await night.at(day, 23, 59, 0)
    day = next_day()
    await night.at(day, 0, 0, 1)
    await verify("five schedulers over midnight", day)
    await night.at(day, 23, 59, 0)
    day = next_day()
    await night.at(day, 0, 0, 5)
    night.kill()
    night.start(2)
    await verify("all killed and started five seconds after midnight", day)
    await night.at(day, 23, 50)
    night.kill()
    day = next_day()
    await night.at(day, 2, 0)
    night.start(2)
    await verify("away from 23:50 to 02:00", day)
    night.kill()
    days = [next_day() for _ in range(3)]
    await night.at(days[-1], 12, 0)
    night.start(5)
    await verify("away for three days", *days)
    if not scale.short:
        await every_hour(night, verify)
    night.kill()
    return checks, len(expected)


async def every_hour(night: Night, verify) -> None:  # type: ignore[no-untyped-def]
    """The days on which the clocks change, hour by hour."""
    for name, first in (("a day of 23 hours", date(2027, 3, 27)), ("a day of 25 hours", date(2027, 10, 30))):
        night.kill()
        last = max(await made(night.place)) + timedelta(days=2)
        gap = [last + timedelta(days=number) for number in range((first - last).days + 1)][-31:]
        await night.at(first, 12, 0)
        night.start(2)
        await verify(f"before {name}", *gap)
        moment = datetime.combine(first, time(12, 30), tzinfo=ZONE).astimezone(UTC)
        for _ in range(60):
            moment += timedelta(hours=1)
            local = moment.astimezone(ZONE)
            night.set_clock((moment - datetime.now(UTC)).total_seconds())
            await asyncio.sleep(1.3)
        await verify(name, *[first + timedelta(days=number) for number in range(1, (local.date() - first).days + 1)])


async def doubles(night: Night) -> int:
    """How many tasks midnights get beyond one when five schedulers do without the right to a day: over as many of
    them as it takes until there is one, `MIDNIGHTS` at most."""
    day, found = date(2028, 1, 1), 0
    await night.at(day, 23, 59)
    night.start(5)
    await asyncio.sleep(2)
    for number in range(1, MIDNIGHTS + 1):
        await night.at(day + timedelta(days=number), 0, 0, 1)
        await asyncio.sleep(1)
        found = await night.place.value("SELECT count(*) - count(DISTINCT title) FROM jobs_tasks WHERE source = 'cron'")
        if found:
            break
    night.kill()
    return found


async def until_made(place: Ground, wanted: int) -> None:
    for _ in range(200):
        if await place.value("SELECT count(*) FROM jobs_tasks WHERE source = 'cron'") >= wanted:
            return
        await asyncio.sleep(0.1)


async def made(place: Ground) -> list[date]:
    """The days that have tasks, in the order in which these were made; a day with two stands twice."""
    runs = {row["task_id"]: row["day"] for row in await place.sql.fetch(RUNS)}
    tasks = [row["id"] for row in await place.sql.fetch(TASKS)]
    if set(runs) != set(tasks):
        raise RuntimeError(f"Runs and tasks differ: {runs} {tasks}")
    return [runs[id] for id in tasks]
