"""A database of its own for each experiment, with tasks to be put in and looked at."""

import asyncio
import os
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from uuid import UUID

import asyncpg
import msgspec

from chaos.work import WorkPayload, effects
from lyceum.kernel.ids import uuid7
from lyceum.platform.database import Database
from lyceum.platform.migrations import migrate
from lyceum.platform.settings import Settings

SERVER = os.environ.get("LYCEUM_TEST_POSTGRES", "postgresql://root@127.0.0.1/postgres")
SEED = """
INSERT INTO jobs_tasks (id, kind, title, description, status, payload, priority, run_at, timeout_s, max_attempts,
    attempt, losses, done, total, note, created_at, source, version)
VALUES ($1, 'chaos', '', 'chaos', 'new', $2, $3, clock_timestamp() - make_interval(secs => $4), 600, $5,
    0, 0, 0, 0, '', clock_timestamp(), 'internal', 1)
"""


@dataclass(frozen=True, slots=True)
class Seeded:
    """A task to be put in: due for `ago` seconds (negative: due in so many)."""

    work: WorkPayload
    priority: int = 5
    ago: float = 0.0
    max_attempts: int = 10
    id: UUID = field(default_factory=uuid7)


@dataclass(slots=True)
class Ground:
    """One migrated PostgreSQL database and a data folder; `sql` watches, aside from the product's own pools."""

    settings: Settings
    sql: asyncpg.Connection

    async def seed(self, given: Sequence[Seeded]) -> None:
        rows = [(it.id, msgspec.json.encode(it.work).decode(), it.priority, it.ago, it.max_attempts) for it in given]
        await self.sql.executemany(SEED, rows)
        await self.sql.execute("SELECT pg_notify('lyceum_tasks', '')")

    async def clear(self) -> None:
        await self.sql.execute("TRUNCATE jobs_tasks, jobs_task_events, jobs_task_log, chaos_effects, outbox")
        for path in self.settings.data_dir.glob("*.log"):
            path.unlink()

    async def counts(self) -> dict[str, int]:
        """Tasks by status."""
        rows = await self.sql.fetch("SELECT status, count(*) AS n FROM jobs_tasks GROUP BY status")
        return {row["status"]: row["n"] for row in rows}

    async def now(self) -> datetime:
        """What time the database has."""
        moment: datetime = await self.sql.fetchval("SELECT clock_timestamp()")
        return moment

    async def held_by(self, worker: UUID) -> list[UUID]:
        rows = await self.sql.fetch("SELECT id FROM jobs_tasks WHERE worker_id = $1 AND status = 'in_progress'", worker)
        return [row["id"] for row in rows]

    async def until_over(self, seconds: float) -> bool:
        """Wait until no task is open; False when the time runs out."""
        deadline = time.monotonic() + seconds
        while await self.sql.fetchval("SELECT EXISTS (SELECT FROM jobs_tasks WHERE status IN ('new', 'in_progress'))"):
            if time.monotonic() > deadline:
                return False
            await asyncio.sleep(0.1)
        return True

    async def doubled(self) -> int:
        """Effects beyond the first of their task."""
        return int(await self.sql.fetchval("SELECT count(*) - count(DISTINCT task_id) FROM chaos_effects"))

    async def value(self, query: str, *arguments: object) -> int:
        return int(await self.sql.fetchval(query, *arguments) or 0)


@asynccontextmanager
async def ground() -> AsyncIterator[Ground]:
    """A database on the test server, dropped at the end."""
    name = f"lyceum_chaos_{os.getpid()}"
    await statement(f'CREATE DATABASE "{name}"')
    url = SERVER.rsplit("/", 1)[0] + f"/{name}"
    try:
        with tempfile.TemporaryDirectory(prefix="lyceum-chaos-") as folder:
            async with prepared(url, Path(folder)) as made:
                yield made
    finally:
        await statement(f'DROP DATABASE "{name}" WITH (FORCE)')


@asynccontextmanager
async def prepared(url: str, folder: Path) -> AsyncIterator[Ground]:
    """An empty database, brought to the schema."""
    await migrate(url)
    database = Database.connect(url, pool_size=1)
    async with database.writes.begin() as connection:
        await connection.run_sync(effects.metadata.create_all)
    await database.close()
    settings = Settings(
        data_dir=folder, database_url=url, database_pool=5, secret_key="x" * 40, log_level="warning", log_format="json"
    )
    sql = await asyncpg.connect(url)
    try:
        yield Ground(settings, sql)
    finally:
        await sql.close()


async def statement(sql: str) -> None:
    connection = await asyncpg.connect(SERVER)
    try:
        await connection.execute(sql)
    finally:
        await connection.close()
