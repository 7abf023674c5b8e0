"""Imports: begin, run, confirm, cancel, take back."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import msgspec

from lyceum.accounts.api import Actor, Role
from lyceum.bank.domain.drafts import told
from lyceum.bank.domain.transfers import (
    Counts,
    Direction,
    Duplicates,
    Note,
    NoteLevel,
    Transfer,
    TransferId,
    TransferNotFound,
    TransferOptions,
    TransferState,
)
from lyceum.bank.ports import KeptFiles, Subjects
from lyceum.bank.transfer_ports import (
    Chunk,
    Incoming,
    Known,
    Source,
    Sources,
    Staging,
    Transfers,
)
from lyceum.bank.use_cases.transfer_tasks import outcome_of, task_of
from lyceum.jobs.api import TaskContext, TaskId, TaskQueue
from lyceum.kernel.errors import AppError, Conflict, Invalid, NotFound
from lyceum.kernel.ids import uuid7
from lyceum.kernel.ports import Clock, Outbox, Transaction

CHUNK = 500


class NewImport(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An uploaded file and what to do with it."""

    file_name: str
    file_key: str
    total_bytes: int
    format: str = "auto"
    dry_run: bool = False
    options: TransferOptions = msgspec.field(default_factory=TransferOptions)


@dataclass(frozen=True, slots=True)
class StartImport:
    """An author begins an import of an uploaded file; it runs in the background.

    Refused: who has not the role author; SubjectUnknown in the options.
    """

    subjects: Subjects
    transfers: Transfers
    kept_files: KeptFiles
    tasks: TaskQueue
    clock: Clock
    transaction: Transaction

    async def __call__(self, actor: Actor, new: NewImport) -> Transfer:
        actor.require(Role.AUTHOR, scope="bank:write")
        if new.options.subject is not None:
            await self.subjects.named(new.options.subject)
        transfer = Transfer(
            id=TransferId(uuid7()),
            direction=Direction.IMPORT,
            owner_id=actor.id,
            file_name=new.file_name,
            file_key=new.file_key,
            format=new.format,
            dry_run=new.dry_run,
            options=new.options,
            total_bytes=new.total_bytes,
            created_at=self.clock.now(),
        )
        async with self.transaction:
            await self.kept_files.keep([new.file_key])
            await self.transfers.add(transfer)
            await self.tasks.add(task_of(transfer))
        return transfer


@dataclass(frozen=True, slots=True)
class ConfirmImport:
    """The owner of a finished dry run has the same file imported in earnest; confirming twice begins one import."""

    transfers: Transfers
    tasks: TaskQueue
    clock: Clock
    transaction: Transaction

    async def __call__(self, actor: Actor, id: TransferId, options: TransferOptions | None = None) -> Transfer:
        actor.require(Role.AUTHOR, scope="bank:write")
        async with self.transaction:
            tried = await self.transfers.get_for_update(id)
            require_owner(actor, tried)
            begun = await self.transfers.confirmed(id)
            if begun is not None:
                return begun
            if not tried.may_be_confirmed():
                tried.require()
            transfer = Transfer(
                id=TransferId(uuid7()),
                direction=Direction.IMPORT,
                owner_id=tried.owner_id,
                file_name=tried.file_name,
                file_key=tried.file_key,
                format=tried.format,
                dry_run=False,
                options=options or tried.options,
                total_bytes=tried.total_bytes,
                created_at=self.clock.now(),
                dry_run_of=id,
            )
            await self.transfers.add(transfer)
            await self.tasks.add(task_of(transfer))
        return transfer


@dataclass(frozen=True, slots=True)
class CancelTransfer:
    """The owner stops an import or export that is not finished; what it has staged is discarded by its runner."""

    transfers: Transfers
    tasks: TaskQueue
    clock: Clock
    transaction: Transaction

    async def __call__(self, actor: Actor, id: TransferId) -> Transfer:
        actor.require(Role.AUTHOR, scope="bank:write")
        async with self.transaction:
            transfer = await self.transfers.get_for_update(id)
            require_owner(actor, transfer)
            transfer.require(TransferState.QUEUED, TransferState.RUNNING)
            await self.tasks.cancel(TaskId(id))
            transfer.state = TransferState.CANCELLED
            transfer.finished_at = self.clock.now()
            await self.transfers.save(transfer)
        return transfer


@dataclass(frozen=True, slots=True)
class UndoImport:
    """The owner takes a finished import back within thirty days: its new questions are retired.

    Questions that the import updated keep their new version.
    """

    transfers: Transfers
    staging: Staging
    outbox: Outbox
    clock: Clock
    transaction: Transaction

    async def __call__(self, actor: Actor, id: TransferId) -> Transfer:
        actor.require(Role.AUTHOR, scope="bank:write")
        async with self.transaction:
            transfer = await self.transfers.get_for_update(id)
            require_owner(actor, transfer)
            if not transfer.may_be_undone(self.clock.now()):
                transfer.require()
            for event in await self.staging.retire(id, self.clock.now()):
                self.outbox.add(event)
            transfer.state = TransferState.UNDONE
            await self.transfers.save(transfer)
        return transfer


def require_owner(actor: Actor, transfer: Transfer) -> None:
    """Another's transfer is as good as absent; operators see all."""
    if transfer.owner_id != actor.id and not actor.has(Role.OPERATOR):
        raise TransferNotFound(id=transfer.id)


class ImportStopped(Exception):
    """The import was cancelled, or another run took it over."""


@dataclass(frozen=True, slots=True)
class RunImport:
    """Read the file, stage its questions in small transactions, then make them visible in one.

    Whatever goes wrong, nothing of the import stays in the bank, and the transfer says why.
    """

    transfers: Transfers
    staging: Staging
    sources: Sources
    outbox: Outbox
    clock: Clock
    transaction: Transaction

    async def __call__(self, transfer: Transfer, context: TaskContext | None = None) -> Transfer:
        """Run `transfer`, which has begun; it ends in the transaction that completes the task, when there is one.

        Raise ImportStopped, and whatever is no refusal of the file.
        """
        try:
            await self._discard(transfer.id)
            async with self.sources.open(transfer) as source:
                transfer.guess = source.guess
                await self._stage_all(transfer, source, context)
            await self._finish(transfer, context)
        except (Invalid, NotFound, Conflict) as error:
            await self._fail(transfer, error)
        except Exception:
            await self._discard(transfer.id)
            raise
        return transfer

    async def _stage_all(self, transfer: Transfer, source: Source, context: TaskContext | None) -> None:
        seen: set[str] = set()
        while (chunk := await source.next_chunk(CHUNK)) is not None:
            async with self.transaction:
                known = await self.staging.known(transfer.owner_id, chunk.questions)
            sorted_out = sort_out(chunk.questions, known, seen, transfer.options.duplicates)
            kept = sorted_out.kept
            if not transfer.dry_run:
                kept = await self.sources.keep_media(kept)
            async with self.transaction:
                if not transfer.dry_run:
                    await self.staging.stage(kept)
                await self._report(transfer, chunk, sorted_out)
            if context is not None:
                context.progress(transfer.done_bytes, transfer.total_bytes, str(transfer.counts.found))

    async def _report(self, transfer: Transfer, chunk: Chunk, sorted_out: "SortedOut") -> None:
        rejected = sum(note.level is NoteLevel.REJECTED for note in chunk.notes)
        transfer.counts = transfer.counts + sorted_out.counts + Counts(rejected=rejected)
        transfer.done_bytes = chunk.done_bytes
        if not await self.transfers.save_running(transfer):
            raise ImportStopped
        await self.transfers.add_notes(transfer.id, [*chunk.notes, *sorted_out.notes])

    async def _finish(self, transfer: Transfer, context: TaskContext | None) -> None:
        now: datetime = self.clock.now()
        async with context.completing(outcome_of(transfer)) if context else self.transaction:
            transfer.state, transfer.finished_at = TransferState.DONE, now
            transfer.done_bytes = transfer.total_bytes
            if not await self.transfers.save_running(transfer):
                raise ImportStopped
            if not transfer.dry_run:
                for event in await self.staging.reveal(transfer.id, now, publish=transfer.options.publish):
                    self.outbox.add(event)

    async def _fail(self, transfer: Transfer, error: AppError) -> None:
        await self._discard(transfer.id)
        async with self.transaction:
            transfer.finished_at = self.clock.now()
            transfer.failed(error.code, error.text, told(error.facts))
            transfer.counts = Counts(rejected=transfer.counts.rejected)
            await self.transfers.save_running(transfer)

    async def _discard(self, id: TransferId) -> None:
        """Take away what is staged, a part at a time, so that other writers get their turn."""
        while True:
            async with self.transaction:
                discarded = await self.staging.discard(id)
            if not discarded:
                return


@dataclass(frozen=True, slots=True, kw_only=True)
class SortedOut:
    """A chunk, divided into what goes into the bank and what is there already."""

    kept: Sequence[Incoming]
    counts: Counts
    notes: Sequence[Note]


def sort_out(questions: Sequence[Incoming], known: Known, seen: set[str], duplicates: Duplicates) -> SortedOut:
    """Tell new, changed and known questions apart; `seen` grows by the hashes of this chunk."""
    kept: list[Incoming] = []
    notes: list[Note] = []
    updated = 0
    for incoming in questions:
        hash = incoming.question.content_hash
        external_id = incoming.question.passport.external_id
        target = known.by_external_id.get(external_id) if external_id else None
        if hash in seen:
            notes.append(_skipped(incoming, "repeated", "The same question stands in this file already."))
        elif (code := known.by_hash.get(hash)) is not None:
            reason = "The same question is in the bank already: {find_code}."
            notes.append(_skipped(incoming, "duplicate", reason, code))
        elif target is not None and duplicates is Duplicates.SKIP:
            reason = "Another version of this question is in the bank already: {find_code}."
            notes.append(_skipped(incoming, "same_id", reason, target.find_code))
        else:
            kept.append(incoming if target is None else replace(incoming, replaces=target.id))
            updated += target is not None
        seen.add(hash)
    counts = Counts(imported=len(kept) - updated, updated=updated, skipped=len(questions) - len(kept))
    return SortedOut(kept=kept, counts=counts, notes=notes)


def _skipped(incoming: Incoming, code: str, reason: str, find_code: str = "") -> Note:
    title = incoming.question.passport.title
    facts = {"find_code": find_code} if find_code else {}
    return Note(level=NoteLevel.NOTE, place=incoming.place, title=title, code=code, reason=reason, facts=facts)
