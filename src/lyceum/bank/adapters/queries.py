"""The catalogue for readers: subjects, topics, packs, exam profiles."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import and_, func, select

from lyceum.bank.adapters import codec
from lyceum.bank.adapters.tables import exam_profiles, packs, subject_counts, subjects, topics
from lyceum.bank.api import SubjectView
from lyceum.bank.domain.catalogue import (
    Access,
    ExamProfile,
    ExamProfileNotFound,
    PackNotFound,
    Selection,
    Subject,
    SubjectNotFound,
)
from lyceum.bank.domain.questions import SubjectUnknown
from lyceum.platform.database import Database
from lyceum.platform.paging import Page, decode_cursor, encode_cursor, page

FRESH_SECONDS = 30.0
_selection = msgspec.json.Decoder(Selection)


@dataclass(slots=True)
class SubjectTitles:
    """The subjects, remembered for half a minute: they change once a year."""

    database: Database
    _subjects: Mapping[str, Subject] = field(default_factory=dict, init=False)
    _until: float = field(default=0.0, init=False)

    async def all(self) -> Mapping[str, Subject]:
        """By id, in the order of the catalogue."""
        if time.monotonic() >= self._until:
            async with self.database.read() as connection:
                rows = (await connection.execute(select(subjects).order_by(subjects.c.position, subjects.c.id))).all()
            self._subjects = {
                row.id: Subject(
                    id=row.id,
                    title_ru=row.title_ru,
                    title_en=row.title_en,
                    position=row.position,
                    fields_schema=codec.decode_mapping(row.fields_schema),
                )
                for row in rows
            }
            self._until = time.monotonic() + FRESH_SECONDS
        return self._subjects

    async def get(self, id: str) -> Subject:
        """Raise SubjectUnknown."""
        found = (await self.all()).get(id)
        if found is None:
            self._until = 0.0
            found = (await self.all()).get(id)
        if found is None:
            raise SubjectUnknown(subject=id[:60])
        return found

    async def named(self, words: str) -> str:
        """The id of the subject with that id or title, in any case; raise SubjectUnknown."""
        found = (await self.subject_ids()).get(words.strip().casefold())
        return found or (await self.get(words)).id

    async def title(self, id: str, locale: str) -> str:
        """The id itself for a subject that is gone."""
        subject = (await self.all()).get(id)
        return subject.title(locale) if subject else id

    async def subject_ids(self) -> Mapping[str, str]:
        """Ids and titles in both languages, casefolded, each to its id."""
        found = await self.all()
        titles = {title.casefold(): it.id for it in found.values() for title in (it.title_en, it.title_ru)}
        return {**titles, **{id.casefold(): id for id in found}}


class TopicView(msgspec.Struct, frozen=True):
    title: str
    questions: int


class PackItem(msgspec.Struct, frozen=True, kw_only=True):
    """A pack in the list. `questions` is null for a pack that is chosen by filters."""

    id: UUID
    title: str
    description: str
    access: Access
    subject: str | None
    exam: str | None
    questions: int | None
    created_at: datetime


class PackView(msgspec.Struct, frozen=True, kw_only=True):
    """A pack with what it holds."""

    id: UUID
    version: int
    title: str
    description: str
    access: Access
    selection: Selection
    author_id: UUID
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class CatalogueQueries:
    database: Database
    titles: SubjectTitles

    async def subjects(self, locale: str, exam: str | None = None) -> list[SubjectView]:
        """All subjects with the number of published questions, of one exam if asked."""
        statement = select(subject_counts.c.subject, func.sum(subject_counts.c.questions)).group_by(
            subject_counts.c.subject
        )
        if exam is not None:
            statement = statement.where(subject_counts.c.exam == exam)
        async with self.database.read() as connection:
            counts = {row[0]: int(row[1]) for row in await connection.execute(statement)}
        return [
            SubjectView(id=it.id, title=it.title(locale), questions=counts.get(it.id, 0))
            for it in (await self.titles.all()).values()
        ]

    async def topics(self, subject: str) -> list[TopicView]:
        """Topics of a subject that have published questions, by title; raise SubjectNotFound."""
        if subject not in await self.titles.all():
            raise SubjectNotFound()
        statement = select(topics.c.title, topics.c.questions).where(
            topics.c.subject == subject, topics.c.questions > 0
        )
        async with self.database.read() as connection:
            found = [TopicView(row.title, row.questions) for row in await connection.execute(statement)]
        return sorted(found, key=lambda topic: (topic.title.casefold(), topic.title))

    async def packs(self, limit: int, cursor: str | None) -> Page[PackItem]:
        """Newest first."""
        statement = select(packs).order_by(packs.c.id.desc()).limit(limit + 1)
        if cursor is not None:
            (last,) = decode_cursor(cursor, tuple[UUID])
            statement = statement.where(packs.c.id < last)
        async with self.database.read() as connection:
            rows = (await connection.execute(statement)).all()
        items = []
        for row in rows:
            chosen = _selection.decode(row.selection)
            items.append(
                PackItem(
                    id=row.id,
                    title=row.title,
                    description=row.description,
                    access=Access(row.access),
                    subject=chosen.subject,
                    exam=chosen.exam,
                    questions=len(chosen.question_ids) or None,
                    created_at=row.created_at,
                )
            )
        return page(items, limit, lambda item: encode_cursor(str(item.id)))

    async def pack(self, id: UUID) -> PackView:
        """Raise PackNotFound."""
        async with self.database.read() as connection:
            row = (await connection.execute(select(packs).where(packs.c.id == id))).first()
        if row is None:
            raise PackNotFound()
        return PackView(
            id=row.id,
            version=row.version,
            title=row.title,
            description=row.description,
            access=Access(row.access),
            selection=_selection.decode(row.selection),
            author_id=row.author_id,
            created_at=row.created_at,
            updated_at=row.updated_at,
        )

    async def exams(self, exam: str | None, subject: str | None, year: int | None) -> Sequence[ExamProfile]:
        """The current version of every profile that fits, newest year first."""
        newest = (
            select(
                exam_profiles.c.exam,
                exam_profiles.c.subject,
                exam_profiles.c.year,
                func.max(exam_profiles.c.version).label("version"),
            )
            .group_by(exam_profiles.c.exam, exam_profiles.c.subject, exam_profiles.c.year)
            .subquery()
        )
        same = and_(*(exam_profiles.c[name] == newest.c[name] for name in ("exam", "subject", "year", "version")))
        statement = select(exam_profiles.c.document).select_from(exam_profiles.join(newest, same))
        for column, value in ((exam_profiles.c.exam, exam), (exam_profiles.c.subject, subject)):
            statement = statement if value is None else statement.where(column == value)
        if year is not None:
            statement = statement.where(exam_profiles.c.year == year)
        order = (exam_profiles.c.year.desc(), exam_profiles.c.exam, exam_profiles.c.subject)
        async with self.database.read() as connection:
            documents = await connection.scalars(statement.order_by(*order))
            return [codec.decode_profile(document) for document in documents]

    async def exam(self, exam: str, subject: str, year: int, version: int | None = None) -> ExamProfile:
        """One profile, the current version unless another is asked for; raise ExamProfileNotFound."""
        statement = (
            select(exam_profiles.c.document)
            .where(exam_profiles.c.exam == exam, exam_profiles.c.subject == subject, exam_profiles.c.year == year)
            .order_by(exam_profiles.c.version.desc())
            .limit(1)
        )
        if version is not None:
            statement = statement.where(exam_profiles.c.version == version)
        async with self.database.read() as connection:
            document = await connection.scalar(statement)
        if document is None:
            raise ExamProfileNotFound()
        return codec.decode_profile(document)
