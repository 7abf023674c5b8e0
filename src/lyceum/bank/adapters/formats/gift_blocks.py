"""GIFT files cut into blocks, one at a time: comments, categories and questions."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from lyceum.bank.adapters.formats.decoding import Lines
from lyceum.bank.adapters.formats.reasons import Losses

MAX_BLOCK = 8 << 20
"""Characters of one block; what is longer is skipped up to the next empty line."""
MAX_LINES = 20_000

_LABEL = re.compile(r"\[(id|tag):((?:[^\]\\]|\\.){1,2000})\]")
_UNESCAPE = re.compile(r"\\(.)")
_ESCAPES = {"\\": "\ufdd0", ":": "\ufdd1", "#": "\ufdd2", "=": "\ufdd3", "{": "\ufdd4", "}": "\ufdd5", "~": "\ufdd6",
            "n": "\ufdd7"}  # fmt: skip
_ESCAPED = re.compile(r"\\([\\:#={}~n])")
_RESTORED = {ord(mark): "\n" if char == "n" else char for char, mark in _ESCAPES.items()}
_MARKS = re.compile("[\ufdd0-\ufddf]")


def hide_escapes(text: str) -> str:
    r"""Put `\:` and its kin out of the way of the syntax, as characters that no text holds."""
    if _MARKS.search(text):
        text = _MARKS.sub("�", text)
    return _ESCAPED.sub(lambda match: _ESCAPES[match[1]], text) if "\\" in text else text


def restore_escapes(text: str) -> str:
    return text.translate(_RESTORED)


def escape(text: str) -> str:
    return re.sub(r"([\\:#={}~])", r"\\\1", text).replace("\n", "\\n")


@dataclass(slots=True)
class Block:
    """One block of a file: its lines trimmed and joined, escapes hidden, comments taken out and their labels read."""

    first: int
    last: int = 0
    text: str = ""
    category: str | None = None
    external_id: str = ""
    tags: list[str] = field(default_factory=list)
    losses: Losses = field(default_factory=Losses)
    too_long: bool = False


class _Open:
    """A block that is still being read."""

    def __init__(self, first: int) -> None:
        self.block = Block(first=first)
        self.lines: list[str] = []
        self.size = 0

    def add(self, number: int, line: str) -> None:
        self.block.last = number
        if line.startswith("//"):
            self._read_labels(line)
            return
        if line.startswith("$CATEGORY:") and not self.lines:
            if self.block.category is not None:
                self.block.losses.note("category_repeated", "Several categories stand in a row; the last one counts.")
            self.block.category = restore_escapes(hide_escapes(line[10:]))
            return
        if line == "0":
            self.block.losses.note(
                "zero_line", "Line {number} holds just 0; Moodle would end the question there.", number=number
            )
        self.size += len(line) + 1
        if self.size > MAX_BLOCK or len(self.lines) >= MAX_LINES:
            self.block.too_long = True
            self.lines.clear()
        elif not self.block.too_long:
            self.lines.append(line)

    def _read_labels(self, line: str) -> None:
        for label, value in _LABEL.findall(line) if "[" in line and len(line) < 100_000 else ():
            text = _UNESCAPE.sub(r"\1", value).strip()
            if label == "tag":
                self.block.tags.append(text)
            elif not self.block.external_id:
                self.block.external_id = text

    def close(self) -> Block | None:
        self.block.text = hide_escapes("\n".join(self.lines)).strip()
        if self.block.category is not None and self.block.text:
            self.block.losses.note("category_not_alone", "No empty line follows the category; the question was read.")
        empty = not self.block.text and self.block.category is None and not self.block.too_long
        return None if empty else self.block


def blocks(lines: Lines) -> Iterator[Block]:
    """The blocks of a file that hold more than comments."""
    open: _Open | None = None
    for number, line in enumerate(lines, 1):
        line = line.strip()
        if line:
            open = open or _Open(number)
            open.add(number, line)
        elif open is not None:
            if block := open.close():
                yield block
            open = None
    if open is not None and (block := open.close()):
        yield block
