"""6: PostgreSQL is stopped at once and started again, 10 times, under requests and messages. What was said is kept."""

import asyncio
import time
from dataclasses import dataclass, field, replace
from uuid import UUID

import aio_pika
import asyncpg
import httpx

from chaos.broker import Broker, a_task, broker
from chaos.cluster import Cluster, cluster, free_port
from chaos.crew import crew
from chaos.ground import Ground, prepared
from chaos.guards import Guard
from chaos.lost_publishes import IDLE, until
from chaos.poison import empty, put
from chaos.verdict import Scale, Verdict
from chaos.web import start

TASK = {"description": "chaos", "payload": {"seconds": 0}}
PACE = 0.02


@dataclass(slots=True)
class Said:
    """What the outside was told: tasks made by requests, messages taken by the broker."""

    tasks: list[UUID] = field(default_factory=list)
    messages: list[UUID] = field(default_factory=list)
    refused: int = 0
    over: bool = False


async def run(scale: Scale) -> Verdict:
    restarts = scale.pick(10, 2)
    with cluster() as database:
        async with broker() as own, prepared(database.url, database.folder) as place:
            files = database.folder / "files"
            files.mkdir()
            place.settings = replace(place.settings, data_dir=files)
            main = await outages(place, database, own, restarts, None)
            control = await outages(place, database, own, 1, Guard.PATIENCE)
    dead = int(str(control.figures["dead_letters"]))
    checks = {**main.checks, "without waiting for the database messages die": dead > 0}
    return Verdict(checks, {**main.figures, "control_dead": dead})


async def outages(place: Ground, database: Cluster, own: Broker, restarts: int, off: Guard | None) -> Verdict:
    settings, said = replace(place.settings, broker_url=own.url), Said()
    port = free_port()
    server = start(place.settings, port, LYCEUM_OPEN_API="1")
    try:
        with crew(settings) as workers:
            for _ in range(2):
                workers.start(IDLE, off=off)
            await until(lambda: own.consumers("tasks"), 2, 60)
            await empty(own)
            callers = [asyncio.create_task(request(said, port)), asyncio.create_task(publish(said, own))]
            await until(lambda: told(said), 20, 60)
            for _ in range(restarts):
                await asyncio.sleep(2)
                await asyncio.to_thread(database.stop)
                await asyncio.sleep(2)
                await asyncio.to_thread(database.start)
            await asyncio.sleep(2)
            said.over = True
            await asyncio.gather(*callers)
            place.sql = await asyncpg.connect(database.url)
            await until(
                lambda: known(place, said.messages, "jobs_inbox", "message_id"),
                len(said.messages),
                60 if off is None else 8,
            )
            dead = await own.count("tasks.dead")
    finally:
        server.kill()
        server.wait()
    kept = await known(place, said.tasks, "jobs_tasks", "id")
    rows = await known(place, said.messages, "jobs_inbox", "message_id")
    effects = await place.value("SELECT count(*) FROM jobs_tasks WHERE source = 'rabbitmq'")
    inbox = await place.value("SELECT count(*) FROM jobs_inbox WHERE outcome = 'done'")
    checks = {
        "every task that a request was told of is there": kept == len(said.tasks) > 0,
        "every message has its row and its effect": rows == len(said.messages) > 0 and effects == inbox,
        "no message used up its deliveries": dead == 0,
        "requests were refused meanwhile, so there were outages": said.refused > 0,
    }
    figures = {
        "restarts": restarts,
        "requests": len(said.tasks),
        "messages": len(said.messages),
        "refused": said.refused,
    }
    return Verdict(checks, {**figures, "dead_letters": dead})


async def request(said: Said, port: int) -> None:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
        deadline = time.monotonic() + 40
        while not said.over:
            try:
                answer = await client.post("/api/jobs/tasks", json=TASK)
            except httpx.HTTPError:
                if not said.tasks and time.monotonic() < deadline:
                    await asyncio.sleep(0.3)
                    continue
                answer = httpx.Response(503)
            if answer.status_code == 201:
                said.tasks.append(UUID(answer.json()["id"]))
            else:
                said.refused += 1
            await asyncio.sleep(PACE)


async def publish(said: Said, own: Broker) -> None:
    async with await aio_pika.connect(own.url) as connection:
        channel = await connection.channel()
        while not said.over:
            id, body = a_task()
            await put(channel, id, body.encode())
            said.messages.append(id)
            await asyncio.sleep(PACE)


async def told(said: Said) -> int:
    return len(said.tasks)


async def known(place: Ground, ids: list[UUID], table: str, column: str) -> int:
    return await place.value(f"SELECT count(*) FROM {table} WHERE {column} = ANY($1::uuid[])", ids)
