"""The files of one item: those that its texts show, those that its manifest names, and its own source."""

from collections.abc import Iterable

from lyceum.bank.adapters.formats.kept_media import KeptMedia
from lyceum.bank.adapters.formats.qti.package import Folder
from lyceum.bank.adapters.formats.reasons import Losses
from lyceum.bank.domain.drafts import DraftMedia, MediaRole

_NOT_SHOWN = (".xml", ".xsd", ".css", ".js", ".html")


class ItemMedia:
    def __init__(self, folder: Folder, losses: Losses) -> None:
        self._folder = folder
        self._kept = KeptMedia(losses)
        self._names: dict[str, str] = {}

    def link(self, href: str) -> str:
        """The address of ours for a file that a text of the item shows."""
        path = self._folder.find(href)
        own = None if path is None else self._keep(path)
        return f"attachment:{own or self._kept.missing(href)}"

    def add(self, paths: Iterable[str]) -> None:
        """Files that stand beside the texts."""
        for path in paths:
            if self._folder.has(path) and not path.lower().endswith(_NOT_SHOWN):
                self._keep(path)

    def _keep(self, path: str) -> str | None:
        if path not in self._names:
            data = self._folder.load(path, self._kept.room)
            if not data:
                return None
            self._names[path] = self._kept.add(path.rpartition("/")[2], data)
        return self._names[path]

    def with_source(self, xml: bytes) -> tuple[DraftMedia, ...]:
        """All of them, and the XML of the item, for its author's eyes alone."""
        source = DraftMedia(name="qti-source.xml", role=MediaRole.SOURCE, data=xml.replace(b"\x7f", b""))
        return (*self._kept.media, source)

    @property
    def media(self) -> tuple[DraftMedia, ...]:
        return self._kept.media
