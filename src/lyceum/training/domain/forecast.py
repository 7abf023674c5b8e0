"""What an exam would bring today: primary points expected from the ability and the difficulty of its tasks.

The ability is a normal belief; for each level of it the points of the tasks are independent, each with the chance that
a question of that task is solved. What is not known of the ability and the luck of the paper both widen the interval.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist

from lyceum.training.domain.ability import SCALE
from lyceum.training.domain.elo import guess_floor

CONFIDENCE = 0.8
"""Of so many such learners the result falls into the interval."""
ENOUGH = 30
"""Answers in the subject before which nothing is foretold."""
COVERED = 0.5
"""The share of the points whose tasks must be in the bank."""
ALIKE = 0.5
"""How much the points of one task go together: 0 each by itself, 1 all or none."""
STEPS = 24
FARTHEST = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Questions of a task with so many options: how many, their mean rating and its variance, in Elo points."""

    questions: int
    rating: float
    variance: float = 0.0
    options: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskOdds:
    """A task of the exam and the questions of the bank that it may be; none when the bank has no such question."""

    max_score: float
    groups: Sequence[Group] = ()

    def chance(self, ability: float) -> float:
        """How likely a question of the task is solved, over all of them."""
        questions = sum(group.questions for group in self.groups)
        return sum(group.questions * _chance(group, ability) for group in self.groups) / questions


@dataclass(frozen=True, slots=True)
class Span:
    """What is likely, and the interval of CONFIDENCE around it."""

    likely: float
    low: float
    high: float


def covered(tasks: Sequence[TaskOdds]) -> float:
    """The share of the points whose tasks the bank has questions for."""
    points = sum(task.max_score for task in tasks)
    return sum(task.max_score for task in tasks if task.groups) / points if points else 0.0


def foretold(tasks: Sequence[TaskOdds], ability: float, error: float) -> Span:
    """Primary points; tasks without questions are taken to be as hard as the others. At least one must have some."""
    known = [task for task in tasks if task.groups]
    most = sum(task.max_score for task in tasks)
    levels = []
    for step in range(-STEPS, STEPS + 1):
        z = FARTHEST * step / STEPS
        mean, variance = _at(known, tasks, ability + z * error)
        levels.append((math.exp(-z * z / 2), mean, max(math.sqrt(variance), 1e-6)))
    weight = sum(level[0] for level in levels)
    likely = sum(own * mean for own, mean, _ in levels) / weight
    tail = (1 - CONFIDENCE) / 2

    def below(points: float) -> float:
        return sum(own * NormalDist(mean, spread).cdf(points) for own, mean, spread in levels) / weight

    return Span(likely, _quantile(below, tail, most), _quantile(below, 1 - tail, most))


def _at(known: Sequence[TaskOdds], tasks: Sequence[TaskOdds], ability: float) -> tuple[float, float]:
    """Mean and variance of the points for a learner of just that ability."""
    chances: Mapping[int, float] = {id(task): task.chance(ability) for task in known}
    usual = sum(task.max_score * chances[id(task)] for task in known) / sum(task.max_score for task in known)
    mean = variance = 0.0
    for task in tasks:
        chance = chances.get(id(task), usual)
        mean += task.max_score * chance
        together = ALIKE + (1 - ALIKE) / max(1.0, task.max_score)
        variance += task.max_score**2 * chance * (1 - chance) * together
    return mean, variance


def _chance(group: Group, ability: float) -> float:
    """Questions of unlike difficulty are solved less surely: the logistic is flattened by their variance."""
    flat = 1 / math.sqrt(1 + math.pi / 8 * group.variance / SCALE**2)
    known = 1 / (1 + math.exp(max(-700.0, min(700.0, flat * (group.rating - ability) / SCALE))))
    floor = guess_floor(group.options)
    return floor + (1 - floor) * known


def _quantile(below: Callable[[float], float], share: float, most: float) -> float:
    low, high = 0.0, most
    for _ in range(30):
        middle = (low + high) / 2
        low, high = (middle, high) if below(middle) < share else (low, middle)
    return (low + high) / 2
