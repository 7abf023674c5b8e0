"""The pool that papers are drawn from: one statement looks for all slots at once, along the index of tasks."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from uuid import UUID

from sqlalchemy import ColumnElement, Float, and_, bindparam, exists, false, func, select, true, union_all

from lyceum.bank.api import Kind
from lyceum.kernel.ids import QuestionId, UserId
from lyceum.platform.database import Database
from lyceum.platform.prepared import Prepared
from lyceum.training.adapters.tables import is_askable, items, seen, tags, topic_tag
from lyceum.training.domain.elo import suits
from lyceum.training.domain.reasons import TARGET
from lyceum.training.sitting_ports import Found, Opening, Shortage

SIDE = 4
"""Questions looked at on each side of the rating wanted."""
NOBODY = UUID(int=0)


@dataclass(frozen=True, slots=True)
class SqlVariantPool:
    """`sitting_ports.VariantPool`: unseen questions first; a second statement for the slots where all were seen."""

    database: Database

    async def candidates(
        self, learner: UserId | None, exam: str, subject: str, openings: Sequence[Opening]
    ) -> Sequence[Found]:
        found = await self._look(learner, exam, subject, openings, seen_too=False)
        filled = {it.number for it in found}
        if rest := [it for it in openings if it.number not in filled]:
            found += await self._look(learner, exam, subject, rest, seen_too=True)
        return found

    async def shortages(self, exam: str, subject: str, openings: Sequence[Opening]) -> Sequence[Shortage]:
        there = (
            select(items.c.task_number, items.c.max_score, func.count().label("questions"))
            .where(is_askable, items.c.exam == exam, items.c.subject == subject)
            .where(items.c.task_number.in_([it.number for it in openings]))
            .group_by(items.c.task_number, items.c.max_score)
        )
        async with self.database.read() as connection:
            rows = (await connection.execute(there)).all()
        return [
            Shortage(
                number=it.number,
                numbered=sum(row.questions for row in rows if row.task_number == it.number),
                of_points=sum(
                    row.questions for row in rows if row.task_number == it.number and row.max_score == it.max_score
                ),
            )
            for it in openings
        ]

    async def named(self, questions: Sequence[QuestionId]) -> Sequence[Found]:
        wanted = select(items).where(items.c.question_id.in_(questions), items.c.published.is_(True))
        async with self.database.read() as connection:
            rows = (await connection.execute(wanted)).all()
        return [
            Found(
                number=row.task_number or 0,
                question_id=QuestionId(row.question_id),
                version=row.version,
                kind=Kind(row.kind),
                topic=row.topic,
                rating=row.rating,
                seen=False,
            )
            for row in rows
        ]

    async def _look(
        self, learner: UserId | None, exam: str, subject: str, openings: Sequence[Opening], *, seen_too: bool
    ) -> list[Found]:
        values: dict[str, object] = {"learner": learner or NOBODY, "exam": exam, "subject": subject}
        for place, opening in enumerate(openings):
            values |= {f"task{place}": opening.number, f"most{place}": opening.max_score}
            values |= {f"target{place}": suits(opening.target, 0, TARGET)}
            values |= {f"topic{place}_{at}": topic_tag(topic) for at, topic in enumerate(opening.topics)}
        shape = tuple((it.by_people, len(it.topics)) for it in openings)
        async with self.database.read() as connection:
            rows = await _search(shape, seen_too=seen_too).rows(connection, values)
        return [
            Found(
                number=row.task_number,
                question_id=QuestionId(row.question_id),
                version=row.version,
                kind=Kind(row.kind),
                topic=row.topic,
                rating=row.rating,
                seen=seen_too,
            )
            for row in rows
        ]


@cache
def _search(shape: tuple[tuple[bool, int], ...], *, seen_too: bool) -> Prepared:
    """For each slot a few questions on either side of the rating wanted."""
    parts = []
    for place, (by_people, topics) in enumerate(shape):
        target = bindparam(f"target{place}", type_=Float)
        there = select(
            items.c.task_number, items.c.question_id, items.c.version, items.c.kind, items.c.topic, items.c.rating
        ).where(*_fits(place, by_people=by_people, topics=topics))
        if not seen_too:
            there = there.where(~_is_seen())
        above, below = items.c.place >= target, items.c.place < target
        parts.append(there.where(above).order_by(items.c.place, items.c.question_id).limit(SIDE))
        parts.append(there.where(below).order_by(items.c.place.desc(), items.c.question_id.desc()).limit(SIDE))
    near = union_all(*(select(part.subquery(f"part{number}")) for number, part in enumerate(parts)))
    return Prepared(select(near.subquery("near")))


def _fits(place: int, *, by_people: bool, topics: int) -> list[ColumnElement[bool]]:
    """Of the slot's number and points, graded by people or not, and of one of its topics if it names some."""
    essay = items.c.kind == Kind.ESSAY.value
    found = [
        is_askable,
        items.c.exam == bindparam("exam"),
        items.c.subject == bindparam("subject"),
        items.c.task_number == bindparam(f"task{place}"),
        items.c.max_score == bindparam(f"most{place}", type_=Float),
        essay if by_people else ~essay,
    ]
    if topics:
        named = tags.c.tag.in_([bindparam(f"topic{place}_{at}") for at in range(topics)])
        found.append(exists().where(and_(named, tags.c.question_id == items.c.question_id)))
    return found


def _is_seen() -> ColumnElement[bool]:
    """A subquery for each row: the walk ends after a few, and a join would read all that was ever seen."""
    known = select(true()).where(seen.c.learner_id == bindparam("learner"), seen.c.question_id == items.c.question_id)
    return func.coalesce(known.scalar_subquery(), false())
