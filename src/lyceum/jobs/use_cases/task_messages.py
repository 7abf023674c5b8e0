"""What messages of the queue `tasks` do: make a task, cancel one, start a failed one anew.

Systems that may write to the broker are trusted with tasks that nobody in particular made, such as those that came by
message, and not with those of people or of the schedule.
"""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

import msgspec

from lyceum.jobs.api import Handled, Incoming, Kinds
from lyceum.jobs.domain.refusals import TaskNotFound, UniqueKeyTaken
from lyceum.jobs.domain.tasks import Source, Task, TaskId
from lyceum.jobs.ports import Tasks
from lyceum.jobs.use_cases.creating import PlaceTask, TaskData, new_task, offered_kind
from lyceum.jobs.use_cases.steering import cancel, retry
from lyceum.kernel.ports import Outbox


class TaskNamed(msgspec.Struct, frozen=True):
    """Which task is meant."""

    task_id: UUID


@dataclass(frozen=True, slots=True)
class MakeTask:
    """`task/1`: the same as `POST /api/jobs/tasks`, without a limit of unfinished tasks."""

    queue: ClassVar[str] = "tasks"
    schema: ClassVar[str] = "task/1"
    data: ClassVar[type[msgspec.Struct]] = TaskData
    kinds: Kinds
    place: PlaceTask

    async def handle(self, message: Incoming[TaskData]) -> Handled:
        kind = offered_kind(self.kinds, message.data.kind)
        placed = await self.place.place(new_task(kind, message.data, message.source, None))
        if placed.deduplicated and placed.task.created_by is not None:
            raise UniqueKeyTaken
        told = {"status": placed.task.status.value, "deduplicated": placed.deduplicated}
        return Handled(placed.task.id, told)


@dataclass(frozen=True, slots=True)
class CancelByMessage:
    """`task_cancel/1`: refused for a finished task."""

    queue: ClassVar[str] = "tasks"
    schema: ClassVar[str] = "task_cancel/1"
    data: ClassVar[type[msgspec.Struct]] = TaskNamed
    tasks: Tasks
    outbox: Outbox

    async def handle(self, message: Incoming[TaskNamed]) -> Handled:
        task = await _task(self.tasks, message.data)
        await cancel(self.tasks, self.outbox, task)
        return Handled(task.id, {"status": task.status.value})


@dataclass(frozen=True, slots=True)
class RetryByMessage:
    """`task_retry/1`: refused for a task that is not failed."""

    queue: ClassVar[str] = "tasks"
    schema: ClassVar[str] = "task_retry/1"
    data: ClassVar[type[msgspec.Struct]] = TaskNamed
    tasks: Tasks

    async def handle(self, message: Incoming[TaskNamed]) -> Handled:
        task = await _task(self.tasks, message.data)
        await retry(self.tasks, task)
        return Handled(task.id, {"status": task.status.value})


async def _task(tasks: Tasks, named: TaskNamed) -> Task:
    """The locked task; one of a person or of the schedule is as good as absent."""
    task = await tasks.find_for_update(TaskId(named.task_id))
    if task is None or task.created_by is not None or task.source is Source.CRON:
        raise TaskNotFound(id=named.task_id)
    return task


HANDLERS = (MakeTask, CancelByMessage, RetryByMessage)
