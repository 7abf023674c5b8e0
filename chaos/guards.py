"""The product's guards, taken off one by one: what the negative controls run with. Nothing else may import this."""

from collections.abc import Mapping
from enum import StrEnum
from uuid import UUID

from dishka import Provider, Scope
from sqlalchemy import Uuid, bindparam, update

from lyceum.jobs.adapters.claims import SqlClaims
from lyceum.jobs.adapters.rows import encoded
from lyceum.jobs.adapters.tables import tasks
from lyceum.jobs.domain.tasks import Progress, Status, Task, TaskId
from lyceum.jobs.ports import Beat, Claims
from lyceum.platform.database_time import database_now
from lyceum.platform.prepared import Changes, Prepared


class Guard(StrEnum):
    FENCING = "fencing"


_COMPLETE = Prepared(
    update(tasks)
    .where(tasks.c.id == bindparam("task", type_=Uuid))
    .values(
        status=Status.COMPLETED.value,
        claim_id=None,
        lease_until=None,
        finished_at=database_now(),
        result=bindparam("outcome"),
    )
)


class UnfencedClaims(SqlClaims):
    """Whoever believes to have a task may prolong and complete it."""

    async def beat(self, id: TaskId, claim_id: UUID, lease_s: float, progress: Progress) -> Beat:
        beat = await super().beat(id, claim_id, lease_s, progress)
        return Beat(mine=True, cancelled=beat.cancelled)

    async def complete(
        self, task: Task, claim_id: UUID, result: Mapping[str, object] | None, progress: Progress
    ) -> None:
        self.transaction.last = Changes([(_COMPLETE, {"task": task.id, "outcome": encoded(result)})])


def provider(off: Guard | None) -> Provider:
    """The bindings of a worker without one of its guards."""
    made = Provider(scope=Scope.REQUEST)
    if off is Guard.FENCING:
        made.provide(UnfencedClaims, provides=Claims, override=True)
    return made
