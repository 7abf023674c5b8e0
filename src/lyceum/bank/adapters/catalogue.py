"""Packs and exam profiles in the database."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import batched
from uuid import UUID

import msgspec
from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from lyceum.bank.adapters import codec
from lyceum.bank.adapters.tables import exam_profiles, is_published, packs, questions
from lyceum.bank.domain.catalogue import Access, ExamProfile, Pack, PackNotFound, Selection
from lyceum.kernel.ids import QuestionId, UserId
from lyceum.platform.database import SqlTransaction
from lyceum.platform.http_errors import PreconditionFailed

_selection = msgspec.json.Decoder(Selection)


@dataclass(frozen=True, slots=True)
class SqlPacks:
    """`ports.Packs` over the open transaction."""

    transaction: SqlTransaction

    async def get_for_update(self, id: UUID) -> Pack:
        statement = select(packs).where(packs.c.id == id).with_for_update()
        row = (await self.transaction.connection.execute(statement)).first()
        if row is None:
            raise PackNotFound()
        return Pack(
            id=row.id,
            author_id=UserId(row.author_id),
            title=row.title,
            description=row.description,
            access=Access(row.access),
            selection=_selection.decode(row.selection),
            version=row.version,
            created_at=row.created_at,
            updated_at=row.updated_at,
        )

    async def add(self, pack: Pack) -> None:
        row = {"id": pack.id, "author_id": pack.author_id, "created_at": pack.created_at, **_changing(pack)}
        await self.transaction.connection.execute(insert(packs), row)

    async def save(self, pack: Pack, *, expected: int) -> None:
        same = (packs.c.id == pack.id) & (packs.c.version == expected)
        result = await self.transaction.connection.execute(update(packs).where(same).values(_changing(pack)))
        if result.rowcount != 1:
            raise PreconditionFailed(version=expected + 1)

    async def published(self, ids: Sequence[QuestionId]) -> set[QuestionId]:
        found: set[QuestionId] = set()
        for part in batched(ids, 400):
            statement = select(questions.c.id).where(questions.c.id.in_(part), is_published)
            found.update(QuestionId(id) for id in await self.transaction.connection.scalars(statement))
        return found


def _changing(pack: Pack) -> dict[str, object]:
    return {
        "version": pack.version,
        "title": pack.title,
        "description": pack.description,
        "access": pack.access.value,
        "selection": codec.encode_json(pack.selection),
        "updated_at": pack.updated_at,
    }


@dataclass(frozen=True, slots=True)
class SqlExamProfiles:
    """`ports.ExamProfiles` over the open transaction."""

    transaction: SqlTransaction

    async def find(self, exam: str, subject: str, year: int) -> ExamProfile | None:
        statement = (
            select(exam_profiles.c.document)
            .where(exam_profiles.c.exam == exam, exam_profiles.c.subject == subject, exam_profiles.c.year == year)
            .order_by(exam_profiles.c.version.desc())
            .limit(1)
        )
        document = await self.transaction.connection.scalar(statement)
        return None if document is None else codec.decode_profile(document)

    async def add(self, profile: ExamProfile) -> None:
        try:
            await self.transaction.connection.execute(insert(exam_profiles), profile_row(profile, datetime.now(UTC)))
        except IntegrityError as error:
            raise PreconditionFailed(version=profile.version) from error


def profile_row(profile: ExamProfile, at: datetime) -> dict[str, object]:
    return {
        "exam": profile.exam,
        "subject": profile.subject,
        "year": profile.year,
        "version": profile.version,
        "verified": profile.verified,
        "document": codec.encode_json(profile),
        "updated_at": at,
    }
