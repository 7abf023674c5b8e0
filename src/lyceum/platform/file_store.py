"""Files in a folder or in an S3 bucket, through one library, with bounded memory in both directions."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

import obstore
from obstore.exceptions import BaseError as StoreError
from obstore.store import LocalStore, S3Store

from lyceum.platform.file_links import FileLinks
from lyceum.platform.files import FileMissing, FileTooLarge, Stored, require_key
from lyceum.platform.http_errors import NoSpace, Unavailable
from lyceum.platform.settings import Settings

PART = 5 << 20
"""The least that S3 takes as one part; also what is sent in one piece without parts."""
PARTS_IN_FLIGHT = 3
READ = 256 << 10
FULL = ("StorageFull", "os error 28", "os error 122", "InsufficientStorage", "QuotaExceeded", "507 ")


class FilesUnavailable(Unavailable):
    code = "lyceum.files_unavailable"
    text = "The file store is not answering right now. Nothing was changed; try again in a few seconds."


@dataclass(frozen=True, slots=True)
class StoredFiles:
    """`Files` over an object store. `adapter` says to the operator where that is."""

    store: LocalStore | S3Store
    links: FileLinks
    adapter: str

    async def put(self, key: str, chunks: AsyncIterator[bytes], limit: int) -> Stored:
        meter = Meter(chunks, limit, require_key(key))
        begin = bytearray()
        async for chunk in meter:
            begin += chunk
            if len(begin) > PART:
                break
        else:
            await self._write(key, bytes(begin))
            return meter.stored()
        meter.begin = bytes(begin)
        del begin
        writing = asyncio.ensure_future(
            obstore.put_async(
                self.store, key, meter.resumed(), chunk_size=PART, max_concurrency=PARTS_IN_FLIGHT, use_multipart=True
            )
        )
        try:
            await asyncio.shield(writing)
        except asyncio.CancelledError:
            # Cancelled outright, the upload would leave its parts in the bucket; stopped by its source, it aborts.
            meter.stop()
            with suppress(Exception, asyncio.CancelledError):
                await writing
            raise
        except StoreError as error:
            raise _refusal(error) from error
        return meter.stored()

    async def _write(self, key: str, body: bytes) -> None:
        try:
            await obstore.put_async(self.store, key, body, use_multipart=False)
        except StoreError as error:
            raise _refusal(error) from error

    async def get(self, key: str, start: int = 0, stop: int | None = None) -> AsyncGenerator[bytes]:
        if stop is not None and stop <= start:
            return
        try:
            found = await obstore.get_async(
                self.store,
                require_key(key),
                options={"range": (start, stop) if stop is not None else {"offset": start}} if start or stop else None,
            )
            async for chunk in found.stream(min_chunk_size=READ):
                yield bytes(chunk)
        except FileNotFoundError as error:
            raise FileMissing from error
        except StoreError as error:
            raise _refusal(error) from error

    async def head(self, key: str) -> int:
        try:
            return (await obstore.head_async(self.store, require_key(key)))["size"]
        except FileNotFoundError as error:
            raise FileMissing from error
        except StoreError as error:
            raise _refusal(error) from error

    async def delete(self, keys: Sequence[str]) -> None:
        for key in keys:
            try:
                await obstore.delete_async(self.store, require_key(key))
            except FileNotFoundError:
                continue
            except StoreError as error:
                raise _refusal(error) from error

    def link(self, key: str, name: str, mime: str, seconds: int | None = None, *, download: bool = False) -> str:
        return self.links.make(require_key(key), name, mime, seconds, download=download)


class Meter:
    """Counts and hashes what passes, and refuses what passes the limit.

    The store's own threads drive the second half of the iteration, each step in a task of its own; `stop` ends the
    running step, so that the store sees its source fail and takes back what it has written.
    """

    def __init__(self, chunks: AsyncIterator[bytes], limit: int, key: str) -> None:
        self.chunks = chunks
        self.limit = limit
        self.key = key
        self.size = 0
        self.hash = hashlib.sha256()
        self.begin = b""
        self.stopped = False
        self._step: asyncio.Task[object] | None = None

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        chunk = await anext(self.chunks)
        self.size += len(chunk)
        if self.size > self.limit:
            raise FileTooLarge.named(self.key, self.limit, self.key)
        self.hash.update(chunk)
        return chunk

    async def resumed(self) -> AsyncIterator[bytes]:
        begin, self.begin = self.begin, b""
        yield begin
        del begin
        while not self.stopped:
            self._step = asyncio.current_task()
            try:
                yield await anext(self)
            except StopAsyncIteration:
                return
        raise RuntimeError("The upload was given up.")

    def stop(self) -> None:
        self.stopped = True
        if self._step is not None:
            self._step.cancel()

    def stored(self) -> Stored:
        return Stored(self.size, self.hash.hexdigest())


def _refusal(error: StoreError) -> NoSpace | FilesUnavailable:
    cause = str(error)
    return NoSpace() if any(word in cause for word in FULL) else FilesUnavailable(retry_after=5)


async def read_all(files: "StoredFiles", key: str, limit: int) -> bytes:
    """The whole file, if it has at most `limit` bytes; FileTooLarge otherwise."""
    body = bytearray()
    async with aclosing(files.get(key)) as chunks:
        async for chunk in chunks:
            body += chunk
            if len(body) > limit:
                raise FileTooLarge.named(key, limit, key)
    return bytes(body)


def _credentials(settings: Settings) -> dict[str, str]:
    """What the settings say of the server and the keys; the rest is found as Amazon's own tools find it."""
    said: dict[str, str] = {}
    if settings.s3_endpoint:
        said["endpoint"] = settings.s3_endpoint
    if settings.s3_access_key:
        said["access_key_id"] = settings.s3_access_key
        said["secret_access_key"] = settings.s3_secret_key
    return said


def open_files(settings: Settings, links: FileLinks) -> StoredFiles:
    """The store that the settings choose: `s3://BUCKET[/PREFIX]`, or the folder `files` of the data folder."""
    if not settings.files_url:
        folder = settings.data_dir / "files"
        return StoredFiles(LocalStore(folder, mkdir=True, automatic_cleanup=True), links, f"folder {folder}")
    address = urlsplit(settings.files_url)
    store = S3Store(
        address.netloc,
        prefix=address.path.strip("/") or None,
        **_credentials(settings),  # type: ignore[arg-type]
        region=settings.s3_region,
        virtual_hosted_style_request=not settings.s3_endpoint,
        client_options={
            "allow_http": settings.s3_endpoint.startswith("http://"),
            "connect_timeout": timedelta(seconds=5),
            "read_timeout": timedelta(seconds=30),
            "timeout": timedelta(hours=2),
        },
        retry_config={"max_retries": 3, "retry_timeout": timedelta(seconds=20)},
    )
    return StoredFiles(store, links, settings.files_url)
