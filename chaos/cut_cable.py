"""5: the cable to the broker is cut while messages are consumed: nothing passes, and nothing is closed."""

import asyncio
import time
from dataclasses import replace

from chaos.broker import Broker, broker, cable
from chaos.crew import crew
from chaos.ground import Ground, ground
from chaos.guards import Guard
from chaos.killed_broker import Caller, consumers, none_waiting
from chaos.lost_publishes import IDLE, MADE, until
from chaos.verdict import Scale, Verdict

BACK = 30.0


async def run(scale: Scale) -> Verdict:
    count, seconds = scale.pick((5000, 60.0), (300, 12.0))
    async with ground() as place, broker() as own:
        main = await cut(place, own, count, seconds, None)
        await place.sql.execute("TRUNCATE jobs_tasks, jobs_inbox, jobs_outgoing")
        control = await cut(place, own, 100, 3.0, Guard.PROBE)
    checks = {**main.checks, "without looking whether the broker answers nobody comes back": not control.passed}
    return Verdict(checks, {**main.figures, "control_back_s": control.figures["back_s"]})


async def cut(place: Ground, own: Broker, count: int, seconds: float, off: Guard | None) -> Verdict:
    """Cut the cable for so many seconds, a tenth of the messages being through."""
    async with cable(own.port) as wire:
        through = f"amqp://guest:guest@127.0.0.1:{wire.port}/"
        caller = Caller(place.settings.database_url, count, seconds * 1.5 / count)
        with crew(replace(place.settings, broker_url=through)) as workers:
            for _ in range(2):
                workers.start(IDLE, off=off)
            await until(lambda: consumers(own), 2, 60)
            calling = asyncio.create_task(caller.run())
            await until(lambda: place.value(MADE), count // 10, 60)
            wire.cut()
            await asyncio.sleep(1)
            still = await place.value(MADE)
            await asyncio.sleep(seconds - 1)
            stood = await place.value(MADE) - still
            wire.whole.set()
            back = await resumed(place, still + stood)
            await calling
            await until(lambda: none_waiting(place), 1, 3 if off else 120)
            whole = await until(lambda: place.value(MADE), count, 3 if off else 60)
            same = all(process.is_alive() for process in workers.processes.values())
    made = await place.value(MADE)
    checks = {
        "the cable was cut": stood == 0,
        "consumers were back within 30 s of the mending, without a restart": back <= BACK and same,
        "every message has one effect": whole and made == count,
        "no caller saw an error": caller.errors == 0,
    }
    figures = {"messages": count, "cut_s": seconds, "effects": made, "back_s": round(back, 1)}
    return Verdict(checks, figures)


async def resumed(place: Ground, before: int) -> float:
    """After how many seconds the next message had its effect."""
    began = time.monotonic()
    await until(lambda: place.value(MADE), before + 1, BACK + 5)
    return time.monotonic() - began
