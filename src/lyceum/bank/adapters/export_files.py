"""Exports: questions read in pages, written by their format in a thread, kept in the file store."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from sqlalchemy import ColumnElement, select

from lyceum.bank.adapters.formats.formats import WRITERS
from lyceum.bank.adapters.rows import LEVELS, question_of
from lyceum.bank.adapters.tables import question_topics, questions
from lyceum.bank.domain.drafts import Difficulty, Draft, DraftMedia, Loss
from lyceum.bank.domain.questions import Question, Status
from lyceum.bank.domain.transfers import Counts, Note, NoteLevel, Transfer, export_note
from lyceum.bank.transfer_ports import Written
from lyceum.kernel.ids import UserId
from lyceum.platform.database import Database
from lyceum.platform.files import Files, new_key, room_on_disk

PAGE = 200
MAX_EXPORT = 4 << 30
READ = 1 << 20
SPOOL = 8 << 20


@dataclass(frozen=True, slots=True)
class StoredExports:
    """`transfer_ports.ExportFiles` over the database and the file store."""

    database: Database
    files: Files

    async def write(self, transfer: Transfer) -> Written:
        loop = asyncio.get_running_loop()
        pages = self._pages(transfer.owner_id, transfer.options.filters)
        notes: list[Note] = []
        count = 0

        async def next_page() -> Sequence[Draft] | None:
            return await anext(pages, None)

        def drafts() -> Iterator[Draft]:
            nonlocal count
            while (page := asyncio.run_coroutine_threadsafe(next_page(), loop).result()) is not None:
                for draft in page:
                    count += 1
                    yield draft

        def on_loss(draft: Draft, loss: Loss) -> None:
            notes.append(export_note(draft, loss))

        def write(file: BinaryIO) -> None:
            with room_on_disk():
                for part in WRITERS[transfer.format](drafts(), on_loss):
                    file.write(part)
                file.seek(0)

        with tempfile.SpooledTemporaryFile(max_size=SPOOL) as file:
            await asyncio.to_thread(write, file)  # type: ignore[arg-type]
            key = new_key("exports")
            stored = await self.files.put(key, _parts(file), MAX_EXPORT)  # type: ignore[arg-type]
        left_out = sum(note.level is NoteLevel.REJECTED for note in notes)
        return Written(key, stored.size, Counts(imported=count - left_out, rejected=left_out), notes)

    async def _pages(self, owner: UserId, filters: Mapping[str, str]) -> AsyncIterator[Sequence[Draft]]:
        after: ColumnElement[bool] | None = None
        while True:
            statement = select(questions).where(*_conditions(owner, filters)).order_by(questions.c.id).limit(PAGE)
            if after is not None:
                statement = statement.where(after)
            async with self.database.read() as connection:
                rows = (await connection.execute(statement)).mappings().all()
            if not rows:
                return
            yield [await self._draft(question_of(row)) for row in rows]
            after = questions.c.id > rows[-1]["id"]

    async def _draft(self, question: Question) -> Draft:
        passport = question.passport
        media = [
            DraftMedia(
                name=attachment.name,
                role=attachment.role,
                data=b"".join([part async for part in self.files.get(attachment.key)]),
                alt=attachment.alt,
            )
            for attachment in question.attachments
        ]
        return Draft(
            content=question.content,
            place=question.find_code,
            title=passport.title,
            external_id=passport.external_id or question.find_code,
            exam=passport.exam,
            subject=passport.subject,
            exam_task_number=passport.exam_task_number,
            topics=passport.topics,
            difficulty=passport.difficulty,
            source=passport.source,
            licence=passport.licence,
            media=tuple(media),
        )

    async def drop(self, key: str) -> None:
        await self.files.delete([key])


def _conditions(owner: UserId, filters: Mapping[str, str]) -> list[ColumnElement[bool]]:
    statuses = [filters["status"]] if "status" in filters else [Status.PUBLISHED.value, Status.DRAFT.value]
    conditions: list[ColumnElement[bool]] = [questions.c.status.in_(statuses)]
    if filters.get("of") != "all":
        conditions.append(questions.c.author_id == owner)
    conditions += [questions.c[name] == filters[name] for name in ("exam", "subject", "kind") if name in filters]
    if "difficulty" in filters:
        conditions.append(questions.c.difficulty == LEVELS.get(Difficulty(filters["difficulty"]), 0))
    if "topic" in filters:
        tagged = select(question_topics.c.question_id).where(question_topics.c.topic == filters["topic"])
        conditions.append(questions.c.id.in_(tagged))
    return conditions


async def _parts(file: BinaryIO) -> AsyncIterator[bytes]:
    while part := await asyncio.to_thread(file.read, READ):
        yield part
