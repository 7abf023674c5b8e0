"""Cancelling and retrying tasks."""

from dataclasses import dataclass

from lyceum.accounts.api import Actor, Role
from lyceum.jobs.api import TaskFailed
from lyceum.jobs.domain.refusals import TaskNotFound
from lyceum.jobs.domain.tasks import Status, Task, TaskId
from lyceum.jobs.ports import Tasks
from lyceum.kernel.ports import Outbox, Transaction


@dataclass(frozen=True, slots=True)
class CancelTask:
    """The creator, or an operator, cancels a task: at once while it waits, within a heartbeat (10 s) while it runs.

    Refused for a finished task. Cancelling twice is cancelling once.
    """

    tasks: Tasks
    outbox: Outbox
    transaction: Transaction

    async def __call__(self, actor: Actor, id: TaskId) -> Task:
        actor.require(scope="jobs:write")
        async with self.transaction:
            task = require_own(actor, await self.tasks.find_for_update(id), id)
            await cancel(self.tasks, self.outbox, task)
        return task


@dataclass(frozen=True, slots=True)
class RetryTask:
    """The creator, or an operator, starts a failed task anew; refused for any other, and while an unfinished task has
    its unique key."""

    tasks: Tasks
    transaction: Transaction

    async def __call__(self, actor: Actor, id: TaskId) -> Task:
        actor.require(scope="jobs:write")
        async with self.transaction:
            task = require_own(actor, await self.tasks.find_for_update(id), id)
            await retry(self.tasks, task)
        return task


async def cancel(tasks: Tasks, outbox: Outbox, task: Task) -> None:
    """Cancel a task that the running transaction has locked, whoever asked for it."""
    now = await tasks.now()
    await tasks.save(task, task.cancel(now), now)
    tell_failure(outbox, task)


async def retry(tasks: Tasks, task: Task) -> None:
    """Start a task anew that the running transaction has locked, whoever asked for it."""
    now = await tasks.now()
    await tasks.save(task, task.retry(now), now)


def require_own(actor: Actor, task: Task | None, id: TaskId) -> Task:
    """Somebody else's task is as good as absent; operators see all."""
    if task is None or (task.created_by != actor.id and not actor.has(Role.OPERATOR)):
        raise TaskNotFound(id=id)
    return task


def tell_failure(outbox: Outbox, task: Task) -> None:
    """Let those who wait for the task know, if it is failed for good."""
    if task.status is Status.FAILED and task.error is not None:
        outbox.add(TaskFailed(task.id, task.kind, task.error.code.value, task.error.message))
