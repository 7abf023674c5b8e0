"""23: 50,000 urgent tasks before 100 that can wait. These start as soon as ageing has made them as urgent, not later.

Nobody waits 45 minutes for it: the patient ones are put in as if they had waited almost that long.
"""

import asyncio
import time

from chaos.crew import Crew, crew
from chaos.ground import Ground, Seeded, ground
from chaos.guards import Guard
from chaos.lost_publishes import until
from chaos.verdict import Scale, Verdict
from chaos.work import WorkPayload
from lyceum.jobs.adapters.worker import Rhythm
from lyceum.jobs.domain.tasks import AGEING, HIGHEST

BOUND = AGEING.total_seconds() * HIGHEST
SLACK = 5.0
SLOTS = 8
CROWD = """
INSERT INTO jobs_tasks (id, kind, title, description, status, payload, priority, run_at, timeout_s, max_attempts,
    attempt, losses, done, total, note, created_at, source, version)
SELECT gen_random_uuid(), 'chaos', '', 'chaos', 'new', '{"seconds": 0}', 9, clock_timestamp(), 600, 5,
    0, 0, 0, 0, '', clock_timestamp(), 'internal', 1 FROM generate_series(1, $1::int)
"""
STARTED = """
SELECT extract(epoch FROM e.at - t.run_at)::float8 AS waited
FROM jobs_tasks t JOIN jobs_task_events e ON e.task_id = t.id
WHERE t.priority = 0 AND e.after = 'in_progress'
"""
AT_WORK = "SELECT count(DISTINCT worker_id) FROM jobs_task_events"
URGENT = "SELECT count(*) FROM jobs_tasks WHERE priority = 9 AND status = 'new'"


async def run(scale: Scale) -> Verdict:
    crowd, patient, window = scale.pick((50_000, 100, 10.0), (40_000, 20, 2.0))
    async with ground() as place:
        waited, urgent = await compete(place, crowd, patient, window, None)
        control, left = await compete(place, crowd, patient, window, Guard.AGEING)
    late = max(waited, default=0.0) - BOUND
    early = BOUND - min(waited, default=0.0)
    checks = {
        "every patient task started": len(waited) == patient,
        "none started later than the bound": late <= SLACK,
        "none started before its turn, those apart that a claim took along": early <= (SLOTS + 1) * window / patient,
        "urgent work was waiting all the time": urgent > 0 and left > 0,
        "without ageing none starts": not control,
    }
    figures = {
        "urgent_tasks": crowd,
        "patient_tasks": patient,
        "bound_s": BOUND,
        "latest_start_after_bound_s": round(late, 2),
        "urgent_left": urgent,
        "control_started": len(control),
    }
    return Verdict(checks, figures)


async def compete(place: Ground, crowd: int, patient: int, window: float, off: Guard | None) -> tuple[list[float], int]:
    """How long each patient task that started had waited, and how many urgent ones were left then."""
    await place.clear()
    await place.sql.execute(CROWD, crowd)
    await place.sql.execute("ANALYZE jobs_tasks")
    head = 2.0
    ages = [BOUND - head - window * number / patient for number in range(patient)]
    with crew(place.settings) as workers:
        employ(workers, off)
        # How long a process takes to come up is not what is measured.
        await until(lambda: place.value(AT_WORK), 2, 120)
        await place.seed([Seeded(WorkPayload(0), priority=0, ago=age) for age in ages])
        deadline = time.monotonic() + head + window + SLACK
        while time.monotonic() < deadline:
            waited = [row["waited"] for row in await place.sql.fetch(STARTED)]
            if len(waited) == patient:
                break
            await asyncio.sleep(0.3)
        return waited, await place.value(URGENT)


def employ(workers: Crew, off: Guard | None) -> None:
    for _ in range(2):
        workers.start(Rhythm(slots=SLOTS), off=off)
