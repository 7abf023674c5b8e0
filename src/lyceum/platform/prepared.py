"""Statements of the hottest paths: written in Core, compiled once, run on the driver's own connection.

SQLAlchemy's execution costs several times the statement itself where a statement takes tens of microseconds. A
`Prepared` keeps what matters of it (one text for both databases, types, the running transaction) and leaves out the
rest: no result objects, no expanding parameters. Everything else uses the connection as usual.
"""

import re
import sqlite3
from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from types import TracebackType
from typing import Any, Protocol

import asyncpg
from sqlalchemy import Delete, Dialect, Insert, Select, TypeDecorator, Update
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

from lyceum.platform.sqlite import LoopConnection

type Statement = Select | Insert | Update | Delete  # type: ignore[type-arg]
type Values = Mapping[str, object]
type Convert = Callable[[object], object]
PARAMETER = re.compile(r"\$(\d+)")
type Record = Any
"""A named tuple whose fields only the statement knows."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """A statement in the words of one dialect: its text, its parameters in order, the conversions both ways."""

    text: str
    parameters: tuple[tuple[str, object, Convert | None], ...]
    """Of each parameter the name, the value unless another is given, and its conversion."""
    columns: tuple[str, ...]
    results: tuple[tuple[int, Convert], ...]
    make_row: Callable[[Iterable[object]], Record]

    def arguments(self, values: Values) -> list[object]:
        return [
            values.get(name, fixed) if convert is None else convert(values.get(name, fixed))
            for name, fixed, convert in self.parameters
        ]

    def row(self, raw: Iterable[object]) -> Record:
        values = list(raw)
        for place, convert in self.results:
            if (value := values[place]) is not None:
                values[place] = convert(value)
        return self.make_row(values)


class ReadSide(Protocol):
    """`platform.database.Database`, as far as a read needs it."""

    @property
    def reads(self) -> AsyncEngine: ...

    async def reader(self) -> LoopConnection | None: ...

    async def rows(self, statement: "Prepared", values: Values, /) -> list[Record]: ...


class Prepared:
    """One statement. `names` are the columns that an insert or update without explicit values sets."""

    __slots__ = ("_compiled", "names", "statement")

    def __init__(self, statement: Statement, *names: str) -> None:
        self.statement = statement
        self.names = names
        self._compiled: dict[str, Compiled] = {}

    async def read(self, database: ReadSide, values: Values) -> list[Record]:
        """The rows of a query outside any transaction."""
        reader = await database.reader()
        if reader is None:
            return await database.rows(self, values)
        compiled = self.compiled(database.reads.dialect)
        with known_faults(compiled.text):
            return [compiled.row(row) for row in reader.now(compiled.text, compiled.arguments(values))]

    async def rows(self, connection: AsyncConnection, values: Values) -> list[Record]:
        """The rows of a query inside a transaction, as named tuples of its columns."""
        compiled = self.compiled(connection.dialect)
        raw = await driver_of(connection)
        arguments = compiled.arguments(values)
        with known_faults(compiled.text):
            if isinstance(raw, asyncpg.Connection):
                return [compiled.row(row) for row in await raw.fetch(compiled.text, *arguments)]
            return [compiled.row(row) for row in raw.now(compiled.text, arguments).fetchall()]

    async def run(self, connection: AsyncConnection, values: Values) -> int:
        """Execute a change; how many rows it touched."""
        compiled = self.compiled(connection.dialect)
        raw = await driver_of(connection)
        arguments = compiled.arguments(values)
        with known_faults(compiled.text):
            if isinstance(raw, asyncpg.Connection):
                status = await raw.execute(compiled.text, *arguments)
                return int(status.rpartition(" ")[2])
            return int(raw.now(compiled.text, arguments).rowcount)

    def run_here(self, raw: LoopConnection, dialect: Dialect, values: Values) -> int:
        """`run` on SQLite, where nothing is waited for."""
        compiled = self.compiled(dialect)
        with known_faults(compiled.text):
            return raw.now(compiled.text, compiled.arguments(values)).rowcount

    async def run_many(self, connection: AsyncConnection, rows: Sequence[Values]) -> None:
        """Execute a change once for each of a few rows."""
        compiled = self.compiled(connection.dialect)
        raw = await driver_of(connection)
        arguments = [compiled.arguments(values) for values in rows]
        with known_faults(compiled.text):
            if isinstance(raw, asyncpg.Connection):
                await raw.executemany(compiled.text, arguments)
            else:
                raw.many(compiled.text, arguments)

    def compiled(self, dialect: Dialect) -> Compiled:
        """The statement in the words of a dialect."""
        compiled = self._compiled.get(dialect.name)
        if compiled is None:
            compiled = self._compiled[dialect.name] = _compile(self.statement, dialect, self.names)
        return compiled


@dataclass(frozen=True, slots=True)
class Changes:
    """Changes of different rows that are made together, in this order. When one of the first `guards` finds no row,
    `refusal` is raised and none is made."""

    changes: Sequence[tuple[Prepared, Values]]
    guards: int = 0
    refusal: type[Exception] = LookupError
    shared: str = ""
    """Names the row that others wait for, if there is one."""

    def and_then(self, more: Sequence[tuple[Prepared, Values]]) -> "Changes":
        return replace(self, changes=[*self.changes, *more])

    async def make(self, connection: AsyncConnection) -> None:
        """One round trip on PostgreSQL, where each costs several times the change: all see the database as it was
        before, and lock their rows in the order given. SQLite has no round trips."""
        if connection.dialect.name == "postgresql":
            return await self._join(connection)
        self.make_here(await driver_of(connection), connection.dialect)
        return None

    def make_here(self, raw: LoopConnection, dialect: Dialect) -> None:
        """`make` on SQLite, where nothing is waited for."""
        for number, (statement, values) in enumerate(self.changes):
            if statement.run_here(raw, dialect, values) == 0 and number < self.guards:
                raise self.refusal()

    async def _join(self, connection: AsyncConnection) -> None:
        """Alone in its transaction, the statement needs neither BEGIN nor COMMIT."""
        text = joined(tuple(statement for statement, _ in self.changes), self.guards, connection.dialect)
        adapted = connection.sync_connection.connection.dbapi_connection  # type: ignore[union-attr]
        arguments: list[object] = []
        for statement, values in self.changes:
            arguments += statement.compiled(connection.dialect).arguments(values)
        with known_faults(text):
            try:
                await adapted.driver_connection.execute(text, *arguments)  # type: ignore[union-attr]
            except asyncpg.DivisionByZeroError as error:
                raise self.refusal() from error


@lru_cache(512)
def joined(statements: tuple[Prepared, ...], guards: int, dialect: Dialect) -> str:
    """`WITH change0 AS (… RETURNING 1), … SELECT`, the parameters numbered through.

    What is selected makes PostgreSQL run the changes in their order, and fails at a guard that found no row.
    """
    parts, counts, before = [], [], 0
    for number, statement in enumerate(statements):
        compiled = statement.compiled(dialect)
        text = PARAMETER.sub(lambda found, shift=before: f"${int(found[1]) + shift}", compiled.text)  # type: ignore[misc]
        parts.append(f"change{number} AS ({text} RETURNING 1)")
        count = f"(SELECT count(*) FROM change{number})"  # noqa: S608 - a number of ours
        counts.append(f"1 / {count}" if number < guards else count)
        before += len(compiled.parameters)
    return f"WITH {', '.join(parts)} SELECT {', '.join(counts)}"


def _compile(statement: Statement, dialect: Dialect, names: Sequence[str]) -> Compiled:
    made = statement.compile(dialect=dialect, column_keys=list(names) or None)
    assert isinstance(made, SQLCompiler)  # noqa: S101 - told to the type checker
    order = tuple(made.positiontup or ())
    columns = made._result_columns
    return Compiled(
        text=made.string,
        parameters=tuple((name, made.params[name], made._bind_processors.get(name)) for name in order),  # type: ignore[misc]
        columns=tuple(column.keyname for column in columns),
        results=tuple(
            (place, convert)
            for place, column in enumerate(columns)
            if (convert := _converter(column.type, dialect)) is not None
        ),
        make_row=getattr(namedtuple("Record", [column.keyname for column in columns], rename=True), "_make"),  # noqa: B009
    )


def _converter(kind: TypeEngine[Any], dialect: Dialect) -> Convert | None:
    """What makes a value of the driver ours. PostgreSQL's driver speaks our types, except those that we decorate."""
    if dialect.name == "postgresql" and not isinstance(kind, TypeDecorator):
        return None
    return kind.dialect_impl(dialect).result_processor(dialect, None)


async def driver_of(connection: AsyncConnection):  # type: ignore[no-untyped-def]
    """The driver's connection, inside the transaction that runs on `connection`."""
    adapted = connection.sync_connection.connection.dbapi_connection  # type: ignore[union-attr]
    if connection.dialect.name == "postgresql" and adapted._transaction is None:  # type: ignore[union-attr]
        await adapted._start_transaction()  # type: ignore[union-attr]
    return adapted.driver_connection  # type: ignore[union-attr]


class known_faults:  # noqa: N801 - a context manager, used as one
    """Faults of the drivers under the names that the rest of the product knows."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, asyncpg.IntegrityConstraintViolationError | sqlite3.IntegrityError):
            raise IntegrityError(self.text, None, error) from error
        if isinstance(
            error,
            asyncpg.InterfaceError
            | asyncpg.InternalClientError
            | asyncpg.PostgresConnectionError
            | OSError
            | sqlite3.OperationalError,
        ):
            raise OperationalError(self.text, None, error) from error
