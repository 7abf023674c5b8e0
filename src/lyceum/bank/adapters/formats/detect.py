"""What a file is, judged by its first bytes and, where those leave a doubt, by its name."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePath

from lyceum.bank.adapters.formats.columns import names_columns
from lyceum.bank.adapters.formats.decoding import UTF8_BOM, looks_cyrillic
from lyceum.bank.adapters.formats.reasons import UnknownFormat

ZIP = b"PK\x03\x04"
HEAD = 1 << 16
"""How many first bytes a guess looks at."""


class Format(StrEnum):
    GIFT = "gift"
    MOODLE_XML = "moodle_xml"
    CSV = "csv"
    QTI = "qti"
    XLSX = "xlsx"
    OPENTRIVIAQA = "opentriviaqa"
    AIKEN = "aiken"
    ANKI = "anki"
    JSON = "json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """`encoding` is a Python codec name: utf-8, utf-16-le, utf-16-be, cp1251 or cp1252 (utf-8 for packed formats).

    `note` says in English what was guessed and why, for the report.
    """

    format: Format
    encoding: str
    note: str


_PACKED = {
    b"\x89PNG": "it is a PNG picture",
    b"\xff\xd8\xff": "it is a JPEG picture",
    b"GIF8": "it is a GIF picture",
    b"%PDF": "it is a PDF document",
    b"{\\rtf": "it is an RTF document",
    b"\xd0\xcf\x11\xe0": "it is an old Office document, save it as XLSX",
    b"\x1f\x8b": "it is a gzip archive, unpack it first",
    b"Rar!": "it is a RAR archive, unpack it first",
    b"7z\xbc\xaf": "it is a 7z archive, unpack it first",
    b"\x7fELF": "it is a program",
    b"MZ\x90": "it is a program",
    b"SQLite format 3": "it is a database",
}
_ARCHIVES = {Format.XLSX: "an XLSX workbook", Format.ANKI: "an Anki package"}
_CONTROL = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_XML_DECLARED = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_JSON = re.compile(r"""\s*(\[\s*(\{|\])|\{\s*("|\}))""")
_TRIVIA = re.compile(r"(?m)^#Q.*\n(?:.*\n){0,200}?\^")
_AIKEN = re.compile(r"(?m)^[ \t]*[Aa][.)](?:\s[^\n]*)?\n(?:[^\n]*\n){1,200}?[ \t]*(?i:ANSWERS?)[ \t]*:")
_QTI_ITEM = re.compile(r"<(?:[A-Za-z][\w.-]{0,30}:)?(?:assessmentItem|qti-assessment-item)[\s>/]")
_GIFT = re.compile(
    r"(?m)^\s*(::|\$CATEGORY:|// \[(id|tag):|\[(html|plain|markdown|moodle)\])"
    r"|(?<!\\)\{[^{}]*(?<!\\)\}|(?<!\\)\{\s*[=~#TF]"
)
_NAMES = {
    ".gift": Format.GIFT,
    ".csv": Format.CSV,
    ".tsv": Format.CSV,
    ".xlsx": Format.XLSX,
    ".xml": Format.MOODLE_XML,
    ".aiken": Format.AIKEN,
    ".apkg": Format.ANKI,
    ".colpkg": Format.ANKI,
    ".json": Format.JSON,
    ".jsonl": Format.JSON,
}


def guess(head: bytes, name: str, format: Format | None = None, parts: Collection[str] = ()) -> Guess:
    """Say what a file is from its first `HEAD` bytes (fewer only if the file is shorter) and its name.

    With `format` given only the encoding is guessed. `parts` are the names of what an archive holds. Raise
    bank.unknown_format for what is no question file.
    """
    if not head.strip(b"\x00\t\n\r "):
        raise UnknownFormat(name=name, why="it is empty")
    if head.startswith(ZIP):
        return _packed(head, name, format, parts)
    for magic, why in _PACKED.items():
        if head.startswith(magic):
            raise UnknownFormat(name=name, why=why)
    encoding, how = guess_encoding(head)
    text = head.removeprefix(UTF8_BOM).decode(encoding, "replace").removeprefix("\ufeff")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if len(_CONTROL.findall(text)) > len(text) // 200 + 2:
        raise UnknownFormat(name=name, why="it holds binary data, not text")
    found = format or _by_content(text, name)
    if found in _ARCHIVES:
        raise UnknownFormat(name=name, why=f"it is text, not {_ARCHIVES[found]}")
    note = f"{found.value}, {how}" + _misnamed(found, name)
    return Guess(format=found, encoding=encoding, note=note)


def _packed(head: bytes, name: str, format: Format | None, parts: Collection[str]) -> Guess:
    found = _by_parts(head, parts)
    if found is None or format not in {None, found}:
        wanted = _ARCHIVES.get(format, "a question file") if format else "a question file"
        raise UnknownFormat(name=name, why=f"it is an archive and not {wanted}")
    return Guess(format=found, encoding="utf-8", note=found.value + _misnamed(found, name))


def _by_parts(head: bytes, parts: Collection[str]) -> Format | None:
    if any(part.startswith("collection.anki") for part in parts):
        return Format.ANKI
    names = {PurePath(part).name for part in parts}
    if "imsmanifest.xml" in names:
        return Format.QTI
    if b"[Content_Types].xml" in head or b"xl/" in head or "[Content_Types].xml" in names:
        return Format.XLSX if b"word/" not in head[:4096] else None
    return Format.QTI if any(name.lower().endswith(".xml") for name in names) else None


def _misnamed(found: Format, name: str) -> str:
    suffix = PurePath(name).suffix.lower()
    by_name = _NAMES.get(suffix)
    return f"; by its content, though it is named {suffix}" if by_name not in {None, found} else ""


def _by_content(text: str, name: str) -> Format:
    start = text.lstrip()
    if start.startswith("<"):
        return _markup(start, name)
    if _JSON.match(text):
        return Format.JSON
    if _TRIVIA.search(text):
        return Format.OPENTRIVIAQA
    if _AIKEN.search(text):
        return Format.AIKEN
    if names_columns(start.partition("\n")[0]):
        return Format.CSV
    if _GIFT.search(text):
        return Format.GIFT
    by_name = _NAMES.get(PurePath(name).suffix.lower())
    if by_name in {Format.GIFT, Format.CSV}:
        return by_name
    raise UnknownFormat(name=name, why="nothing in it looks like questions")


def _markup(start: str, name: str) -> Format:
    lowered = start.lower()
    if _QTI_ITEM.search(start):
        return Format.QTI
    if "<quiz" in lowered:
        return Format.MOODLE_XML
    if "<questestinterop" in lowered:
        raise UnknownFormat(name=name, why="it is QTI 1.2, export QTI 2.1 or later")
    if lowered.startswith(("<!doctype html", "<html")):
        raise UnknownFormat(name=name, why="it is a web page")
    if _GIFT.search(start) and not lowered.startswith(("<?xml", "<!doctype")):
        return Format.GIFT
    if lowered.startswith("<!doctype") or "<!entity" in lowered:
        return Format.MOODLE_XML
    raise UnknownFormat(name=name, why="it is XML without a Moodle quiz or a QTI item in it")


def guess_encoding(head: bytes) -> tuple[str, str]:
    """The codec name, and how it was found."""
    if head.startswith(UTF8_BOM):
        return "utf-8", "UTF-8 (byte order mark)"
    if head.startswith(b"\xff\xfe"):
        return "utf-16-le", "UTF-16 LE (byte order mark)"
    if head.startswith(b"\xfe\xff"):
        return "utf-16-be", "UTF-16 BE (byte order mark)"
    if wide := _without_mark(head):
        return wide, f"{wide.upper()} (guessed, no byte order mark)"
    valid = _is_utf8(head)
    declared = _XML_DECLARED.match(head)
    if declared and (name := declared[1].decode().lower()) in {"windows-1251", "cp1251", "windows-1252", "iso-8859-1"}:
        return ("cp1251" if name.endswith("1251") else "cp1252"), f"{name} (declared)"
    if valid:
        return "utf-8", "UTF-8"
    if _lenient_utf8(head):
        return "utf-8", "UTF-8 with some invalid bytes (read as Windows-1251 or Windows-1252)"
    if looks_cyrillic(head):
        return "cp1251", "Windows-1251 (guessed by its letters)"
    return "cp1252", "Windows-1252 (guessed by its letters)"


def _without_mark(head: bytes) -> str | None:
    """Half of the bytes of Latin or Cyrillic UTF-16 are 0 or 4."""
    sample = head[: 4096 & ~1]
    half = len(sample) // 2
    if half < 2 or b"\x00" not in sample:
        return None
    low, high = sample[1::2], sample[0::2]
    if sum(low.count(byte) for byte in b"\x00\x04\x20") > 0.9 * half and low.count(0) > 0.02 * half:
        return "utf-16-le"
    if sum(high.count(byte) for byte in b"\x00\x04\x20") > 0.9 * half and high.count(0) > 0.02 * half:
        return "utf-16-be"
    return None


def _is_utf8(head: bytes) -> bool:
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        return len(head) >= HEAD and error.start > len(head) - 4
    return True


def _lenient_utf8(head: bytes) -> bool:
    """A few stray bytes in a file that is UTF-8 otherwise, or that is so long that its rest may be."""
    good = sum(ord(char) > 127 for char in head.decode("utf-8", "ignore"))
    bad = head.decode("utf-8", "replace").count("\ufffd")
    return good > bad or (bad < 10 and (good == bad or len(head) >= HEAD))
