"""The nightly check of ratings: what it compares, what it keeps, who may see it."""

import math
import random
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import httpx
import pytest
from dishka import AsyncContainer
from hypothesis import given
from hypothesis import strategies as st
from litestar import Litestar
from sqlalchemy import select, update

from lyceum.accounts.api import Role
from lyceum.jobs.api import AttemptFailed, ErrorCode
from lyceum.kernel.ids import QuestionId, UserId
from lyceum.platform.database import Database, SqlTransaction
from lyceum.training.adapters.calibrating import SCHEDULES, CheckPayload, CheckRatings, Stopped
from lyceum.training.adapters.tables import item_fits, items, rating_checks
from lyceum.training.domain.ability import SCALE, START, in_logits
from lyceum.training.domain.calibration import FirstAnswers, Online, checked, without_guessing
from lyceum.training.domain.elo import Rating
from tests.training.builders import an_item, follow
from tests.training.callers import Classroom, headers_of
from tests.training.learners import finish

CHECKS = "/api/training/ratings/checks"
DAY = date(2026, 3, 1)


@dataclass
class Context:
    """`TaskContext` of a task that nobody stops, or that is told to stop at once."""

    transaction: SqlTransaction
    is_stopping: bool = False
    created_by: UserId | None = None
    attempt: int = 1
    task_id: UUID = field(default_factory=uuid4)
    result: Mapping[str, object] | None = None

    def progress(self, done: int, total: int = 0, note: str = "") -> None: ...
    def log(self, text: str, level: str = "info") -> None: ...
    def keep(self, result: Mapping[str, object]) -> None: ...

    @asynccontextmanager
    async def completing(self, result: Mapping[str, object] | None = None) -> AsyncIterator[None]:
        async with self.transaction:
            yield
        self.result = result


def school(difficulties: Mapping[UUID, float], learners: int, seed: int = 3) -> FirstAnswers:
    """Answers of so many learners to all questions, without guessing."""
    luck, answers = random.Random(seed), FirstAnswers()
    for number in range(learners):
        ability = luck.gauss(0, 1)
        for question, difficulty in difficulties.items():
            right = luck.random() < 1 / (1 + math.exp(difficulty - ability))
            answers.add(UUID(int=number + 1), question, float(right))
    return answers


def test_of_true_ratings_none_strays_and_a_wrong_one_does() -> None:
    true = {UUID(int=100 + n): (n - 10) / 5 for n in range(21)}
    answers = school(true, 400)
    online = {id: Online(Rating(START + SCALE * it, 30.0), 0) for id, it in true.items()}
    wrong = UUID(int=103)
    before = checked(answers, answers.fit(), online)
    assert not before.drift.strayed
    assert before.drift.correlation > 0.98
    online[wrong] = Online(Rating(online[wrong].rating.value + 250, 30.0), 0)
    after = checked(answers, answers.fit(), online)
    (strayed,) = [it for it in after.questions if it.strayed]
    assert strayed.question_id == wrong
    assert strayed.off == pytest.approx(250, abs=90)
    assert strayed.fitted.value == pytest.approx(START + SCALE * true[wrong], abs=90)


@given(rating=st.floats(800, 2200), options=st.integers(0, 6))
def test_guessing_makes_a_question_seem_easier_and_nothing_else_does(rating: float, options: int) -> None:
    plain = without_guessing(Online(Rating(rating, 50.0), options))
    if options < 2:
        assert plain.value == pytest.approx(in_logits(rating), abs=1e-6)
    else:
        assert plain.value < in_logits(rating)
    assert 0 < plain.error < math.inf


def test_answers_are_taken_up_to_a_bound() -> None:
    answers = FirstAnswers(most=3)
    for number in range(3):
        answers.add(UUID(int=number // 2), UUID(int=9), 7.0 - number * 9)
    assert answers.is_full
    assert (answers.learner_count, len(answers.ids), list(answers.earned)) == (2, 1, [1.0, 0.0, 0.0])
    assert FirstAnswers().fit().settled


async def a_school(database: Database, monday: datetime) -> list[QuestionId]:
    """Six questions from easy to hard, and thirty learners who answered them all at that time."""
    luck = random.Random(4)
    questions = await follow(database, *(an_item(options=0, author_id=UUID(int=50 + n % 2)) for n in range(6)))
    for learner in range(1, 31):
        ability = luck.gauss(0, 1)
        marks = [
            (id, "a", float(luck.random() < 1 / (1 + math.exp(n - 2.5 - ability)))) for n, id in enumerate(questions)
        ]
        await finish(database, learner, marks, at=monday)
    return questions


def task(database: Database) -> tuple[CheckRatings, Context]:
    transaction = SqlTransaction(database)
    return CheckRatings(database, transaction, ZoneInfo("Europe/Moscow")), Context(transaction)


async def test_the_task_keeps_the_figures_of_its_day_and_may_come_again(database: Database) -> None:
    questions = await a_school(database, datetime(2026, 3, 1, 12, tzinfo=UTC))
    for _ in range(2):
        check, context = task(database)
        await check.run(context, CheckPayload(day=DAY))  # type: ignore[arg-type]
    assert context.result is not None
    assert (context.result["answers"], context.result["learners"], context.result["questions"]) == (180, 30, 6)
    async with database.read() as connection:
        (night,) = (await connection.execute(select(rating_checks))).all()
        fits = {row.question_id: row for row in await connection.execute(select(item_fits))}
    assert (night.day, night.answers, night.whole, night.settled) == (DAY, 180, True, True)
    ratings = [fits[id].rating for id in questions]
    assert ratings[0] < ratings[2] < ratings[5]
    assert sum(row.strayed for row in fits.values()) == night.strayed


async def test_answers_after_the_day_wait_for_the_next_night(database: Database) -> None:
    await a_school(database, datetime(2026, 3, 1, 22, tzinfo=UTC))
    check, context = task(database)
    await check.run(context, CheckPayload(day=DAY))  # type: ignore[arg-type]
    assert context.result is not None
    assert context.result["answers"] == 0
    assert context.result["correlation"] is None
    await check.run(context, CheckPayload(day=DAY + timedelta(days=1)))  # type: ignore[arg-type]
    assert context.result["answers"] == 180


async def test_a_day_made_up_for_later_leaves_the_newer_fits(database: Database) -> None:
    await a_school(database, datetime(2026, 3, 1, 12, tzinfo=UTC))
    for day in (DAY, DAY - timedelta(days=1)):
        check, context = task(database)
        await check.run(context, CheckPayload(day=day))  # type: ignore[arg-type]
    async with database.read() as connection:
        assert set(await connection.scalars(select(item_fits.c.day))) == {DAY}
        assert len((await connection.execute(select(rating_checks))).all()) == 2


async def test_a_day_to_come_is_refused_for_good(database: Database) -> None:
    check, context = task(database)
    with pytest.raises(AttemptFailed) as refused:
        await check.run(context, CheckPayload(day=date.max))  # type: ignore[arg-type]
    assert refused.value.code is ErrorCode.INVALID_PAYLOAD
    assert not refused.value.retryable


async def test_pages_of_answers_add_up(database: Database) -> None:
    await a_school(database, datetime(2026, 3, 1, 12, tzinfo=UTC))
    check, context = task(database)
    whole = await check.gather(context, datetime(2027, 1, 1, tzinfo=UTC))  # type: ignore[arg-type]
    parts = await check.gather(context, datetime(2027, 1, 1, tzinfo=UTC), page=7)  # type: ignore[arg-type]
    assert len(whole.earned) == 180
    assert (parts.ids, parts.earned, parts.learners) == (whole.ids, whole.earned, whole.learners)


async def test_a_task_that_is_stopped_ends_between_passes_and_keeps_nothing(database: Database) -> None:
    await a_school(database, datetime(2026, 3, 1, 12, tzinfo=UTC))
    check, context = task(database)
    context.is_stopping = True
    with pytest.raises(Stopped):
        await check.run(context, CheckPayload(day=DAY))  # type: ignore[arg-type]
    async with database.read() as connection:
        assert (await connection.execute(select(rating_checks))).all() == []


async def test_authors_see_their_strayed_questions_and_operators_all(
    room: Classroom, database: Database, container: AsyncContainer
) -> None:
    questions = await a_school(database, datetime(2026, 3, 1, 12, tzinfo=UTC))
    far = {questions[0]: 2400.0, questions[1]: 600.0}
    async with database.writes.begin() as connection:
        await connection.execute(update(items).values(rating_variance=25.0**2))
        for id, rating in far.items():
            await connection.execute(update(items).where(items.c.question_id == id).values(rating=rating))
    check, context = task(database)
    await check.run(context, CheckPayload(day=DAY))  # type: ignore[arg-type]
    operator = (await room.get(CHECKS, await headers_of(container, 1000, Role.OPERATOR))).json()
    assert {UUID(it["question_id"]) for it in operator["strayed"]} >= set(far)
    assert operator["checks"][0]["strayed"] == len(operator["strayed"])
    farthest = operator["strayed"][0]
    assert abs(farthest["off"]) >= abs(operator["strayed"][-1]["off"])
    author = (await room.get(CHECKS, await headers_of(container, 50, Role.AUTHOR))).json()
    assert {UUID(it["question_id"]) for it in author["strayed"]} & set(far) == {questions[0]}
    assert (await room.get(CHECKS)).status_code == 403
    told = (await room.client.get("/metrics")).text
    assert f"lyceum_ratings_strayed {float(len(operator['strayed']))}" in told


async def test_the_timetable_names_the_kind_and_its_day(app: Litestar, client: httpx.AsyncClient) -> None:
    (schedule,) = SCHEDULES
    assert schedule.kind == CheckRatings.name
    assert schedule.payload_of(DAY) == CheckPayload(day=DAY)
    assert (await client.get("/health/live")).status_code == 200
