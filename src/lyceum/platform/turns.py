"""Work that one of all processes does once in a while: whoever takes the turn."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Column, ColumnElement, String, Table, and_, insert, select, update
from sqlalchemy.exc import IntegrityError

from lyceum.platform.database import Database, SqlTransaction, UTCDateTime, metadata

turns = Table(
    "turns",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("next_at", UTCDateTime, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Turns:
    """A row for each kind of work says when it is due. Taking the turn moves it on; a process that dies in the middle
    leaves the rest to the next turn."""

    database: Database

    async def take(self, name: str, now: datetime, every: timedelta) -> bool:
        """Whether the work is due at `now` and this caller is the one to do it; then it is due again after `every`."""
        due = await self.due(name)
        if due is None:
            return await self._first(name, now + every)
        if due > now:
            return False
        async with SqlTransaction(self.database) as transaction:
            taking = update(turns).where(self.free(name, now)).values(next_at=now + every)
            return (await transaction.connection.execute(taking)).rowcount == 1

    async def due(self, name: str) -> datetime | None:
        """When the work is due; None when nobody has ever done it."""
        async with self.database.read() as connection:
            return await connection.scalar(select(turns.c.next_at).where(turns.c.name == name))

    def free(self, name: str, now: datetime) -> ColumnElement[bool]:
        """The row of a turn that nobody has taken since it fell due."""
        return and_(turns.c.name == name, turns.c.next_at <= now)

    async def _first(self, name: str, next_at: datetime) -> bool:
        try:
            async with SqlTransaction(self.database) as transaction:
                await transaction.connection.execute(insert(turns).values(name=name, next_at=next_at))
        except IntegrityError:
            return False
        return True
