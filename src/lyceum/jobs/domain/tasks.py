"""A background task and its four states. Every move is a method here; anything else is refused.

Time, tokens and chance come in as arguments. The database repeats the conditions of the frequent moves (claim,
heartbeat, completion) in single statements; a test holds both against each other.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType, Self
from uuid import UUID

from lyceum.jobs.domain.refusals import InvalidTransition
from lyceum.kernel.ids import UserId

TaskId = NewType("TaskId", UUID)

AGEING = timedelta(minutes=5)
HIGHEST = 9
BACKOFF = timedelta(seconds=5)
LONGEST_BACKOFF = timedelta(minutes=15)
SPREAD = 0.2


class ClaimLost(Exception):
    """The task is no longer this worker's: what the attempt did in its transaction is rolled back."""


class Status(StrEnum):
    NEW = "new"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    FAILED = "failed"

    @property
    def is_open(self) -> bool:
        return self in {Status.NEW, Status.IN_PROGRESS}


class Source(StrEnum):
    """By which way the task came."""

    REST = "rest"
    RABBITMQ = "rabbitmq"
    KAFKA = "kafka"
    CRON = "cron"
    INTERNAL = "internal"


class ErrorCode(StrEnum):
    TIMEOUT = "timeout"
    LEASE_LOST = "lease_lost"
    WORKER_ERROR = "worker_error"
    INVALID_PAYLOAD = "invalid_payload"
    CANCELLED = "cancelled"
    DEPENDENCY_UNAVAILABLE = "dependency_unavailable"
    NO_DISK = "no_disk"


@dataclass(frozen=True, slots=True)
class TaskError:
    """Why the latest attempt did not succeed."""

    code: ErrorCode
    message: str
    attempt: int
    retryable: bool


@dataclass(frozen=True, slots=True)
class Progress:
    """`done` of `total` parts; `total` is 0 while nobody knows."""

    done: int = 0
    total: int = 0
    note: str = ""

    def advanced(self, to: "Progress") -> "Progress":
        """The later of two reports: what is done never goes back within an attempt."""
        return Progress(max(self.done, to.done), max(self.total, to.total), to.note)


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to run a task: `id` is random and new at every claim, and fences every later write of its holder."""

    id: UUID
    worker_id: UUID
    lease_until: datetime


@dataclass(frozen=True, slots=True)
class Move:
    """One line of a task's history. `before` is None for its creation."""

    before: Status | None
    after: Status
    code: str = ""


@dataclass(eq=False, kw_only=True)
class Task:
    """Long work with a state. `losses` counts the leases that ended under a worker since the last (re)start."""

    id: TaskId
    kind: str
    title: str
    description: str
    payload: Mapping[str, object]
    priority: int
    run_at: datetime
    timeout_s: int
    max_attempts: int
    source: Source
    created_at: datetime
    created_by: UserId | None = None
    unique_key: str | None = None
    status: Status = Status.NEW
    attempt: int = 0
    losses: int = 0
    claim: Claim | None = None
    worker_id: UUID | None = None
    progress: Progress = field(default_factory=Progress)
    result: Mapping[str, object] | None = None
    error: TaskError | None = None
    cancel_requested_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    version: int = 1

    @classmethod
    def created(cls, **fields: object) -> tuple[Self, Move]:
        """A new task and the first line of its history."""
        return cls(**fields), Move(None, Status.NEW)  # type: ignore[arg-type]

    def is_due(self, now: datetime) -> bool:
        return self.status is Status.NEW and self.run_at <= now

    def start(self, claim: Claim, now: datetime) -> Move:
        """A worker takes the task: one more attempt, from the beginning."""
        if not self.is_due(now):
            self._refuse("start")
        self.claim, self.worker_id, self.started_at = claim, claim.worker_id, now
        self.attempt += 1
        self.progress = Progress()
        self.result = self.error = None
        return self._to(Status.IN_PROGRESS)

    def holds(self, claim_id: UUID) -> bool:
        """Whether the claim is the one in force."""
        return self.status is Status.IN_PROGRESS and self.claim is not None and self.claim.id == claim_id

    def beat(self, claim_id: UUID, lease_until: datetime, progress: Progress) -> bool:
        """The worker is alive; False when the task is no longer its own."""
        if not self.holds(claim_id) or self.claim is None:
            return False
        self.claim = Claim(claim_id, self.claim.worker_id, lease_until)
        self.progress = self.progress.advanced(progress)
        return True

    def complete(self, claim_id: UUID, result: Mapping[str, object] | None, now: datetime) -> Move | None:
        """None when the task is no longer the worker's: its effects must be rolled back."""
        if not self.holds(claim_id):
            return None
        self.result, self.error = result, None
        return self._finish(Status.COMPLETED, now)

    def fail(self, error: TaskError, now: datetime, chance: float, partial: Mapping[str, object] | None = None) -> Move:
        """The attempt failed: again after a pause, or for good. `chance` of 0..1 spreads the pause by ±20 %."""
        self._require_in_progress("fail")
        if self.cancel_requested_at is not None:
            return self._cancelled(now, partial)
        self.error, self.result = error, partial
        if error.retryable and self.attempt < self.max_attempts:
            self.run_at = now + backoff(self.attempt, chance)
            return self._to_new(error.code)
        return self._finish(Status.FAILED, now, error.code)

    def lose_lease(self, now: datetime, chance: float) -> Move:
        """The worker fell silent. The first time the task waits for nothing, later as after an error."""
        self._require_in_progress("rescue")
        if self.claim is None or self.claim.lease_until >= now:
            self._refuse("rescue")
        if self.cancel_requested_at is not None:
            return self._cancelled(now, None)
        self.losses += 1
        retryable = self.attempt < self.max_attempts
        self.error = TaskError(ErrorCode.LEASE_LOST, "The worker fell silent.", self.attempt, retryable)
        if not retryable:
            return self._finish(Status.FAILED, now, ErrorCode.LEASE_LOST)
        if self.losses > 1:
            self.run_at = now + backoff(self.attempt, chance)
        return self._to_new(ErrorCode.LEASE_LOST)

    def hand_back(self, now: datetime, pause: timedelta = timedelta(0)) -> Move:
        """The worker stops before the task is done: the attempt does not count, and its place in the queue is kept,
        unless there should be a pause."""
        self._require_in_progress("hand back")
        if self.cancel_requested_at is not None:
            return self._cancelled(now, None)
        self.attempt -= 1
        if pause:
            self.run_at = now + pause
        return self._to_new("handed_back")

    def stop(self, now: datetime, partial: Mapping[str, object] | None) -> Move:
        """The worker has seen that the task was cancelled; what is done so far is kept as the result."""
        self._require_in_progress("stop")
        if self.cancel_requested_at is None:
            self._refuse("stop")
        return self._cancelled(now, partial)

    def cancel(self, now: datetime) -> Move | None:
        """A waiting task fails at once; one that runs is asked to stop (None), which its worker sees at a heartbeat."""
        if self.status is Status.NEW:
            return self._cancelled(now, None)
        self._require_in_progress("cancel")
        self.cancel_requested_at = self.cancel_requested_at or now
        return None

    def retry(self, now: datetime) -> Move:
        """A failed task begins anew, with all its attempts; its history stays."""
        if self.status is not Status.FAILED:
            self._refuse("retry")
        self.attempt = self.losses = 0
        self.run_at, self.progress = now, Progress()
        self.result = self.error = self.cancel_requested_at = self.started_at = self.finished_at = None
        return self._to_new("retried")

    def _cancelled(self, now: datetime, partial: Mapping[str, object] | None) -> Move:
        self.cancel_requested_at = self.cancel_requested_at or now
        self.error = TaskError(ErrorCode.CANCELLED, "The task was cancelled.", self.attempt, retryable=False)
        self.result = partial
        return self._finish(Status.FAILED, now, ErrorCode.CANCELLED)

    def _finish(self, status: Status, now: datetime, code: str = "") -> Move:
        self.claim, self.finished_at = None, now
        return self._to(status, code)

    def _to_new(self, code: str) -> Move:
        self.claim = self.worker_id = None
        return self._to(Status.NEW, code)

    def _to(self, status: Status, code: str = "") -> Move:
        move = Move(self.status, status, code)
        self.status = status
        return move

    def _require_in_progress(self, action: str) -> None:
        if self.status is not Status.IN_PROGRESS:
            self._refuse(action)

    def _refuse(self, action: str) -> None:
        raise InvalidTransition(task_status=self.status.value, action=action)


def backoff(attempt: int, chance: float) -> timedelta:
    """The pause after a failed attempt: 10 s, 20 s, 40 s … 15 min, spread by ±20 % so that failures do not march."""
    pause = min(BACKOFF * (1 << min(attempt, 20)), LONGEST_BACKOFF)
    return pause * (1 + SPREAD * (2 * chance - 1))


def effective_priority(priority: int, run_at: datetime, now: datetime) -> int:
    """The priority with what waiting has added, one step for five minutes, at most the highest.

    Among equals the longer wait goes first, so after 45 minutes even priority 0 has only older work before it.
    """
    return min(HIGHEST, priority + max(0, int((now - run_at) / AGEING)))
