"""The one-parameter logistic (Rasch) model, fitted to all answers at once.

Difficulties are found by marginal maximum likelihood, abilities integrated out by their normal approximation: learners
and questions are moved in turn by Newton's method until they rest. Answers enter as sufficient statistics: the sum of
each learner and question, and how many answers it has at each level of the other side, so that a pass costs one look
at each answer. Logits; the mean ability is 0.
"""

import math
from array import array
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass

GRID = 25
"""Levels to a logit, on which the other side is counted."""
DAMPINGS = 50
"""Levels of certainty of the other side."""
FARTHEST = 8.0
CLOSE = 0.004
MOST_PASSES = 40
LEAST_SPREAD = 0.05


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value in logits with its standard error."""

    value: float
    error: float


@dataclass(frozen=True, slots=True)
class Fit:
    """`spread` is the standard deviation of abilities. `settled` says that the last pass moved nothing noticeably."""

    difficulties: Mapping[Hashable, Estimate]
    abilities: Mapping[Hashable, Estimate]
    spread: float
    passes: int
    settled: bool


@dataclass(slots=True)
class _Side:
    """Learners or questions: the sum and the opponents of each, where it stands, and how surely.

    `sign` is 1 for learners, who stand above, and -1 for questions.
    """

    sums: list[float]
    others: list[array[int]]
    values: list[float]
    variances: list[float]
    sign: int
    middle: float = 0.0
    prior: float = 1.0

    def levels(self) -> list[int]:
        """Where each stands and how surely, as one number."""
        return [
            round(value * GRID) * (DAMPINGS + 1) + round(DAMPINGS / math.sqrt(1 + math.pi / 8 * variance))
            for value, variance in zip(self.values, self.variances, strict=True)
        ]

    def move(self, levels: Sequence[int]) -> float:
        """One Newton step of each against the other side's levels; how far the farthest went."""
        farthest = 0.0
        places: dict[int, tuple[float, float]] = {}
        for level in set(levels):
            place, damping = divmod(level, DAMPINGS + 1)
            places[level] = place / GRID, damping / DAMPINGS
        for one, others in enumerate(self.others):
            counts = Counter(map(levels.__getitem__, others))
            groups = [(*places[level], count) for level, count in counts.items()]
            value = self._solve(one, groups)
            farthest = max(farthest, abs(value - self.values[one]))
            self.values[one] = value
        return farthest

    def _solve(self, one: int, groups: Sequence[tuple[float, float, int]]) -> float:
        value, sign, information = self.values[one], self.sign, 1 / self.prior
        for _ in range(3):
            pull, information = (self.middle - value) / self.prior, 1 / self.prior
            expected = 0.0
            for place, damping, count in groups:
                chance = 1 / (1 + math.exp(-sign * damping * (value - place)))
                expected += count * chance
                information += count * chance * (1 - chance) * damping * damping
            step = (pull + sign * (self.sums[one] - expected)) / information
            value = max(-FARTHEST, min(FARTHEST, value + max(-1.0, min(1.0, step))))
            if abs(step) < CLOSE / 10:
                break
        self.variances[one] = 1 / information
        return value


def fit(
    answers: Iterable[tuple[Hashable, Hashable, float]],
    *,
    spread: float = 1.0,
    on_pass: Callable[[int], None] = lambda number: None,
) -> Fit:
    """Fit to answers (learner, question, share of the points earned, 0..1); `spread` is where the search for that of
    abilities begins; `on_pass` hears the number of each pass before it, and may raise to end the fit. Several answers
    of a learner to a question all count. Without answers the fit is empty."""
    learners, questions, names = _gathered(answers)
    if not learners.sums:
        return Fit({}, {}, spread, 0, settled=True)
    learners.prior, questions.prior = spread**2, 4.0
    passes, settled = 0, False
    while passes < MOST_PASSES and not settled:
        passes += 1
        on_pass(passes)
        moved = questions.move(learners.levels())
        questions.middle = sum(questions.values) / len(questions.values)
        moved = max(moved, learners.move(questions.levels()))
        _centre(learners, questions)
        settled = moved < CLOSE + 1 / GRID and passes > 3
    return Fit(
        difficulties=dict(zip(names[1], _estimates(questions), strict=True)),
        abilities=dict(zip(names[0], _estimates(learners), strict=True)),
        spread=math.sqrt(learners.prior),
        passes=passes,
        settled=settled,
    )


def _gathered(
    answers: Iterable[tuple[Hashable, Hashable, float]],
) -> tuple[_Side, _Side, tuple[Sequence[Hashable], Sequence[Hashable]]]:
    numbers: tuple[dict[Hashable, int], dict[Hashable, int]] = ({}, {})
    learners, questions = _Side([], [], [], [], 1), _Side([], [], [], [], -1)
    for learner, question, earned in answers:
        places = []
        for side, known, name in ((learners, numbers[0], learner), (questions, numbers[1], question)):
            place = known.setdefault(name, len(known))
            if place == len(side.sums):
                side.sums.append(0.0)
                side.others.append(array("i"))
            side.sums[place] += earned
            places.append(place)
        learners.others[places[0]].append(places[1])
        questions.others[places[1]].append(places[0])
    for side in (learners, questions):
        side.values, side.variances = [0.0] * len(side.sums), [1.0] * len(side.sums)
    return learners, questions, (list(numbers[0]), list(numbers[1]))


def _centre(learners: _Side, questions: _Side) -> None:
    """Put the mean ability at 0, and learn how far abilities spread: what is seen and what is not known of each."""
    count = len(learners.values)
    mean = sum(learners.values) / count
    for side in (learners, questions):
        side.values = [value - mean for value in side.values]
    questions.middle -= mean
    seen = sum(value * value for value in learners.values) + sum(learners.variances)
    learners.prior = max(LEAST_SPREAD**2, seen / count)


def _estimates(side: _Side) -> list[Estimate]:
    return [Estimate(value, math.sqrt(it)) for value, it in zip(side.values, side.variances, strict=True)]


@dataclass(frozen=True, slots=True)
class Drift:
    """How online ratings stand to a fit, in logits: the mean difference (online above the fit), the root mean square
    of what is left of it, the correlation (NaN below two questions or without any spread), and `strayed`, those more
    than three standard errors off, the farthest first."""

    questions: int
    shift: float
    scatter: float
    correlation: float
    strayed: Sequence[tuple[Hashable, float]]


def drift[K: Hashable](fitted: Mapping[K, Estimate], online: Mapping[K, Estimate]) -> Drift:
    """Compare the questions that both know."""
    shared = [(id, online[id], it) for id, it in fitted.items() if id in online]
    if not shared:
        return Drift(0, 0.0, 0.0, math.nan, ())
    shift = sum(one.value - other.value for _, one, other in shared) / len(shared)
    off = [(id, one.value - other.value - shift, math.hypot(one.error, other.error)) for id, one, other in shared]
    strayed = sorted(((id, far) for id, far, error in off if abs(far) > 3 * error), key=lambda it: -abs(it[1]))
    return Drift(
        questions=len(shared),
        shift=shift,
        scatter=math.sqrt(sum(far * far for _, far, _ in off) / len(off)),
        correlation=_correlation([one.value for _, one, _ in shared], [other.value for _, _, other in shared]),
        strayed=strayed,
    )


def _correlation(one: Sequence[float], other: Sequence[float]) -> float:
    mean, mean_other = sum(one) / len(one), sum(other) / len(other)
    both = sum((a - mean) * (b - mean_other) for a, b in zip(one, other, strict=True))
    spread = sum((a - mean) ** 2 for a in one) * sum((b - mean_other) ** 2 for b in other)
    return both / math.sqrt(spread) if spread > 0 else math.nan
