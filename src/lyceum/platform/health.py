"""Is each thing that the product leans on there, how fast does it answer, and what would mend it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from urllib.parse import urlsplit

import msgspec
from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Response, get
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import Example
from redis.asyncio import Redis
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from lyceum.platform.brokers import broker_answers
from lyceum.platform.database import Database
from lyceum.platform.file_store import StoredFiles
from lyceum.platform.files import FileMissing, new_key
from lyceum.platform.outbox import outbox, outbox_age
from lyceum.platform.settings import Settings

PATIENCE = 3.0
OLD_EVENT = 300.0


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """How one dependency is. `detail` is what it said, or its error; `fix` is what to do when it is not well."""

    name: str
    adapter: str
    ok: bool
    ms: float
    detail: str = ""
    fix: str = ""


class Health(msgspec.Struct, frozen=True):
    """`ready` when every check is well, `failing` otherwise."""

    status: str
    checks: Sequence[Check] = ()


@dataclass(frozen=True, slots=True)
class Probe:
    """One thing to look at. `look` returns what to say of it and raises when it is not well."""

    name: str
    adapter: str
    fix: str
    look: Callable[[], Awaitable[str]]

    async def check(self) -> Check:
        started = perf_counter()
        try:
            async with asyncio.timeout(PATIENCE):
                detail, ok = await self.look(), True
        except TimeoutError:
            detail, ok = f"no answer within {PATIENCE:.0f} s", False
        except Exception as error:  # noqa: BLE001 - whatever is wrong is what is reported
            cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
            detail, ok = f"{type(cause).__name__}: {cause}"[:300].partition("\n")[0], False
        ms = round((perf_counter() - started) * 1000, 1)
        return Check(name=self.name, adapter=self.adapter, ok=ok, ms=ms, detail=detail, fix="" if ok else self.fix)


@dataclass(frozen=True, slots=True)
class Probes:
    """All that this process leans on. `quick` ones are for readiness; `thorough` ones write as well, for `doctor`."""

    quick: Sequence[Probe]
    thorough: Sequence[Probe]

    async def checks(self, *, thorough: bool = False) -> list[Check]:
        """Look at everything at once; takes at most three seconds."""
        probes = self.thorough if thorough else self.quick
        return list(await asyncio.gather(*(probe.check() for probe in probes)))


def probes(settings: Settings, database: Database, files: StoredFiles) -> Probes:
    """What to look at under these settings."""
    url = database.writes.url
    where = (
        f"SQLite {Path(url.database or '').name}"
        if database.is_sqlite
        else f"PostgreSQL {url.host or ''}/{url.database}"
    )
    cache = settings.cache_url or "memory of this process"
    base = [
        Probe(
            "database", where, "Start it, or set LYCEUM_DATABASE_URL; then `lyceum migrate`.", lambda: _rows(database)
        ),
        Probe("cache", cache, "Start Redis, or empty LYCEUM_CACHE_URL.", lambda: _cache(settings.cache_url)),
        Probe(
            "outbox",
            "relay in process",
            "Look for outbox.delivery_failed in the log; the relay runs inside `lyceum serve` and `lyceum web`.",
            lambda: _outbox(database),
        ),
    ]
    said = "Start the broker, or mend LYCEUM_BROKER_URL; empty, messages stay in the process."
    broker = Probe("messages", _broker_name(settings.broker_url), said, lambda: broker_answers(settings))
    fix = "Check LYCEUM_FILES_URL and LYCEUM_S3_…, or that the data folder can be written and has room."
    return Probes(
        [*base, Probe("files", files.adapter.partition(" ")[0], fix, lambda: _files_answer(files))],
        [*base, Probe("files", files.adapter, fix, lambda: _files_work(files)), broker],
    )


def _broker_name(url: str) -> str:
    """The broker without its password."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}" if url else "this process"


async def _rows(database: Database) -> str:
    async with database.read() as connection:
        await connection.execute(text("SELECT 1"))
    return "answers"


async def _cache(url: str) -> str:
    if not url:
        return "always there"
    client = Redis.from_url(url, socket_connect_timeout=PATIENCE)
    try:
        await client.ping()
    finally:
        await client.aclose()
    return "answers"


async def _outbox(database: Database) -> str:
    async with database.read() as connection:
        age = await outbox_age(connection)
        failed = await connection.scalar(select(func.count()).where(outbox.c.failed_at.is_not(None)))
    said = f"oldest event waits {age:.0f} s, {failed} set aside"
    if age > OLD_EVENT:
        raise RuntimeError(said)
    return said


async def _files_answer(files: StoredFiles) -> str:
    try:
        await files.head(new_key("health"))
    except FileMissing:
        return "answers"
    return "answers"


async def _files_work(files: StoredFiles) -> str:
    async def letter() -> AsyncIterator[bytes]:
        yield b"written by the doctor"

    key = new_key("health")
    stored = await files.put(key, letter(), limit=100)
    try:
        size = sum([len(chunk) async for chunk in files.get(key)])
    finally:
        await files.delete([key])
    if size != stored.size:
        raise RuntimeError(f"{stored.size} bytes written, {size} read back")
    return "writes, reads, deletes"


EXAMPLE = Health("ready", [Check(name="database", adapter="SQLite lyceum.sqlite3", ok=True, ms=0.4, detail="answers")])


class HealthController(Controller):
    """For supervisors and load balancers."""

    path = "/health"
    tags: Sequence[str] | None = ("operation",)

    @get(
        "/live",
        operation_id="health_live",
        summary="Is the process alive?",
        description="Answers as soon as the process runs, whatever else is away.",
        sync_to_thread=False,
    )
    def live(self) -> Health:
        return Health("live")

    @get(
        "/ready",
        operation_id="health_ready",
        summary="Can it serve?",
        description="Each dependency with its error and how long it took to answer. 503 when one is not well.",
        responses={
            200: ResponseSpec(
                Health, description="Everything is well", examples=[Example(value=EXAMPLE)], generate_examples=False
            ),
            503: ResponseSpec(Health, description="Something is not well", generate_examples=False),
        },
    )
    @inject
    async def ready(self, probes: FromDishka[Probes]) -> Response[Health]:
        checks = await probes.checks()
        well = all(check.ok for check in checks)
        return Response(Health("ready" if well else "failing", checks), status_code=200 if well else 503)
