"""What the bank forgets of imports and exports: what nobody confirmed, files that were read, staged questions of runs
that will not go on."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, exists, not_, select, update

from lyceum.bank.adapters.repositories import SqlQuestions
from lyceum.bank.adapters.sources import LOCAL
from lyceum.bank.adapters.staging import SqlStaging
from lyceum.bank.adapters.tables import questions
from lyceum.bank.adapters.transfer_tables import notes, transfers
from lyceum.bank.domain.questions import Status
from lyceum.bank.domain.transfers import Direction, TransferId, TransferState
from lyceum.platform.database import Database, SqlTransaction
from lyceum.platform.housekeeping import BATCH
from lyceum.platform.settings import Settings
from lyceum.platform.uploads import PendingFiles

STOPPED = (TransferState.FAILED.value, TransferState.CANCELLED.value)
HAS_STAGED = exists().where(questions.c.import_id == transfers.c.id, questions.c.status == Status.STAGED.value)
BROUGHT = (TransferState.DONE.value, TransferState.UNDONE.value)
"""States of an import that brought questions in: it stays in the author's list for ever."""


@dataclass(frozen=True, slots=True)
class OldTransfers:
    """Finished imports and exports. What brought no question in goes whole, with its report; an import that did keeps
    its row and its counts, and loses its report and the file it was read from."""

    database: Database
    settings: Settings
    name: ClassVar[str] = "transfers"

    async def batches(self, now: datetime) -> AsyncIterator[int]:
        old = transfers.c.finished_at < now - timedelta(days=self.settings.keep_imports_days)
        brought = and_(
            transfers.c.direction == Direction.IMPORT.value,
            not_(transfers.c.dry_run),
            transfers.c.state.in_(BROUGHT),
        )
        useless = and_(old, not_(brought), ~HAS_STAGED)
        for over, whole in (
            (useless, True),
            (and_(old, brought, transfers.c.file_key != ""), False),
        ):
            while count := await self._batch(over, whole=whole):
                yield count

    async def _batch(self, over: ColumnElement[bool], *, whole: bool) -> int:
        query = select(transfers.c.id, transfers.c.file_key).where(over).order_by(transfers.c.finished_at).limit(BATCH)
        async with self.database.read() as connection:
            if (await connection.execute(query.limit(1))).first() is None:
                return 0
        async with SqlTransaction(self.database) as transaction:
            connection = transaction.connection
            rows = (await connection.execute(query.with_for_update(skip_locked=True))).all()
            ids = [row.id for row in rows]
            await connection.execute(delete(notes).where(notes.c.transfer_id.in_(ids)))
            these = transfers.c.id.in_(ids)
            await connection.execute(
                delete(transfers).where(these) if whole else update(transfers).where(these).values(file_key="")
            )
            await self._let_go(transaction, {row.file_key for row in rows})
        return len(rows)

    async def _let_go(self, transaction: SqlTransaction, keys: set[str]) -> None:
        """Files that no transfer names any more: a dry run and its import share one."""
        ours = {key for key in keys if key and not key.startswith(LOCAL)}
        query = select(transfers.c.file_key).where(transfers.c.file_key.in_(ours))
        named = set(await transaction.connection.scalars(query)) if ours else set()
        await PendingFiles(transaction).drop(sorted(ours - named))


@dataclass(frozen=True, slots=True)
class AbandonedStaging:
    """Staged questions whose import was cancelled or failed when its process died, so that nobody took them away."""

    database: Database
    name: ClassVar[str] = "staged questions"

    async def batches(self, now: datetime) -> AsyncIterator[int]:
        for id in await self._abandoned():
            while count := await self._discard(id):
                yield count

    async def _abandoned(self) -> Sequence[UUID]:
        query = select(transfers.c.id).where(transfers.c.state.in_(STOPPED), HAS_STAGED)
        async with self.database.read() as connection:
            return list(await connection.scalars(query))

    async def _discard(self, id: UUID) -> int:
        async with SqlTransaction(self.database) as transaction:
            staging = SqlStaging(transaction, SqlQuestions(transaction), PendingFiles(transaction))
            return await staging.discard(TransferId(id))


PRUNERS: Sequence[type] = (AbandonedStaging, OldTransfers)
