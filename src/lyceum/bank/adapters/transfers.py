"""Imports and exports in the database: their rows, their reports, and who may run them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec
from sqlalchemy import Row, and_, delete, func, insert, select, update

from lyceum.bank.adapters.transfer_tables import notes, transfers
from lyceum.bank.domain.transfers import (
    Counts,
    Direction,
    Note,
    NoteLevel,
    Transfer,
    TransferId,
    TransferNotFound,
    TransferOptions,
    TransferState,
)
from lyceum.platform.database import SqlTransaction

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class SqlTransfers:
    """`ports.Transfers` over the running transaction."""

    transaction: SqlTransaction

    async def add(self, transfer: Transfer) -> None:
        await self.transaction.connection.execute(insert(transfers), _row(transfer))

    async def get_for_update(self, id: TransferId) -> Transfer:
        transfer = await self.find_for_update(id)
        if transfer is None:
            raise TransferNotFound(id=id)
        return transfer

    async def confirmed(self, id: TransferId) -> Transfer | None:
        query = select(transfers).where(transfers.c.dry_run_of == id)
        row = (await self.transaction.connection.execute(query)).one_or_none()
        return None if row is None else to_transfer(row)

    async def save(self, transfer: Transfer) -> None:
        values = _row(transfer)
        await self.transaction.connection.execute(update(transfers).where(transfers.c.id == transfer.id).values(values))

    async def save_running(self, transfer: Transfer) -> bool:
        """Save unless the transfer was cancelled or taken over since; whether it was saved."""
        mine = and_(
            transfers.c.id == transfer.id,
            transfers.c.starts == transfer.starts,
            transfers.c.state == TransferState.RUNNING.value,
        )
        result = await self.transaction.connection.execute(update(transfers).where(mine).values(_row(transfer)))
        return result.rowcount == 1

    async def add_once(self, transfer: Transfer) -> None:
        """Add it, unless it is there already."""
        if await self.find_for_update(transfer.id) is None:
            await self.add(transfer)

    async def find_for_update(self, id: TransferId) -> Transfer | None:
        query = select(transfers).where(transfers.c.id == id).with_for_update()
        row = (await self.transaction.connection.execute(query)).one_or_none()
        return None if row is None else to_transfer(row)

    async def begin(self, id: TransferId, now: datetime) -> Transfer | None:
        transfer = await self.find_for_update(id)
        if transfer is None or transfer.state in {TransferState.DONE, TransferState.UNDONE}:
            return None
        transfer.begin(now)
        await self.save(transfer)
        await self.transaction.connection.execute(delete(notes).where(notes.c.transfer_id == id))
        return transfer

    async def add_notes(self, id: TransferId, added: Sequence[Note]) -> None:
        if not added:
            return
        connection = self.transaction.connection
        last = await connection.scalar(select(func.max(notes.c.position)).where(notes.c.transfer_id == id)) or 0
        rows = [
            {
                "transfer_id": id,
                "position": last + number,
                "level": note.level.value,
                "place": _plain(note.place)[:120],
                "title": _plain(note.title)[:255],
                "code": note.code,
                "reason": _plain(note.reason),
                "fix": note.fix,
                "facts": _facts(note.facts),
            }
            for number, note in enumerate(added, 1)
        ]
        await connection.execute(insert(notes), rows)


def _plain(text: str) -> str:
    """A report quotes files that may hold what no database takes."""
    return _UNSTORABLE.sub("\ufffd", text)


def _row(transfer: Transfer) -> dict[str, object]:
    return {
        "id": transfer.id,
        "direction": transfer.direction.value,
        "state": transfer.state.value,
        "owner_id": transfer.owner_id,
        "file_name": transfer.file_name[:255],
        "file_key": transfer.file_key,
        "format": transfer.format,
        "guess": transfer.guess[:255],
        "dry_run": transfer.dry_run,
        "dry_run_of": transfer.dry_run_of,
        "options": msgspec.json.encode(transfer.options).decode(),
        "imported": transfer.counts.imported,
        "updated": transfer.counts.updated,
        "skipped": transfer.counts.skipped,
        "rejected": transfer.counts.rejected,
        "done_bytes": transfer.done_bytes,
        "total_bytes": transfer.total_bytes,
        "starts": transfer.starts,
        "created_at": transfer.created_at,
        "started_at": transfer.started_at,
        "finished_at": transfer.finished_at,
        "error_code": transfer.error_code,
        "error": _plain(transfer.error),
        "error_facts": _facts(transfer.error_facts),
    }


def to_transfer(row: Row) -> Transfer:  # type: ignore[type-arg]
    """The transfer that a row of `bank_transfers` describes."""
    return Transfer(
        id=row.id,
        direction=Direction(row.direction),
        state=TransferState(row.state),
        owner_id=row.owner_id,
        file_name=row.file_name,
        file_key=row.file_key,
        format=row.format,
        guess=row.guess,
        dry_run=row.dry_run,
        dry_run_of=row.dry_run_of,
        options=msgspec.json.decode(row.options, type=TransferOptions),
        counts=Counts(imported=row.imported, updated=row.updated, skipped=row.skipped, rejected=row.rejected),
        done_bytes=row.done_bytes,
        total_bytes=row.total_bytes,
        starts=row.starts,
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        error_code=row.error_code,
        error=row.error,
        error_facts=facts_of(row.error_facts),
    )


def to_note(row: Row) -> Note:  # type: ignore[type-arg]
    return Note(
        level=NoteLevel(row.level),
        place=row.place,
        title=row.title,
        code=row.code,
        reason=row.reason,
        fix=row.fix,
        facts=facts_of(row.facts),
    )


def _facts(facts: Mapping[str, str]) -> str:
    return msgspec.json.encode({name: _plain(fact) for name, fact in facts.items()}).decode()


def facts_of(written: str) -> dict[str, str]:
    """The facts of a sentence, as a row keeps them."""
    return msgspec.json.decode(written, type=dict[str, str])
