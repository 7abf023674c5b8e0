"""Grading answers: taking one from the queue, giving points by criteria, deciding an appeal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from lyceum.accounts.api import Actor, Role
from lyceum.bank.api import Content, PlayedQuestion, PlayQuestions, Response, grade_by_criteria
from lyceum.kernel.errors import FieldProblem
from lyceum.kernel.ids import AttemptId
from lyceum.kernel.ports import Clock, Outbox, Transaction
from lyceum.training.api import TrainingEnded
from lyceum.training.domain.grading import Grade, Grading, GradingNotFound, NothingToGrade
from lyceum.training.domain.sittings import BadSave, Sitting
from lyceum.training.domain.trainings import Closing, Verdict
from lyceum.training.ports import Attempts, Turn
from lyceum.training.sitting_ports import Gradings, Scoring, Sittings
from lyceum.training.use_cases.answering import event_of, shifts_of
from lyceum.training.use_cases.asking import insist

type Points = Annotated[float, msgspec.Meta(ge=0, le=1000)]
type CriterionId = Annotated[str, msgspec.Meta(max_length=100)]


class NewGrade(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Points for every criterion of the question, and a comment that the learner reads."""

    points: Annotated[Mapping[CriterionId, Points], msgspec.Meta(max_length=50)]
    comment: Annotated[str, msgspec.Meta(max_length=5000)] = ""


class NextGrading(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which answers to take from: those of a subject, or any."""

    subject: Annotated[str, msgspec.Meta(min_length=1, max_length=40)] | None = None


class CriterionView(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the grader's sheet, worth 0..`max` points."""

    id: str
    title: str
    max: float
    description: str


class GradeView(msgspec.Struct, frozen=True, kw_only=True):
    """An opinion, without its author. From round 2 on they are decisions of appeals."""

    round: int
    turn: int
    points: Mapping[str, float]
    score: float
    comment: str
    given_at: datetime


class GradingView(msgspec.Struct, frozen=True, kw_only=True):
    """An answer to grade, as a grader sees it: not whose it is, and no other opinion before the score is settled."""

    attempt_id: UUID
    subject: str
    number: int
    max_score: float
    since: datetime
    question: PlayedQuestion
    criteria: Sequence[CriterionView]
    answer: Response
    mine: GradeView | None
    settled: bool
    score: float | None
    grades: Sequence[GradeView]


@dataclass(frozen=True, slots=True)
class ShowGrading:
    """An answer as its grader sees it."""

    attempts: Attempts
    play: PlayQuestions

    async def __call__(self, actor: Actor, grading: Grading) -> GradingView:
        attempt = await self.attempts.find(grading.attempt_id, grading.learner_id)
        if attempt is None:
            raise GradingNotFound(attempt_id=grading.attempt_id)
        content = await self.play.content(grading.question_id, grading.question_version)
        mine = grading.of(actor.id)
        is_settled = grading.settled_at is not None
        return GradingView(
            attempt_id=grading.attempt_id,
            subject=grading.subject,
            number=grading.number,
            max_score=grading.max_score,
            since=grading.since,
            question=await self.play.show(grading.question_id, grading.question_version, grading.seed),
            criteria=criteria_of(content),
            answer=msgspec.json.decode(attempt.answer, type=Response),
            mine=grade_view(mine) if mine is not None and mine.given_at is not None else None,
            settled=is_settled,
            score=grading.score if is_settled else None,
            grades=grade_views(grading) if is_settled else (),
        )


def criteria_of(content: Content) -> list[CriterionView]:
    return [
        CriterionView(id=it.id, title=it.title, max=it.max, description=it.description) for it in content.rule.criteria
    ]


def grade_views(grading: Grading) -> list[GradeView]:
    """All opinions that were given, in the order in which they count."""
    given = sorted((it for it in grading.grades if it.given_at is not None), key=lambda it: (it.round, it.turn))
    return [grade_view(it) for it in given]


def grade_view(grade: Grade) -> GradeView:
    return GradeView(
        round=grade.round,
        turn=grade.turn,
        points=grade.points,
        score=grade.score or 0.0,
        comment=grade.comment,
        given_at=grade.given_at or grade.taken_at,
    )


@dataclass(frozen=True, slots=True)
class TakeGrading:
    """An author takes the answer that has waited longest; for two hours one of its places is theirs.

    Never their own, nor one they have graded. Who holds one gets it again. Refused when none waits: NothingToGrade.
    """

    gradings: Gradings
    show: ShowGrading
    clock: Clock
    transaction: Transaction

    async def __call__(self, actor: Actor, asked: NextGrading) -> GradingView:
        actor.require(Role.AUTHOR, scope="training:write")
        return await self.show(actor, await insist(lambda: self._take(actor, asked.subject)))

    async def _take(self, actor: Actor, subject: str | None) -> Grading:
        now = self.clock.now()
        id = await self.gradings.next_for(actor.id, subject, now)
        grading = await self.gradings.find(id) if id is not None else None
        if grading is None:
            raise NothingToGrade()
        turn = grading.free_turn(actor.id, now)
        async with self.transaction:
            await self.gradings.hold(grading, a_place(actor, grading, turn, now))
        return grading


def a_place(actor: Actor, grading: Grading, turn: int, now: datetime) -> Grade:
    return Grade(grader_id=actor.id, round=grading.round, turn=turn, taken_at=now, points={})


@dataclass(frozen=True, slots=True)
class ReadGrading:
    """An author reads an answer that waits, or one that was settled with all its opinions; never their own."""

    gradings: Gradings
    show: ShowGrading

    async def __call__(self, actor: Actor, id: AttemptId) -> GradingView:
        actor.require(Role.AUTHOR, scope="training:read")
        grading = await self.gradings.find(id)
        if grading is None:
            raise GradingNotFound(attempt_id=id)
        if actor.id == grading.learner_id:
            grading.require_stranger(actor.id)
        return await self.show(actor, grading)


@dataclass(frozen=True, slots=True)
class Settling:
    """Makes the score that graders agreed on count: in the attempt, the training, progress and ability."""

    gradings: Gradings
    sittings: Sittings
    scoring: Scoring
    attempts: Attempts
    outbox: Outbox
    zone: ZoneInfo

    async def prepare(self, grading: Grading, at: datetime) -> Turn:
        """What follows from the grading's score; reads outside transactions."""
        sitting = await self.sittings.find(grading.training_id, grading.learner_id)
        attempt = await self.attempts.find(grading.attempt_id, grading.learner_id)
        if sitting is None or attempt is None:
            raise GradingNotFound(attempt_id=grading.attempt_id)
        task = sitting.paper.task(grading.number)
        alone = Sitting(training=sitting.training, paper=replace(sitting.paper, tasks=(task,)))
        (situation,) = await self.scoring.situations(alone)
        score = grading.score or 0.0
        verdict = Verdict.CORRECT if score >= grading.max_score else Verdict.PARTIAL if score > 0 else Verdict.WRONG
        closing = Closing(
            answer=attempt.answer,
            verdict=verdict,
            score=score,
            max_score=grading.max_score,
            elapsed_ms=attempt.elapsed_ms,
            channel=attempt.channel,
            at=attempt.answered_at or at,
        )
        others = replace(situation.standing, times=max(0, situation.standing.times - 1))
        situation = replace(situation, attempt=attempt, standing=others)
        return Turn(
            situation=situation,
            version=sitting.training.version,
            closing=closing,
            shifts=shifts_of(situation, closing),
            memory=None,
            day=closing.at.astimezone(self.zone).date(),
            streak=None,
            following=None,
        )

    async def write(self, grading: Grading, turn: Turn, before: float | None) -> None:
        """Into the open transaction; only the first score counts into progress and ratings."""
        await self.gradings.settle(grading, turn, before)
        if before is None and turn.closing.is_graded:
            self.outbox.add(event_of(turn.situation, turn.closing, turn.shifts))
        if before is None:
            self.outbox.add(TrainingEnded(training_id=grading.training_id, at=turn.closing.at))


@dataclass(frozen=True, slots=True)
class GiveGrade:
    """An author gives points by the criteria; the second or third opinion settles the score.

    Refused, and nothing kept: points that do not fit the criteria (bank.bad_points), their own answer (OwnAnswer), one
    they have graded (GradedByYou), one that has its graders (GradersFound).
    """

    gradings: Gradings
    settling: Settling
    show: ShowGrading
    play: PlayQuestions
    clock: Clock
    transaction: Transaction

    async def __call__(self, actor: Actor, id: AttemptId, new: NewGrade) -> GradingView:
        actor.require(Role.AUTHOR, scope="training:write")
        require_plain(new.comment)
        grading = await insist(lambda: self._give(actor, id, new))
        return await self.show(actor, grading)

    async def _give(self, actor: Actor, id: AttemptId, new: NewGrade) -> Grading:
        now = self.clock.now()
        grading = await self.gradings.find(id)
        if grading is None:
            raise GradingNotFound(attempt_id=id)
        turn = grading.free_turn(actor.id, now)
        opinion = await opinion_of(self.play, actor, grading, new, turn=turn, at=now)
        grading.take(opinion, now)
        settled = await self.settling.prepare(grading, now) if grading.settled_at is not None else None
        async with self.transaction:
            await self.gradings.keep(grading, opinion)
            if settled is not None:
                await self.settling.write(grading, settled, None)
        return grading


@dataclass(frozen=True, slots=True)
class DecideAppeal:
    """An operator who has not graded the answer decides an appeal: their points count from now on, and the opinions
    before stay to be read. Refused besides: what is not settled yet (NotSettled)."""

    gradings: Gradings
    settling: Settling
    show: ShowGrading
    play: PlayQuestions
    clock: Clock
    transaction: Transaction

    async def __call__(self, actor: Actor, id: AttemptId, new: NewGrade) -> GradingView:
        actor.require(Role.OPERATOR, scope="training:write")
        require_plain(new.comment)
        grading = await insist(lambda: self._decide(actor, id, new))
        return await self.show(actor, grading)

    async def _decide(self, actor: Actor, id: AttemptId, new: NewGrade) -> Grading:
        now = self.clock.now()
        grading = await self.gradings.find(id)
        if grading is None:
            raise GradingNotFound(attempt_id=id)
        before = grading.score
        decision = await opinion_of(self.play, actor, grading, new, turn=1, at=now)
        grading.appeal(replace(decision, round=grading.round + 1), now)
        turn = await self.settling.prepare(grading, now)
        async with self.transaction:
            await self.gradings.keep(grading, replace(decision, round=grading.round))
            await self.settling.write(grading, turn, before)
        return grading


async def opinion_of(
    play: PlayQuestions, actor: Actor, grading: Grading, new: NewGrade, *, turn: int, at: datetime
) -> Grade:
    """The points as an opinion; raise bank.bad_points."""
    content = await play.content(grading.question_id, grading.question_version)
    mark = grade_by_criteria(content, new.points)
    return Grade(
        grader_id=actor.id,
        round=grading.round,
        turn=turn,
        taken_at=at,
        points=new.points,
        score=mark.score,
        comment=new.comment.strip(),
        given_at=at,
    )


def require_plain(comment: str) -> None:
    if "\0" in comment:
        raise BadSave(problems=[FieldProblem("comment", "nul", "A text holds the character NUL.")])
