"""Large and hostile XML, one element at a time: no DTD, no entities of the file's own, no growth of memory."""

import html
import re
from collections.abc import Iterator

from lxml import etree

from lyceum.bank.adapters.formats.decoding import Readable, Utf8Stream
from lyceum.bank.adapters.formats.reasons import FileMalformed, FileRefused, FileTruncated

MAX_PROLOG = 1 << 16
MAX_ELEMENT = 64 << 20
"""Characters between two ends of questions; more is refused, for the parser would have to hold them."""

_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_TOKEN = re.compile(r"<!\[CDATA\[|\]\]>|&([A-Za-z][A-Za-z0-9]{1,31});|<!--|-->")
_PARTIAL = re.compile(r"(?:<(?:!(?:-|\[[CDAT]{0,5})?)?|\]{1,2}|-{1,2}|&[A-Za-z0-9#]{0,32})\Z")
_ASIDE = re.compile(r"<!--.*?-->|<\?.*?\?>", re.DOTALL)
_FIRST = re.compile(r"<[A-Za-z_]|<!--|<\?")
_OWN = frozenset({"amp", "lt", "gt", "quot", "apos"})
_TAIL = 40


class SafeXml:
    """A file that an XML parser may read: UTF-8, without DTD, HTML's entities put as characters.

    `repaired` and `dropped` count chunks with invalid bytes and characters that XML forbids.
    """

    def __init__(self, file: Readable, encoding: str) -> None:
        self._source = Utf8Stream(file, encoding)
        self._carry = ""
        self._inside = ""
        self._since = 0
        self._prolog: str | None = ""
        self.dropped = 0
        self.tail = ""
        self.ended = False

    @property
    def repaired(self) -> int:
        return self._source.repaired

    def read(self, size: int = -1, /) -> bytes:
        """The next piece; empty only at the end. Raise bank.file_refused for a DTD."""
        while not self.ended:
            text = self._source.text()
            self.ended = not text
            text = self._carry + text
            cut = len(text) if self.ended else _safe_cut(text)
            text, self._carry = text[:cut], text[cut:]
            if text:
                return self._checked(text).encode("utf-8", "replace")
        return b""

    def _checked(self, text: str) -> str:
        if self._prolog is not None:
            self._check_prolog(text)
        self.tail = (self.tail + text)[-400:]
        last = text.rfind("</question")
        self._since = len(text) - last if last >= 0 else self._since + len(text)
        if self._since > MAX_ELEMENT:
            raise FileRefused(place="one question", why="it is longer than 64 MiB")
        if _ILLEGAL.search(text):
            text, count = _ILLEGAL.subn("", text)
            self.dropped += count
        return _TOKEN.sub(self._token, text) if "&" in text or "<!" in text or self._inside else text

    def _check_prolog(self, text: str) -> None:
        self._prolog = (self._prolog or "") + text
        bare = _ASIDE.sub("", self._prolog)
        start = _FIRST.search(bare)
        lowered = (bare[: start.start()] if start else bare).lower()
        if "<!doctype" in lowered or "<!entity" in lowered:
            raise FileRefused(place="the first lines", why="it declares a document type or entities")
        if start and start[0] not in {"<!--", "<?"}:
            self._prolog = None
        elif len(self._prolog) > MAX_PROLOG:
            raise FileRefused(place="the first lines", why="no element begins within 64 KiB")

    def _token(self, match: re.Match[str]) -> str:
        """Entities count outside of CDATA and comments only."""
        token, name = match[0], match[1]
        if name is None:
            closing = {"<![CDATA[": "]]>", "<!--": "-->"}.get(token)
            if closing and not self._inside:
                self._inside = closing
            elif token == self._inside:
                self._inside = ""
            return token
        if self._inside or name in _OWN:
            return token
        character = html.unescape(token)
        return token if character == token else "".join(f"&#{ord(char)};" for char in character)


def _safe_cut(text: str) -> int:
    """Where a chunk may end without cutting a token in two."""
    partial = _PARTIAL.search(text, max(0, len(text) - _TAIL))
    return partial.start() if partial else len(text)


def elements(source: SafeXml, tag: str) -> Iterator[etree._Element]:
    """Each child `tag` of the root; it is emptied as soon as the next one is asked for.

    Raise bank.file_truncated when the file breaks off, bank.file_malformed when it is no XML.
    """
    checked = False
    try:
        events = etree.iterparse(
            source,
            events=("end",),
            tag=tag,
            encoding="utf-8",
            resolve_entities=False,
            load_dtd=False,
            no_network=True,
            huge_tree=True,
            remove_comments=True,
            remove_pis=True,
        )
        for _, element in events:
            parent = element.getparent()
            if parent is None or parent.getparent() is not None:
                continue
            if not checked and parent.getroottree().docinfo.internalDTD is not None:
                raise FileRefused(place="the first lines", why="it declares a document type")
            checked = True
            yield element
            element.clear()
            while element.getprevious() is not None:
                del parent[0]
    except etree.XMLSyntaxError as error:
        place = f"line {error.lineno}"
        if source.ended and "</quiz" not in source.tail.lower():
            raise FileTruncated(place=place) from error
        raise FileMalformed(place=place, why=str(error.msg)) from error
