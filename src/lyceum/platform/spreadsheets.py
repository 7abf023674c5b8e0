"""Tables as workbooks that no spreadsheet runs: texts are texts, numbers are numbers."""

import re
import tempfile
from collections.abc import Iterable, Sequence

_ACTIVE = re.compile(r"'*[=+\-@\t\r]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LONGEST = 32_000

type CellValue = str | int | float | None


def guard(text: str) -> str:
    """A text that a spreadsheet would run as a formula gets an apostrophe in front."""
    return f"'{text}" if _ACTIVE.match(text) else text


def workbook(title: str, header: Sequence[str], rows: Iterable[Sequence[CellValue]]) -> bytes:
    """One sheet with a frozen header row, as the bytes of an XLSX file."""
    import openpyxl  # it would take a seventh of the memory of a process that writes no workbook

    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet(title[:31])
    sheet.freeze_panes = "A2"
    sheet.append([guard(name) for name in header])
    for row in rows:
        sheet.append([_CONTROL.sub("", guard(it))[:LONGEST] if isinstance(it, str) else it for it in row])
    with tempfile.TemporaryFile() as packed:
        book.save(packed)
        packed.seek(0)
        return packed.read()
