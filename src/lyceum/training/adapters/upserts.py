"""Inserts that meet a row with the same key, in the words of either database."""

from collections.abc import Iterable

from sqlalchemy import Table
from sqlalchemy.dialects.postgresql import Insert as PostgresInsert
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import Insert as SqliteInsert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.asyncio import AsyncConnection

type Upsert = SqliteInsert | PostgresInsert


def inserting(connection: AsyncConnection, table: Table) -> Upsert:
    return sqlite_insert(table) if connection.dialect.name == "sqlite" else postgres_insert(table)


def adding(connection: AsyncConnection, table: Table, sums: Iterable[str], *taken: str) -> Upsert:
    """Insert a row, or add its `sums` to the row with the same key and take its columns `taken` over."""
    statement = inserting(connection, table)
    new = statement.excluded
    change = {name: table.c[name] + new[name] for name in sums} | {name: new[name] for name in taken}
    return statement.on_conflict_do_update(index_elements=list(table.primary_key), set_=change)
