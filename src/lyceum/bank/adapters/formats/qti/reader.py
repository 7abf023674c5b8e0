"""QTI files: a package, or one item alone."""

import posixpath
from collections.abc import Iterator
from typing import BinaryIO

from lyceum.bank.adapters.formats.archive import Archive
from lyceum.bank.adapters.formats.detect import ZIP, Guess
from lyceum.bank.adapters.formats.drafting import NO_DEFAULTS, Defaults
from lyceum.bank.adapters.formats.qti.items import draft_of
from lyceum.bank.adapters.formats.qti.names import descendants, name
from lyceum.bank.adapters.formats.qti.package import Entry, ItemFolder, NoFolder, entries
from lyceum.bank.adapters.formats.qti.source import MAX_XML, parse
from lyceum.bank.adapters.formats.reasons import FileMalformed, FileRefused, FileTruncated, Refuse, rejected
from lyceum.bank.domain.drafts import Draft, Rejected

ITEM = "assessment-item"


def read(file: BinaryIO, guess: Guess, defaults: Defaults = NO_DEFAULTS) -> Iterator[Draft | Rejected]:
    """The items of a package in the order of its test, or those of one XML file. `place` numbers them.

    Raise bank.file_refused, bank.file_truncated or bank.file_malformed when the whole file cannot be trusted or read.
    """
    start = file.tell()
    packed = file.read(len(ZIP)) == ZIP
    file.seek(start)
    if packed:
        yield from _packed(Archive(file), defaults)
        return
    data = file.read(MAX_XML + 1)
    if len(data) > MAX_XML:
        raise FileRefused(place="the item", why="it is longer than 8 MiB")
    root = parse(data, "the item")
    items = [root] if name(root) == ITEM else [*descendants(root, ITEM)]
    if not items:
        raise FileMalformed(place="the first element", why="there is no QTI item in it")
    for number, item in enumerate(items, 1):
        place = f"item {number}, line {item.sourceline}"
        yield draft_of(item, Entry(href=""), NoFolder(), place, defaults)


def _packed(archive: Archive, defaults: Defaults) -> Iterator[Draft | Rejected]:
    number = 0
    for number, entry in enumerate(entries(archive), 1):
        yield _entry(archive, entry, f"item {number}, {entry.href[-150:]}", defaults)
    if not number:
        raise FileMalformed(place="the manifest", why="it lists no QTI items")


def _entry(archive: Archive, entry: Entry, place: str, defaults: Defaults) -> Draft | Rejected:
    try:
        if entry.href not in archive.files:
            raise Refuse("item_missing", "The package does not hold the file '{name}'.", name=entry.href[-150:])
        item = parse(archive.read(entry.href, MAX_XML), entry.href[-120:])
        if name(item) != ITEM:
            raise Refuse("bad_item", "The file holds '{element}' and no item.", element=name(item)[:40])
    except (FileMalformed, FileTruncated) as error:
        return rejected(Refuse("bad_item", "The item cannot be read: {why}.", why=str(error)), place=place, title="")
    except Refuse as error:
        return rejected(error, place=place, title="")
    return draft_of(item, entry, ItemFolder(archive, posixpath.dirname(entry.href)), place, defaults)
