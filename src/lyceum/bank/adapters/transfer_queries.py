"""Reading imports and exports: the list of an author's, one, and its report by pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import func, select

from lyceum.accounts.api import Actor, Role
from lyceum.bank.adapters.reports import localised
from lyceum.bank.adapters.transfer_tables import notes, transfers
from lyceum.bank.adapters.transfers import facts_of, to_note, to_transfer
from lyceum.bank.domain.transfers import Direction, Note, Transfer, TransferId, TransferNotFound, TransferState
from lyceum.platform.database import Database
from lyceum.platform.files import Files
from lyceum.platform.i18n import localise_sentence
from lyceum.platform.paging import Page, decode_cursor, encode_cursor, page

MIMES = {
    "gift": "text/plain",
    "moodle_xml": "application/xml",
    "qti": "application/zip",
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
}


class TransferView(msgspec.Struct, frozen=True, kw_only=True):
    """An import or export and how far it is. `found` is `imported + updated + skipped + rejected`.

    `progress` is 0..1; `url` opens the file of a finished export; `undo_until` is set while an import can be undone.
    """

    id: UUID
    direction: Direction
    state: TransferState
    file_name: str
    format: str
    guess: str
    dry_run: bool
    dry_run_of: UUID | None
    found: int
    imported: int
    updated: int
    skipped: int
    rejected: int
    progress: float
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    error_code: str | None
    error: str | None
    url: str | None
    can_undo: bool


class LossCount(msgspec.Struct, frozen=True):
    """How often one kind of loss happened, with one sentence as the example."""

    code: str
    reason: str
    questions: int


@dataclass(frozen=True, slots=True)
class TransferQueries:
    """The read side of transfers."""

    database: Database
    files: Files

    async def get(self, actor: Actor, id: TransferId) -> Transfer:
        """One's own, or anybody's for an operator; raise TransferNotFound."""
        actor.require(Role.AUTHOR, scope="bank:read")
        async with self.database.read() as connection:
            row = (await connection.execute(select(transfers).where(transfers.c.id == id))).one_or_none()
        if row is None or (row.owner_id != actor.id and not actor.has(Role.OPERATOR)):
            raise TransferNotFound(id=id)
        return to_transfer(row)

    async def listed(
        self,
        actor: Actor,
        now: datetime,
        locale: str,
        *,
        limit: int,
        cursor: str | None,
        direction: Direction | None = None,
    ) -> Page[TransferView]:
        """One's own, the newest first."""
        actor.require(Role.AUTHOR, scope="bank:read")
        query = select(transfers).where(transfers.c.owner_id == actor.id).order_by(transfers.c.id.desc())
        if cursor:
            (last,) = decode_cursor(cursor, tuple[UUID])
            query = query.where(transfers.c.id < last)
        if direction is not None:
            query = query.where(transfers.c.direction == direction.value)
        async with self.database.read() as connection:
            rows = (await connection.execute(query.limit(limit + 1))).all()
        views = [self.view(to_transfer(row), now, locale) for row in rows]
        return page(views, limit, lambda view: encode_cursor(str(view.id)))

    async def notes(
        self, id: TransferId, locale: str, *, level: str | None = None, limit: int = 50, cursor: str | None = None
    ) -> Page[Note]:
        """The report in the reader's language, in the order of the file. The caller has checked whose it is (`get`)."""
        query = select(notes).where(notes.c.transfer_id == id).order_by(notes.c.position)
        if level:
            query = query.where(notes.c.level == level)
        if cursor:
            (last,) = decode_cursor(cursor, tuple[int])
            query = query.where(notes.c.position > last)
        async with self.database.read() as connection:
            rows = (await connection.execute(query.limit(limit + 1))).all()
        cut = page(rows, limit, lambda row: encode_cursor(row.position))
        return Page([localised(to_note(row), locale) for row in cut.items], cut.next_cursor)

    async def losses(self, id: TransferId, locale: str) -> Sequence[LossCount]:
        """What gets lost, summed up by kind and sentence, the most frequent first."""
        query = (
            select(
                notes.c.code, notes.c.reason, func.min(notes.c.facts).label("facts"), func.count().label("questions")
            )
            .where(notes.c.transfer_id == id, notes.c.level == "loss")
            .group_by(notes.c.code, notes.c.reason)
            .order_by(func.count().desc(), notes.c.code, notes.c.reason)
        )
        async with self.database.read() as connection:
            rows = (await connection.execute(query)).all()
        return [
            LossCount(row.code, localise_sentence(row.reason, facts_of(row.facts), locale), row.questions)
            for row in rows
        ]

    def view(self, transfer: Transfer, now: datetime, locale: str) -> TransferView:
        finished_export = transfer.direction is Direction.EXPORT and transfer.state is TransferState.DONE
        url = None
        if finished_export:
            url = self.files.link(transfer.file_key, transfer.file_name, MIMES[transfer.format], download=True)
        counts = transfer.counts
        share = transfer.done_bytes / transfer.total_bytes if transfer.total_bytes else 0.0
        return TransferView(
            id=transfer.id,
            direction=transfer.direction,
            state=transfer.state,
            file_name=transfer.file_name,
            format=transfer.format,
            guess=transfer.guess,
            dry_run=transfer.dry_run,
            dry_run_of=transfer.dry_run_of,
            found=counts.found,
            imported=counts.imported,
            updated=counts.updated,
            skipped=counts.skipped,
            rejected=counts.rejected,
            progress=1.0 if transfer.state is TransferState.DONE else round(min(share, 1.0), 4),
            created_at=transfer.created_at,
            started_at=transfer.started_at,
            finished_at=transfer.finished_at,
            error_code=transfer.error_code or None,
            error=localise_sentence(transfer.error, transfer.error_facts, locale) if transfer.error else None,
            url=url,
            can_undo=transfer.may_be_undone(now),
        )
