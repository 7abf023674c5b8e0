"""Classical test theory from running sums: how hard a question is, and how well it tells the strong from the weak.

A mark is the share of the points that an answer earned; the rest score of an answer is the share that its learner
earned on the other questions of the same finished training. Both are counted in whole UNITs, so that sums are exact:
whichever way answers are split and ordered, the same statistics come out. What is kept of a question is the number of
answers by response, mark and rest score (`Cells`), from which everything else follows.

Definitions are those of the usual quiz statistics: the standard deviation is over n - 1; discrimination is 100 times
the correlation of mark and rest score; efficiency is 100 times their covariance over the greatest that the same marks
and rest scores could have, paired in order; statistics that are undefined are None.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from fractions import Fraction
from typing import Self

from lyceum.bank.api import Kind
from lyceum.kernel.ids import QuestionId

UNIT = 27_720
"""Marks and rest scores are counted in this part of one: exact for all shares up to twelfths."""
UNKNOWN = -1
"""The rest score of an answer whose training has too few other questions to tell."""
FEWEST_OTHERS = 3
"""A rest score of fewer questions is mostly chance."""
GROUPS = 5
NO_RESPONSE = ""
LONGEST_RESPONSE = 80
_GUESSED = frozenset({Kind.SINGLE_CHOICE, Kind.TRUE_FALSE})
_CHOSEN = _GUESSED | {Kind.MULTIPLE_CHOICE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Marked:
    """One marked answer of a finished training. `first` says that its learner had not met the question before;
    `response` are the chosen options, separated by blanks, empty where nothing was chosen from."""

    question_id: QuestionId
    version: int
    response: str
    score: float
    max_score: float
    first: bool = True


@dataclass(frozen=True, slots=True, order=True)
class Cell:
    """Where an answer is counted. `mark` and `rest` in UNITs; `rest` may be UNKNOWN."""

    version: int
    response: str
    mark: int
    rest: int


type Cells = Mapping[Cell, int]
"""How many answers each cell holds. Tallies of parts add up to the tally of the whole."""


def units(points: float) -> int:
    """Points, which have at most five decimals, as a whole number."""
    return round(points * 100_000)


def share(part: int, whole: int) -> int:
    """A part of a whole in UNITs, halves upwards; 0 of nothing."""
    return (2 * UNIT * part + whole) // (2 * whole) if whole > 0 else 0


def tally(answers: Iterable[Marked]) -> Mapping[QuestionId, Cells]:
    """The cells of one finished training: its first answers that are worth points, one for each question.

    Only first answers make a rest score too: what was seen before tells of memory.
    """
    counted = [it for it in answers if it.first and it.max_score > 0]
    earned = sum(units(it.score) for it in counted)
    possible = sum(units(it.max_score) for it in counted)
    known = len(counted) > FEWEST_OTHERS
    found: dict[QuestionId, Counter[Cell]] = {}
    for it in counted:
        own, worth = units(it.score), units(it.max_score)
        rest = max(0, share(earned - own, possible - worth)) if known else UNKNOWN
        cell = Cell(it.version, it.response, share(own, worth), rest)
        found.setdefault(it.question_id, Counter())[cell] += 1
    return found


def response_of(kind: Kind, answer: object) -> str:
    """The chosen options of an answer; empty for kinds without options, for no answer, and where it is too long."""
    chosen: Sequence[object] = ()
    if kind in _CHOSEN and answer is not None:
        chosen = answer if isinstance(answer, list) else [answer]
    words = sorted({str(it).lower() if isinstance(it, bool) else str(it) for it in chosen})
    text = " ".join(words)
    return text if len(text) <= LONGEST_RESPONSE else NO_RESPONSE


def random_guess(kind: Kind, options: int) -> float | None:
    """The mean mark of somebody who guesses; None where it cannot be told from the number of options."""
    return 1 / options if kind in _GUESSED and options > 0 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """Running sums over the answers to a question, in UNITs and their squares. The `known_` ones, and those of rest
    scores, are over the answers whose rest score is known."""

    n: int = 0
    mark: int = 0
    mark_mark: int = 0
    known: int = 0
    known_mark: int = 0
    known_mark_mark: int = 0
    rest: int = 0
    rest_rest: int = 0
    mark_rest: int = 0

    @classmethod
    def of(cls, cells: Cells) -> Self:
        total = cls()
        for cell, n in cells.items():
            total += cls._one(cell, n)
        return total

    @classmethod
    def _one(cls, cell: Cell, n: int) -> Self:
        x, r = cell.mark, cell.rest
        if r == UNKNOWN:
            return cls(n=n, mark=n * x, mark_mark=n * x * x)
        return cls(
            n=n,
            mark=n * x,
            mark_mark=n * x * x,
            known=n,
            known_mark=n * x,
            known_mark_mark=n * x * x,
            rest=n * r,
            rest_rest=n * r * r,
            mark_rest=n * x * r,
        )

    def __add__(self, other: Self) -> Self:
        return type(self)(**{it.name: getattr(self, it.name) + getattr(other, it.name) for it in fields(self)})

    @property
    def facility(self) -> float | None:
        """The mean mark, 0..1."""
        return self.mark / (UNIT * self.n) if self.n else None

    @property
    def deviation(self) -> float | None:
        """The standard deviation of the marks, 0..1."""
        if self.n < 2:
            return None
        return math.sqrt(_scatter(self.n, self.mark, self.mark_mark) / (self.n * (self.n - 1))) / UNIT

    @property
    def covariance(self) -> int:
        """Of mark and rest score, times the square of `known`."""
        return self.known * self.mark_rest - self.known_mark * self.rest

    @property
    def discrimination(self) -> float | None:
        """100 times the correlation of mark and rest score, -100..100."""
        spread = _scatter(self.known, self.known_mark, self.known_mark_mark) * _scatter(
            self.known, self.rest, self.rest_rest
        )
        return min(100.0, max(-100.0, 100 * self.covariance / math.sqrt(spread))) if spread else None

    def efficiency(self, best: int) -> float | None:
        """100 times the covariance over the greatest possible one, at most 100; `best` is from `best_pairing`."""
        greatest = self.known * best - self.known_mark * self.rest
        return 100 * float(Fraction(self.covariance, greatest)) if greatest > 0 else None


def _scatter(n: int, total: int, squares: int) -> int:
    """The sum of squared deviations, times n."""
    return n * squares - total * total


def best_pairing(cells: Cells) -> int:
    """The greatest sum of products that the marks and the known rest scores can have: both sorted, then paired.

    Walks the two histograms side by side, so it costs as many steps as there are different values.
    """
    marks: Counter[int] = Counter()
    rests: Counter[int] = Counter()
    for cell, n in cells.items():
        if cell.rest != UNKNOWN:
            marks[cell.mark] += n
            rests[cell.rest] += n
    return paired(marks, rests)


def paired(marks: Mapping[int, int], rests: Mapping[int, int]) -> int:
    """The sum of products of two histograms of equal size, paired in order."""
    others = iter(sorted(rests.items()))
    value, left, total = 0, 0, 0
    for mark, n in sorted(marks.items()):
        while n > 0:
            if left == 0:
                value, left = next(others)
            step = min(n, left)
            total += step * mark * value
            n -= step
            left -= step
    return total


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """The statistics of a question over `answered` answers, of which `measured` have a rest score. `facility` and
    `deviation` are 0..1, `discrimination` -100..100, `efficiency` at most 100."""

    answered: int
    measured: int
    facility: float | None
    deviation: float | None
    discrimination: float | None
    efficiency: float | None

    @classmethod
    def of(cls, cells: Cells) -> Self:
        sums = Sums.of(cells)
        return cls(
            answered=sums.n,
            measured=sums.known,
            facility=sums.facility,
            deviation=sums.deviation,
            discrimination=sums.discrimination,
            efficiency=sums.efficiency(best_pairing(cells)),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """How often an option was chosen, and how those who chose it did otherwise (`rest`, 0..1)."""

    option: str
    count: int
    share: float
    rest: float | None
    facility: float


def distractors(cells: Cells) -> Sequence[Chosen]:
    """Every option chosen at least once, the most frequent first. A share is of all answers, so that the shares of a
    question with several right options add up to more than one; no choice at all is the option NO_RESPONSE."""
    total = sum(cells.values())
    by_option: dict[str, Counter[Cell]] = {}
    for cell, n in cells.items():
        for option in cell.response.split(" "):
            by_option.setdefault(option, Counter())[cell] += n
    found = []
    for option, own in by_option.items():
        sums = Sums.of(own)
        found.append(
            Chosen(
                option=option,
                count=sums.n,
                share=sums.n / total,
                rest=sums.rest / (UNIT * sums.known) if sums.known else None,
                facility=sums.facility or 0.0,
            )
        )
    return sorted(found, key=lambda it: (-it.count, it.option))


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Learners of about one strength: `low`..`high` are their rest scores (0..1), `facility` is their mean mark here,
    `options` how many of them chose which option."""

    low: float
    high: float
    answered: int
    facility: float
    options: Mapping[str, int]


def score_groups(cells: Cells, count: int = GROUPS) -> Sequence[Group]:
    """Learners from the weakest to the strongest, in at most `count` groups of about equal size; equals together."""
    by_rest: dict[int, Counter[Cell]] = {}
    for cell, n in cells.items():
        if cell.rest != UNKNOWN:
            by_rest.setdefault(cell.rest, Counter())[cell] += n
    total = sum(n for own in by_rest.values() for n in own.values())
    groups: list[Counter[Cell]] = [Counter() for _ in range(count)]
    before = 0
    for _, own in sorted(by_rest.items()):
        n = own.total()
        groups[min(count - 1, (2 * before + n) * count // (2 * total))].update(own)
        before += n
    return [_group(own) for own in groups if own]


def _group(cells: Cells) -> Group:
    sums = Sums.of(cells)
    options: Counter[str] = Counter()
    for cell, n in cells.items():
        for option in cell.response.split(" "):
            options[option] += n
    return Group(
        low=min(cell.rest for cell in cells) / UNIT,
        high=max(cell.rest for cell in cells) / UNIT,
        answered=sums.n,
        facility=sums.facility or 0.0,
        options=options,
    )
