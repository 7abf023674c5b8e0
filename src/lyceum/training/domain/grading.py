"""Grading by people: two who do not know of each other, a third where they differ, an appeal that begins anew."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from lyceum.bank.api import ThirdGraderNeeded, settle
from lyceum.kernel.errors import Conflict, Forbidden, NotFound
from lyceum.kernel.ids import AttemptId, QuestionId, TrainingId, UserId

LEASE = timedelta(hours=2)
"""How long an answer stays with the grader who took it."""
TWO, THREE = 2, 3


class NothingToGrade(NotFound):
    code = "training.nothing_to_grade"
    text = "No answer waits for you. Those you have graded, and your own, are not offered; look again later."


class GradingNotFound(NotFound):
    code = "training.grading_not_found"
    text = "There is no such answer to grade. Take the next one from the queue."


class OwnAnswer(Forbidden):
    code = "training.own_answer"
    text = "This is your own answer, which others grade. Take another one from the queue."


class GradedByYou(Conflict):
    code = "training.graded_by_you"
    text = "You have graded this answer already, and nobody grades one twice. Take the next one from the queue."


class GradersFound(Conflict):
    code = "training.graders_found"
    text = "Enough graders read this answer already, so your grade is not needed. Take the next one from the queue."


class NotSettled(Conflict):
    code = "training.not_settled"
    text = "The graders are not through with this answer yet, so there is nothing to appeal against. Wait for them."


@dataclass(frozen=True, slots=True, kw_only=True)
class Grade:
    """One grader's opinion, or the place taken for it while `given_at` is None. `points` by criterion."""

    grader_id: UserId
    round: int
    turn: int
    taken_at: datetime
    points: Mapping[str, float]
    score: float | None = None
    comment: str = ""
    given_at: datetime | None = None

    def is_held(self, now: datetime) -> bool:
        """Given, or taken not too long ago."""
        return self.given_at is not None or now - self.taken_at < LEASE


@dataclass(eq=False, kw_only=True)
class Grading:
    """An answer that people read. `wanted` opinions settle a round; `score` is what counts once it is settled."""

    attempt_id: AttemptId
    training_id: TrainingId
    learner_id: UserId
    question_id: QuestionId
    question_version: int
    seed: int
    number: int
    subject: str
    max_score: float
    third_from: float
    since: datetime
    wanted: int
    round: int
    score: float | None
    settled_at: datetime | None
    version: int
    grades: Sequence[Grade]

    @property
    def given(self) -> list[Grade]:
        """The opinions of the running round, in turn."""
        return sorted(
            (it for it in self.grades if it.round == self.round and it.given_at is not None), key=lambda it: it.turn
        )

    def of(self, grader: UserId) -> Grade | None:
        return next((it for it in self.grades if it.grader_id == grader), None)

    def require_stranger(self, grader: UserId) -> None:
        """Raise OwnAnswer, GradedByYou."""
        if grader == self.learner_id:
            raise OwnAnswer()
        mine = self.of(grader)
        if mine is not None and mine.given_at is not None:
            raise GradedByYou()

    def free_turn(self, grader: UserId, now: datetime) -> int:
        """The turn that the grader has, or could take; raise OwnAnswer, GradedByYou, GradersFound."""
        self.require_stranger(grader)
        held = {it.turn for it in self.grades if it.round == self.round and it.grader_id != grader and it.is_held(now)}
        free = [turn for turn in range(1, self.wanted + 1) if turn not in held]
        if self.settled_at is not None or not free:
            raise GradersFound()
        mine = self.of(grader)
        return mine.turn if mine is not None and mine.round == self.round and mine.turn in free else free[0]

    def take(self, opinion: Grade, now: datetime) -> None:
        """Add an opinion; settle the round, or ask for a third grader, when it was the last one wanted."""
        self.grades = [*(it for it in self.grades if it.grader_id != opinion.grader_id), opinion]
        scores = [it.score or 0.0 for it in self.given]
        if len(scores) < self.wanted:
            return
        third = scores[2] if len(scores) >= THREE else None
        try:
            self.score = settle(scores[0], scores[1], third, self.third_from)
        except ThirdGraderNeeded:
            self.wanted = THREE
            return
        self.settled_at = now

    def appeal(self, decision: Grade, now: datetime) -> None:
        """A decision that replaces the score, in a round of its own; what was before stays to be read."""
        if self.settled_at is None:
            raise NotSettled()
        self.require_stranger(decision.grader_id)
        self.round, self.wanted = decision.round, 1
        self.grades = [*self.grades, decision]
        self.score, self.settled_at = decision.score, now


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """An answer in the queue, as graders see it: not whose it is."""

    attempt_id: UUID
    subject: str
    number: int
    max_score: float
    since: datetime
    given: int
    wanted: int
    is_mine: bool
