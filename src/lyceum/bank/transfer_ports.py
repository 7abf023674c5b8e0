"""What imports and exports need from outside: files of questions, the staging area, their own state."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from lyceum.bank.api import QuestionsChanged
from lyceum.bank.domain.drafts import DraftMedia
from lyceum.bank.domain.questions import Question
from lyceum.bank.domain.transfers import Counts, Note, Transfer, TransferId
from lyceum.kernel.ids import QuestionId, UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A question of an import, read, cleaned and checked. `replaces` names the question that it is a new version of."""

    question: Question
    place: str
    media: tuple[DraftMedia, ...] = ()
    replaces: QuestionId | None = None


@dataclass(frozen=True, slots=True)
class Chunk:
    """The next questions of a file, and what the reader says about them and about those that it rejected."""

    questions: Sequence[Incoming]
    notes: Sequence[Note]
    done_bytes: int


class Source(Protocol):
    """A file of questions being read."""

    @property
    def guess(self) -> str:
        """The format and encoding found, for people."""

    async def next_chunk(self, size: int) -> Chunk | None:
        """Up to `size` more questions, None at the end; raise Invalid when the file as a whole cannot be used."""


class Sources(Protocol):
    """The files that imports read, and the media they bring."""

    def open(self, transfer: Transfer) -> AbstractAsyncContextManager[Source]: ...

    async def keep_media(self, questions: Sequence[Incoming]) -> Sequence[Incoming]:
        """Store the media; the questions come back with attachments. Raise Invalid for media that are refused."""


@dataclass(frozen=True, slots=True)
class KnownQuestion:
    id: QuestionId
    find_code: str


@dataclass(frozen=True, slots=True)
class Known:
    """What of a chunk its owner has in the bank: find codes by content hash, questions by external id."""

    by_hash: Mapping[str, str]
    by_external_id: Mapping[str, KnownQuestion]


class Staging(Protocol):
    """Questions of an import on their way in: nobody sees them until they are revealed."""

    async def known(self, owner: UserId, questions: Sequence[Incoming]) -> Known: ...

    async def stage(self, questions: Sequence[Incoming]) -> None:
        """Write them down, and keep the files that `Sources.keep_media` stored for them."""

    async def reveal(self, id: TransferId, at: datetime, *, publish: bool) -> Sequence[QuestionsChanged]:
        """Publish (or make drafts of) what is staged, and apply the new versions; the events to send."""

    async def discard(self, id: TransferId) -> int:
        """Delete some of what is staged, with its files; how many questions that were, 0 when none is left."""

    async def retire(self, id: TransferId, at: datetime) -> Sequence[QuestionsChanged]:
        """Retire the questions that the finished import added; the events to send."""


class Transfers(Protocol):
    """Imports and exports with their reports."""

    async def add(self, transfer: Transfer) -> None: ...

    async def get_for_update(self, id: TransferId) -> Transfer:
        """Raise TransferNotFound."""

    async def confirmed(self, id: TransferId) -> Transfer | None:
        """The import that a dry run has led to."""

    async def save(self, transfer: Transfer) -> None: ...

    async def begin(self, id: TransferId, now: datetime) -> Transfer | None:
        """Start a run, with an empty report; None when there is nothing to be run any more, or no such transfer."""

    async def save_running(self, transfer: Transfer) -> bool:
        """Save unless it was cancelled or taken over since; whether it was saved."""

    async def add_notes(self, id: TransferId, added: Sequence[Note]) -> None: ...


@dataclass(frozen=True, slots=True)
class Written:
    """An export's file in the store. `counts.imported` is the number of questions in it."""

    key: str
    size: int
    counts: Counts
    notes: Sequence[Note]


class ExportFiles(Protocol):
    async def write(self, transfer: Transfer) -> Written:
        """Write the questions that the transfer asks for to a file in the store, with bounded memory."""

    async def drop(self, key: str) -> None: ...
