"""What comes at the same moment goes together, and each is still whole, or not at all, by itself."""

import asyncio
from collections import Counter
from collections.abc import Sequence

import pytest
from sqlalchemy import bindparam, select, update
from sqlalchemy.exc import IntegrityError

from lyceum.kernel.ids import uuid7
from lyceum.platform import joint
from lyceum.platform.database import Database
from lyceum.platform.joint import grouped
from lyceum.platform.outbox import outbox
from lyceum.platform.prepared import Changes, Prepared, Record, Values
from tests.platform.test_prepared import ADD, CHANGE, FIND, Gone, a_row, count

CALLERS = 24
SUM = Prepared(
    update(outbox).where(outbox.c.id == bindparam("wanted")).values(attempts=outbox.c.attempts + bindparam("more"))
)
OF_KIND = Prepared(select(outbox.c.id, outbox.c.kind).where(outbox.c.kind == bindparam("of")).order_by(outbox.c.id))


def to(row: Values, attempts: int) -> Values:
    return {"wanted": row["id"], "attempts": attempts, "delivered_at": None}


async def kept(database: Database, *rows: Values) -> None:
    await database.make(Changes([(ADD, row) for row in rows]))


@pytest.fixture
def batches(database: Database, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many changes and reads were worked off together, each time."""
    sizes: list[int] = []
    for name in ("make_in_turn", "make_together", "read_together"):
        whole = getattr(joint, name)

        def noted(*given: object, whole=whole) -> object:  # type: ignore[no-untyped-def]
            sizes.append(len(given[-1]))  # type: ignore[arg-type]
            return whole(*given)

        monkeypatch.setattr(f"lyceum.platform.database.{name}", noted)
    return sizes


async def test_changes_of_one_moment_are_committed_together(database: Database, batches: list[int]) -> None:
    row = a_row()
    await kept(database, row)
    added = [a_row() for _ in range(CALLERS)]
    await asyncio.gather(
        *(database.make(Changes([(ADD, it), (SUM, {"wanted": row["id"], "more": 1})])) for it in added)
    )
    assert await count(database) == CALLERS + 1
    (found,) = await FIND.read(database, {"wanted": row["id"]})
    assert found.attempts == 3 + CALLERS
    assert sum(batches) >= CALLERS + 1
    assert len(batches) < CALLERS


@pytest.mark.parametrize("fault", ["refused", "violated", "unfit"])
async def test_a_fault_of_one_undoes_its_own_changes_alone(database: Database, fault: str) -> None:
    rows = [a_row() for _ in range(CALLERS)]
    await kept(database, *rows)
    bad = {3, 4, CALLERS - 1}

    def of(number: int) -> Changes:
        if number not in bad:
            return Changes([(CHANGE, to(rows[number], 9)), (ADD, a_row())], 1, Gone)
        if fault == "refused":
            return Changes([(CHANGE, to(a_row(), 9)), (ADD, a_row())], 1, Gone)
        if fault == "unfit":
            return Changes([(CHANGE, to(rows[number], 9)), (ADD, a_row() | {"attempts": 2**70})], 1, Gone)
        return Changes([(CHANGE, to(rows[number], 9)), (ADD, rows[number])], 1, Gone)

    told = await asyncio.gather(*(database.make(of(number)) for number in range(CALLERS)), return_exceptions=True)
    failed = {number for number, it in enumerate(told) if it is not None}
    assert failed == bad
    if fault != "unfit":
        assert {type(told[number]) for number in bad} == {Gone if fault == "refused" else IntegrityError}
    assert await count(database) == 2 * CALLERS - len(bad)
    for number, row in enumerate(rows):
        (found,) = await FIND.read(database, {"wanted": row["id"]})
        assert found.attempts == (3 if number in bad else 9)


async def test_of_those_who_want_the_same_at_once_one_gets_it(database: Database) -> None:
    row = a_row()
    await kept(database, row)
    take = Prepared(update(outbox).where(outbox.c.id == bindparam("wanted"), outbox.c.attempts == 3), "attempts")
    told = await asyncio.gather(
        *(
            database.make(Changes([(take, {"wanted": row["id"], "attempts": 10 + it}), (ADD, a_row())], 1, Gone))
            for it in range(CALLERS)
        ),
        return_exceptions=True,
    )
    assert Counter(type(it) for it in told) == {type(None): 1, Gone: CALLERS - 1}
    assert await count(database) == 2


async def test_several_processes_that_change_the_same_rows_do_not_hold_each_other_up(database: Database) -> None:
    """Two, each with connections of its own, which send the same rows in opposite orders."""
    rows = [a_row() for _ in range(CALLERS)]
    await kept(database, *rows)
    other = Database.connect(database.writes.url.render_as_string(hide_password=False).replace("+asyncpg", "").replace(
        "sqlite+loop", "sqlite"))  # fmt: skip

    async def send(through: Database, these: Sequence[Values]) -> None:
        async with asyncio.timeout(60):
            await asyncio.gather(
                *(
                    through.make(Changes([(SUM, {"wanted": it["id"], "more": 1})], 1, Gone, shared=str(it["id"])))
                    for it in these
                )
            )

    for _ in range(4):
        await asyncio.gather(send(database, rows), send(other, rows[::-1]))
    await other.close()
    for row in rows:
        (found,) = await FIND.read(database, {"wanted": row["id"]})
        assert found.attempts == 3 + 8


def test_groups_keep_the_order_of_each_and_bring_shared_rows_in_one_order(database: Database) -> None:
    first = Changes([(CHANGE, to(a_row(), 1)), (ADD, a_row()), (SUM, {"wanted": uuid7(), "more": 1})], 1, shared="b")
    second = Changes([(CHANGE, to(a_row(), 2)), (SUM, {"wanted": uuid7(), "more": 2})], 1, shared="a")
    third = Changes([(SUM, {"wanted": uuid7(), "more": 3}), (CHANGE, to(a_row(), 3))], shared="c")
    groups = grouped([first, second, third], database.writes.dialect)
    names = {CHANGE: "change", ADD: "add", SUM: "sum"}
    assert [(names[statement], guard, len(rows)) for statement, guard, rows in groups] == [
        ("change", True, 2),
        ("add", False, 1),
        ("sum", False, 3),
        ("change", False, 1),
    ]
    sums = next(rows for statement, _, rows in groups if statement is SUM)
    assert [next(it for it in row if isinstance(it, int)) for row in sums] == [2, 1, 3]


async def test_reads_of_one_moment_are_made_together_and_each_gets_its_own(
    database: Database, batches: list[int]
) -> None:
    rows = [a_row() | {"kind": f"test.{number % 3}"} for number in range(9)]
    await kept(database, *rows)
    batches.clear()

    async def of(kind: str) -> list[Record]:
        return await OF_KIND.read(database, {"of": kind})

    kinds = [f"test.{number % 4}" for number in range(CALLERS)]
    found = await asyncio.gather(*(of(kind) for kind in kinds), FIND.read(database, {"wanted": rows[0]["id"]}))
    for kind, own in zip(kinds, found[:-1], strict=True):
        assert [(row.id, row.kind) for row in own] == [(row["id"], kind) for row in rows if row["kind"] == kind]
    assert found[-1] == []
    assert database.is_sqlite or len(batches) < CALLERS


async def test_a_value_that_the_database_refuses_spoils_nobody_elses_read(database: Database) -> None:
    await kept(database, a_row())
    values = ["test.Row"] * 8 + ["\0"] + ["test.Row"] * 8
    found = await asyncio.gather(*(OF_KIND.read(database, {"of": it}) for it in values), return_exceptions=True)
    assert [isinstance(it, list) and len(it) for it in found[:8] + found[9:]] == [1] * 16
    assert database.is_sqlite or isinstance(found[8], Exception)


async def test_without_care_for_the_single_one_a_fault_would_undo_all(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Negative control: all changes of a batch as one."""
    monkeypatch.setattr("lyceum.platform.database.make_in_turn", _all_as_one_here)
    monkeypatch.setattr("lyceum.platform.database.make_together", _all_as_one)
    good, bad = Changes([(ADD, a_row())]), Changes([(CHANGE, to(a_row(), 9))], 1, Gone)
    told = await asyncio.gather(database.make(good), database.make(bad), return_exceptions=True)
    assert [type(it) for it in told] == [Gone, Gone]
    assert await count(database) == 0


def _all_as_one_here(raw, dialect, several: Sequence[Changes]) -> list[None]:  # type: ignore[no-untyped-def]
    for changes in several:
        changes.make_here(raw, dialect)
    return [None] * len(several)


async def _all_as_one(connection, several: Sequence[Changes]) -> list[None]:  # type: ignore[no-untyped-def]
    whole = [change for changes in several for change in changes.changes]
    guards = max(changes.guards for changes in several)
    await Changes(sorted(whole, key=lambda it: it[0] is ADD), guards, Gone).make(connection)
    return [None] * len(several)
