"""16: publishing to a queue that is not there, or to a broker without disk. The row waits, and goes out afterwards."""

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
TRIED = "SELECT count(*) FROM jobs_outgoing WHERE attempts > 0 AND error IS NOT NULL AND published_at IS NULL"
OUT = "SELECT count(*) FROM jobs_outgoing WHERE published_at IS NOT NULL"
MADE = "SELECT count(*) FROM jobs_tasks WHERE source = 'rabbitmq'"
NOW = "UPDATE jobs_outgoing SET next_at = clock_timestamp() WHERE next_at IS NOT NULL"


async def run(scale: Scale) -> Verdict:
    count = scale.pick(200, 20)
    async with ground() as place, broker() as own:
        settings = replace(place.settings, broker_url=own.url)
        checks: dict[str, bool] = {}
        with crew(settings) as workers:
            workers.start(IDLE)
            checks |= await missing_queue(place, own, count)
            checks |= await no_disk(place, own, count)
        with crew(settings) as workers:
            workers.start(IDLE, off=Guard.CONFIRMS)
            lost = await unconfirmed(place, own, count)
    checks["unless returns and refusals are heard, messages are lost"] = lost > 0
    return Verdict(checks, {"messages": 2 * count, "control_lost": lost})


async def put(place: Ground, queue: str, count: int) -> None:
    rows = []
    for _ in range(count):
        id, body = a_task()
        rows.append((uuid7(), id, queue, body))
    await place.sql.executemany(ADD, rows)


async def missing_queue(place: Ground, own: Broker, count: int) -> dict[str, bool]:
    await put(place, NOWHERE, count)
    tried = await until(lambda: place.value(TRIED), count)
    kept = await place.value(OUT) == 0
    await declare(own)
    await place.sql.execute(NOW)
    out = await until(lambda: place.value(OUT), count)
    there = await until(lambda: own.count(NOWHERE), count)
    return {
        "a missing queue is an error of each row": tried and kept,
        "repaired, all go out once": out and there and await own.count(NOWHERE) == count,
    }


async def no_disk(place: Ground, own: Broker, count: int) -> dict[str, bool]:
    """The alarm blocks every publisher: nothing is confirmed, and nothing may count as published."""
    before = await place.value(OUT)
    await asyncio.to_thread(own.control, "set_disk_free_limit", "100000GB")
    await asyncio.sleep(1)
    await put(place, "tasks", count)
    await asyncio.sleep(11 if count > 50 else 4)
    kept = await place.value(OUT) == before
    await asyncio.to_thread(own.control, "set_disk_free_limit", "1MB")
    await place.sql.execute(NOW)
    made = await until(lambda: place.value(MADE), count, 60)
    await asyncio.sleep(1)
    return {
        "without disk nothing counts as published": kept,
        "with disk again each message has its effect once": made and await place.value(MADE) == count,
    }


async def unconfirmed(place: Ground, own: Broker, count: int) -> int:
    """Messages that a relay which does not listen says are out, and that are nowhere."""
    async with await aio_pika.connect(own.url) as connection:
        await (await connection.channel()).queue_delete(NOWHERE)
    before = await place.value(OUT)
    await put(place, NOWHERE, count)
    await until(lambda: place.value(OUT), before + count)
    await declare(own)
    return await place.value(OUT) - before - await own.count(NOWHERE)


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
