"""One attempt at a task: what its work may say and ask, and how it completes."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import UUID

from lyceum.jobs.domain.tasks import Progress, Task, TaskId
from lyceum.jobs.ports import Claims, LogLine
from lyceum.kernel.ids import UserId
from lyceum.kernel.ports import Transaction

MOST_LINES = 1000
LINE = 2000
NOTE = 200


@dataclass(slots=True)
class State:
    """What the worker and the work know of a running attempt."""

    task: Task
    claim_id: UUID
    beaten_at: float
    reported: Progress = field(default_factory=Progress)
    written: Progress = field(default_factory=Progress)
    lines: list[LogLine] = field(default_factory=list)
    result: Mapping[str, object] | None = None
    completed: bool = False
    cancelled: bool = False
    lost: bool = False
    handed_back: bool = False

    @property
    def has_news(self) -> bool:
        """Whether something was said that is not written down yet."""
        return bool(self.lines) or self.reported != self.written

    @property
    def is_over(self) -> bool:
        """Whether the work has been told to stop, or has completed."""
        return self.completed or self.cancelled or self.lost or self.handed_back

    def take_lines(self) -> list[LogLine]:
        lines, self.lines = self.lines, []
        return lines


@dataclass(slots=True)
class Attempt:
    """`api.TaskContext`, over the transaction of the work's own scope."""

    state: State
    claims: Claims
    transaction: Transaction
    _said: int = 0

    @property
    def task_id(self) -> TaskId:
        return self.state.task.id

    @property
    def attempt(self) -> int:
        return self.state.task.attempt

    @property
    def created_by(self) -> UserId | None:
        return self.state.task.created_by

    @property
    def is_stopping(self) -> bool:
        return self.state.is_over

    def progress(self, done: int, total: int = 0, note: str = "") -> None:
        self.state.reported = self.state.reported.advanced(Progress(done, total, note[:NOTE]))

    def log(self, text: str, level: str = "info") -> None:
        self._said += 1
        if self._said < MOST_LINES:
            self.state.lines.append(LogLine(self.attempt, level, text[:LINE]))
        elif self._said == MOST_LINES:
            self.state.lines.append(LogLine(self.attempt, "warning", f"The first {MOST_LINES} lines are kept."))

    def keep(self, result: Mapping[str, object]) -> None:
        self.state.result = result

    @asynccontextmanager
    async def completing(self, result: Mapping[str, object] | None = None) -> AsyncIterator[None]:
        state = self.state
        async with self.transaction:
            yield
            if result is not None:
                state.result = result
            if state.lines:
                await self.claims.log(state.task.id, state.take_lines())
            await self.claims.complete(state.task, state.claim_id, state.result, state.reported)
        state.completed = True
