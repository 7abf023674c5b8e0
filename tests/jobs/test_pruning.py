"""What becomes of tasks that are over: kept for a month, or three when they failed, then gone with all they left."""

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import func, select, update

from lyceum.jobs.adapters.pruning import BATCH, Pruning
from lyceum.jobs.adapters.tables import events, tasks
from lyceum.jobs.adapters.worker import Worker
from lyceum.jobs.domain.tasks import TaskId
from lyceum.main.container import make_container
from lyceum.platform.database import Database, SqlTransaction
from lyceum.platform.database_time import database_now
from lyceum.platform.settings import Settings
from tests.jobs.builders import Queue

DAY = 86_400.0


async def age(database: Database, id: TaskId, days: int, status: str) -> None:
    """As if the task had ended so many days ago."""
    values = {"status": status, "finished_at": database_now(-days * DAY), "created_at": database_now(-days * DAY)}
    async with SqlTransaction(database) as transaction:
        await transaction.connection.execute(update(tasks).where(tasks.c.id == id).values(values))


async def left(database: Database) -> set[TaskId]:
    async with database.read() as connection:
        return {TaskId(id) for id in await connection.scalars(select(tasks.c.id))}


async def test_completed_tasks_go_after_30_days_failed_ones_after_90_and_open_ones_never(database: Database) -> None:
    queue = Queue(database)
    ages = [("completed", 29), ("completed", 31), ("failed", 31), ("failed", 89), ("failed", 91)]
    ids = {case: await queue.add() for case in ages}
    for (status, days), id in ids.items():
        await age(database, id, days, status)
    waiting = await queue.add()
    async with SqlTransaction(database) as transaction:
        old = update(tasks).where(tasks.c.id == waiting).values(created_at=database_now(-400 * DAY))
        await transaction.connection.execute(old)
    assert await Pruning(database).prune() == 2
    gone = {ids["completed", 31], ids["failed", 91]}
    assert await left(database) == {*ids.values(), waiting} - gone
    async with database.read() as connection:
        assert not gone & {TaskId(id) for id in await connection.scalars(select(events.c.task_id))}


@pytest.mark.parametrize("minutes", [60, 0])
async def test_a_worker_forgets_what_is_over_unless_that_is_left_to_the_command_line(
    minutes: int, database: Database, settings: Settings
) -> None:
    old = await Queue(database).add()
    await age(database, old, 31, "completed")
    container = make_container(replace(settings, prune_minutes=minutes))
    worker = await container.get(Worker)
    running = asyncio.create_task(worker.run())
    async with asyncio.timeout(20):
        while minutes and await left(database):
            await asyncio.sleep(0.02)
        while not await worker.presence.alive():
            await asyncio.sleep(0.02)
    await asyncio.sleep(0.3)  # forgetting takes a tenth of it
    worker.stop()
    await running
    assert await left(database) == (set() if minutes else {old})
    await container.close()


async def test_more_than_a_batch_is_forgotten_and_by_one_worker_at_a_time(database: Database) -> None:
    queue = Queue(database)
    count = BATCH + 20
    for _ in range(count):
        await queue.add()
    async with SqlTransaction(database) as transaction:
        over = {"status": "completed", "finished_at": database_now(-31 * DAY)}
        await transaction.connection.execute(update(tasks).values(over))
    pruned = await asyncio.gather(*(Pruning(database).prune() for _ in range(4)))
    assert sum(pruned) == count
    async with database.read() as connection:
        assert await connection.scalar(select(func.count()).select_from(events)) == 0
