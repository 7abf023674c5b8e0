"""What the task service needs from outside: tasks kept somewhere, the kinds there are, a way to wake workers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from lyceum.jobs.domain.tasks import Move, Progress, Task, TaskId
from lyceum.kernel.ids import UserId


class Tasks(Protocol):
    """Tasks, one at a time, in the running transaction."""

    async def now(self) -> datetime:
        """What time the database has."""

    async def add(self, task: Task, move: Move) -> bool:
        """Keep a new task and wake the workers; False, with nothing kept, when its unique key is in use."""

    async def open_with_key(self, key: str) -> Task | None: ...

    async def find_for_update(self, id: TaskId) -> Task | None: ...

    async def save(self, task: Task, move: Move | None, now: datetime) -> None:
        """Keep the locked task as it is now, with the line of its history."""


class Limits(Protocol):
    async def open_of(self, creator: UserId, most: int) -> int:
        """How many unfinished tasks somebody has, counted up to `most`."""


@dataclass(frozen=True, slots=True)
class Replay:
    """What an idempotency key was used for."""

    request_hash: str
    task_id: TaskId


class Replays(Protocol):
    """Idempotency keys, in the running transaction."""

    async def find(self, principal: UserId, key: str) -> Replay | None: ...

    async def keep(self, principal: UserId, key: str, replay: Replay, now: datetime) -> bool:
        """False when the key was kept by another transaction meanwhile."""


@dataclass(frozen=True, slots=True)
class Beat:
    """The answer to a heartbeat: whether the task is still the worker's, and whether it should stop."""

    mine: bool
    cancelled: bool


class Claims(Protocol):
    """The moves of workers, each one conditional statement in the running transaction."""

    async def take(self, worker_id: UUID, claim_id: UUID, slots: int, lease_s: float) -> Sequence[Task]:
        """Start up to `slots` tasks that are due, the most urgent first, and none that another worker is taking."""

    async def take_one(self, id: TaskId, worker_id: UUID, claim_id: UUID, lease_s: float) -> Task | None:
        """Start this very task; None when it is not there to be started."""

    async def beat(self, id: TaskId, claim_id: UUID, lease_s: float, progress: Progress) -> Beat: ...

    async def complete(
        self, task: Task, claim_id: UUID, result: Mapping[str, object] | None, progress: Progress
    ) -> None:
        """Complete the task as the last thing of the transaction. When it is no longer the claim's, the transaction
        is rolled back and ClaimLost raised by its end."""

    async def held_for_update(self, id: TaskId, claim_id: UUID) -> Task | None:
        """The locked task, if it is still the claim's."""

    async def silent(self, most: int) -> Sequence[Task]:
        """Locked tasks whose lease has ended; empty as well while another worker looks for them."""

    async def log(self, id: TaskId, lines: Sequence["LogLine"]) -> None: ...


@dataclass(frozen=True, slots=True)
class LogLine:
    attempt: int
    level: str
    text: str


class DatabaseClock(Protocol):
    """What time the database has: the one clock that all processes share."""

    async def now(self) -> datetime: ...


class Runs(Protocol):
    """Which days of which schedules have their task. A day, once taken, is nobody else's."""

    async def last(self, schedule: str) -> date | None:
        """The latest day taken or let go; None for a schedule never seen. Outside any transaction."""

    async def begin(self, schedule: str, day: date) -> None:
        """Let go of `day` and all before it, unless the schedule is known already; in the running transaction."""

    async def take(self, schedule: str, day: date, task_id: TaskId) -> bool:
        """Take the day for the task in the running transaction; False when it is taken."""
