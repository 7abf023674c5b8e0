"""Accounts' part of the daily report."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from sqlalchemy import func, select

from lyceum.accounts.adapters.tables import users
from lyceum.platform.daily import Day, Figure
from lyceum.platform.database import Database


@dataclass(frozen=True, slots=True)
class UsersOfDay:
    """`platform.daily.ReportPart`."""

    database: Database
    name: ClassVar[str] = "users"
    title: ClassVar[str] = "Users"

    async def figures(self, day: Day) -> Sequence[Figure]:
        at = users.c.registered_at
        query = select(users.c.is_guest, func.count()).where(at >= day.since, at < day.until).group_by(users.c.is_guest)
        async with self.database.read() as connection:
            counts = {bool(guest): count for guest, count in await connection.execute(query)}
        return [
            Figure("signed_up", "Signed up", counts.get(False, 0)),
            Figure("guests", "Came as guests", counts.get(True, 0)),
        ]
