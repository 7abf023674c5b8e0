"""The tasks that run imports and exports: one for each, with the same id."""

from uuid import UUID

import msgspec

from lyceum.bank.domain.transfers import Direction, Transfer
from lyceum.jobs.api import NewTask, Result, TaskId

HOURS = 7200


class TransferPayload(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which import or export to run."""

    transfer_id: UUID


def task_of(transfer: Transfer) -> NewTask:
    """The task that runs a transfer."""
    return NewTask(
        id=TaskId(transfer.id),
        kind="import" if transfer.direction is Direction.IMPORT else "export",
        payload=TransferPayload(transfer.id),
        title=transfer.file_name[:200],
        timeout_s=HOURS,
        created_by=transfer.owner_id,
    )


def outcome_of(transfer: Transfer) -> Result:
    """What the task says in the end."""
    counts = transfer.counts
    if transfer.direction is Direction.EXPORT:
        return {"file_id": transfer.file_key, "rows_ok": counts.imported, "export": f"/api/bank/exports/{transfer.id}"}
    return {
        "rows_ok": counts.imported + counts.updated,
        "rows_skipped": counts.skipped,
        "rows_rejected": counts.rejected,
        "dry_run": transfer.dry_run,
        "report": f"/api/bank/imports/{transfer.id}/report",
    }
