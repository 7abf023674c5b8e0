"""What a learner remembers of a question: the state that a scheduler of reviews keeps, and the grade that it takes.

Words are those of FSRS: stability is the time in days after which recall falls to 90 %, difficulty runs from 1 to 10.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from lyceum.training.domain.trainings import Verdict

RETENTION = 0.9
"""A question is due when the chance to recall it falls to this."""
FAST = 0.5
"""An answer is fast within this share of the time that the question usually takes."""


class Grade(IntEnum):
    AGAIN = 1
    HARD = 2
    GOOD = 3
    EASY = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """A learner's memory of one question after its last review. Times are aware UTC."""

    stability: float
    difficulty: float
    reviewed_at: datetime
    due: datetime

    def is_due(self, now: datetime) -> bool:
        return self.due <= now


def grade_of(verdict: Verdict, elapsed_ms: int | None = None, usual_ms: float | None = None) -> Grade | None:
    """How an answer counts as a review: what is not wholly right is to be learned again, right is good, right and fast
    is easy. None for one that waits for a grader. Without either time no answer is fast."""
    if verdict is Verdict.PENDING:
        return None
    if verdict is not Verdict.CORRECT:
        return Grade.AGAIN
    is_fast = elapsed_ms is not None and usual_ms is not None and elapsed_ms <= usual_ms * FAST
    return Grade.EASY if is_fast else Grade.GOOD
