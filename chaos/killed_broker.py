"""4: `kill -9` of the broker while messages are published and consumed. Each has its effect once, and nobody waits."""

import asyncio
import time
from dataclasses import dataclass, field, replace

import asyncpg

from chaos.broker import Broker, a_task, broker
from chaos.crew import crew
from chaos.ground import Ground, ground
from chaos.guards import Guard
from chaos.lost_publishes import ADD, IDLE, MADE, until
from chaos.verdict import Scale, Verdict
from lyceum.kernel.ids import uuid7

WAITING = "SELECT count(*) FROM jobs_outgoing WHERE published_at IS NULL"
AGAIN = "SELECT coalesce(sum(attempts), 0) - count(*) FROM jobs_outgoing"
INBOX = "SELECT count(*) FROM jobs_inbox"
NOW = "UPDATE jobs_outgoing SET next_at = clock_timestamp() WHERE next_at > clock_timestamp() + interval '3 s'"
BACK = 30.0


@dataclass(slots=True)
class Caller:
    """Commits messages at a steady pace, as requests do, broker or not."""

    url: str
    count: int
    pace: float
    slowest: float = 0.0
    errors: int = 0
    done: int = 0
    ids: list[object] = field(default_factory=list)

    async def run(self) -> None:
        connection = await asyncpg.connect(self.url)
        try:
            for _ in range(self.count):
                id, body = a_task()
                began = time.monotonic()
                try:
                    await connection.execute(ADD, uuid7(), id, "tasks", body)
                except (asyncpg.PostgresError, OSError):
                    self.errors += 1
                self.slowest = max(self.slowest, time.monotonic() - began)
                self.done += 1
                await asyncio.sleep(self.pace)
        finally:
            await connection.close()


async def run(scale: Scale) -> Verdict:
    count, kills = scale.pick((10_000, 5), (400, 1))
    async with ground() as place, broker() as own:
        main, figures = await outage(place, own, count, kills, None)
        await place.sql.execute("TRUNCATE jobs_tasks, jobs_inbox, jobs_outgoing")
        _, control = await outage(place, own, scale.pick(2000, 400), 1, Guard.CONFIRMS)
    lost = control["messages"] - control["effects"]
    return Verdict({**main, "unless confirms are heard messages are lost": lost > 0}, {**figures, "control_lost": lost})


async def outage(
    place: Ground, own: Broker, count: int, kills: int, off: Guard | None
) -> tuple[dict[str, bool], dict[str, float]]:
    """Kill and restart the broker while a caller commits and two processes relay and consume."""
    caller = Caller(place.settings.database_url, count, 0.002)
    backs: list[float] = []
    with crew(replace(place.settings, broker_url=own.url)) as workers:
        for _ in range(2):
            workers.start(IDLE, off=off)
        await until(lambda: consumers(own), 2, 60)
        calling = asyncio.create_task(caller.run())
        for number in range(kills):
            while caller.done < count * (number + 1) // (kills + 2):
                await asyncio.sleep(0.01)
            backs.append(await kill(place, own))
        await calling
        await until(lambda: none_waiting(place), 1, 5 if off else 180)
        whole = await until(lambda: place.value(MADE), count, 5 if off else 60)
        await asyncio.sleep(1)
        same = set(workers.processes) and all(process.is_alive() for process in workers.processes.values())
    made = await place.value(MADE)
    checks = {
        "every message has one effect": whole and made == count == await place.value(INBOX),
        "every row is out": await place.value(WAITING) == 0,
        "no caller saw an error": caller.errors == 0,
        "consumers were back within 30 s of the broker, without a restart": max(backs) <= BACK and bool(same),
    }
    figures = {
        "messages": count,
        "effects": made,
        "kills": kills,
        "published_again": await place.value(AGAIN),
        "slowest_commit_ms": round(caller.slowest * 1000, 1),
        "slowest_back_s": round(max(backs), 1),
    }
    return checks, figures


async def kill(place: Ground, own: Broker) -> float:
    """After how many seconds from the broker's being back the next message had its effect."""
    await asyncio.to_thread(own.kill)
    await own.restart()
    began, before = time.monotonic(), await place.value(MADE)
    await until(lambda: place.value(MADE), before + 1, BACK + 10)
    return time.monotonic() - began


async def consumers(own: Broker) -> int:
    lines = await asyncio.to_thread(own.control, "list_queues", "name", "consumers")
    return next((int(line.split()[1]) for line in lines.splitlines() if line.startswith("tasks\t")), 0)


async def none_waiting(place: Ground) -> int:
    await place.sql.execute(NOW)
    return int(await place.value(WAITING) == 0)
