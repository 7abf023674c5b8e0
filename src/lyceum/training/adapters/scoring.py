"""Judging a sitting, in the database: what is known of all its questions at once, and all that follows in one go."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Row, and_, bindparam, insert, select, update

from lyceum.bank.api import Kind
from lyceum.platform.database import Database, SqlTransaction
from lyceum.platform.prepared import Prepared, Values
from lyceum.training.adapters.repositories import changing, memory_of, rating_of
from lyceum.training.adapters.sitting_tables import gradings, sittings
from lyceum.training.adapters.tables import SUBJECT, attempts, items, learners, progress, seen, trainings
from lyceum.training.adapters.turns import learner_changes, question_changes, seen_change, usual_ms
from lyceum.training.domain.elo import Learner
from lyceum.training.domain.sittings import Sitting, Task, attempt_of_task
from lyceum.training.domain.streaks import Streak
from lyceum.training.domain.trainings import Attempt, Verdict
from lyceum.training.ports import Item, Situation, Standing, Turn
from lyceum.training.sitting_ports import Scored

_ATTEMPTS = Prepared(
    insert(attempts),
    *("id", "training_id", "learner_id", "question_id", "version", "seed", "position", "shown_at", "answered_at"),
    *("answer", "score", "max_score", "verdict", "elapsed_ms", "channel"),
)
_KNOWN = (
    select(
        items,
        seen.c.times,
        seen.c.stability,
        seen.c.difficulty.label("memory_difficulty"),
        seen.c.reviewed_at,
        seen.c.due,
    )
    .outerjoin(seen, and_(seen.c.learner_id == bindparam("learner"), seen.c.question_id == items.c.question_id))
    .where(items.c.question_id.in_(bindparam("questions", expanding=True)))
)
_LEARNER = select(learners).where(learners.c.learner_id == bindparam("learner"))
_SUBJECTS = select(progress.c.subject, progress.c.rating, progress.c.rating_variance).where(
    progress.c.learner_id == bindparam("learner"), progress.c.kind == SUBJECT, progress.c.name == ""
)


@dataclass(frozen=True, slots=True)
class SqlScoring:
    """`sitting_ports.Scoring`: four statements read, whatever the length of the paper."""

    database: Database
    transaction: SqlTransaction

    async def situations(self, sitting: Sitting) -> Sequence[Situation]:
        learner = sitting.training.learner_id
        asked = [task.question_id for task in sitting.paper.tasks]
        async with self.database.read() as connection:
            known = {
                row.question_id: row
                for row in await connection.execute(_KNOWN, {"learner": learner, "questions": asked})
            }
            own = (await connection.execute(_LEARNER, {"learner": learner})).one_or_none()
            subjects = {row.subject: row for row in await connection.execute(_SUBJECTS, {"learner": learner})}
        return [_situation(sitting, task, known[task.question_id], own, subjects) for task in sitting.paper.tasks]

    async def write(self, scored: Scored) -> bool:
        connection, sitting = self.transaction.connection, scored.sitting
        claim = update(sittings).where(sittings.c.training_id == sitting.id, sittings.c.scored_at.is_(None))
        claimed = await connection.execute(claim.values(scored_at=scored.at, pending=sitting.pending))
        if claimed.rowcount != 1:
            return False
        sums = changing(sitting.training)
        sums["version"] = trainings.c.version + 1
        del sums["finished_at"]
        await connection.execute(update(trainings).where(trainings.c.id == sitting.id).values(sums))
        await _ATTEMPTS.run_many(connection, [_attempt_row(turn) for turn in scored.turns])
        await self._record(scored.turns)
        waiting = [
            _grading_row(turn, task)
            for turn, task in zip(scored.turns, sitting.paper.tasks, strict=True)
            if turn.closing.verdict is Verdict.PENDING
        ]
        if waiting:
            await connection.execute(insert(gradings), waiting)
        return True

    async def _record(self, turns: Sequence[Turn]) -> None:
        """What follows for the learner, a kind of row after the other, then for the questions, in one order for all:
        practice and other sittings, which lock the same rows, never wait for this crosswise."""
        connection = self.transaction.connection
        dialect = connection.dialect.name
        rows: dict[Prepared, list[Values]] = {}
        for turn in turns:
            for statement, values in [seen_change(turn, dialect, guarded=False), *learner_changes(turn, dialect)]:
                rows.setdefault(statement, []).append(values)
        for statement, several in rows.items():
            await statement.run_many(connection, several)
        for turn in sorted(turns, key=lambda it: it.situation.attempt.question_id):
            for statement, values in question_changes(turn, dialect):
                await statement.run(connection, values)


def _situation(
    sitting: Sitting,
    task: Task,
    known: Row,  # type: ignore[type-arg]
    own: Row | None,  # type: ignore[type-arg]
    subjects: Mapping[str, Row],  # type: ignore[type-arg]
) -> Situation:
    training, in_subject = sitting.training, subjects.get(known.subject)
    return Situation(
        training=training,
        attempt=Attempt(
            id=attempt_of_task(sitting.id, task.number),
            training_id=sitting.id,
            learner_id=training.learner_id,
            question_id=task.question_id,
            version=task.version,
            seed=task.seed,
            position=task.number,
            shown_at=training.started_at,
            max_score=task.max_score,
        ),
        item=_item(known),
        standing=Standing(
            learner=Learner(
                rating_of(own.rating, own.rating_variance) if own else Learner().overall,
                rating_of(in_subject.rating, in_subject.rating_variance)
                if in_subject and in_subject.rating is not None
                else Learner().subject,
            ),
            streak=Streak(own.streak, own.best_streak, own.last_day) if own else Streak(),
            memory=memory_of(known),
            times=known.times or 0,
        ),
    )


def _item(row: Row) -> Item:  # type: ignore[type-arg]
    return Item(
        question_id=row.question_id,
        kind=Kind(row.kind),
        subject=row.subject,
        topic=row.topic,
        task_number=row.task_number,
        options=row.options,
        rating=rating_of(row.rating, row.rating_variance),
        place=row.place,
        answered=row.answered,
        usual_ms=usual_ms(row.elapsed_ms, row.answered),
    )


def _attempt_row(turn: Turn) -> dict[str, object]:
    attempt, closing = turn.situation.attempt, turn.closing
    return {
        "id": attempt.id,
        "training_id": attempt.training_id,
        "learner_id": attempt.learner_id,
        "question_id": attempt.question_id,
        "version": attempt.version,
        "seed": attempt.seed,
        "position": attempt.position,
        "shown_at": attempt.shown_at,
        "answered_at": closing.at,
        "answer": closing.answer,
        "score": closing.score,
        "max_score": closing.max_score,
        "verdict": closing.verdict.value,
        "elapsed_ms": closing.elapsed_ms,
        "channel": closing.channel,
    }


def _grading_row(turn: Turn, task: Task) -> dict[str, object]:
    attempt = turn.situation.attempt
    return {
        "attempt_id": attempt.id,
        "training_id": attempt.training_id,
        "learner_id": attempt.learner_id,
        "question_id": attempt.question_id,
        "question_version": attempt.version,
        "seed": attempt.seed,
        "number": task.number,
        "subject": turn.situation.item.subject,
        "max_score": task.max_score,
        "third_from": task.third_from,
        "since": turn.closing.at,
        "wanted": 2,
        "given": 0,
        "round": 1,
        "score": None,
        "settled_at": None,
        "version": 1,
    }
