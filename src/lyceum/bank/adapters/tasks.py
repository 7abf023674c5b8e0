"""Imports and exports as background tasks, and what becomes of them when their task fails for good."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar, Literal

import msgspec

from lyceum.accounts.api import Role
from lyceum.bank.adapters.transfers import SqlTransfers
from lyceum.bank.domain.transfers import Direction, Transfer, TransferId, TransferOptions, TransferState
from lyceum.bank.transfer_ports import Staging
from lyceum.bank.use_cases.exports import ExportStopped, RunExport
from lyceum.bank.use_cases.imports import ImportStopped, RunImport
from lyceum.bank.use_cases.transfer_tasks import TransferPayload
from lyceum.jobs.api import AttemptFailed, ErrorCode, TaskContext, TaskFailed
from lyceum.platform.database import SqlTransaction

type Run = Callable[[Transfer, TaskContext], Awaitable[Transfer]]


class XlsxFilters(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What of one's own questions to export; everything when empty."""

    exam: str | None = None
    subject: str | None = None
    topic: str | None = None
    kind: str | None = None
    difficulty: Literal["easy", "medium", "hard"] | None = None
    status: Literal["published", "draft", "retired"] | None = None


class XlsxPayload(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    filters: XlsxFilters = XlsxFilters()


@dataclass(frozen=True, slots=True)
class Transferring:
    """Runs a transfer as an attempt at its task: begins it, and puts it back in the queue when the attempt breaks."""

    transfers: SqlTransfers
    transaction: SqlTransaction

    async def __call__(self, id: TransferId, run: Run, context: TaskContext) -> None:
        async with self.transaction:
            transfer = await self.transfers.begin(id, datetime.now(UTC))
        if transfer is None:
            context.log("There was nothing left to do.")
            return
        try:
            await run(transfer, context)
        except (ImportStopped, ExportStopped) as error:
            text = "It was stopped, or taken over by another run."
            raise AttemptFailed(ErrorCode.WORKER_ERROR, text, retryable=True) from error
        except BaseException:
            await self._put_back(transfer)
            raise
        if transfer.state is TransferState.FAILED:
            raise AttemptFailed(ErrorCode.INVALID_PAYLOAD, transfer.error.format_map(transfer.error_facts))

    async def _put_back(self, transfer: Transfer) -> None:
        transfer.state, transfer.finished_at = TransferState.QUEUED, None
        async with self.transaction:
            await self.transfers.save_running(transfer)


@dataclass(frozen=True, slots=True)
class ImportTask:
    """`jobs.api.Kind`: made by `POST /api/bank/imports`."""

    name: ClassVar[str] = "import"
    payload: ClassVar[type[msgspec.Struct]] = TransferPayload
    offered_to: ClassVar[frozenset[Role]] = frozenset()
    scope: ClassVar[str] = "bank:write"
    transferring: Transferring
    run_import: RunImport

    async def run(self, context: TaskContext, payload: TransferPayload) -> None:
        await self.transferring(TransferId(payload.transfer_id), self.run_import, context)


@dataclass(frozen=True, slots=True)
class ExportTask:
    """`jobs.api.Kind`: made by `POST /api/bank/exports`."""

    name: ClassVar[str] = "export"
    payload: ClassVar[type[msgspec.Struct]] = TransferPayload
    offered_to: ClassVar[frozenset[Role]] = frozenset()
    scope: ClassVar[str] = "bank:read"
    transferring: Transferring
    run_export: RunExport

    async def run(self, context: TaskContext, payload: TransferPayload) -> None:
        await self.transferring(TransferId(payload.transfer_id), self.run_export, context)


@dataclass(frozen=True, slots=True)
class ExportXlsxTask:
    """`jobs.api.Kind`: the questions of whoever makes the task, as XLSX. The export has the id of the task."""

    name: ClassVar[str] = "export_xlsx"
    payload: ClassVar[type[msgspec.Struct]] = XlsxPayload
    offered_to: ClassVar[frozenset[Role]] = frozenset({Role.AUTHOR})
    scope: ClassVar[str] = "bank:read"
    transferring: Transferring
    run_export: RunExport

    async def run(self, context: TaskContext, payload: XlsxPayload) -> None:
        if context.created_by is None:
            raise AttemptFailed(ErrorCode.INVALID_PAYLOAD, "The task does not say whose questions to export.")
        now = datetime.now(UTC)
        chosen = {name: value for name, value in msgspec.structs.asdict(payload.filters).items() if value is not None}
        transfer = Transfer(
            id=TransferId(context.task_id),
            direction=Direction.EXPORT,
            owner_id=context.created_by,
            file_name=f"lyceum-{now:%Y-%m-%d-%H%M}.xlsx",
            file_key="",
            format="xlsx",
            dry_run=False,
            options=TransferOptions(filters={**chosen, "of": "own"}),
            created_at=now,
        )
        async with self.transferring.transaction:
            await self.transferring.transfers.add_once(transfer)
        await self.transferring(transfer.id, self.run_export, context)


@dataclass(frozen=True, slots=True)
class CloseTransfers:
    """Ends the imports and exports whose task was cancelled, refused or out of attempts; nothing of them stays."""

    transfers: SqlTransfers
    staging: Staging

    async def __call__(self, events: Sequence[TaskFailed]) -> None:
        for event in events:
            if event.kind in {ImportTask.name, ExportTask.name, ExportXlsxTask.name}:
                await self._close(event)

    async def _close(self, event: TaskFailed) -> None:
        transfer = await self.transfers.find_for_update(TransferId(event.task_id))
        if transfer is None or transfer.is_finished:
            return
        transfer.finished_at = datetime.now(UTC)
        if event.code == ErrorCode.CANCELLED:
            transfer.state = TransferState.CANCELLED
        else:
            transfer.failed("bank.transfer_broke", "Something broke on our side; nothing was kept.")
        await self.transfers.save(transfer)
        while await self.staging.discard(transfer.id):
            continue


KINDS = (ImportTask, ExportTask, ExportXlsxTask)
