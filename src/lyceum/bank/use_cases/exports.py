"""Exports: an author's questions, or an operator's choice of all, written to a file in the background."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from lyceum.accounts.api import Actor, Role
from lyceum.bank.domain.drafts import told
from lyceum.bank.domain.transfers import (
    Direction,
    Note,
    Transfer,
    TransferId,
    TransferOptions,
    TransferState,
)
from lyceum.bank.transfer_ports import ExportFiles, Transfers
from lyceum.bank.use_cases.transfer_tasks import outcome_of, task_of
from lyceum.jobs.api import ClaimLost, TaskContext, TaskQueue
from lyceum.kernel.errors import Conflict, FieldProblem, Invalid, NotFound
from lyceum.kernel.ids import uuid7
from lyceum.kernel.ports import Clock, Transaction

FORMATS = {"gift": "gift", "moodle_xml": "xml", "qti": "zip", "csv": "csv", "xlsx": "xlsx", "json": "json"}
FILTERS = frozenset({"exam", "subject", "topic", "difficulty", "kind", "status"})


class ExportRefused(Invalid):
    code = "bank.export_refused"
    text = "This export cannot be made. See errors for the format or filter at fault."


class NewExport(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`format` is one of gift, moodle_xml, qti, csv, xlsx, json; `filters` narrow the questions down."""

    format: str = "json"
    filters: dict[str, str] = msgspec.field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StartExport:
    """An author exports questions of their own, an operator of everybody; refused for an unknown format or filter."""

    transfers: Transfers
    tasks: TaskQueue
    clock: Clock
    transaction: Transaction

    async def __call__(self, actor: Actor, new: NewExport) -> Transfer:
        actor.require(Role.AUTHOR, scope="bank:read")
        problems = [FieldProblem("format", "unknown", f"One of: {', '.join(FORMATS)}.")] * (new.format not in FORMATS)
        problems += [
            FieldProblem(f"filters/{name}", "unknown", "No such filter.") for name in set(new.filters) - FILTERS
        ]
        if problems:
            raise ExportRefused(problems=problems)
        now = self.clock.now()
        transfer = Transfer(
            id=TransferId(uuid7()),
            direction=Direction.EXPORT,
            owner_id=actor.id,
            file_name=f"lyceum-{now:%Y-%m-%d-%H%M}.{FORMATS[new.format]}",
            file_key="",
            format=new.format,
            dry_run=False,
            options=TransferOptions(filters={**new.filters, "of": "all" if actor.has(Role.OPERATOR) else "own"}),
            created_at=now,
        )
        async with self.transaction:
            await self.transfers.add(transfer)
            await self.tasks.add(task_of(transfer))
        return transfer


class ExportStopped(Exception):
    """The export was cancelled, or another run took it over."""


@dataclass(frozen=True, slots=True)
class RunExport:
    """Write the file, keep it in the store, and close the transfer; a failed or stopped run keeps no file."""

    transfers: Transfers
    files: ExportFiles
    clock: Clock
    transaction: Transaction

    async def __call__(self, transfer: Transfer, context: TaskContext | None = None) -> Transfer:
        """Run `transfer`, which has begun. Raise ExportStopped, and whatever is no refusal."""
        try:
            written = await self.files.write(transfer)
        except (Invalid, NotFound, Conflict) as error:
            transfer.failed(error.code, error.text, told(error.facts))
            await self._close(transfer, None)
            return transfer
        transfer.file_key, transfer.total_bytes, transfer.done_bytes = written.key, written.size, written.size
        transfer.counts, transfer.state = written.counts, TransferState.DONE
        try:
            await self._close(transfer, context, written.notes)
        except (ExportStopped, ClaimLost):
            await self.files.drop(written.key)
            raise
        return transfer

    async def _close(self, transfer: Transfer, context: TaskContext | None, notes: Sequence[Note] = ()) -> None:
        transfer.finished_at = self.clock.now()
        async with context.completing(outcome_of(transfer)) if context else self.transaction:
            if not await self.transfers.save_running(transfer):
                raise ExportStopped
            await self.transfers.add_notes(transfer.id, notes)
