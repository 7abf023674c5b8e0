"""3: SIGTERM under load, as at each deploy. No attempt is burnt, no task is lost, and every worker leaves in time."""

import signal
import time
from dataclasses import dataclass
from random import Random
from uuid import UUID

from chaos.crew import Crew, crew
from chaos.ground import Ground, Seeded, ground
from chaos.killed_workers import a_busy_one, until_completed
from chaos.verdict import Scale, Verdict
from chaos.work import WorkPayload
from lyceum.jobs.adapters.worker import Rhythm

WORKERS = 3
LIMIT = 30.0
HANDED_BACK = "SELECT count(*) FROM jobs_task_events WHERE code = 'handed_back'"
BURNT = "SELECT count(*) FROM jobs_tasks WHERE attempt > 1"


@dataclass(frozen=True, slots=True)
class Size:
    """`terms` workers are told to stop. One task in `long` takes two grace periods."""

    terms: int
    tasks: int
    seconds: tuple[float, float]
    long: int
    rhythm: Rhythm


async def run(scale: Scale) -> Verdict:
    small = Rhythm(slots=4, lease=2.0, rescue=0.5, grace=0.6)
    size = scale.pick(
        Size(20, 400, (0.15, 2.0), 25, Rhythm(slots=4, lease=30.0, grace=25.0)), Size(3, 45, (0.1, 0.4), 6, small)
    )
    async with ground() as place:
        main = await deploy(place, size, scale.chance())
        control = await deploy(place, Size(2, 30, (0.1, 0.4), 6, small), scale.chance(), deaf=True)
    checks = {**main.checks, "deaf workers burn attempts": int(str(control.figures["burnt"])) > 0}
    return Verdict(checks, {**main.figures, "control_burnt": control.figures["burnt"]})


async def deploy(place: Ground, size: Size, chance: Random, *, deaf: bool = False) -> Verdict:
    """Replace one worker after the other while they work."""
    await place.clear()
    long = size.rhythm.grace * 2
    durations = [chance.uniform(*size.seconds) if number % size.long else long for number in range(size.tasks)]
    await place.seed([Seeded(WorkPayload(seconds)) for seconds in durations])
    waits: list[float] = []
    codes: list[int | None] = []
    with crew(place.settings) as workers:
        for _ in range(WORKERS):
            workers.start(size.rhythm, deaf=deaf)
        for number in range(size.terms):
            await until_completed(place, int(size.tasks * 0.6 * number / size.terms))
            victim = await a_busy_one(place, workers, chance)
            if victim is None:
                break
            workers.start(size.rhythm, deaf=deaf)
            seconds, code = await term(workers, victim)
            waits.append(seconds)
            codes.append(code)
        over = await place.until_over(240)
    counts = await place.counts()
    burnt, rows = await place.value(BURNT), await place.value("SELECT count(*) FROM chaos_effects")
    checks = {
        "every worker was told to stop while there was work": len(codes) == size.terms,
        "all completed": over and counts == {"completed": size.tasks},
        "one effect each": await place.doubled() == 0 and rows == size.tasks,
        "no attempt burnt": burnt == 0,
        "every worker left by itself in time": all(code == 0 for code in codes) and max(waits) <= LIMIT,
        "some tasks were handed back": await place.value(HANDED_BACK) > 0,
    }
    figures: dict[str, object] = {
        "terms": len(codes),
        "completed": counts.get("completed", 0),
        "burnt": burnt,
        "handed_back": await place.value(HANDED_BACK),
        "slowest_exit_s": round(max(waits, default=0.0), 2),
    }
    return Verdict(checks, figures)


async def term(workers: Crew, victim: UUID) -> tuple[float, int | None]:
    """Tell a worker to stop; how long it took, and its exit code."""
    began = time.monotonic()
    workers.signal(victim, signal.SIGTERM)
    code = await workers.gone(victim, LIMIT + 5)
    return time.monotonic() - began, code
