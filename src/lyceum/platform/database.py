"""One database, SQLite or PostgreSQL, behind the same code: engines, the transaction, column types.

SQLite: one write connection that begins with BEGIN IMMEDIATE (a plain BEGIN that reads first and then writes fails
at once under concurrency), and a pool of read-only connections, in WAL mode. PostgreSQL: one pool.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec
from sqlalchemy import JSON, Connection, DateTime, Dialect, MetaData, TypeDecorator, event
from sqlalchemy.dialects import registry as dialects
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import registry
from sqlalchemy.pool import PoolProxiedConnection
from sqlalchemy.util import greenlet_spawn

from lyceum.platform.batches import Batches
from lyceum.platform.joint import make_in_turn, make_together, read_together
from lyceum.platform.prepared import Changes, Prepared, Record, Values, known_faults
from lyceum.platform.sqlite import LoopConnection

dialects.register("sqlite.loop", "lyceum.platform.sqlite", "LoopSQLite")

MAPPED_BYTES = 32 << 20
"""How much of a SQLite file each connection maps at most."""
LOG_PAGES = 4_000
"""How long the log grows before a commit copies it into the SQLite file, waiting for the disk and the loop with it."""
MOST = 256
"""Changes or reads of one batch: in a rush, a round trip waits longer for its turn in the process than at the
database."""

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)
mapper_registry = registry(metadata=metadata)


class UTCDateTime(TypeDecorator[datetime]):
    """Aware UTC in, aware UTC out; SQLite would drop the zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else in_utc(value)

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], object] | None:
        return as_text if dialect.name == "sqlite" else super().bind_processor(dialect)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None] | None:
        return from_text if dialect.name == "sqlite" else super().result_processor(dialect, coltype)


def in_utc(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("A naive time reached the database; times are aware UTC.")
    return value.astimezone(UTC)


def as_text(value: datetime | None) -> str | None:
    """A time as SQLite keeps it: without zone, always with six digits of a second, so that text sorts as time."""
    return None if value is None else in_utc(value).isoformat(" ", "microseconds")[:26]


def from_text(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value).replace(tzinfo=UTC)


class StringList(TypeDecorator[tuple[str, ...]]):
    """A short list of words in one column, kept as JSON; comes back as a tuple."""

    impl = JSON().with_variant(JSONB(), "postgresql")
    cache_ok = True

    def process_bind_param(self, value: Sequence[str] | None, dialect: Dialect) -> list[str] | None:
        return None if value is None else list(value)

    def process_result_value(self, value: list[str] | None, dialect: Dialect) -> tuple[str, ...]:
        return tuple(value or ())


@dataclass(frozen=True, slots=True)
class Database:
    """The engines of one database. `reads` never writes; `writes` is where transactions run."""

    writes: AsyncEngine
    reads: AsyncEngine
    _writer: Sequence[LoopConnection] = ()
    _aside: list[PoolProxiedConnection] = field(default_factory=list, init=False, compare=False)
    _changes: Batches[Changes, None] = field(init=False, compare=False)
    _queries: Batches[tuple[Prepared, Values], list[Record]] = field(init=False, compare=False)

    def __post_init__(self) -> None:
        """While one batch of changes is at PostgreSQL, the next is made ready and sent; SQLite has one writer."""
        object.__setattr__(self, "_changes", Batches(self._make, most=MOST, lanes=1 if self.is_sqlite else 2))
        object.__setattr__(self, "_queries", Batches(self._query, most=MOST, lanes=2))

    @classmethod
    def connect(cls, url: str, *, pool_size: int = 10) -> Self:
        """Make the engines for `sqlite:///PATH` or `postgresql://USER@HOST/NAME`; opens nothing yet."""
        if make_url(url).get_backend_name() == "sqlite":
            return cls(*_sqlite_engines(url, pool_size))
        engine = create_async_engine(
            make_url(url).set(drivername="postgresql+asyncpg"),
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=10,
            json_serializer=_encode_json,
            json_deserializer=msgspec.json.decode,
        )
        return cls(engine, engine.execution_options(isolation_level="AUTOCOMMIT"))

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self.writes.dialect.name

    @property
    def is_sqlite(self) -> bool:
        return self.dialect == "sqlite"

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A connection for reading outside any transaction."""
        async with self.reads.connect() as connection:
            yield connection

    async def reader(self) -> LoopConnection | None:
        """On SQLite a connection for short prepared reads, None elsewhere.

        Taking a connection from the pool costs several times such a read, and as a read runs to its end where it is
        called, nobody ever waits for the connection. The writer itself is the quickest between two transactions: the
        pages that it wrote are in its memory, while every commit empties the memory of all others.
        """
        if not self.is_sqlite:
            return None
        if self._writer and not self._writer[0].in_transaction:
            return self._writer[0]
        if not self._aside:
            self._aside.append(await greenlet_spawn(self.reads.sync_engine.raw_connection))
        driver: LoopConnection = self._aside[0].driver_connection  # type: ignore[assignment]
        return driver

    async def rows(self, statement: Prepared, values: Values) -> list[Record]:
        """On PostgreSQL the rows of a query, in one round trip with those who ask the same at that moment."""
        return await self._queries((statement, values))

    async def _query(self, asked: Sequence[tuple[Prepared, Values]]) -> Sequence[list[Record] | Exception]:
        async with self.read() as connection:
            return await read_together(connection, asked)

    async def make(self, changes: Changes) -> None:
        """Make changes durable, in one transaction with those of others that come at that moment; raise their refusal,
        or IntegrityError, and then nothing of them was made."""
        await self._changes(changes)

    async def _make(self, several: Sequence[Changes]) -> Sequence[Exception | None]:
        if not self.is_sqlite:
            async with self.read() as connection:
                return await make_together(connection, several)
        async with self.writes.connect() as connection:
            await self.begin(connection)
            told = make_in_turn(self._writer[0], connection.dialect, several)
            await connection.commit()
            return told

    async def begin(self, connection: AsyncConnection) -> None:
        """Begin the transaction of a connection for writing: on SQLite past SQLAlchemy, which would only say BEGIN; on
        PostgreSQL the first statement does."""
        if self.is_sqlite:
            with known_faults("BEGIN IMMEDIATE"):
                await self._writer[0].begin()
        connection.sync_connection.begin()  # type: ignore[union-attr]

    async def commit(self, connection: AsyncConnection) -> None:
        """Commit the transaction of `begin`."""
        if self._has_begun(connection):
            await connection.commit()
        else:
            connection.sync_connection.commit()  # type: ignore[union-attr]

    async def release(self, connection: AsyncConnection) -> None:
        """Give a connection back, rolling back what was not committed."""
        if self._has_begun(connection):
            await connection.close()
        else:
            connection.sync_connection.close()  # type: ignore[union-attr]

    def _has_begun(self, connection: AsyncConnection) -> bool:
        """Whether the driver may have anything to end. Where it has not, nothing is waited for, and the detours by
        which SQLAlchemy waits would cost more than what happens at their end."""
        sync: Connection = connection.sync_connection  # type: ignore[assignment]
        return self.is_sqlite or sync.invalidated or sync.connection.dbapi_connection._transaction is not None  # type: ignore[union-attr]

    async def close(self) -> None:
        while self._aside:
            await greenlet_spawn(self._aside.pop().close)
        await self.writes.dispose()
        await self.reads.dispose()


def _encode_json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _prepare(connection: DBAPIConnection, *, writer: bool) -> None:
    cursor = connection.cursor()
    for pragma in (
        "busy_timeout=0",
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "foreign_keys=ON",
        f"wal_autocheckpoint={LOG_PAGES}",
        # Readers read the mapped file; what they hold besides is pages of the log. Each connection has a cache, and a
        # map of its own, which counts as memory of the process.
        f"cache_size=-{8192 if writer else 2048}",
        "temp_store=MEMORY",
        f"mmap_size={MAPPED_BYTES}",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    if not writer:
        cursor.execute("PRAGMA query_only=ON")
    cursor.close()


def _sqlite_engines(url: str, pool_size: int) -> tuple[AsyncEngine, AsyncEngine, Sequence[LoopConnection]]:
    address = make_url(url).set(drivername="sqlite+loop")
    if address.database:
        Path(address.database).parent.mkdir(parents=True, exist_ok=True)
    json = {"json_serializer": _encode_json, "json_deserializer": msgspec.json.decode}
    writes = create_async_engine(address, pool_size=1, max_overflow=0, pool_timeout=30, **json)
    reads = create_async_engine(address, pool_size=pool_size, max_overflow=0, pool_timeout=10, **json)

    writer: list[LoopConnection] = []

    @event.listens_for(writes.sync_engine, "connect")
    def prepare_writer(connection: DBAPIConnection, _: object) -> None:
        _prepare(connection, writer=True)
        writer[:] = [connection._connection]

    @event.listens_for(writes.sync_engine, "close")
    def forget_writer(_: object, __: object) -> None:
        writer.clear()

    @event.listens_for(reads.sync_engine, "connect")
    def prepare_reader(connection: DBAPIConnection, _: object) -> None:
        _prepare(connection, writer=False)

    @event.listens_for(writes.sync_engine, "begin")
    def begin_immediate(connection: Connection) -> None:
        if not (writer and writer[0].in_transaction):
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    return writes, reads, writer


type CommitHook = Callable[[AsyncConnection], Awaitable[None]]


@dataclass(slots=True)
class SqlTransaction:
    """The transaction of one use case: `async with transaction:` begins, commits, or rolls all back.

    Inside the block repositories use `connection` (Core) or `session` (mapped aggregates; flushed before the commit).
    `before_commit` hooks write with the change, `after_commit` callbacks run once it is durable. What is put into
    `last` is made at the very end, after the hooks: on PostgreSQL a transaction of nothing else is one round trip.
    """

    database: Database
    before_commit: list[CommitHook] = field(default_factory=list)
    after_commit: list[Callable[[], None]] = field(default_factory=list)
    last: Changes | None = None
    _connection: AsyncConnection | None = None
    _session: AsyncSession | None = None

    @property
    def connection(self) -> AsyncConnection:
        if self._connection is None:
            raise RuntimeError("No transaction is running: open it with `async with transaction:` first.")
        return self._connection

    @property
    def session(self) -> AsyncSession:
        if self._session is None:
            self._session = AsyncSession(self.connection, expire_on_commit=False, autoflush=False)
        return self._session

    async def __aenter__(self) -> Self:
        if self._connection is not None:
            raise RuntimeError("A transaction is already running; one use case has one transaction.")
        connection = self.database.writes.connect()
        await connection.start()
        try:
            await self.database.begin(connection)
        except BaseException:
            await self.database.release(connection)
            raise
        self._connection = connection
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        connection = self.connection
        callbacks: tuple[Callable[[], None], ...] = ()
        try:
            if kind is None:
                if self._session is not None:
                    await self._session.flush()
                for hook in self.before_commit:
                    await hook(connection)
                if self.last is not None:
                    await self.last.make(connection)
                await self.database.commit(connection)
                callbacks = tuple(self.after_commit)
        finally:
            self.before_commit.clear()
            self.after_commit.clear()
            if self._session is not None:
                self._session.sync_session.expunge_all()
            self._session = self._connection = self.last = None
            await self.database.release(connection)
        for callback in callbacks:
            callback()
