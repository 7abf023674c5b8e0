"""1: `kill -9` of workers that are busy. Every task is completed once, and orphans find a worker within the lease."""

import asyncio
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from uuid import UUID

from chaos.crew import Crew, crew
from chaos.ground import Ground, Seeded, ground
from chaos.guards import Guard
from chaos.verdict import Scale, Verdict
from chaos.work import WorkPayload
from lyceum.jobs.adapters.worker import Rhythm

WORKERS = 6
STARTS = "SELECT count(*) FROM jobs_task_events WHERE after = 'in_progress'"
LOSSES = "SELECT count(*) FROM jobs_task_events WHERE code = 'lease_lost'"
MOST = "SELECT max(attempt) FROM jobs_tasks"
EVENTS = """SELECT task_id, at, after, code FROM jobs_task_events ORDER BY task_id, at, id"""


@dataclass(frozen=True, slots=True)
class Size:
    """`pauses`: workers that are only thought dead: stopped for one and a half leases, then woken."""

    tasks: int
    kills: int
    pauses: int
    seconds: tuple[float, float]
    rhythm: Rhythm


@dataclass(slots=True)
class Faults:
    """What was done to the workers, and which tasks they had."""

    kills: int = 0
    waiting: int = 0
    orphans: list[tuple[UUID, datetime]] = field(default_factory=list)


async def run(scale: Scale) -> Verdict:
    quick, brisk = Rhythm(slots=2, lease=2.0, rescue=0.5), Rhythm(slots=2, lease=1.0, rescue=0.3)
    size = scale.pick(
        Size(1000, 100, 0, (0.15, 2.0), Rhythm(slots=2, lease=30.0)),
        Size(120, 10, 0, (0.05, 0.4), quick),
    )
    paused = scale.pick(Size(600, 0, 20, (0.3, 1.0), quick), Size(80, 0, 2, (0.2, 0.5), brisk))
    async with ground() as place:
        with crew(place.settings) as workers:
            main = await suffer(place, workers, size, scale.chance(), None)
        checks = {f"killed: {name}": held for name, held in main.checks.items()}
        found: dict[str, object] = {"lease": size.rhythm.lease, **main.figures}
        with crew(place.settings) as workers:
            guarded = await suffer(place, workers, paused, scale.chance(), None)
        with crew(place.settings) as workers:
            control = await suffer(place, workers, paused, scale.chance(), Guard.FENCING)
    checks |= {f"paused: {name}": held for name, held in guarded.checks.items()}
    checks["without fencing something is done twice"] = int(str(control.figures["doubled"])) > 0
    found |= {"paused": dict(guarded.figures), "control_doubled": control.figures["doubled"]}
    return Verdict(checks, found)


async def suffer(place: Ground, workers: Crew, size: Size, chance: Random, off: Guard | None) -> Verdict:
    """Put the tasks in and let the workers have their faults while there is more to do."""
    await place.clear()
    low, high = size.seconds
    durations = [low * (high / low) ** chance.random() for _ in range(size.tasks)]
    await place.seed([Seeded(WorkPayload(seconds)) for seconds in durations])
    for _ in range(WORKERS):
        workers.start(size.rhythm, off=off)
    began, faults = time.monotonic(), Faults()
    await inflict(place, workers, size, chance, faults, off)
    over = await place.until_over(120 + 4 * size.rhythm.lease)
    counts = await place.counts()
    doubled, rows = await place.doubled(), await place.value("SELECT count(*) FROM chaos_effects")
    freed, claimed = times_of(faults, await place.sql.fetch(EVENTS))
    limit = size.rhythm.lease + 5
    checks = {
        "all completed": over and counts == {"completed": size.tasks},
        "one effect each": doubled == 0 and rows == size.tasks,
        "the queue was full to the last fault": faults.waiting > 0,
        "every orphan was freed within lease + 5 s": max(freed, default=0.0) <= limit,
        "every first orphan was claimed again within lease + 5 s": max(claimed, default=0.0) <= limit,
    }
    figures: dict[str, object] = {
        "completed": counts.get("completed", 0),
        "failed": counts.get("failed", 0),
        "effects": rows,
        "doubled": doubled,
        "kills": faults.kills,
        "orphans": len(faults.orphans),
        "starts": await place.value(STARTS),
        "leases_lost": await place.value(LOSSES),
        "most_attempts": await place.value(MOST),
        "slowest_reclaim_s": round(max(claimed, default=0.0), 2),
        "work_s": round(time.monotonic() - began, 1),
    }
    return Verdict(checks, figures)


async def inflict(place: Ground, workers: Crew, size: Size, chance: Random, faults: Faults, off: Guard | None) -> None:
    """Spread the faults over the first eight tenths of the tasks, each on a worker that has some."""
    wanted = size.kills + size.pauses
    sleepers: list[asyncio.Task[None]] = []
    for number in range(wanted):
        await until_completed(place, int(size.tasks * 0.8 * number / wanted))
        victim = await a_busy_one(place, workers, chance)
        if victim is None:
            return
        faults.waiting = (await place.counts()).get("new", 0)
        if size.pauses:
            workers.signal(victim, signal.SIGSTOP)
            sleepers.append(asyncio.create_task(wake(workers, victim, size.rhythm.lease * 1.5)))
            if len(sleepers) % 2 == 0:
                await asyncio.gather(*sleepers)
            continue
        workers.kill(victim)
        moment = await place.now()
        faults.orphans += [(task, moment) for task in await place.held_by(victim)]
        faults.kills += 1
        workers.start(size.rhythm, off=off)
    await asyncio.gather(*sleepers)


async def wake(workers: Crew, victim: UUID, seconds: float) -> None:
    await asyncio.sleep(seconds)
    workers.signal(victim, signal.SIGCONT)


async def until_completed(place: Ground, wanted: int) -> None:
    deadline = time.monotonic() + 120
    while (await place.counts()).get("completed", 0) < wanted:
        if time.monotonic() > deadline:
            raise TimeoutError(f"Not {wanted} tasks were completed in time: {await place.counts()}")
        await asyncio.sleep(0.02)


async def a_busy_one(place: Ground, workers: Crew, chance: Random) -> UUID | None:
    """A worker that has a task now and is not stopped; None when there is nothing left to do."""
    while (await place.counts()).keys() & {"new", "in_progress"}:
        rows = await place.sql.fetch(
            "SELECT DISTINCT worker_id FROM jobs_tasks WHERE status = 'in_progress' AND lease_until > clock_timestamp()"
        )
        busy = sorted(row["worker_id"] for row in rows if row["worker_id"] in workers.processes)
        if busy:
            return chance.choice(busy)
        await asyncio.sleep(0.01)
    return None


def times_of(faults: Faults, events: list[Mapping[str, object]]) -> tuple[list[float], list[float]]:
    """After how many seconds orphans were freed, and those that were freed for the first time claimed again."""
    history: dict[object, list[Mapping[str, object]]] = {}
    for event in events:
        history.setdefault(event["task_id"], []).append(event)
    freed, claimed = [], []
    for id, moment in faults.orphans:
        later = [event for event in history[id] if event["at"] > moment]  # type: ignore[operator]
        lost = next((event for event in later if event["code"] == "lease_lost"), None)
        if lost is None:
            continue
        freed.append((lost["at"] - moment).total_seconds())  # type: ignore[operator]
        first = not any(event["code"] == "lease_lost" for event in history[id] if event["at"] < moment)  # type: ignore[operator]
        again = next((event for event in later if event["at"] > lost["at"] and event["after"] == "in_progress"), None)  # type: ignore[operator]
        if first and again is not None:
            claimed.append((again["at"] - moment).total_seconds())  # type: ignore[operator]
    return freed, claimed
