"""Finished trainings as the statistics count them, read some at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from uuid import UUID

import msgspec
from sqlalchemy import Row, and_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from lyceum.bank.api import Kind
from lyceum.kernel.ids import QuestionId, TrainingId, UserId
from lyceum.training.adapters.repositories import filters_of
from lyceum.training.adapters.tables import attempts, items, pack_tag, seen, tags, trainings
from lyceum.training.domain.set_statistics import SetKey, set_of
from lyceum.training.domain.statistics import Marked, response_of
from lyceum.training.domain.trainings import Mode, Verdict

_ROWS = (
    select(
        trainings.c.id.label("training_id"),
        trainings.c.learner_id,
        trainings.c.mode,
        trainings.c.filters,
        trainings.c.finished_at,
        attempts.c.question_id,
        attempts.c.version,
        attempts.c.answer,
        attempts.c.verdict,
        attempts.c.score,
        attempts.c.max_score,
        items.c.kind,
        items.c.author_id,
        items.c.subject,
        (seen.c.first_attempt_id == attempts.c.id).label("first"),
    )
    .select_from(trainings)
    .join(attempts, attempts.c.training_id == trainings.c.id)
    .join(items, items.c.question_id == attempts.c.question_id)
    .outerjoin(seen, and_(seen.c.learner_id == trainings.c.learner_id, seen.c.question_id == attempts.c.question_id))
    .where(
        trainings.c.finished_at.is_not(None),
        attempts.c.answered_at.is_not(None),
        attempts.c.max_score > 0,
    )
    .order_by(trainings.c.id, attempts.c.position)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """Whose a question is, and where it belongs."""

    author_id: UUID | None
    subject: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """One finished training with its marked answers; `key` names the set that it was, if any."""

    id: TrainingId
    learner_id: UserId
    finished_at: datetime
    answers: Sequence[Marked]
    places: Mapping[QuestionId, Placed]
    key: SetKey | None


UNDECIDED: Mapping[UUID, UUID | None] = {}


async def finished(
    connection: AsyncConnection, ids: Sequence[UUID], decided: Mapping[UUID, UUID | None] = UNDECIDED
) -> list[Finished]:
    """Those of the trainings that are finished and have a marked answer, by id. An exam is left out as long as people
    still read some of its answers; in practice nobody does, and only the marked answers count.
    `decided` says of some which set they were when they were counted first: their packs may have changed since."""
    rows = (await connection.execute(_ROWS.where(trainings.c.id.in_(ids)))).all()
    groups = [list(group) for _, group in groupby(rows, key=lambda row: row.training_id)]
    found = [(group[0].training_id, marked) for group in groups if (marked := _marked_rows(group))]
    packs = await _packs(connection, [group[0] for _, group in found])
    made = [_finished(TrainingId(id), group, packs) for id, group in found]
    return [
        _as_decided(it, group, decided) if it.id in decided else it for it, (_, group) in zip(made, found, strict=True)
    ]


def _marked_rows(rows: Sequence[Row]) -> Sequence[Row]:  # type: ignore[type-arg]
    waiting = any(row.verdict == Verdict.PENDING for row in rows)
    if waiting and Mode(rows[0].mode) in {Mode.MOCK_EXAM, Mode.EVENT}:
        return ()
    return [row for row in rows if row.verdict != Verdict.PENDING]


def _as_decided(training: Finished, rows: Sequence[Row], decided: Mapping[UUID, UUID | None]) -> Finished:  # type: ignore[type-arg]
    questions = [it.question_id for it in training.answers]
    whole = set_of(Mode(rows[0].mode), filters_of(rows[0].filters), questions, questions)
    return replace(training, key=whole if whole and whole.id == decided[training.id] else None)


async def _packs(connection: AsyncConnection, firsts: Sequence[Row]) -> Mapping[UUID, set[QuestionId]]:  # type: ignore[type-arg]
    wanted = {pack_tag(filters.pack): filters.pack for row in firsts if (filters := filters_of(row.filters)).pack}
    members: dict[UUID, set[QuestionId]] = {pack: set() for pack in wanted.values()}
    for row in await connection.execute(select(tags.c.tag, tags.c.question_id).where(tags.c.tag.in_(wanted))):
        members[wanted[row.tag]].add(QuestionId(row.question_id))
    return members


def _finished(id: TrainingId, rows: Sequence[Row], packs: Mapping[UUID, set[QuestionId]]) -> Finished:  # type: ignore[type-arg]
    filters = filters_of(rows[0].filters)
    questions = [QuestionId(row.question_id) for row in rows]
    pack = packs.get(filters.pack, set()) if filters.pack else set()
    return Finished(
        id=id,
        learner_id=rows[0].learner_id,
        finished_at=rows[0].finished_at,
        answers=[_marked(row) for row in rows],
        places={QuestionId(row.question_id): Placed(author_id=row.author_id, subject=row.subject) for row in rows},
        key=set_of(Mode(rows[0].mode), filters, questions, pack),
    )


def _marked(row: Row) -> Marked:  # type: ignore[type-arg]
    answer = msgspec.json.decode(row.answer) if row.answer else None
    return Marked(
        question_id=QuestionId(row.question_id),
        version=row.version,
        response=response_of(Kind(row.kind), answer),
        score=row.score,
        max_score=row.max_score,
        first=bool(row.first),
    )
