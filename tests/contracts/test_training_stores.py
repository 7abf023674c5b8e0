"""Training's store on both databases: trainings, attempts, and what an answer changes."""

from datetime import timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from lyceum.kernel.ids import AttemptId, QuestionId, TrainingId, UserId, uuid7
from lyceum.platform.database import Database, SqlTransaction
from lyceum.platform.outbox import Signal
from lyceum.training.adapters.facade import TrainingAnswers
from lyceum.training.adapters.queries import TrainingQueries
from lyceum.training.adapters.repositories import SqlAttempts, SqlPackShelf, SqlTrainings
from lyceum.training.adapters.tables import items, pack_tag, seen, tags
from lyceum.training.adapters.turns import SqlTurns
from lyceum.training.domain.ability import START
from lyceum.training.domain.elo import QUESTION_ERROR, Learner
from lyceum.training.domain.trainings import Filters, Mode, Overtaken, TrainingNotFound, Verdict
from tests.training.builders import (
    LEARNER,
    NOW,
    a_closing,
    a_training,
    a_turn,
    an_item,
    answer_all,
    begin,
    follow,
    shown,
    waiting,
    write,
)

OTHER = UserId(UUID(int=2))


def queries(database: Database) -> TrainingQueries:
    return TrainingQueries(database, ZoneInfo("Europe/Moscow"))


def store(database: Database) -> SqlTrainings:
    return SqlTrainings(SqlTransaction(database), database)


async def item_of(database: Database, id: QuestionId) -> dict[str, object]:
    async with database.read() as connection:
        row = (await connection.execute(select(items).where(items.c.question_id == id))).mappings().one()
    return dict(row)


async def test_a_training_and_its_first_attempt_come_back_as_they_were_kept(database: Database) -> None:
    (question,) = await follow(database, an_item())
    filters = Filters(exam="ege", task_numbers=(1, 2), topics=("Оптика",), question_ids=(question,))
    training = await begin(database, question, a_training(filters, length=5, deadline=NOW + timedelta(hours=1)))
    found = await store(database).find(training.id, LEARNER)
    assert found is not None
    assert vars(found) == vars(training)
    active = await store(database).active(LEARNER, Mode.PRACTICE)
    assert active is not None
    assert active.id == training.id
    attempt = await SqlAttempts(database).current(training.id)
    assert attempt is not None
    assert (attempt.question_id, attempt.position, attempt.shown_at, attempt.answered_at) == (question, 1, NOW, None)
    assert await SqlAttempts(database).find(attempt.id, LEARNER) == attempt


async def test_what_is_anothers_or_none_is_not_found(database: Database) -> None:
    (question,) = await follow(database, an_item())
    training = await begin(database, question)
    attempt = await SqlAttempts(database).current(training.id)
    assert attempt is not None
    turns = SqlTurns(database, Signal())
    assert await store(database).find(training.id, OTHER) is None
    assert await store(database).active(OTHER, Mode.PRACTICE) is None
    assert await store(database).active(LEARNER, Mode.MOCK_EXAM) is None
    assert await SqlAttempts(database).find(attempt.id, OTHER) is None
    assert await turns.situation(OTHER, training.id, attempt.id) is None
    assert await turns.situation(LEARNER, TrainingId(uuid7()), attempt.id) is None
    assert await turns.situation(LEARNER, training.id, AttemptId(uuid7())) is None


async def test_a_second_training_of_a_mode_is_refused_one_of_another_is_not(database: Database) -> None:
    (question,) = await follow(database, an_item())
    await begin(database, question)
    with pytest.raises(Overtaken):
        await begin(database, question)
    await begin(database, question, a_training(mode=Mode.REVIEW))
    await begin(database, question, a_training(learner=OTHER))


async def test_a_training_has_one_open_attempt_and_asks_nothing_twice(database: Database) -> None:
    first, second = await follow(database, an_item(), an_item())
    training = await begin(database, first)
    for question in (second, first):
        transaction = SqlTransaction(database)
        with pytest.raises(IntegrityError):
            async with transaction:
                await SqlTrainings(transaction, database).begin(a_training(learner=OTHER), shown(training, question))
    assert await store(database).active(OTHER, Mode.PRACTICE) is None


async def test_finishing_forgets_the_open_attempt_and_is_refused_when_overtaken(database: Database) -> None:
    (question,) = await follow(database, an_item())
    training = await begin(database, question)
    training.finish(NOW)
    transaction = SqlTransaction(database)
    async with transaction:
        await SqlTrainings(transaction, database).finish(training)
    assert await SqlAttempts(database).current(training.id) is None
    kept = await store(database).find(training.id, LEARNER)
    assert kept is not None
    assert (kept.finished_at, kept.version) == (NOW, 2)
    with pytest.raises(Overtaken):
        async with transaction:
            await SqlTrainings(transaction, database).finish(training)


async def test_an_answer_is_counted_everywhere_at_once(database: Database) -> None:
    first, second = await follow(database, an_item(exam_task_number=7), an_item())
    training = await answer_all(database, [first, second], [a_closing()])
    current = await SqlAttempts(database).current(training.id)
    assert current is not None
    assert (current.question_id, current.position) == (second, 2)
    situation = await waiting(database, training)
    assert (situation.training.answered, situation.training.correct, situation.training.recent) == (1, 1, ("Оптика",))
    standing = situation.standing
    assert standing.first
    assert standing.learner.overall.value > START
    assert standing.learner.value > standing.learner.overall.value
    assert standing.learner.error < Learner().error
    item = await item_of(database, first)
    assert (item["answered"], item["correct"], item["score_sum"]) == (1, 1, 1.0)
    assert item["elapsed_ms"] == 1500
    assert item["rating_variance"] < QUESTION_ERROR**2  # type: ignore[operator]
    progress = await queries(database).progress(LEARNER)
    (physics,) = progress.subjects
    assert (physics.total.answered, physics.tasks[7].correct, physics.topics["Оптика"].score) == (1, 1, 1.0)
    assert await queries(database).time_spent(LEARNER) == 1500
    assert await TrainingAnswers(database).has_answered(LEARNER, first)
    assert not await TrainingAnswers(database).has_answered(LEARNER, second)
    assert not await TrainingAnswers(database).has_answered(OTHER, first)


async def test_an_answer_on_what_has_changed_keeps_nothing(database: Database) -> None:
    first, second = await follow(database, an_item(), an_item())
    training = await begin(database, first)
    slow = a_turn(await waiting(database, training), a_closing(Verdict.WRONG), second)
    await write(database, a_turn(await waiting(database, training), a_closing(), second))
    with pytest.raises(Overtaken):
        await write(database, slow)
    assert (await queries(database).progress(LEARNER)).total.correct == 1
    assert await queries(database).marks(training.id) == [Verdict.CORRECT, None]


async def test_what_was_given_up_or_waits_for_a_grader_moves_no_rating(database: Database) -> None:
    questions = await follow(database, an_item(), an_item())
    closings = [a_closing(Verdict.SKIPPED), a_closing(Verdict.PENDING)]
    training = await answer_all(database, questions, closings)
    for question in questions:
        item = await item_of(database, question)
        assert (item["answered"], item["rating_variance"]) == (0, QUESTION_ERROR**2)
    assert (await queries(database).progress(LEARNER)).subjects == []
    assert (await queries(database).progress(LEARNER)).mistakes == 1
    result = await queries(database).result(LEARNER, training.id)
    assert (result.total.answered, result.total.max_score) == (2, 1.0)


async def test_a_later_answer_replaces_the_verdict_and_counts_the_times(database: Database) -> None:
    (question,) = await follow(database, an_item())
    await answer_all(database, [question], [a_closing(Verdict.WRONG)])
    assert [it.question_id for it in (await queries(database).mistakes(LEARNER, limit=9, cursor=None)).items] == [
        question
    ]
    rated = await item_of(database, question)
    training = await begin(database, question)
    situation = await waiting(database, training)
    assert not situation.standing.first
    await write(database, a_turn(situation, a_closing(at=NOW + timedelta(days=1)), None))
    assert (await queries(database).mistakes(LEARNER, limit=9, cursor=None)).items == []
    assert await item_of(database, question) == rated
    async with database.read() as connection:
        row = (await connection.execute(select(seen))).one()
    assert (row.times, row.verdict, row.at) == (2, "correct", NOW + timedelta(days=1))


async def test_a_rating_that_has_moved_far_changes_the_place_where_it_is_found(database: Database) -> None:
    (question,) = await follow(database, an_item(options=0))
    placed = (await item_of(database, question))["place"]
    for number in range(3):
        await answer_all(database, [question], [a_closing()], UserId(UUID(int=10 + number)))
    item = await item_of(database, question)
    assert item["place"] != placed
    async with database.read() as connection:
        assert list(await connection.scalars(select(tags.c.place))) == [item["place"]]


async def test_streaks_are_kept_by_day_and_never_go_back(database: Database) -> None:
    questions = await follow(database, *(an_item() for _ in range(3)))
    days = [NOW, NOW + timedelta(days=1), NOW - timedelta(days=4)]
    training = await answer_all(database, questions, [a_closing(at=day) for day in days])
    (later,) = await follow(database, an_item())
    standing = (await waiting(database, await begin(database, later))).standing
    assert (standing.streak.current, standing.streak.best, standing.streak.last_day) == (2, 2, days[1].date())
    assert (await store(database).find(training.id, LEARNER)) is not None


async def test_a_learner_has_a_part_for_all_and_one_for_each_subject(database: Database) -> None:
    physics, chemistry = await follow(database, an_item(), an_item(subject="chemistry"))
    await answer_all(database, [physics, chemistry], [a_closing(), a_closing(Verdict.WRONG)])
    known = [await store(database).learner(LEARNER, subject) for subject in ("physics", "chemistry", None, "biology")]
    assert known[0].subject.value > 0 > known[1].subject.value
    assert len({it.overall for it in known}) == 1
    assert (known[2].value, known[2].error) == (known[2].overall.value, known[2].overall.error)
    assert known[3].subject == Learner().subject
    assert await store(database).learner(OTHER, "physics") == Learner()


async def test_lists_page_by_key_in_the_order_of_answers(database: Database) -> None:
    questions = await follow(database, *(an_item() for _ in range(5)))
    closings = [a_closing(Verdict.WRONG, NOW + timedelta(minutes=number // 2)) for number in range(5)]
    training = await answer_all(database, questions, closings)
    read = queries(database)
    history: list[UUID] = []
    cursor: str | None = None
    for _ in range(3):
        page = await read.history(LEARNER, limit=2, cursor=cursor)
        history, cursor = history + [it.question_id for it in page.items], page.next_cursor
    assert (history, cursor) == (questions[::-1], None)
    mistakes: list[UUID] = []
    for _ in range(3):
        found = await read.mistakes(LEARNER, limit=2, cursor=cursor)
        mistakes, cursor = mistakes + [it.question_id for it in found.items], found.next_cursor
    assert (set(mistakes), len(mistakes), cursor) == (set(questions), 5, None)
    assert mistakes[0] == questions[4]
    result = await read.result(LEARNER, training.id)
    assert [it.question_id for it in result.attempts] == questions
    with pytest.raises(TrainingNotFound):
        await read.result(OTHER, training.id)


async def test_a_pack_shelf_holds_what_can_be_asked_and_follows_the_pack(database: Database) -> None:
    first, second, draft = await follow(database, an_item(), an_item(), an_item(published=False))
    pack = UUID(int=77)

    async def held() -> set[UUID]:
        async with database.read() as connection:
            return set(await connection.scalars(select(tags.c.question_id).where(tags.c.tag == pack_tag(pack))))

    shelf = SqlPackShelf(database, SqlTransaction(database))
    await shelf.put(pack, [first, draft])
    assert await held() == {first}
    await shelf.put(pack, [second, draft])
    assert await held() == {second}
    await follow(database, an_item(id=draft, version=2))
    await shelf.put(pack, [second, draft])
    assert await held() == {second, draft}
