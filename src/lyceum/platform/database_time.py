"""The database's own clock inside statements: leases and schedules never trust the clock of a worker."""

from datetime import datetime

from sqlalchemy import ColumnElement, Float, bindparam, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import FunctionElement

from lyceum.platform.database import SqlTransaction, UTCDateTime
from lyceum.platform.prepared import Prepared

SQLITE = "'%Y-%m-%d %H:%M:%f000', 'now'"
"""As the column type writes times, with microseconds, so that texts compare as times do."""


class database_now(FunctionElement[datetime]):  # noqa: N801 - reads as a function in statements
    """The present moment; with one argument, that many seconds later (or earlier)."""

    type = UTCDateTime()
    inherit_cache = True


@compiles(database_now, "postgresql")
def _postgresql(element: "database_now", compiler: SQLCompiler, **words: object) -> str:
    """In a subquery: evaluated once, so that an index can be searched by it."""
    if not len(element.clauses):
        return "(SELECT clock_timestamp())"
    return f"(SELECT clock_timestamp() + make_interval(secs => CAST({_seconds(element, compiler, words)} AS float8)))"


@compiles(database_now, "sqlite")
def _sqlite(element: "database_now", compiler: SQLCompiler, **words: object) -> str:
    if not len(element.clauses):
        return f"strftime({SQLITE})"
    return f"strftime({SQLITE}, printf('%+.3f seconds', {_seconds(element, compiler, words)}))"


def _seconds(element: "database_now", compiler: SQLCompiler, words: dict[str, object]) -> str:
    return str(compiler.process(element.clauses, **words))


def seconds_from_now(name: str) -> ColumnElement[datetime]:
    """The moment as many seconds from now as the parameter `name` says."""
    return database_now(bindparam(name, type_=Float()))


_NOW = Prepared(select(database_now().label("now")))


async def now_of(transaction: SqlTransaction) -> datetime:
    """What time the database has."""
    [row] = await _NOW.rows(transaction.connection, {})
    now: datetime = row.now
    return now


class seconds_since(FunctionElement[float]):  # noqa: N801 - reads as a function in statements
    """How many seconds ago the moment in a column was; negative for one to come."""

    type = Float()
    inherit_cache = True


@compiles(seconds_since, "postgresql")
def _since_postgresql(element: "seconds_since", compiler: SQLCompiler, **words: object) -> str:
    return f"extract(epoch FROM (SELECT clock_timestamp()) - {compiler.process(element.clauses, **words)})"


@compiles(seconds_since, "sqlite")
def _since_sqlite(element: "seconds_since", compiler: SQLCompiler, **words: object) -> str:
    return f"((julianday('now') - julianday({compiler.process(element.clauses, **words)})) * 86400.0)"
