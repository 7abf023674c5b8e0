"""The online model: its properties, whatever it is fed."""

import copy
import math
import random

from hypothesis import given
from hypothesis import strategies as st

from lyceum.training.domain.experience import PATTERN_ANSWERS, REMEMBERED, Recall, with_answer
from lyceum.training.domain.prediction import (
    FEATURES,
    LEARNER_VARIANCE,
    QUESTION_VARIANCE,
    Evidence,
    Model,
    Situation,
    logistic,
    new_learner,
    new_part,
    new_question,
    new_topic,
    recalled,
)

times = st.none() | st.floats(-1e12, 1e12)
spans = st.none() | st.floats(allow_nan=False)
histories = st.lists(st.tuples(st.integers(0, 3), st.booleans(), times, spans), max_size=40)


def go_through(
    model: Model, history: list[tuple[int, bool, float | None, float | None]]
) -> tuple[list[float], Situation]:
    learner, part, topic = new_learner(), new_part(), new_topic()
    questions = {n: new_question() for n in range(4)}
    recalls: dict[int, Recall] = {}
    chances = []
    situation = Situation("0", "topic", learner, part, None, questions[0], topic, None)
    for question, correct, at, elapsed in history:
        known = recalls.get(question)
        situation = Situation(str(question), "topic", learner, part, known, questions[question], topic, at)
        made = model.predict(situation)
        model.learn(situation, made, correct=correct, elapsed_ms=elapsed)
        recalls[question] = recalled(known, correct, at)
        chances.append(made.chance)
    return chances, situation


@given(histories)
def test_any_history_gives_chances_and_finite_states(
    history: list[tuple[int, bool, float | None, float | None]],
) -> None:
    model = Model()
    chances, last = go_through(model, history)
    assert all(0 < chance < 1 for chance in chances)
    assert all(map(math.isfinite, model.weights))
    for belief, most in ((last.learner.overall.ability, LEARNER_VARIANCE), (last.question.easiness, QUESTION_VARIANCE)):
        assert math.isfinite(belief.value)
        assert 0 < belief.variance <= most
    assert math.isfinite(last.learner.pace)
    assert len(last.learner.recent) <= REMEMBERED


@given(histories)
def test_a_prediction_changes_nothing_that_a_prediction_depends_on(
    history: list[tuple[int, bool, float | None, float | None]],
) -> None:
    model = Model()
    _, situation = go_through(model, history)
    before = copy.deepcopy((situation, model.weights))
    first, second = model.predict(situation), model.predict(situation)
    assert first.chance == second.chance
    assert (situation, model.weights) == before


@given(histories, st.booleans(), histories)
def test_no_prediction_knows_its_own_answer_or_a_later_one(
    history: list[tuple[int, bool, float | None, float | None]],
    other: bool,
    later: list[tuple[int, bool, float | None, float | None]],
) -> None:
    whole, _ = go_through(Model(), history)
    if not history:
        return
    question, correct, at, elapsed = history[-1]
    changed, _ = go_through(Model(), [*history[:-1], (question, correct is not other, at, elapsed), *later])
    assert changed[: len(history)] == whole


@given(st.floats(-1e300, 1e300))
def test_nothing_is_ever_certain(logit: float) -> None:
    assert 0 < logistic(logit) < 1


@given(st.lists(st.booleans(), max_size=20))
def test_a_pattern_is_the_last_answers(answers: list[bool]) -> None:
    pattern = 1
    for answer in answers:
        pattern = with_answer(pattern, answer)
    last = answers[-PATTERN_ANSWERS:]
    assert bin(pattern) == "0b1" + "".join("1" if answer else "0" for answer in last)


def chance_after(answers: list[bool], model: Model) -> float:
    _, last = go_through(model, [(n % 3, answer, 60.0 * n, None) for n, answer in enumerate(answers)])
    return model.predict(last).chance


def test_who_answers_well_is_expected_to_go_on_so() -> None:
    assert (
        chance_after([True] * 6, Model())
        > chance_after([True, False] * 3, Model())
        > chance_after([False] * 6, Model())
    )


def test_evidence_that_is_off_weighs_nothing() -> None:
    history = [(n % 3, n % 2 == 0, 60.0 * n, 900.0) for n in range(20)]
    model = Model(frozenset())
    go_through(model, history)
    moved = [name for name, weight, new in zip(FEATURES, model.weights, Model().weights, strict=True) if weight != new]
    assert set(moved) <= {"one", "base"}
    assert not model.pairs
    assert not model.contexts


def test_a_question_that_foretells_another_is_found_out() -> None:
    """Half of the learners know a trick that questions A and B need, and nothing else differs."""
    source, model = random.Random(3), Model(frozenset({Evidence.PAIRS}))
    questions = {name: new_question() for name in "ABC"}
    topic = new_topic()
    for _ in range(400):
        knows, learner, part = source.random() < 0.5, new_learner(), new_part()
        foretold = {}
        for name in "ACB":
            situation = Situation(name, None, learner, part, None, questions[name], topic, None)
            made = model.predict(situation)
            foretold[name] = made.chance
            right = source.random() < ((0.9 if knows else 0.1) if name != "C" else 0.5)
            model.learn(situation, made, correct=right)
            if name == "A":
                was = right
    learned = model.pairs["B"]["A"].value
    assert learned > 1 > model.pairs["B"]["C"].value
    assert (foretold["B"] > 0.6) == was
