"""The door of jobs: making tasks, the shape of the work that they carry, and messages from and to other systems.

A message handler is one class of the context that the message concerns, made anew for each message with the
repositories of the transaction that also keeps the inbox. A kind of task is one class of the context that owns the
work. A worker makes it anew for each attempt, with the repositories of its own transaction, and calls `run`.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import ClassVar, Never, Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from lyceum.accounts.api import Role
from lyceum.jobs.domain.messages import Handled, Incoming, Outgoing
from lyceum.jobs.domain.tasks import ClaimLost, ErrorCode, Source, TaskId
from lyceum.kernel.ids import UserId

__all__ = [
    "AnyHandler",
    "AnyKind",
    "AttemptFailed",
    "ClaimLost",
    "ErrorCode",
    "Handled",
    "Incoming",
    "Kind",
    "Kinds",
    "MessageHandler",
    "MessageRefused",
    "Messages",
    "NewTask",
    "Schedule",
    "Outgoing",
    "SendMessage",
    "Source",
    "TaskContext",
    "TaskFailed",
    "TaskId",
    "TaskQueue",
    "Timetable",
]

type Result = Mapping[str, object]


class AttemptFailed(Exception):
    """Raised by a kind that knows why it cannot go on, and whether trying again could help."""

    def __init__(self, code: ErrorCode, message: str, *, retryable: bool = False) -> None:
        super().__init__(message)
        self.code, self.message, self.retryable = code, message, retryable


class TaskContext(Protocol):
    """One attempt at a task, as the work sees it. A cancelled or lost task raises CancelledError at an await."""

    @property
    def task_id(self) -> TaskId:
        """The idempotency key of every effect outside the database; the same in all attempts."""

    @property
    def attempt(self) -> int: ...

    @property
    def created_by(self) -> UserId | None: ...

    @property
    def is_stopping(self) -> bool:
        """Whether the task was cancelled, lost or handed back; for work in threads to look at."""

    def progress(self, done: int, total: int = 0, note: str = "") -> None:
        """Tell how far it is; written down at most once a second."""

    def log(self, text: str, level: str = "info") -> None:
        """Add a line to the task's log."""

    def keep(self, result: Result) -> None:
        """The result so far, kept if the task is cancelled or fails."""

    def completing(self, result: Result | None = None) -> AbstractAsyncContextManager[None]:
        """The transaction that completes the task: effects written inside it commit with the completion, or, when
        the task is no longer this worker's, not at all (ClaimLost leaves the block)."""


class Kind[P: msgspec.Struct](Protocol):
    """One kind of task. `offered_to` are the roles that may make one by REST; none: other parts of the product do.
    `scope` is what an API key needs for that beside `jobs:write`; empty for nothing."""

    name: ClassVar[str]
    payload: ClassVar[type[msgspec.Struct]]
    offered_to: ClassVar[frozenset[Role]]
    scope: ClassVar[str]

    async def run(self, context: TaskContext, payload: P) -> Result | None:
        """Do the work. Without `context.completing` the task completes with what is returned.

        The work may begin again at any moment, elsewhere: what it does outside `completing` must bear that.
        """


type AnyKind = Kind[Never]


class Kinds(Protocol):
    """The kinds of task that this installation knows."""

    def names(self) -> Sequence[str]: ...

    def find(self, name: str) -> type[AnyKind] | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTask:
    """A task to be made by another part of the product. `id` lets it share the id of what it works on."""

    kind: str
    payload: msgspec.Struct
    title: str = ""
    description: str = ""
    priority: int = 5
    run_at: datetime | None = None
    timeout_s: int = 600
    max_attempts: int = 5
    unique_key: str | None = None
    created_by: UserId | None = None
    source: Source = Source.INTERNAL
    id: TaskId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """A task that is made once for every day, declared by the context that owns its kind (`Context.schedules`).

    The run of a day is due at `at` of the platform's time zone, `days_after` later; `name` never changes, since with
    the day it is the right to run. `title_of` names the task, by default with the day. Days missed while nothing ran
    are made up in order, 31 at most; an installation, or a schedule, that is new begins with the next run.
    """

    name: str
    at: time
    kind: str
    payload_of: Callable[[date], msgspec.Struct]
    title_of: Callable[[date], str] = date.isoformat
    days_after: int = 0
    priority: int = 5
    timeout_s: int = 600
    max_attempts: int = 5


@dataclass(frozen=True, slots=True)
class Timetable:
    """The schedules of this installation, and the time zone in which its days begin."""

    schedules: Sequence[Schedule]
    zone: ZoneInfo


class TaskQueue(Protocol):
    """Tasks of other parts of the product, made and cancelled in the caller's running transaction."""

    async def add(self, new: NewTask) -> TaskId:
        """The task's id; that of the unfinished one with the same `unique_key` when there is one."""

    async def cancel(self, id: TaskId) -> None:
        """Stop a task; nothing happens to one that is finished or unknown."""


@dataclass(frozen=True, slots=True)
class TaskFailed:
    """A task is failed for good: cancelled, refused or out of attempts. `code` is an ErrorCode."""

    task_id: TaskId
    kind: str
    code: str
    message: str


class MessageHandler[D: msgspec.Struct](Protocol):
    """What one schema of message does. `queue` is a word that a setting gives a queue to (`tasks`: LYCEUM_TASKS_QUEUE);
    `schema` is NAME/MAJOR; `data` ignores fields that it does not know, as newer senders may say more."""

    queue: ClassVar[str]
    schema: ClassVar[str]
    data: ClassVar[type[msgspec.Struct]]

    async def handle(self, message: Incoming[D]) -> Handled:
        """Do what the message says, in the running transaction; nothing outside the database.

        Raise Invalid for content that can never be used (a dead letter), another refusal for a no of the business,
        which is told to the sender. Any other error is tried again, then a dead letter."""


type AnyHandler = MessageHandler[Never]


class Messages(Protocol):
    """The schemas of message that this installation takes, by queue."""

    def queues(self) -> Sequence[str]:
        """The names of the queues, as they are called at the broker."""

    def handlers(self, queue: str) -> Sequence[type[AnyHandler]]: ...

    def find(self, queue: str, name: str, major: int) -> type[AnyHandler] | None: ...


class SendMessage(Protocol):
    async def __call__(
        self, queue: str, schema: str, data: msgspec.Struct, *, id: UUID | None = None, reply_to: str | None = None
    ) -> UUID:
        """Publish a message with its envelope after the caller's transaction has committed, at least once.

        The id, by which receivers tell duplicates. Raise MessageTooLarge above 256 KiB."""


@dataclass(frozen=True, slots=True)
class MessageRefused:
    """A message was understood, and the state of things did not allow it. `code` is the refusal's."""

    message_id: UUID
    queue: str
    schema: str
    code: str
