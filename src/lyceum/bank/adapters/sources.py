"""Files of questions being read: fetched, decoded by their format, checked, and turned into questions.

That happens in a thread, a chunk at a time: the loop serves others meanwhile, and memory does not grow with the file.
"""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import aclosing, asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from lyceum.bank.adapters.formats.formats import Defaults, open_reader
from lyceum.bank.adapters.intake import Intake
from lyceum.bank.adapters.queries import SubjectTitles
from lyceum.bank.domain.drafts import Draft, Rejected
from lyceum.bank.domain.questions import Attachment
from lyceum.bank.domain.transfers import Note, NoteLevel, Transfer
from lyceum.bank.transfer_ports import Chunk, Incoming
from lyceum.kernel.errors import Invalid
from lyceum.platform.files import Files, new_key, room_on_disk
from lyceum.platform.media import LOOK, sniff
from lyceum.platform.uploads import Uploads


class FileUnreadable(Invalid):
    code = "bank.file_unreadable"
    text = "The file '{name}' cannot be read: {why}. Check that it is there, whole, and may be read."


LOCAL = "local:"
"""A file of this machine, named on the command line, stands under this prefix instead of a key of the store."""

SPOOL = 8 << 20


@dataclass(slots=True)
class OpenSource:
    """`transfer_ports.Source` over a reader of one of the formats."""

    guess: str
    file: BinaryIO
    items: Iterator[Draft | Rejected]
    intake: Intake
    total: int

    async def next_chunk(self, size: int) -> Chunk | None:
        return await asyncio.to_thread(self._take, size)

    def _take(self, size: int) -> Chunk | None:
        questions: list[Incoming] = []
        notes: list[Note] = []
        for item in islice(self.items, size):
            if isinstance(item, Rejected):
                notes.append(_rejection(item))
                continue
            taken = self.intake.take(item)
            if isinstance(taken, Rejected):
                notes.append(_rejection(taken))
            else:
                questions.append(taken.incoming)
                notes.extend(taken.notes)
        if not questions and not notes:
            return None
        return Chunk(questions, notes, min(self.file.tell(), self.total))


def _rejection(item: Rejected) -> Note:
    return Note(
        level=NoteLevel.REJECTED,
        place=item.place,
        title=item.title,
        code=item.code,
        reason=item.reason,
        fix=item.fix,
        facts=item.facts,
    )


@dataclass(frozen=True, slots=True)
class FileSources:
    """`transfer_ports.Sources` over the file store, or over this machine's own files for the command line."""

    files: Files
    uploads: Uploads
    titles: SubjectTitles

    @asynccontextmanager
    async def open(self, transfer: Transfer) -> AsyncIterator[OpenSource]:
        with readable(transfer.file_name), await self._fetch(transfer) as file:
            options = transfer.options
            defaults = Defaults(
                subject=options.subject,
                exam=options.exam,
                topic=options.topic,
                language=options.language,
                licence=options.licence,
                source=options.source,
            )
            guess, items = await asyncio.to_thread(open_reader, file, transfer.file_name, transfer.format, defaults)
            intake = Intake(transfer, await self.titles.subject_ids())
            yield OpenSource(f"{guess.format}, {guess.encoding}", file, items, intake, transfer.total_bytes)

    async def _fetch(self, transfer: Transfer) -> BinaryIO:
        """A seekable file of its own: an archive cannot be read as a stream."""
        if transfer.file_key.startswith(LOCAL):
            return await asyncio.to_thread(_local, Path(transfer.file_key.removeprefix(LOCAL)))
        spooled = tempfile.SpooledTemporaryFile(max_size=SPOOL)  # noqa: SIM115 - the caller closes it
        try:
            with room_on_disk():
                async with aclosing(self.files.get(transfer.file_key)) as parts:
                    async for part in parts:
                        await asyncio.to_thread(spooled.write, part)
                spooled.seek(0)
        except BaseException:
            spooled.close()
            raise
        return spooled  # type: ignore[return-value]

    async def keep_media(self, questions: Sequence[Incoming]) -> Sequence[Incoming]:
        return [await self._keep(incoming) if incoming.media else incoming for incoming in questions]

    async def _keep(self, incoming: Incoming) -> Incoming:
        stored = [(new_key("bank"), media) for media in incoming.media]
        await self.uploads.expect([key for key, _ in stored])
        for key, media in stored:
            await self.files.put(key, _whole(media.data), len(media.data))
        incoming.question.attachments = tuple(
            Attachment(
                name=media.name,
                role=media.role,
                key=key,
                mime=sniff(media.data[:LOOK], BytesIO(media.data)),
                size=len(media.data),
                alt=media.alt,
            )
            for key, media in stored
        )
        return replace(incoming, media=())


def _local(path: Path) -> BinaryIO:
    """A pipe or a device could be read for ever, and not twice."""
    if not path.is_file():
        raise FileUnreadable(name=path.name, why="it is no file")
    return path.open("rb")


@contextmanager
def readable(name: str) -> Iterator[None]:
    """FileUnreadable when the machine does not give the file up."""
    try:
        yield
    except OSError as error:
        raise FileUnreadable(name=name, why=error.strerror or str(error)) from error


async def _whole(data: bytes) -> AsyncIterator[bytes]:
    yield data
