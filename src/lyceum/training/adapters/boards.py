"""Standings in the database: what they are made of, and those that were kept."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from sqlalchemy import Row, and_, bindparam, case, exists, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from lyceum.kernel.ids import TrainingId, UserId
from lyceum.platform.database import Database, SqlTransaction
from lyceum.training.adapters.event_tables import events, participants, standings
from lyceum.training.adapters.sitting_tables import entries, sittings
from lyceum.training.adapters.tables import attempts, trainings
from lyceum.training.domain.sittings import BLANK
from lyceum.training.domain.standings import Given, Line, Placed
from lyceum.training.domain.trainings import GRACE, Verdict
from lyceum.training.event_ports import Correction, Kept, Marked

SWEPT = 20
STREAMED = 200
"""Participants whose answers are read at once."""
_standings = msgspec.json.Decoder(tuple[Placed, ...])
_ANSWERED = entries.c.answer.not_in(sorted(BLANK))


@dataclass(frozen=True, slots=True)
class SqlBoards:
    """`event_ports.Boards`."""

    database: Database
    transaction: SqlTransaction

    async def lines(self, event: UUID, *, until: datetime | None = None) -> Sequence[Line]:
        counted = _ANSWERED if until is None else and_(_ANSWERED, entries.c.saved_at <= until)
        saved = (
            select(
                entries.c.training_id,
                func.sum(case((counted, entries.c.score), else_=0)).label("score"),
                func.sum(case((counted, 1), else_=0)).label("answered"),
                func.max(case((counted, entries.c.saved_at))).label("last_at"),
            )
            .join(participants, participants.c.training_id == entries.c.training_id)
            .where(participants.c.event_id == bindparam("event"))
            .group_by(entries.c.training_id)
            .subquery("saved")
        )
        query = (
            select(
                participants.c.learner_id,
                participants.c.training_id,
                participants.c.name,
                participants.c.variant,
                trainings.c.started_at,
                trainings.c.finished_at,
                trainings.c.score.label("final_score"),
                sittings.c.scored_at,
                saved.c.score,
                saved.c.answered,
                saved.c.last_at,
            )
            .join(trainings, trainings.c.id == participants.c.training_id)
            .join(sittings, sittings.c.training_id == participants.c.training_id)
            .outerjoin(saved, saved.c.training_id == participants.c.training_id)
            .where(participants.c.event_id == bindparam("event"))
        )
        async with self.database.read() as connection:
            return [_line(row, until) for row in await connection.execute(query, {"event": event})]

    async def open(self, event: UUID) -> int:
        query = (
            select(func.count())
            .select_from(participants)
            .join(sittings, sittings.c.training_id == participants.c.training_id)
            .where(participants.c.event_id == event, or_(sittings.c.scored_at.is_(None), sittings.c.pending > 0))
        )
        async with self.database.read() as connection:
            return await connection.scalar(query) or 0

    async def kept(self, event: UUID, kind: str) -> Kept | None:
        query = (
            select(standings)
            .where(standings.c.event_id == event, standings.c.kind == kind)
            .order_by(standings.c.revision.desc())
            .limit(1)
        )
        async with self.database.read() as connection:
            row = (await connection.execute(query)).one_or_none()
        if row is None:
            return None
        return Kept(
            standings=_standings.decode(row.body), digest=row.digest, revision=row.revision, taken_at=row.taken_at
        )

    async def keep(self, event: UUID, kind: str, kept: Kept) -> bool:
        connection = self.transaction.connection
        made = sqlite_insert(standings) if connection.dialect.name == "sqlite" else postgres_insert(standings)
        row = {
            "event_id": event,
            "kind": kind,
            "revision": kept.revision,
            "taken_at": kept.taken_at,
            "digest": kept.digest,
            "body": msgspec.json.encode(kept.standings).decode(),
        }
        return (await connection.execute(made.on_conflict_do_nothing(), row)).rowcount == 1

    async def answers(self, event: UUID) -> AsyncIterator[Given]:
        after = UUID(int=0)
        while True:
            some = (
                select(participants.c.learner_id, participants.c.training_id)
                .where(participants.c.event_id == event, participants.c.learner_id > after)
                .order_by(participants.c.learner_id)
                .limit(STREAMED)
                .subquery("some")
            )
            query = select(
                some.c.learner_id,
                attempts.c.question_id,
                attempts.c.seed,
                attempts.c.answer,
                attempts.c.score,
                attempts.c.max_score,
                attempts.c.elapsed_ms,
            ).outerjoin(
                attempts, and_(attempts.c.training_id == some.c.training_id, attempts.c.answer.not_in(sorted(BLANK)))
            )
            async with self.database.read() as connection:
                rows = (await connection.execute(query)).all()
            if not rows:
                return
            for row in rows:
                if row.question_id is not None:
                    yield _given(row)
            after = max(row.learner_id for row in rows)

    async def waiting(self, now: datetime) -> Sequence[UUID]:
        frozen = exists().where(standings.c.event_id == events.c.id, standings.c.kind == "frozen")
        going = events.c.done_at.is_(None) & events.c.cancelled_at.is_(None) & events.c.sealed_at.is_not(None)
        recent = events.c.opens_at.between(now - timedelta(days=60), now)
        query = select(events.c.id).where(going, recent, or_(events.c.closes_at <= now - GRACE, ~frozen))
        async with self.database.read() as connection:
            return list(await connection.scalars(query.order_by(events.c.opens_at).limit(SWEPT)))


@dataclass(frozen=True, slots=True)
class SqlMarks:
    """`event_ports.Marks`."""

    database: Database
    transaction: SqlTransaction

    async def of(self, training: TrainingId) -> Sequence[Marked]:
        query = select(attempts).where(attempts.c.training_id == training).order_by(attempts.c.position)
        async with self.database.read() as connection:
            return [
                Marked(
                    attempt_id=row.id,
                    question_id=row.question_id,
                    version=row.version,
                    seed=row.seed,
                    answer=row.answer,
                    score=row.score,
                    verdict=row.verdict or Verdict.SKIPPED.value,
                )
                for row in await connection.execute(query)
            ]

    async def correct(self, corrections: Sequence[Correction]) -> None:
        connection = self.transaction.connection
        for it in corrections:
            mine = update(attempts).where(attempts.c.id == it.attempt_id)
            await connection.execute(mine.values(score=it.score, verdict=it.verdict))
        for training in sorted({it.training_id for it in corrections}):
            own = attempts.c.training_id == training
            right = select(func.count()).where(own, attempts.c.verdict == Verdict.CORRECT.value).scalar_subquery()
            total = select(func.coalesce(func.sum(attempts.c.score), 0)).where(own).scalar_subquery()
            mine = update(trainings).where(trainings.c.id == training)
            await connection.execute(mine.values(score=total, correct=right, version=trainings.c.version + 1))


def _given(row: Row) -> Given:  # type: ignore[type-arg]
    return Given(
        learner_id=UserId(row.learner_id),
        question_id=row.question_id,
        seed=row.seed,
        answer=row.answer,
        share=row.score / row.max_score if row.max_score else 0.0,
        elapsed_ms=row.elapsed_ms or 0,
    )


def _line(row: Row, until: datetime | None) -> Line:  # type: ignore[type-arg]
    is_final = row.scored_at is not None and until is None
    spent = (row.last_at - row.started_at) if row.last_at else timedelta()
    return Line(
        learner_id=UserId(row.learner_id),
        training_id=TrainingId(row.training_id),
        name=row.name,
        variant=row.variant,
        score=round(float(row.final_score if is_final else row.score or 0), 5),
        answered=row.answered or 0,
        time_ms=max(int(spent / timedelta(milliseconds=1)), 0),
        finished=row.finished_at is not None,
    )
