"""5: the cable to the broker is cut while messages are consumed: nothing passes, and nothing is closed."""

import asyncio
import time
from dataclasses import replace

from chaos.broker import Broker, broker, cable
from chaos.crew import crew
from chaos.ground import Ground, ground
from chaos.guards import Guard
from chaos.killed_broker import Statements, none_waiting
from chaos.lost_publishes import IDLE, MADE, clear, until
from chaos.verdict import Scale, Verdict

BACK = 30.0
LOST = 15.0
"""Seconds after which somebody who never comes back is given up."""


async def run(scale: Scale) -> Verdict:
    count, seconds = scale.pick((5000, 60.0), (200, 8.0))
    async with ground() as place, broker() as own:
        main = await cut(place, own, count, seconds, None)
        await clear(place)
        control = await cut(place, own, 100, 3.0, Guard.PROBE)
    checks = {**main.checks, "without looking whether the broker answers nobody comes back": not control.passed}
    return Verdict(checks, {**main.figures, "control_back_s": control.figures["back_s"]})


async def cut(place: Ground, own: Broker, count: int, seconds: float, off: Guard | None) -> Verdict:
    """Cut the cable for so many seconds, a tenth of the messages being through."""
    async with cable(own.port) as wire:
        through = f"amqp://guest:guest@127.0.0.1:{wire.port}/"
        caller = Statements(place.settings.database_url, count, seconds * 1.5 / count)
        with crew(replace(place.settings, broker_url=through)) as workers:
            for _ in range(2):
                workers.start(IDLE, off=off)
            await until(lambda: own.consumers("tasks"), 2, 60)
            calling = asyncio.create_task(caller.run())
            await until(lambda: place.value(MADE), count // 10, 60)
            wire.cut()
            still = await settled(place)
            await asyncio.sleep(seconds)
            stood = await place.value(MADE) - still
            wire.whole.set()
            back = await resumed(place, still + stood, BACK + 5 if off is None else LOST)
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


async def settled(place: Ground) -> int:
    """How many effects there are once what was at hand is done."""
    for _ in range(10):
        before = await place.value(MADE)
        await asyncio.sleep(1)
        if await place.value(MADE) == before:
            break
    return before


async def resumed(place: Ground, before: int, patience: float) -> float:
    """After how many seconds the next message had its effect."""
    began = time.monotonic()
    await until(lambda: place.value(MADE), before + 1, patience)
    return time.monotonic() - began
