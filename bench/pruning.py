"""Forgetting finished tasks while others are claimed: rows a second, what claims feel of it, and what becomes of the
disk. `python -m bench.pruning [TASKS]`; one JSON line.

Two days are filled and forgotten in turn: a table that reuses its room is no larger after the second.
"""

import asyncio
import json
import os
import sys
import time
from statistics import quantiles
from uuid import uuid4

import asyncpg
import msgspec

from lyceum.jobs.adapters.pruning import Pruning
from lyceum.jobs.api import NewTask, TaskQueue
from lyceum.jobs.ports import Claims
from lyceum.main.container import make_container
from lyceum.platform.database import Database, SqlTransaction
from lyceum.platform.migrations import migrate
from lyceum.platform.settings import Settings

SERVER = os.environ.get("LYCEUM_TEST_POSTGRES", "postgresql://root@127.0.0.1/postgres")
FILL = """
INSERT INTO jobs_tasks (id, kind, title, description, status, payload, priority, run_at, timeout_s, max_attempts,
    attempt, losses, done, total, note, created_at, started_at, finished_at, source, version)
SELECT gen_random_uuid(), 'demo', '', 'x', 'completed', '{}', 5, t, 600, 5, 1, 0, 0, 0, '', t, t, t, 'internal', 3
FROM (SELECT clock_timestamp() - interval '31 days' + n * interval '1 ms' AS t FROM generate_series(1, $1::int) n) s
"""
EVENTS = """
INSERT INTO jobs_task_events (task_id, id, at, before, after, code, attempt)
SELECT id, gen_random_uuid(), created_at + n * interval '1 ms', NULL, 'new', 'x', n
FROM jobs_tasks, generate_series(1, 3) n WHERE status = 'completed'
"""
SIZE = "SELECT sum(pg_total_relation_size(c)) FROM unnest(ARRAY['jobs_tasks', 'jobs_task_events']::regclass[]) c"


class Nothing(msgspec.Struct):
    pass


async def main(count: int) -> dict[str, object]:
    name = f"lyceum_pruning_{os.getpid()}"
    await _statement(f'CREATE DATABASE "{name}"')
    url = SERVER.rsplit("/", 1)[0] + f"/{name}"
    try:
        await migrate(url)
        return await measured(url, count)
    finally:
        await _statement(f'DROP DATABASE "{name}" WITH (FORCE)')


async def measured(url: str, count: int) -> dict[str, object]:
    container = make_container(Settings(database_url=url, secret_key="x" * 40))
    pruning, database = Pruning(await container.get(Database)), await asyncpg.connect(url)
    sizes: list[int] = []
    rates: list[float] = []
    alone: list[float] = []
    beside: list[float] = []
    for _ in range(2):
        await database.execute(FILL, count)
        await database.execute(EVENTS)
        await database.execute("VACUUM ANALYZE jobs_tasks, jobs_task_events")
        sizes.append(await database.fetchval(SIZE))
        alone += await claims(container, asyncio.create_task(asyncio.sleep(10)))
        began = time.perf_counter()
        going = asyncio.create_task(pruning.prune())
        beside += await claims(container, going)
        rates.append(await going / (time.perf_counter() - began))
        await database.execute("VACUUM jobs_tasks, jobs_task_events")
    left = await database.fetchval(
        "SELECT count(*) FROM jobs_task_events e WHERE NOT EXISTS (SELECT FROM jobs_tasks t WHERE t.id = e.task_id)"
    )
    await database.close()
    await container.close()
    return {
        "tasks": count,
        "forgotten_per_s": [round(rate) for rate in rates],
        "claim_cycle_ms": {"alone": figures(alone), "beside": figures(beside)},
        "megabytes_filled": [round(float(size) / 1e6) for size in sizes],
        "orphaned_events": left,
    }


async def claims(container, while_: "asyncio.Task[object]") -> list[float]:  # type: ignore[no-untyped-def]
    """Add, claim and complete a task again and again; how long each round took, in ms."""
    took: list[float] = []
    while not while_.done():
        began = time.perf_counter()
        async with container() as scope:
            queue, held = await scope.get(TaskQueue), await scope.get(Claims)
            transaction = await scope.get(SqlTransaction)
            async with transaction:
                await queue.add(NewTask(kind="demo", payload=Nothing()))
            async with transaction:
                taken = await held.take(uuid4(), claim := uuid4(), 1, 30.0)
            for task in taken:
                async with transaction:
                    await held.complete(task, claim, None, task.progress)
        took.append((time.perf_counter() - began) * 1000)
        await asyncio.sleep(0.005)
    return took


def figures(took: list[float]) -> dict[str, float]:
    cuts = quantiles(took, n=100)
    return {"p50": round(cuts[49], 1), "p95": round(cuts[94], 1), "rounds": len(took)}


async def _statement(sql: str) -> None:
    connection = await asyncpg.connect(SERVER)
    try:
        await connection.execute(sql)
    finally:
        await connection.close()


if __name__ == "__main__":
    print(json.dumps(asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 200_000))))
