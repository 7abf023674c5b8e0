"""The product's guards, taken off one by one: what the negative controls run with. Nothing else may import this."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from dishka import AnyOf, AsyncContainer, Provider, Scope
from sqlalchemy import Integer, Uuid, bindparam, select, update

from lyceum.bank.adapters.staging import SqlStaging
from lyceum.bank.domain.transfers import TransferId
from lyceum.bank.transfer_ports import Staging
from lyceum.jobs.adapters.alone import HandleAlone
from lyceum.jobs.adapters.claims import SqlClaims, _due, _started
from lyceum.jobs.adapters.intake import Gate, Intake
from lyceum.jobs.adapters.messaging import Messaging, Session
from lyceum.jobs.adapters.outgoing import OutgoingRelay, Publisher
from lyceum.jobs.adapters.rows import encoded, task_of
from lyceum.jobs.adapters.scheduling import SqlRuns
from lyceum.jobs.adapters.tables import IS_WAITING, tasks
from lyceum.jobs.adapters.telling import MessageMetrics
from lyceum.jobs.adapters.wake import MessageSignal
from lyceum.jobs.api import Messages
from lyceum.jobs.domain.messages import Delivery, Outcome, Verdict
from lyceum.jobs.domain.tasks import Progress, Status, Task, TaskId
from lyceum.jobs.ports import Beat, Claims, DeadBodies, Runs
from lyceum.platform.database import Database, UTCDateTime
from lyceum.platform.database_time import database_now
from lyceum.platform.prepared import Changes, Prepared
from lyceum.platform.settings import Settings


class Guard(StrEnum):
    """What a control goes without."""

    FENCING = "fencing"
    AGEING = "ageing"
    DISCARD = "discard"
    CLOCK = "clock"
    DAYS = "days"
    CONFIRMS = "confirms"
    ACKNOWLEDGEMENT = "acknowledgement"
    PROBE = "probe"
    PATIENCE = "patience"
    APART = "apart"


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


class OtherClaims(SqlClaims):
    """Takes by another statement than the product's."""

    statement: ClassVar[Prepared]

    async def take(self, worker_id: UUID, claim_id: UUID, slots: int, lease_s: float) -> Sequence[Task]:
        given = {"worker": worker_id, "claim": claim_id, "lease": lease_s, "slots": slots, "mine": datetime.now(UTC)}
        taken = [task_of(row) for row in await self.statement.rows(self.transaction.connection, given)]
        await self._note_starts(taken)
        return taken


_TAKE_AGELESS = Prepared(
    update(tasks)
    .where(
        tasks.c.id.in_(
            select(tasks.c.id)
            .where(*_due)
            .order_by(tasks.c.priority.desc(), tasks.c.run_at, tasks.c.id)
            .limit(bindparam("slots", type_=Integer))
            .with_for_update(skip_locked=True)
        )
    )
    .values(_started)
    .returning(*tasks.c)
)


class AgelessClaims(OtherClaims):
    """The highest priority first, however long the others have waited."""

    statement = _TAKE_AGELESS


_TAKE_BY_OWN_CLOCK = Prepared(
    update(tasks)
    .where(
        tasks.c.id.in_(
            select(tasks.c.id)
            .where(IS_WAITING, tasks.c.run_at <= bindparam("mine", type_=UTCDateTime()))
            .limit(bindparam("slots", type_=Integer))
            .with_for_update(skip_locked=True)
        )
    )
    .values(_started)
    .returning(*tasks.c)
)


class OwnClockClaims(OtherClaims):
    """What is due is told by the clock of the worker's machine."""

    statement = _TAKE_BY_OWN_CLOCK


class HoardingStaging(SqlStaging):
    """What a dead run has staged stays, and is revealed with the rest."""

    async def discard(self, id: TransferId) -> int:
        return 0


class CarelessRuns(SqlRuns):
    """Whoever finds a day due makes its task."""

    async def take(self, schedule: str, day: date, task_id: TaskId) -> bool:
        await super().take(schedule, day, task_id)
        return True


class DeafRelay(OutgoingRelay):
    """What was sent counts as published, whatever the broker says."""

    async def _publish(self, publisher: Publisher, row: Any) -> Exception | None:
        await super()._publish(publisher, row)
        return None


class HastyIntake(Intake):
    """Says that a message is done before it is."""

    async def receive(self, delivery: Delivery) -> Verdict:
        pending.append(asyncio.create_task(super().receive(delivery)))
        return Verdict(Outcome.DONE)


class TrustingIntake(Intake):
    """Handles what comes again at once, beside all else, and believes the broker's count."""

    async def _once(self, delivery: Delivery) -> Verdict:
        return await super()._once(replace(delivery, alone=True))


class ImpatientIntake(Intake):
    """Gives a message back at once when the database is away."""

    async def receive(self, delivery: Delivery) -> Verdict:
        return await self._once(delivery)


pending: list[asyncio.Task[Verdict]] = []


class CredulousMessaging(Messaging):
    """Believes in its connection for as long as nobody closes it."""

    async def _made(self) -> Session:
        from lyceum.jobs.adapters.rabbit import RabbitSession

        class Credulous(RabbitSession):
            async def _probe(self, channel: object) -> None:
                return

        return Credulous(f"{self.settings.broker_url}?heartbeat=0", self.messages.queues(), self.container, self.gate)


def credulous_messaging(
    settings: Settings,
    container: AsyncContainer,
    messages: Messages,
    intake: Intake,
    gate: Gate,
    relay: OutgoingRelay,
    alone: HandleAlone,
    metrics: MessageMetrics,
) -> AnyOf[Messaging, DeadBodies]:
    return CredulousMessaging(settings, container, messages, intake, gate, relay, alone, metrics)


def deaf_relay(database: Database, signal: MessageSignal, metrics: MessageMetrics) -> OutgoingRelay:
    return DeafRelay(database, signal, metrics)


def provider(off: Guard | None) -> Provider:
    """The bindings of a worker without one of its guards."""
    made = Provider(scope=Scope.REQUEST)
    if off is Guard.FENCING:
        made.provide(UnfencedClaims, provides=Claims, override=True)
    elif off is Guard.AGEING:
        made.provide(AgelessClaims, provides=Claims, override=True)
    elif off is Guard.CLOCK:
        made.provide(OwnClockClaims, provides=Claims, override=True)
    elif off is Guard.DAYS:
        made.provide(CarelessRuns, provides=Runs, override=True)
    elif off is Guard.ACKNOWLEDGEMENT:
        made.provide(HastyIntake, provides=Intake, scope=Scope.APP, override=True)
    elif off is Guard.APART:
        made.provide(TrustingIntake, provides=Intake, scope=Scope.APP, override=True)
    elif off is Guard.PATIENCE:
        made.provide(ImpatientIntake, provides=Intake, scope=Scope.APP, override=True)
    elif off is Guard.PROBE:
        made.provide(credulous_messaging, scope=Scope.APP, override=True)
    elif off is Guard.CONFIRMS:
        made.provide(deaf_relay, provides=OutgoingRelay, scope=Scope.APP, override=True)
    elif off is Guard.DISCARD:
        made.provide(HoardingStaging, provides=Staging, override=True)
    return made
