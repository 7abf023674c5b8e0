"""Tasks for tests, in the domain and in a database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import func, select, update

from lyceum.jobs.adapters.claims import SqlClaims
from lyceum.jobs.adapters.repositories import SqlTasks
from lyceum.jobs.adapters.rows import task_of
from lyceum.jobs.adapters.tables import events, tasks
from lyceum.jobs.adapters.wake import TaskSignal
from lyceum.jobs.domain.tasks import Claim, ClaimLost, Progress, Source, Task, TaskId
from lyceum.kernel.ids import UserId, uuid7
from lyceum.platform.database import Database, SqlTransaction
from lyceum.platform.database_time import database_now

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
SOMEBODY = UserId(UUID(int=7))


def a_task(**changes: object) -> Task:
    given: dict[str, object] = {
        "id": TaskId(uuid7()),
        "kind": "demo",
        "title": "",
        "description": "Something to do",
        "payload": {},
        "priority": 5,
        "run_at": NOW,
        "timeout_s": 600,
        "max_attempts": 5,
        "source": Source.INTERNAL,
        "created_at": NOW,
        "created_by": SOMEBODY,
    }
    return Task.created(**(given | changes))[0]


def a_claim(until: timedelta = timedelta(seconds=30), at: datetime = NOW) -> Claim:
    return Claim(uuid4(), uuid4(), at + until)


def a_running_task(**changes: object) -> Task:
    task = a_task(**changes)
    task.start(a_claim(), max(NOW, task.run_at))
    return task


@dataclass(frozen=True, slots=True)
class Queue:
    """The tables of tasks, each call in a transaction of its own."""

    database: Database

    def tasks(self, transaction: SqlTransaction) -> SqlTasks:
        return SqlTasks(transaction, TaskSignal())

    async def add(self, *, ago: float = 1.0, **changes: object) -> TaskId:
        """A task that has been due for `ago` seconds (negative: is due in so many)."""
        transaction = SqlTransaction(self.database)
        async with transaction:
            store = self.tasks(transaction)
            now = await store.now()
            task, move = Task.created(
                **{
                    **vars(a_task()),
                    "run_at": now - timedelta(seconds=ago),
                    "created_at": now,
                    **changes,
                }
            )
            assert await store.add(task, move)
        return task.id

    async def take(self, slots: int = 1, *, lease: float = 30.0, worker: UUID | None = None) -> Sequence[Task]:
        transaction = SqlTransaction(self.database)
        async with transaction:
            return await SqlClaims(transaction).take(worker or uuid4(), uuid4(), slots, lease)

    async def beat(self, task: Task, progress: Progress, *, lease: float = 30.0) -> tuple[bool, bool]:
        assert task.claim is not None
        transaction = SqlTransaction(self.database)
        async with transaction:
            beat = await SqlClaims(transaction).beat(task.id, task.claim.id, lease, progress)
        return beat.mine, beat.cancelled

    async def complete(self, task: Task, result: Mapping[str, object] | None = None) -> bool:
        assert task.claim is not None
        transaction = SqlTransaction(self.database)
        try:
            async with transaction:
                await SqlClaims(transaction).complete(task, task.claim.id, result, Progress())
        except ClaimLost:
            return False
        return True

    async def get(self, id: TaskId) -> Task:
        async with self.database.read() as connection:
            return task_of((await connection.execute(select(tasks).where(tasks.c.id == id))).one())

    async def history(self, id: TaskId) -> list[tuple[str | None, str, str]]:
        query = select(events).where(events.c.task_id == id).order_by(events.c.at, events.c.id)
        async with self.database.read() as connection:
            return [(row.before, row.after, row.code) for row in await connection.execute(query)]

    async def moved_at(self, id: TaskId, after: str) -> datetime:
        """When it last came into a status."""
        query = select(func.max(events.c.at)).where(events.c.task_id == id, events.c.after == after)
        async with self.database.read() as connection:
            moment: datetime = await connection.scalar(query)
        return moment

    async def end_lease(self, id: TaskId) -> None:
        """As if its worker had been silent for long."""
        transaction = SqlTransaction(self.database)
        async with transaction:
            change = update(tasks).where(tasks.c.id == id).values(lease_until=database_now(-1.0))
            await transaction.connection.execute(change)

    async def make_due(self, id: TaskId) -> None:
        """As if the pause before its next attempt were over."""
        transaction = SqlTransaction(self.database)
        async with transaction:
            change = update(tasks).where(tasks.c.id == id).values(run_at=database_now(-1.0))
            await transaction.connection.execute(change)
