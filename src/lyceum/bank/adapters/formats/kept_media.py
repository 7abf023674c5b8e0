"""The files of one question on its way in: each once, under a bare name of its own."""

from lyceum.bank.adapters.formats.limits import MAX_MEDIA
from lyceum.bank.adapters.formats.moodle_files import bare_name, role_of
from lyceum.bank.adapters.formats.reasons import Losses
from lyceum.bank.domain.drafts import DraftMedia


class KeptMedia:
    """`room` is how many bytes more the question may bring."""

    def __init__(self, losses: Losses) -> None:
        self._losses = losses
        self._media: dict[str, DraftMedia] = {}
        self.room = MAX_MEDIA

    @property
    def media(self) -> tuple[DraftMedia, ...]:
        return tuple(self._media.values())

    def add(self, name: str, data: bytes) -> str:
        """Keep a file; the name it got, by which texts refer to it."""
        self.room -= len(data)
        own = bare_name(name)
        if own != name:
            self._losses.note("file_renamed", "The file '{name}' is called '{new}' now.", name=name[:120], new=own)
        stem, dot, suffix = own.rpartition(".")
        number = 1
        while own in self._media:
            number += 1
            own = f"{stem}-{number}.{suffix}" if dot else f"{suffix}-{number}"
        self._media[own] = DraftMedia(name=own, role=role_of(own), data=data)
        return own

    def missing(self, name: str) -> str:
        """The name under which a file that is not there would be kept."""
        self._losses.note("file_missing", "The text refers to the file '{name}', which is not there.", name=name[:120])
        return bare_name(name)
