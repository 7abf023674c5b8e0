"""HTML made safe to show: tables, indices and formulas stay, whatever runs or calls home goes, and is reported."""

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cache

import nh3
from lxml import etree
from markdown_it import MarkdownIt

from lyceum.bank.adapters.formats.texts import in_formulas
from lyceum.bank.domain.content import Accepted, Content, Criterion, Gap, Option, TextFormat
from lyceum.bank.domain.drafts import Draft, Loss

_MATHML_NAMES = """
math annotation menclose merror mfenced mfrac mi mmultiscripts mn mo mover mpadded mphantom mprescripts mroot mrow ms
mspace msqrt mstyle msub msubsup msup mtable mtd mtext mtr munder munderover none semantics
"""
_MATHML_ATTRIBUTES = """
display mathvariant mathsize stretchy fence separator accent accentunder linethickness columnalign rowalign
columnspacing rowspacing columnlines rowlines open close separators width height depth lspace rspace notation encoding
rowspan columnspan movablelimits largeop symmetric form minsize maxsize scriptlevel displaystyle
"""
_MATHML = frozenset(_MATHML_NAMES.split())
_TAGS = frozenset(nh3.ALLOWED_TAGS) | _MATHML | {"tfoot", "u", "audio", "video", "source"}
_CONTENT_TOO = frozenset({"script", "style", "iframe", "object", "embed", "svg", "template", "noscript", "title"})
_ATTRIBUTES: dict[str, set[str]] = {
    "*": {"lang", "dir", "title"},
    "a": {"href"},
    "abbr": {"title"},
    "img": {"src", "alt", "width", "height"},
    "audio": {"src", "controls"},
    "video": {"src", "controls", "width", "height"},
    "source": {"src", "type"},
    "ol": {"start", "type", "reversed"},
    "li": {"value"},
    "col": {"span"},
    "colgroup": {"span"},
    "td": {"colspan", "rowspan", "align", "valign", "headers"},
    "th": {"colspan", "rowspan", "align", "valign", "scope", "headers"},
    "tr": {"align", "valign"},
    "table": {"border"},
    "time": {"datetime"},
    **{tag: set(_MATHML_ATTRIBUTES.split()) for tag in _MATHML},
}
_OWN_FILES = frozenset({"img", "audio", "video", "source"})
_LINKS = ("http:", "https:", "mailto:", "attachment:")
_NOT_A_TAG = re.compile(r"<(?!/?[a-zA-Z][a-zA-Z0-9]*(?:\s+[a-zA-Z-]+\s*=\s*(?:\"[^\"<]*\"|'[^'<]*'))*\s*/?>)")
_BAD_LINK = re.compile(r"(\]\(\s*<?)\s*(?:javascript|vbscript|data):(?:[^()\s]|\([^()\s]*\))*", re.IGNORECASE)
_FAR_PICTURE = re.compile(r"!\[([^\]]{0,1000})\]\(\s*<?(?!attachment:)[^)]{0,2000}\)")
_ENTITIES_ONLY = re.compile(r"&(?![a-zA-Z]{2,31};|#[0-9]{1,7};|#[xX][0-9a-fA-F]{1,6};)")

type Report = list[str]


def _keep_attribute(tag: str, attribute: str, value: str) -> str | None:
    if attribute == "src" and tag in _OWN_FILES:
        return value if value.startswith("attachment:") else None
    if attribute == "href":
        return value if value.lower().startswith(_LINKS) else None
    return value


@cache
def _cleaner() -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=set(_TAGS),
        clean_content_tags=set(_CONTENT_TOO),
        attributes=_ATTRIBUTES,
        attribute_filter=_keep_attribute,
        url_schemes={"http", "https", "mailto", "attachment"},
        link_rel=None,
        strip_comments=True,
    )


def clean_html(text: str) -> tuple[str, Report]:
    """Safe HTML, and what was taken out: names of elements and attributes."""
    if "<" not in text and "&" not in text:
        return text, []
    if "<" not in text and not _ENTITIES_ONLY.search(text):
        return _cleaner().clean(text), []
    escaped = _escape_in_formulas(text)
    safe = _settled(escaped)
    return safe, [] if safe == text else removed_from(escaped)


def _settled(text: str) -> str:
    """Clean until nothing changes: misnested elements may stand otherwise when they are parsed again."""
    for _ in range(4):
        before, text = text, _cleaner().clean(text)
        if text == before:
            break
    return text


def _escape_in_formulas(text: str) -> str:
    r"""`\(a<b\)` compares; it opens no tag."""
    return in_formulas(text, lambda formula: _NOT_A_TAG.sub("&lt;", formula))


def removed_from(text: str) -> Report:
    """What the cleaner does not keep of a text, each name once, in order."""
    parser = etree.HTMLParser(recover=True, remove_pis=True, no_network=True)
    try:
        root = etree.fromstring(f"<div>{text}</div>", parser)
    except etree.LxmlError:
        return ["unreadable markup"]
    if root is None:
        return ["unreadable markup"]
    found: dict[str, None] = {}
    for element in root.iter():
        tag = str(element.tag).lower()
        if element.tag is etree.Comment:
            found["comment"] = None
            continue
        if tag not in _TAGS and tag not in {"html", "body", "head"}:
            found[f"<{tag}>"] = None
            continue
        for name, value in ((str(name), str(value)) for name, value in element.attrib.items()):
            if not _is_kept(tag, name.lower(), value):
                found[f"{tag} {name}"] = None
    return list(found)


def _is_kept(tag: str, name: str, value: str) -> bool:
    allowed = name in _ATTRIBUTES["*"] or name in _ATTRIBUTES.get(tag, ())
    return allowed and _keep_attribute(tag, name, value) is not None


@cache
def _markdown() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": True}).enable("table")


def clean_markdown(text: str) -> tuple[str, Report]:
    """Markdown whose raw HTML is safe; code, quotes and comparisons are left as they are."""
    report: Report = []
    if "](" in text:
        text, links = _BAD_LINK.subn(r"\1#", text)
        text, pictures = _FAR_PICTURE.subn(r"\1", text)
        report += ["link"] * bool(links) + ["picture from elsewhere"] * bool(pictures)
    for _ in range(4):
        if "<" not in text:
            return text, report
        changes = [(raw, safe) for raw, safe in _raw_html(text) if raw != safe]
        for raw, safe in changes:
            report += [name for name in removed_from(raw) if name not in report]
            text = text.replace(raw, safe)
        if not changes:
            return text, report
    return text.replace("<", "&lt;"), [*report, "markup"]


def _raw_html(text: str) -> Iterable[tuple[str, str]]:
    """Pieces of raw HTML as Markdown sees them, with what may stay of each."""
    for token in _markdown().parse(text):
        if token.type == "html_block":
            yield token.content, _safe_block(token.content)
        for child in token.children or ():
            if child.type == "html_inline":
                yield child.content, _safe_tag(child.content)


def _safe_block(content: str) -> str:
    return content if not removed_from(content) else _cleaner().clean(content)


def _safe_tag(content: str) -> str:
    if content.startswith("</"):
        return content if content[2:].strip(" \t\n>").lower() in _TAGS else ""
    if not removed_from(content):
        return content
    kept = _cleaner().clean(content)
    return kept.partition("</")[0] if kept.startswith("<") else ""


def clean(draft: Draft) -> Draft:
    """The draft with every text made safe; what was removed is one more loss, `html_removed`.

    A text without `<` and `&` comes back as it is; so does a plain draft, whose texts are escaped when shown.
    """
    format = draft.content.stem_format
    if format is TextFormat.PLAIN:
        return draft
    report: Report = []
    cleaner = clean_html if format is TextFormat.HTML else clean_markdown

    def safe(text: str) -> str:
        if "<" not in text and "&" not in text and "](" not in text:
            return text
        cleaned, removed = cleaner(text)
        report.extend(removed)
        return cleaned

    content = _each_text(draft.content, safe)
    if not report:
        return draft if content == draft.content else replace(draft, content=content)
    loss = Loss(
        code="html_removed",
        text="Removed from the markup: {removed}.",
        facts={"removed": ", ".join(dict.fromkeys(report))[:500]},
    )
    return replace(draft, content=content, losses=(*draft.losses, loss))


def _each_text(content: Content, change: Callable[[str], str]) -> Content:
    def options(items: tuple[Option, ...]) -> tuple[Option, ...]:
        return tuple(replace(item, text=change(item.text), feedback=change(item.feedback)) for item in items)

    def accepted(items: tuple[Accepted, ...]) -> tuple[Accepted, ...]:
        return tuple(replace(item, feedback=change(item.feedback)) if item.feedback else item for item in items)

    def gap(item: Gap) -> Gap:
        return replace(item, options=options(item.options), accepted=accepted(item.accepted))

    def criterion(item: Criterion) -> Criterion:
        return replace(item, description=change(item.description)) if item.description else item

    return replace(
        content,
        stem=change(content.stem),
        options=options(content.options),
        items=options(content.items),
        gaps=tuple(gap(item) for item in content.gaps),
        accepted=accepted(content.accepted),
        rule=replace(content.rule, criteria=tuple(criterion(item) for item in content.rule.criteria)),
        explanation=change(content.explanation),
        hint=change(content.hint),
    )
