"""The formats that are known, and the way into reading a file of any of them."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import PurePath
from typing import BinaryIO

from lyceum.bank.adapters.formats import (
    aiken,
    anki,
    csv_format,
    gift,
    gift_writer,
    moodle_writer,
    moodle_xml,
    opentriviaqa,
    own_json,
    xlsx_format,
)
from lyceum.bank.adapters.formats.archive import Archive
from lyceum.bank.adapters.formats.detect import HEAD, ZIP, Format, Guess, guess
from lyceum.bank.adapters.formats.drafting import NO_DEFAULTS, Defaults
from lyceum.bank.adapters.formats.limits import with_known_formulas, within_limits
from lyceum.bank.adapters.formats.qti import reader as qti_reader
from lyceum.bank.adapters.formats.qti import writer as qti_writer
from lyceum.bank.adapters.formats.reasons import UnknownFormat
from lyceum.bank.domain.drafts import Draft, Loss, Rejected

__all__ = ["READERS", "WRITERS", "Defaults", "Format", "Guess", "OnLoss", "Read", "Write", "open_reader"]

type OnLoss = Callable[[Draft, Loss], None]
type Read = Callable[[BinaryIO, Guess, Defaults], Iterator[Draft | Rejected]]
type Write = Callable[[Iterable[Draft], OnLoss], Iterator[bytes]]

READERS: Mapping[str, Read] = {
    Format.GIFT: gift.read,
    Format.MOODLE_XML: moodle_xml.read,
    Format.QTI: qti_reader.read,
    Format.CSV: csv_format.read,
    Format.XLSX: xlsx_format.read,
    Format.OPENTRIVIAQA: opentriviaqa.read,
    Format.AIKEN: aiken.read,
    Format.ANKI: anki.read,
    Format.JSON: own_json.read,
}
WRITERS: Mapping[str, Write] = {
    Format.GIFT: gift_writer.write,
    Format.MOODLE_XML: moodle_writer.write,
    Format.QTI: qti_writer.write,
    Format.CSV: csv_format.write,
    Format.XLSX: xlsx_format.write,
    Format.JSON: own_json.write,
}


def open_reader(
    file: BinaryIO, name: str, format: str = "auto", defaults: Defaults = NO_DEFAULTS
) -> tuple[Guess, Iterator[Draft | Rejected]]:
    """What a seekable file is, and its questions within the limits of the bank, in order.

    Texts are not sanitised yet: pass every draft through `sanitize.clean` before it is kept. Raise bank.unknown_format;
    the iterator may raise bank.file_refused, bank.file_truncated, bank.file_malformed and bank.header_missing.
    """
    if format != "auto" and format not in READERS:
        raise UnknownFormat(name=name, why=f"'{format}' is no format that is read here")
    start = file.tell()
    head = file.read(HEAD)
    file.seek(start)
    parts = Archive(file).files if head.startswith(ZIP) else ()
    file.seek(start)
    found = guess(head, name, None if format == "auto" else Format(format), parts)
    if found.format is Format.OPENTRIVIAQA and not defaults.topic:
        defaults = replace(defaults, topic=PurePath(name).stem)
    return found, _limited(READERS[found.format](file, found, defaults), found.format)


def _limited(items: Iterator[Draft | Rejected], format: Format) -> Iterator[Draft | Rejected]:
    own = format is Format.JSON
    for item in items:
        if isinstance(item, Rejected):
            yield item
            continue
        checked = within_limits(item)
        yield checked if own or isinstance(checked, Rejected) else with_known_formulas(checked)
