"""Questions in the database: one at a time for people, by the thousand for imports."""

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import batched
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, delete, func, literal, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from lyceum.bank.adapters import counts
from lyceum.bank.adapters.bulk import insert_rows
from lyceum.bank.adapters.codec import decode_attachments
from lyceum.bank.adapters.rows import (
    changing_part,
    pool_item_of,
    question_of,
    row_of,
    search_terms,
    topic_rows,
)
from lyceum.bank.adapters.tables import question_topics, question_versions, questions, search
from lyceum.bank.api import PoolItem
from lyceum.bank.domain.find_codes import new_find_code
from lyceum.bank.domain.questions import INITIAL_RATING, Attachment, Question, QuestionNotFound, Status
from lyceum.bank.use_cases.pool import pool_item
from lyceum.kernel.ids import QuestionId, UserId
from lyceum.platform.database import SqlTransaction
from lyceum.platform.http_errors import PreconditionFailed

LOOKUPS = 400
POOL_COLUMNS = (
    questions.c.id,
    questions.c.version,
    questions.c.status,
    questions.c.exam,
    questions.c.subject,
    questions.c.exam_task_number,
    questions.c.topics,
    questions.c.difficulty,
    questions.c.kind,
    questions.c.max_score,
    questions.c.options,
    questions.c.author_id,
)
_ARCHIVED = tuple(
    questions.c[column.name] for column in question_versions.c if column.name not in {"question_id", "archived_at"}
)


@dataclass(frozen=True, slots=True)
class Known:
    """A question that the bank has already."""

    id: QuestionId
    find_code: str
    version: int
    content_hash: str


@dataclass(frozen=True, slots=True)
class SqlQuestions:
    """`ports.Questions`, and the bulk paths of imports; everything runs in the open transaction."""

    transaction: SqlTransaction

    @property
    def _connection(self) -> AsyncConnection:
        return self.transaction.connection

    async def get_for_update(self, id: QuestionId) -> Question:
        """Raise QuestionNotFound. On PostgreSQL the row stays locked until the transaction ends."""
        statement = select(questions).where(questions.c.id == id).with_for_update()
        row = (await self._connection.execute(statement)).mappings().first()
        if row is None:
            raise QuestionNotFound()
        return question_of(row)

    async def add(self, question: Question) -> None:
        await self.add_many([question])

    async def add_many(self, new: Sequence[Question]) -> None:
        """Insert questions with their search and topic rows; 500 to 2,000 a call is best.

        Three statements for all of them, about 0.1 ms a question on a slow core. A find code that is taken is replaced
        (in the object too). Questions with the status `staged` count for nothing and are seen by nobody until
        `reveal`. Emits no events: tell of published questions with `pool.changes(map(pool.pool_item, new))`.
        """
        await self._insert(new)
        terms: list[dict[str, object]] = [
            {"question_id": question.id, "terms": " ".join(search_terms(question))} for question in new
        ]
        await insert_rows(self._connection, search, terms)
        await insert_rows(self._connection, question_topics, topic_rows(new))
        deltas = counts.Deltas()
        deltas.put(pool_item(question) for question in new if question.status is not Status.STAGED)
        await counts.apply(self._connection, deltas)

    async def _insert(self, new: Sequence[Question]) -> None:
        left = new
        while left:
            rows = [row_of(question) for question in left]
            inserted = await insert_rows(self._connection, questions, rows, skip_taken="find_code")
            if inserted == len(left):
                return
            ids = [question.id for question in left]
            found = await self._connection.scalars(select(questions.c.id).where(questions.c.id.in_(ids)))
            present = set(found)
            left = [question for question in left if question.id not in present]
            for question in left:
                question.find_code = new_find_code(secrets.randbelow)

    async def save_edit(self, question: Question, *, expected: int) -> None:
        """Write an edited question over version `expected`, which is archived if learners may have seen it.

        Raise PreconditionFailed, with nothing written, when the row is at another version.
        """
        same = _at(question.id, expected)
        archived = (
            select(questions.c.id, *_ARCHIVED, literal(question.updated_at, question_versions.c.archived_at.type))
            .where(same)
            .where(questions.c.status != Status.DRAFT.value)
        )
        names = ["question_id", *(column.name for column in _ARCHIVED), "archived_at"]
        await self._connection.execute(question_versions.insert().from_select(names, archived))
        unrated = case(
            (questions.c.answered == 0, INITIAL_RATING[question.passport.difficulty]), else_=questions.c.rating
        )
        await self._update(question, expected, {**changing_part(question), "rating": unrated})
        terms: ColumnElement[object] = literal(" ".join(search_terms(question)))
        if self._connection.dialect.name != "sqlite":
            terms = func.array_to_tsvector(func.string_to_array(terms, " "))
        await self._connection.execute(update(search).where(search.c.question_id == question.id).values(terms=terms))

    async def save_status(self, question: Question, *, expected: int) -> None:
        """Write a new status and version over version `expected`; raise PreconditionFailed as `save_edit` does."""
        change = {"status": question.status.value, "version": question.version, "updated_at": question.updated_at}
        await self._update(question, expected, change)

    async def _update(self, question: Question, expected: int, change: Mapping[str, object]) -> None:
        same = _at(question.id, expected)
        before = (await self._connection.execute(select(*POOL_COLUMNS).where(same))).mappings().first()
        result = await self._connection.execute(update(questions).where(same).values(change))
        if before is None or result.rowcount != 1:
            current = select(questions.c.version).where(questions.c.id == question.id)
            raise PreconditionFailed(version=await self._connection.scalar(current) or 0)
        old, new = pool_item_of(before), pool_item(question)
        deltas = counts.Deltas()
        deltas.take([old])
        deltas.put([new])
        await counts.apply(self._connection, deltas)
        if (old.subject, old.topics) != (new.subject, new.topics):
            await self._forget_topics([(topic, old.id) for topic in old.topics])
            await insert_rows(self._connection, question_topics, topic_rows([question]))

    async def _forget_topics(self, keys: Sequence[tuple[str, UUID]]) -> None:
        pair = tuple_(question_topics.c.topic, question_topics.c.question_id)
        for some in batched(keys, LOOKUPS):
            await self._connection.execute(delete(question_topics).where(pair.in_(some)))

    async def known_hashes(self, author_id: UserId, hashes: Sequence[str]) -> dict[str, Known]:
        """Which of these contents the bank has: published by anybody, or the author's own in any state but retired."""
        mine = or_(questions.c.status == Status.PUBLISHED.value, questions.c.author_id == author_id)
        found = await self._known([and_(questions.c.content_hash.in_(part), mine) for part in batched(hashes, LOOKUPS)])
        return {known.content_hash: known for _, known in found}

    async def known_external_ids(self, author_id: UserId, external_ids: Sequence[str]) -> dict[str, Known]:
        """The author's questions with these ids of theirs (Moodle's `idnumber`), retired ones apart."""
        wanted = [external_id for external_id in external_ids if external_id]
        own = and_(questions.c.author_id == author_id, questions.c.external_id != "")
        found = await self._known([and_(own, questions.c.external_id.in_(part)) for part in batched(wanted, LOOKUPS)])
        return dict(found)

    async def _known(self, conditions: Sequence[ColumnElement[bool]]) -> list[tuple[str, Known]]:
        columns = (
            questions.c.external_id,
            questions.c.id,
            questions.c.find_code,
            questions.c.version,
            questions.c.content_hash,
        )
        found: list[tuple[str, Known]] = []
        for condition in conditions:
            statement = select(*columns).where(condition, questions.c.status != Status.RETIRED.value)
            for row in await self._connection.execute(statement):
                known = Known(QuestionId(row.id), row.find_code, row.version, row.content_hash)
                found.append((row.external_id, known))
        return found

    async def reveal(self, import_id: UUID, status: Status, at: datetime) -> list[PoolItem]:
        """Give all staged questions of an import their real status at once; what they are now.

        One transaction in many statements: SQLite runs them in the event loop, which must get its turn in between.
        """
        return await self._set_all(import_id, {Status.STAGED}, {"status": status.value, "updated_at": at})

    async def retire_import(self, import_id: UUID, at: datetime) -> list[PoolItem]:
        """Retire every question that an import brought, to take it back."""
        change = {"status": Status.RETIRED.value, "version": questions.c.version + 1, "updated_at": at}
        return await self._set_all(import_id, {Status.DRAFT, Status.PUBLISHED}, change)

    async def _set_all(self, import_id: UUID, states: set[Status], change: Mapping[str, object]) -> list[PoolItem]:
        """Change the questions of an import that are in one of `states`."""
        mine = select(questions.c.id).where(questions.c.import_id == import_id, questions.c.status.in_(states))
        deltas = counts.Deltas()
        now: list[PoolItem] = []
        for part in batched(await self._connection.scalars(mine), LOOKUPS):
            locked = select(*POOL_COLUMNS).where(questions.c.id.in_(part)).with_for_update()
            before = [row for row in (await self._connection.execute(locked)).mappings() if row["status"] in states]
            deltas.take(pool_item_of(row) for row in before)
            # By id alone: with the import named too, the planner would walk all of it for every part.
            these = questions.c.id.in_([row["id"] for row in before])
            changed = update(questions).where(these).values(change).returning(*POOL_COLUMNS)
            now += [pool_item_of(row) for row in (await self._connection.execute(changed)).mappings()]
            await asyncio.sleep(0)
        deltas.put(now)
        await counts.apply(self._connection, deltas)
        return now

    async def discard(self, import_id: UUID, limit: int = 1000) -> list[tuple[Attachment, ...]]:
        """Delete up to `limit` staged questions of an import without a trace; the files of each, empty at the end."""
        staged = and_(questions.c.import_id == import_id, questions.c.status == Status.STAGED.value)
        part = select(questions.c.id, questions.c.attachments).where(staged).limit(limit)
        chosen_rows = (await self._connection.execute(part)).all()
        ids = [row.id for row in chosen_rows]
        if not ids:
            return []
        await self._erase(ids)
        return [decode_attachments(row.attachments) for row in chosen_rows]

    async def discard_one(self, id: QuestionId) -> None:
        """Delete one staged question without a trace."""
        staged = and_(questions.c.id == id, questions.c.status == Status.STAGED.value)
        if await self._connection.scalar(select(questions.c.id).where(staged)) is not None:
            await self._erase([id])

    async def _erase(self, ids: Sequence[UUID]) -> None:
        for some in batched(ids, LOOKUPS):
            topics = select(questions.c.id, questions.c.topics).where(questions.c.id.in_(some))
            rows = (await self._connection.execute(topics)).all()
            await self._forget_topics([(topic, row.id) for row in rows for topic in row.topics])
            await self._connection.execute(delete(search).where(search.c.question_id.in_(some)))
            await self._connection.execute(delete(questions).where(questions.c.id.in_(some)))


def _at(id: QuestionId, version: int) -> ColumnElement[bool]:
    return and_(questions.c.id == id, questions.c.version == version)
