"""Versions of questions, read once and kept: a version never changes, so it may be remembered for ever.

Only the number of the current version can go out of date, so whoever needs it asks the database.
"""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import RowMapping, bindparam, select

from lyceum.bank.adapters import codec
from lyceum.bank.adapters.batched import Batched
from lyceum.bank.adapters.rows import DIFFICULTIES
from lyceum.bank.adapters.tables import question_versions, questions
from lyceum.bank.domain.content import Content
from lyceum.bank.domain.drafts import Difficulty
from lyceum.bank.domain.questions import Attachment, QuestionNotFound, Status
from lyceum.kernel.ids import QuestionId
from lyceum.platform.database import Database

REMEMBERED = 2000
_current = select(questions).where(
    questions.c.id.in_(bindparam("ids", expanding=True)), questions.c.status != Status.STAGED.value
)
_archived = (
    select(question_versions)
    .where(question_versions.c.question_id == bindparam("id"), question_versions.c.version >= bindparam("version"))
    .order_by(question_versions.c.version)
    .limit(1)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One version of a question with what belongs to it."""

    id: QuestionId
    version: int
    find_code: str
    title: str
    exam: str | None
    subject: str
    exam_task_number: int | None
    topics: tuple[str, ...]
    difficulty: Difficulty
    content: Content
    attachments: tuple[Attachment, ...]


class Remembered[K, V](OrderedDict[K, V]):
    """The `most` values used last."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most = most

    def recall(self, key: K) -> V | None:
        value = self.get(key)
        if value is not None:
            self.move_to_end(key)
        return value

    def keep(self, key: K, value: V) -> V:
        self[key] = value
        if len(self) > self.most:
            self.popitem(last=False)
        return value


@dataclass(frozen=True, slots=True)
class CurrentRows:
    """Rows of `bank_questions` by id, staged ones apart; one statement for all that are asked for at one moment."""

    database: Database
    _reads: Batched[UUID, RowMapping] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_reads", Batched(self._fetch))

    async def find(self, id: UUID) -> RowMapping | None:
        return await self._reads.get(id)

    async def _fetch(self, ids: Sequence[UUID]) -> Mapping[UUID, RowMapping]:
        async with self.database.read() as connection:
            rows = (await connection.execute(_current, {"ids": ids})).mappings().all()
        return {row["id"]: row for row in rows}


@dataclass(frozen=True, slots=True)
class Versions:
    """Any version of any question. Reads outside of transactions: call it before you open one."""

    database: Database
    current: CurrentRows
    _kept: Remembered[tuple[UUID, int], Version] = field(default_factory=lambda: Remembered(REMEMBERED), init=False)

    async def get(self, id: QuestionId, version: int) -> Version:
        """Raise QuestionNotFound when there is no such version."""
        kept = self._kept.recall((id, version))
        if kept is not None:
            return kept
        row = await self.current.find(id)
        if row is None or not 1 <= version <= row["version"]:
            raise QuestionNotFound()
        if version == row["version"]:
            return self.of_row(row)
        async with self.database.read() as connection:
            old = (await connection.execute(_archived, {"id": id, "version": version})).mappings().first()
        return self._kept.keep((id, version), _version(row["id"], version, row["find_code"], old or row))

    def of_row(self, row: RowMapping) -> Version:
        """The current version in a row of `CurrentRows`."""
        key = (row["id"], row["version"])
        kept = self._kept.recall(key)
        return kept or self._kept.keep(key, _version(row["id"], row["version"], row["find_code"], row))


def _version(id: UUID, version: int, find_code: str, row: RowMapping) -> Version:
    return Version(
        id=QuestionId(id),
        version=version,
        find_code=find_code,
        title=row["title"],
        exam=row["exam"],
        subject=row["subject"],
        exam_task_number=row["exam_task_number"],
        topics=row["topics"],
        difficulty=DIFFICULTIES[row["difficulty"]],
        content=codec.decode_content(row["content"]),
        attachments=codec.decode_attachments(row["attachments"]),
    )
