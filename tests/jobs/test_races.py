"""Tasks are scarce goods: one claim, one completion, one unique key. Without the guard each is lost."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, update

from lyceum.jobs.adapters.claims import SqlClaims
from lyceum.jobs.adapters.repositories import SqlTasks
from lyceum.jobs.adapters.rows import task_of
from lyceum.jobs.adapters.tables import tasks
from lyceum.jobs.adapters.wake import TaskSignal
from lyceum.jobs.domain.refusals import InvalidTransition
from lyceum.jobs.domain.tasks import Progress, Status, Task, effective_priority
from lyceum.platform.database import Database, SqlTransaction
from tests.jobs.builders import Queue, a_task


@pytest.fixture
def queue(database: Database) -> Queue:
    return Queue(database)


@pytest.fixture
async def lost(postgres_database: str):  # type: ignore[no-untyped-def]
    """PostgreSQL, where transactions really run beside each other; on SQLite one writer at a time is a guard too."""
    database = Database.connect(postgres_database, pool_size=20)
    yield Queue(database)
    async with database.writes.begin() as connection:
        await connection.execute(tasks.delete())
    await database.close()


async def test_many_workers_claim_each_task_once(queue: Queue) -> None:
    ids = {await queue.add() for _ in range(40)}

    async def worker() -> list[Task]:
        found: list[Task] = []
        while taken := await queue.take(3):
            found += taken
        return found

    taken = [task for share in await asyncio.gather(*[worker() for _ in range(8)]) for task in share]
    assert Counter(task.id for task in taken) == Counter(ids)
    assert {task.attempt for task in taken} == {1}


async def test_without_the_lock_a_task_would_be_claimed_twice(lost: Queue) -> None:
    both_have_read = asyncio.Barrier(2)
    id = await lost.add()

    async def naive() -> int:
        transaction = SqlTransaction(lost.database)
        async with transaction:
            row = (await transaction.connection.execute(select(tasks).where(tasks.c.status == "new"))).one()
            await both_have_read.wait()
            change = update(tasks).where(tasks.c.id == row.id).values(status="in_progress", attempt=row.attempt + 1)
            return (await transaction.connection.execute(change)).rowcount

    assert await asyncio.gather(naive(), naive()) == [1, 1]
    assert (await lost.get(id)).attempt == 1


async def test_only_the_claim_in_force_completes_beats_or_ends_a_task(queue: Queue) -> None:
    id = await queue.add()
    (first,) = await queue.take()
    await queue.end_lease(id)
    await rescue(queue)
    (second,) = await queue.take()
    assert await queue.beat(first, Progress(9, 9)) == (False, False)
    assert await queue.complete(first, {"by": "the zombie"}) is False
    assert await queue.beat(second, Progress(1, 9)) == (True, False)
    assert await queue.complete(second, {"by": "the heir"}) is True
    assert await queue.complete(second, {"by": "an echo"}) is False
    task = await queue.get(id)
    assert (task.result, task.attempt, task.status) == ({"by": "the heir"}, 2, Status.COMPLETED)


async def test_by_worker_and_attempt_alone_a_zombie_would_complete(queue: Queue) -> None:
    """Why the claim has an id of its own: after a hand-back the same worker may hold the same attempt again."""
    worker = uuid4()
    id = await queue.add()
    (first,) = await queue.take(worker=worker)
    await end(queue, first)
    (second,) = await queue.take(worker=worker)
    assert (first.worker_id, first.attempt) == (second.worker_id, second.attempt)
    assert await queue.complete(first) is False
    async with queue.database.writes.begin() as connection:
        loose = update(tasks).where(tasks.c.id == id, tasks.c.worker_id == worker, tasks.c.attempt == first.attempt)
        assert (await connection.execute(loose.values(note="by the zombie"))).rowcount == 1


async def end(queue: Queue, task: Task) -> None:
    assert task.claim is not None
    transaction = SqlTransaction(queue.database)
    async with transaction:
        held = await SqlClaims(transaction).held_for_update(task.id, task.claim.id)
        assert held is not None
        now = await queue.tasks(transaction).now()
        await queue.tasks(transaction).save(held, held.hand_back(now), now)


async def rescue(queue: Queue) -> Sequence[Task]:
    transaction = SqlTransaction(queue.database)
    async with transaction:
        silent = await SqlClaims(transaction).silent(10)
        store = SqlTasks(transaction, TaskSignal())
        now = await store.now()
        for task in silent:
            await store.save(task, task.lose_lease(now, 0.5), now)
    return silent


async def test_of_many_rescuers_one_finds_the_orphan(queue: Queue) -> None:
    id = await queue.add()
    await queue.take()
    await queue.end_lease(id)
    found = await asyncio.gather(*[rescue(queue) for _ in range(6)])
    assert sum(len(share) for share in found) == 1
    assert (await queue.get(id)).losses == 1


async def test_of_many_with_one_unique_key_one_is_made(queue: Queue) -> None:
    async def add() -> bool:
        transaction = SqlTransaction(queue.database)
        async with transaction:
            store = queue.tasks(transaction)
            task, move = Task.created(**{**vars(a_task()), "unique_key": "report"})
            return await store.add(task, move)

    made = await asyncio.gather(*[add() for _ in range(8)])
    assert sorted(made) == [False] * 7 + [True]


async def test_without_the_index_two_would_pass_the_look_before_the_leap(lost: Queue) -> None:
    both_have_looked = asyncio.Barrier(2)

    async def naive() -> bool:
        transaction = SqlTransaction(lost.database)
        async with transaction:
            store = lost.tasks(transaction)
            free = await store.open_with_key("report") is None
            await both_have_looked.wait()
            return free

    assert await asyncio.gather(naive(), naive()) == [True, True]


async def test_a_cancel_and_a_completion_leave_one_outcome(queue: Queue) -> None:
    """Whoever is first wins: a completed task is final, a cancel that came before is seen by the worker."""

    async def cancel(id: UUID) -> str:
        transaction = SqlTransaction(queue.database)
        async with transaction:
            store = queue.tasks(transaction)
            task = await store.find_for_update(id)  # type: ignore[arg-type]
            assert task is not None
            now = await store.now()
            try:
                move = task.cancel(now)
            except InvalidTransition:
                return "refused"
            await store.save(task, move, now)
            return "asked"

    for _ in range(5):
        id = await queue.add()
        (task,) = await queue.take()
        completed, asked = await asyncio.gather(queue.complete(task), cancel(id))
        kept = await queue.get(id)
        assert (completed, kept.status) == (True, Status.COMPLETED)
        assert (kept.cancel_requested_at is not None) == (asked == "asked")


async def test_without_the_row_lock_a_cancel_would_overwrite_a_completion(lost: Queue) -> None:
    id = await lost.add()
    (task,) = await lost.take()
    async with lost.database.read() as connection:
        seen = task_of((await connection.execute(select(tasks).where(tasks.c.id == id))).one())
    assert await lost.complete(task)
    transaction = SqlTransaction(lost.database)
    async with transaction:
        store = lost.tasks(transaction)
        now = await store.now()
        await store.save(seen, seen.cancel(now), now)
    assert (await lost.get(id)).status is Status.IN_PROGRESS


async def test_tasks_are_claimed_in_the_order_of_their_aged_priorities(queue: Queue) -> None:
    minute = 60.0
    waits = [
        (9, 1),
        (0, 46 * minute),
        (5, 10 * minute),
        (5, 2),
        (7, 6 * minute),
        (0, 1),
        (8, 44 * minute),
        (9, 50 * minute),
    ]
    added = [(await queue.add(priority=priority, ago=ago), priority, ago) for priority, ago in waits]
    now = (await queue.get(added[0][0])).created_at
    expected = sorted(added, key=lambda it: (-effective_priority(it[1], now - timedelta(seconds=it[2]), now), -it[2]))
    got = [(await queue.take())[0].id for _ in waits]
    assert got == [id for id, *_ in expected]


async def test_what_is_not_due_is_not_claimed(queue: Queue) -> None:
    later = await queue.add(ago=-60, priority=9)
    soon = await queue.add(priority=0)
    assert [task.id for task in await queue.take(5)] == [soon]
    assert (await queue.get(later)).status is Status.NEW
