"""Answering, giving up, and asking for a hint."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from lyceum.accounts.api import Actor
from lyceum.bank.api import Graded, Kind, PlayQuestions, QuestionAnswered, Response
from lyceum.kernel.ids import AttemptId, TrainingId
from lyceum.kernel.ports import Clock
from lyceum.training.api import TrainingEnded
from lyceum.training.domain.ability import SCALE, START, in_logits
from lyceum.training.domain.elo import (
    LEAST_QUESTION_ERROR,
    Shifts,
    guess_floor,
    shifted,
    shifted_learner,
    shifts,
)
from lyceum.training.domain.leaderboard import NO_POINTS, Points, points_of
from lyceum.training.domain.memory import Memory, grade_of
from lyceum.training.domain.sittings import MAX_SEQ, InASitting
from lyceum.training.domain.trainings import (
    AnsweredDifferently,
    Attempt,
    AttemptNotFound,
    Closing,
    Mode,
    TrainingFinished,
    TrainingNotFound,
    Verdict,
    sane_elapsed,
)
from lyceum.training.ports import Attempts, Results, Scheduling, Situation, Turn, Turns, Wish
from lyceum.training.use_cases.asking import Asking, insist
from lyceum.training.use_cases.views import AnswerView, training_view


class NewAnswer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An answer in the shape of the question's kind. `elapsed_ms` is the time the learner took, if it was measured;
    a value that cannot be true is replaced by what the server saw. `seq` and `marked` are for sittings."""

    attempt_id: UUID
    answer: Response
    elapsed_ms: int | None = None
    seq: Annotated[int, msgspec.Meta(ge=1, le=MAX_SEQ)] | None = None
    marked: bool = False


class SkippedAttempt(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The attempt that is meant; the one that waits for its answer when left out."""

    attempt_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class FindTurn:
    """Finds an attempt of the learner's own with all that answering it depends on."""

    turns: Turns

    async def __call__(self, actor: Actor, id: TrainingId, attempt: UUID | None) -> Situation:
        """The attempt that waits when none is named; raise TrainingNotFound, InASitting, TrainingFinished or
        AttemptNotFound."""
        found = await self.turns.situation(actor.id, id, AttemptId(attempt) if attempt else None)
        if found is not None and not found.training.mode.is_sitting:
            return found
        training = await self.turns.training(actor.id, id)
        if training is None:
            raise TrainingNotFound(training_id=id)
        if training.mode.is_sitting:
            raise InASitting(training_id=id)
        if training.finished_at is not None:
            raise TrainingFinished(training_id=id)
        raise AttemptNotFound(attempt_id=attempt)


@dataclass(frozen=True, slots=True)
class TakeTurn:
    """Writes an answered or given-up attempt with all that follows from it, and asks the next question.

    One transaction, of writes alone: what they depend on was read before, and they are refused (Overtaken) when that
    has changed since.
    """

    turns: Turns
    asking: Asking
    scheduling: Scheduling
    zone: ZoneInfo

    async def __call__(self, situation: Situation, closing: Closing, *, ranked: bool = False) -> Attempt | None:
        """The next attempt, None when the training is over. `ranked` answers bring points on the leaderboard."""
        training, version = situation.training, situation.training.version
        by = shifts_of(situation, closing)
        training.version += 1
        training.count(closing, situation.item.topic)
        following = None if training.is_complete else await self._next(situation, by, closing.at)
        if following is None:
            training.finish(closing.at)
        day = closing.at.astimezone(self.zone).date()
        streak = situation.standing.streak.on(day)
        is_new = streak != situation.standing.streak and closing.verdict is not Verdict.SKIPPED
        turn = Turn(
            situation=situation,
            version=version,
            closing=closing,
            shifts=by,
            memory=memory_of(situation, closing, self.scheduling),
            day=day,
            streak=streak if is_new else None,
            following=following,
            points=points_for(situation, closing, day, self.zone) if ranked else NO_POINTS,
        )
        events: list[object] = [event_of(situation, closing, by)] if closing.is_graded else []
        if training.finished_at is not None:
            events.append(TrainingEnded(training_id=training.id, at=training.finished_at))
        await self.turns.write(turn, events)
        return following

    async def _next(self, situation: Situation, by: Shifts, at: datetime) -> Attempt | None:
        training, standing = situation.training, situation.standing
        learner = shifted_learner(standing.learner, by)
        wish = Wish(
            learner=training.learner_id,
            training=training.id,
            filters=training.filters,
            level=learner.overall.value if training.filters.subject is None else learner.value,
            overall=learner.overall.value,
            at=at,
            recent=training.recent,
            answering=situation.item.question_id,
            repeats=training.repeats,
            may_be_due=standing.next_due is not None and standing.next_due <= at,
            review=training.mode is Mode.REVIEW,
        )
        return await self.asking.next(training, wish, at)


def shifts_of(situation: Situation, closing: Closing) -> Shifts:
    """How the answer moves ratings. First answers only: later ones tell of the learner's memory."""
    item, standing = situation.item, situation.standing
    if not closing.is_graded or not standing.first:
        return Shifts()
    earned = closing.score / closing.max_score
    return shifts(standing.learner, item.rating, earned, guess_floor(item.options))


def memory_of(situation: Situation, closing: Closing, scheduling: Scheduling) -> Memory | None:
    """What the learner remembers after the answer, from which the next review follows; None when it was none."""
    if not closing.is_marked:
        return None
    grade = grade_of(closing.verdict, closing.elapsed_ms, situation.item.usual_ms)
    return None if grade is None else scheduling.reviewed(situation.standing.memory, grade, closing.at)


def points_for(situation: Situation, closing: Closing, day: date, zone: ZoneInfo) -> Points:
    """What the answer brings on the leaderboard: the first to its question in a period."""
    if not closing.is_graded:
        return NO_POINTS
    before = situation.standing.answered_at
    return points_of(closing.score, closing.max_score, day, before.astimezone(zone).date() if before else None)


def event_of(situation: Situation, closing: Closing, by: Shifts) -> QuestionAnswered:
    rating = shifted(situation.item.rating, by.question, middle=START, least=LEAST_QUESTION_ERROR)
    return QuestionAnswered(
        question_id=situation.attempt.question_id,
        version=situation.attempt.version,
        score=closing.score,
        max_score=closing.max_score,
        correct=closing.verdict is Verdict.CORRECT,
        first=situation.standing.first,
        rating=in_logits(rating.value),
        rating_error=rating.error / SCALE,
        at=closing.at,
    )


def written(response: Response, kind: Kind) -> str:
    """A response as it is kept and compared: the order in which choices were ticked does not matter."""
    if isinstance(response, dict):
        response = {id: sorted(set(value)) if isinstance(value, list) else value for id, value in response.items()}
    elif isinstance(response, list) and kind is not Kind.ORDERING:
        response = sorted(set(response))
    return msgspec.json.encode(response, order="sorted").decode()


@dataclass(frozen=True, slots=True)
class Answered:
    """Shows how an answer did and what comes next."""

    attempts: Attempts
    asking: Asking
    results: Results

    async def __call__(
        self, situation: Situation, closing: Closing, graded: Graded, after: Attempt | None
    ) -> AnswerView:
        training = situation.training
        return AnswerView(
            attempt_id=situation.attempt.id,
            verdict=closing.verdict,
            score=closing.score,
            max_score=closing.max_score,
            answer=msgspec.json.decode(closing.answer, type=Response),
            right_answer=graded.right_answer,
            explanation_html=graded.explanation_html,
            explanation_media=graded.explanation_media,
            feedback=graded.feedback,
            elements=graded.elements,
            elapsed_ms=closing.elapsed_ms,
            next=await self.asking.view(after) if after else None,
            result=await self.results.of(training) if training.finished_at else None,
            training=training_view(training, None),
        )

    async def again(self, situation: Situation, graded: Graded) -> AnswerView:
        """The same for an attempt that was closed before."""
        attempt, training = situation.attempt, situation.training
        closing = Closing(
            answer=attempt.answer,
            verdict=attempt.verdict or Verdict.PENDING,
            score=attempt.score,
            max_score=attempt.max_score,
            elapsed_ms=attempt.elapsed_ms,
            channel=attempt.channel,
            at=attempt.answered_at or attempt.shown_at,
        )
        waiting = await self.attempts.current(training.id) if training.finished_at is None else None
        return await self(situation, closing, graded, waiting)


@dataclass(frozen=True, slots=True)
class SubmitAnswer:
    """A learner answers the current question of their own training; counts once, whoever sends it how often.

    Refused: another's training or attempt (not found), a response of the wrong shape, a different answer to an
    answered attempt (AnsweredDifferently), a finished training, an answer after the deadline. Nothing is kept then.
    """

    find: FindTurn
    take: TakeTurn
    answered: Answered
    play: PlayQuestions
    clock: Clock

    async def __call__(self, actor: Actor, id: TrainingId, new: NewAnswer) -> AnswerView:
        actor.require(scope="training:write")
        return await insist(lambda: self._submit(actor, id, new))

    async def _submit(self, actor: Actor, id: TrainingId, new: NewAnswer) -> AnswerView:
        situation = await self.find(actor, id, new.attempt_id)
        attempt, at = situation.attempt, self.clock.now()
        graded = await self.play.grade(attempt.question_id, attempt.version, attempt.seed, new.answer)
        closing = Closing(
            answer=written(new.answer, situation.item.kind),
            verdict=Verdict(graded.verdict),
            score=graded.score,
            max_score=graded.max_score,
            elapsed_ms=sane_elapsed(new.elapsed_ms, attempt.shown_at, at),
            channel=actor.channel,
            at=at,
        )
        if attempt.answered_at is not None:
            if attempt.answer != closing.answer or attempt.verdict is Verdict.SKIPPED:
                raise AnsweredDifferently(attempt_id=attempt.id)
            return await self.answered.again(situation, graded)
        situation.training.require_open(at)
        following = await self.take(situation, closing, ranked=not actor.is_guest)
        return await self.answered(situation, closing, graded, following)


@dataclass(frozen=True, slots=True)
class SkipQuestion:
    """A learner gives the current question up, and sees its answer; it comes back among the mistakes.

    Refused as an answer is. Skipping the same attempt twice is the same as once.
    """

    find: FindTurn
    take: TakeTurn
    answered: Answered
    play: PlayQuestions
    clock: Clock

    async def __call__(self, actor: Actor, id: TrainingId, new: SkippedAttempt) -> AnswerView:
        actor.require(scope="training:write")
        return await insist(lambda: self._skip(actor, id, new))

    async def _skip(self, actor: Actor, id: TrainingId, new: SkippedAttempt) -> AnswerView:
        situation = await self.find(actor, id, new.attempt_id)
        attempt, at = situation.attempt, self.clock.now()
        if attempt.answered_at is not None and attempt.verdict is not Verdict.SKIPPED:
            raise AnsweredDifferently(attempt_id=attempt.id)
        graded = await self.play.reveal(attempt.question_id, attempt.version, attempt.seed)
        if attempt.answered_at is not None:
            return await self.answered.again(situation, graded)
        situation.training.require_open(at)
        closing = Closing(
            answer="null",
            verdict=Verdict.SKIPPED,
            score=0.0,
            max_score=graded.max_score,
            elapsed_ms=sane_elapsed(None, attempt.shown_at, at),
            channel=actor.channel,
            at=at,
        )
        following = await self.take(situation, closing)
        return await self.answered(situation, closing, graded, following)


class HintView(msgspec.Struct, frozen=True):
    """The hint of a question as safe HTML; empty when it has none."""

    hint_html: str


@dataclass(frozen=True, slots=True)
class AskHint:
    """A learner asks for the hint of a question of their own training."""

    find: FindTurn
    play: PlayQuestions

    async def __call__(self, actor: Actor, id: TrainingId, new: SkippedAttempt) -> HintView:
        actor.require(scope="training:write")
        situation = await self.find(actor, id, new.attempt_id)
        attempt = situation.attempt
        return HintView(await self.play.hint(attempt.question_id, attempt.version, attempt.seed))
