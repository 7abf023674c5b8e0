"""How PostgreSQL goes about the statements of workers, whatever its statistics say."""

from collections.abc import AsyncIterator
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy.dialects.postgresql import asyncpg as dialect

from lyceum.jobs.adapters.claims import COMPLETE
from lyceum.jobs.adapters.tables import tasks
from lyceum.platform.database import Database
from tests.jobs.builders import Queue


@pytest.fixture
async def queue(postgres_database: str) -> AsyncIterator[Queue]:
    database = Database.connect(postgres_database)
    yield Queue(database)
    async with database.writes.begin() as connection:
        await connection.execute(tasks.delete())
    await database.close()


async def test_a_completion_reads_one_row(queue: Queue, postgres_database: str) -> None:
    """The statistics know of waiting tasks alone, as after a long import of them; then many run."""
    await queue.add()
    others = ", ".join(column.name for column in tasks.c if column is not tasks.c.id)
    more = f"INSERT INTO jobs_tasks (id, {others}) SELECT gen_random_uuid(), {others} FROM jobs_tasks"
    connection = await asyncpg.connect(postgres_database)
    try:
        await connection.execute(f"{more}, generate_series(1, 600)")
        await connection.execute("VACUUM ANALYZE jobs_tasks")
        taken = await queue.take(60)
        compiled = COMPLETE.compiled(dialect.dialect())
        given = {"task": taken[0].id, "claim": uuid4(), "outcome": None, "done_now": 0, "total_now": 0, "note_now": ""}
        plan = await connection.fetch(f"EXPLAIN {compiled.text}", *compiled.arguments(given))
        text = "\n".join(row[0] for row in plan)
        assert "Index Scan using pk_jobs_tasks" in text, text
    finally:
        await connection.close()
