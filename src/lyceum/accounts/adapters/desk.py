"""Accounts on the operators' start page."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from sqlalchemy import func, select

from lyceum.accounts.adapters.tables import users
from lyceum.platform.database import Database
from lyceum.platform.desk import Card, Count

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class UsersNow:
    """`platform.desk.DeskPart`."""

    database: Database
    name: ClassVar[str] = "users"

    async def card(self, now: datetime) -> Card:
        came = select(users.c.is_guest, func.count()).where(users.c.last_used_at >= now - DAY)
        new = select(func.count()).where(users.c.registered_at >= now - DAY, users.c.is_guest.is_(False))
        async with self.database.read() as connection:
            counts = {bool(guest): count for guest, count in await connection.execute(came.group_by(users.c.is_guest))}
            signed_up = await connection.scalar(new) or 0
        return Card(
            "users",
            "Users",
            [
                Count("were here in 24 hours", counts.get(False, 0)),
                Count("guests in 24 hours", counts.get(True, 0)),
                Count("signed up in 24 hours", signed_up),
            ],
        )
