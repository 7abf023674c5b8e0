"""The bank's part of the daily report."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from sqlalchemy import false, func, select

from lyceum.bank.adapters.tables import questions
from lyceum.bank.adapters.transfer_tables import transfers
from lyceum.bank.domain.transfers import Direction, TransferState
from lyceum.platform.daily import Day, Figure
from lyceum.platform.database import Database
from lyceum.platform.housekeeping import first_id_of


@dataclass(frozen=True, slots=True)
class BankOfDay:
    """`platform.daily.ReportPart`."""

    database: Database
    name: ClassVar[str] = "bank"
    title: ClassVar[str] = "Questions"

    async def figures(self, day: Day) -> Sequence[Figure]:
        made = (
            select(func.count())
            .select_from(questions)
            .where(questions.c.id >= first_id_of(day.since), questions.c.id < first_id_of(day.until))
        )
        at = transfers.c.finished_at
        imported = select(
            func.count(),
            func.coalesce(func.sum(transfers.c.imported), 0),
            func.coalesce(func.sum(transfers.c.updated), 0),
        ).where(
            at >= day.since,
            at < day.until,
            transfers.c.direction == Direction.IMPORT.value,
            transfers.c.state == TransferState.DONE.value,
            transfers.c.dry_run == false(),
        )
        async with self.database.read() as connection:
            count = await connection.scalar(made) or 0
            imports, new, changed = (await connection.execute(imported)).one()
        return [
            Figure("questions_new", "New questions", count),
            Figure("imports", "Imports finished", imports),
            Figure("imported", "Questions they brought", int(new)),
            Figure("updated", "Questions they changed", int(changed)),
        ]
