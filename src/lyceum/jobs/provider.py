"""The bindings of jobs. The kinds themselves are bound where they belong."""

from dishka import AnyOf, AsyncContainer, Provider, Scope, provide, provide_all

from lyceum.jobs.adapters.claims import SqlClaims
from lyceum.jobs.adapters.demo import Demo
from lyceum.jobs.adapters.pages import TaskScreens
from lyceum.jobs.adapters.presence import Presence
from lyceum.jobs.adapters.pruning import Pruning
from lyceum.jobs.adapters.queries import TaskQueries
from lyceum.jobs.adapters.repositories import SqlLimits, SqlReplays, SqlTasks
from lyceum.jobs.adapters.running import Runner
from lyceum.jobs.adapters.scheduling import Scheduler, SqlDatabaseClock, SqlRuns
from lyceum.jobs.adapters.telling import TaskMetrics
from lyceum.jobs.adapters.wake import Listener, TaskSignal
from lyceum.jobs.adapters.worker import Rhythm, Worker
from lyceum.jobs.api import TaskQueue, Timetable
from lyceum.jobs.ports import Claims, DatabaseClock, Limits, Replays, Runs, Tasks
from lyceum.jobs.use_cases.creating import CreateTask, PlaceTask
from lyceum.jobs.use_cases.scheduling import MakeDueTasks
from lyceum.jobs.use_cases.steering import CancelTask, RetryTask
from lyceum.platform.database import Database
from lyceum.platform.settings import Settings


class JobsProvider(Provider):
    """`Kinds` and `Timetable` are the composition root's to provide."""

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
    demo = provide(Demo)
    signal = provide(TaskSignal, scope=Scope.APP)
    listener = provide(Listener, scope=Scope.APP)
    metrics = provide(TaskMetrics, scope=Scope.APP)
    pruning = provide(Pruning, scope=Scope.APP)
    queries = provide(TaskQueries, scope=Scope.APP)
    runner = provide(Runner, scope=Scope.APP)
    screens = provide(TaskScreens, scope=Scope.APP)

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
    ) -> Worker:
        return Worker(container, database, signal, runner, pruning, presence, rhythm)

    @provide(scope=Scope.APP)
    def scheduler(self, container: AsyncContainer, timetable: Timetable, presence: Presence) -> Scheduler:
        return Scheduler(container, timetable, presence)
