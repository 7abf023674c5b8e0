"""Question tables as CSV: comma, semicolon or tab, with the header of the template."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import BinaryIO

from lyceum.bank.adapters.formats.columns import delimiter_of
from lyceum.bank.adapters.formats.decoding import Lines
from lyceum.bank.adapters.formats.detect import Guess
from lyceum.bank.adapters.formats.drafting import NO_DEFAULTS, Defaults
from lyceum.bank.adapters.formats.reasons import HeaderMissing, Losses, Refuse
from lyceum.bank.adapters.formats.table_rows import Header, drafts
from lyceum.bank.adapters.formats.table_writer import HEADER, as_row, row
from lyceum.bank.domain.drafts import Draft, Loss, Rejected

type OnLoss = Callable[[Draft, Loss], None]

DELIMITER = ";"
"""What spreadsheets in Russia expect; readers recognise the others."""


def read(file: BinaryIO, guess: Guess, defaults: Defaults = NO_DEFAULTS) -> Iterator[Draft | Rejected]:
    """The questions of a table. `place` is the number of the row, of which the header is the first.

    Raise bank.header_missing when the first row does not name the columns.
    """
    lines = (f"{line}\n" for line in Lines(file, guess.encoding))
    first = next((line for line in lines if line.strip()), "")
    skipped = 0
    delimiter = delimiter_of(first)
    if first.lower().startswith("sep=") and len(first.strip()) == 5:
        delimiter, first, skipped = first.strip()[-1], next(lines, ""), 1
    if not first.strip():
        raise HeaderMissing(column="stem")
    rows = csv.reader(_again(first, lines), delimiter=delimiter)
    header = Header.of(next(rows))
    yield from drafts(header, _numbered(rows, 2 + skipped), defaults)


def _again(first: str, rest: Iterator[str]) -> Iterator[str]:
    yield first
    yield from rest


def _numbered(rows: Iterator[list[str]], first: int) -> Iterator[tuple[int, Sequence[str] | Refuse]]:
    number = first
    while True:
        try:
            yield number, next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            yield number, Refuse("field_too_large", "The row cannot be read: {why}.", why=error)
        number += 1


def write(drafts: Iterable[Draft], on_loss: OnLoss) -> Iterator[bytes]:
    """UTF-8 with a byte order mark, so that spreadsheets know it; no cell is a formula."""
    yield b"\xef\xbb\xbf" + line(HEADER)
    for draft in drafts:
        losses = Losses()
        said = as_row(draft, losses)
        for loss in losses:
            on_loss(draft, loss)
        if said is not None:
            yield line(row(said))


def line(cells: Iterable[str]) -> bytes:
    buffer = io.StringIO(newline="")
    csv.writer(buffer, delimiter=DELIMITER, lineterminator="\r\n").writerow(cells)
    return buffer.getvalue().encode("utf-8", "replace")
