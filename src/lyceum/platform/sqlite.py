"""SQLite inside the event loop: an asyncio dialect for SQLAlchemy without a thread between every two calls.

A statement of the product takes tens of microseconds, a hop to a thread and back several times that, and
the stock asyncio driver makes four hops for each statement. So `execute` runs where it is called; bulk writes
(`executemany`), which do take long, go to a thread. A locked database is waited for with the loop free.
"""

import asyncio
import sqlite3
import time
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Self

from sqlalchemy import URL, pool
from sqlalchemy.connectors.asyncio import AsyncAdapt_dbapi_connection, AsyncAdapt_dbapi_module
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine.interfaces import DBAPIConnection

BUSY_SECONDS = 30.0
BULK_ROWS = 20

type Row = tuple[object, ...]
type Parameters = Sequence[object] | dict[str, object]


class LoopCursor:
    """`sqlite3.Cursor` with the asyncio shape that SQLAlchemy's adapter expects."""

    __slots__ = ("_cursor", "arraysize")

    def __init__(self, cursor: sqlite3.Cursor) -> None:
        self._cursor = cursor
        self.arraysize = 1

    async def __aenter__(self) -> Self:
        return self

    @property
    def description(self) -> object:
        return self._cursor.description

    @property
    def rowcount(self) -> int:
        return self._cursor.rowcount

    @property
    def lastrowid(self) -> int | None:
        return self._cursor.lastrowid

    async def execute(self, operation: str, parameters: Parameters = ()) -> None:
        try:
            self._cursor.execute(operation, parameters)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise
            await self._wait_for_lock(operation, parameters)

    async def _wait_for_lock(self, operation: str, parameters: Parameters) -> None:
        deadline, pause = time.monotonic() + BUSY_SECONDS, 0.002
        while True:
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, 0.1)
            try:
                self._cursor.execute(operation, parameters)
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                    raise
            else:
                return

    async def executemany(self, operation: str, parameters: Sequence[Parameters]) -> None:
        if len(parameters) <= BULK_ROWS:
            self._cursor.executemany(operation, parameters)
        else:
            await asyncio.to_thread(self._cursor.executemany, operation, parameters)

    async def fetchone(self) -> Row | None:
        row: Row | None = self._cursor.fetchone()
        return row

    async def fetchmany(self, size: int | None = None) -> list[Row]:
        return self._cursor.fetchmany(size or self.arraysize)

    async def fetchall(self) -> list[Row]:
        return self._cursor.fetchall()

    async def close(self) -> None:
        self._cursor.close()


class LoopConnection:
    """`sqlite3.Connection` with coroutines that finish at once."""

    __slots__ = ("_connection",)

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def cursor(self) -> LoopCursor:
        return LoopCursor(self._connection.cursor())

    @property
    def in_transaction(self) -> bool:
        return self._connection.in_transaction

    def now(self, operation: str, parameters: Parameters) -> sqlite3.Cursor:
        """Execute at once, without SQLAlchemy; for statements inside a transaction that holds its lock."""
        return self._connection.execute(operation, parameters)

    def many(self, operation: str, parameters: Sequence[Parameters]) -> None:
        self._connection.executemany(operation, parameters)

    def create_function(
        self, name: str, arguments: int, function: Callable[..., str | None], *, deterministic: bool = False
    ) -> None:
        self._connection.create_function(name, arguments, function, deterministic=deterministic)

    async def begin(self) -> None:
        """Take the lock of the one writer, or wait for it."""
        await self.cursor().execute("BEGIN IMMEDIATE")

    def commit(self) -> None:
        self._connection.commit()

    def rollback(self) -> None:
        self._connection.rollback()

    async def close(self) -> None:
        self._connection.close()


class AdaptedConnection(AsyncAdapt_dbapi_connection):
    """Commits and rolls back where it is called: there is nothing to wait for."""

    __slots__ = ()

    @property
    def _here(self) -> LoopConnection:
        connection: object = self._connection
        assert isinstance(connection, LoopConnection)  # noqa: S101 - told to the type checker
        return connection

    def commit(self) -> None:
        try:
            self._here.commit()
        except Exception as error:  # noqa: BLE001 - the adapter's own way to tell
            self._handle_exception(error)

    def rollback(self) -> None:
        try:
            self._here.rollback()
        except Exception as error:  # noqa: BLE001 - the adapter's own way to tell
            self._handle_exception(error)

    def create_function(
        self, name: str, arguments: int, function: Callable[..., str | None], *, deterministic: bool = False
    ) -> None:
        """SQLAlchemy registers its REGEXP and FLOOR functions with this."""
        self._connection.create_function(name, arguments, function, deterministic=deterministic)


class LoopModule(AsyncAdapt_dbapi_module):
    """The DBAPI module face of this driver."""

    paramstyle = "qmark"

    def __init__(self) -> None:
        super().__init__(sqlite3)
        for name in (
            "DatabaseError",
            "Error",
            "IntegrityError",
            "NotSupportedError",
            "OperationalError",
            "ProgrammingError",
            "InterfaceError",
            "sqlite_version",
            "sqlite_version_info",
            "PARSE_COLNAMES",
            "PARSE_DECLTYPES",
            "Binary",
        ):
            setattr(self, name, getattr(sqlite3, name))

    def connect(self, *args: object, **options: object) -> AdaptedConnection:
        options["check_same_thread"] = False
        options["isolation_level"] = None
        connection = LoopConnection(sqlite3.connect(*args, **options))  # type: ignore[call-overload]
        return AdaptedConnection(self, connection)  # type: ignore[arg-type]


class LoopSQLite(SQLiteDialect_pysqlite):
    """`sqlite+loop://`: registered in `platform.database`."""

    driver = "loop"
    supports_statement_cache = True
    is_async = True

    @classmethod
    def import_dbapi(cls) -> ModuleType:
        return LoopModule()  # type: ignore[return-value]

    @classmethod
    def get_pool_class(cls, url: URL) -> type[pool.Pool]:
        return pool.AsyncAdaptedQueuePool

    def get_driver_connection(self, connection: DBAPIConnection) -> object:
        return connection._connection
