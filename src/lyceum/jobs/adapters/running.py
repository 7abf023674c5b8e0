"""Running one attempt: the work, and what becomes of the task when it ends in any way."""

import asyncio
import errno
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

import msgspec
import structlog
from dishka import AsyncContainer
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from lyceum.jobs.adapters.attempt import Attempt, State
from lyceum.jobs.adapters.telling import TaskMetrics
from lyceum.jobs.api import AttemptFailed, ErrorCode, Kinds
from lyceum.jobs.domain.tasks import ClaimLost, Move, Status, Task, TaskError
from lyceum.jobs.ports import Claims, Tasks
from lyceum.jobs.use_cases.steering import tell_failure
from lyceum.kernel.errors import AppError
from lyceum.kernel.ports import Outbox
from lyceum.platform.database import SqlTransaction
from lyceum.platform.http_errors import NoSpace, Unavailable

UNKNOWN_KIND = timedelta(seconds=30)
PAUSES = (0.2, 1.0, 5.0)
CHANCE = Random()
log = structlog.get_logger()

type End = Callable[[Task, datetime], Move]


@dataclass(frozen=True, slots=True)
class Runner:
    """Runs attempts, each in a scope of its own."""

    container: AsyncContainer
    kinds: Kinds
    metrics: TaskMetrics

    async def run(self, state: State) -> None:
        """Do the work of a claimed task, and write down how it ended."""
        task, began = state.task, time.monotonic()
        with structlog.contextvars.bound_contextvars(trace_id=str(task.id)):
            end = await self._work(state)
            name = "completed" if end is None else await self._record(state, end)
            self.metrics.count(task.kind, name, time.monotonic() - began)
            if name in {"completed", "failed"}:
                self.metrics.finished(task.kind, task.attempt)
            log.info("jobs.attempt_ended", kind=task.kind, attempt=task.attempt, end=name)

    async def _work(self, state: State) -> End | None:
        """None when the task is completed, else what must become of it."""
        task = state.task
        kind = self.kinds.find(task.kind)
        if kind is None:
            return lambda held, now: held.hand_back(now, UNKNOWN_KIND)
        limit = asyncio.timeout(task.timeout_s)
        try:
            payload = msgspec.convert(task.payload, kind.payload)
            async with self.container() as scope, limit:
                attempt = Attempt(state, await scope.get(Claims), await scope.get(SqlTransaction))
                result = await (await scope.get(kind)).run(attempt, payload)  # type: ignore[arg-type]
                if not state.completed:
                    async with attempt.completing(result):
                        pass
        except asyncio.CancelledError:
            return _interrupted(state)
        except Exception as error:  # noqa: BLE001 - whatever it is, the task must be told of it
            return _failure(state, error, timed_out=limit.expired())
        return None

    async def _record(self, state: State, end: End) -> str:
        """Write the end down, if the task is still ours; how the attempt ended, in one word."""
        for pause in (*PAUSES, 0.0):
            try:
                return await self._record_once(state, end)
            except (OperationalError, PoolTimeout, OSError) as error:
                log.warning("jobs.end_not_recorded", error=repr(error), again_in=pause)
                await asyncio.sleep(pause)
        return "lost"

    async def _record_once(self, state: State, end: End) -> str:
        async with self.container() as scope:
            claims, tasks = await scope.get(Claims), await scope.get(Tasks)
            async with await scope.get(SqlTransaction):
                task = await claims.held_for_update(state.task.id, state.claim_id)
                if task is None:
                    return "lost"
                now = await tasks.now()
                task.progress = task.progress.advanced(state.reported)
                move = end(task, now)
                if state.lines:
                    await claims.log(task.id, state.lines)
                await tasks.save(task, move, now)
                tell_failure(await scope.get(Outbox), task)
        if task.status is Status.FAILED:
            return "cancelled" if task.error is not None and task.error.code is ErrorCode.CANCELLED else "failed"
        return move.code if move.code == "handed_back" else "again"


def _interrupted(state: State) -> End | None:
    """The work was cancelled: by the worker, which said why, or by itself, which is an error like any other."""
    if (current := asyncio.current_task()) is not None:
        current.uncancel()
    if state.completed:
        return None
    if state.cancelled:
        return lambda task, now: task.stop(now, state.result)
    if state.lost or state.handed_back:
        return lambda task, now: task.hand_back(now)
    return _failed(state, AttemptFailed(ErrorCode.WORKER_ERROR, "The work cancelled itself.", retryable=True))


def _failure(state: State, error: Exception, *, timed_out: bool) -> End | None:
    """What an exception out of the work means."""
    if state.completed:
        log.exception("jobs.failed_after_completion", exc_info=error)
        return None
    if isinstance(error, ClaimLost):
        state.lost = True
        return lambda task, now: task.hand_back(now)
    if timed_out and isinstance(error, TimeoutError):
        return _failed(state, AttemptFailed(ErrorCode.TIMEOUT, "The time limit of the task ran out.", retryable=True))
    known = explained(error)
    if known.code is ErrorCode.WORKER_ERROR:
        log.exception("jobs.work_failed", kind=state.task.kind, exc_info=error)
    return _failed(state, known)


def explained(error: Exception) -> AttemptFailed:
    """The error of the task that an exception stands for, and whether trying again could help."""
    match error:
        case AttemptFailed():
            return error
        case msgspec.ValidationError():
            return AttemptFailed(ErrorCode.INVALID_PAYLOAD, str(error))
        case NoSpace():
            return AttemptFailed(ErrorCode.NO_DISK, str(error), retryable=True)
        case Unavailable():
            return AttemptFailed(ErrorCode.DEPENDENCY_UNAVAILABLE, str(error), retryable=True)
        case AppError():
            return AttemptFailed(ErrorCode.INVALID_PAYLOAD, str(error))
        case OSError(errno=errno.ENOSPC):
            return AttemptFailed(ErrorCode.NO_DISK, "There is no room left on the disk.", retryable=True)
        case OperationalError() | PoolTimeout() | ConnectionError():
            return AttemptFailed(ErrorCode.DEPENDENCY_UNAVAILABLE, "A dependency does not answer.", retryable=True)
        case DBAPIError() if error.connection_invalidated:
            return AttemptFailed(ErrorCode.DEPENDENCY_UNAVAILABLE, "A dependency does not answer.", retryable=True)
    text = f"The work broke down ({type(error).__name__}); the log has the cause."
    return AttemptFailed(ErrorCode.WORKER_ERROR, text, retryable=True)


def _failed(state: State, failure: AttemptFailed) -> End:
    def end(task: Task, now: datetime) -> Move:
        error = TaskError(failure.code, failure.message, task.attempt, failure.retryable)
        return task.fail(error, now, CHANCE.random(), state.result)

    return end
