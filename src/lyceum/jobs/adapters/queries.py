"""Reading tasks: lists, one, its log, the state of the queue."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, Select, String, and_, func, literal, literal_column, or_, select, union_all

from lyceum.accounts.api import Actor, Role
from lyceum.jobs.adapters.rows import task_of
from lyceum.jobs.adapters.tables import IS_OPEN, IS_RUNNING, events, log_lines, tasks
from lyceum.jobs.adapters.telling import oldest_seconds
from lyceum.jobs.adapters.views import KindCount, LogEntry, TaskStats, TaskView, view_of
from lyceum.jobs.domain.tasks import Status, TaskId
from lyceum.jobs.use_cases.steering import require_own
from lyceum.platform.database import Database
from lyceum.platform.database_time import database_now
from lyceum.platform.paging import Page, decode_cursor, encode_cursor, page

DAY = 86_400.0
type TaskSort = Literal["-created_at", "created_at"]


class TaskFilter(msgspec.Struct, frozen=True, kw_only=True):
    """What of the tasks to list; `created_from` is in, `created_to` is out."""

    status: Status | None = None
    kind: str | None = None
    created_by: UUID | None = None
    created_from: datetime | None = None
    created_to: datetime | None = None
    sort: TaskSort = "-created_at"
    limit: int = 50
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class TaskQueries:
    """The read side of tasks: creators see their own, operators all."""

    database: Database

    async def one(self, actor: Actor, id: TaskId) -> TaskView:
        """Raise TaskNotFound."""
        actor.require(scope="jobs:read")
        async with self.database.read() as connection:
            row = (await connection.execute(select(tasks).where(tasks.c.id == id))).one_or_none()
        return view_of(require_own(actor, None if row is None else task_of(row), id))

    async def listed(self, actor: Actor, wanted: TaskFilter, *, own: bool = False) -> Page[TaskView]:
        """`own`: an operator's own tasks too, and no others."""
        actor.require(scope="jobs:read")
        query = select(tasks).where(*_conditions(actor, wanted, own=own))
        newest_first = wanted.sort == "-created_at"
        if wanted.cursor:
            at, id = decode_cursor(wanted.cursor, tuple[datetime, UUID])
            created, number = tasks.c.created_at, tasks.c.id
            beyond = created < at if newest_first else created > at
            tied = number < id if newest_first else number > id
            query = query.where(or_(beyond, and_(created == at, tied)))
        order = (tasks.c.created_at, tasks.c.id)
        query = query.order_by(*(column.desc() if newest_first else column for column in order))
        async with self.database.read() as connection:
            rows = (await connection.execute(query.limit(wanted.limit + 1))).all()
        views = [view_of(task_of(row)) for row in rows]
        return page(views, wanted.limit, lambda view: encode_cursor(view.created_at.isoformat(), str(view.id)))

    async def log(
        self, actor: Actor, id: TaskId, *, limit: int = 50, cursor: str | None = None, newest_first: bool = False
    ) -> Page[LogEntry]:
        """What happened to a task, in order; raise TaskNotFound."""
        await self.one(actor, id)
        lines = union_all(_moves(id), _said(id)).subquery("lines")
        query = select(lines)
        if cursor:
            at, line = decode_cursor(cursor, tuple[datetime, UUID])
            query = query.where(or_(lines.c.at > at, and_(lines.c.at == at, lines.c.id > line)))
        order = (lines.c.at.desc(), lines.c.id.desc()) if newest_first else (lines.c.at, lines.c.id)
        async with self.database.read() as connection:
            rows = (await connection.execute(query.order_by(*order).limit(limit + 1))).all()
        cut = page(rows, limit, lambda row: encode_cursor(row.at.isoformat(), str(row.id)))
        entries = [
            LogEntry(at=row.at, attempt=row.attempt, level=row.level, text=row.text, code=row.code) for row in cut.items
        ]
        return Page(entries, cut.next_cursor)

    async def stats(self, actor: Actor, *, own: bool = False) -> TaskStats:
        """Of one's own tasks; of all for an operator, unless only `own` are wanted."""
        actor.require(scope="jobs:read")
        mine: Sequence[ColumnElement[bool]] = ()
        if own or not actor.has(Role.OPERATOR):
            mine = (tasks.c.created_by == actor.id,)
        counted = select(tasks.c.kind, tasks.c.status, func.count()).group_by(tasks.c.kind, tasks.c.status)
        lately = tasks.c.finished_at >= database_now(-DAY)
        over = tasks.c.status.in_([literal_column("'completed'"), literal_column("'failed'")])
        async with self.database.read() as connection:
            rows = [
                *await connection.execute(counted.where(IS_OPEN, *mine)),
                *await connection.execute(counted.where(over, lately, *mine)),
            ]
            oldest = await oldest_seconds(connection, *mine)
            holders = select(func.count(tasks.c.worker_id.distinct())).where(IS_RUNNING, *mine)
            workers = await connection.scalar(holders) or 0
        counts = [KindCount(kind, Status(status), count) for kind, status, count in rows]
        total = {status: sum(it.count for it in counts if it.status is status) for status in Status}
        return TaskStats(
            new=total[Status.NEW],
            in_progress=total[Status.IN_PROGRESS],
            completed=total[Status.COMPLETED],
            failed=total[Status.FAILED],
            by_kind=sorted(counts, key=lambda it: (it.kind, it.status)),
            oldest_waiting_s=round(oldest, 1),
            workers=workers,
        )


def _conditions(actor: Actor, wanted: TaskFilter, *, own: bool) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if own or not actor.has(Role.OPERATOR):
        conditions.append(tasks.c.created_by == actor.id)
    if wanted.created_by is not None:
        conditions.append(tasks.c.created_by == wanted.created_by)
    if wanted.status is not None:
        conditions.append(tasks.c.status == literal_column(f"'{wanted.status.value}'", String))
    if wanted.kind is not None:
        conditions.append(tasks.c.kind == wanted.kind)
    if wanted.created_from is not None:
        conditions.append(tasks.c.created_at >= wanted.created_from)
    if wanted.created_to is not None:
        conditions.append(tasks.c.created_at < wanted.created_to)
    return conditions


def _moves(id: TaskId) -> Select:  # type: ignore[type-arg]
    text = func.coalesce(events.c.before, literal("")) + literal(" → ") + events.c.after
    return select(
        events.c.at, events.c.id, events.c.attempt, literal("move").label("level"), text.label("text"), events.c.code
    ).where(events.c.task_id == id)


def _said(id: TaskId) -> Select:  # type: ignore[type-arg]
    line = log_lines.c
    return select(line.at, line.id, line.attempt, line.level, line.text, literal("").label("code")).where(
        line.task_id == id
    )
