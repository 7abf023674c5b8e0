"""What the task service needs from outside: tasks kept somewhere, the kinds there are, a way to wake workers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from lyceum.jobs.domain.messages import Outcome, Outgoing
from lyceum.jobs.domain.tasks import Move, Progress, Source, Task, TaskId
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One message in the inbox. `sent_id` is what it said its id was, None when that could not be read; it is not
    `id` when the id was missing or another message's. `body` is kept for rejected messages alone, up to 8 KiB."""

    id: UUID
    sent_id: UUID | None
    queue: str
    body_hash: str
    size: int
    source: Source
    outcome: Outcome
    schema: str = ""
    producer: str = ""
    error: str | None = None
    error_code: str | None = None
    reply: str | None = None
    body: bytes | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What became of the message that came first with an id."""

    body_hash: str
    outcome: Outcome
    reply: str | None


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A rejected message. `body` is its beginning when `size` is more."""

    id: UUID
    sent_id: UUID | None
    queue: str
    size: int
    code: str
    body: bytes


class Inbox(Protocol):
    """Every message that came, by its id, in the running transaction."""

    async def open(self, entry: Entry) -> Known | None:
        """Keep the message, or tell what became of the one that had its id. None: it is new, or to be taken as new.

        Waits for a transaction that has the same message at hand."""

    async def close(self, id: UUID, entity_id: UUID | None, reply: str | None) -> None:
        """What came of the opened message."""

    async def dead_for_update(self, id: UUID) -> DeadLetter | None:
        """The locked row of a rejected message."""

    async def revive(self, id: UUID, by: UserId) -> None:
        """Let the rejected message be taken as new when it comes again."""


class OutgoingMessages(Protocol):
    """Messages to publish, kept with the change that they tell of."""

    async def add(self, message: Outgoing) -> None:
        """Publish the message after the running transaction has committed, at least once."""


class DeadBodies(Protocol):
    """Dead letters as the broker holds them."""

    async def find(self, queue: str, id: UUID) -> bytes | None:
        """The body of a dead letter of `queue`, left where it is."""

    async def discard(self, queue: str, id: UUID) -> None:
        """Take a dead letter of `queue` away, if it is there."""
