"""Numbers about tasks for Prometheus."""

from prometheus_client import Counter, Histogram
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from lyceum.jobs.adapters.message_tables import IS_REJECTED, inbox, outgoing
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
            "Attempts at tasks by how they ended: completed, failed, cancelled, again, lost, handed_back.",
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


class MessageMetrics:
    """What this process did with messages, and how many wait or are dead."""

    def __init__(self, metrics: Metrics) -> None:
        self._received: Counter = metrics.counter(
            "messages_received", "Messages by outcome: done, refused, rejected, duplicate, apart.", "queue", "outcome"
        )
        self._published: Counter = metrics.counter("messages_published", "Messages that a broker has confirmed.")
        self._failed: Counter = metrics.counter("messages_publish_failed", "Tries to publish that failed.")
        self._pauses: Counter = metrics.counter("messages_pauses", "How often consumers waited for a dependency.")
        self._up = metrics.gauge("broker_up", "Whether the latest process to look had its broker.")
        self._waiting = metrics.gauge("messages_waiting", "Messages to be published.")
        self._age = metrics.gauge("messages_age_seconds", "How long the oldest message to be published has waited.")
        self._dead = metrics.gauge("dead_letters", "Rejected messages that nobody has replayed.", "queue")
        self._seen: set[str] = set()
        metrics.look_at(self.look)

    def received(self, queue: str, outcome: str) -> None:
        self._received.labels(queue, outcome).inc()

    def published(self, count: int) -> None:
        self._published.inc(count)

    def not_published(self) -> None:
        self._failed.inc()

    def paused(self) -> None:
        self._pauses.inc()

    def broker_is_up(self, up: bool) -> None:
        self._up.set(up)

    async def look(self, connection: AsyncConnection) -> None:
        """Take the state of both ways from the database."""
        waits = outgoing.c.next_at.is_not(None)
        oldest = func.max(seconds_since(outgoing.c.created_at))
        count, age = (await connection.execute(select(func.count(), oldest).where(waits))).one()
        self._waiting.set(count)
        self._age.set(max(0.0, float(age or 0.0)))
        dead = select(inbox.c.queue, func.count().label("number")).where(IS_REJECTED).group_by(inbox.c.queue)
        found = {row.queue: row.number for row in await connection.execute(dead)}
        self._seen |= found.keys()
        for queue in self._seen:
            self._dead.labels(queue).set(found.get(queue, 0))


async def oldest_seconds(connection: AsyncConnection, *conditions: ColumnElement[bool]) -> float:
    """How long the task that is due the longest has been waiting; 0 when none is due."""
    due = select(func.max(seconds_since(tasks.c.run_at))).where(
        IS_WAITING, tasks.c.run_at <= database_now(), *conditions
    )
    return float(await connection.scalar(due) or 0.0)
