"""Prepared statements give what SQLAlchemy gives, on both databases, inside the same transaction."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import bindparam, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from lyceum.bank.api import QuestionsChanged
from lyceum.kernel.ids import uuid7
from lyceum.platform.database import Database, SqlTransaction
from lyceum.platform.outbox import Signal, SqlOutbox, outbox
from lyceum.platform.prepared import Changes, Prepared

ADD = Prepared(insert(outbox), "id", "kind", "body", "created_at", "attempts", "next_at")
FIND = Prepared(select(outbox).where(outbox.c.id == bindparam("wanted"), outbox.c.kind == "test.Row"))
CHANGE = Prepared(update(outbox).where(outbox.c.id == bindparam("wanted")), "attempts", "delivered_at")
NOW = datetime(2026, 5, 1, 3, 0, 0, 123456, tzinfo=UTC)


def a_row() -> dict[str, object]:
    return {"id": uuid7(), "kind": "test.Row", "body": "{}", "created_at": NOW, "attempts": 3, "next_at": None}


async def count(database: Database) -> int:
    async with database.read() as connection:
        return (await connection.execute(select(func.count()).select_from(outbox))).scalar_one()


async def test_values_go_in_and_come_out_as_through_sqlalchemy(database: Database) -> None:
    row = a_row()
    async with SqlTransaction(database) as transaction:
        assert await ADD.run(transaction.connection, row) == 1
        changed = {"wanted": row["id"], "attempts": 7, "delivered_at": NOW}
        assert await CHANGE.run(transaction.connection, changed) == 1
        assert await CHANGE.run(transaction.connection, changed | {"wanted": uuid7()}) == 0
    async with database.read() as connection:
        (ours,) = await FIND.rows(connection, {"wanted": row["id"]})
        theirs = (await connection.execute(select(outbox))).one()
    assert tuple(ours) == tuple(theirs)
    assert (ours.id, ours.attempts, ours.delivered_at) == (row["id"], 7, NOW)


@pytest.mark.parametrize("first", ["prepared", "sqlalchemy"])
async def test_it_is_part_of_the_transaction_whoever_speaks_first(database: Database, first: str) -> None:
    with pytest.raises(RuntimeError, match="on purpose"):
        async with SqlTransaction(database) as transaction:
            if first == "sqlalchemy":
                await transaction.connection.execute(select(outbox.c.id))
            await ADD.run_many(transaction.connection, [a_row(), a_row()])
            raise RuntimeError("on purpose")
    assert await count(database) == 0


async def test_a_read_beside_a_running_transaction_sees_what_is_committed_alone(database: Database) -> None:
    kept, open_ = a_row(), a_row()
    async with SqlTransaction(database) as transaction:
        await ADD.run(transaction.connection, kept)
    async with SqlTransaction(database) as transaction:
        await ADD.run(transaction.connection, open_)
        assert await FIND.read(database, {"wanted": open_["id"]}) == []
        assert len(await FIND.read(database, {"wanted": kept["id"]})) == 1
    assert len(await FIND.read(database, {"wanted": open_["id"]})) == 1


async def test_a_violated_constraint_has_the_name_that_refusals_know(database: Database) -> None:
    row = a_row()
    with pytest.raises(IntegrityError):
        async with SqlTransaction(database) as transaction:
            await ADD.run(transaction.connection, row)
            await ADD.run(transaction.connection, row)
    assert await count(database) == 0


class Gone(Exception):
    """The row that everything else depends on was not there."""


@pytest.mark.parametrize("before", ["alone", "after another statement"])
@pytest.mark.parametrize("there", [True, False])
async def test_what_comes_last_is_made_whole_or_not_at_all(database: Database, before: str, *, there: bool) -> None:
    kept, new, other = a_row(), a_row(), a_row()
    async with SqlTransaction(database) as transaction:
        await ADD.run(transaction.connection, kept)
    guard = {"wanted": kept["id"] if there else uuid7(), "attempts": 9, "delivered_at": None}
    told: list[str] = []

    async def change() -> None:
        async with SqlTransaction(database) as transaction:
            transaction.after_commit.append(lambda: told.append("committed"))
            if before != "alone":
                await ADD.run(transaction.connection, other)
            transaction.last = Changes([(CHANGE, guard), (ADD, new)], 1, Gone)

    if there:
        await change()
    else:
        with pytest.raises(Gone):
            await change()
    assert told == (["committed"] if there else [])
    assert await count(database) == (1 if not there else 2 if before == "alone" else 3)
    (found,) = await FIND.read(database, {"wanted": kept["id"]})
    assert found.attempts == (9 if there else 3)


async def test_a_fault_in_the_last_changes_undoes_the_earlier_ones(database: Database) -> None:
    row = a_row()
    with pytest.raises(IntegrityError):
        async with SqlTransaction(database) as transaction:
            transaction.last = Changes([(ADD, a_row()), (ADD, row), (ADD, row)])
    assert await count(database) == 0


async def test_events_go_with_the_last_changes(database: Database) -> None:
    transaction = SqlTransaction(database)
    box = SqlOutbox(transaction, Signal())
    for kept in (1, 0):
        guard = {"wanted": uuid7(), "attempts": 9, "delivered_at": None}
        try:
            async with transaction:
                box.add(QuestionsChanged(items=()))
                transaction.last = Changes([(CHANGE, guard)], 0 if kept else 1, Gone)
        except Gone:
            assert not kept
        assert await count(database) == 1
