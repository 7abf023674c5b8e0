"""Grading in the database: turns are places that a constraint gives to one grader each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import Row, and_, case, delete, exists, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from lyceum.kernel.ids import AttemptId, TrainingId, UserId, uuid7
from lyceum.platform.database import Database, SqlTransaction
from lyceum.platform.paging import Page, decode_cursor, encode_cursor, page
from lyceum.training.adapters.sitting_tables import grades, gradings, sittings
from lyceum.training.adapters.tables import attempts, seen, trainings
from lyceum.training.adapters.turns import learner_changes, question_changes
from lyceum.training.domain.grading import LEASE, Grade, Grading, Waiting
from lyceum.training.domain.trainings import Overtaken, Verdict
from lyceum.training.ports import Turn

_OWN = tuple(column for column in gradings.c if column.name not in {"given"})
_points = msgspec.json.Decoder(dict[str, float])
_PLACE = {
    "sqlite": sqlite_insert(grades).on_conflict_do_nothing(),
    "postgresql": postgres_insert(grades).on_conflict_do_nothing(),
}


@dataclass(frozen=True, slots=True)
class SqlGradings:
    """`sitting_ports.Gradings`."""

    database: Database
    transaction: SqlTransaction

    async def find(self, attempt: AttemptId) -> Grading | None:
        found = await read_gradings(self.database, gradings.c.attempt_id == attempt)
        return found[0] if found else None

    async def next_for(self, grader: UserId, subject: str | None, now: datetime) -> AttemptId | None:
        held = and_(grades.c.attempt_id == gradings.c.attempt_id, grades.c.round == gradings.c.round)
        mine = exists().where(held, grades.c.grader_id == grader, grades.c.given_at.is_(None))
        graded = exists().where(grades.c.attempt_id == gradings.c.attempt_id, grades.c.grader_id == grader)
        live = or_(grades.c.given_at.is_not(None), grades.c.taken_at >= now - LEASE)
        places = select(func.count()).select_from(grades).where(held, live).scalar_subquery()
        waiting = select(gradings.c.attempt_id).where(
            gradings.c.settled_at.is_(None),
            gradings.c.learner_id != grader,
            or_(mine, and_(~graded, places < gradings.c.wanted)),
        )
        if subject is not None:
            waiting = waiting.where(gradings.c.subject == subject)
        order = (case((mine, 0), else_=1), gradings.c.since, gradings.c.attempt_id)
        async with self.database.read() as connection:
            id = await connection.scalar(waiting.order_by(*order).limit(1))
        return AttemptId(id) if id is not None else None

    async def hold(self, grading: Grading, grade: Grade) -> None:
        connection = self.transaction.connection
        await self._vacate(grading, grade)
        placed = await connection.execute(_PLACE[connection.dialect.name], grade_row(grading, grade))
        if placed.rowcount != 1:
            raise Overtaken()

    async def keep(self, grading: Grading, grade: Grade) -> None:
        connection = self.transaction.connection
        seen_version = and_(gradings.c.attempt_id == grading.attempt_id, gradings.c.version == grading.version)
        change = {
            "wanted": grading.wanted,
            "given": len(grading.given),
            "round": grading.round,
            "score": grading.score,
            "settled_at": grading.settled_at,
            "version": grading.version + 1,
        }
        if (await connection.execute(update(gradings).where(seen_version).values(change))).rowcount != 1:
            raise Overtaken()
        await self._vacate(grading, grade)
        placed = await connection.execute(_PLACE[connection.dialect.name], grade_row(grading, grade))
        if placed.rowcount != 1:
            raise Overtaken()

    async def settle(self, grading: Grading, turn: Turn, before: float | None) -> None:
        connection, closing = self.transaction.connection, turn.closing
        judged = {"score": closing.score, "verdict": closing.verdict.value}
        await connection.execute(update(attempts).where(attempts.c.id == grading.attempt_id).values(judged))
        was_right = before is not None and before >= grading.max_score
        sums = {
            "score": trainings.c.score + closing.score - (before or 0.0),
            "correct": trainings.c.correct + int(closing.verdict is Verdict.CORRECT) - int(was_right),
            "version": trainings.c.version + 1,
        }
        if before is None:
            sums["max_score"] = trainings.c.max_score + closing.max_score
        await connection.execute(update(trainings).where(trainings.c.id == grading.training_id).values(sums))
        latest = update(seen).where(
            seen.c.learner_id == grading.learner_id,
            seen.c.question_id == grading.question_id,
            seen.c.attempt_id == grading.attempt_id,
        )
        told = {"verdict": closing.verdict.value, "mistake": closing.verdict.is_mistake}
        await connection.execute(latest.values(told))
        if before is None:
            less = update(sittings).where(sittings.c.training_id == grading.training_id)
            await connection.execute(less.values(pending=sittings.c.pending - 1))
            dialect = connection.dialect.name
            for statement, values in [*learner_changes(turn, dialect), *question_changes(turn, dialect)]:
                await statement.run(connection, values)

    async def _vacate(self, grading: Grading, grade: Grade) -> None:
        """Take back the place that the grader held, and the turn of somebody who held it too long."""
        late = and_(grades.c.turn == grade.turn, grades.c.taken_at < grade.taken_at - LEASE)
        here = and_(grades.c.attempt_id == grading.attempt_id, grades.c.given_at.is_(None))
        free = delete(grades).where(here, or_(grades.c.grader_id == grade.grader_id, late))
        await self.transaction.connection.execute(free)


def grade_row(grading: Grading, grade: Grade) -> dict[str, object]:
    return {
        "id": uuid7(),
        "attempt_id": grading.attempt_id,
        "grader_id": grade.grader_id,
        "round": grade.round,
        "turn": grade.turn,
        "taken_at": grade.taken_at,
        "points": msgspec.json.encode(grade.points).decode(),
        "score": grade.score,
        "comment": grade.comment,
        "given_at": grade.given_at,
    }


async def read_gradings(database: Database, where: object) -> list[Grading]:
    """Those that pass the condition, with their grades; two statements."""
    async with database.read() as connection:
        rows = (await connection.execute(select(*_OWN).where(where))).all()  # type: ignore[arg-type]
        ids = [row.attempt_id for row in rows]
        opinions = (await connection.execute(select(grades).where(grades.c.attempt_id.in_(ids)))).all() if ids else []
    by_attempt: dict[UUID, list[Grade]] = {}
    for opinion in opinions:
        by_attempt.setdefault(opinion.attempt_id, []).append(_grade(opinion))
    return [Grading(**row._mapping, grades=by_attempt.get(row.attempt_id, [])) for row in rows]


def _grade(row: Row) -> Grade:  # type: ignore[type-arg]
    return Grade(
        grader_id=UserId(row.grader_id),
        round=row.round,
        turn=row.turn,
        taken_at=row.taken_at,
        points=_points.decode(row.points),
        score=row.score,
        comment=row.comment,
        given_at=row.given_at,
    )


@dataclass(frozen=True, slots=True)
class GradingQueries:
    """Lists of what waits and of what came of it."""

    database: Database

    async def queue(self, grader: UserId, *, limit: int, cursor: str | None, subject: str | None) -> Page[Waiting]:
        """What waits for this grader, the longest first; `is_mine` is what they hold. Own answers and those they have
        graded are left out."""
        mine = exists().where(grades.c.attempt_id == gradings.c.attempt_id, grades.c.grader_id == grader)
        given = and_(mine, exists().where(
            grades.c.attempt_id == gradings.c.attempt_id, grades.c.grader_id == grader, grades.c.given_at.is_not(None)
        ))  # fmt: skip
        query = (
            select(gradings, mine.label("is_mine"))
            .where(gradings.c.settled_at.is_(None), gradings.c.learner_id != grader, ~given)
            .order_by(gradings.c.since, gradings.c.attempt_id)
            .limit(limit + 1)
        )
        if subject is not None:
            query = query.where(gradings.c.subject == subject)
        if cursor:
            since, last = decode_cursor(cursor, tuple[datetime, UUID])
            later = and_(gradings.c.since == since, gradings.c.attempt_id > last)
            query = query.where(or_(gradings.c.since > since, later))
        async with self.database.read() as connection:
            rows = (await connection.execute(query)).all()
        found = [
            Waiting(
                attempt_id=row.attempt_id,
                subject=row.subject,
                number=row.number,
                max_score=row.max_score,
                since=row.since,
                given=row.given,
                wanted=row.wanted,
                is_mine=bool(row.is_mine),
            )
            for row in rows
        ]
        return page(found, limit, lambda item: encode_cursor(item.since.isoformat(), str(item.attempt_id)))

    async def of(self, training: TrainingId) -> Sequence[Grading]:
        """All of a sitting."""
        return await read_gradings(self.database, gradings.c.training_id == training)
