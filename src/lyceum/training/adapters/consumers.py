"""Training's copy of the pool, kept by the bank's events."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import batched
from uuid import UUID

from sqlalchemy import Insert, Row, case, delete, insert, select, text
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from lyceum.accounts.api import GuestsForgotten
from lyceum.bank.api import Kind, PoolItem, QuestionsChanged
from lyceum.platform.database import SqlTransaction
from lyceum.training.adapters.pruning import ForgetGuests
from lyceum.training.adapters.tables import items, tags, topic_tag
from lyceum.training.domain.ability import STEPS
from lyceum.training.domain.elo import seeded, suits
from lyceum.training.domain.reasons import TARGET

PART = 400
TAGGED = tuple(
    items.c[name]
    for name in ("question_id", "version", "askable", "difficulty", "place", "exam", "subject", "task_number")
)
MANY = 1000


@dataclass(frozen=True, slots=True)
class FollowQuestions:
    """Takes over what the bank says of its questions. Harmless when told twice; older versions are ignored."""

    transaction: SqlTransaction

    async def __call__(self, events: Sequence[QuestionsChanged]) -> None:
        newest: dict[UUID, PoolItem] = {}
        for event in events:
            for item in event.items:
                if item.id not in newest or newest[item.id].version <= item.version:
                    newest[item.id] = item
        connection = self.transaction.connection
        statement = _upsert(connection.dialect.name)
        for part in batched([newest[id] for id in sorted(newest)], PART):
            await connection.execute(statement, [_row(item) for item in part])
            await self._tag(part)
        if len(newest) >= MANY and connection.dialect.name == "postgresql":
            await connection.execute(text("ANALYZE training_items, training_item_tags"))

    async def _tag(self, part: Sequence[PoolItem]) -> None:
        """Put questions under their topics, and leave them in their packs; what cannot be asked has no tag."""
        connection = self.transaction.connection
        ids = [item.id for item in part]
        kept = (await connection.execute(select(*TAGGED).where(items.c.question_id.in_(ids)))).all()
        versions = {item.id: item.version for item in part}
        rows = {row.question_id: row for row in kept if row.version == versions[row.question_id]}
        packs = select(tags.c.tag, tags.c.question_id).where(tags.c.question_id.in_(rows), tags.c.tag.like("pack:%"))
        wanted = [(row.tag, row.question_id) for row in await connection.execute(packs)]
        wanted += [(topic_tag(topic), item.id) for item in part for topic in dict.fromkeys(item.topics)]
        await connection.execute(delete(tags).where(tags.c.question_id.in_(rows)))
        new = [tag_row(tag, rows[id]) for tag, id in wanted if id in rows and rows[id].askable]
        if new:
            await connection.execute(insert(tags), new)


def tag_row(tag: str, row: Row) -> dict[str, object]:  # type: ignore[type-arg]
    """A tag of the question in a row of `training_items`."""
    return {
        "tag": tag,
        "question_id": row.question_id,
        "difficulty": row.difficulty,
        "place": row.place,
        "exam": row.exam,
        "subject": row.subject,
        "task_number": row.task_number,
    }


def _upsert(dialect: str) -> Insert:
    statement = sqlite_insert(items) if dialect == "sqlite" else postgres_insert(items)
    new = statement.excluded
    taken = (
        "version",
        "published",
        "askable",
        "exam",
        "subject",
        "task_number",
        "topic",
        "difficulty",
        "kind",
        "max_score",
        "options",
        "author_id",
    )
    untried = items.c.answered == 0
    labelled = {name: case((untried, new.rating), else_=items.c[name]) for name in ("rating", "place")}
    return statement.on_conflict_do_update(
        index_elements=["question_id"],
        set_={name: new[name] for name in taken} | labelled,
        where=items.c.version <= new.version,
    )


def _row(item: PoolItem) -> dict[str, object]:
    rating = seeded(item.id, item.difficulty)
    return {
        "question_id": item.id,
        "version": item.version,
        "published": item.published,
        "askable": item.published and item.kind is not Kind.DESCRIPTION,
        "exam": item.exam,
        "subject": item.subject,
        "task_number": item.exam_task_number,
        "topic": item.topics[0] if item.topics else "",
        "difficulty": STEPS[item.difficulty],
        "kind": item.kind.value,
        "max_score": item.max_score,
        "options": item.options,
        "rating": rating.value,
        "rating_variance": rating.error**2,
        "place": suits(rating.value, item.options, TARGET),
        "answered": 0,
        "correct": 0,
        "score_sum": 0.0,
        "author_id": item.author_id,
    }


SUBSCRIBERS: Mapping[type, type] = {QuestionsChanged: FollowQuestions, GuestsForgotten: ForgetGuests}
