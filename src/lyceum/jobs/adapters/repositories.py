"""Tasks in the database, one at a time: made, cancelled, retried."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, bindparam, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from lyceum.jobs.adapters.rows import ADD_EVENT, event_of, task_of, values_of
from lyceum.jobs.adapters.tables import IS_OPEN, OPEN, events, replays, tasks
from lyceum.jobs.adapters.wake import CHANNEL, TaskSignal
from lyceum.jobs.domain.tasks import Move, Status, Task, TaskId
from lyceum.jobs.ports import Replay
from lyceum.kernel.ids import UserId
from lyceum.platform.database import SqlTransaction
from lyceum.platform.database_time import database_now, now_of
from lyceum.platform.prepared import Prepared

_notify = select(func.pg_notify(CHANNEL, ""))
_unless_open = {"index_elements": [tasks.c.unique_key], "index_where": OPEN}


def _add_on_postgresql() -> Select:  # type: ignore[type-arg]
    """The task, the note of it and the word to the workers in one round trip; no row when the unique key is taken."""
    added = (
        postgresql.insert(tasks)
        .values({column.name: bindparam(f"new_{column.name}", type_=column.type) for column in tasks.c})
        .on_conflict_do_nothing(**_unless_open)  # type: ignore[arg-type]
        .returning(tasks.c.id)
        .cte("added")
    )
    start = {
        column.name: added.c.id if column is events.c.task_id else bindparam(column.name, type_=column.type)
        for column in events.c
        if column is not events.c.at
    }
    noted = insert(events).from_select([*start, "at"], select(*start.values(), database_now())).cte("noted")
    return select(func.pg_notify(CHANNEL, "")).select_from(added).add_cte(noted)


_ADD = Prepared(_add_on_postgresql())
_ADD_ON_SQLITE = Prepared(
    sqlite.insert(tasks).on_conflict_do_nothing(**_unless_open),  # type: ignore[arg-type]
    *tasks.c.keys(),
)


@dataclass(frozen=True, slots=True)
class SqlTasks:
    """`ports.Tasks` over the running transaction."""

    transaction: SqlTransaction
    signal: TaskSignal

    async def now(self) -> datetime:
        return await now_of(self.transaction)

    async def add(self, task: Task, move: Move) -> bool:
        connection = self.transaction.connection
        values, event = {**values_of(task), "version": 1}, event_of(task.id, move, 0, None)
        if connection.dialect.name == "postgresql":
            given = {f"new_{name}": value for name, value in values.items()}
            if not await _ADD.rows(connection, {**given, **event}):
                return False
        else:
            if not await _ADD_ON_SQLITE.run(connection, values):
                return False
            await ADD_EVENT.run(connection, event)
        self.transaction.after_commit.append(self.signal.set)
        return True

    async def _wake(self) -> None:
        """Workers of other processes are told by the commit, those of this one after it."""
        connection = self.transaction.connection
        if connection.dialect.name == "postgresql":
            await connection.execute(_notify)
        self.transaction.after_commit.append(self.signal.set)

    async def open_with_key(self, key: str) -> Task | None:
        query = select(tasks).where(tasks.c.unique_key == key, IS_OPEN)
        row = (await self.transaction.connection.execute(query)).one_or_none()
        return None if row is None else task_of(row)

    async def find_for_update(self, id: TaskId) -> Task | None:
        query = select(tasks).where(tasks.c.id == id).with_for_update()
        row = (await self.transaction.connection.execute(query)).one_or_none()
        return None if row is None else task_of(row)

    async def save(self, task: Task, move: Move | None, now: datetime) -> None:
        connection = self.transaction.connection
        task.version += 1
        values = {**values_of(task), "version": task.version}
        await connection.execute(update(tasks).where(tasks.c.id == task.id).values(values))
        if move is not None:
            await ADD_EVENT.run(connection, event_of(task.id, move, task.attempt, task.worker_id))
        if task.status is Status.NEW and task.run_at <= now:
            await self._wake()


@dataclass(frozen=True, slots=True)
class SqlLimits:
    """`ports.Limits` over the running transaction."""

    transaction: SqlTransaction

    async def open_of(self, creator: UserId, most: int) -> int:
        some = select(tasks.c.id).where(tasks.c.created_by == creator, IS_OPEN).limit(most).subquery()
        return await self.transaction.connection.scalar(select(func.count()).select_from(some)) or 0


@dataclass(frozen=True, slots=True)
class SqlReplays:
    """`ports.Replays` over the running transaction."""

    transaction: SqlTransaction

    async def find(self, principal: UserId, key: str) -> Replay | None:
        query = select(replays).where(replays.c.principal == principal, replays.c.key == key)
        row = (await self.transaction.connection.execute(query)).one_or_none()
        return None if row is None else Replay(row.request_hash, TaskId(row.task_id))

    async def keep(self, principal: UserId, key: str, replay: Replay, now: datetime) -> bool:
        connection = self.transaction.connection
        insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
        keeping = (
            insert(replays)
            .values(
                principal=principal,
                key=key,
                request_hash=replay.request_hash,
                task_id=replay.task_id,
                created_at=now,
            )
            .on_conflict_do_nothing()
        )
        return (await connection.execute(keeping)).rowcount == 1
