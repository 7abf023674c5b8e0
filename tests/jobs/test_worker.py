"""A worker over both databases: what becomes of tasks that end in every way there is, and of their effects."""

import asyncio
import errno
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import ClassVar
from uuid import UUID

import msgspec
import pytest
from dishka import AsyncContainer, Provider, Scope
from sqlalchemy import Column, Integer, MetaData, Table, Uuid, func, insert, select

from lyceum.accounts.api import Role
from lyceum.jobs.adapters.registry import KnownKinds
from lyceum.jobs.adapters.worker import Rhythm, Worker
from lyceum.jobs.api import AttemptFailed, ErrorCode, Kinds, TaskContext
from lyceum.jobs.domain.tasks import Status, Task, TaskId
from lyceum.main.container import make_container
from lyceum.platform.database import Database, SqlTransaction
from lyceum.platform.settings import Settings
from tests.jobs.builders import Queue

QUICK = Rhythm(slots=4, lease=3.0, poll=0.05, rescue=0.1, grace=5.0)
effects = Table("test_jobs_effects", MetaData(), Column("task_id", Uuid), Column("attempt", Integer))
type Script = Callable[[TaskContext, SqlTransaction], Awaitable[object]]
SCRIPTS: dict[UUID, Script] = {}


class Nothing(msgspec.Struct, forbid_unknown_fields=True):
    pass


@dataclass(frozen=True, slots=True)
class Scripted:
    """A kind whose tasks do what the test says."""

    name: ClassVar[str] = "scripted"
    payload: ClassVar[type[msgspec.Struct]] = Nothing
    offered_to: ClassVar[frozenset[Role]] = frozenset()
    scope: ClassVar[str] = ""
    transaction: SqlTransaction

    async def run(self, context: TaskContext, payload: Nothing) -> dict[str, object] | None:
        await SCRIPTS[context.task_id](context, self.transaction)
        return {"done": True}


ONE_KIND = Provider(scope=Scope.REQUEST)
ONE_KIND.provide(Scripted)
ONE_KIND.provide(lambda: KnownKinds.of([Scripted]), provides=Kinds, scope=Scope.APP, override=True)


@dataclass(slots=True)
class Shop:
    """A queue, and workers over it as in processes of their own."""

    queue: Queue
    settings: Settings
    database: Database

    async def add(self, script: Script, **changes: object) -> TaskId:
        id = await self.queue.add(kind="scripted", **changes)
        SCRIPTS[id] = script
        return id

    @asynccontextmanager
    async def container(self) -> AsyncIterator[AsyncContainer]:
        made = make_container(self.settings, ONE_KIND)
        yield made
        await made.close()

    @asynccontextmanager
    async def working(self, rhythm: Rhythm = QUICK) -> AsyncIterator[Worker]:
        async with self.container() as container:
            worker = await container.get(Worker)
            worker.rhythm = rhythm
            running = asyncio.create_task(worker.run())
            yield worker
            worker.stop()
            await running

    async def until(self, id: TaskId, wanted: Callable[[Task], bool], seconds: float = 15) -> Task:
        deadline = time.monotonic() + seconds
        while not wanted(task := await self.queue.get(id)):
            assert time.monotonic() < deadline, vars(task)
            await asyncio.sleep(0.02)
        return task

    async def over(self, id: TaskId) -> Task:
        return await self.until(id, lambda task: not task.status.is_open)

    async def effects_of(self, id: TaskId) -> list[int]:
        async with self.database.read() as connection:
            query = select(effects.c.attempt).where(effects.c.task_id == id)
            return list((await connection.scalars(query)).all())


@pytest.fixture
async def shop(database: Database, settings: Settings) -> AsyncIterator[Shop]:
    async with database.writes.begin() as connection:
        await connection.run_sync(effects.metadata.create_all)
    yield Shop(Queue(database), settings, database)
    async with database.writes.begin() as connection:
        await connection.run_sync(effects.metadata.drop_all)


async def leave_effect(context: TaskContext, transaction: SqlTransaction) -> None:
    """One row, in the transaction that completes the task."""
    async with context.completing({"written": 1}):
        await transaction.connection.execute(insert(effects).values(task_id=context.task_id, attempt=context.attempt))


async def test_an_effect_commits_with_the_completion(shop: Shop) -> None:
    async with shop.working():
        id = await shop.add(leave_effect)
        task = await shop.over(id)
    assert (task.status, task.result, task.claim) == (Status.COMPLETED, {"written": 1}, None)
    assert await shop.effects_of(id) == [1]
    assert [move[1] for move in await shop.queue.history(id)] == ["new", "in_progress", "completed"]


async def test_the_effect_of_a_worker_that_lost_its_claim_is_rolled_back(shop: Shop) -> None:
    lost, finished = asyncio.Event(), asyncio.Event()

    async def be_a_zombie_at_first(context: TaskContext, transaction: SqlTransaction) -> None:
        if context.attempt == 1:
            await lost.wait()
            try:
                await leave_effect(context, transaction)
            finally:
                finished.set()
        else:
            await leave_effect(context, transaction)

    async with shop.working(replace(QUICK, lease=60.0)) as zombie:
        id = await shop.add(be_a_zombie_at_first)
        await shop.until(id, lambda task: task.attempt == 1)
        zombie.stop()
        await shop.queue.end_lease(id)
        async with shop.working():
            assert (await shop.over(id)).attempt == 2
        lost.set()
        await finished.wait()
    task = await shop.queue.get(id)
    assert (task.status, task.attempt) == (Status.COMPLETED, 2)
    assert await shop.effects_of(id) == [2]
    assert [code for *_, code in await shop.queue.history(id)].count("lease_lost") == 1


@pytest.mark.parametrize(
    ("error", "code", "retryable"),
    [
        (AttemptFailed(ErrorCode.INVALID_PAYLOAD, "no such file"), "invalid_payload", False),
        (AttemptFailed(ErrorCode.DEPENDENCY_UNAVAILABLE, "away", retryable=True), "dependency_unavailable", True),
        (RuntimeError("secret"), "worker_error", True),
        (OSError(errno.ENOSPC, "full"), "no_disk", True),
        (ConnectionResetError(), "dependency_unavailable", True),
    ],
)
async def test_an_error_is_told_by_its_code_and_tried_again_if_that_could_help(
    shop: Shop, error: Exception, code: str, retryable: bool
) -> None:
    async def fail(context: TaskContext, _: SqlTransaction) -> None:
        context.keep({"so": "far"})
        raise error

    async with shop.working():
        id = await shop.add(fail)
        task = await shop.until(id, lambda task: task.error is not None)
    assert task.error is not None
    assert (task.error.code, task.error.retryable, task.error.attempt) == (code, retryable, 1)
    assert task.status is (Status.NEW if retryable else Status.FAILED)
    assert "secret" not in task.error.message
    assert task.result == {"so": "far"}
    if retryable:
        failed_at = await shop.queue.moved_at(id, "new")
        assert 7.9 < (task.run_at - failed_at).total_seconds() < 12.1


async def test_a_task_that_takes_too_long_is_ended(shop: Shop) -> None:
    async def dawdle(context: TaskContext, _: SqlTransaction) -> None:
        await asyncio.sleep(60)

    async with shop.working():
        id = await shop.add(dawdle, timeout_s=1, max_attempts=1)
        task = await shop.over(id)
    assert task.error is not None
    assert (task.status, task.error.code) == (Status.FAILED, ErrorCode.TIMEOUT)


async def test_a_task_of_an_unknown_kind_or_with_a_payload_of_old_is_not_run(shop: Shop) -> None:
    unknown = await shop.queue.add(kind="nobody-knows")
    odd = await shop.queue.add(kind="scripted", payload={"x": 1})
    async with shop.working():
        failed = await shop.over(odd)
        waiting = await shop.until(unknown, lambda task: task.status is Status.NEW and task.version > 1)
    assert failed.error is not None
    assert failed.error.code is ErrorCode.INVALID_PAYLOAD
    assert (waiting.attempt, waiting.run_at > waiting.created_at) == (0, True)


async def test_progress_and_log_are_written_while_it_runs(shop: Shop) -> None:
    go_on = asyncio.Event()

    async def tell(context: TaskContext, _: SqlTransaction) -> None:
        context.progress(140, 312, "half way")
        context.progress(10, 312, "never back")
        context.log("A line.")
        await go_on.wait()

    async with shop.working():
        id = await shop.add(tell)
        task = await shop.until(id, lambda task: task.progress.done > 0)
        go_on.set()
        await shop.over(id)
    assert (task.status, task.progress.done, task.progress.total) == (Status.IN_PROGRESS, 140, 312)


async def test_a_worker_told_to_stop_hands_back_what_it_cannot_finish(shop: Shop) -> None:
    started = asyncio.Event()

    async def long_work(context: TaskContext, _: SqlTransaction) -> None:
        started.set()
        if context.attempt == 1 and not handed_back:
            await asyncio.sleep(60)

    handed_back: list[int] = []
    async with shop.working(replace(QUICK, grace=0.1)):
        id = await shop.add(long_work)
        await started.wait()
    task = await shop.queue.get(id)
    assert (task.status, task.attempt, task.claim) == (Status.NEW, 0, None)
    assert (await shop.queue.history(id))[-1] == ("in_progress", "new", "handed_back")
    handed_back.append(1)
    async with shop.working():
        assert (await shop.over(id)).attempt == 1


async def test_a_worker_told_to_stop_lets_short_work_finish(shop: Shop) -> None:
    started = asyncio.Event()

    async def short_work(context: TaskContext, _: SqlTransaction) -> None:
        started.set()
        await asyncio.sleep(0.3)

    async with shop.working():
        id = await shop.add(short_work)
        await started.wait()
    assert (await shop.queue.get(id)).status is Status.COMPLETED


async def test_a_worker_runs_no_more_at_a_time_than_it_has_slots(shop: Shop) -> None:
    now, most = 0, 0

    async def count(context: TaskContext, _: SqlTransaction) -> None:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.05)
        now -= 1

    ids = [await shop.add(count) for _ in range(8)]
    async with shop.working(replace(QUICK, slots=2)):
        for id in ids:
            await shop.over(id)
    assert most == 2


async def test_the_orphan_of_a_dead_worker_is_claimed_again_at_once(shop: Shop) -> None:
    id = await shop.add(leave_effect)
    (taken,) = await shop.queue.take()
    await shop.queue.end_lease(id)
    async with shop.working():
        task = await shop.over(id)
    assert (task.attempt, task.losses, await shop.effects_of(id)) == (2, 1, [2])
    assert taken.id == id
    async with shop.database.read() as connection:
        assert await connection.scalar(select(func.count()).select_from(effects)) == 1
