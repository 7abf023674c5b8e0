"""Sittings in the database. A save is one statement, whose condition is the whole guard of the answer."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec
from sqlalchemy import Insert, Row, Select, and_, bindparam, insert, or_, select, update
from sqlalchemy import case as sql_case
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from lyceum.kernel.ids import TrainingId, UserId
from lyceum.platform.database import Database, SqlTransaction
from lyceum.platform.prepared import Changes, Prepared
from lyceum.training.adapters.event_tables import events, participants
from lyceum.training.adapters.repositories import TRAINING, changing, training_of
from lyceum.training.adapters.sitting_tables import accommodations, entries, papers, sittings
from lyceum.training.adapters.tables import trainings
from lyceum.training.domain.sittings import Accommodation, Entry, Paper, Part, ProfileRef, Save, Sitting, Task
from lyceum.training.domain.trainings import GRACE, Mode, Overtaken

REMEMBERED = 2000
PAPER = tuple(column.label(f"paper_{column.name}") for column in papers.c)
_COLUMNS = ("training_id", "number", "answer", "seq", "marked", "elapsed_ms", "saved_at", "channel", "score")
_ACCOMMODATION = ("learner_id", "extra_min", "note", "set_by", "set_at")
_tasks = msgspec.json.Decoder(tuple[Task, ...])


def _sitting() -> Select:  # type: ignore[type-arg]
    return (
        select(
            *TRAINING,
            *PAPER,
            sittings.c.extra_min,
            sittings.c.scored_at,
            sittings.c.pending,
            events.c.id.label("event_id"),
            events.c.closes_at.label("event_closes_at"),
        )
        .select_from(sittings)
        .outerjoin(participants, participants.c.training_id == sittings.c.training_id)
        .outerjoin(events, events.c.id == participants.c.event_id)
        .join(trainings, trainings.c.id == sittings.c.training_id)
        .join(papers, papers.c.id == sittings.c.paper_id)
    )


_OWN = and_(trainings.c.id == bindparam("training"), trainings.c.learner_id == bindparam("learner"))
_FIND = _sitting().where(_OWN)
_ACTIVE = _sitting().where(
    trainings.c.learner_id == bindparam("learner"),
    trainings.c.mode == bindparam("of_mode"),
    trainings.c.finished_at.is_(None),
)
_DUE = (
    _sitting()
    .where(
        sittings.c.scored_at.is_(None),
        or_(
            and_(trainings.c.finished_at.is_(None), trainings.c.deadline < bindparam("before")),
            trainings.c.finished_at < bindparam("before"),
        ),
        or_(trainings.c.finished_at.is_(None), events.c.closes_at.is_(None), events.c.closes_at < bindparam("before")),
    )
    .order_by(sittings.c.training_id)
    .limit(bindparam("most"))
)
_PAPER = (
    select(*PAPER)
    .select_from(sittings)
    .join(trainings, trainings.c.id == sittings.c.training_id)
    .join(papers, papers.c.id == sittings.c.paper_id)
    .where(_OWN)
)
_ENTRIES = select(entries).where(entries.c.training_id == bindparam("training")).order_by(entries.c.number)


def _save(dialect: str, *, numbered: bool) -> Insert:
    """Insert or replace, if the sitting is the learner's and goes on, and the change is newer than what is there.

    The row of the training is locked for sharing: whoever ends the sitting waits for the saves that are on their way,
    and those that come after find it ended.
    """
    made = sqlite_insert(entries) if dialect == "sqlite" else postgres_insert(entries)
    given = {column.name: bindparam(column.name, type_=column.type) for column in entries.c}
    going = (
        select(trainings.c.id, *(given[name] for name in _COLUMNS[1:]))
        .where(
            trainings.c.id == bindparam("training"),
            trainings.c.learner_id == bindparam("learner"),
            trainings.c.finished_at.is_(None),
            trainings.c.deadline >= bindparam("latest"),
        )
        .with_for_update(read=True)
    )
    new = made.excluded
    longer = sql_case((new.elapsed_ms > entries.c.elapsed_ms, new.elapsed_ms), else_=entries.c.elapsed_ms)
    seq = new.seq if numbered else entries.c.seq + 1
    taken = {name: new[name] for name in ("answer", "marked", "saved_at", "channel", "score")}
    change = {**taken, "elapsed_ms": longer, "seq": seq}
    return made.from_select(list(_COLUMNS), going).on_conflict_do_update(
        index_elements=["training_id", "number"], set_=change, where=entries.c.seq < new.seq if numbered else None
    )


_SAVE = {
    (dialect, numbered): Prepared(_save(dialect, numbered=numbered))
    for dialect in ("sqlite", "postgresql")
    for numbered in (True, False)
}
_BEGIN = {
    "sqlite": sqlite_insert(trainings).on_conflict_do_nothing(),
    "postgresql": postgres_insert(trainings).on_conflict_do_nothing(),
}
_CLOSE = (
    update(trainings)
    .where(trainings.c.id == bindparam("training"), trainings.c.finished_at.is_(None))
    .values(finished_at=bindparam("at", type_=trainings.c.finished_at.type), version=trainings.c.version + 1)
)


def _set(dialect: str) -> Insert:
    made = sqlite_insert(accommodations) if dialect == "sqlite" else postgres_insert(accommodations)
    return made.on_conflict_do_update(
        index_elements=["learner_id"], set_={name: made.excluded[name] for name in _ACCOMMODATION[1:]}
    )


_SET = {dialect: _set(dialect) for dialect in ("sqlite", "postgresql")}


@dataclass(frozen=True, slots=True)
class SqlSittings:
    """`sitting_ports.Sittings`."""

    database: Database
    transaction: SqlTransaction

    async def find(self, id: TrainingId, learner: UserId) -> Sitting | None:
        return await _one(self.database, _FIND, {"training": id, "learner": learner})

    async def active(self, learner: UserId, mode: Mode) -> Sitting | None:
        return await _one(self.database, _ACTIVE, {"learner": learner, "of_mode": mode.value})

    async def due(self, before: datetime, limit: int) -> Sequence[Sitting]:
        async with self.database.read() as connection:
            return [_read(row) for row in await connection.execute(_DUE, {"before": before, "most": limit})]

    async def begin(self, sitting: Sitting, *, new_paper: bool) -> None:
        connection, training = self.transaction.connection, sitting.training
        row = {
            "id": training.id,
            "learner_id": training.learner_id,
            "mode": training.mode.value,
            "filters": msgspec.json.encode(training.filters).decode(),
            "length": training.length,
            "deadline": training.deadline,
            "started_at": training.started_at,
            **changing(training),
        }
        if (await connection.execute(_BEGIN[connection.dialect.name], row)).rowcount != 1:
            raise Overtaken()
        if new_paper:
            await connection.execute(insert(papers), paper_row(sitting.paper))
        own = {
            "training_id": sitting.id,
            "paper_id": sitting.paper.id,
            "extra_min": sitting.extra_min,
            "scored_at": None,
            "pending": 0,
        }
        await connection.execute(insert(sittings), own)

    async def close(self, id: TrainingId, at: datetime) -> bool:
        closed = await self.transaction.connection.execute(_CLOSE, {"training": id, "at": at})
        return closed.rowcount == 1


async def _one(database: Database, query: Select, values: dict[str, object]) -> Sitting | None:  # type: ignore[type-arg]
    async with database.read() as connection:
        row = (await connection.execute(query, values)).one_or_none()
    return _read(row) if row is not None else None


class _NotKept(Exception):
    """The sitting is not the learner's or over, or a newer change is there."""


class KnownPapers(OrderedDict[tuple[TrainingId, UserId], Paper]):
    """Papers of the sittings saved to last: neither they nor their learners ever change."""

    def keep(self, key: tuple[TrainingId, UserId], paper: Paper) -> None:
        self[key] = paper
        if len(self) > REMEMBERED:
            self.popitem(last=False)


@dataclass(frozen=True, slots=True)
class SqlEntries:
    """`sitting_ports.Entries`."""

    database: Database
    known: KnownPapers

    async def save(self, save: Save) -> bool:
        values = {
            "training": save.training,
            "learner": save.learner,
            "latest": save.at - GRACE,
            "number": save.number,
            "answer": save.answer,
            "seq": save.seq or 1,
            "marked": save.marked,
            "elapsed_ms": save.elapsed_ms,
            "saved_at": save.at,
            "channel": save.channel,
            "score": save.score,
        }
        statement = _SAVE[self.database.dialect, save.seq is not None]
        try:
            await self.database.make(Changes([(statement, values)], 1, _NotKept))
        except _NotKept:
            return False
        return True

    async def sitting(self, id: TrainingId, learner: UserId) -> Sitting | None:
        return await _one(self.database, _FIND, {"training": id, "learner": learner})

    async def of(self, training: TrainingId) -> Sequence[Entry]:
        async with self.database.read() as connection:
            rows = (await connection.execute(_ENTRIES, {"training": training})).mappings()
            return [Entry(**{name: row[name] for name in _COLUMNS[1:]}) for row in rows]

    async def paper(self, training: TrainingId, learner: UserId) -> Paper | None:
        key = (training, learner)
        if (paper := self.known.get(key)) is not None:
            return paper
        async with self.database.read() as connection:
            row = (await connection.execute(_PAPER, {"training": training, "learner": learner})).one_or_none()
        if row is None:
            return None
        self.known.keep(key, paper_of(row))
        return self.known[key]


@dataclass(frozen=True, slots=True)
class SqlAccommodations:
    """`sitting_ports.Accommodations`."""

    database: Database
    transaction: SqlTransaction

    async def extra_min(self, learner: UserId) -> int:
        extra = select(accommodations.c.extra_min).where(accommodations.c.learner_id == learner)
        async with self.database.read() as connection:
            return await connection.scalar(extra) or 0

    async def find(self, learner: UserId) -> Accommodation | None:
        query = select(accommodations).where(accommodations.c.learner_id == learner)
        async with self.database.read() as connection:
            row = (await connection.execute(query)).mappings().one_or_none()
        return Accommodation(**{name: row[name] for name in _ACCOMMODATION}) if row is not None else None

    async def put(self, accommodation: Accommodation) -> None:
        connection = self.transaction.connection
        row = {name: getattr(accommodation, name) for name in _ACCOMMODATION}
        await connection.execute(_SET[connection.dialect.name], row)


@dataclass(frozen=True, slots=True)
class ExtraTimes:
    """Learners with extra time, for a page."""

    database: Database

    async def newest(self, limit: int = 100) -> Sequence[Accommodation]:
        """Those set last."""
        query = (
            select(accommodations)
            .where(accommodations.c.extra_min > 0)
            .order_by(accommodations.c.set_at.desc(), accommodations.c.learner_id)
            .limit(limit)
        )
        async with self.database.read() as connection:
            rows = (await connection.execute(query)).mappings()
            return [Accommodation(**{name: row[name] for name in _ACCOMMODATION}) for row in rows]


def paper_row(paper: Paper) -> dict[str, object]:
    ref = paper.profile
    return {
        "id": paper.id,
        "exam": ref.exam if ref else None,
        "subject": ref.subject if ref else None,
        "year": ref.year if ref else None,
        "profile_version": ref.version if ref else None,
        "part": paper.part.value,
        "seed": paper.seed,
        "duration_min": paper.duration_min,
        "tasks": msgspec.json.encode(paper.tasks).decode(),
    }


def paper_of(row: Row) -> Paper:  # type: ignore[type-arg]
    """The paper in a row with the columns of `PAPER`."""
    ref = None
    if row.paper_exam is not None:
        ref = ProfileRef(
            exam=row.paper_exam, subject=row.paper_subject, year=row.paper_year, version=row.paper_profile_version
        )
    return Paper(
        id=row.paper_id,
        seed=row.paper_seed,
        tasks=_tasks.decode(row.paper_tasks),
        duration_min=row.paper_duration_min,
        profile=ref,
        part=Part(row.paper_part),
    )


def _read(row: Row) -> Sitting:  # type: ignore[type-arg]
    return Sitting(
        training=training_of(row),
        paper=paper_of(row),
        extra_min=row.extra_min,
        scored_at=row.scored_at,
        pending=row.pending,
        event_id=row.event_id,
        event_closes_at=row.event_closes_at,
    )
