"""A package: its manifest, the order that a test gives to its items, and the files that items refer to."""

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import unquote

from lxml import etree

from lyceum.bank.adapters.formats.archive import Archive
from lyceum.bank.adapters.formats.detect import HEAD, guess_encoding
from lyceum.bank.adapters.formats.qti.names import attribute, children, descendants, name, text_of
from lyceum.bank.adapters.formats.qti.source import MAX_XML, parse
from lyceum.bank.adapters.formats.reasons import FileMalformed, FileRefused, Refuse
from lyceum.bank.adapters.formats.xml_source import SafeXml

MAX_LABELS = 100
MANIFEST = "imsmanifest.xml"

_ITEM = re.compile(r"imsqti_item_xmlv(2p[012]|3p0)|imsqti_item")
_TEST = re.compile(r"imsqti_test_xmlv(2p[012]|3p0)|imsqti_(test|assessment)")
_OLD = re.compile(r"imsqti_xmlv1p2")


@dataclass(slots=True, kw_only=True)
class Entry:
    """An item of a package. `labels`, `topics` and `external_id` are what its metadata say."""

    href: str
    labels: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    external_id: str = ""
    files: tuple[str, ...] = ()


@dataclass(slots=True)
class _Resources:
    items: dict[str, Entry] = field(default_factory=dict)
    tests: list[str] = field(default_factory=list)
    old: bool = False


class Folder(Protocol):
    """Where the files that an item refers to are found."""

    def find(self, href: str) -> str | None:
        """The name of the file that an address of the item means; None when there is none."""

    def has(self, path: str) -> bool: ...

    def load(self, path: str, room: int) -> bytes: ...


@dataclass(frozen=True, slots=True)
class ItemFolder:
    """Addresses of an item of a package, relative to its own file."""

    archive: Archive
    base: str

    def find(self, href: str) -> str | None:
        bare = href.partition("#")[0].partition("?")[0]
        for written in (unquote(bare), bare):
            path = posixpath.normpath(posixpath.join(self.base, written.replace("\\", "/")))
            if path in self.archive.files:
                return path
        return None

    def has(self, path: str) -> bool:
        return path in self.archive.files

    def load(self, path: str, room: int) -> bytes:
        return self.archive.read(path, room)


class NoFolder:
    """An item that came alone brings no files."""

    def find(self, href: str) -> str | None:
        return None

    def has(self, path: str) -> bool:
        return False

    def load(self, path: str, room: int) -> bytes:
        raise KeyError(path)


def entries(archive: Archive) -> Iterator[Entry]:
    """The items of a package in the order of its test, or of its manifest; without one, of their names.

    Raise bank.file_refused or bank.file_malformed for a manifest that cannot be trusted or read.
    """
    manifests = sorted((path for path in archive.files if posixpath.basename(path) == MANIFEST), key=len)
    if not manifests:
        yield from (Entry(href=path) for path in sorted(archive.files) if path.lower().endswith(".xml"))
        return
    found = _resources(archive, manifests[0])
    if found.old and not found.items:
        raise FileRefused(
            place="the manifest", why="its questions are QTI 1.2, which is not read; export QTI 2.1 or later"
        )
    for path in found.tests:
        yield from _in_test(archive, path, found.items)
    yield from found.items.values()


def _test(archive: Archive, path: str) -> etree._Element:
    try:
        return parse(archive.read(path, MAX_XML), path[-120:])
    except Refuse as error:
        raise FileRefused(place=path[-120:], why="it is too large") from error


def _resources(archive: Archive, path: str) -> _Resources:
    """What the manifest lists; it may be long, so it is read one resource at a time."""
    found = _Resources()
    base = posixpath.dirname(path)
    for resource in _listed(archive, path):
        kind = attribute(resource, "type").lower()
        href = attribute(resource, "href") or next((attribute(it, "href") for it in children(resource, "file")), "")
        path = posixpath.normpath(posixpath.join(base, unquote(href)))
        if _ITEM.search(kind):
            found.items[path] = _entry(resource, path, base)
        elif _TEST.search(kind):
            found.tests.append(path)
        elif _OLD.search(kind):
            found.old = True
    return found


def _listed(archive: Archive, path: str) -> Iterator[etree._Element]:
    with archive.open(path) as opened:
        encoding, _ = guess_encoding(opened.read(HEAD))
    with archive.open(path) as opened:
        source = SafeXml(opened, encoding)
        try:
            events = etree.iterparse(
                source,
                events=("end",),
                tag="{*}resource",
                encoding="utf-8",
                resolve_entities=False,
                load_dtd=False,
                no_network=True,
                remove_comments=True,
                remove_pis=True,
            )
            for _, element in events:
                yield element
                element.clear()
                parent = element.getparent()
                while parent is not None and element.getprevious() is not None:
                    del parent[0]
        except etree.XMLSyntaxError as error:
            raise FileMalformed(place=f"the manifest, line {error.lineno}", why=str(error.msg)[:200]) from error


def _entry(resource: etree._Element, path: str, base: str) -> Entry:
    files = (posixpath.normpath(posixpath.join(base, unquote(attribute(it, "href")))) for it in
             children(resource, "file"))  # fmt: skip
    words = [*_spoken(resource, "keyword")]
    taxa = [text for it in descendants(resource, "taxon") for text in _spoken(it, "entry")]
    external = next(
        (
            text_of(entry).strip()
            for it in descendants(resource, "identifier")
            if any(text_of(catalog).strip() == "lyceum" for catalog in descendants(it, "catalog"))
            for entry in descendants(it, "entry")
        ),
        "",
    )
    return Entry(
        href=path,
        labels=tuple(words[:MAX_LABELS]),
        topics=tuple(taxa[:MAX_LABELS]),
        external_id=external,
        files=tuple(file for file in files if file != path),
    )


def _spoken(element: etree._Element, wanted: str) -> Iterator[str]:
    """The texts of metadata elements, which stand in `string` or `langstring` elements of their own."""
    for found in descendants(element, wanted):
        if text := " ".join(text_of(found).split()):
            yield text


def _in_test(archive: Archive, path: str, items: dict[str, Entry]) -> Iterator[Entry]:
    """The items that a test refers to, each with the titles of its sections as topics."""
    if path not in archive.files:
        return
    try:
        test = _test(archive, path)
    except FileMalformed:
        return
    for reference in descendants(test, "assessment-item-ref"):
        href = posixpath.normpath(posixpath.join(posixpath.dirname(path), unquote(attribute(reference, "href"))))
        entry = items.pop(href, None)
        if entry is not None:
            entry.topics = entry.topics or _sections(reference)
            yield entry


def _sections(reference: etree._Element) -> tuple[str, ...]:
    parents = [parent for parent in reference.iterancestors() if name(parent) == "assessment-section"]
    titles = (attribute(parent, "title") for parent in reversed(parents))
    return tuple(title for title in titles if title)
