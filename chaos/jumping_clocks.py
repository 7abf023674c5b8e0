"""10: the clocks of workers jump by an hour, forward and back, while they work (libfaketime). Leases do not care.

Leases and due times are the database's, whose clock is right. The worker's own clock is wrong from its start, and steps
again in the middle of its tasks; its monotonic clock goes on as it would after a step of NTP.
"""

import asyncio
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from chaos.ground import Ground, Seeded, ground
from chaos.guards import Guard
from chaos.verdict import Scale, Verdict
from chaos.work import WorkPayload

LIBRARIES = sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))
MISSING = "libfaketime is not here: `apt-get install faketime`."
JUMPS = ("+1h", "-1h")
LEASE = 2.0
LOST = "SELECT count(*) FROM jobs_task_events WHERE code = 'lease_lost'"
EARLY = """
SELECT count(*) FROM jobs_tasks t JOIN jobs_task_events e ON e.task_id = t.id
WHERE e.after = 'in_progress' AND e.at < t.run_at
"""


async def run(scale: Scale) -> Verdict:
    if not LIBRARIES:
        return Verdict({"libfaketime is installed": False}, {"missing": MISSING})
    tasks, steps = scale.pick((200, 20), (24, 3))
    async with ground() as place:
        main = await jump(place, tasks, steps, None)
        control = await jump(place, 12, 1, Guard.CLOCK)
    checks = {**main.checks, "with the clock of the worker tasks run early": int(str(control.figures["early"])) > 0}
    return Verdict(checks, {**main.figures, "control_early": control.figures["early"]})


async def jump(place: Ground, tasks: int, steps: int, off: Guard | None) -> Verdict:
    """Two workers, one an hour ahead and one behind; each task lasts longer than a lease or is due in half an hour."""
    await place.clear()
    soon = [Seeded(WorkPayload(LEASE * 1.5 if number % 6 == 0 else 0.2)) for number in range(tasks)]
    later = [Seeded(WorkPayload(0), ago=-1800) for _ in range(tasks // 4)]
    await place.seed([*soon, *later])
    clocks = [place.settings.data_dir / f"clock{number}" for number in range(2)]
    processes = [start(place, clock, jump, off) for clock, jump in zip(clocks, JUMPS, strict=True)]
    try:
        for number in range(steps):
            await asyncio.sleep(LEASE / 2)
            for clock, offset in zip(clocks, JUMPS[:: 1 if number % 2 else -1], strict=True):
                clock.write_text(offset, encoding="ascii")
        deadline = time.monotonic() + 120
        left = len(soon)
        while left and time.monotonic() < deadline:
            left = await place.value(
                "SELECT count(*) FROM jobs_tasks WHERE status <> 'completed' AND run_at <= clock_timestamp()"
            )
            await asyncio.sleep(0.2)
        if off is not None:
            await asyncio.sleep(2)
    finally:
        codes = [stop(process) for process in processes]
    lost, early = await place.value(LOST), await place.value(EARLY)
    checks = {
        "all that was due is completed": left == 0,
        "no lease was lost": lost == 0,
        "nothing ran early": early == 0,
        "one effect each": await place.doubled() == 0,
        "the workers bore it": codes == [0, 0],
    }
    figures: dict[str, object] = {"tasks": tasks, "jumps": 2 + 2 * steps, "leases_lost": lost, "early": early}
    return Verdict(checks, figures)


def start(place: Ground, clock: Path, offset: str, off: Guard | None) -> subprocess.Popen[bytes]:
    """A worker whose wall clock reads what the file says, anew each tenth of a second."""
    clock.write_text(offset, encoding="ascii")
    env = dict(os.environ) | {
        "LD_PRELOAD": str(LIBRARIES[0]),
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_CACHE_DURATION": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "DONT_FAKE_MONOTONIC": "1",
    }
    words = [sys.executable, "-m", "chaos.crew", str(place.settings.data_dir), place.settings.database_url, str(LEASE)]
    return subprocess.Popen([*words, *([off.value] if off else [])], env=env)


def stop(process: subprocess.Popen[bytes]) -> int:
    process.send_signal(signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        return process.wait(30)
    process.kill()
    return process.wait()
