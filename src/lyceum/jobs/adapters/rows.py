"""Between rows of the task tables and tasks."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import insert

from lyceum.jobs.adapters.tables import events
from lyceum.jobs.domain.tasks import Claim, ErrorCode, Move, Progress, Source, Status, Task, TaskError, TaskId
from lyceum.kernel.ids import UserId, uuid7
from lyceum.platform.database_time import database_now
from lyceum.platform.prepared import Prepared

type Row = Any
"""A row of `jobs_tasks`, of SQLAlchemy or of a prepared statement."""

type Json = Mapping[str, object]

ADD_EVENT = Prepared(
    insert(events).values(at=database_now()).inline(),
    "task_id",
    "id",
    "before",
    "after",
    "code",
    "attempt",
    "worker_id",
)


def task_of(row: Row) -> Task:
    """The task that a row describes."""
    claimed = row.claim_id is not None
    failed = row.error_code is not None
    return Task(
        id=TaskId(row.id),
        kind=row.kind,
        title=row.title,
        description=row.description,
        payload=msgspec.json.decode(row.payload),
        priority=row.priority,
        run_at=row.run_at,
        timeout_s=row.timeout_s,
        max_attempts=row.max_attempts,
        source=Source(row.source),
        created_at=row.created_at,
        created_by=None if row.created_by is None else UserId(row.created_by),
        unique_key=row.unique_key,
        status=Status(row.status),
        attempt=row.attempt,
        losses=row.losses,
        claim=Claim(row.claim_id, row.worker_id, row.lease_until) if claimed else None,
        worker_id=row.worker_id,
        progress=Progress(row.done, row.total, row.note),
        result=None if row.result is None else msgspec.json.decode(row.result),
        error=error_of(row) if failed else None,
        cancel_requested_at=row.cancel_requested_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        version=row.version,
    )


def error_of(row: Row) -> TaskError:
    return TaskError(ErrorCode(row.error_code), row.error_message, row.error_attempt, row.error_retryable)


def values_of(task: Task) -> dict[str, object]:
    """The columns of a task, its version left out."""
    error, claim = task.error, task.claim
    return {
        "id": task.id,
        "kind": task.kind,
        "title": task.title,
        "description": task.description,
        "status": task.status.value,
        "payload": encoded(task.payload),
        "priority": task.priority,
        "run_at": task.run_at,
        "timeout_s": task.timeout_s,
        "max_attempts": task.max_attempts,
        "unique_key": task.unique_key,
        "attempt": task.attempt,
        "losses": task.losses,
        "worker_id": task.worker_id,
        "claim_id": claim.id if claim else None,
        "lease_until": claim.lease_until if claim else None,
        "done": task.progress.done,
        "total": task.progress.total,
        "note": task.progress.note,
        "result": encoded(task.result),
        "error_code": error.code.value if error else None,
        "error_message": error.message if error else None,
        "error_attempt": error.attempt if error else None,
        "error_retryable": error.retryable if error else None,
        "cancel_requested_at": task.cancel_requested_at,
        "created_at": task.created_at,
        "started_at": task.started_at,
        "finished_at": task.finished_at,
        "created_by": task.created_by,
        "source": task.source.value,
    }


def encoded(value: Json | None) -> str | None:
    return None if value is None else msgspec.json.encode(value).decode()


def event_of(id: TaskId, move: Move, attempt: int, worker_id: UUID | None) -> dict[str, object]:
    """The parameters of `ADD_EVENT`."""
    return {
        "task_id": id,
        "id": uuid7(),
        "before": move.before.value if move.before else None,
        "after": move.after.value,
        "code": move.code,
        "attempt": attempt,
        "worker_id": worker_id,
    }
