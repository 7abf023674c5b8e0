"""Filters of the question's templates: responses of any kind as lists, maps and words; a cloze stem cut at its gaps."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from markupsafe import Markup


class HasId(Protocol):
    @property
    def id(self) -> str: ...


class HasHtml(HasId, Protocol):
    @property
    def html(self) -> str: ...


_GAP = re.compile(r"\[\[([^\[\]\n]{1,80})\]\]")
SHORT = 12


def gaps(html: str, known: Sequence[HasId]) -> Iterator[tuple[Markup, HasId | None]]:
    """A cloze stem cut at its `[[id]]` marks: pieces of HTML, each with the gap that follows it (None after the last).

    A mark that names no gap stays in the text.
    """
    by_id = {str(gap.id): gap for gap in known}
    begin = 0
    for mark in _GAP.finditer(html):
        if (gap := by_id.pop(mark[1].strip(), None)) is not None:
            yield Markup(html[begin : mark.start()]), gap  # noqa: S704 -- the stem is safe HTML already
            begin = mark.end()
    yield Markup(html[begin:]), None  # noqa: S704


def as_list(response: object) -> list[str]:
    """The ids in a response: one, several or none."""
    if response is None:
        return []
    if isinstance(response, Sequence) and not isinstance(response, str):
        return [str(item) for item in response]
    return [str(response)]


def as_map(response: object) -> Mapping[str, object]:
    return response if isinstance(response, Mapping) else {}


def as_answer(response: object) -> str:
    """A typed answer as text; a whole float loses its `.0`."""
    if isinstance(response, float) and response.is_integer():
        return str(int(response))
    return "" if response is None else " / ".join(as_list(response))


def as_titles(response: object, options: Sequence[HasHtml]) -> Markup:
    """What should have stood in a gap: titles of the options it names, or the text itself."""
    titles = {option.id: Markup(option.html) for option in options}  # noqa: S704 -- options are safe HTML
    return Markup(", ").join(titles.get(item, item) for item in as_list(response))


def are_rich(options: Sequence[HasHtml]) -> bool:
    """Whether a drop-down list cannot show them: it has plain text only, no formulas and no pictures."""
    return any("\\(" in option.html or "\\[" in option.html or "<img" in option.html for option in options)


def are_short(options: Sequence[HasHtml]) -> bool:
    """Whether two columns are enough for them."""
    return len(options) > 1 and all(_width(option.html) <= SHORT for option in options)


def _width(html: str) -> int:
    """Characters that a reader sees, roughly: a command of a formula counts as one, a picture as many."""
    if re.search(r"<(img|table|p>.*<p|br|ul|ol|svg|audio|video)", html) or "\\[" in html:
        return 1000
    text = re.sub(r"\\d?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}", lambda m: max(m[1], m[2], key=len), html)
    text = re.sub(r"\\[()]|<[^>]*>|[{}^_$]", "", text)
    return len(re.sub(r"\\[a-zA-Z]+\s*|\\.|&\w+;", "x", text).strip())


def numbered(options: Sequence[HasId]) -> dict[str, int]:
    return {option.id: number for number, option in enumerate(options, 1)}


def places(ids: Sequence[str]) -> dict[str, int]:
    return {id: number for number, id in enumerate(ids, 1)}


def in_order(items: Sequence[HasId], ids: Sequence[str]) -> list[HasId]:
    """The items in the order of a response; what it leaves out stays at the end in the order given."""
    place = places(ids)
    return sorted(items, key=lambda item: place.get(item.id, len(place) + 1))


def letter(index: int, language: str) -> str:
    """The mark of a line in a matching: А, Б, В … or A, B, C …"""
    letters = "АБВГДЕЖЗИКЛМНОПРСТУФХЦЧШЩЭЮЯ" if language == "ru" else "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    return letters[index] if index < len(letters) else str(index + 1)


FILTERS = {
    "gaps": gaps,
    "as_list": as_list,
    "as_map": as_map,
    "as_answer": as_answer,
    "as_titles": as_titles,
    "are_rich": are_rich,
    "are_short": are_short,
    "numbered": numbered,
    "places": places,
    "in_order": in_order,
    "letter": letter,
}
