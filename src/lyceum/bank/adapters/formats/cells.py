"""What stands in one cell of a table: lists, answers with shares, and texts that no spreadsheet takes for a formula."""

import re
from collections.abc import Iterable, Sequence

from lyceum.bank.adapters.formats.building import option_id
from lyceum.bank.adapters.formats.numbers import per_cent, share

_GUARDED = re.compile(r"'+[=+\-@\t\r]")
_SEPARATOR = re.compile(r"(?<!\|)\|(?!\|)")
_SHARE = re.compile(r"\s*=\s*(-?[0-9]{1,4}(?:[.,][0-9]{1,10})?)\s*%\s*$")
_RUSSIAN = "абвгдежзик"
_LOOKALIKE = str.maketrans("асеорх", "aceopx")


def unguard(text: str) -> str:
    return text[1:] if _GUARDED.match(text) else text


def split_list(cell: str, *, lines: bool = False) -> list[str]:
    """Elements separated by `|`; `||` is a bar inside of one. `lines`: line feeds separate where there is no bar."""
    if not cell.strip():
        return []
    parts = _SEPARATOR.split(cell)
    if lines and len(parts) == 1:
        parts = cell.strip().split("\n")
    return [part.strip().replace("||", "|") for part in parts]


def join_list(elements: Iterable[str]) -> str:
    return " | ".join(element.replace("|", "||") for element in elements)


def with_share(text: str, value: float) -> str:
    """`text`, followed by ` =50%` unless it earns all."""
    return text if value == 1 and not _SHARE.search(text) else f"{text} ={per_cent(value)}%"


def take_share(text: str) -> tuple[str, float | None]:
    """The text without ` =50%`, and the share."""
    match = _SHARE.search(text)
    if match is None:
        return text, None
    return text[: match.start()].rstrip(), share(float(match[1].replace(",", ".")))


def position(token: str, texts: Sequence[str]) -> tuple[int | None, bool]:
    """Which option a token of the answer names: by its letter, its text or its number; and whether that is in doubt."""
    token = token.strip()
    by_letter = _letter(token.rstrip(").").lower(), len(texts))
    by_text = texts.index(token) if token in texts else None
    if by_letter is not None:
        return by_letter, by_text not in {None, by_letter}
    if by_text is not None:
        return by_text, False
    if token.isdecimal() and 1 <= int(token) <= len(texts):
        return int(token) - 1, False
    return None, False


def _letter(token: str, count: int) -> int | None:
    for index in range(count):
        if token == option_id(index):
            return index
    if len(token) == 1 and token in _RUSSIAN[:count]:
        return _RUSSIAN.index(token)
    latin = token.translate(_LOOKALIKE)
    return ord(latin) - 97 if len(latin) == 1 and "a" <= latin < chr(97 + min(count, 26)) else None
