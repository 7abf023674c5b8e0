"""2: a worker is stopped (SIGSTOP) in the middle of a task for two leases, another finishes, then it wakes as a zombie.

Half of the zombies cannot hear that they lost the task: their heartbeats never come, so they run on into completion.
"""

import asyncio
import signal
import time
from uuid import UUID

from chaos.crew import Crew, MuteRhythm, crew, said
from chaos.ground import Ground, Seeded, ground
from chaos.guards import Guard
from chaos.verdict import Scale, Verdict
from chaos.work import REFUSED, WorkPayload
from lyceum.jobs.adapters.worker import Rhythm

LEASE = 1.0
LOST = "SELECT count(*) FROM jobs_task_events WHERE code = 'lease_lost'"


async def run(scale: Scale) -> Verdict:
    rounds = scale.pick(20, 2)
    async with ground() as place:
        with crew(place.settings) as workers:
            for number in range(rounds):
                await haunt(place, workers, mute=number % 2 == 0)
        tasks, doubled = await place.value("SELECT count(*) FROM jobs_tasks"), await place.doubled()
        completed = (await place.counts()).get("completed", 0)
        lost, refused = await place.value(LOST), said_lines(place)
        odd = await place.value("SELECT count(*) FROM chaos_effects WHERE attempt <> 2")
        silent = said(place.settings, "jobs.work_failed")
        await place.clear()
        with crew(place.settings) as workers:
            await haunt(place, workers, mute=True, off=Guard.FENCING)
        control = await place.doubled()
    checks = {
        "every task completed": completed == tasks == rounds,
        "one effect each, that of the heir": doubled == 0 and odd == 0,
        "one lease lost each": lost == rounds,
        "zombies that could not hear were refused at completion": refused >= (rounds + 1) // 2,
        "no zombie took its refusal for an error of the work": silent == 0,
        "without fencing the zombie's effect stays": control > 0,
    }
    figures = {"zombies": rounds, "lost": lost, "refused_completions": refused, "doubled": doubled}
    return Verdict(checks, {**figures, "control_doubled": control})


async def haunt(place: Ground, workers: Crew, *, mute: bool, off: Guard | None = None) -> None:
    """One task, one zombie, one heir."""
    zombie = workers.start((MuteRhythm if mute else Rhythm)(slots=1, lease=LEASE, rescue=60.0, poll=0.1), off=off)
    task = Seeded(WorkPayload(LEASE * 0.6, block=mute))
    await place.seed([task])
    await until_held(place, zombie)
    workers.signal(zombie, signal.SIGSTOP)
    heir = workers.start(Rhythm(slots=1, lease=LEASE, rescue=0.2, poll=0.1), off=off)
    await asyncio.sleep(2 * LEASE)
    await place.until_over(30)
    workers.signal(heir, signal.SIGTERM)
    await workers.gone(heir, 10)
    workers.signal(zombie, signal.SIGCONT)
    await asyncio.sleep(LEASE)
    workers.signal(zombie, signal.SIGTERM)
    if await workers.gone(zombie, 10) != 0:
        raise RuntimeError("The zombie did not stop when it was told to.")


async def until_held(place: Ground, worker: UUID) -> None:
    deadline = time.monotonic() + 20
    while not await place.held_by(worker):
        if time.monotonic() > deadline:
            raise TimeoutError("The worker took no task.")
        await asyncio.sleep(0.01)


def said_lines(place: Ground) -> int:
    path = place.settings.data_dir / REFUSED
    return len(path.read_text(encoding="utf-8").splitlines()) if path.exists() else 0
