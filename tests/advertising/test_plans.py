"""PostgreSQL plans the statements of the ledger once, and its plan looks rows up by their keys."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import uuid4

import asyncpg
import pytest

from lyceum.advertising.adapters.ledger_postgres import CLICK, SHOW
from lyceum.platform.database import Database
from lyceum.platform.prepared import driver_of

TIMES = 12
"""PostgreSQL makes five plans for the values at hand before it thinks of keeping one."""
TABLES = [f"advertising_{name}" for name in ("campaigns", "charges", "clients", "tallies", "views")]
HIDDEN = {"(SELECT $1::uuid[])": "$1::uuid[]", "(SELECT $2::uuid[])": "$2::uuid[]"}


@pytest.fixture
async def driver(postgres_database: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection with empty tables of its own, of which the planner knows nothing, whatever other tests left."""
    database = Database.connect(postgres_database, pool_size=1)
    async with database.read() as connection:
        driver = await driver_of(connection)
        for name in TABLES:
            await driver.execute(f"CREATE TEMP TABLE {name} (LIKE public.{name} INCLUDING ALL)")
        yield driver
    await database.close()


async def plans_made(driver: asyncpg.Connection, statement: str, *rest: object) -> tuple[int, int]:
    """For the values at hand, and kept, when so many batches of one and two came."""
    for size in (1, 2) * (TIMES // 2):
        ids = [uuid4() for _ in range(size)]
        await driver.fetch(statement, ids, ids, *rest)
    made = "SELECT custom_plans, generic_plans FROM pg_prepared_statements WHERE statement = $1"
    custom, generic = await driver.fetchrow(made, statement)
    return custom, generic


async def test_clicks_keep_one_plan(driver: asyncpg.Connection) -> None:
    assert await plans_made(driver, CLICK, 1, datetime.now(UTC)) == (5, TIMES - 5)


async def test_clicks_would_be_planned_anew_each_time_if_the_sizes_of_batches_were_known(
    driver: asyncpg.Connection,
) -> None:
    plain = CLICK
    for hidden, known in HIDDEN.items():
        assert hidden in plain
        plain = plain.replace(hidden, known)
    assert await plans_made(driver, plain, 1, datetime.now(UTC)) == (TIMES, 0)


@pytest.mark.parametrize(
    ("statement", "kinds", "values"),
    [
        (CLICK, "uuid[], uuid[], bigint, timestamptz", "'{}', '{}', 1, now()"),
        (SHOW, "uuid[], uuid[], bigint, int, timestamptz, bigint[]", "'{}', '{}', 1, 5, now(), '{}'"),
    ],
)
async def test_the_plan_that_is_kept_reads_no_large_table_whole(
    statement: str, kinds: str, values: str, driver: asyncpg.Connection
) -> None:
    await driver.execute("SET plan_cache_mode = force_generic_plan")
    await driver.execute(f"PREPARE kept({kinds}) AS {statement}")
    plan = "\n".join(row[0] for row in await driver.fetch(f"EXPLAIN EXECUTE kept({values})"))
    assert "Index Scan using advertising_campaigns_pkey" in plan
    for name in ("campaigns", "views", "clients"):
        assert f"Seq Scan on advertising_{name}" not in plan, plan
