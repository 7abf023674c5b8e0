"""Numbers for Prometheus: requests by route template, database pools, the outbox, and what contexts count themselves.

With several worker processes each writes its numbers into a shared folder (`share_between_processes`, before this
module is first imported), and whichever worker is asked answers for all.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Response, get
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.multiprocess import MultiProcessCollector
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.pool import QueuePool

from lyceum.platform.database import Database
from lyceum.platform.outbox import outbox, outbox_age
from lyceum.platform.shared_metrics import forget_dead_processes, shared_folder

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
SAMPLE_SECONDS = 2.0
SCRAPE_SECONDS = 3.0

type Cell = tuple[Callable[[], None], Callable[[float], None]]
type Look = Callable[[AsyncConnection], Awaitable[None]]


class Metrics:
    """All numbers of one application.

    `in_flight` is a plain number that the middleware counts; gauges take it up when they are read. The children of
    the labelled metrics are kept by key, because finding one costs more than counting.
    """

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        registry = self.registry = CollectorRegistry()
        self.in_flight = 0
        self.folder = shared_folder()
        self._requests = Counter(
            "lyceum_http_requests", "Requests answered.", ["route", "method", "status"], registry=registry
        )
        self._seconds = Histogram(
            "lyceum_http_request_seconds",
            "Time from the request's arrival to the answer's last byte, in seconds.",
            ["route", "method", "class"],
            buckets=BUCKETS,
            registry=registry,
        )
        self._in_flight = self._gauge("http_in_flight", "Requests being answered.")
        self._pool = self._gauge("db_pool", "Database connections.", "pool", "state")
        self._outbox_age = self._gauge("outbox_age_seconds", "How long the oldest event has waited.", of_all=True)
        self._outbox_failed = self._gauge("outbox_failed", "Events set aside after too many tries.", of_all=True)
        self._cells: dict[tuple[str, str, int], Cell] = {}
        self._counters: dict[str, Counter] = {}
        self._looks: list[Look] = []
        if self.folder is None:
            ProcessCollector(registry=registry)

    def observe(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count one answered request."""
        if method not in METHODS:
            method = "OTHER"
        cell = self._cells.get((route, method, status))
        if cell is None:
            cell = self._cells[(route, method, status)] = (
                self._requests.labels(route, method, str(status)).inc,
                self._seconds.labels(route, method, f"{status // 100}xx").observe,
            )
        cell[0]()
        cell[1](seconds)

    def counter(self, name: str, meaning: str, *labels: str) -> Counter:
        """The counter `lyceum_NAME_total` of something that a context counts: answers, sign-ups, imports."""
        if name not in self._counters:
            self._counters[name] = Counter(f"lyceum_{name}", meaning, labels, registry=self.registry)
        return self._counters[name]

    def histogram(self, name: str, meaning: str, buckets: Sequence[float], *labels: str) -> Histogram:
        """The histogram `lyceum_NAME`; made once by its owner."""
        return Histogram(f"lyceum_{name}", meaning, labels, buckets=buckets, registry=self.registry)

    def gauge(self, name: str, meaning: str, *labels: str) -> Gauge:
        """The gauge `lyceum_NAME` of a state that all processes share; made once by its owner, set by its look."""
        return self._gauge(name, meaning, *labels, of_all=True)

    def look_at(self, look: Look) -> None:
        """Have `look` set gauges from the database whenever the numbers are asked for."""
        self._looks.append(look)

    def sample(self, database: Database) -> None:
        """Take up what changes without being counted: pools, requests in flight."""
        self._in_flight.set(self.in_flight)
        for name, pool in pools(database).items():
            self._pool.labels(name, "in_use").set(pool.checkedout())
            self._pool.labels(name, "idle").set(pool.checkedin())
            self._pool.labels(name, "most").set(pool.size())

    async def run(self, database: Database) -> None:
        """Keep the samples of this process fresh for the other ones; returns at once when there are none."""
        while self.folder is not None:
            self.sample(database)
            await asyncio.sleep(SAMPLE_SECONDS)

    async def scrape(self, database: Database) -> bytes:
        """Everything in the text format of Prometheus; a database that is away leaves out only its own numbers."""
        self.sample(database)
        with suppress(SQLAlchemyError, OSError, TimeoutError):
            async with asyncio.timeout(SCRAPE_SECONDS), database.read() as connection:
                self._outbox_age.set(await outbox_age(connection))
                failed = select(func.count()).select_from(outbox).where(outbox.c.failed_at.is_not(None))
                self._outbox_failed.set(await connection.scalar(failed) or 0)
                for look in self._looks:
                    await look(connection)
        if self.folder is None:
            return generate_latest(self.registry)
        forget_dead_processes(self.folder)
        everyone = CollectorRegistry()
        MultiProcessCollector(everyone, str(self.folder))  # type: ignore[no-untyped-call]
        return generate_latest(everyone)

    def _gauge(self, name: str, meaning: str, *labels: str, of_all: bool = False) -> Gauge:
        """Summed over the processes, or `of_all`: the same for all, and the last one to look is right."""
        return Gauge(
            f"lyceum_{name}",
            meaning,
            labels,
            registry=self.registry,
            multiprocess_mode="mostrecent" if of_all else "livesum",
        )


def pools(database: Database) -> dict[str, QueuePool]:
    """The pools of the database by name; PostgreSQL has one for both ways."""
    writes, reads = database.writes.pool, database.reads.pool
    found = {"all": writes} if writes is reads else {"writes": writes, "reads": reads}
    return {name: pool for name, pool in found.items() if isinstance(pool, QueuePool)}


class MetricsController(Controller):
    """For the operator's Prometheus; keep it from the public at the proxy."""

    path = "/metrics"
    include_in_schema = False

    @get()
    @inject
    async def scrape(self, metrics: FromDishka[Metrics], database: FromDishka[Database]) -> Response[bytes]:
        return Response(await metrics.scrape(database), headers={"Content-Type": CONTENT_TYPE_LATEST})
