"""What a paper earned by the rules of its exam: primary points, test points, thresholds, a mark.

While people still read some answers every figure is a range: the least and the most that it can become.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from lyceum.bank.api import ExamProfile, Threshold


@dataclass(frozen=True, slots=True)
class Range:
    """From the least to the most; the same once it is settled."""

    low: float
    high: float

    @property
    def is_settled(self) -> bool:
        return self.low == self.high


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskScore:
    """What a task earned. `pending` is the most that people can still add."""

    number: int
    score: float
    max_score: float
    pending: float = 0.0


class Reached(StrEnum):
    """`open`: it depends on answers that people still read."""

    YES = "yes"
    NO = "no"
    OPEN = "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdView:
    """A threshold of the exam and whether it was reached. `unit` is primary or test points; a condition asks for
    `from_tasks_minimum` points from `from_tasks` besides, of which there are `from_tasks_score`."""

    mark: str
    minimum: int
    unit: str
    reached: Reached
    from_tasks: Sequence[int] = ()
    from_tasks_minimum: int = 0
    from_tasks_score: Range = Range(0.0, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """Primary points to test points, of a year; `verified` says whether it was compared with the official table."""

    year: int
    points: Mapping[int, int]
    source: str
    verified: bool

    def test(self, primary: float) -> int:
        """Test points for so many whole primary points; what the table leaves out is worth what is below it."""
        below = [value for key, value in self.points.items() if key <= primary]
        return max(below, default=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExamScore:
    """`test` is null without a scale; `mark` where the exam gives marks, null while it is open."""

    primary: Range
    max_primary: float
    test: Range | None
    scale: Scale | None
    thresholds: Sequence[ThresholdView]
    mark: str | None


def score_exam(profile: ExamProfile, scale: Scale | None, tasks: Sequence[TaskScore]) -> ExamScore:
    """Sum the tasks up by the profile."""
    primary = _sum(tasks)
    test = Range(scale.test(primary.low), scale.test(primary.high)) if scale else None
    thresholds = [view for it in profile.thresholds if (view := _threshold(it, primary, test, tasks)) is not None]
    return ExamScore(
        primary=primary,
        max_primary=sum(task.max_score for task in tasks),
        test=test,
        scale=scale,
        thresholds=thresholds,
        mark=_mark(thresholds),
    )


def _sum(tasks: Sequence[TaskScore]) -> Range:
    low = round(sum(task.score for task in tasks), 5)
    return Range(low, round(low + sum(task.pending for task in tasks), 5))


def _threshold(
    asked: Threshold, primary: Range, test: Range | None, tasks: Sequence[TaskScore]
) -> ThresholdView | None:
    """None when it counts in test points and there is no scale to tell them by."""
    points = primary if asked.unit == "primary" else test
    if points is None:
        return None
    part = _sum([task for task in tasks if task.number in asked.from_tasks])
    certain = points.low >= asked.minimum and part.low >= asked.from_tasks_minimum
    possible = points.high >= asked.minimum and part.high >= asked.from_tasks_minimum
    return ThresholdView(
        mark=asked.mark,
        minimum=asked.minimum,
        unit=asked.unit,
        reached=Reached.YES if certain else Reached.OPEN if possible else Reached.NO,
        from_tasks=asked.from_tasks,
        from_tasks_minimum=asked.from_tasks_minimum,
        from_tasks_score=part,
    )


def _mark(thresholds: Sequence[ThresholdView]) -> str | None:
    """The best mark reached where thresholds name marks; a condition that is missed bars every mark above it."""
    marks = sorted((it for it in thresholds if it.mark.isdecimal()), key=lambda it: int(it.mark))
    if not marks:
        return None
    best = str(int(marks[0].mark) - 1)
    for threshold in marks:
        if threshold.reached is Reached.OPEN:
            return None
        if threshold.reached is Reached.NO:
            break
        best = threshold.mark
    return best
