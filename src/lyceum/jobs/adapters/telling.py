"""Numbers about tasks for Prometheus."""

from prometheus_client import Counter, Histogram
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from lyceum.jobs.adapters.tables import IS_OPEN, IS_WAITING, tasks
from lyceum.platform.database_time import database_now, seconds_since
from lyceum.platform.metrics import Metrics

SECONDS = (0.01, 0.05, 0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0)
ATTEMPTS = (1, 2, 3, 5, 10, 25)


class TaskMetrics:
    """What this process did with tasks, and how the queue stands."""

    def __init__(self, metrics: Metrics) -> None:
        self._ended: Counter = metrics.counter(
            "tasks_ended",
            "Attempts at tasks by how they ended: completed, failed, again, lost, handed_back.",
            "kind",
            "end",
        )
        self._seconds: Histogram = metrics.histogram(
            "task_seconds", "How long an attempt took, in seconds.", SECONDS, "kind"
        )
        self._attempts: Histogram = metrics.histogram(
            "task_attempts", "How many attempts a finished task took.", ATTEMPTS, "kind"
        )
        self._open = metrics.gauge("tasks_open", "Unfinished tasks.", "kind", "status")
        self._oldest = metrics.gauge("task_oldest_seconds", "How long the oldest task that is due has waited.")
        self._seen: set[tuple[str, str]] = set()
        metrics.look_at(self.look)

        self._rescued: Counter = metrics.counter("tasks_rescued", "Tasks whose worker fell silent.", "kind")

    def count_rescue(self, kind: str) -> None:
        self._rescued.labels(kind).inc()

    def count(self, kind: str, end: str, seconds: float) -> None:
        self._ended.labels(kind, end).inc()
        self._seconds.labels(kind).observe(seconds)

    def finished(self, kind: str, attempts: int) -> None:
        self._attempts.labels(kind).observe(attempts)

    async def look(self, connection: AsyncConnection) -> None:
        """Take the state of the queue from the database."""
        counted = (
            select(tasks.c.kind, tasks.c.status, func.count()).where(IS_OPEN).group_by(tasks.c.kind, tasks.c.status)
        )
        found = {(kind, status): count for kind, status, count in await connection.execute(counted)}
        self._seen |= found.keys()
        for labels in self._seen:
            self._open.labels(*labels).set(found.get(labels, 0))
        self._oldest.set(await oldest_seconds(connection))


async def oldest_seconds(connection: AsyncConnection, *conditions: ColumnElement[bool]) -> float:
    """How long the task that is due the longest has been waiting; 0 when none is due."""
    due = select(func.max(seconds_since(tasks.c.run_at))).where(
        IS_WAITING, tasks.c.run_at <= database_now(), *conditions
    )
    return float(await connection.scalar(due) or 0.0)
