"""Our own JSON, which loses nothing: one question a line, or one array, or one object with `questions`.

A question is a draft: `{"title": …, "subject": …, "content": {"kind": …, "stem": …}}`, files as base64 in `media`.
Fields that stand at their defaults may be left out.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields, replace
from typing import BinaryIO

import msgspec

from lyceum.bank.adapters.codec import encode_content
from lyceum.bank.adapters.formats.decoding import UTF8_BOM, Readable, Utf8Stream
from lyceum.bank.adapters.formats.detect import Guess
from lyceum.bank.adapters.formats.drafting import NO_DEFAULTS, Defaults
from lyceum.bank.adapters.formats.reasons import FileMalformed, FileTruncated, Refuse, rejected
from lyceum.bank.domain.drafts import Draft, Loss, Rejected

type OnLoss = Callable[[Draft, Loss], None]

HEADER = b'{"format":"lyceum-questions","version":1}\n'
MAX_RECORD = 32 << 20
"""Bytes of one question with its files."""
CHUNK = 1 << 16

_TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?\Z)|[{}\[\]]', re.DOTALL)
_QUESTIONS = re.compile(rb'\s*\{(?:[^{}\[\]]{0,10000},)?\s*"questions"\s*:\s*\[')
_decode = msgspec.json.Decoder(Draft).decode
_encode = msgspec.json.Encoder().encode
_FIELDS = tuple(
    (field.name, field.default) for field in fields(Draft) if field.name not in {"content", "place", "losses"}
)
_SPACE = b" \t\r\n,"


def write(drafts: Iterable[Draft], on_loss: OnLoss) -> Iterator[bytes]:
    """JSON Lines: a header, then a question a line. Nothing is lost."""
    yield HEADER
    for draft in drafts:
        yield _encode(_record(draft)) + b"\n"


def _record(draft: Draft) -> dict[str, object]:
    """What differs from the defaults, short as the bank itself keeps it."""
    said = {name: value for name, default in _FIELDS if (value := getattr(draft, name)) != default}
    return {**said, "content": msgspec.Raw(encode_content(draft.content).encode())}


def read(file: BinaryIO, guess: Guess, defaults: Defaults = NO_DEFAULTS) -> Iterator[Draft | Rejected]:
    """The questions of a file as they were written; what they leave open is taken from the defaults.

    Raise bank.file_truncated when the file breaks off inside a question.
    """
    number = 0
    source: Readable = file if guess.encoding == "utf-8" else Utf8Stream(file, guess.encoding)
    for record in _records(source):
        number += 1
        place = f"question {number}"
        try:
            draft = _decode(record)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            yield rejected(
                Refuse("broken_record", "The record cannot be read: {why}.", why=error),
                place=place,
                title=_title(record),
            )
            continue
        yield _completed(draft, place, defaults)


def _completed(draft: Draft, place: str, defaults: Defaults) -> Draft:
    return replace(
        draft,
        place=place,
        exam=draft.exam or defaults.exam,
        subject=draft.subject or defaults.subject,
        topics=draft.topics or ((defaults.topic,) if defaults.topic else ()),
        source=draft.source or defaults.source,
        licence=draft.licence or defaults.licence,
    )


def _title(record: bytes) -> str:
    match = re.search(rb'"(?:title|stem)"\s*:\s*"([^"\\]{1,80})', record[:10_000])
    return match[1].decode("utf-8", "replace") if match else ""


class _Scanner:
    """Finds where each top-level object of a growing buffer ends, without looking at a byte twice but for strings."""

    def __init__(self, source: Readable) -> None:
        self._source = source
        self._step = CHUNK
        self.buffer = b""
        self.ended = False

    def more(self) -> None:
        """Read on; each time more while one record goes on, so that a large one costs no more than its size."""
        data = self._source.read(self._step)
        self._step = min(self._step * 2, 8 << 20)
        self.ended = not data
        self.buffer += data
        if len(self.buffer) > MAX_RECORD + (8 << 20):
            raise FileMalformed(place="one record", why="it is longer than 32 MiB")

    def skip(self, count: int) -> None:
        if count:
            self.buffer = self.buffer[count:]
            self._step = CHUNK

    def end_of_object(self, start: int) -> int | None:
        """Where the object that begins at `start` ends; None when the file ends before."""
        depth, at = 0, start
        while True:
            for token in _TOKEN.finditer(self.buffer, at):
                if token.end() == len(self.buffer) and not self.ended and token[0][:1] == b'"':
                    at = token.start()
                    break
                at = token.end()
                first = token[0][:1]
                if first in b"{[":
                    depth += 1
                elif first in b"}]":
                    depth -= 1
                    if depth == 0:
                        return at
            if self.ended:
                return None
            self.more()


def _records(source: Readable) -> Iterator[bytes]:
    scanner = _Scanner(source)
    scanner.more()
    scanner.buffer = scanner.buffer.removeprefix(UTF8_BOM)
    at = 0
    if wrapped := _QUESTIONS.match(scanner.buffer):
        at = wrapped.end()
    elif scanner.buffer.lstrip().startswith(b"["):
        at = scanner.buffer.index(b"[") + 1
    elif scanner.buffer.startswith(HEADER):
        yield from _lines(scanner)
        return
    yield from _objects(scanner, at)


def _lines(scanner: _Scanner) -> Iterator[bytes]:
    """The records of a file that we wrote: one a line, the quickest to read."""
    scanner.skip(len(HEADER))
    count = 0
    while True:
        *whole, rest = scanner.buffer.split(b"\n")
        for record in whole:
            if record.strip():
                count += 1
                yield record
        scanner.skip(len(scanner.buffer) - len(rest))
        if scanner.ended:
            if rest.strip() and not _is_whole(rest):
                raise FileTruncated(place=f"question {count + 1}")
            if rest.strip():
                yield rest
            return
        scanner.more()


def _is_whole(record: bytes) -> bool:
    try:
        msgspec.json.decode(record)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False
    return True


def _objects(scanner: _Scanner, at: int) -> Iterator[bytes]:
    in_array = at > 0
    count = 0
    while True:
        at, found = _next_start(scanner, at)
        if found == b"]" and in_array:
            return
        if not found:
            if in_array:
                raise FileTruncated(place=f"question {count + 1}")
            return
        if found != b"{":
            raise FileMalformed(place=f"question {count + 1}", why="an object {…} was expected")
        end = scanner.end_of_object(at)
        if end is None:
            raise FileTruncated(place=f"question {count + 1}")
        count += 1
        yield scanner.buffer[at:end]
        if end > CHUNK:
            scanner.skip(end)
            end = 0
        at = end


def _next_start(scanner: _Scanner, at: int) -> tuple[int, bytes]:
    """Where the next record begins, and its first byte; nothing at the end."""
    while True:
        while at < len(scanner.buffer) and scanner.buffer[at] in _SPACE:
            at += 1
        if at < len(scanner.buffer):
            return at, scanner.buffer[at : at + 1]
        if scanner.ended:
            return at, b""
        scanner.skip(at)
        at = 0
        scanner.more()
