"""Imports and exports: long work on behalf of an author, its state, and the report of what became of each question."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType
from uuid import UUID

from lyceum.bank.domain.drafts import Draft, Loss
from lyceum.kernel.errors import Conflict, NotFound
from lyceum.kernel.ids import UserId

TransferId = NewType("TransferId", UUID)

UNDO = timedelta(days=30)
MAX_STARTS = 5


class TransferNotFound(NotFound):
    code = "bank.transfer_not_found"
    text = "There is no such import or export of yours. Open the list of imports."


class TransferNotReady(Conflict):
    code = "bank.transfer_state"
    text = "This import or export is {state} now, so that cannot be done. Reload the page to see where it stands."


class Direction(StrEnum):
    IMPORT = "import"
    EXPORT = "export"


class TransferState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    UNDONE = "undone"


class Duplicates(StrEnum):
    """What becomes of a question whose `external_id` the owner has in the bank already, with other content."""

    SKIP = "skip"
    UPDATE = "update"


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferOptions:
    """What the author chose: defaults for what the file does not say, and what to do on arrival."""

    subject: str | None = None
    exam: str | None = None
    topic: str | None = None
    language: str = "ru"
    licence: str = ""
    source: str = ""
    publish: bool = True
    duplicates: Duplicates = Duplicates.UPDATE
    keep_good_part: bool = False
    filters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """`found` is the sum of the other four."""

    imported: int = 0
    updated: int = 0
    skipped: int = 0
    rejected: int = 0

    @property
    def found(self) -> int:
        return self.imported + self.updated + self.skipped + self.rejected

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            imported=self.imported + other.imported,
            updated=self.updated + other.updated,
            skipped=self.skipped + other.skipped,
            rejected=self.rejected + other.rejected,
        )


class NoteLevel(StrEnum):
    REJECTED = "rejected"
    LOSS = "loss"
    NOTE = "note"


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """One line of the report: where it happened, what, and what would mend it. `reason` is kept as a sentence with the
    names of its `facts` in braces, and is filled for whoever reads it."""

    level: NoteLevel
    place: str
    title: str
    code: str
    reason: str
    fix: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)


NOT_EXPORTED = "not_exported"
"""The loss of a whole question: the format cannot say it."""


def export_note(draft: Draft, loss: Loss) -> Note:
    """What a question lost on its way out; a question that was left out counts as rejected."""
    note = loss_note(draft, loss)
    if loss.code != NOT_EXPORTED:
        return note
    return replace(note, level=NoteLevel.REJECTED, fix="Export it as Lyceum JSON, which loses nothing.")


def loss_note(draft: Draft, loss: Loss) -> Note:
    """What a question lost on its way, as a line of the report."""
    return Note(
        level=NoteLevel.LOSS,
        place=draft.place,
        title=draft.title,
        code=loss.code,
        reason=loss.text,
        facts=loss.facts,
    )


@dataclass(eq=False, kw_only=True)
class Transfer:
    """One import or export; the task with the same id runs it. `starts` counts the runs: only the latest may save."""

    id: TransferId
    direction: Direction
    owner_id: UserId
    file_name: str
    file_key: str
    format: str
    dry_run: bool
    options: TransferOptions
    created_at: datetime
    state: TransferState = TransferState.QUEUED
    guess: str = ""
    counts: Counts = field(default_factory=Counts)
    done_bytes: int = 0
    total_bytes: int = 0
    starts: int = 0
    started_at: datetime | None = None
    finished_at: datetime | None = None
    error_code: str = ""
    error: str = ""
    error_facts: Mapping[str, str] = field(default_factory=dict)
    dry_run_of: TransferId | None = None

    def begin(self, now: datetime) -> None:
        """A run starts from nothing, whatever became of those before it."""
        self.state, self.starts, self.counts, self.done_bytes = TransferState.RUNNING, self.starts + 1, Counts(), 0
        self.started_at, self.finished_at = now, None
        self.error_code = self.error = ""

    def require(self, *states: TransferState) -> None:
        if self.state not in states:
            raise TransferNotReady(state=self.state.value)

    def failed(self, code: str, error: str, facts: Mapping[str, str] | None = None) -> None:
        """`error` names its facts in braces."""
        self.state = TransferState.FAILED
        self.error_code, self.error, self.error_facts = code, error, facts or {}

    @property
    def is_finished(self) -> bool:
        return self.state not in {TransferState.QUEUED, TransferState.RUNNING}

    def may_be_confirmed(self) -> bool:
        """Only a finished dry run can be done in earnest: neither an export nor what is in earnest already."""
        return self.state is TransferState.DONE and self.direction is Direction.IMPORT and self.dry_run

    def may_be_undone(self, now: datetime) -> bool:
        """A finished import can be taken back for thirty days."""
        done = self.state is TransferState.DONE and self.direction is Direction.IMPORT and not self.dry_run
        return done and self.finished_at is not None and now - self.finished_at < UNDO
