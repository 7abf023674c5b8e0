"""The stand-alone validation of a file: the report of a dry run, for everyone who has a file."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from lyceum.bank.domain.transfers import Direction, Note, NoteLevel, Transfer, TransferId
from lyceum.bank.transfer_ports import Sources
from lyceum.bank.use_cases.imports import NewImport
from lyceum.kernel.ids import UserId, uuid7
from lyceum.kernel.ports import Clock

CHUNK = 500
NAMED = 1000


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What a file holds. `found` is `importable + repeated + rejected`; `notes` name at most 1,000 places."""

    guess: str
    found: int
    importable: int
    repeated: int
    rejected: int
    kinds: dict[str, int]
    notes: Sequence[Note]
    notes_left_out: int


@dataclass(frozen=True, slots=True)
class Validate:
    """Anybody may have a file read; nothing of it is kept, and nothing of the bank is told."""

    sources: Sources
    clock: Clock

    async def __call__(self, new: NewImport) -> Report:
        transfer = Transfer(
            id=TransferId(uuid7()),
            direction=Direction.IMPORT,
            owner_id=UserId(uuid7()),
            file_name=new.file_name,
            file_key=new.file_key,
            format=new.format,
            dry_run=True,
            options=new.options,
            total_bytes=new.total_bytes,
            created_at=self.clock.now(),
        )
        seen: set[str] = set()
        kinds: Counter[str] = Counter()
        notes: list[Note] = []
        repeated = rejected = left_out = 0
        async with self.sources.open(transfer) as source:
            while (chunk := await source.next_chunk(CHUNK)) is not None:
                for incoming in chunk.questions:
                    hash = incoming.question.content_hash
                    repeated += hash in seen
                    seen.add(hash)
                    kinds[incoming.question.content.kind.value] += 1
                rejected += sum(note.level is NoteLevel.REJECTED for note in chunk.notes)
                room = NAMED - len(notes)
                notes += chunk.notes[:room]
                left_out += len(chunk.notes[room:])
        return Report(
            guess=source.guess,
            found=kinds.total() + rejected,
            importable=kinds.total() - repeated,
            repeated=repeated,
            rejected=rejected,
            kinds=dict(kinds),
            notes=notes,
            notes_left_out=left_out,
        )
