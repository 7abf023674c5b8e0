"""Writing thousands of rows at the price of a few.

SQLite takes an `executemany` (which `platform.sqlite` moves to a thread). PostgreSQL takes one statement for the whole
batch, a column an array: `INSERT … SELECT … FROM unnest(…)`, which costs it a third of the same rows one by one.
"""

from collections.abc import Sequence

from sqlalchemy import JSON, String, Table, TextClause, Uuid, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.type_api import TypeEngine

from lyceum.bank.adapters import codec
from lyceum.platform.database import StringList

type Rows = Sequence[dict[str, object]]

_POSTGRES = postgresql.dialect()  # type: ignore[no-untyped-call]


async def insert_rows(connection: AsyncConnection, table: Table, rows: Rows, *, skip_taken: str = "") -> int:
    """Insert `rows`, which all have the same columns; how many went in.

    A row whose column `skip_taken` has a value that is taken already is left out.
    """
    if not rows:
        return 0
    if connection.dialect.name == "sqlite":
        statement = sqlite_insert(table)
        if skip_taken:
            statement = statement.on_conflict_do_nothing(index_elements=[skip_taken])
        return (await connection.execute(statement, rows)).rowcount
    names = list(rows[0])
    columns = {name: _column(table, name, rows) for name in names}
    return (await connection.execute(_unnest(table, tuple(names), skip_taken), columns)).rowcount


def _column(table: Table, name: str, rows: Rows) -> list[object]:
    if isinstance(table.c[name].type, StringList):
        return [codec.encode_json(row[name]) for row in rows]
    return [row[name] for row in rows]


def _unnest(table: Table, names: tuple[str, ...], skip_taken: str) -> TextClause:
    arrays = ", ".join(f"CAST(:{name} AS {_array_type(table.c[name].type)}[])" for name in names)
    values = ", ".join(_value(name, table.c[name].type) for name in names)
    conflict = f" ON CONFLICT ({skip_taken}) DO NOTHING" if skip_taken else ""
    listed = ", ".join(names)
    return text(
        f"INSERT INTO {table.name} ({listed}) SELECT {values} FROM unnest({arrays}) AS x({listed}){conflict}"  # noqa: S608
    )


def _array_type(kind: TypeEngine[object]) -> str:
    real = kind.dialect_impl(_POSTGRES)
    if isinstance(real, String | JSON | TSVECTOR) or isinstance(kind, StringList):
        return "text"
    return "uuid" if isinstance(real, Uuid) else real.compile(dialect=_POSTGRES)


def _value(name: str, kind: TypeEngine[object]) -> str:
    if isinstance(kind, StringList):
        return f"CAST(x.{name} AS jsonb)"
    if isinstance(kind.dialect_impl(_POSTGRES), TSVECTOR):
        return f"array_to_tsvector(string_to_array(x.{name}, ' '))"
    return f"x.{name}"
