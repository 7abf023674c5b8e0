"""The dependency container: which adapter stands behind which port, by the settings."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from dishka import AnyOf, AsyncContainer, Provider, Scope, from_context, make_async_container, provide, provide_all
from dishka.integrations.litestar import LitestarProvider

from lyceum.accounts.api import Traces
from lyceum.jobs.adapters.registry import KnownKinds, KnownMessages
from lyceum.jobs.adapters.reports import ReportParts
from lyceum.jobs.api import Kinds, Messages, Timetable
from lyceum.kernel.clock import SystemClock
from lyceum.kernel.ids import UserId
from lyceum.kernel.ports import Clock, Outbox, Transaction
from lyceum.main.contexts import CONTEXTS
from lyceum.platform.daily import ReportPart
from lyceum.platform.database import Database, SqlTransaction
from lyceum.platform.desk import Desk, DeskPart
from lyceum.platform.housekeeping import DeliveredEvents, Housekeeping, Pruner, UnusedFiles
from lyceum.platform.outbox import Relay, Signal, SqlOutbox, Subscriber, kind_of
from lyceum.platform.pages import Pages
from lyceum.platform.provider import FilesProvider, OperationProvider
from lyceum.platform.settings import Settings
from lyceum.platform.turns import Turns


class PlatformProvider(Provider):
    """Database, transaction, outbox and clock, shared by every context."""

    settings = from_context(Settings, scope=Scope.APP)
    signal = provide(Signal, scope=Scope.APP)
    clock = provide(SystemClock, provides=Clock, scope=Scope.APP)
    outbox = provide(SqlOutbox, provides=Outbox, scope=Scope.REQUEST)
    leftovers = provide_all(Turns, DeliveredEvents, UnusedFiles, scope=Scope.APP)

    @provide(scope=Scope.APP)
    async def database(self, settings: Settings) -> AsyncIterator[Database]:
        database = Database.connect(settings.database, pool_size=settings.database_pool)
        yield database
        await database.close()

    @provide(scope=Scope.APP)
    def pages(self) -> Pages:
        return Pages()

    @provide(scope=Scope.REQUEST)
    def transaction(self, database: Database) -> AnyOf[SqlTransaction, Transaction]:
        return SqlTransaction(database)

    @provide(scope=Scope.APP)
    def kinds(self) -> Kinds:
        return KnownKinds.of([kind for context in CONTEXTS for kind in context.kinds])

    @provide(scope=Scope.APP)
    def timetable(self, settings: Settings) -> Timetable:
        schedules = [schedule for context in CONTEXTS for schedule in context.schedules]
        return Timetable(schedules, ZoneInfo(settings.time_zone))

    @provide(scope=Scope.APP)
    def messages(self, settings: Settings) -> Messages:
        handlers = [handler for context in CONTEXTS for handler in context.messages]
        return KnownMessages.of(handlers, settings.queues)

    @provide(scope=Scope.APP)
    def report_parts(self, container: AsyncContainer) -> ReportParts:
        async def parts() -> Sequence[ReportPart]:
            return [await container.get(kind) for context in CONTEXTS for kind in context.daily]

        return ReportParts(parts)

    @provide(scope=Scope.APP)
    def desk(self, container: AsyncContainer) -> Desk:
        async def parts() -> Sequence[DeskPart]:
            return [await container.get(kind) for context in CONTEXTS for kind in context.desk]

        return Desk(parts)

    @provide(scope=Scope.APP)
    def traces(self, container: AsyncContainer) -> Traces:
        return AllTraces(container)

    @provide(scope=Scope.APP)
    def housekeeping(self, container: AsyncContainer, settings: Settings, turns: Turns) -> Housekeeping:
        kinds = [*(pruner for context in CONTEXTS for pruner in context.pruners), DeliveredEvents, UnusedFiles]

        async def pruners() -> Sequence[Pruner]:
            return [await container.get(kind) for kind in kinds]

        return Housekeeping(pruners, turns, timedelta(minutes=settings.prune_minutes))

    @provide(scope=Scope.APP)
    def relay(self, database: Database, signal: Signal, container: AsyncContainer) -> Relay:
        events = {kind_of(event): event for context in CONTEXTS for event in context.subscribers}
        return Relay(database, signal, events, lambda: delivery_scope(container))


@dataclass(frozen=True, slots=True)
class AllTraces:
    """`accounts.api.Traces` of all contexts together."""

    container: AsyncContainer

    async def left_by(self, ids: Sequence[UserId]) -> set[UserId]:
        traces: list[Traces] = [await self.container.get(kind) for context in CONTEXTS for kind in context.traces]
        return set().union(*[await trace.left_by(ids) for trace in traces])


@dataclass(frozen=True, slots=True)
class DeliveryScope:
    """One delivery of the relay: subscribers share its transaction."""

    container: AsyncContainer
    transaction: SqlTransaction

    async def deliver(self, event: type, events: Sequence[object]) -> None:
        for context in CONTEXTS:
            if (subscriber := context.subscribers.get(event)) is not None:
                handle: Subscriber = await self.container.get(subscriber)
                await handle(events)


@asynccontextmanager
async def delivery_scope(container: AsyncContainer) -> AsyncIterator[DeliveryScope]:
    async with container() as request:
        yield DeliveryScope(request, await request.get(SqlTransaction))


def make_container(settings: Settings, *overrides: Provider) -> AsyncContainer:
    """The container of any entry point; `overrides` replace bindings (in tests)."""
    return _bindings(*overrides)({Settings: settings}, asyncio.Lock, Scope.APP)


@lru_cache(maxsize=4)
def _bindings(*overrides: Provider) -> AsyncContainer:
    """What makes what: checked and compiled once for a process, with no object of any of its applications."""
    contexts = [context.provider() for context in CONTEXTS]
    return make_async_container(
        PlatformProvider(),
        FilesProvider(),
        OperationProvider(),
        *contexts,
        LitestarProvider(),
        *overrides,
        start_scope=Scope.RUNTIME,
    )
