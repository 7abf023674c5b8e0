"""Clients who asked for an ad and got none that they had not seen: written down once a day each, for forecasts."""

import asyncio
from dataclasses import dataclass, field
from uuid import UUID

import structlog

from lyceum.advertising.adapters.repositories import Bulk
from lyceum.platform.database import Database, SqlTransaction

WRITE_SECONDS = 5.0
MOST = 50_000
"""Clients of a day that one process keeps in mind; it notes no others until the next day."""
ROWS = Bulk(
    "advertising_unserved",
    [("client_id", "uuid"), ("day", "int8")],
    ["client_id"],
    only="advertising_unserved.day <> excluded.day",
)
log = structlog.get_logger()


@dataclass(slots=True, eq=False)
class Unserved:
    """Gathers them in memory and writes them now and then, so that whoever gets no ad costs no statement. What a
    process that dies has not written is lost, which makes forecasts a little too low."""

    database: Database
    _day: int = -1
    _known: set[UUID] = field(default_factory=set)
    _new: list[UUID] = field(default_factory=list)

    def note(self, client: UUID, day: int) -> None:
        if day != self._day:
            self._day = day
            self._known.clear()
            self._new.clear()
        if client not in self._known and len(self._known) < MOST:
            self._known.add(client)
            self._new.append(client)

    async def write(self) -> None:
        """Write down those who are new since the last time."""
        day, people = self._day, self._new
        if not people:
            return
        self._new = []
        transaction = SqlTransaction(self.database)
        try:
            async with transaction:
                await ROWS.put(transaction, [(id, day) for id in people])
        except BaseException:
            if day == self._day:
                self._new = people + self._new
            raise

    async def run(self) -> None:
        """Write until cancelled; survives a database that is away."""
        while True:
            await asyncio.sleep(WRITE_SECONDS)
            await self.write_or_log()

    async def write_or_log(self) -> None:
        try:
            await self.write()
        except Exception as error:  # noqa: BLE001 - the next time tries again
            log.warning("advertising.unserved_not_written", error=repr(error)[:500])
