"""The nightly fit: known parameters come back, and errors say how near."""

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lyceum.training.domain.rasch import Estimate, drift, fit

type Answers = list[tuple[str, str, float]]


def made(learners: int, questions: int, share: float, spread: float, seed: int) -> tuple[dict[str, float], Answers]:
    """Difficulties against a mean ability of 0, and answers to a share of the questions each."""
    source = random.Random(seed)
    able = [source.gauss(0, spread) for _ in range(learners)]
    hard = [source.gauss(0.4, 1) for _ in range(questions)]
    mean = sum(able) / learners
    answers = [
        (f"l{u}", f"q{i}", float(source.random() < 1 / (1 + math.exp(hard[i] - able[u]))))
        for u in range(learners)
        for i in range(questions)
        if source.random() < share
    ]
    return {f"q{i}": it - mean for i, it in enumerate(hard)}, answers


@pytest.mark.parametrize(
    ("learners", "questions", "share", "spread"), [(400, 40, 1.0, 1.0), (1500, 100, 0.12, 1.3), (5000, 500, 0.02, 0.7)]
)
def test_known_difficulties_and_the_spread_of_abilities_come_back(
    learners: int, questions: int, share: float, spread: float
) -> None:
    true, answers = made(learners, questions, share, spread, seed=5)
    fitted = fit(answers)
    assert fitted.settled
    off = [(fitted.difficulties[id].value - it) / fitted.difficulties[id].error for id, it in true.items()]
    assert abs(sum(off) / len(off)) < 0.6
    assert math.sqrt(sum(it * it for it in off) / len(off)) < 1.3
    slope = sum(fitted.difficulties[id].value * it for id, it in true.items()) / sum(it * it for it in true.values())
    assert slope == pytest.approx(1, abs=0.1)
    assert fitted.spread == pytest.approx(spread, rel=0.15)


names = st.sampled_from(["a", "b", "c", "d"])


@settings(deadline=None)
@given(st.lists(st.tuples(names, names, st.floats(0, 1)), max_size=60))
def test_any_answers_give_finite_estimates(answers: Answers) -> None:
    fitted = fit(answers)
    assert set(fitted.abilities) == {learner for learner, _, _ in answers}
    assert set(fitted.difficulties) == {question for _, question, _ in answers}
    for it in (*fitted.abilities.values(), *fitted.difficulties.values()):
        assert math.isfinite(it.value)
        assert 0 < it.error < math.inf


def test_what_nobody_solves_is_hard_and_what_everybody_solves_is_easy_within_bounds() -> None:
    answers = [(f"l{n}", question, float(question == "easy")) for n in range(200) for question in ("easy", "hard")]
    fitted = fit(answers)
    assert -8 <= fitted.difficulties["easy"].value < -2
    assert 2 < fitted.difficulties["hard"].value <= 8


def test_the_order_of_answers_does_not_matter() -> None:
    _, answers = made(60, 12, 0.8, 1.0, seed=2)
    one, other = fit(answers), fit(list(reversed(answers)))
    for id, it in one.difficulties.items():
        assert other.difficulties[id].value == pytest.approx(it.value, abs=0.05)


def test_drift_tells_a_common_shift_from_questions_that_strayed() -> None:
    fitted = {f"q{n}": Estimate(n / 10, 0.1) for n in range(21)}
    online = {id: Estimate(it.value + 0.3, 0.1) for id, it in fitted.items()} | {"other": Estimate(9, 0.1)}
    online["q20"] = Estimate(fitted["q20"].value - 1.2, 0.1)
    found = drift(fitted, online)
    assert found.questions == 21
    assert found.shift == pytest.approx((20 * 0.3 - 1.2) / 21)
    assert [id for id, _ in found.strayed] == ["q20"]
    assert found.correlation > 0.8


def test_nothing_in_common_is_no_drift() -> None:
    assert drift({}, {"q": Estimate(0, 1)}).questions == 0
    alone = drift({"q": Estimate(1, 1)}, {"q": Estimate(2, 1)})
    assert math.isnan(alone.correlation)
    assert alone.shift == 1
