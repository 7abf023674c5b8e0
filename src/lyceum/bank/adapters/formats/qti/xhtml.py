"""Texts of ours as XHTML that an item may hold."""

import html
import re
from collections.abc import Callable

from lxml import etree

from lyceum.bank.adapters.formats.sanitize import clean_html
from lyceum.bank.adapters.formats.texts import Text, in_format
from lyceum.bank.domain.content import TextFormat

_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufdd0-\ufddf\ufffe\uffff]")
_REFERENCE = "attachment:"
_LINKS = ("src", "href")
_BLOCKS = re.compile(r"<(?:p|div|table|ul|ol|li|h[1-6]|pre|blockquote|hr|dl|figure|audio|video)\b")
_MATHML = "http://www.w3.org/1998/Math/MathML"

type Link = Callable[[str], str]


def legal(text: str) -> str:
    """Without the characters that XML forbids."""
    return _ILLEGAL.sub("", text) if _ILLEGAL.search(text) else text


def tree_of(text: str, format: TextFormat, link: Link) -> etree._Element:
    """A `div` that holds a text. `link` turns the name of a file of the question into its address in the package.

    Markup that shows nothing, and markup that cannot be read, is shown as it is written.
    """
    markup, _ = clean_html(in_format(Text(legal(text), format), TextFormat.HTML))
    root = _parsed(markup)
    if root is None or not (_shown(root) or not text.strip()):
        root = _parsed(html.escape(legal(text), quote=False))
    if root is None:
        root = etree.Element("div")
    for element in root.iter():
        for name in _LINKS:
            address = element.get(name)
            if address and address.startswith(_REFERENCE):
                element.set(name, link(address.removeprefix(_REFERENCE)))
        if element.tag == "math":
            element.set("xmlns", _MATHML)
    return root


def _parsed(markup: str) -> etree._Element | None:
    parser = etree.HTMLParser(remove_comments=True, remove_pis=True, no_network=True)
    try:
        root = etree.fromstring(f"<div>{markup}</div>", parser)
    except etree.LxmlError:
        return None
    body = None if root is None else root.find("body")
    if body is None:
        return None
    if len(body) == 1 and body[0].tag == "div":
        return body[0]
    body.tag = "div"
    return body


def _shown(root: etree._Element) -> bool:
    text = "".join(str(part) for part in root.itertext()).strip()
    return bool(text) or any(element.tag in {"img", "audio", "video", "hr"} for element in root.iter())


def serialised(root: etree._Element) -> str:
    """The XHTML of a tree, the element itself included."""
    return etree.tostring(root, encoding="unicode", with_tail=False)


def block(text: str, format: TextFormat, link: Link) -> str:
    """A text as a `div`."""
    return serialised(tree_of(text, format, link))


def is_inline(xhtml: str) -> bool:
    """Whether what a `div` holds may stand inside of a line."""
    return not _BLOCKS.search(xhtml.removeprefix("<div>"))


def inline(xhtml: str) -> str:
    """What a `div` holds, without it."""
    return xhtml.removeprefix("<div>").removesuffix("</div>") if xhtml != "<div/>" else ""
