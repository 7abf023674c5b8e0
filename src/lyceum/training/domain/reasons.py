"""Why a question was chosen: told to its learner on request."""

from dataclasses import dataclass
from enum import StrEnum

TARGET = 0.75
"""The predicted success of an unseen question that teaches most; what the shelves are sorted by."""
SEVERAL = 5
"""First answers from which on a question's usual time is known."""


class Reason(StrEnum):
    """`due`: its review was due. `unseen`: new, and nearest the target. `mistake`: among those answered wrong.
    `again`: nothing else was left."""

    DUE = "due"
    UNSEEN = "unseen"
    MISTAKE = "mistake"
    AGAIN = "again"


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """What was known when the question was chosen.

    `predicted` is the likely success at a first sight and `target` the one looked for; `recall` is how likely the
    answer was still remembered, reviews come below `retention`; `topic_days` are the days since the topic was last
    answered, null for a new one.
    """

    reason: Reason
    predicted: float | None = None
    target: float | None = None
    recall: float | None = None
    retention: float | None = None
    topic_days: int | None = None
