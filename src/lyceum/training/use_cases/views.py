"""What the callers of a training get to see."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from lyceum.bank.api import AttachmentView, PlayedQuestion, Response
from lyceum.training.domain.reasons import Why
from lyceum.training.domain.results import Result
from lyceum.training.domain.trainings import Filters, Mode, Training, Verdict


class AttemptView(msgspec.Struct, frozen=True, kw_only=True):
    """A question that waits for its answer; answer it with this `attempt_id`. `why` tells what it was chosen for."""

    attempt_id: UUID
    position: int
    shown_at: datetime
    question: PlayedQuestion
    why: Why | None = None


class TrainingView(msgspec.Struct, frozen=True, kw_only=True):
    """A training and its current question, never with its answer. `current` is null once it is finished."""

    id: UUID
    mode: Mode
    filters: Filters
    length: int | None
    deadline: datetime | None
    started_at: datetime
    finished_at: datetime | None
    position: int
    answered: int
    correct: int
    score: float
    max_score: float
    current: AttemptView | None


class AnswerView(msgspec.Struct, frozen=True, kw_only=True):
    """How an answer did, and the `next` question; once the training is over, its `result`. `elements` tells right
    from wrong by option, item or gap."""

    attempt_id: UUID
    verdict: Verdict
    score: float
    max_score: float
    answer: Response
    right_answer: Response
    explanation_html: str
    explanation_media: Sequence[AttachmentView]
    feedback: Sequence[str]
    elements: Mapping[str, bool]
    elapsed_ms: int | None
    next: AttemptView | None
    result: Result | None
    training: TrainingView


def training_view(training: Training, current: AttemptView | None) -> TrainingView:
    return TrainingView(
        id=training.id,
        mode=training.mode,
        filters=training.filters,
        length=training.length,
        deadline=training.deadline,
        started_at=training.started_at,
        finished_at=training.finished_at,
        position=training.position,
        answered=training.answered,
        correct=training.correct,
        score=training.score,
        max_score=training.max_score,
        current=current,
    )
