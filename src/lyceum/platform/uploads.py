"""Forms with files, read as they arrive: each file goes straight to the store, in bounded memory.

A key is noted as pending before its bytes are written, and the note is removed by the transaction that makes use of
the file. Whatever is still noted when the request ends was not used, and is deleted; after a crash the sweep does it.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy import Column, Index, String, Table, delete, insert, select

from lyceum.kernel.errors import FieldProblem
from lyceum.platform.database import Database, SqlTransaction, UTCDateTime, metadata
from lyceum.platform.files import MIB, FileMissing, Files, FileTooLarge, new_key, safe_name
from lyceum.platform.http_errors import AnyRequest, Malformed, TooLarge
from lyceum.platform.multipart_reader import MultipartReader, Part

HEAD = 8192
FORGOTTEN = timedelta(hours=24)
DRAIN_BYTES = 64 * MIB
DRAIN_SECONDS = 10
log = structlog.get_logger()

pending_files = Table(
    "pending_files",
    metadata,
    Column("key", String(200), primary_key=True),
    Column("since", UTCDateTime, nullable=False),
    Index("ix_pending_files_since", "since"),
)


@dataclass(frozen=True, slots=True)
class FileField:
    """What a form takes under one name: up to `many` files of up to `limit` bytes each.

    `accept` sees a file's first bytes and its name before anything else is written, and raises to refuse it.
    """

    limit: int
    many: int = 1
    accept: Callable[[bytes, str, str], object] | None = None


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that was received: `head` is its first 8 KiB, `loc` its place in the form (`photos/0`)."""

    loc: str
    name: str
    key: str
    size: int
    sha256: str
    head: bytes


@dataclass(frozen=True, slots=True)
class Form:
    """What was received, by the names of the fields."""

    texts: dict[str, list[str]] = field(default_factory=dict)
    files: dict[str, list[Upload]] = field(default_factory=dict)
    keys: list[str] = field(default_factory=list)

    def text(self, name: str) -> str | None:
        """The first text sent under `name`."""
        return next(iter(self.texts.get(name, ())), None)

    def file(self, name: str) -> Upload | None:
        """The first file sent under `name`."""
        return next(iter(self.files.get(name, ())), None)


@dataclass(frozen=True, slots=True)
class PendingFiles:
    """The use case's side of it: notes in the running transaction which files it uses, and which it lets go."""

    transaction: SqlTransaction

    async def keep(self, keys: Sequence[str]) -> None:
        """The files stay, if this transaction commits; FileMissing when one was swept away or never received."""
        if not keys:
            return
        found = await self.transaction.connection.execute(delete(pending_files).where(pending_files.c.key.in_(keys)))
        if found.rowcount != len(set(keys)):
            raise FileMissing

    async def drop(self, keys: Sequence[str]) -> None:
        """The files are deleted a day after this transaction commits, when no link to them holds any more."""
        if keys:
            now = datetime.now(UTC)
            await self.transaction.connection.execute(
                insert(pending_files), [{"key": key, "since": now} for key in keys]
            )


@dataclass(frozen=True, slots=True)
class Uploads:
    """Receives forms. `limit` is what one request may bring in all, in bytes."""

    files: Files
    database: Database
    limit: int

    @asynccontextmanager
    async def receive(
        self, request: AnyRequest, prefix: str, *, texts: Mapping[str, int], files: Mapping[str, FileField]
    ) -> AsyncIterator[Form]:
        """Read a multipart form whose text fields (name → longest, in bytes) and file fields are these and no others.

        Inside the block the files exist; those that no committed `PendingFiles.keep` named are deleted at its end.
        Malformed, FileTooLarge, TooLarge, NoSpace, or what a field's `accept` raises. The route must be declared with
        `request_max_body_size=None` and take no `data`.
        """
        form = Form()
        reader = self._reader(request)
        try:
            try:
                async for part in reader.parts():
                    await self._take(part, prefix, form, texts, files)
            except Exception:
                await _drain(reader)
                raise
            yield form
        finally:
            await asyncio.shield(self._clean(form.keys))

    async def expect(self, keys: Sequence[str]) -> None:
        """Note keys about to be written outside a form, so that a crash leaves nothing behind."""
        async with SqlTransaction(self.database) as transaction:
            await PendingFiles(transaction).drop(keys)

    async def sweep(self, now: datetime) -> int:
        """Delete what has been pending for a day at `now`; how many files that were."""
        forgotten = select(pending_files.c.key).where(pending_files.c.since < now - FORGOTTEN).limit(500)
        total = 0
        while True:
            async with self.database.read() as connection:
                keys = list(await connection.scalars(forgotten))
            if not keys:
                return total
            await self._delete(keys)
            total += len(keys)

    def _reader(self, request: AnyRequest) -> MultipartReader:
        limit_mb = self.limit // MIB
        length = request.headers.get("content-length", "")
        if length.isdigit() and int(length) > self.limit:
            raise TooLarge(limit_mb=limit_mb)
        return MultipartReader(request.headers.get("content-type", ""), request.stream(), self.limit)

    async def _take(
        self, part: Part, prefix: str, form: Form, texts: Mapping[str, int], files: Mapping[str, FileField]
    ) -> None:
        if part.name in texts:
            form.texts.setdefault(part.name, []).append(await part.text(texts[part.name]))
        elif (wanted := files.get(part.name)) is None:
            raise Malformed(problems=[FieldProblem(part.name, "unknown", "there is no such field here")])
        elif part.file_name is None:
            if await part.text(0):
                raise Malformed(problems=[FieldProblem(part.name, "no_file", "this field takes a file with a name")])
        else:
            received = form.files.setdefault(part.name, [])
            if len(received) >= wanted.many:
                raise Malformed(problems=[FieldProblem(part.name, "too_many", f"more than {wanted.many} files")])
            loc = part.name if wanted.many == 1 else f"{part.name}/{len(received)}"
            received.append(await self._store(part, loc, new_key(prefix), form, wanted))

    async def _store(self, part: Part, loc: str, key: str, form: Form, wanted: FileField) -> Upload:
        name = safe_name(part.file_name or "")
        head = await part.head(HEAD)
        if wanted.accept is not None:
            wanted.accept(head, name, loc)
        await self.expect([key])
        form.keys.append(key)
        try:
            stored = await self.files.put(key, part.chunks(), wanted.limit)
        except FileTooLarge as error:
            raise FileTooLarge.named(name, wanted.limit, loc) from error
        return Upload(loc, name, key, stored.size, stored.sha256, head)

    async def _clean(self, keys: Sequence[str]) -> None:
        if not keys:
            return
        try:
            async with self.database.read() as connection:
                unused = list(
                    await connection.scalars(select(pending_files.c.key).where(pending_files.c.key.in_(keys)))
                )
            if unused:
                await self._delete(unused)
        except Exception as error:  # noqa: BLE001 - the sweep deletes them tomorrow
            log.warning("files.clean_failed", error=repr(error)[:500])

    async def _delete(self, keys: Sequence[str]) -> None:
        await self.files.delete(keys)
        async with SqlTransaction(self.database) as transaction:
            await transaction.connection.execute(delete(pending_files).where(pending_files.c.key.in_(keys)))


async def _drain(reader: MultipartReader) -> None:
    """Read on for a while: a browser that is still sending does not look at the refusal."""
    with suppress(Exception):
        async with asyncio.timeout(DRAIN_SECONDS):
            await reader.skip(DRAIN_BYTES)
