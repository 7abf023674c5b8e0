"""From a response to points: one pure function for every kind and rule, and people's grades put together."""

from lyceum.bank.domain.scoring.grading import Mark, grade, right_answer
from lyceum.bank.domain.scoring.people import grade_by_criteria, settle
from lyceum.bank.domain.scoring.shapes import WrongShape

__all__ = ["Mark", "WrongShape", "grade", "grade_by_criteria", "right_answer", "settle"]
