"""Which workers and schedulers are up: each leaves a row, and renews it while it lives."""

import socket
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite

from lyceum.jobs.adapters.tables import presence
from lyceum.platform.database import Database, SqlTransaction
from lyceum.platform.database_time import database_now, seconds_since

ALIVE = 60.0
FORGOTTEN = 86_400.0
HOST = 100

type Part = Literal["worker", "scheduler"]


class Process(msgspec.Struct, frozen=True, kw_only=True):
    """A worker or scheduler that was seen in the last minute, `silent_s` seconds ago."""

    id: UUID
    part: str
    host: str
    slots: int
    up_s: float
    silent_s: float


@dataclass(frozen=True, slots=True)
class Presence:
    """The rows of the processes that are up."""

    database: Database

    async def seen(self, id: UUID, part: Part, slots: int = 0) -> None:
        """The process is up; those that went without a word a day ago are forgotten."""
        insert = sqlite.insert if self.database.is_sqlite else postgresql.insert
        now, host = database_now(), socket.gethostname()[:HOST]
        row = {"id": id, "part": part, "host": host, "slots": slots, "started_at": now, "seen_at": now}
        seen = insert(presence).values(row).on_conflict_do_update(index_elements=["id"], set_={"seen_at": now})
        async with SqlTransaction(self.database) as transaction:
            await transaction.connection.execute(seen)
            await transaction.connection.execute(delete(presence).where(presence.c.seen_at < database_now(-FORGOTTEN)))

    async def gone(self, id: UUID) -> None:
        """The process stops."""
        async with SqlTransaction(self.database) as transaction:
            await transaction.connection.execute(delete(presence).where(presence.c.id == id))

    async def alive(self) -> Sequence[Process]:
        """Those seen in the last minute, workers first."""
        row = presence.c
        query = (
            select(row.id, row.part, row.host, row.slots, seconds_since(row.started_at), seconds_since(row.seen_at))
            .where(row.seen_at > database_now(-ALIVE))
            .order_by(row.part.desc(), row.started_at)
        )
        async with self.database.read() as connection:
            rows = (await connection.execute(query)).all()
        return [
            Process(id=id, part=part, host=host, slots=slots, up_s=up, silent_s=silent)
            for id, part, host, slots, up, silent in rows
        ]
