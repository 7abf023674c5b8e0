"""Ratings, by their properties."""

import math
import random
from uuid import UUID

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lyceum.bank.api import Difficulty
from lyceum.kernel.ids import QuestionId
from lyceum.training.domain.ability import JITTER, LABELS, START
from lyceum.training.domain.elo import (
    FARTHEST,
    LEAST_LEARNER_ERROR,
    LEAST_QUESTION_ERROR,
    OVERALL_ERROR,
    QUESTION_ERROR,
    SUBJECT_ERROR,
    Learner,
    Rating,
    expected,
    guess_floor,
    seeded,
    updated,
)

overalls = st.builds(Rating, st.floats(START - 2000, START + 2000), st.floats(LEAST_LEARNER_ERROR, OVERALL_ERROR))
parts = st.builds(Rating, st.floats(-2000, 2000), st.floats(LEAST_LEARNER_ERROR, SUBJECT_ERROR))
learners = st.builds(Learner, overalls, parts)
questions = st.builds(Rating, st.floats(-500, 3500), st.floats(LEAST_QUESTION_ERROR, QUESTION_ERROR))
guesses = st.sampled_from([guess_floor(options) for options in range(7)])
shares = st.floats(0, 1)
anything = st.builds(Rating, st.floats(-1e12, 1e12), st.floats(0, 1e6))


@given(learners, questions, guesses)
def test_what_is_expected_lies_between_a_guess_and_certainty(learner: Learner, question: Rating, guess: float) -> None:
    assert guess <= expected(learner, question, guess) <= 1
    better = Learner(Rating(learner.overall.value + 50, learner.overall.error), learner.subject)
    assert expected(better, question, guess) >= expected(learner, question, guess)
    harder = Rating(question.value + 50, question.error)
    assert expected(learner, harder, guess) <= expected(learner, question, guess)
    assert expected(learner, question, guess) >= expected(learner, question)


@given(learners, questions, shares, guesses)
def test_an_answer_moves_learner_and_question_against_each_other(
    learner: Learner, question: Rating, earned: float, guess: float
) -> None:
    after = updated(learner, question, earned, guess)
    surprise = earned - expected(learner, question, guess)
    assert (after.learner.value - learner.value) * surprise >= -1e-9
    assert (after.question.value - question.value) * surprise <= 1e-9


@given(overalls, parts, questions, shares)
def test_each_side_moves_by_its_own_variance(overall: Rating, part: Rating, question: Rating, earned: float) -> None:
    learner = Learner(overall, part)
    after = updated(learner, question, earned)
    assume(abs(after.learner.overall.value - START) < FARTHEST and abs(after.learner.subject.value) < FARTHEST)
    assume(abs(after.question.value - START) < FARTHEST)
    pull = (after.learner.overall.value - overall.value) / overall.error**2
    assert (after.learner.subject.value - part.value) / part.error**2 == pytest.approx(pull, abs=1e-9)
    assert (after.question.value - question.value) / question.error**2 == pytest.approx(-pull, abs=1e-9)


@given(st.floats(-2000, 2000), st.floats(25, 250))
def test_right_of_the_weak_mirrors_wrong_of_the_strong(gap: float, error: float) -> None:
    middle = Rating(START, error)
    above = Learner(Rating(START + gap, 150), Rating(0, 100))
    below = Learner(Rating(START - gap, 150), Rating(0, 100))
    won, lost = updated(below, middle, 1.0), updated(above, middle, 0.0)
    assert won.learner.value - below.value == pytest.approx(above.value - lost.learner.value, abs=1e-6)
    assert won.question.value - START == pytest.approx(START - lost.question.value, abs=1e-6)
    assert won.learner.error == pytest.approx(lost.learner.error)


@given(learners, questions, shares, shares, guesses)
def test_who_earns_more_is_rated_no_lower(
    learner: Learner, question: Rating, one: float, other: float, guess: float
) -> None:
    less, more = sorted((one, other))
    worse, better = updated(learner, question, less, guess), updated(learner, question, more, guess)
    assert better.learner.value >= worse.learner.value - 1e-9
    assert better.question.value <= worse.question.value + 1e-9


@given(learners, questions, shares, guesses)
def test_errors_never_grow_and_never_vanish(learner: Learner, question: Rating, earned: float, guess: float) -> None:
    after = updated(learner, question, earned, guess)
    assert LEAST_LEARNER_ERROR <= after.learner.overall.error <= learner.overall.error
    assert LEAST_LEARNER_ERROR <= after.learner.subject.error <= learner.subject.error
    assert LEAST_QUESTION_ERROR <= after.question.error <= question.error


@given(questions)
def test_the_error_of_a_new_learner_shrinks_with_every_answer_until_it_is_settled(question: Rating) -> None:
    assume(abs(question.value - START) < 1000)
    learner = Learner()
    for _ in range(3):
        after = updated(learner, question, 0.5).learner
        assert after.error < learner.error
        learner = after


@given(learners, questions, shares)
def test_what_may_be_a_guess_moves_less(learner: Learner, question: Rating, earned: float) -> None:
    sure, guessed = updated(learner, question, 1.0), updated(learner, question, 1.0, 0.25)
    assert guessed.learner.value <= sure.learner.value + 1e-9
    assert guessed.learner.error >= sure.learner.error - 1e-9


@given(anything, anything, anything, shares, guesses)
def test_extremes_give_finite_ratings(
    overall: Rating, part: Rating, question: Rating, earned: float, guess: float
) -> None:
    after = updated(Learner(overall, part), question, earned, guess)
    for it in (after.learner.overall, after.learner.subject, after.question):
        assert math.isfinite(it.value)
        assert math.isfinite(it.error)
    assert 0 <= expected(Learner(overall, part), question, guess) <= 1


@pytest.mark.parametrize("guess", [0.0, 0.25, 0.5])
def test_answers_find_a_learner_and_the_error_is_honest(guess: float) -> None:
    source = random.Random(7)
    off: list[float] = []
    for _ in range(40):
        true, learner = source.gauss(START, 250), Learner()
        for _ in range(120):
            question = Rating(source.gauss(START, 150), LEAST_QUESTION_ERROR)
            chance = expected(Learner(Rating(true, 0), Rating(0, 0)), question, guess)
            learner = updated(learner, question, float(source.random() < chance), guess).learner
        off.append((learner.value - true) / learner.error)
    assert abs(sum(off) / len(off)) < 0.5
    assert math.sqrt(sum(it * it for it in off) / len(off)) < 1.3


@given(st.uuids(), st.sampled_from(Difficulty))
def test_a_question_begins_at_its_label_with_the_error_of_one_that_nobody_answered(
    id: UUID, difficulty: Difficulty
) -> None:
    question = seeded(QuestionId(id), difficulty)
    assert abs(question.value - LABELS[difficulty]) <= JITTER
    assert question.error == QUESTION_ERROR


@pytest.mark.parametrize(("options", "floor"), [(0, 0.0), (1, 0.0), (2, 0.5), (4, 0.25)])
def test_a_guess_among_options(options: int, floor: float) -> None:
    assert guess_floor(options) == floor
