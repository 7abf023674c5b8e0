"""What is kept of learners and questions to predict answers: small sums, brought up to date with every answer.

Per learner, per learner and topic, per learner and question, per question, per topic. Logits, seconds, natural
logarithms. Nothing here grows with the number of answers.
"""

from collections.abc import Hashable
from dataclasses import dataclass, field

PATTERN_ANSWERS = 4
"""How many of the last answers a pattern remembers."""
REMEMBERED = 24
"""How many of the last questions a learner's state names."""

FRESH = 1


def with_answer(pattern: int, correct: bool) -> int:
    """A pattern of right and wrong with one more answer: bits after a leading one, the oldest falls out."""
    longer = pattern << 1 | correct
    if longer >> (PATTERN_ANSWERS + 1):
        return longer & ((1 << PATTERN_ANSWERS) - 1) | 1 << PATTERN_ANSWERS
    return longer


@dataclass(slots=True)
class Belief:
    """A normal belief about an effect, in logits."""

    value: float
    variance: float


@dataclass(slots=True)
class Part:
    """A learner in one topic, or over all: how far above the average, and how it went lately.

    `form` and `trend` are moving averages of surprise (right minus expected), fast and slow.
    """

    ability: Belief
    wins: int = 0
    losses: int = 0
    form: float = 0.0
    trend: float = 0.0
    pattern: int = FRESH
    last_at: float | None = None


@dataclass(slots=True)
class Recall:
    """What a learner did with one question before."""

    wins: int = 0
    losses: int = 0
    correct: bool = False
    last_at: float | None = None


@dataclass(slots=True)
class LearnerState:
    """A learner. `recent` are the last questions with the surprise of each; `pace` is the logarithm of the last
    answer's time over what is usual for its question."""

    overall: Part
    pace: float = 0.0
    last_topic: Hashable = None
    recent: list[tuple[Hashable, float]] = field(default_factory=list)


@dataclass(slots=True)
class QuestionState:
    """A question. `pace` is the usual logarithm of the time in seconds, null before the first timed answer."""

    easiness: Belief
    answers: int = 0
    pace: float | None = None


@dataclass(slots=True)
class TopicState:
    easiness: Belief
