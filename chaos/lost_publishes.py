"""16: publishing to a queue that is not there, or to a broker without disk or memory. The row waits, and goes out
afterwards."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace

import aio_pika

from chaos.broker import Broker, a_task, broker
from chaos.crew import crew
from chaos.ground import Ground, ground
from chaos.guards import Guard
from chaos.verdict import Scale, Verdict
from lyceum.jobs.adapters.worker import Rhythm
from lyceum.kernel.ids import uuid7

NOWHERE = "nowhere"
IDLE = Rhythm(slots=0)
ADD = """
INSERT INTO jobs_outgoing (id, message_id, queue, body, is_reply, created_at, next_at, attempts)
VALUES ($1, $2, $3, $4, false, clock_timestamp(), clock_timestamp(), 0)
"""
TRIED = "SELECT count(*) FROM jobs_outgoing WHERE attempts > 0 AND published_at IS NULL"
TOLD = f"{TRIED} AND error IS NOT NULL"
OUT = "SELECT count(*) FROM jobs_outgoing WHERE published_at IS NOT NULL"
MADE = "SELECT count(*) FROM jobs_tasks WHERE source = 'rabbitmq'"
NOW = "UPDATE jobs_outgoing SET next_at = clock_timestamp() WHERE next_at IS NOT NULL"
ALARMS = {
    "disk": (("set_disk_free_limit", "100000GB"), ("set_disk_free_limit", "1MB")),
    "memory": (("set_vm_memory_high_watermark", "absolute", "1"), ("set_vm_memory_high_watermark", "0.4")),
}
"""What a node is told so that it has none of it, and so that it has enough."""


async def run(scale: Scale) -> Verdict:
    count, alarms = scale.pick((200, ["disk", "memory"]), (20, ["disk"]))
    checks: dict[str, bool] = {}
    figures: dict[str, object] = {}
    async with ground() as place, broker() as own:
        place.settings = replace(place.settings, broker_url=own.url)
        with crew(place.settings) as workers:
            workers.start(IDLE)
            checks |= await missing_queue(place, own, count)
            for alarm in alarms:
                checks |= await without(alarm, place, own, count)
        with crew(place.settings) as workers:
            workers.start(IDLE, off=Guard.CONFIRMS)
            figures["control_lost"] = await unconfirmed(place, own, count)
        if not scale.short:
            figures["control_lost_without_disk"] = await unconfirmed_without_disk(place, own, count)
            checks["unless refusals are heard, messages are lost"] = figures["control_lost_without_disk"] == count
    checks["unless returns are heard, every message is lost"] = figures["control_lost"] == count
    return Verdict(checks, {"messages": (1 + len(alarms)) * count, **figures})


async def clear(place: Ground) -> None:
    await place.sql.execute("TRUNCATE jobs_tasks, jobs_inbox, jobs_outgoing, jobs_suspects")


async def put(place: Ground, queue: str, count: int) -> None:
    rows = []
    for _ in range(count):
        id, body = a_task()
        rows.append((uuid7(), id, queue, body))
    await place.sql.executemany(ADD, rows)


async def missing_queue(place: Ground, own: Broker, count: int) -> dict[str, bool]:
    await put(place, NOWHERE, count)
    tried = await until(lambda: place.value(TOLD), count)
    kept = await place.value(OUT) == 0
    await declare(own)
    await place.sql.execute(NOW)
    out = await until(lambda: place.value(OUT), count)
    there = await until(lambda: own.count(NOWHERE), count)
    return {
        "a missing queue is an error of each row": tried and kept,
        "repaired, all go out once": out and there and await own.count(NOWHERE) == count,
    }


async def without(resource: str, place: Ground, own: Broker, count: int) -> dict[str, bool]:
    """The alarm blocks every publisher: nothing is confirmed, and nothing may count as published."""
    exhausted, enough = ALARMS[resource]
    before, made = await place.value(OUT), await place.value(MADE)
    alarmed = await alarm(own, resource, exhausted)
    await put(place, "tasks", count)
    tried = await until(lambda: place.value(TRIED), count, 60)
    told = await until(lambda: place.value(TOLD), count, 60)
    kept = await place.value(OUT) == before and await place.value(MADE) == made
    await asyncio.to_thread(own.control, *enough)
    await place.sql.execute(NOW)
    done = await until(lambda: place.value(MADE), made + count, 90)
    await asyncio.sleep(1)
    return {
        f"the broker has no {resource} and says so": alarmed,
        f"without {resource} each row is tried, keeps its error, and nothing counts as published": tried
        and told
        and kept,
        f"with {resource} again each message has its effect once": done
        and await place.value(MADE) == made + count
        and await place.value(OUT) == before + count,
    }


async def alarm(own: Broker, resource: str, words: tuple[str, ...]) -> bool:
    """Whether the node raised its alarm."""
    await asyncio.to_thread(own.control, *words)
    deadline = time.monotonic() + 60
    while f"resource_limit,{resource}" not in await asyncio.to_thread(
        own.control, "eval", "rabbit_alarm:get_alarms()."
    ):
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(0.5)
    return True


async def unconfirmed(place: Ground, own: Broker, count: int) -> int:
    """Messages that a relay which does not listen says are out, and that are nowhere."""
    async with await aio_pika.connect(own.url) as connection:
        await (await connection.channel()).queue_delete(NOWHERE)
    before = await place.value(OUT)
    await put(place, NOWHERE, count)
    await until(lambda: place.value(OUT), before + count)
    await declare(own)
    return await place.value(OUT) - before - await own.count(NOWHERE)


async def unconfirmed_without_disk(place: Ground, own: Broker, count: int) -> int:
    """The same before a broker without disk, which does not come through it."""
    await clear(place)
    with crew(place.settings) as workers:
        workers.start(IDLE, off=Guard.CONFIRMS)
        await until(lambda: own.consumers("tasks"), 1, 60)
        await alarm(own, "disk", ALARMS["disk"][0])
        await put(place, "tasks", count)
        out = await until(lambda: place.value(OUT), count, 60)
        await asyncio.to_thread(own.kill)
        await own.restart()
        await asyncio.sleep(5)
    return (await place.value(OUT) - await place.value(MADE)) if out else 0


async def declare(own: Broker) -> None:
    async with await aio_pika.connect(own.url) as connection:
        await (await connection.channel()).declare_queue(NOWHERE, durable=True)


async def until(figure: Callable[[], Awaitable[int]], wanted: int, seconds: float = 30) -> bool:
    deadline = time.monotonic() + seconds
    while await figure() < wanted:
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(0.1)
    return True
