"""Imports and exports on the operators' start page."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from sqlalchemy import false, func, select

from lyceum.bank.adapters.transfer_tables import transfers
from lyceum.bank.domain.transfers import Direction, TransferState
from lyceum.platform.database import Database
from lyceum.platform.desk import Card, Count

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class ImportsNow:
    """`platform.desk.DeskPart`."""

    database: Database
    name: ClassVar[str] = "imports"

    async def card(self, now: datetime) -> Card:
        ended = (
            select(transfers.c.state, func.count(), func.coalesce(func.sum(transfers.c.imported), 0))
            .where(
                transfers.c.finished_at >= now - DAY,
                transfers.c.direction == Direction.IMPORT.value,
                transfers.c.dry_run == false(),
            )
            .group_by(transfers.c.state)
        )
        async with self.database.read() as connection:
            rows = {state: (count, new) for state, count, new in await connection.execute(ended)}
        done, questions = rows.get(TransferState.DONE.value, (0, 0))
        failed, _ = rows.get(TransferState.FAILED.value, (0, 0))
        counts = [
            Count("finished in 24 hours", done),
            Count("questions brought by them", int(questions)),
            Count("failed in 24 hours", failed),
        ]
        return Card("imports", "Imports", counts, "/author/imports")
