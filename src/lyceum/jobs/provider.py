"""The bindings of jobs. The kinds themselves are bound where they belong."""

from dishka import AnyOf, AsyncContainer, Provider, Scope, provide, provide_all

from lyceum.jobs.adapters.claims import SqlClaims
from lyceum.jobs.adapters.demo import Demo
from lyceum.jobs.adapters.pages import TaskScreens
from lyceum.jobs.adapters.pruning import Pruning
from lyceum.jobs.adapters.queries import TaskQueries
from lyceum.jobs.adapters.repositories import SqlLimits, SqlReplays, SqlTasks
from lyceum.jobs.adapters.running import Runner
from lyceum.jobs.adapters.telling import TaskMetrics
from lyceum.jobs.adapters.wake import Listener, TaskSignal
from lyceum.jobs.adapters.worker import Rhythm, Worker
from lyceum.jobs.api import TaskQueue
from lyceum.jobs.ports import Claims, Limits, Replays, Tasks
from lyceum.jobs.use_cases.creating import CreateTask, PlaceTask
from lyceum.jobs.use_cases.steering import CancelTask, RetryTask
from lyceum.platform.database import Database
from lyceum.platform.settings import Settings


class JobsProvider(Provider):
    """`Kinds` is the composition root's to provide."""

    scope = Scope.REQUEST

    tasks = provide(SqlTasks, provides=Tasks)
    limits = provide(SqlLimits, provides=Limits)
    replays = provide(SqlReplays, provides=Replays)
    claims = provide(SqlClaims, provides=Claims)
    queue = provide(PlaceTask, provides=AnyOf[PlaceTask, TaskQueue])
    use_cases = provide_all(CreateTask, CancelTask, RetryTask)
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
        rhythm: Rhythm,
    ) -> Worker:
        return Worker(container, database, signal, runner, pruning, rhythm)
