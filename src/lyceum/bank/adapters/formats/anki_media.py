"""Pictures and sounds of an Anki package, and the fields of notes that refer to them."""

import html
import json
import re
from collections.abc import Mapping
from urllib.parse import unquote

import zstandard

from lyceum.bank.adapters.formats import protobuf
from lyceum.bank.adapters.formats.anki_collection import unpacked
from lyceum.bank.adapters.formats.archive import Archive
from lyceum.bank.adapters.formats.kept_media import KeptMedia
from lyceum.bank.adapters.formats.reasons import FileMalformed, Losses, Refuse
from lyceum.bank.domain.drafts import DraftMedia

MAX_LIST = 64 << 20
"""Bytes of the list of media, unpacked."""

_SOUND = re.compile(r"\[sound:([^\[\]]{1,500})\]")
_SOURCE = re.compile(
    r"""(<(?:img|audio|video|source)\b[^>]{0,4000}?\bsrc\s*=\s*)("[^"]*"|'[^']*'|[^\s>"']+)""", re.IGNORECASE
)
_LATEX = (
    (re.compile(r"\[latex\](.*?)\[/latex\]", re.DOTALL), r"\(", r"\)"),
    (re.compile(r"\[\$\$\](.*?)\[/\$\$\]", re.DOTALL), r"\[", r"\]"),
    (re.compile(r"\[\$\](.*?)\[/\$\]", re.DOTALL), r"\(", r"\)"),
)
_FAR = ("http:", "https:", "data:", "//")


class MediaList:
    """Which file of the package is which: notes name a file by its own name, the archive by a number."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._zstd = "collection.anki21b" in archive.files
        self._numbers = self._read()

    def _read(self) -> Mapping[str, str]:
        if "media" not in self._archive.files:
            return {}
        try:
            with self._archive.open("media") as packed:
                data = (unpacked(packed) if self._zstd else packed).read(MAX_LIST + 1)
            if len(data) > MAX_LIST:
                raise FileMalformed(place="the list of media", why="it is longer than 64 MiB")
            return _entries(data) if self._zstd else _named(data)
        except (ValueError, RecursionError, zstandard.ZstdError) as error:
            raise FileMalformed(place="the list of media", why=str(error)[:200]) from error

    def load(self, name: str, room: int) -> bytes | None:
        """The bytes of a file, None when the package does not hold it. Raise Refuse beyond `room` bytes."""
        number = self._numbers.get(name)
        if number is None or number not in self._archive.files:
            return None
        if not self._zstd:
            return self._archive.read(number, room)
        try:
            with self._archive.open(number) as packed:
                data = unpacked(packed).read(room + 1)
        except zstandard.ZstdError as error:
            raise FileMalformed(place=f"the file {number}", why=str(error)[:200]) from error
        if len(data) > room:
            raise Refuse(
                "media_too_large", "The file '{name}' is larger than {most} MiB.", name=name[-120:], most=room >> 20
            )
        return data


def _named(data: bytes) -> dict[str, str]:
    listed = json.loads(data or b"{}")
    if not isinstance(listed, dict):
        raise ValueError("no list of names")
    return {str(name): str(number) for number, name in listed.items()}


def _entries(data: bytes) -> dict[str, str]:
    """Message MediaEntries: entry 1 holds the name 1, and the number 255 when it is not its place in the list."""
    numbers: dict[str, str] = {}
    entries = [value for number, value in protobuf.fields(data) if number == 1 and isinstance(value, bytes)]
    for place, entry in enumerate(entries):
        said = dict(protobuf.fields(entry))
        numbers[protobuf.text(said.get(1, b""))] = str(said.get(255, place))
    return numbers


class NoteMedia:
    """The files of one note, gathered from the fields that refer to them."""

    def __init__(self, listed: MediaList, losses: Losses) -> None:
        self._listed = listed
        self._kept = KeptMedia(losses)
        self._names: dict[str, str] = {}

    @property
    def media(self) -> tuple[DraftMedia, ...]:
        return self._kept.media

    def field(self, text: str) -> str:
        """The HTML of a field with `attachment:` for its files, and formulas in the delimiters of the bank."""
        for pattern, opening, closing in _LATEX:
            text = pattern.sub(lambda match: opening + _formula(match[1]) + closing, text)  # noqa: B023
        text = _SOURCE.sub(lambda match: f'{match[1]}"{self._address(match[2])}"', text)
        return _SOUND.sub(self._sound, text).strip()

    def _address(self, quoted: str) -> str:
        written = html.unescape(quoted.strip("\"'"))
        if written.lower().startswith(_FAR):
            return html.escape(written)
        own = self._keep(unquote(written)) or self._keep(written)
        return f"attachment:{own or self._kept.missing(written)}"

    def _sound(self, match: re.Match[str]) -> str:
        name = html.unescape(match[1])
        own = self._keep(name)
        if own is None:
            self._kept.missing(name)
            return ""
        return f'<audio src="attachment:{own}" controls></audio>'

    def _keep(self, name: str) -> str | None:
        if name in self._names:
            return self._names[name]
        data = self._listed.load(name, self._kept.room)
        if not data:
            return None
        self._names[name] = self._kept.add(name, data)
        return self._names[name]


def _formula(text: str) -> str:
    """LaTeX without the markup that the editor puts into it, and without dollars of its own."""
    bare = re.sub(r"<br\s*/?>|</?div>", " ", text)
    return bare.strip().strip("$")
