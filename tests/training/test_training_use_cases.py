"""The rules of a training, on fakes."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from lyceum.accounts.api import Actor, NotSignedIn, ScopeMissing
from lyceum.bank.api import PackSelection, QuestionAnswered, Response
from lyceum.bank.domain.scoring import WrongShape
from lyceum.kernel.errors import NotFound
from lyceum.kernel.ids import AttemptId, TrainingId
from lyceum.training.domain.streaks import Streak
from lyceum.training.domain.trainings import (
    GRACE,
    AlreadyActive,
    AnsweredDifferently,
    AttemptNotFound,
    BadFilters,
    Late,
    Mode,
    NoQuestions,
    PackLocked,
    TrainingFinished,
    TrainingNotFound,
    Verdict,
)
from lyceum.training.use_cases.answering import NewAnswer, SkippedAttempt
from lyceum.training.use_cases.starting import AskedFilters, NewTraining
from tests.training.fakes import AUTHOR, LEARNER, OTHER, House


@pytest.fixture
def house() -> House:
    return House()


async def a_training(house: House, length: int | None = None, actor: Actor = LEARNER) -> tuple[TrainingId, UUID]:
    view = await house.start(actor, NewTraining(length=length))
    assert view.current is not None
    return TrainingId(view.id), view.current.attempt_id


def an_answer(attempt: UUID, answer: Response = "a", elapsed_ms: int | None = None) -> NewAnswer:
    return NewAnswer(attempt_id=attempt, answer=answer, elapsed_ms=elapsed_ms)


def kept(house: House, id: TrainingId) -> tuple[int, int, float, int]:
    training = house.world.trainings[id]
    return training.position, training.answered, training.score, len(house.world.recorded)


async def test_a_training_begins_with_its_first_question(house: House) -> None:
    view = await house.start(LEARNER, NewTraining(length=3))
    assert (view.position, view.answered, view.length, view.finished_at) == (1, 0, 3, None)
    assert view.current is not None
    assert view.current.question.id == house.world.pool[0]


async def test_a_visitor_and_a_key_without_the_scope_are_refused(house: House) -> None:
    id, attempt = await a_training(house)
    narrow = replace(LEARNER, scopes=frozenset({"bank:read"}))
    for actor, refusal in ((Actor(), NotSignedIn), (narrow, ScopeMissing)):
        with pytest.raises(refusal):
            await house.start(actor, NewTraining(replace=True))
        with pytest.raises(refusal):
            await house.answer(actor, id, an_answer(attempt))
        with pytest.raises(refusal):
            await house.skip(actor, id, SkippedAttempt())
        with pytest.raises(refusal):
            await house.hint(actor, id, SkippedAttempt(attempt_id=attempt))
        with pytest.raises(refusal):
            await house.finish(actor, id)
        with pytest.raises(refusal):
            await house.read(actor, id)


async def test_a_second_training_is_refused_until_the_first_is_ended_or_replaced(house: House) -> None:
    first, attempt = await a_training(house)
    with pytest.raises(AlreadyActive, match=str(first)):
        await house.start(LEARNER, NewTraining())
    second = await house.start(LEARNER, NewTraining(replace=True))
    assert house.world.trainings[first].finished_at == house.world.clock.now()
    assert AttemptId(attempt) not in house.world.attempts
    assert (await house.read(LEARNER, None)).id == second.id
    assert (await house.start(OTHER, NewTraining())).id != second.id


async def test_filters_that_nothing_passes_leave_the_old_training_going_on(house: House) -> None:
    first, _ = await a_training(house)
    nothing = AskedFilters(question_ids=(uuid4(),))
    with pytest.raises(NoQuestions):
        await house.start(LEARNER, NewTraining(filters=nothing, replace=True))
    assert list(house.world.trainings) == [first]
    assert (await house.read(LEARNER, None)).id == first


@pytest.mark.parametrize("mode", [Mode.MOCK_EXAM, Mode.EVENT])
async def test_modes_that_are_not_open_are_refused(house: House, mode: Mode) -> None:
    with pytest.raises(BadFilters) as refused:
        await house.start(LEARNER, NewTraining(mode=mode))
    assert refused.value.problems[0].loc == "mode"


async def test_a_pack_narrows_the_training_and_a_paid_one_is_closed_to_learners(house: House) -> None:
    id = uuid4()
    pack = PackSelection(id=id, title="Набор", access="free", question_ids=(house.world.pool[3],))
    house.world.packs[id] = pack
    view = await house.start(LEARNER, NewTraining(filters=AskedFilters(pack=id)))
    assert view.current is not None
    assert view.current.question.id == house.world.pool[3]
    house.world.packs[id] = replace(pack, access="entitled")
    with pytest.raises(PackLocked):
        await house.start(OTHER, NewTraining(filters=AskedFilters(pack=id)))
    assert (await house.start(AUTHOR, NewTraining(filters=AskedFilters(pack=id)))).current is not None


async def test_an_answer_earns_its_points_and_brings_the_next_question(house: House) -> None:
    id, attempt = await a_training(house)
    view = await house.answer(LEARNER, id, an_answer(attempt, "a"))
    assert (view.verdict, view.score, view.right_answer, view.explanation_html) == (
        Verdict.CORRECT, 1.0, "a", "Потому что.")  # fmt: skip
    assert view.next is not None
    assert view.next.question.id == house.world.pool[1]
    assert kept(house, id) == (2, 1, 1.0, 1)
    told = house.world.events
    assert [(type(it), it.correct, it.first) for it in told] == [(QuestionAnswered, True, True)]  # type: ignore[attr-defined]
    assert house.world.streaks[LEARNER.id] == Streak(1, 1, house.world.clock.now().date())


async def test_the_same_answer_again_gives_the_same_and_counts_once(house: House) -> None:
    id, attempt = await a_training(house)
    first = await house.answer(LEARNER, id, an_answer(attempt, "b"))
    again = await house.answer(LEARNER, id, an_answer(attempt, "b"))
    assert (again.verdict, again.score, again.right_answer) == (first.verdict, first.score, first.right_answer)
    assert (again.next, first.next) != (None, None)
    assert again.next.attempt_id == first.next.attempt_id  # type: ignore[union-attr]
    assert kept(house, id) == (2, 1, 0.0, 1)


async def test_another_answer_to_an_answered_question_is_refused(house: House) -> None:
    id, attempt = await a_training(house)
    await house.answer(LEARNER, id, an_answer(attempt, "b"))
    with pytest.raises(AnsweredDifferently):
        await house.answer(LEARNER, id, an_answer(attempt, "a"))
    with pytest.raises(AnsweredDifferently):
        await house.skip(LEARNER, id, SkippedAttempt(attempt_id=attempt))
    assert kept(house, id) == (2, 1, 0.0, 1)


@pytest.mark.parametrize("answer", [None, 3, ["a"], "zzz", {"a": "b"}, True])
async def test_an_answer_of_the_wrong_shape_keeps_nothing(house: House, answer: Response) -> None:
    id, attempt = await a_training(house)
    with pytest.raises(WrongShape):
        await house.answer(LEARNER, id, an_answer(attempt, answer))
    assert kept(house, id) == (1, 0, 0.0, 0)


async def test_anothers_training_and_attempt_are_as_good_as_absent(house: House) -> None:
    mine, attempt = await a_training(house)
    theirs, _ = await a_training(house, actor=OTHER)
    for id in (mine, theirs, TrainingId(uuid4())):
        with pytest.raises(NotFound):
            await house.answer(OTHER, id, an_answer(attempt))
        with pytest.raises(NotFound):
            await house.hint(OTHER, id, SkippedAttempt(attempt_id=attempt))
    with pytest.raises(AttemptNotFound):
        await house.skip(OTHER, theirs, SkippedAttempt(attempt_id=attempt))
    for use_case in (house.finish, house.read):
        with pytest.raises(TrainingNotFound):
            await use_case(OTHER, mine)
    with pytest.raises(TrainingNotFound):
        await house.skip(OTHER, mine, SkippedAttempt())
    assert kept(house, mine) == (1, 0, 0.0, 0)


async def test_a_skipped_question_shows_its_answer_and_earns_nothing(house: House) -> None:
    id, attempt = await a_training(house)
    view = await house.skip(LEARNER, id, SkippedAttempt())
    assert (view.attempt_id, view.verdict, view.score, view.right_answer) == (attempt, Verdict.SKIPPED, 0.0, "a")
    again = await house.skip(LEARNER, id, SkippedAttempt(attempt_id=attempt))
    assert again.next is not None
    assert again.next.attempt_id == view.next.attempt_id  # type: ignore[union-attr]
    assert kept(house, id) == (2, 1, 0.0, 1)
    assert house.world.events == []
    with pytest.raises(AnsweredDifferently):
        await house.answer(LEARNER, id, an_answer(attempt, "a"))


async def test_a_training_ends_after_its_length_or_when_the_questions_run_out(house: House) -> None:
    for length, asked in ((2, 2), (None, 5)):
        id, attempt = await a_training(house, length)
        answered = 1
        while (view := await house.answer(LEARNER, id, an_answer(attempt))).next is not None:
            attempt, answered = view.next.attempt_id, answered + 1
        assert (answered, view.training.answered) == (asked, asked)
        assert view.training.finished_at == house.world.clock.now()
        again = await house.answer(LEARNER, id, an_answer(attempt))
        assert (again.next, again.verdict) == (None, Verdict.CORRECT)


async def test_a_finished_training_takes_no_answers_and_finishing_twice_is_once(house: House) -> None:
    id, first = await a_training(house)
    view = await house.answer(LEARNER, id, an_answer(first))
    assert view.next is not None
    done = await house.finish(LEARNER, id)
    house.world.clock.passes(hours=1)
    assert (await house.finish(LEARNER, id)).finished_at == done.finished_at
    for late in (house.answer(LEARNER, id, an_answer(view.next.attempt_id)), house.skip(LEARNER, id, SkippedAttempt())):
        with pytest.raises(TrainingFinished):
            await late
    assert (await house.answer(LEARNER, id, an_answer(first))).verdict is Verdict.CORRECT
    assert (await house.read(LEARNER, id)).current is None
    with pytest.raises(TrainingNotFound):
        await house.read(LEARNER, None)


async def test_an_open_attempt_of_a_finished_training_is_refused(house: House) -> None:
    id, attempt = await a_training(house)
    house.world.trainings[id].finish(house.world.clock.now())
    with pytest.raises(TrainingFinished):
        await house.answer(LEARNER, id, an_answer(attempt))
    assert kept(house, id) == (1, 0, 0.0, 0)


@pytest.mark.parametrize(("late", "counts"), [(GRACE, True), (GRACE + timedelta(microseconds=1), False)])
async def test_an_answer_counts_until_the_deadline_and_its_grace(house: House, late: timedelta, counts: bool) -> None:
    id, attempt = await a_training(house)
    house.world.trainings[id].deadline = house.world.clock.now()
    house.world.clock.at += late
    if counts:
        assert (await house.answer(LEARNER, id, an_answer(attempt))).verdict is Verdict.CORRECT
        return
    for attempt_to_close in (house.answer(LEARNER, id, an_answer(attempt)), house.skip(LEARNER, id, SkippedAttempt())):
        with pytest.raises(Late):
            await attempt_to_close
    assert kept(house, id) == (1, 0, 0.0, 0)


@pytest.mark.parametrize(("said", "counted"), [(None, 60_000), (5_000, 5_000), (64_999, 64_999), (90_000, 60_000)])
async def test_the_time_that_was_measured_counts_if_it_can_be_true(
    house: House, said: int | None, counted: int
) -> None:
    id, attempt = await a_training(house)
    house.world.clock.passes(minutes=1)
    assert (await house.answer(LEARNER, id, an_answer(attempt, elapsed_ms=said))).elapsed_ms == counted


async def test_a_hint_costs_nothing(house: House) -> None:
    id, attempt = await a_training(house)
    for asked in (SkippedAttempt(attempt_id=attempt), SkippedAttempt()):
        assert (await house.hint(LEARNER, id, asked)).hint_html == "Подсказка"
    assert kept(house, id) == (1, 0, 0.0, 0)


async def test_the_day_of_an_answer_is_that_of_the_configured_zone(house: House) -> None:
    house.world.clock.at = house.world.clock.at.replace(hour=22)
    id, attempt = await a_training(house)
    await house.answer(LEARNER, id, an_answer(attempt))
    assert house.world.streaks[LEARNER.id].last_day == (house.world.clock.now() + timedelta(days=1)).date()
