"""The bindings of jobs. Kinds and message handlers are bound where they belong."""

from dishka import AnyOf, AsyncContainer, Provider, Scope, provide, provide_all

from lyceum.jobs.adapters.alone import HandleAlone
from lyceum.jobs.adapters.claims import SqlClaims
from lyceum.jobs.adapters.demo import Demo
from lyceum.jobs.adapters.desk_pages import DeskScreen
from lyceum.jobs.adapters.inbox import SqlInbox, SqlOutgoing
from lyceum.jobs.adapters.intake import Gate, Intake
from lyceum.jobs.adapters.message_docs import MessageDocuments
from lyceum.jobs.adapters.message_queries import MessageQueries
from lyceum.jobs.adapters.messaging import Messaging
from lyceum.jobs.adapters.outgoing import OutgoingRelay
from lyceum.jobs.adapters.pages import TaskScreens
from lyceum.jobs.adapters.presence import Presence
from lyceum.jobs.adapters.pruning import Pruning
from lyceum.jobs.adapters.queries import TaskQueries
from lyceum.jobs.adapters.reports import MakeReport, ReportQueries, TasksOfDay
from lyceum.jobs.adapters.repositories import SqlLimits, SqlReplays, SqlTasks
from lyceum.jobs.adapters.running import Runner
from lyceum.jobs.adapters.scheduling import Scheduler, SqlDatabaseClock, SqlRuns
from lyceum.jobs.adapters.suspects import Suspects
from lyceum.jobs.adapters.telling import MessageMetrics, TaskMetrics
from lyceum.jobs.adapters.wake import Listener, MessageSignal, SuspectSignal, TaskSignal
from lyceum.jobs.adapters.worker import Rhythm, Worker
from lyceum.jobs.api import Messages, SendMessage, TaskQueue, Timetable
from lyceum.jobs.ports import (
    Claims,
    DatabaseClock,
    DeadBodies,
    Inbox,
    Limits,
    OutgoingMessages,
    Replays,
    Runs,
    Tasks,
)
from lyceum.jobs.use_cases.creating import CreateTask, PlaceTask
from lyceum.jobs.use_cases.receiving import ReadMessage, ReceiveMessage
from lyceum.jobs.use_cases.replaying import ReplayDeadLetter
from lyceum.jobs.use_cases.scheduling import MakeDueTasks
from lyceum.jobs.use_cases.sending import SendInEnvelope
from lyceum.jobs.use_cases.steering import CancelTask, RetryTask
from lyceum.jobs.use_cases.task_messages import HANDLERS
from lyceum.platform.database import Database
from lyceum.platform.settings import Settings


class JobsProvider(Provider):
    """`Kinds`, `Timetable` and `Messages` are the composition root's to provide."""

    scope = Scope.REQUEST

    tasks = provide(SqlTasks, provides=Tasks)
    limits = provide(SqlLimits, provides=Limits)
    replays = provide(SqlReplays, provides=Replays)
    claims = provide(SqlClaims, provides=Claims)
    queue = provide(PlaceTask, provides=AnyOf[PlaceTask, TaskQueue])
    use_cases = provide_all(CreateTask, CancelTask, RetryTask, MakeDueTasks)
    runs = provide(SqlRuns, provides=Runs)
    clock = provide(SqlDatabaseClock, provides=DatabaseClock, scope=Scope.APP)
    presence = provide(Presence, scope=Scope.APP)
    inbox = provide(SqlInbox, provides=Inbox)
    outgoing = provide(SqlOutgoing, provides=OutgoingMessages)
    sending = provide(SendInEnvelope, provides=SendMessage)
    receiving = provide(ReceiveMessage)
    replaying = provide(ReplayDeadLetter)
    message_documents = provide(MessageDocuments, scope=Scope.APP)
    message_queries = provide(MessageQueries, scope=Scope.APP)
    handlers = provide_all(*HANDLERS)
    reading = provide(ReadMessage, scope=Scope.APP)
    message_signal = provide(MessageSignal, scope=Scope.APP)
    message_metrics = provide(MessageMetrics, scope=Scope.APP)
    intake = provide(Intake, scope=Scope.APP)
    suspects = provide_all(Suspects, SuspectSignal, scope=Scope.APP)
    kinds = provide_all(Demo, MakeReport)
    reports = provide_all(ReportQueries, TasksOfDay, scope=Scope.APP)
    signal = provide(TaskSignal, scope=Scope.APP)
    listener = provide(Listener, scope=Scope.APP)
    metrics = provide(TaskMetrics, scope=Scope.APP)
    pruning = provide(Pruning, scope=Scope.APP)
    queries = provide(TaskQueries, scope=Scope.APP)
    runner = provide(Runner, scope=Scope.APP)
    screens = provide_all(TaskScreens, DeskScreen, scope=Scope.APP)

    @provide(scope=Scope.APP)
    def gate(self, database: Database, metrics: MessageMetrics) -> Gate:
        return Gate(database, metrics)

    @provide(scope=Scope.APP)
    def outgoing_relay(self, database: Database, signal: MessageSignal, metrics: MessageMetrics) -> OutgoingRelay:
        return OutgoingRelay(database, signal, metrics)

    @provide(scope=Scope.APP)
    def handle_alone(self, suspects: Suspects, signal: SuspectSignal, intake: Intake, gate: Gate) -> HandleAlone:
        return HandleAlone(suspects, signal, intake, gate)

    @provide(scope=Scope.APP)
    def messaging(
        self,
        settings: Settings,
        container: AsyncContainer,
        messages: Messages,
        intake: Intake,
        gate: Gate,
        relay: OutgoingRelay,
        alone: HandleAlone,
        metrics: MessageMetrics,
    ) -> AnyOf[Messaging, DeadBodies]:
        return Messaging(settings, container, messages, intake, gate, relay, alone, metrics)

    @provide(scope=Scope.APP)
    def rhythm(self, settings: Settings) -> Rhythm:
        return Rhythm(slots=settings.task_slots, lease=settings.task_lease_seconds, grace=settings.task_grace_seconds)

    @provide(scope=Scope.APP)
    def worker(
        self,
        container: AsyncContainer,
        database: Database,
        signal: TaskSignal,
        runner: Runner,
        pruning: Pruning,
        presence: Presence,
        rhythm: Rhythm,
        settings: Settings,
    ) -> Worker:
        prunes = settings.prune_minutes > 0
        return Worker(container, database, signal, runner, pruning, presence, rhythm, prunes)

    @provide(scope=Scope.APP)
    def scheduler(self, container: AsyncContainer, timetable: Timetable, presence: Presence) -> Scheduler:
        return Scheduler(container, timetable, presence)
