"""The hot path: one statement reads all that an answer depends on, short ones write what it changes.

What others change at the same time adds up (see `turn_statements`); the rest is guarded: by the version of the
training, and by the number of answers to the question, from which its card follows.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from lyceum.bank.api import Kind
from lyceum.kernel.ids import AttemptId, TrainingId, UserId
from lyceum.platform.database import Database
from lyceum.platform.outbox import Signal, recorded
from lyceum.platform.prepared import Changes, Prepared, Record, Values
from lyceum.training.adapters.repositories import (
    SAVE,
    SHOW,
    attempt_of,
    changing,
    memory_of,
    rating_of,
    shown,
    training_of,
    training_with,
)
from lyceum.training.adapters.turn_statements import (
    CLOSE,
    NAMED,
    RATE,
    RATE_AND_RESHELVE,
    RESHELVE,
    WAITING,
    Kinds,
    count,
    keep_learner,
    score,
    see,
)
from lyceum.training.domain.ability import RESHELVED, START
from lyceum.training.domain.elo import LEAST_QUESTION_ERROR, Learner, Shift, shifted, shifted_learner, suits
from lyceum.training.domain.reasons import SEVERAL, TARGET
from lyceum.training.domain.streaks import Streak
from lyceum.training.domain.trainings import Overtaken, Training, Verdict
from lyceum.training.ports import Item, Situation, Standing, Turn


@dataclass(frozen=True, slots=True)
class SqlTurns:
    """`ports.Turns`."""

    database: Database
    signal: Signal

    async def situation(self, learner: UserId, training: TrainingId, attempt: AttemptId | None) -> Situation | None:
        statement = WAITING if attempt is None else NAMED
        values = {"learner": learner, "training": training, "attempt": attempt}
        rows = await statement.read(self.database, values)
        if not rows:
            return None
        row = rows[0]
        return Situation(
            training=training_of(row),
            attempt=attempt_of(row),
            item=_item(row),
            standing=_standing(row),
        )

    async def training(self, learner: UserId, id: TrainingId) -> Training | None:
        return await training_with(self.database, learner, id)

    async def write(self, turn: Turn, events: Sequence[object]) -> None:
        await self.database.make(self.changes(turn).and_then(recorded(events)))
        if events:
            self.signal.set()

    def changes(self, turn: Turn) -> Changes:
        dialect = self.database.dialect
        changes = learner_changes(turn, dialect)
        changes += score_changes(turn, dialect)
        if turn.following is not None:
            changes.append((SHOW, shown(turn.following)))
        claims = self.claims(turn, dialect)
        question = turn.situation.item.question_id
        return Changes([*claims, *changes, *question_changes(turn, dialect)], len(claims), Overtaken, question.hex)

    def claims(self, turn: Turn, dialect: str) -> Sequence[tuple[Prepared, Values]]:
        """Move the training on, close the attempt, note the answer; of several at once, one passes, the rest are
        Overtaken."""
        training, closing = turn.situation.training, turn.closing
        saved = {"training": training.id, "read_version": turn.version, **changing(training)}
        closed = {
            "attempt": turn.situation.attempt.id,
            "answered_at": closing.at,
            "answer": closing.answer,
            "score": closing.score,
            "max_score": closing.max_score,
            "verdict": closing.verdict.value,
            "elapsed_ms": closing.elapsed_ms,
            "channel": closing.channel,
        }
        return [(SAVE, saved), (CLOSE, closed), seen_change(turn, dialect, guarded=True)]


def _item(row: Record) -> Item:
    return Item(
        question_id=row.attempt_question_id,
        kind=Kind(row.kind),
        subject=row.subject,
        topic=row.topic,
        task_number=row.task_number,
        options=row.options,
        rating=rating_of(row.item_rating, row.item_variance),
        place=row.place,
        answered=row.item_answers,
        usual_ms=usual_ms(row.item_elapsed_ms, row.item_answers),
    )


def _standing(row: Record) -> Standing:
    return Standing(
        learner=learner_of(row),
        streak=Streak(row.streak, row.best_streak, row.last_day) if row.last_day else Streak(),
        memory=memory_of(row),
        times=row.times or 0,
        answered_at=row.seen_at,
        next_due=row.next_due,
    )


def learner_of(row: Record) -> Learner:
    """The ratings in a row with the columns `overall` and `part`, a beginner's where they are null."""
    new = Learner()
    return Learner(
        new.overall if row.overall is None else rating_of(row.overall, row.overall_variance),
        new.subject if row.part is None else rating_of(row.part, row.part_variance),
    )


def usual_ms(elapsed_ms: int, answers: int) -> float | None:
    return elapsed_ms / answers if answers >= SEVERAL else None


def seen_change(turn: Turn, dialect: str, *, guarded: bool) -> tuple[Prepared, Values]:
    """The answer noted as the latest to its question, with the card that follows from it."""
    attempt, closing, memory = turn.situation.attempt, turn.closing, turn.memory
    row: dict[str, object] = {
        "learner_id": attempt.learner_id,
        "question_id": attempt.question_id,
        "attempt_id": attempt.id,
        "at": closing.at,
        "verdict": closing.verdict.value,
        "mistake": closing.is_mistake,
        "times": 1,
        "first_attempt_id": attempt.id,
        "known": turn.situation.standing.times,
    }
    if memory is not None:
        row |= {"stability": memory.stability, "difficulty": memory.difficulty}
        row |= {"reviewed_at": memory.reviewed_at, "due": memory.due}
    return see(dialect, guarded=guarded, card=memory is not None), row


def learner_changes(turn: Turn, dialect: str) -> list[tuple[Prepared, Values]]:
    """What an answered attempt changes of its learner: the streak, the ratings, the sums."""
    return [*_own_change(turn, dialect), *sum_changes(turn, dialect)]


def _own_change(turn: Turn, dialect: str) -> list[tuple[Prepared, Values]]:
    shift, standing = turn.shifts.overall, turn.situation.standing
    streak = turn.streak or standing.streak
    if turn.streak is None and (shift == Shift() or streak.last_day is None):
        return []
    overall = shifted_learner(standing.learner, turn.shifts).overall
    row = {
        "learner_id": turn.situation.attempt.learner_id,
        "streak": streak.current,
        "best_streak": streak.best,
        "last_day": streak.last_day,
        "rating": overall.value,
        "rating_variance": overall.error**2,
        **_shift("overall", shift),
    }
    return [(keep_learner(dialect), row)]


def sum_changes(turn: Turn, dialect: str) -> list[tuple[Prepared, Values]]:
    """The running sums that an answer adds to, once its points are known."""
    if not turn.closing.is_graded:
        return []
    item = turn.situation.item
    kinds: Kinds = ("day", "subject")
    if item.task_number is not None:
        kinds = (*kinds, "task")
    if item.topic:
        kinds = (*kinds, "topic")
    return [(count(dialect, kinds), _sums_row(turn))]


def _sums_row(turn: Turn) -> dict[str, object]:
    item, closing = turn.situation.item, turn.closing
    learner = shifted_learner(turn.situation.standing.learner, turn.shifts)
    return {
        "new_learner_id": turn.situation.attempt.learner_id,
        "new_answered": 1,
        "new_correct": int(closing.verdict is Verdict.CORRECT),
        "new_score": closing.score,
        "new_max_score": closing.max_score,
        "new_elapsed_ms": closing.elapsed_ms or 0,
        "new_last_at": closing.at,
        "new_subject": item.subject,
        "day_name": turn.day.isoformat(),
        "day_rating": learner.value,
        "day_rating_variance": learner.error**2,
        "subject_name": "",
        "subject_rating": learner.subject.value,
        "subject_rating_variance": learner.subject.error**2,
        "task_name": str(item.task_number),
        "topic_name": item.topic,
        **_shift("subject", turn.shifts.subject),
    }


def score_changes(turn: Turn, dialect: str) -> list[tuple[Prepared, Values]]:
    """What the answer brings on the leaderboard."""
    if not turn.points.periods:
        return []
    row: dict[str, object] = {
        "scored_learner_id": turn.situation.attempt.learner_id,
        "scored_points": turn.points.points,
        "scored_answers": 1,
        "scored_reached_at": turn.closing.at,
        "scored_subject": turn.situation.item.subject,
        "scored_all_subjects": "",
    }
    for number, (period, begins) in enumerate(turn.points.periods):
        row |= {f"period{number}": period.value, f"begins{number}": begins}
    return [(score(dialect, len(turn.points.periods)), row)]


def _shift(of: str, shift: Shift) -> dict[str, object]:
    return {f"{of}_gain": shift.gain, f"{of}_push": shift.push}


def question_changes(turn: Turn, dialect: str) -> list[tuple[Prepared, Values]]:
    """What a first answer changes of its question, whose row comes last, since others wait for it.

    PostgreSQL gets one statement for all, so that answers made together lock their questions in one order; SQLite would
    write every index of the place, changed or not.
    """
    item, closing = turn.situation.item, turn.closing
    if not closing.is_graded or not turn.situation.standing.first:
        return []
    rated = {
        "question": item.question_id,
        "is_correct": int(closing.verdict is Verdict.CORRECT),
        "share": closing.score / closing.max_score,
        "spent_ms": closing.elapsed_ms or 0,
        **_shift("question", turn.shifts.question),
    }
    rating = shifted(item.rating, turn.shifts.question, middle=START, least=LEAST_QUESTION_ERROR)
    place = suits(rating.value, item.options, TARGET)
    if abs(place - item.place) < RESHELVED:
        return [(RATE if dialect == "sqlite" else RATE_AND_RESHELVE, rated)]
    return [
        (RATE_AND_RESHELVE, rated | {"new_place": place}),
        (RESHELVE, {"question": item.question_id, "new_place": place}),
    ]
