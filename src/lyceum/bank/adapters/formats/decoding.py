"""Bytes into text: whole lines of UTF-8 that survive stray bytes of older code pages, and UTF-16 and Windows pages."""

import codecs
import re
from collections.abc import Iterator
from typing import BinaryIO, Protocol

from lyceum.bank.adapters.formats.reasons import FileMalformed

CHUNK = 1 << 16
MAX_LINE = 8 << 20
UTF8_BOM = b"\xef\xbb\xbf"

_CYRILLIC_RUN = re.compile("[А-Яа-яЁё]{2,}")
_HIGH = re.compile(rb"[\x80-\xff]")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_TWO_BYTE_LEADS = b"\xc3\xce\xcf\xd0\xd1"


class Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


def _mend(error: UnicodeError) -> tuple[str, int]:
    """Invalid UTF-8 is most often a Windows-1252 byte, or a sequence whose last byte a converter turned into `?`."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    bad, after = error.object[error.start : error.end], error.object[error.end : error.end + 1]
    if bad == b"\xe2\x80" and after == b"?":
        return "”", error.end + 1
    if bad in _TWO_BYTE_LEADS and after == b"?":
        return "�", error.end + 1
    return bad.decode("cp1252", "replace"), error.end


codecs.register_error("lyceum.mend", _mend)


def looks_cyrillic(data: bytes) -> bool:
    """Whether bytes above 127, read as Windows-1251, stand in runs of Russian letters rather than alone."""
    high = len(_HIGH.findall(data))
    if not high:
        return False
    letters = sum(map(len, _CYRILLIC_RUN.findall(data.decode("cp1251", "replace"))))
    return letters >= max(2, 0.7 * high)


def _repair(line: bytes) -> str:
    if looks_cyrillic(line) and not _has_utf8(line):
        return line.decode("cp1251", "replace")
    return line.decode("utf-8", "lyceum.mend")


def _has_utf8(line: bytes) -> bool:
    return any(ord(char) > 127 for char in line.decode("utf-8", "ignore"))


class Utf8Stream:
    """A byte stream in another encoding, read as UTF-8. `repaired` counts the chunks with bytes that did not fit."""

    def __init__(self, file: Readable, encoding: str) -> None:
        self._file = file
        self._decoder = codecs.getincrementaldecoder(encoding)("strict")
        self._lenient = codecs.getincrementaldecoder(encoding)(
            "lyceum.mend" if encoding == "utf-8" else "replace",
        )
        self._started = False
        self.repaired = 0
        self.ended = False

    def text(self, size: int = CHUNK) -> str:
        """Up to `size` bytes as text; empty only at the end."""
        while not self.ended:
            data = self._file.read(size)
            self.ended = not data
            text = self._decode(data)
            if text and not self._started:
                self._started = True
                text = text.removeprefix("\ufeff")
            if text:
                return text
        return ""

    def _decode(self, data: bytes) -> str:
        state = self._decoder.getstate()
        try:
            return self._decoder.decode(data, not data)
        except UnicodeDecodeError:
            self.repaired += 1
            self._lenient.setstate(state)
            text = self._lenient.decode(data, not data)
            self._decoder.setstate(self._lenient.getstate())
            return text

    def read(self, size: int = CHUNK, /) -> bytes:
        return self.text(size).encode("utf-8", "replace")


class Lines:
    """The text of a file, whole lines at a time; CRLF and CR count as LF.

    `repaired` holds the numbers (from 1) of lines whose bytes were not valid in the file's encoding, or that held
    control characters, which are left out.
    """

    def __init__(self, file: BinaryIO, encoding: str) -> None:
        wide = encoding.startswith("utf-16")
        self._file: Readable = Utf8Stream(file, encoding) if wide else file
        self._encoding = "utf-8" if wide else encoding
        self._line = 1
        self.repaired: list[int] = []

    def chunks(self) -> Iterator[str]:
        """Text in pieces that end with a line feed, the last one perhaps without.

        Raise bank.file_malformed when a line is longer than 8 MiB.
        """
        carry = b""
        first = True
        while data := self._file.read(CHUNK):
            if first:
                data, first = data.removeprefix(UTF8_BOM), False
            data = carry + data
            cut = max(data.rfind(b"\n"), data.rfind(b"\r", 0, len(data) - 1)) + 1
            carry = data[cut:]
            if len(carry) > MAX_LINE:
                raise FileMalformed(place=f"line {self._line}", why="the line is longer than 8 MiB")
            if cut:
                yield self._decode(data[:cut])
        if carry:
            yield self._decode(carry)

    def __iter__(self) -> Iterator[str]:
        for chunk in self.chunks():
            lines = chunk.split("\n")
            if not lines[-1]:
                lines.pop()
            yield from lines

    def _decode(self, data: bytes) -> str:
        if b"\r" in data:
            data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        try:
            text = data.decode(self._encoding)
        except UnicodeDecodeError:
            text = "\n".join(self._decode_line(number, line) for number, line in enumerate(data.split(b"\n")))
        if _CONTROL.search(text):
            text = "\n".join(self._without_control(number, line) for number, line in enumerate(text.split("\n")))
        self._line += text.count("\n")
        return text

    def _without_control(self, number: int, line: str) -> str:
        bare, count = _CONTROL.subn("", line)
        if count and self._line + number not in self.repaired[-1:]:
            self.repaired.append(self._line + number)
        return bare

    def _decode_line(self, number: int, line: bytes) -> str:
        try:
            return line.decode(self._encoding)
        except UnicodeDecodeError:
            self.repaired.append(self._line + number)
            return _repair(line) if self._encoding == "utf-8" else line.decode(self._encoding, "replace")

    def repaired_between(self, first: int, last: int) -> bool:
        """Whether a line of this range was repaired; forgets earlier ones, so that memory stays small."""
        found = any(first <= line <= last for line in self.repaired)
        while self.repaired and self.repaired[0] <= last:
            self.repaired.pop(0)
        return found
