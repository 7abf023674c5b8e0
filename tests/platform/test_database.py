"""The transaction and the engines, the same on SQLite and PostgreSQL."""

import asyncio
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import func, insert, select, update
from sqlalchemy.exc import IntegrityError, StatementError

from lyceum.kernel.ids import uuid7
from lyceum.platform.database import Database, SqlTransaction
from lyceum.platform.outbox import outbox


def a_row(**change: object) -> dict[str, object]:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    return {"id": uuid7(), "kind": "test.Row", "body": "{}", "created_at": now, "attempts": 0} | change


async def count(database: Database) -> int:
    async with database.read() as connection:
        return (await connection.execute(select(func.count()).select_from(outbox))).scalar_one()


async def test_a_clean_exit_commits_and_an_exception_keeps_nothing(database: Database) -> None:
    transaction = SqlTransaction(database)
    async with transaction:
        await transaction.connection.execute(insert(outbox), a_row())
    with pytest.raises(RuntimeError, match="on purpose"):
        async with transaction:
            await transaction.connection.execute(insert(outbox), a_row())
            raise RuntimeError("on purpose")
    assert await count(database) == 1


async def test_a_violated_constraint_rolls_the_whole_transaction_back(database: Database) -> None:
    row = a_row()
    transaction = SqlTransaction(database)
    with pytest.raises(IntegrityError):
        async with transaction:
            await transaction.connection.execute(insert(outbox), a_row())
            await transaction.connection.execute(insert(outbox), [row, row])
    assert await count(database) == 0


async def test_whatever_a_transaction_did_its_connection_comes_back_with_nothing_begun(database: Database) -> None:
    """Nothing at all; a statement; one that fails; a fault of the caller's before a statement and after one."""
    row = a_row()
    for before, statement, after in (
        (False, None, False),
        (False, row, False),
        (False, row, False),
        (True, None, False),
        (False, a_row(), True),
    ):
        try:
            async with SqlTransaction(database) as transaction:
                if before:
                    raise RuntimeError("on purpose")
                if statement is not None:
                    await transaction.connection.execute(insert(outbox), statement)
                if after:
                    raise RuntimeError("on purpose")
        except (IntegrityError, RuntimeError):
            pass
        assert database.writes.pool.checkedout() == 0  # type: ignore[attr-defined]
        async with database.writes.connect() as connection:
            raw = (await connection.get_raw_connection()).driver_connection
            assert raw is not None
            assert not (raw.in_transaction if database.is_sqlite else raw.is_in_transaction())
    assert await count(database) == 1


async def test_a_connection_outside_the_block_and_a_nested_block_are_refused(database: Database) -> None:
    transaction = SqlTransaction(database)
    with pytest.raises(RuntimeError, match="No transaction"):
        _ = transaction.connection
    async with transaction:
        with pytest.raises(RuntimeError, match="already running"):
            await transaction.__aenter__()


async def test_hooks_run_before_the_commit_and_callbacks_only_after_it(database: Database) -> None:
    seen: list[str] = []
    transaction = SqlTransaction(database)

    async def hook(_: object) -> None:
        seen.append(f"hook, {await count(database)} visible")

    async with transaction:
        await transaction.connection.execute(insert(outbox), a_row())
        transaction.before_commit.append(hook)
        transaction.after_commit.append(lambda: seen.append("committed"))
    with pytest.raises(RuntimeError):
        async with transaction:
            transaction.after_commit.append(lambda: seen.append("never"))
            raise RuntimeError
    assert seen == ["hook, 0 visible", "committed"]


async def test_concurrent_read_then_write_transactions_lose_no_update(database: Database) -> None:
    row = a_row()
    async with database.writes.begin() as connection:
        await connection.execute(insert(outbox), row)

    async def increase() -> None:
        transaction = SqlTransaction(database)
        async with transaction:
            query = select(outbox.c.attempts).where(outbox.c.id == row["id"]).with_for_update()
            attempts = (await transaction.connection.execute(query)).scalar_one()
            await asyncio.sleep(0)
            change = update(outbox).where(outbox.c.id == row["id"]).values(attempts=attempts + 1)
            await transaction.connection.execute(change)

    await asyncio.gather(*(increase() for _ in range(32)))
    async with database.read() as connection:
        assert (await connection.execute(select(outbox.c.attempts))).scalar_one() == 32


async def test_without_the_lock_updates_are_lost(database: Database) -> None:
    """The negative control of the test above: reading outside the transaction loses updates."""
    row = a_row()
    async with database.writes.begin() as connection:
        await connection.execute(insert(outbox), row)
    barrier = asyncio.Barrier(8)

    async def increase() -> None:
        async with database.read() as connection:
            attempts = (await connection.execute(select(outbox.c.attempts))).scalar_one()
        await barrier.wait()
        transaction = SqlTransaction(database)
        async with transaction:
            await transaction.connection.execute(update(outbox).values(attempts=attempts + 1))

    await asyncio.gather(*(increase() for _ in range(8)))
    async with database.read() as connection:
        assert (await connection.execute(select(outbox.c.attempts))).scalar_one() < 8


async def test_a_lock_of_another_process_is_waited_for_with_the_loop_free(database: Database) -> None:
    if not database.is_sqlite:
        pytest.skip("PostgreSQL locks rows, not the database")
    other = Database.connect(database.writes.url.render_as_string(hide_password=False).replace("+loop", ""))
    ticks = 0
    async with other.writes.begin() as holder:
        await holder.execute(insert(outbox), a_row())
        transaction = SqlTransaction(database)

        async def write() -> None:
            async with transaction:
                await transaction.connection.execute(insert(outbox), a_row())

        waiting = asyncio.create_task(write())
        while ticks < 20:
            await asyncio.sleep(0.002)
            ticks += 1
        assert not waiting.done()
    await waiting
    await other.close()
    assert await count(database) == 2


async def test_readers_cannot_write_on_sqlite(database: Database) -> None:
    if not database.is_sqlite:
        pytest.skip("PostgreSQL uses one pool")
    with pytest.raises(Exception, match="readonly"):
        async with database.read() as connection:
            await connection.execute(insert(outbox), a_row())


async def test_times_come_back_aware_and_equal_whatever_their_zone(database: Database) -> None:
    moscow = datetime(2026, 5, 1, 3, 0, 0, 123456, tzinfo=timezone(timedelta(hours=3)))
    async with database.writes.begin() as connection:
        await connection.execute(insert(outbox), a_row(created_at=moscow))
    async with database.read() as connection:
        stored = (await connection.execute(select(outbox.c.created_at))).scalar_one()
    assert stored == moscow
    assert stored.utcoffset() == timedelta(0)


async def test_a_naive_time_is_refused(database: Database) -> None:
    with pytest.raises(StatementError, match="naive"):
        async with database.writes.begin() as connection:
            await connection.execute(insert(outbox), a_row(created_at=datetime(2026, 1, 1)))  # noqa: DTZ001


async def test_bulk_rows_leave_the_loop_free_and_arrive_whole(database: Database) -> None:
    async with database.writes.begin() as connection:
        await connection.execute(insert(outbox), [a_row() for _ in range(1000)])
    assert await count(database) == 1000
