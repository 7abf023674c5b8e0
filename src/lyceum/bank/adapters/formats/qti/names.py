"""The names of QTI's elements and attributes, the same for all versions: `simple-choice` for `simpleChoice` of 2.x and
`qti-simple-choice` of 3.0."""

import re
from collections.abc import Iterator
from functools import lru_cache

from lxml import etree

QTI = "imsqti"
"""Every namespace of the versions read here holds this word."""
_HUMP = re.compile(r"(?<=[a-z0-9])([A-Z])")


@lru_cache(2000)
def _kebab(tag: str) -> str:
    namespace, _, local = tag.rpartition("}")
    if namespace and QTI not in namespace:
        return local
    return _HUMP.sub(r"-\1", local.removeprefix("qti-")).lower()


def name(element: etree._Element) -> str:
    return _kebab(str(element.tag))


@lru_cache(500)
def _camel(name: str) -> str:
    first, *rest = name.split("-")
    return first + "".join(part.capitalize() for part in rest)


def attribute(element: etree._Element, name: str, default: str = "") -> str:
    """An attribute by its name of version 3.0, `response-identifier`, however the item spells it."""
    found = element.get(name)
    if found is None:
        found = element.get(_camel(name))
    return default if found is None else found.strip()


def children(element: etree._Element, *names: str) -> Iterator[etree._Element]:
    """The children of the given names; all of them when none is given."""
    for child in element:
        if not names or name(child) in names:
            yield child


def first(element: etree._Element, wanted: str) -> etree._Element | None:
    return next(children(element, wanted), None)


def descendants(element: etree._Element, *names: str) -> Iterator[etree._Element]:
    for found in element.iter():
        if found is not element and name(found) in names:
            yield found


def text_of(element: etree._Element) -> str:
    return "".join(str(part) for part in element.itertext())
