"""Question statistics on both databases: what is counted, once, in any order."""

import asyncio
import csv
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from random import Random
from uuid import UUID

import pytest
from sqlalchemy import and_, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from lyceum.bank.api import QuestionsMeasured
from lyceum.kernel.clock import SystemClock
from lyceum.kernel.ids import QuestionId
from lyceum.platform.database import Database, SqlTransaction
from lyceum.training.adapters.counting import SUMS, Claim, claimed, forget
from lyceum.training.adapters.finished import Finished
from lyceum.training.adapters.rebuilding import RebuildStatistics
from lyceum.training.adapters.repositories import SqlPackShelf
from lyceum.training.adapters.statistics_tables import cells, counted, statistics
from lyceum.training.adapters.tables import attempts, trainings
from lyceum.training.domain.statistics import UNIT, Sums
from lyceum.training.domain.trainings import Filters, Mode, Verdict
from tests.training.builders import NOW, an_item, follow
from tests.training.learners import counting, dump, finish

RESPONSES = Path(__file__).parents[3] / "shared" / "data" / "ktm-fraction" / "needed.csv"


async def row_of(database: Database, id: QuestionId) -> dict[str, object]:
    async with database.read() as connection:
        row = (await connection.execute(select(statistics).where(statistics.c.question_id == id))).mappings().one()
    return dict(row)


async def test_a_finished_training_is_counted_once_however_often_it_is_told(database: Database) -> None:
    questions = await follow(database, *(an_item(author_id=UUID(int=7)) for _ in range(4)))
    training = await finish(database, 1, [(id, "a", float(number % 2)) for number, id in enumerate(questions)])
    for _ in range(3):
        await counting(database, training)
    row = await row_of(database, questions[1])
    assert (row["n"], row["mark"], row["known"], row["rest"]) == (1, UNIT, 1, UNIT // 3)
    assert (row["author_id"], row["subject"], row["facility"]) == (UUID(int=7), "physics", 1.0)


async def test_what_was_given_up_counts_as_nothing_earned(database: Database) -> None:
    questions = await follow(database, *(an_item() for _ in range(4)))
    await counting(
        database, await finish(database, 1, [(questions[0], "", 0.0), *((id, "a", 1.0) for id in questions[1:])])
    )
    row = await row_of(database, questions[0])
    assert (row["n"], row["facility"]) == (1, 0.0)


async def test_later_answers_do_not_count_nor_make_rest_scores(database: Database) -> None:
    questions = await follow(database, *(an_item() for _ in range(4)))
    await counting(database, await finish(database, 1, [(id, "a", 1.0) for id in questions]))
    before = await dump(database, cells, statistics)
    again = await finish(database, 1, [(id, "a", 0.0) for id in questions], first=False)
    await counting(database, again)
    assert await dump(database, cells, statistics) == before


async def test_sums_are_the_same_in_any_order_and_split(database: Database) -> None:
    questions = await follow(database, *(an_item() for _ in range(6)))
    listed = Filters(question_ids=tuple(questions))
    source = Random(5)
    ids = []
    for learner in range(12):
        marks = [(id, source.choice("abcd"), float(source.random() < learner / 12)) for id in questions]
        ids.append(await finish(database, learner, marks, filters=listed, at=NOW + timedelta(minutes=learner)))
        if learner % 3 == 0:
            late = NOW + timedelta(days=1, minutes=learner)
            ids.append(await finish(database, learner, marks[::-1], filters=listed, at=late, first=False))
    source.shuffle(ids)
    for start in range(0, len(ids), 5):
        await counting(database, *ids[start : start + 5])
    one_way = await dump(database)
    await _forget(database)
    await counting(database, *reversed(ids))
    assert await dump(database) == one_way
    (row,) = one_way["training_sets"]
    assert row[1:6:3] == ("list", 6)
    assert len(one_way["training_set_learners"]) == 12


async def _forget(database: Database) -> None:
    transaction = SqlTransaction(database)
    async with transaction:
        await forget(transaction.connection)
        await transaction.connection.execute(delete(counted))


async def _race(database: Database, ids: Sequence[UUID], claim: Claim = claimed) -> dict[str, list[tuple[object, ...]]]:
    async with asyncio.timeout(60):
        await asyncio.gather(*(counting(database, *ids, claim=claim) for _ in range(8)))
    return await dump(database)


async def _trainings(database: Database) -> list[UUID]:
    questions = await follow(database, *(an_item() for _ in range(5)))
    listed = Filters(question_ids=tuple(questions))
    return [
        await finish(database, learner, [(id, "a", float(learner % 2)) for id in questions], filters=listed)
        for learner in range(6)
    ]


async def test_deliveries_at_the_same_moment_count_each_training_once(database: Database) -> None:
    found = await _race(database, await _trainings(database))
    assert {row[3] for row in found["training_question_statistics"]} == {6}
    assert [row[5] for row in found["training_sets"]] == [6]


async def test_without_the_guard_they_would_count_twice(database: Database) -> None:
    """The negative control: it is the row in `training_counted` that guards."""

    async def anybody(connection: AsyncConnection, found: Sequence[Finished]) -> Sequence[Finished]:
        return found

    found = await _race(database, await _trainings(database), anybody)
    assert {row[3] for row in found["training_question_statistics"]} == {48}


class Heard:
    """An outbox that keeps what it is told."""

    def __init__(self) -> None:
        self.events: list[object] = []

    def add(self, event: object) -> None:
        self.events.append(event)


async def rebuild(database: Database) -> list[object]:
    heard = Heard()
    await RebuildStatistics(SqlTransaction(database), heard, SystemClock())()
    return heard.events


async def test_a_rebuild_gives_the_same_sums(database: Database) -> None:
    questions = await follow(database, *(an_item() for _ in range(6)))
    pack = UUID(int=77)
    await SqlPackShelf(database, SqlTransaction(database)).put(pack, questions)
    source = Random(6)
    for learner in range(9):
        listed = Filters(pack=pack, pack_listed=True) if learner % 2 else Filters(question_ids=tuple(questions))
        marks = [(id, source.choice("abcd"), float(source.random() < 0.5)) for id in questions]
        await counting(database, await finish(database, learner, marks, filters=listed))
    await SqlPackShelf(database, SqlTransaction(database)).put(pack, questions[:3])
    before = await dump(database)
    assert len(before["training_sets"]) == 2
    (told,) = await rebuild(database)
    assert isinstance(told, QuestionsMeasured)
    assert {it.question_id for it in told.items} == set(questions)
    assert await dump(database) == before


async def test_a_rebuild_forgets_what_is_gone_and_counts_what_was_missed(database: Database) -> None:
    questions = await follow(database, *(an_item() for _ in range(4)))
    gone = await finish(database, 1, [(id, "a", 1.0) for id in questions])
    await counting(database, gone)
    await finish(database, 2, [(id, "a", 0.0) for id in questions])
    transaction = SqlTransaction(database)
    async with transaction:
        await transaction.connection.execute(delete(trainings).where(trainings.c.id == gone))
    await rebuild(database)
    row = await row_of(database, questions[0])
    assert (row["n"], row["facility"]) == (1, 0.0)
    assert len((await dump(database))["training_counted"]) == 1


async def test_an_exam_counts_once_people_have_read_all_of_it(database: Database) -> None:
    questions = await follow(database, *(an_item() for _ in range(5)))
    exam = await finish(database, 1, [(id, "a", 1.0) for id in questions], mode=Mode.MOCK_EXAM)
    essay = and_(attempts.c.training_id == exam, attempts.c.question_id == questions[0])

    async def judged(verdict: Verdict) -> None:
        transaction = SqlTransaction(database)
        async with transaction:
            await transaction.connection.execute(update(attempts).where(essay).values(verdict=verdict.value))
        await counting(database, exam)

    await judged(Verdict.PENDING)
    assert (await dump(database))["training_counted"] == []
    await judged(Verdict.CORRECT)
    found = await dump(database)
    assert len(found["training_question_statistics"]) == 5
    assert found["training_sets"][0][1] == "mock_exam"


@pytest.mark.skipif(not RESPONSES.exists(), reason="the response log is not beside the checkout")
async def test_published_figures_come_out_of_the_tables(database: Database) -> None:
    questions = await follow(database, *(an_item() for _ in range(20)))
    sheets: dict[int, list[tuple[QuestionId, str, float]]] = {}
    with RESPONSES.open() as file:
        for line in csv.DictReader(file):
            mark = (questions[int(line["item_id"])], "a" if line["correct"] == "1" else "b", float(line["correct"]))
            sheets.setdefault(int(line["user_id"]), []).append(mark)
    listed = Filters(question_ids=tuple(questions))
    for learner, marks in sheets.items():
        await counting(database, await finish(database, learner, marks, filters=listed))
    row = await row_of(database, questions[0])
    assert row["facility"] == pytest.approx(0.5317, abs=5e-5)
    assert row["discrimination"] == pytest.approx(69.04, abs=5e-3)
    assert Sums(**{name: row[name] for name in SUMS}).n == 536  # type: ignore[arg-type]
