"""Advertising on the operators' start page."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from sqlalchemy import func, select

from lyceum.advertising.adapters.index import AdIndex
from lyceum.advertising.adapters.queries import AdQueries
from lyceum.advertising.adapters.tables import charges
from lyceum.platform.database import Database
from lyceum.platform.desk import Card, Count


@dataclass(frozen=True, slots=True)
class AdsNow:
    """`lyceum.platform.desk.DeskPart` of ads."""

    name: ClassVar[str] = "ads"

    database: Database
    queries: AdQueries
    index: AdIndex

    async def card(self, now: datetime) -> Card:
        today = await self.queries.today()
        query = select(charges.c.kind, func.sum(charges.c.count)).where(charges.c.day == today).group_by(charges.c.kind)
        async with self.database.read() as connection:
            counts = {row[0]: int(row[1]) for row in await connection.execute(query)}
        return Card(
            name=self.name,
            title="Advertising",
            counts=(
                Count("campaigns run today", len(self.index.running())),
                Count("impressions today", counts.get("impression", 0)),
                Count("clicks today", counts.get("click", 0)),
            ),
            href="/operator/advertising",
        )
