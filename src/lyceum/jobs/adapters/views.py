"""Tasks as callers see them."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import msgspec

from lyceum.jobs.domain.tasks import Progress, Source, Status, Task, TaskError


class TaskView(msgspec.Struct, frozen=True, kw_only=True):
    """A background task. From `attempt` on, everything is written by workers.

    `status` is new, in_progress, completed or failed; `error` says why the latest attempt did not succeed, and after
    it the task may be new again. `result` depends on the kind.
    """

    id: UUID
    kind: str
    title: str
    description: str
    status: Status
    payload: Mapping[str, object]
    priority: int
    run_at: datetime
    timeout_s: int
    max_attempts: int
    unique_key: str | None
    source: Source
    created_at: datetime
    created_by: UUID | None
    attempt: int
    worker_id: UUID | None
    claim_id: UUID | None
    lease_until: datetime | None
    progress: Progress
    result: Mapping[str, object] | None
    error: TaskError | None
    cancel_requested_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    version: int
    deduplicated: bool = False

    @property
    def share(self) -> float | None:
        """How much is done, 0..1; None while nobody knows."""
        return min(1.0, self.progress.done / self.progress.total) if self.progress.total else None


class LogEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a task's log: a move of the task (`level` is `move`), or what its work said."""

    at: datetime
    attempt: int
    level: str
    text: str
    code: str = ""


class KindCount(msgspec.Struct, frozen=True):
    kind: str
    status: Status
    count: int


class TaskStats(msgspec.Struct, frozen=True, kw_only=True):
    """How the queue stands. `completed` and `failed` count the last 24 hours; `oldest_waiting_s` is the longest wait
    of a task that is due, in seconds; `workers` is how many hold tasks now."""

    new: int
    in_progress: int
    completed: int
    failed: int
    by_kind: list[KindCount]
    oldest_waiting_s: float
    workers: int


def view_of(task: Task, *, deduplicated: bool = False) -> TaskView:
    claim = task.claim
    return TaskView(
        id=task.id,
        kind=task.kind,
        title=task.title,
        description=task.description,
        status=task.status,
        payload=task.payload,
        priority=task.priority,
        run_at=task.run_at,
        timeout_s=task.timeout_s,
        max_attempts=task.max_attempts,
        unique_key=task.unique_key,
        source=task.source,
        created_at=task.created_at,
        created_by=task.created_by,
        attempt=task.attempt,
        worker_id=task.worker_id,
        claim_id=claim.id if claim else None,
        lease_until=claim.lease_until if claim else None,
        progress=task.progress,
        result=task.result,
        error=task.error,
        cancel_requested_at=task.cancel_requested_at,
        started_at=task.started_at,
        finished_at=task.finished_at,
        version=task.version,
        deduplicated=deduplicated,
    )
