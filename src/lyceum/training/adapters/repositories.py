"""Trainings and attempts in the database. No mapper: answering is the hottest path of the product."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

import msgspec
from sqlalchemy import and_, bindparam, delete, insert, select, update
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from lyceum.kernel.ids import AttemptId, QuestionId, TrainingId, UserId
from lyceum.platform.database import Database, SqlTransaction
from lyceum.platform.prepared import Prepared, Record
from lyceum.training.adapters.consumers import PART, TAGGED, tag_row
from lyceum.training.adapters.tables import SUBJECT, attempts, items, learners, pack_tag, progress, tags, trainings
from lyceum.training.domain.elo import Learner, Rating
from lyceum.training.domain.memory import Memory
from lyceum.training.domain.reasons import Why
from lyceum.training.domain.trainings import Attempt, Filters, Mode, Overtaken, Training, Verdict

TRAINING = tuple(column.label(f"training_{column.name}") for column in trainings.c)
ATTEMPT = tuple(column.label(f"attempt_{column.name}") for column in attempts.c)
_CHANGING = (
    *("finished_at", "position", "answered", "correct", "score", "max_score"),
    *("version", "recent", "repeats"),
)
_OWN = Prepared(
    select(*TRAINING).where(trainings.c.id == bindparam("training"), trainings.c.learner_id == bindparam("learner"))
)
_ACTIVE = Prepared(
    select(*TRAINING).where(
        trainings.c.learner_id == bindparam("learner"),
        trainings.c.mode == bindparam("of_mode"),
        trainings.c.finished_at.is_(None),
    )
)
_OVERALL = Prepared(
    select(learners.c.rating, learners.c.rating_variance).where(learners.c.learner_id == bindparam("learner"))
)
_PART = Prepared(
    select(progress.c.rating, progress.c.rating_variance).where(
        progress.c.learner_id == bindparam("learner"),
        progress.c.kind == SUBJECT,
        progress.c.subject == bindparam("of_subject"),
        progress.c.name == "",
        progress.c.rating.is_not(None),
    )
)
_FIND = Prepared(
    select(*ATTEMPT).where(attempts.c.id == bindparam("attempt"), attempts.c.learner_id == bindparam("learner"))
)
_CURRENT = Prepared(
    select(*ATTEMPT).where(attempts.c.training_id == bindparam("training"), attempts.c.answered_at.is_(None))
)
_BEGIN = {
    "sqlite": sqlite_insert(trainings).on_conflict_do_nothing(),
    "postgresql": postgres_insert(trainings).on_conflict_do_nothing(),
}
SAVE = Prepared(
    update(trainings).where(
        trainings.c.id == bindparam("training"),
        trainings.c.version == bindparam("read_version"),
        trainings.c.finished_at.is_(None),
    ),
    *_CHANGING,
)
"""Whoever writes second finds another version, and changes nothing."""
SHOW = Prepared(
    insert(attempts),
    *("id", "training_id", "learner_id", "question_id", "version", "seed", "position", "shown_at"),
    *("answer", "score", "max_score", "channel", "why"),
)
_DROP = delete(attempts).where(attempts.c.training_id == bindparam("training"), attempts.c.answered_at.is_(None))


@dataclass(frozen=True, slots=True)
class SqlTrainings:
    """`ports.Trainings`."""

    transaction: SqlTransaction
    database: Database

    async def active(self, learner: UserId, mode: Mode) -> Training | None:
        rows = await _ACTIVE.read(self.database, {"learner": learner, "of_mode": mode.value})
        return training_of(rows[0]) if rows else None

    async def find(self, id: TrainingId, learner: UserId) -> Training | None:
        return await training_with(self.database, learner, id)

    async def learner(self, learner: UserId, subject: str | None) -> Learner:
        known = await _OVERALL.read(self.database, {"learner": learner})
        overall = rating_of(known[0].rating, known[0].rating_variance) if known else None
        if subject is None:
            return Learner(overall or Learner().overall, Rating(0.0, 0.0))
        known = await _PART.read(self.database, {"learner": learner, "of_subject": subject})
        part = rating_of(known[0].rating, known[0].rating_variance) if known else None
        return Learner(overall or Learner().overall, part or Learner().subject)

    async def begin(self, training: Training, first: Attempt) -> None:
        connection = self.transaction.connection
        values = {
            "id": training.id,
            "learner_id": training.learner_id,
            "mode": training.mode.value,
            "filters": msgspec.json.encode(training.filters).decode(),
            "length": training.length,
            "deadline": training.deadline,
            "started_at": training.started_at,
            **changing(training),
        }
        if (await connection.execute(_BEGIN[connection.dialect.name], values)).rowcount != 1:
            raise Overtaken()
        await SHOW.run(connection, shown(first))

    async def finish(self, training: Training) -> None:
        connection = self.transaction.connection
        values = {"training": training.id, "read_version": training.version, **changing(training)}
        values["version"] = training.version + 1
        if await SAVE.run(connection, values) != 1:
            raise Overtaken()
        await connection.execute(_DROP, {"training": training.id})


async def training_with(database: Database, learner: UserId, id: TrainingId) -> Training | None:
    """The learner's own training; outside transactions."""
    rows = await _OWN.read(database, {"training": id, "learner": learner})
    return training_of(rows[0]) if rows else None


@dataclass(frozen=True, slots=True)
class SqlAttempts:
    """`ports.Attempts`."""

    database: Database

    async def find(self, id: AttemptId, learner: UserId) -> Attempt | None:
        rows = await _FIND.read(self.database, {"attempt": id, "learner": learner})
        return attempt_of(rows[0]) if rows else None

    async def current(self, training: TrainingId) -> Attempt | None:
        rows = await _CURRENT.read(self.database, {"training": training})
        return attempt_of(rows[0]) if rows else None


@dataclass(frozen=True, slots=True)
class SqlPackShelf:
    """`ports.PackShelf`: writes only what has changed, so that a pack in use costs two reads."""

    database: Database
    transaction: SqlTransaction

    async def put(self, pack: UUID, questions: Sequence[QuestionId]) -> None:
        tag = pack_tag(pack)
        wanted = set(questions)
        async with self.database.read() as connection:
            held = set(await connection.scalars(select(tags.c.question_id).where(tags.c.tag == tag)))
            new: list[dict[str, object]] = []
            missing = sorted(wanted - held)
            for start in range(0, len(missing), PART):
                there = and_(items.c.question_id.in_(missing[start : start + PART]), items.c.askable.is_(True))
                new += [tag_row(tag, row) for row in await connection.execute(select(*TAGGED).where(there))]
        gone = sorted(held - wanted)
        if not new and not gone:
            return
        async with self.transaction:
            await self._write(tag, new, gone)

    async def _write(self, tag: str, new: list[dict[str, object]], gone: Sequence[UUID]) -> None:
        connection = self.transaction.connection
        for start in range(0, len(gone), PART):
            part = tags.c.question_id.in_(gone[start : start + PART])
            await connection.execute(delete(tags).where(tags.c.tag == tag, part))
        if new:
            insertion = sqlite_insert(tags) if connection.dialect.name == "sqlite" else postgres_insert(tags)
            await connection.execute(insertion.on_conflict_do_nothing(), new)


def changing(training: Training) -> dict[str, object]:
    return {
        "finished_at": training.finished_at,
        "position": training.position,
        "answered": training.answered,
        "correct": training.correct,
        "score": training.score,
        "max_score": training.max_score,
        "version": training.version,
        "recent": training.recent,
        "repeats": training.repeats,
    }


def shown(attempt: Attempt) -> dict[str, object]:
    """A new attempt as a row."""
    return {
        "id": attempt.id,
        "training_id": attempt.training_id,
        "learner_id": attempt.learner_id,
        "question_id": attempt.question_id,
        "version": attempt.version,
        "seed": attempt.seed,
        "position": attempt.position,
        "shown_at": attempt.shown_at,
        "answer": "",
        "score": 0.0,
        "max_score": attempt.max_score,
        "channel": "",
        "why": msgspec.json.encode(attempt.why).decode() if attempt.why else None,
    }


def rating_of(value: float, variance: float) -> Rating:
    """The rating in two columns."""
    return Rating(value, math.sqrt(variance))


def memory_of(row: Record) -> Memory | None:
    """The memory in a row of `training_seen`, None where there is nothing to remember."""
    if row.due is None:
        return None
    return Memory(stability=row.stability, difficulty=row.memory_difficulty, reviewed_at=row.reviewed_at, due=row.due)


def _why(document: str) -> Why:
    return msgspec.json.decode(document, type=Why)


@lru_cache(256)
def filters_of(document: str) -> Filters:
    return msgspec.json.decode(document, type=Filters)


def training_of(row: Record) -> Training:
    """The training in a row with the columns of `TRAINING`."""
    return Training(
        id=row.training_id,
        learner_id=row.training_learner_id,
        mode=Mode(row.training_mode),
        filters=filters_of(row.training_filters),
        started_at=row.training_started_at,
        length=row.training_length,
        deadline=row.training_deadline,
        finished_at=row.training_finished_at,
        position=row.training_position,
        answered=row.training_answered,
        correct=row.training_correct,
        score=row.training_score,
        max_score=row.training_max_score,
        version=row.training_version,
        recent=row.training_recent,
        repeats=row.training_repeats,
    )


def attempt_of(row: Record) -> Attempt:
    """The attempt in a row with the columns of `ATTEMPT`."""
    return Attempt(
        id=row.attempt_id,
        training_id=row.attempt_training_id,
        learner_id=row.attempt_learner_id,
        question_id=row.attempt_question_id,
        version=row.attempt_version,
        seed=row.attempt_seed,
        position=row.attempt_position,
        shown_at=row.attempt_shown_at,
        answered_at=row.attempt_answered_at,
        answer=row.attempt_answer,
        score=row.attempt_score,
        max_score=row.attempt_max_score,
        verdict=Verdict(row.attempt_verdict) if row.attempt_verdict else None,
        elapsed_ms=row.attempt_elapsed_ms,
        channel=row.attempt_channel,
        why=_why(row.attempt_why) if row.attempt_why else None,
    )
