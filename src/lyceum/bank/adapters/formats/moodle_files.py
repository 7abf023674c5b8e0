"""Files carried inside a Moodle question, and the texts that refer to them."""

import base64
import binascii
import html
import re
from urllib.parse import unquote

from lxml import etree

from lyceum.bank.adapters.formats.limits import MAX_MEDIA
from lyceum.bank.adapters.formats.reasons import Losses, Refuse
from lyceum.bank.adapters.formats.texts import Text, automatic
from lyceum.bank.domain.content import TextFormat
from lyceum.bank.domain.drafts import DraftMedia, MediaRole

_UNSAFE = re.compile(r"[\s\"'<>()\[\]\\/?#%&:|*`\x00-\x1f]+")
_REFERENCE = re.compile(r"@@PLUGINFILE@@/([^\"'<>]*)")
_PHOTOS = frozenset({"png", "jpg", "jpeg", "webp", "gif", "bmp", "svg"})
_SOUNDS = frozenset({"mp3", "wav", "ogg", "oga", "m4a"})
_FORMATS = {
    "html": TextFormat.HTML,
    "plain_text": TextFormat.PLAIN,
    "markdown": TextFormat.MARKDOWN,
    "wiki_like": TextFormat.HTML,
}


def bare_name(name: str) -> str:
    """A file name that is no path and can stand in `attachment:NAME` as it is."""
    bare = _UNSAFE.sub("_", name.replace("\\", "/").rpartition("/")[2]).strip("._")
    if len(bare) > 120:
        stem, _, suffix = bare.rpartition(".")
        bare = f"{stem[:100]}.{suffix[:19]}"
    return bare or "file"


def role_of(name: str) -> MediaRole:
    suffix = name.rpartition(".")[2].lower()
    if suffix in _PHOTOS:
        return MediaRole.PHOTO
    return MediaRole.SOUND if suffix in _SOUNDS else MediaRole.FILE


class Attachments:
    """The files of one question, gathered from all its text holders, each under a name of its own."""

    def __init__(self, losses: Losses) -> None:
        self._losses = losses
        self._media: dict[str, DraftMedia] = {}
        self._size = 0

    @property
    def media(self) -> tuple[DraftMedia, ...]:
        return tuple(self._media.values())

    def text(self, holder: etree._Element | None, inherited: TextFormat | None = TextFormat.HTML) -> Text:
        """The `<text>` of a holder, in the format that its attribute names, with `attachment:` for its files.

        `inherited` is the format of a holder that names none; None is Moodle's automatic format.
        """
        if holder is None:
            return Text("", TextFormat.PLAIN)
        raw = inner_text(holder.find("text"), self._losses)
        files = self._files(holder)
        if "@@PLUGINFILE@@" in raw:
            raw = _REFERENCE.sub(lambda match: self._reference(match[1], files), raw)
        name = (holder.get("format") or "").strip()
        if name == "wiki_like":
            self._losses.note("wiki_markup", "Wiki markup is not understood; it stands in the text as it is.")
        if name == "moodle_auto_format" or (not name and inherited is None):
            return automatic(raw)
        return Text(raw, _FORMATS.get(name, inherited or TextFormat.HTML))

    def add(self, name: str, encoded: str, encoding: str = "base64") -> str | None:
        """Keep a file; return the name it got, or None when there is nothing to keep."""
        data = self._decoded(name, encoded) if encoding == "base64" else encoded.encode()
        if not data:
            return None
        own = bare_name(name)
        if own != name:
            self._losses.note("file_renamed", "The file '{name}' is called '{new}' now.", name=name[:120], new=own)
        stem, dot, suffix = own.rpartition(".")
        number = 1
        while own in self._media and self._media[own].data != data:
            number += 1
            own = f"{stem}-{number}.{suffix}" if dot else f"{suffix}-{number}"
        self._media.setdefault(own, DraftMedia(name=own, role=role_of(own), data=data))
        return own

    def _decoded(self, name: str, encoded: str) -> bytes:
        if encoded.lstrip()[:5].lower() == "data:":
            encoded = encoded.partition(",")[2]
        self._size += len(encoded) * 3 // 4
        if self._size > MAX_MEDIA + 1024:
            raise Refuse("media_too_large", "The files of the question are larger than 20 MiB.")
        try:
            data = base64.b64decode(encoded)
        except (binascii.Error, ValueError):
            self._losses.note("file_broken", "The file '{name}' is not valid base64 and was left out.", name=name[:120])
            return b""
        if not data:
            self._losses.note("file_empty", "The file '{name}' is empty and was left out.", name=name[:120])
        return data

    def _files(self, holder: etree._Element) -> dict[str, str]:
        files: dict[str, str] = {}
        for file in holder.findall("file"):
            name = file.get("name") or "file"
            key = f"{(file.get('path') or '').strip('/')}/{name}".lstrip("/")
            if key not in files and (own := self.add(name, file.text or "", file.get("encoding") or "base64")):
                files[key] = own
        return files

    def _reference(self, rest: str, files: dict[str, str]) -> str:
        """What follows `@@PLUGINFILE@@/` up to the quotation mark: a file name, perhaps with text after it."""
        whole = unquote(html.unescape(rest.partition("?")[0])).lstrip("/")
        if whole in files:
            return f"attachment:{files[whole]}"
        first = re.split(r"[\s)]", rest, maxsplit=1)[0]
        name = unquote(html.unescape(first.partition("?")[0])).lstrip("/")
        if name not in files:
            self._losses.note(
                "file_missing", "The text refers to the file '{name}', which is not there.", name=name[:120]
            )
        return f"attachment:{files.get(name) or bare_name(name)}{rest[len(first) :]}"


def inner_text(element: etree._Element | None, losses: Losses) -> str:
    """The text of an element; elements inside of it, which ought to have been escaped, become markup."""
    if element is None:
        return ""
    if not len(element):
        return (element.text or "").strip()
    losses.note("markup_not_escaped", "The markup of a text was not escaped; it was read all the same.")
    inner = "".join(etree.tostring(child, encoding="unicode") for child in element)
    return (html.escape(element.text or "", quote=False) + inner).strip()
