"""How well a set of questions measures: its reliability, and what each question weighs in it.

A set is a fixed list of questions that learners answer as a whole: a pack, an exam variant, an event, a chosen list. A
learner counts once, with the first time that they finished it. Points are counted in whole PARTs, so that sums are
exact in any order and fit 64 bits for a million learners and 500 points.
"""

import hashlib
import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Self
from uuid import UUID

from lyceum.kernel.ids import QuestionId
from lyceum.training.domain.statistics import Marked
from lyceum.training.domain.trainings import Filters, Mode

PART = 2520
"""Points are counted in this part of one: exact for shares up to tenths."""
MOST_LEARNERS = 1_000_000
GOOD_ALPHA, POOR_ALPHA = 0.75, 0.64


class SetKind(StrEnum):
    """What a set was answered as."""

    LIST = "list"
    PACK = "pack"
    MOCK_EXAM = "mock_exam"
    EVENT = "event"


@dataclass(frozen=True, slots=True)
class SetKey:
    """Which set a training was: its kind, and the pack it comes from. `id` is made of these and of the questions, so
    that a pack whose questions change is another set."""

    id: UUID
    kind: SetKind
    source: UUID | None

    @classmethod
    def of(cls, kind: SetKind, source: UUID | None, questions: Collection[QuestionId]) -> Self:
        text = "\n".join((kind, str(source or ""), *sorted(str(id) for id in questions)))
        return cls(UUID(bytes=hashlib.blake2b(text.encode(), digest_size=16).digest()), kind, source)


def set_of(
    mode: Mode, filters: Filters, questions: Collection[QuestionId], pack: Collection[QuestionId]
) -> SetKey | None:
    """The set that a finished training with answers to these `questions` was; None when it was not a whole one.

    `pack` are the questions of the pack that it draws from. Exams and events are sets by themselves; practice is one
    when it went through a whole pack or list.
    """
    answered = set(questions)
    if len(answered) < 2:
        return None
    if mode in {Mode.MOCK_EXAM, Mode.EVENT}:
        return SetKey.of(SetKind(mode.value), None, answered)
    if filters.question_ids and answered == set(filters.question_ids):
        return SetKey.of(SetKind.LIST, None, answered)
    if filters.pack_listed and answered == set(pack):
        return SetKey.of(SetKind.PACK, filters.pack, answered)
    return None


def parts(points: float) -> int:
    return round(points * PART)


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemSums:
    """Running sums of one question in its set: of its points, their squares, and their products with the total."""

    points: int = 0
    points_points: int = 0
    points_total: int = 0

    def __add__(self, other: Self) -> Self:
        return type(self)(
            points=self.points + other.points,
            points_points=self.points_points + other.points_points,
            points_total=self.points_total + other.points_total,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SetSums:
    """Running sums of a set over `n` learners: of their totals, and of each question. Sums of parts add up."""

    n: int = 0
    total: int = 0
    total_total: int = 0
    items: Mapping[QuestionId, ItemSums] = field(default_factory=dict)

    @classmethod
    def of(cls, answers: Sequence[Marked], sign: int = 1) -> Self:
        """One learner who finished the set; `sign` -1 takes them out again."""
        points: Counter[QuestionId] = Counter()
        for it in answers:
            points[it.question_id] += parts(it.score)
        total = points.total()
        return cls(
            n=sign,
            total=sign * total,
            total_total=sign * total * total,
            items={
                id: ItemSums(points=sign * own, points_points=sign * own * own, points_total=sign * own * total)
                for id, own in points.items()
            },
        )

    def __add__(self, other: Self) -> Self:
        ids = dict.fromkeys((*self.items, *other.items))
        nothing = ItemSums()
        return type(self)(
            n=self.n + other.n,
            total=self.total + other.total,
            total_total=self.total_total + other.total_total,
            items={id: self.items.get(id, nothing) + other.items.get(id, nothing) for id in ids},
        )

    @property
    def mean(self) -> float | None:
        """The mean total, in points."""
        return self.total / (PART * self.n) if self.n else None

    @property
    def deviation(self) -> float | None:
        """The standard deviation of the totals over n - 1, in points."""
        if self.n < 2:
            return None
        return math.sqrt((self.n * self.total_total - self.total**2) / (self.n * (self.n - 1))) / PART

    @property
    def alpha(self) -> float | None:
        """Cronbach's alpha; None for fewer than two questions, or where all totals are equal."""
        count, spread = len(self.items), self.n * self.total_total - self.total**2
        if count < 2 or spread <= 0:
            return None
        within = sum(self.n * it.points_points - it.points**2 for it in self.items.values())
        return count / (count - 1) * (1 - within / spread)

    def weights(self) -> Mapping[QuestionId, float | None]:
        """What per cent of the spread of totals comes from each question (effective weight); None where the question
        goes against the rest."""
        roots = {id: _root(self.n * it.points_total - it.points * self.total) for id, it in self.items.items()}
        whole = sum(root for root in roots.values() if root is not None)
        return {id: 100 * root / whole if root is not None and whole else None for id, root in roots.items()}


def _root(covariance: int) -> float | None:
    return math.sqrt(covariance) if covariance >= 0 else None
