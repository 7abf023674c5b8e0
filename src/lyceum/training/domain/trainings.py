"""A training and its attempts: what may be answered, when, and what that adds up to."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from lyceum.bank.api import Difficulty
from lyceum.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from lyceum.kernel.ids import AttemptId, QuestionId, TrainingId, UserId
from lyceum.training.domain.reasons import Reason, Why

GRACE = timedelta(seconds=30)
MAX_ELAPSED_MS = 6 * 3600 * 1000
MAX_LENGTH = 200
RECENT = 2
"""How many topics back a training remembers, to ask of another one next."""


class TrainingNotFound(NotFound):
    code = "training.not_found"
    text = "There is no such training of yours. Start a new one."


class AttemptNotFound(NotFound):
    code = "training.attempt_not_found"
    text = "This training has no such attempt. Read the training again for its current question."


class NoQuestions(NotFound):
    code = "training.no_questions"
    text = "No question passes these filters. Take fewer filters, or another subject."


class NothingDue(NotFound):
    code = "training.nothing_due"
    text = "Nothing of this is due for review yet: the next question comes due at {next_due}. Practise until then."


class NothingToReview(NotFound):
    code = "training.nothing_to_review"
    text = "You have answered nothing of this yet, so there is nothing to review. Start with practice."


class AlreadyActive(Conflict):
    code = "training.already_active"
    text = "A training of this mode is going on ({training_id}). Finish it, or send replace=true to end it."


class AnsweredDifferently(Conflict):
    code = "training.answered_differently"
    text = "This question was answered already, with another answer, and the first one counts. Go on with the next."


class TrainingFinished(Conflict):
    code = "training.finished"
    text = "This training is finished. Look at its result, or start a new one."


class Late(Conflict):
    code = "training.late"
    text = "The time was up at {deadline}, so this answer does not count."


class Overtaken(Conflict):
    """Somebody else changed the training between reading and writing; nothing was kept."""

    code = "training.overtaken"
    text = "This training was changed at the same moment. Read it again and repeat your request."


class PackLocked(Forbidden):
    code = "training.pack_locked"
    text = "This pack opens with a purchase, and it is not yours yet. Train on a free pack, or ask for access."


class BadFilters(Invalid):
    code = "training.bad_filters"
    text = "The training cannot be started like that. See errors."


class Mode(StrEnum):
    PRACTICE = "practice"
    REVIEW = "review"
    MOCK_EXAM = "mock_exam"
    EVENT = "event"

    @property
    def is_sitting(self) -> bool:
        """A paper answered against the clock, judged at the end."""
        return self in {Mode.MOCK_EXAM, Mode.EVENT}


class Verdict(StrEnum):
    CORRECT = "correct"
    PARTIAL = "partial"
    WRONG = "wrong"
    SKIPPED = "skipped"
    PENDING = "pending"

    @property
    def is_mistake(self) -> bool:
        """Worth another look: wrong, half right, or given up."""
        return self in {Verdict.WRONG, Verdict.PARTIAL, Verdict.SKIPPED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Which questions a training draws from; what is left out does not narrow.

    `pack_listed` says that the pack names its questions one by one; one that is a filter is taken apart into the
    other fields.
    """

    exam: str | None = None
    subject: str | None = None
    task_numbers: tuple[int, ...] = ()
    topics: tuple[str, ...] = ()
    difficulty: Difficulty | None = None
    pack: UUID | None = None
    pack_listed: bool = False
    question_ids: tuple[QuestionId, ...] = ()
    mistakes_only: bool = False


@dataclass(eq=False, kw_only=True)
class Training:
    """A learner's run of questions. `position` is that of the current question, from 1; `version` grows with every
    change. `recent` are the topics asked last, the latest first; `repeats` says that nothing unseen is left."""

    id: TrainingId
    learner_id: UserId
    mode: Mode
    filters: Filters
    started_at: datetime
    length: int | None = None
    deadline: datetime | None = None
    finished_at: datetime | None = None
    position: int = 0
    answered: int = 0
    correct: int = 0
    score: float = 0.0
    max_score: float = 0.0
    version: int = 1
    recent: tuple[str, ...] = ()
    repeats: bool = False

    @property
    def is_complete(self) -> bool:
        """Whether the current question is the last of those that were asked for."""
        return self.length is not None and self.position >= self.length

    def require_open(self, now: datetime) -> None:
        if self.finished_at is not None:
            raise TrainingFinished(training_id=self.id)
        if self.deadline is not None and now > self.deadline + GRACE:
            raise Late(deadline=self.deadline)

    def count(self, closing: "Closing", topic: str) -> None:
        """Add an answered question of a topic to the sums; one that waits for a grader has no points yet, and a text
        that was only read is no answer."""
        self.answered += closing.is_marked
        self.correct += closing.is_marked and closing.verdict is Verdict.CORRECT
        if closing.verdict is not Verdict.PENDING:
            self.score = round(self.score + closing.score, 5)
            self.max_score = round(self.max_score + closing.max_score, 5)
        self.recent = (topic, *self.recent)[:RECENT]

    def show(self, candidate: "Candidate", id: AttemptId, seed: int, at: datetime) -> "Attempt":
        """The next attempt: this question, with its parameters and order of choices drawn by `seed`."""
        self.position += 1
        if candidate.why is None or candidate.why.reason is not Reason.DUE:
            self.repeats = candidate.seen
        return Attempt(
            id=id,
            training_id=self.id,
            learner_id=self.learner_id,
            question_id=candidate.question_id,
            version=candidate.version,
            seed=seed,
            position=self.position,
            shown_at=at,
            max_score=candidate.max_score,
            why=candidate.why,
        )

    def finish(self, now: datetime) -> None:
        """End the training, unless it has ended already."""
        self.finished_at = self.finished_at or now


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One question shown in a training. `seed` fixes what was drawn and in what order choices stood."""

    id: AttemptId
    training_id: TrainingId
    learner_id: UserId
    question_id: QuestionId
    version: int
    seed: int
    position: int
    shown_at: datetime
    answered_at: datetime | None = None
    answer: str = ""
    score: float = 0.0
    max_score: float = 0.0
    verdict: Verdict | None = None
    elapsed_ms: int | None = None
    channel: str = "rest"
    why: Why | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A question that may be asked next, as training's projection of the pool knows it; `seen` if answered before."""

    question_id: QuestionId
    version: int
    topic: str
    rating: float
    max_score: float
    seen: bool = False
    why: Why | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """What is written into an attempt when it is answered or given up."""

    answer: str
    verdict: Verdict
    score: float
    max_score: float
    elapsed_ms: int | None
    channel: str
    at: datetime

    @property
    def is_marked(self) -> bool:
        """Whether there was something to answer; a text to read is worth nothing."""
        return self.max_score > 0

    @property
    def is_graded(self) -> bool:
        """Whether it says something about ability: neither given up, nor waiting for a grader, nor worth nothing."""
        return self.is_marked and self.verdict not in {Verdict.SKIPPED, Verdict.PENDING}

    @property
    def is_mistake(self) -> bool:
        return self.is_marked and self.verdict.is_mistake


def sane_elapsed(elapsed_ms: int | None, shown_at: datetime, now: datetime) -> int:
    """The time an answer took: what the client measured, if it can be true, else what the server saw."""
    seen = max(0, int((now - shown_at).total_seconds() * 1000))
    if elapsed_ms is None or elapsed_ms < 0 or elapsed_ms > seen + 5000:
        return min(seen, MAX_ELAPSED_MS)
    return min(elapsed_ms, MAX_ELAPSED_MS)
