"""Inserts that meet a row with the same key, in the words of either database; the count of changes to follow."""

from sqlalchemy import Table
from sqlalchemy.dialects.postgresql import Insert as PostgresInsert
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import Insert as SqliteInsert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.asyncio import AsyncConnection

from lyceum.advertising.adapters.tables import state


def inserting(connection: AsyncConnection, table: Table) -> SqliteInsert | PostgresInsert:
    return sqlite_insert(table) if connection.dialect.name == "sqlite" else postgres_insert(table)


async def next_revision(connection: AsyncConnection) -> int:
    """The number of a change that every process will follow. It locks the state until the commit, so whoever sees a
    revision sees all earlier ones."""
    counting = inserting(connection, state).values(id=1, revision=1)
    counting = counting.on_conflict_do_update(index_elements=[state.c.id], set_={"revision": state.c.revision + 1})
    revision: int = (await connection.execute(counting.returning(state.c.revision))).scalar_one()
    return revision
