"""Fixtures of the whole suite: a database of each kind with the schema in it, and the application over it."""

import asyncio
import logging
import os
import secrets
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import httpx
import pytest
import structlog
from dishka import AsyncContainer
from litestar import Litestar
from redis.asyncio import Redis
from sqlalchemy import text

from lyceum.main.container import make_container
from lyceum.main.schema import metadata
from lyceum.platform.cache import Limits, MemoryLimits, RedisLimits
from lyceum.platform.database import Database
from lyceum.platform.migrations import migrate
from lyceum.platform.outbox import Relay
from lyceum.platform.settings import Settings
from tests.apps import an_app, running
from tests.needs import listening, need, postgres_url, redis_url

SECRET = "a-secret-of-the-tests-long-enough-to-sign"


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    """What a test sends elsewhere (the command line, to a stream that closes with it) is its own alone."""
    root = logging.getLogger()
    configured, config = structlog.is_configured(), structlog.get_config()
    handlers, level = root.handlers[:], root.level
    yield
    if configured:
        structlog.configure(**config)
    else:
        structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file, copied for each test."""
    path = tmp_path_factory.mktemp("template") / "lyceum.sqlite3"
    asyncio.run(migrate(f"sqlite:///{path}"))
    return path


@pytest.fixture(scope="session")
def postgres_database() -> Iterator[str]:
    """A migrated PostgreSQL database of this test process; dropped at the end."""
    server = urlsplit(postgres_url())
    need("postgres", found=listening(server.hostname or "127.0.0.1", server.port or 5432))
    name = f"lyceum_test_{os.getpid()}"
    asyncio.run(_statement(f'CREATE DATABASE "{name}"'))
    url = server._replace(path=f"/{name}").geturl()
    asyncio.run(migrate(url))
    yield url
    asyncio.run(_statement(f'DROP DATABASE "{name}" WITH (FORCE)'))


async def _statement(sql: str) -> None:
    connection = await asyncpg.connect(postgres_url())
    try:
        await connection.execute(sql)
    finally:
        await connection.close()


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty migrated database; a test that takes it runs once on each kind."""
    if request.param == "sqlite":
        path = tmp_path / "lyceum.sqlite3"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        return f"sqlite:///{path}"
    url: str = request.getfixturevalue("postgres_database")
    return url


SEEDED = {"bank_subjects", "bank_exam_profiles", "alembic_version"}


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database.connect(database_url, pool_size=20)
    yield database
    if not database.is_sqlite:
        await _empty(database)
    await database.close()


LARGE = 256 * 1024
"""Bytes from which a table is truncated, which takes as long for an empty one. Rows deleted before count as well."""


async def _empty(database: Database) -> None:
    names = [table.name for table in metadata.sorted_tables if table.name not in SEEDED]
    sizes = text("SELECT relname FROM pg_class WHERE relname = ANY(:names) AND pg_relation_size(oid) > :large")
    async with database.writes.begin() as connection:
        large = set(await connection.scalars(sizes, {"names": names, "large": LARGE}))
        statements = [f'DELETE FROM "{name}"' for name in reversed(names) if name not in large]
        statements += [f'TRUNCATE "{name}" CASCADE' for name in large]
        driver = (await connection.get_raw_connection()).driver_connection
        assert driver is not None
        await driver.execute("; ".join(statements))


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return Settings(
        data_dir=tmp_path / "data",
        database_url=database_url,
        secret_key=SECRET,
        database_pool=20,
        schedule=False,
        prune_minutes=0,
    )


@pytest.fixture
async def container(settings: Settings, database: Database) -> AsyncContainer:
    """The product's container; closed by the application that runs over it."""
    return make_container(settings)


@pytest.fixture
async def app(settings: Settings, container: AsyncContainer) -> AsyncIterator[Litestar]:
    app = an_app(settings, container)
    async with running(app):
        yield app


@pytest.fixture
async def client(app: Litestar) -> AsyncIterator[httpx.AsyncClient]:
    """A caller over ASGI, without cookies or credentials."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://lyceum.test") as client:
        yield client


@pytest.fixture(params=["memory", "redis"])
async def limits(request: pytest.FixtureRequest) -> AsyncIterator[Limits]:
    """The counters behind limits, in memory and in Redis."""
    if request.param == "memory":
        yield MemoryLimits()
        return
    server = urlsplit(redis_url())
    need("redis", found=listening(server.hostname or "127.0.0.1", server.port or 6379))
    prefix = f"lyceum-test-{secrets.token_hex(6)}:"
    client = Redis.from_url(redis_url())
    yield RedisLimits(client, prefix)
    async for key in client.scan_iter(f"{prefix}*"):
        await client.delete(key)
    await client.aclose()


@pytest.fixture
async def relay(container: AsyncContainer) -> Relay:
    """`await relay.drain()` delivers what the outbox holds, at once."""
    return await container.get(Relay)
