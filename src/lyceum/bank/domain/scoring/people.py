"""Grading by people: points by criteria, and two opinions made one."""

import math
from collections.abc import Mapping

from lyceum.bank.domain.content import Content
from lyceum.bank.domain.scoring.grading import Mark, marked
from lyceum.kernel.errors import FieldProblem, Invalid

APART = 2.0
"""From this difference between two graders on, a third decides."""


class BadPoints(Invalid):
    code = "bank.bad_points"
    text = "The points do not fit the criteria of this question. See errors."


class ThirdGraderNeeded(Invalid):
    code = "bank.third_grader_needed"
    text = "The two grades differ by {difference} points, so a third grader decides. Ask for a third grade."


def grade_by_criteria(content: Content, points: Mapping[str, float]) -> Mark:
    """The mark of one grader; each criterion gets 0..max. Raise BadPoints for one left out, unknown or out of range."""
    criteria = {criterion.id: criterion for criterion in content.rule.criteria}
    problems = [FieldProblem(id, "unknown", "There is no such criterion.") for id in points if id not in criteria]
    for id, criterion in criteria.items():
        given = points.get(id)
        if given is None or not 0 <= given <= criterion.max:
            problems.append(FieldProblem(id, "range", f"From 0 to {criterion.max:g} points are wanted."))
    if problems:
        raise BadPoints(problems=problems)
    return marked(content, sum(points.values()), {id: points[id] >= criteria[id].max for id in criteria})


def settle(first: float, second: float, third: float | None = None, apart: float = APART) -> float:
    """The points that count: the mean of two graders rounded up to whole points, though never above both; with a
    third, where two differ by `apart` points or more, the third's. Raise ThirdGraderNeeded when there is none yet."""
    if abs(first - second) < apart:
        return float(min(math.ceil((first + second) / 2), max(first, second)))
    if third is None:
        raise ThirdGraderNeeded(difference=abs(first - second))
    return third
