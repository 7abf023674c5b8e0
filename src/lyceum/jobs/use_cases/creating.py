"""Making tasks: for a caller over REST, and for other parts of the product in their own transaction."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from lyceum.accounts.api import Actor, Role
from lyceum.jobs.api import AnyKind, Kinds, NewTask
from lyceum.jobs.domain.refusals import (
    IdempotencyMismatch,
    InvalidPayload,
    KindNotOffered,
    TooManyOpenTasks,
    UniqueKeyTaken,
    UnknownKind,
)
from lyceum.jobs.domain.tasks import Source, Task, TaskId
from lyceum.jobs.ports import Limits, Replay, Replays, Tasks
from lyceum.kernel.errors import FieldProblem
from lyceum.kernel.ids import UserId, uuid7
from lyceum.kernel.ports import Transaction

PAYLOAD_BYTES = 64 << 10
MOST_OPEN = 200
TRIES = 5


class TaskData(msgspec.Struct, frozen=True, kw_only=True):
    """What to do. `description` alone is enough: a demo task, which emulates 5 to 10 seconds of work.

    `payload` is checked by the kind at once. `unique_key`: while a task with it is not finished, another one is not
    made, and the answer is that task.
    """

    description: Annotated[str, Meta(min_length=1, max_length=2000)]
    kind: Annotated[str, Meta(max_length=40)] = "demo"
    title: Annotated[str, Meta(max_length=200)] = ""
    payload: dict[str, object] = msgspec.field(default_factory=dict)
    priority: Annotated[int, Meta(ge=0, le=9)] = 5
    run_at: Annotated[datetime, Meta(tz=True)] | None = None
    timeout_s: Annotated[int, Meta(ge=1, le=7200)] = 600
    max_attempts: Annotated[int, Meta(ge=1, le=25)] = 5
    unique_key: Annotated[str, Meta(min_length=1, max_length=200)] | None = None


class TaskForm(TaskData, frozen=True, kw_only=True, forbid_unknown_fields=True):
    __doc__ = TaskData.__doc__


@dataclass(frozen=True, slots=True)
class Placed:
    """The task, and whether it is new, was there already by its unique key, or was made by this very request."""

    task: Task
    deduplicated: bool = False
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class PlaceTask:
    """`api.TaskQueue`: tasks made, and cancelled, in the transaction that is running."""

    tasks: Tasks

    async def add(self, new: NewTask) -> TaskId:
        return (await self.place(new)).task.id

    async def place(self, new: NewTask) -> Placed:
        """Keep the task, unless an unfinished one has its unique key."""
        for _ in range(TRIES):
            task, move = Task.created(**await self._fields(new))
            if await self.tasks.add(task, move):
                return Placed(task)
            if new.unique_key and (open := await self.tasks.open_with_key(new.unique_key)) is not None:
                return Placed(open, deduplicated=True)
        raise UniqueKeyTaken

    async def _fields(self, new: NewTask) -> Mapping[str, object]:
        now = await self.tasks.now()
        return {
            "id": new.id or TaskId(uuid7()),
            "kind": new.kind,
            "title": new.title,
            "description": new.description,
            "payload": msgspec.to_builtins(new.payload),
            "priority": new.priority,
            "run_at": new.run_at or now,
            "timeout_s": new.timeout_s,
            "max_attempts": new.max_attempts,
            "unique_key": new.unique_key,
            "source": new.source,
            "created_at": now,
            "created_by": new.created_by,
        }

    async def cancel(self, id: TaskId) -> None:
        task = await self.tasks.find_for_update(id)
        if task is not None and task.status.is_open:
            now = await self.tasks.now()
            await self.tasks.save(task, task.cancel(now), now)


@dataclass(frozen=True, slots=True)
class CreateTask:
    """A signed-in caller makes a task of a kind that is offered to their role.

    Refused: an unknown kind, a payload that the kind does not take or of more than 64 KiB, a kind made by other parts
    of the product, more than 200 unfinished tasks (operators have no limit), a unique key in use by somebody else's
    task. The same idempotency key with the same form answers with the task made before.
    """

    kinds: Kinds
    place: PlaceTask
    limits: Limits
    replays: Replays
    transaction: Transaction

    async def __call__(self, actor: Actor, form: TaskForm, key: str | None = None) -> Placed:
        actor.require(scope="jobs:write")
        new = self._checked(actor, form)
        request = hashlib.sha256(msgspec.json.encode(form, order="deterministic")).hexdigest()
        for _ in range(TRIES):
            try:
                return await self._create(actor, new, key, request)
            except SimultaneousReplay:
                continue
        raise UniqueKeyTaken

    async def _create(self, actor: Actor, new: NewTask, key: str | None, request: str) -> Placed:
        async with self.transaction:
            if key is not None and (known := await self.replays.find(actor.id, key)) is not None:
                return await self._replay(known, request)
            await self._within_limit(actor)
            placed = await self.place.place(new)
            if placed.deduplicated and placed.task.created_by != actor.id and not actor.has(Role.OPERATOR):
                raise UniqueKeyTaken
            if key is not None and not await self._keep(actor, key, request, placed):
                raise SimultaneousReplay
        return placed

    def _checked(self, actor: Actor, form: TaskForm) -> NewTask:
        kind = offered_kind(self.kinds, form.kind)
        actor.require(*sorted(kind.offered_to), scope=kind.scope)
        return new_task(kind, form, Source.REST, actor.id)

    async def _within_limit(self, actor: Actor) -> None:
        if not actor.has(Role.OPERATOR) and await self.limits.open_of(actor.id, MOST_OPEN) >= MOST_OPEN:
            raise TooManyOpenTasks(limit=MOST_OPEN)

    async def _replay(self, known: Replay, request: str) -> Placed:
        task = await self.place.tasks.find_for_update(known.task_id)
        if known.request_hash != request or task is None:
            raise IdempotencyMismatch
        return Placed(task, replayed=True)

    async def _keep(self, actor: Actor, key: str, request: str, placed: Placed) -> bool:
        replay = Replay(request, placed.task.id)
        return await self.replays.keep(actor.id, key, replay, placed.task.created_at)


class SimultaneousReplay(Exception):
    """The same key came twice at the same moment and the other one was first: ask again."""


def offered_kind(kinds: Kinds, name: str) -> type[AnyKind]:
    """The kind that callers may name; raise UnknownKind or KindNotOffered."""
    kind = kinds.find(name)
    if kind is None:
        raise UnknownKind(
            kind=name,
            kinds=", ".join(kinds.names()),
            problems=[FieldProblem("kind", "unknown", "There is no such kind of task.")],
        )
    if not kind.offered_to:
        raise KindNotOffered(kind=name)
    return kind


def new_task(kind: type[AnyKind], form: TaskData, source: Source, by: UserId | None) -> NewTask:
    """The task that a form describes, its payload as the kind takes it; raise InvalidPayload."""
    if b"\\u0000" in msgspec.json.encode(form):
        problem = FieldProblem("", "invalid", "The character NUL cannot be kept; leave it out.")
        raise InvalidPayload(kind=form.kind, problems=[problem])
    return NewTask(
        kind=form.kind,
        payload=read_payload(form.kind, kind.payload, form.payload),
        title=form.title,
        description=form.description,
        priority=form.priority,
        run_at=form.run_at,
        timeout_s=form.timeout_s,
        max_attempts=form.max_attempts,
        unique_key=form.unique_key,
        created_by=by,
        source=source,
    )


def read_payload[P: msgspec.Struct](kind: str, shape: type[P], payload: Mapping[str, object]) -> P:
    """The payload as its kind takes it; raise InvalidPayload with the place of the fault."""
    size = len(msgspec.json.encode(payload))
    if size > PAYLOAD_BYTES:
        problem = FieldProblem("payload", "too_large", "More than 64 KiB; upload a file and name it here.")
        raise InvalidPayload(kind=kind, problems=[problem])
    try:
        return msgspec.convert(payload, shape)
    except msgspec.ValidationError as error:
        message, _, path = str(error).partition(" - at `$")
        loc = "payload" + path.rstrip("`").replace(".", "/").replace("[", "/").replace("]", "")
        raise InvalidPayload(kind=kind, problems=[FieldProblem(loc, "invalid", message)]) from error
