"""Archives of strangers: looked at whole before anything is unpacked, and never unpacked to a path of theirs.

Refused: paths that lead out, links, names that stand twice, encryption, and what would unpack beyond measure.
"""

import lzma
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import IO, BinaryIO

from lyceum.bank.adapters.formats.reasons import FileMalformed, FileRefused, FileTruncated, Refuse

MAX_DIRECTORY = 32 << 20
"""Bytes of the list of contents; it is held in memory, so it is measured before it is read."""
MAX_FILES = 100_000
MAX_TOTAL = 4 << 30
"""Bytes of all files, unpacked."""
MAX_RATIO = 300

_END, _END64, _LOCATOR64 = b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07"
_END_SIZE, _END64_SIZE, _LOCATOR64_SIZE = 22, 56, 20
_OUTSIDE = re.compile(r"^[/\\]|^[A-Za-z]:|(?:^|[/\\])\.\.(?:[/\\]|$)|\x00")
_UNREADABLE = (NotImplementedError, RuntimeError, OSError, EOFError, ValueError, zlib.error, lzma.LZMAError)


class Archive:
    """A zip archive whose directory is known to be harmless. `files` maps names to what the directory says of them."""

    def __init__(self, file: BinaryIO) -> None:
        """Raise bank.file_refused, bank.file_truncated or bank.file_malformed."""
        with _refusals():
            _measure(file)
            self._zip = zipfile.ZipFile(file)
        self.files: Mapping[str, zipfile.ZipInfo] = _checked(self._zip.infolist())

    def read(self, name: str, limit: int) -> bytes:
        """A file of up to `limit` bytes. Raise Refuse for a larger one, bank.file_malformed for a damaged one."""
        info = self.files[name]
        if info.file_size > limit:
            raise Refuse(
                "media_too_large", "The file '{name}' is larger than {most} MiB.", name=name[-120:], most=limit >> 20
            )
        with self.open(name) as opened:
            return opened.read(limit + 1)

    @contextmanager
    def open(self, name: str) -> Iterator[IO[bytes]]:
        """A file to read from. What is damaged or cannot be unpacked is refused, also while it is being read."""
        with _refusals(), self._zip.open(self.files[name]) as opened:
            yield opened


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except zipfile.BadZipFile as error:
        if "not a zip file" in str(error).lower():
            raise FileTruncated(place="the end of the archive") from error
        raise FileMalformed(place="the archive", why=str(error)[:200]) from error
    except _UNREADABLE as error:
        raise FileMalformed(place="the archive", why=str(error)[:200]) from error


def _measure(file: BinaryIO) -> None:
    """Refuse a directory that would not fit into memory, by what the end of the archive says of its size."""
    end = file.seek(0, 2)
    start = max(0, end - _END_SIZE - (1 << 16) - _END64_SIZE - _LOCATOR64_SIZE)
    file.seek(start)
    tail = file.read()
    at = len(tail) - _END_SIZE
    if not (tail[at:].startswith(_END) and tail.endswith(b"\x00\x00")):
        at = tail.rfind(_END)
    if at < 0 or len(tail) - at < _END_SIZE:
        raise FileTruncated(place="the end of the archive")
    count, size = struct.unpack_from("<HI", tail, at + 10)
    if tail[at - _LOCATOR64_SIZE : at].startswith(_LOCATOR64) and at >= _LOCATOR64_SIZE + _END64_SIZE:
        wide = at - _LOCATOR64_SIZE - _END64_SIZE
        if tail[wide:].startswith(_END64):
            count, size = struct.unpack_from("<QQ", tail, wide + 32)
    if size > MAX_DIRECTORY or count > MAX_FILES:
        raise FileRefused(place="the archive", why=f"it holds more than {MAX_FILES} files")
    file.seek(0)


def _checked(parts: list[zipfile.ZipInfo]) -> dict[str, zipfile.ZipInfo]:
    if len(parts) > MAX_FILES:
        raise FileRefused(place="the archive", why=f"it holds more than {MAX_FILES} files")
    if sum(part.file_size for part in parts) > MAX_TOTAL:
        raise FileRefused(place="the archive", why=f"it would unpack to more than {MAX_TOTAL >> 30} GiB")
    files: dict[str, zipfile.ZipInfo] = {}
    for part in parts:
        place = part.filename[:80]
        if _OUTSIDE.search(part.orig_filename):
            raise FileRefused(place=place, why="its path leads out of the archive")
        if part.is_dir():
            continue
        if stat.S_ISLNK(part.external_attr >> 16):
            raise FileRefused(place=place, why="it is a link")
        if part.flag_bits & 0x1:
            raise FileRefused(place=place, why="it is encrypted")
        if part.file_size > MAX_RATIO * max(part.compress_size, 4096):
            raise FileRefused(place=place, why="it would unpack to far more than it is")
        if part.filename in files:
            raise FileRefused(place=place, why="the archive holds two files of this name")
        files[part.filename] = part
    return files
