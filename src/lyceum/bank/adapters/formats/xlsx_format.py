"""Question tables as XLSX workbooks, read row by row. The library is loaded when the first one comes: it is large."""

import re
import tempfile
import warnings
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time
from typing import IO, BinaryIO

from lyceum.bank.adapters.formats.archive import Archive
from lyceum.bank.adapters.formats.detect import Guess
from lyceum.bank.adapters.formats.drafting import NO_DEFAULTS, Defaults
from lyceum.bank.adapters.formats.reasons import (
    FileMalformed,
    FileRefused,
    HeaderMissing,
    Losses,
)
from lyceum.bank.adapters.formats.table_rows import Header, drafts
from lyceum.bank.adapters.formats.table_writer import HEADER, as_row, row
from lyceum.bank.domain.drafts import Draft, Loss, Rejected

type OnLoss = Callable[[Draft, Loss], None]

MAX_PART = 512 << 20
MAX_STRINGS = 64 << 20
"""Bytes, unpacked; the shared strings are the one part that must be held whole."""
MAX_PARTS = 2000
MAX_COLUMNS = 64
MAX_CELL = 32767

NOTHING: Mapping[str, Sequence[Sequence[str]]] = {}

# Remarks on styles and validations of other people's workbooks help nobody in a log.
warnings.filterwarnings("ignore", module=r"openpyxl\.")

_PROLOG = 1 << 16
_ASIDE = re.compile(rb"<!--.*?-->|<\?.*?\?>", re.DOTALL)
_FIRST = re.compile(rb"<[A-Za-z_]|<!--|<\?")


def read(file: BinaryIO, guess: Guess, defaults: Defaults = NO_DEFAULTS) -> Iterator[Draft | Rejected]:
    """The questions of the first sheet that has the header of the template. `place` is the number of the row.

    Raise bank.file_refused for archives that would unpack beyond measure or declare entities.
    """
    import openpyxl
    from openpyxl.utils.exceptions import InvalidFileException

    _inspect(file)
    try:
        book = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
    except (InvalidFileException, KeyError, ValueError, TypeError, SyntaxError, OSError) as error:
        raise FileMalformed(place="the workbook", why=str(error)[:200]) from error
    try:
        for sheet in book.worksheets:
            sheet.reset_dimensions()
            rows = _rows(sheet.iter_rows(max_col=MAX_COLUMNS, values_only=True))
            header = next(((number, cells) for number, cells in rows if any(cells)), None)
            if header and (found := _header(header[1])):
                yield from drafts(found, rows, defaults)
                return
    except (KeyError, ValueError, TypeError, SyntaxError, zipfile.BadZipFile, EOFError) as error:
        raise FileMalformed(place="the sheet", why=str(error)[:200]) from error
    finally:
        book.close()
    raise HeaderMissing(column="stem")


def _header(cells: Sequence[str]) -> Header | None:
    try:
        return Header.of(cells)
    except HeaderMissing:
        return None


def _rows(rows: Iterable[Sequence[object]]) -> Iterator[tuple[int, list[str]]]:
    for number, cells in enumerate(rows, 1):
        yield number, [_text(cell) for cell in cells]


def _text(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime | date | time):
        return cell.isoformat()
    return str(cell)


def _inspect(file: BinaryIO) -> None:
    """Look at the archive before anything is unpacked."""
    archive = Archive(file)
    if len(archive.files) > MAX_PARTS:
        raise FileRefused(place="the archive", why=f"it holds more than {MAX_PARTS} files")
    for name, part in archive.files.items():
        limit = MAX_STRINGS if name.lower().endswith("sharedstrings.xml") else MAX_PART
        if part.file_size > limit:
            raise FileRefused(place=name[:80], why="it would unpack to far more than it is")
        if name.lower().endswith((".xml", ".rels")):
            _check_prolog(archive, name)
    file.seek(0)


def _check_prolog(archive: Archive, name: str) -> None:
    with archive.open(name) as opened:
        head = opened.read(_PROLOG).replace(b"\x00", b"")
    bare = _ASIDE.sub(b"", head)
    start = _FIRST.search(bare)
    before = bare[: start.start()] if start else bare
    if b"<!doctype" in before.lower() or (start and start[0] in {b"<!--", b"<?"}):
        raise FileRefused(place=name[:80], why="it declares a document type or entities")


def write(drafts: Iterable[Draft], on_loss: OnLoss) -> Iterator[bytes]:
    """One sheet, written to disk row by row and then handed out in pieces; no cell is a formula."""
    with tempfile.TemporaryFile() as packed:
        save(_written(drafts, on_loss), packed)
        packed.seek(0)
        while data := packed.read(1 << 16):
            yield data


def _written(drafts: Iterable[Draft], on_loss: OnLoss) -> Iterator[Sequence[str]]:
    yield HEADER
    for draft in drafts:
        losses = Losses()
        said = as_row(draft, losses)
        cells = row(said) if said is not None else ()
        fits = all(len(cell) <= MAX_CELL for cell in cells)
        if not fits:
            losses.note("not_exported", "A text is longer than a cell of a workbook holds; take CSV or JSON.")
        for loss in losses:
            on_loss(draft, loss)
        if cells and fits:
            yield cells


def save(rows: Iterable[Sequence[str]], to: IO[bytes], others: Mapping[str, Sequence[Sequence[str]]] = NOTHING) -> None:
    """Write rows of texts as a workbook of one sheet, and after it the other sheets by their names."""
    import openpyxl

    book = openpyxl.Workbook(write_only=True)
    for name, lot in {"Questions": rows, **others}.items():
        sheet = book.create_sheet(name)
        sheet.freeze_panes = "A2"
        for cells in lot:
            sheet.append([cell or None for cell in cells])
    book.save(to)
