"""The port of files: whatever is too big for a row, kept under a key, streamed both ways, opened by a signed link."""

import errno
import re
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from lyceum.kernel.errors import FieldProblem, Invalid, NotFound
from lyceum.kernel.ids import uuid7
from lyceum.platform.http_errors import NoSpace

KEY = re.compile(r"[a-z0-9][a-z0-9_-]*(/[a-z0-9][a-z0-9_-]*){1,5}")
NAME_LENGTH = 120
MIB = 1 << 20
DEVICES = frozenset({"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))})
"""What Windows takes for a device, whatever the ending."""
FULL_DISK = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class FileMissing(NotFound):
    code = "lyceum.file_missing"
    text = "There is no such file any more. It was removed, or never finished uploading; upload it again."


class FileTooLarge(Invalid):
    code = "lyceum.file_too_large"
    text = "{name} is larger than the {limit_mb} MiB allowed here. Nothing was kept; make it smaller and send it again."

    @classmethod
    def named(cls, name: str, limit: int, loc: str) -> "FileTooLarge":
        """The refusal of the file `name` in the field `loc`; `limit` is in bytes."""
        limit_mb = max(1, limit // MIB)
        problem = FieldProblem(loc, "file_too_large", f"larger than {limit_mb} MiB")
        return cls(name=name, limit_mb=limit_mb, problems=[problem])


@dataclass(frozen=True, slots=True)
class Stored:
    """What was written: bytes, and their SHA-256 in hexadecimal."""

    size: int
    sha256: str


class Files(Protocol):
    """Objects under keys. A key is written once: what stands under it never changes, only goes away."""

    async def put(self, key: str, chunks: AsyncIterator[bytes], limit: int) -> Stored:
        """Write everything `chunks` yields, or nothing at all; FileTooLarge beyond `limit` bytes, NoSpace when full."""

    def get(self, key: str, start: int = 0, stop: int | None = None) -> AsyncGenerator[bytes]:
        """Yield the bytes from `start` up to `stop` (the end by default); FileMissing when there is no such key."""

    async def head(self, key: str) -> int:
        """The size in bytes; FileMissing when there is no such key."""

    async def delete(self, keys: Sequence[str]) -> None:
        """Remove the keys; those that do not exist are no error."""

    def link(self, key: str, name: str, mime: str, seconds: int | None = None, *, download: bool = False) -> str:
        """A path on this site that opens the file for at least `seconds`, shown as `name`, of the type `mime`."""


@contextmanager
def room_on_disk() -> Iterator[None]:
    """Raise NoSpace when writing a file of this machine inside the block meets a full disk or a quota."""
    try:
        yield
    except OSError as error:
        if error.errno in FULL_DISK:
            raise NoSpace from error
        raise


def new_key(prefix: str) -> str:
    """A fresh key below `prefix`, which names the owner (`bank`, `imports`); spread over 256 folders."""
    id = uuid7().hex
    return f"{prefix}/{id[-2:]}/{id}"


def require_key(key: str) -> str:
    """`key` itself, if it cannot lead anywhere but below the root of the store."""
    if not KEY.fullmatch(key):
        raise ValueError(f"{key!r} is not a key of a file; make one with new_key().")
    return key


def safe_name(name: str) -> str:
    """A file name to show and to save under: no folders, no control characters, no leading dots, no device of Windows,
    120 characters."""
    last = re.split(r"[/\\]", name)[-1]
    shown = "".join(letter for letter in last if letter.isprintable() and letter not in '<>:"|?*').strip(" .")
    if shown.partition(".")[0].strip().casefold() in DEVICES:
        shown = f"_{shown}"
    if len(shown) > NAME_LENGTH:
        stem, dot, suffix = shown.rpartition(".")
        ending = f".{suffix}" if dot and stem and len(suffix) <= 10 else ""
        shown = shown[: NAME_LENGTH - len(ending)] + ending
    return shown or "file"
