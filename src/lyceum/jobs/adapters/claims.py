"""The moves of workers: each a single conditional statement, fenced by the claim's random id.

Among the tasks that are due, ten looks at the index find the oldest of each priority; ageing puts these ten in order.
So the cost of a claim does not grow with the queue, and nothing has to be rewritten while tasks wait. On PostgreSQL a
claim passes over rows that another worker is taking; on SQLite a transaction has the only pen.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Select,
    SmallInteger,
    String,
    Text,
    Update,
    Uuid,
    bindparam,
    case,
    column,
    func,
    insert,
    literal_column,
    select,
    true,
    update,
    values,
)

from lyceum.jobs.adapters.rows import ADD_EVENT, Row, encoded, event_of, task_of
from lyceum.jobs.adapters.tables import IS_RUNNING, IS_WAITING, events, log_lines, tasks
from lyceum.jobs.domain.tasks import AGEING, HIGHEST, ClaimLost, Move, Progress, Status, Task, TaskId
from lyceum.jobs.ports import Beat, LogLine
from lyceum.kernel.ids import uuid7
from lyceum.platform.database import SqlTransaction
from lyceum.platform.database_time import database_now, seconds_from_now, seconds_since
from lyceum.platform.prepared import Changes, Prepared

RESCUE_LOCK = 0x1CE1
_levels = (
    values(column("priority", SmallInteger), name="levels", literal_binds=True)
    .data([(priority,) for priority in range(HIGHEST + 1)])
    .cte("levels")
)


def _urgency(priority: ColumnElement[int], run_at: ColumnElement[object]) -> ColumnElement[float]:
    """`domain.effective_priority` in SQL."""
    aged = priority + func.floor(seconds_since(run_at) / AGEING.total_seconds())
    return case((aged > HIGHEST, HIGHEST), else_=aged)


_started = {
    "status": Status.IN_PROGRESS.value,
    "attempt": tasks.c.attempt + 1,
    "worker_id": bindparam("worker", type_=Uuid),
    "claim_id": bindparam("claim", type_=Uuid),
    "lease_until": seconds_from_now("lease"),
    "started_at": database_now(),
    "done": 0,
    "total": 0,
    "note": "",
    "result": None,
    "error_code": None,
    "error_message": None,
    "error_attempt": None,
    "error_retryable": None,
    "version": tasks.c.version + 1,
}
_due = (IS_WAITING, tasks.c.run_at <= database_now())


def _take_on_postgresql() -> Select:  # type: ignore[type-arg]
    """Go through the priorities, the one with the most urgent head first, and lock as many rows as wanted; the starts
    are noted by the same statement."""
    head = (
        select(tasks.c.run_at)
        .where(*_due, tasks.c.priority == _levels.c.priority)
        .order_by(tasks.c.run_at, tasks.c.id)
        .limit(1)
        .lateral("head")
    )
    ranked = (
        select(_levels.c.priority)
        .select_from(_levels.join(head, true()))
        .order_by(_urgency(_levels.c.priority, head.c.run_at).desc(), head.c.run_at)
        .subquery("ranked")
    )
    most = bindparam("slots", type_=Integer)
    free = (
        select(tasks.c.id)
        .where(*_due, tasks.c.priority == ranked.c.priority)
        .order_by(tasks.c.run_at, tasks.c.id)
        .limit(most)
        .with_for_update(skip_locked=True)
        .lateral("free")
    )
    picked = select(free.c.id).select_from(ranked.join(free, true())).limit(most).cte("picked")
    taken = update(tasks).where(tasks.c.id == picked.c.id).values(_started).returning(*tasks.c).cte("taken")
    start = {
        "task_id": taken.c.id,
        "id": bindparam("claim", type_=Uuid),
        "at": database_now(),
        "before": literal_column(f"'{Status.NEW.value}'"),
        "after": literal_column(f"'{Status.IN_PROGRESS.value}'"),
        "code": literal_column("''"),
        "attempt": taken.c.attempt,
        "worker_id": taken.c.worker_id,
    }
    noted = insert(events).from_select(list(start), select(*start.values())).cte("noted")
    return select(taken).add_cte(noted)


def _take_on_sqlite() -> Update:
    """The most urgent of the ten heads."""
    first = tasks.alias("first")
    oldest = (
        select(first.c.id)
        .where(
            first.c.status == literal_column("'new'"),
            first.c.run_at <= database_now(),
            first.c.priority == _levels.c.priority,
        )
        .order_by(first.c.run_at, first.c.id)
        .limit(1)
        .correlate(_levels)
        .scalar_subquery()
    )
    head = tasks.alias("head")
    chosen = (
        select(head.c.id)
        .select_from(_levels.join(head, head.c.id == oldest))
        .order_by(_urgency(head.c.priority, head.c.run_at).desc(), head.c.run_at, head.c.id)
        .limit(1)
        .scalar_subquery()
    )
    return update(tasks).where(tasks.c.id == chosen).values(_started).returning(*tasks.c)


_mine = (tasks.c.id == bindparam("task", type_=Uuid), tasks.c.claim_id == bindparam("claim", type_=Uuid))
"""The claim alone says that the task runs. With the status beside it PostgreSQL, whose statistics know of no running
task, prefers the index of leases to the key, and reads all that run and ran lately for each that completes."""
_reported = {
    "done": bindparam("done_now", type_=BigInteger),
    "total": bindparam("total_now", type_=BigInteger),
    "note": bindparam("note_now", type_=String),
    "version": tasks.c.version + 1,
}
_TAKE = Prepared(_take_on_postgresql())
_TAKE_ON_SQLITE = Prepared(_take_on_sqlite())
_TAKE_ONE = Prepared(
    update(tasks).where(tasks.c.id == bindparam("task", type_=Uuid), *_due).values(_started).returning(*tasks.c)
)
_BEAT = Prepared(
    update(tasks)
    .where(*_mine)
    .values(lease_until=seconds_from_now("lease"), **_reported)
    .returning(tasks.c.cancel_requested_at)
)
COMPLETE = Prepared(
    update(tasks)
    .where(*_mine)
    .values(
        status=Status.COMPLETED.value,
        claim_id=None,
        lease_until=None,
        finished_at=database_now(),
        result=bindparam("outcome", type_=Text),
        **_reported,
    )
)
_LOG = Prepared(insert(log_lines).values(at=database_now()).inline(), "task_id", "id", "attempt", "level", "text")
_silent = (
    select(tasks)
    .where(IS_RUNNING, tasks.c.lease_until < database_now())
    .order_by(tasks.c.lease_until)
    .with_for_update(skip_locked=True)
)
ANY_DUE = Prepared(select(tasks.c.id).where(*_due).limit(1))
ANY_SILENT = select(tasks.c.id).where(IS_RUNNING, tasks.c.lease_until < database_now()).limit(1)


@dataclass(frozen=True, slots=True)
class SqlClaims:
    """`ports.Claims` over the running transaction."""

    transaction: SqlTransaction

    async def take(self, worker_id: UUID, claim_id: UUID, slots: int, lease_s: float) -> Sequence[Task]:
        connection = self.transaction.connection
        given: dict[str, object] = {"worker": worker_id, "claim": claim_id, "lease": lease_s}
        if connection.dialect.name == "postgresql":
            return [task_of(row) for row in await _TAKE.rows(connection, {**given, "slots": slots})]
        rows: list[Row] = []
        while len(rows) < slots and (row := await _TAKE_ON_SQLITE.rows(connection, given)):
            rows += row
        taken = [task_of(row) for row in rows]
        await self._note_starts(taken)
        return taken

    async def take_one(self, id: TaskId, worker_id: UUID, claim_id: UUID, lease_s: float) -> Task | None:
        given = {"task": id, "worker": worker_id, "claim": claim_id, "lease": lease_s}
        taken = [task_of(row) for row in await _TAKE_ONE.rows(self.transaction.connection, given)]
        await self._note_starts(taken)
        return taken[0] if taken else None

    async def _note_starts(self, taken: Sequence[Task]) -> None:
        if taken:
            move = Move(Status.NEW, Status.IN_PROGRESS)
            notes = [event_of(task.id, move, task.attempt, task.worker_id) for task in taken]
            await ADD_EVENT.run_many(self.transaction.connection, notes)

    async def beat(self, id: TaskId, claim_id: UUID, lease_s: float, progress: Progress) -> Beat:
        given = {"task": id, "claim": claim_id, "lease": lease_s, **_report(progress)}
        rows = await _BEAT.rows(self.transaction.connection, given)
        return Beat(mine=bool(rows), cancelled=bool(rows) and rows[0].cancel_requested_at is not None)

    async def complete(
        self, task: Task, claim_id: UUID, result: Mapping[str, object] | None, progress: Progress
    ) -> None:
        given = {"task": task.id, "claim": claim_id, "outcome": encoded(result), **_report(progress)}
        event = event_of(task.id, Move(Status.IN_PROGRESS, Status.COMPLETED), task.attempt, task.worker_id)
        mine = Changes([(COMPLETE, given), (ADD_EVENT, event)], guards=1, refusal=ClaimLost)
        effects = self.transaction.last
        if effects is not None and not effects.guards:
            mine = mine.and_then(effects.changes)
        elif effects is not None:
            await effects.make(self.transaction.connection)
        self.transaction.last = mine

    async def held_for_update(self, id: TaskId, claim_id: UUID) -> Task | None:
        query = select(tasks).where(tasks.c.id == id, tasks.c.claim_id == claim_id)
        row = (await self.transaction.connection.execute(query.with_for_update())).one_or_none()
        return None if row is None else task_of(row)

    async def silent(self, most: int) -> Sequence[Task]:
        connection = self.transaction.connection
        if connection.dialect.name == "postgresql" and not await connection.scalar(
            select(func.pg_try_advisory_xact_lock(RESCUE_LOCK))
        ):
            return []
        return [task_of(row) for row in await connection.execute(_silent.limit(most))]

    async def log(self, id: TaskId, lines: Sequence[LogLine]) -> None:
        rows = [
            {"task_id": id, "id": uuid7(), "attempt": line.attempt, "level": line.level, "text": line.text}
            for line in lines
        ]
        await _LOG.run_many(self.transaction.connection, rows)


def _report(progress: Progress) -> dict[str, object]:
    return {"done_now": progress.done, "total_now": progress.total, "note_now": progress.note}
