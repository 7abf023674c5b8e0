"""Questions written as a package of QTI 3.0: an item each, their files, and a manifest that lists both.

Every item is read back as it is written, so the report names what QTI does not say by what really is different.
"""

import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import IO
from urllib.parse import quote
from xml.sax.saxutils import escape, quoteattr

from lyceum.bank.adapters.formats.drafting import NO_DEFAULTS, tags_of
from lyceum.bank.adapters.formats.moodle_files import bare_name
from lyceum.bank.adapters.formats.portable import line, without_source
from lyceum.bank.adapters.formats.qti.answers import CannotSay
from lyceum.bank.adapters.formats.qti.changes import name_changes
from lyceum.bank.adapters.formats.qti.item_writer import ItemWriter
from lyceum.bank.adapters.formats.qti.items import draft_of
from lyceum.bank.adapters.formats.qti.package import MANIFEST, Entry
from lyceum.bank.adapters.formats.qti.source import parse
from lyceum.bank.adapters.formats.qti.xhtml import legal
from lyceum.bank.adapters.formats.reasons import Losses
from lyceum.bank.domain.drafts import Draft, DraftMedia, Loss, Rejected

type OnLoss = Callable[[Draft, Loss], None]

KIND = "imsqti_item_xmlv3p0"
_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<manifest xmlns="http://www.imsglobal.org/xsd/qti/qtiv3p0/imscp_v1p1" '
    'xmlns:lom="http://ltsc.ieee.org/xsd/LOM" identifier="lyceum">'
    "<metadata><schema>QTI Package</schema><schemaversion>3.0.0</schemaversion></metadata><organizations/><resources>\n"
)
_TAIL = "</resources></manifest>\n"


@dataclass(frozen=True, slots=True)
class Exported:
    """An item with its files by their paths in the package, and the draft that it reads back as."""

    xml: bytes
    entry: Entry
    files: Mapping[str, bytes]
    draft: Draft


@dataclass(frozen=True, slots=True)
class _Files:
    """The files of one item, found without a package around them."""

    files: Mapping[str, bytes]
    names: Mapping[str, str]

    def find(self, href: str) -> str | None:
        return self.names.get(href)

    def has(self, path: str) -> bool:
        return path in self.files

    def load(self, path: str, room: int) -> bytes:
        return self.files[path]


def write(drafts: Iterable[Draft], on_loss: OnLoss) -> Iterator[bytes]:
    """The package, put together on disk and then handed out in pieces."""
    with tempfile.TemporaryFile() as packed:
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive, tempfile.TemporaryFile() as listed:
            for number, draft in enumerate(drafts, 1):
                losses = Losses()
                item = exported(draft, number, losses)
                for loss in losses:
                    on_loss(draft, loss)
                if item is not None:
                    _add(archive, listed, number, item)
            _list(archive, listed)
        packed.seek(0)
        while data := packed.read(1 << 16):
            yield data


def _add(archive: zipfile.ZipFile, listed: IO[bytes], number: int, item: Exported) -> None:
    archive.writestr(item.entry.href, item.xml)
    for path, data in item.files.items():
        archive.writestr(path, data)
    listed.write(_resource(number, item).encode())


def _list(archive: zipfile.ZipFile, listed: IO[bytes]) -> None:
    listed.seek(0)
    with archive.open(MANIFEST, "w") as manifest:
        manifest.write(_HEAD.encode())
        while data := listed.read(1 << 16):
            manifest.write(data)
        manifest.write(_TAIL.encode())


def as_qti(draft: Draft, losses: Losses) -> Draft | None:
    """What of a draft comes back from an item; None when it cannot be written."""
    item = exported(draft, 1, losses)
    return None if item is None else item.draft


def exported(draft: Draft, number: int, losses: Losses) -> Exported | None:
    folder = f"media/q{number:05}"
    kept = _kept(draft, losses)
    files = {f"{folder}/{name}": media.data for name, media in kept.items()}
    addresses = {media.name: f"../{folder}/{quote(name)}" for name, media in kept.items()}
    entry = Entry(
        href=f"items/q{number:05}.xml",
        labels=tuple(line(legal(tag), losses) for tag in tags_of(draft, score=False)),
        topics=tuple(dict.fromkeys(found for topic in draft.topics if (found := line(legal(topic), losses)))),
        external_id=line(legal(draft.external_id), losses),
        files=tuple(files),
    )

    def link(name: str) -> str:
        return addresses.get(name, f"attachment:{name}")

    try:
        xml = ItemWriter(draft, link, losses).item(f"q{number:05}").encode("utf-8", "replace")
        around = _Files(files, dict(zip(addresses.values(), files, strict=True)))
        back = draft_of(parse(xml, entry.href), entry, around, entry.href, NO_DEFAULTS)
    except CannotSay as error:
        losses.note("not_exported", "QTI cannot say this question: {why}. Take JSON.", why=error)
        return None
    if isinstance(back, Rejected):
        losses.note("not_exported", "QTI cannot say this question: {why}. Take JSON.", why=back.code)
        return None
    name_changes(draft, back, losses)
    return Exported(xml, entry, files, back)


def _kept(draft: Draft, losses: Losses) -> dict[str, DraftMedia]:
    """The files that a package can show, by the names they get there."""
    media = without_source(draft, losses).media
    return {bare_name(legal(item.name)): item for item in media if item.data}


def _resource(number: int, item: Exported) -> str:
    entry = item.entry
    files = "".join(f"<file href={quoteattr(quote(path))}/>" for path in (entry.href, *item.files))
    return (
        f'<resource identifier="r{number:05}" type="{KIND}" href={quoteattr(entry.href)}>'
        f"<metadata>{_metadata(entry)}</metadata>{files}</resource>\n"
    )


def _metadata(entry: Entry) -> str:
    """Who the item is and what it is about, as Learning Object Metadata."""
    known = entry.external_id and (
        f"<lom:identifier><lom:catalog>lyceum</lom:catalog><lom:entry>{escape(entry.external_id)}</lom:entry>"
        "</lom:identifier>"
    )
    words = "".join(f"<lom:keyword><lom:string>{escape(label)}</lom:string></lom:keyword>" for label in entry.labels)
    taxa = "".join(
        f"<lom:taxon><lom:entry><lom:string>{escape(topic)}</lom:string></lom:entry></lom:taxon>"
        for topic in entry.topics
    )
    path = taxa and (
        "<lom:classification><lom:purpose><lom:source>LOMv1.0</lom:source><lom:value>discipline</lom:value></lom:purpose>"
        "<lom:taxonPath><lom:source><lom:string>lyceum</lom:string></lom:source>"
        f"{taxa}</lom:taxonPath></lom:classification>"
    )
    return f"<lom:lom><lom:general>{known}{words}</lom:general>{path}</lom:lom>"
