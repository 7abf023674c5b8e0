"""The second part of experiment 9: the real `lyceum scheduler`, with the product's own timetable and its own ticks."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Protocol

from chaos.ground import Ground
from chaos.lost_publishes import until

SCHEDULE = "report"
FAR = date(2029, 5, 10)
TICK = 60.0
"""Seconds in which a tick must have come; the product's come three times a minute."""
MADE = f"SELECT count(*) FROM jobs_schedule_runs WHERE schedule = '{SCHEDULE}' AND task_id IS NOT NULL"
TAKEN = (
    f"SELECT day, task_id FROM jobs_schedule_runs WHERE schedule = '{SCHEDULE}' AND task_id IS NOT NULL ORDER BY day"
)
TASKS = "SELECT id FROM jobs_tasks WHERE kind = 'report' AND source = 'cron' ORDER BY created_at, id"
BEGUN = f"SELECT count(*) FROM jobs_schedule_runs WHERE schedule = '{SCHEDULE}'"
UP = "SELECT count(*) FROM jobs_presence WHERE part = 'scheduler'"


class Clocked(Protocol):
    """A night whose clock can be set."""

    place: Ground

    async def at(self, day: date, hour: int, minute: int, second: int = 0) -> None: ...


@contextmanager
def schedulers(place: Ground, count: int, zone: str) -> Iterator[list[subprocess.Popen[bytes]]]:
    """So many `lyceum scheduler`; killed at the end."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("LYCEUM_")} | {
        "LYCEUM_DATABASE_URL": place.settings.database_url,
        "LYCEUM_DATA_DIR": str(place.settings.data_dir),
        "LYCEUM_SECRET_KEY": place.settings.secret_key,
        "LYCEUM_TIME_ZONE": zone,
    }
    made: list[subprocess.Popen[bytes]] = []
    with (place.settings.data_dir / "schedulers.log").open("ab") as log:
        made += [
            subprocess.Popen([sys.executable, "-m", "lyceum", "scheduler"], env=env, stdout=log, stderr=log)
            for _ in range(count)
        ]
    try:
        yield made
    finally:
        for process in made:
            process.kill()
            process.wait()


async def real_commands(night: Clocked, zone: str) -> dict[str, bool]:
    """Two commands over a midnight; both killed, away for three days, and two others."""
    place = night.place
    await place.sql.execute("TRUNCATE jobs_tasks, jobs_schedule_runs, jobs_presence")
    await night.at(FAR, 23, 50)
    with schedulers(place, 2, zone) as running:
        await until(lambda: place.value(BEGUN), 1, TICK)
        await until(lambda: place.value(UP), 2, TICK)
        await night.at(FAR + timedelta(days=1), 0, 0, 1)
        await until(lambda: place.value(MADE), 1, TICK)
        over_midnight = await days(place) == [FAR]
        alive = all(process.poll() is None for process in running)
    await night.at(FAR + timedelta(days=4), 0, 0, 5)
    with schedulers(place, 2, zone):
        await until(lambda: place.value(MADE), 4, TICK)
        await asyncio.sleep(2)
        made_up = await days(place) == [FAR + timedelta(days=number) for number in range(4)]
    return {
        "`lyceum scheduler`, two of them: one report for the day that is over": over_midnight and alive,
        "`lyceum scheduler`, killed and away for three days: the missed days once, in order": made_up,
    }


async def days(place: Ground) -> list[date]:
    """The days that have tasks, in the order in which these were made; empty if rights and tasks differ."""
    taken = {row["task_id"]: row["day"] for row in await place.sql.fetch(TAKEN)}
    tasks = [row["id"] for row in await place.sql.fetch(TASKS)]
    return [taken[id] for id in tasks] if set(taken) == set(tasks) and len(taken) == len(tasks) else []
