"""Puts tasks into one queue, one transaction or confirmed message each; prints how many a second.

python -m bench.jobs_fill SYSTEM < ids.json
"""

import asyncio
import json
import sys
import time
from collections.abc import Sequence
from uuid import UUID


async def lyceum(ids: Sequence[str]) -> float:
    from bench.jobs_worker import Nothing, kinds
    from lyceum.jobs.api import NewTask, TaskId, TaskQueue
    from lyceum.main.container import make_container
    from lyceum.platform.database import SqlTransaction
    from lyceum.platform.settings import Settings

    container = make_container(Settings.load(dotenv=None), kinds())
    began = time.perf_counter()
    for id in ids:
        async with container() as scope:
            queue = await scope.get(TaskQueue)
            async with await scope.get(SqlTransaction):
                await queue.add(NewTask(kind="effect", payload=Nothing(), id=TaskId(UUID(id))))
    spent = time.perf_counter() - began
    await container.close()
    return spent


async def celery(ids: Sequence[str]) -> float:
    from bench.jobs_rivals import celery_effect

    began = time.perf_counter()
    for id in ids:
        celery_effect.delay(id)
    return time.perf_counter() - began


async def taskiq(ids: Sequence[str]) -> float:
    from bench.jobs_rivals import taskiq as broker
    from bench.jobs_rivals import taskiq_effect

    await broker.startup()
    began = time.perf_counter()
    for id in ids:
        await taskiq_effect.kiq(id)
    spent = time.perf_counter() - began
    await broker.shutdown()
    return spent


async def procrastinate(ids: Sequence[str]) -> float:
    from bench.jobs_rivals import procrastinate as app
    from bench.jobs_rivals import procrastinate_effect

    async with app.open_async():
        began = time.perf_counter()
        for id in ids:
            await procrastinate_effect.defer_async(id=id)
        return time.perf_counter() - began


FILLERS = {"lyceum": lyceum, "celery": celery, "taskiq": taskiq, "procrastinate": procrastinate}

if __name__ == "__main__":
    given = json.load(sys.stdin)
    print(len(given) / asyncio.run(FILLERS[sys.argv[1]](given)))
