"""A sitting: one learner answers one paper against the server's clock.

Mock exams and events share it. Nothing is judged before the end: until then an answer may be given, changed, taken back
and marked as often as one likes, and what was acknowledged is kept.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from lyceum.bank.api import Kind
from lyceum.kernel.errors import Conflict, Invalid, NotFound
from lyceum.kernel.ids import AttemptId, QuestionId, TrainingId, UserId
from lyceum.training.domain.trainings import GRACE, Filters, Mode, Training

MAX_SEQ = 2**31 - 1
MAX_EXTRA_MIN = 600


class ExamWithoutTasks(Conflict):
    code = "training.exam_without_tasks"
    text = (
        "The profile of this exam does not list its tasks yet, so no variant can be drawn. Choose another exam, or ask "
        "an operator to fill the profile in."
    )


class SlotsUnfilled(Conflict):
    code = "training.slots_unfilled"
    text = (
        "The bank has no fitting question for tasks {tasks}, so no variant can be drawn. Take part 1 alone if it is "
        "whole, or add questions with these task numbers and points. See errors."
    )


class AnswerOvertaken(Conflict):
    """A newer answer to this task is kept; `answer` and `seq` are those."""

    code = "training.answer_overtaken"
    text = (
        "A newer answer to this task (number {seq}) is kept, from another window or a later packet. Look at it, and "
        "send yours again with a higher seq if it should replace it."
    )


class NoSuchTask(NotFound):
    code = "training.no_such_task"
    text = "This paper has no such task. Read the sitting again for its tasks."


class InASitting(Conflict):
    """The training is a sitting, which goes other ways than practice."""

    code = "training.in_a_sitting"
    text = (
        "This training is an exam: answers are saved and judged at its end, there are no hints, and nothing is skipped "
        "for good. Leave a task open and go on to another."
    )


class ResultNotYet(Conflict):
    code = "training.result_not_yet"
    text = "The exam is going on until {deadline}, and there is no verdict before its end. Finish it first."


class NoAccommodation(NotFound):
    code = "training.no_accommodation"
    text = "This learner has no extra time. Set it first."


class ResultHeld(Conflict):
    code = "training.result_held"
    text = (
        "Others still write this paper, so there is no verdict before the event closes at {closes_at}. Come back then."
    )


class BadSave(Invalid):
    code = "training.bad_save"
    text = "The answer cannot be saved like that. See errors."


class Part(StrEnum):
    """Which tasks a paper has: all, or those alone that a machine marks."""

    WHOLE = "whole"
    FIRST = "first"


class SittingState(StrEnum):
    """`closed`: over, and being scored. `grading`: people still read some answers. `done`: nothing will change."""

    RUNNING = "running"
    CLOSED = "closed"
    GRADING = "grading"
    DONE = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One question of a paper, in the place of one slot. `third_from` is the difference between two graders from which
    a third decides."""

    number: int
    question_id: QuestionId
    version: int
    seed: int
    kind: Kind
    max_score: float
    rule: str
    topic: str = ""
    by_people: bool = False
    third_from: float = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileRef:
    """Which version of which exam profile a paper follows."""

    exam: str
    subject: str
    year: int
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """An ordered variant, never changed once drawn; several sittings may share one. `duration_min` without extra
    time."""

    id: UUID
    seed: int
    tasks: Sequence[Task]
    duration_min: int
    profile: ProfileRef | None = None
    part: Part = Part.WHOLE

    @property
    def max_score(self) -> float:
        return sum(task.max_score for task in self.tasks)

    def task(self, number: int) -> Task:
        """Raise NoSuchTask."""
        for task in self.tasks:
            if task.number == number:
                return task
        raise NoSuchTask(number=number)

    def numbered(self, training: TrainingId, attempt: AttemptId) -> Task:
        """The task that an attempt of the sitting means; raise NoSuchTask."""
        for task in self.tasks:
            if attempt_of_task(training, task.number) == attempt:
                return task
        raise NoSuchTask(attempt_id=attempt)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What is kept of a task during a sitting. `answer` is JSON, `null` for none; `seq` grows with every change;
    `marked` means "come back to this"; `elapsed_ms` is the time spent on the task so far, as the client counted it.
    `score` is what the answer would earn; nobody is told before the end but the standings of an event."""

    number: int
    answer: str
    seq: int
    marked: bool
    elapsed_ms: int
    saved_at: datetime
    channel: str
    score: float = 0.0

    @property
    def is_answered(self) -> bool:
        return self.answer not in BLANK


BLANK = frozenset({"null", '""', "[]", "{}"})
"""What means "not answered" in every kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Save:
    """One change of one task. Without `seq` it is newer than whatever is there."""

    training: TrainingId
    learner: UserId
    number: int
    answer: str
    marked: bool
    seq: int | None
    elapsed_ms: int
    at: datetime
    channel: str
    score: float = 0.0


@dataclass(eq=False, kw_only=True)
class Sitting:
    """A training that is sat. `extra_min` is the learner's own extra time, already in the deadline; `pending` counts
    the answers that people still have to read. `event_id` and `event_closes_at` are of the event that it belongs to."""

    training: Training
    paper: Paper
    extra_min: int = 0
    scored_at: datetime | None = None
    pending: int = 0
    event_id: UUID | None = None
    event_closes_at: datetime | None = None

    @property
    def id(self) -> TrainingId:
        return self.training.id

    @property
    def state(self) -> SittingState:
        if self.training.finished_at is None:
            return SittingState.RUNNING
        if self.scored_at is None:
            return SittingState.CLOSED
        return SittingState.GRADING if self.pending else SittingState.DONE

    @property
    def deadline(self) -> datetime:
        if self.training.deadline is None:
            raise ValueError("A sitting has a deadline.")
        return self.training.deadline

    def is_held(self, now: datetime) -> bool:
        """Whether it belongs to an event that is open to others yet: nothing is judged before."""
        return self.event_closes_at is not None and now <= self.event_closes_at + GRACE

    def is_due(self, now: datetime) -> bool:
        """Whether the time is up, that for late packets included, and nobody has finished it."""
        return self.training.finished_at is None and now > self.deadline + GRACE

    @classmethod
    def begin(
        cls,
        *,
        id: TrainingId,
        learner: UserId,
        mode: Mode,
        paper: Paper,
        extra_min: int,
        at: datetime,
        event_id: UUID | None = None,
        latest: datetime | None = None,
    ) -> "Sitting":
        """A sitting from now on; an event that closes at `latest` ends it earlier than its own duration would, by extra
        time later."""
        profile = paper.profile
        deadline = at + timedelta(minutes=paper.duration_min + extra_min)
        training = Training(
            id=id,
            learner_id=learner,
            mode=mode,
            filters=Filters(exam=profile.exam, subject=profile.subject) if profile else Filters(),
            started_at=at,
            length=len(paper.tasks),
            deadline=deadline if latest is None else min(deadline, latest + timedelta(minutes=extra_min)),
        )
        return cls(training=training, paper=paper, extra_min=extra_min, event_id=event_id, event_closes_at=latest)


@dataclass(frozen=True, slots=True, kw_only=True)
class Accommodation:
    """Extra time that a learner has in every sitting from now on, and why; 0 minutes take it away."""

    learner_id: UserId
    extra_min: int
    note: str
    set_by: UserId
    set_at: datetime


def attempt_of_task(training: TrainingId, number: int) -> AttemptId:
    """The attempt of a task: a UUIDv7 of the sitting's own millisecond, told by sitting and number, so that it need not
    be kept before the end, and sorts by number."""
    tail = int.from_bytes(hashlib.blake2b(training.bytes + number.to_bytes(2), digest_size=8).digest()) >> 2
    return AttemptId(UUID(int=(training.int >> 80) << 80 | 0x7 << 76 | (number & 0xFFF) << 64 | 0b10 << 62 | tail))
