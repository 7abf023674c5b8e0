"""Texts on their way in: which markup they are in, and how the texts of one question come to share one format."""

import html
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from markdown_it import MarkdownIt

from lyceum.bank.domain.content import TextFormat

_MARKUP = re.compile(
    r"</?[a-zA-Z][a-zA-Z0-9]*(?:\s[^<>]{0,2000})?/?>|<!--|&(?:[a-zA-Z]{2,31}|#[0-9]{1,7}|#x[0-9a-fA-F]{1,6});"
)
_MARKDOWN = re.compile(r"[<>&*_`#\[\]~|!\n]|^\s*(?:[-+]\s|\d+[.)]\s)")
_DELIMITERS = (("\\(", "\\)"), ("\\[", "\\]"))
_DOLLARS = re.compile(r"\$\$([^$]{1,4000})\$\$")
_commonmark = MarkdownIt("commonmark").enable("table")


@dataclass(frozen=True, slots=True)
class Text:
    """A text and the markup it is written in."""

    text: str
    format: TextFormat

    def __bool__(self) -> bool:
        return bool(self.text)


EMPTY = Text("", TextFormat.PLAIN)


def plain(text: str) -> Text:
    return Text(text, TextFormat.PLAIN)


def has_markup(text: str) -> bool:
    """Whether a text holds complete HTML tags or entities, rather than a mere `<` or `&`."""
    return ("<" in text or "&" in text) and _MARKUP.search(text) is not None


def automatic(text: str) -> Text:
    """Moodle's automatic format: HTML whose line feeds break lines, or a plain text."""
    if has_markup(text):
        return Text(text.replace("\n", "<br>\n"), TextFormat.HTML)
    return plain(text)


def common_format(stem: Text, others: Iterable[Text]) -> TextFormat:
    """The stem's format when every other text can be put into it without a loss, HTML otherwise."""
    if all(_convert(text, stem.format) is not None for text in others):
        return stem.format
    return TextFormat.HTML


def in_format(text: Text, format: TextFormat) -> str:
    """The text in another format; exact for every format that `common_format` has chosen."""
    converted = _convert(text, format)
    return text.text if converted is None else converted


def _convert(text: Text, to: TextFormat) -> str | None:
    if text.format is to or not text.text:
        return text.text
    match (text.format, to):
        case (TextFormat.PLAIN, TextFormat.HTML):
            return html.escape(text.text, quote=False).replace("\n", "<br>\n")
        case (TextFormat.HTML, TextFormat.PLAIN):
            return text.text if not has_markup(text.text) and "\n" not in text.text else None
        case (TextFormat.MARKDOWN, TextFormat.HTML):
            return text.text if not _MARKDOWN.search(text.text) else _markdown_to_html(text.text)
        case _:
            return None if _MARKDOWN.search(text.text) else text.text


def _markdown_to_html(text: str) -> str:
    """Render, with formulas taken out of the way of Markdown's own backslashes and underscores."""
    formulas: list[str] = []

    def keep(formula: str) -> str:
        formulas.append(formula)
        return f"\ufdd8{len(formulas) - 1}\ufdd9"

    rendered = _commonmark.render(in_formulas(with_formulas(text), keep)).strip()
    return re.sub("\ufdd8(\\d+)\ufdd9", lambda match: html.escape(formulas[int(match[1])], quote=False), rendered)


def in_formulas(text: str, change: Callable[[str], str]) -> str:
    r"""The text with each formula, `\( … \)` or `\[ … \]` as a whole, replaced by what `change` makes of it."""
    for opening, closing in _DELIMITERS:
        parts: list[str] = []
        at = 0
        while (start := text.find(opening, at)) >= 0 and (end := text.find(closing, start + 2)) >= 0:
            parts += [text[at:start], change(text[start : end + 2])]
            at = end + 2
        text = "".join((*parts, text[at:])) if parts else text
    return text


def with_formulas(text: str) -> str:
    r"""Put display formulas written `$$ … $$` into `\[ … \]`; single dollars are prices and stay."""
    return _DOLLARS.sub(lambda match: rf"\[{match[1]}\]", text) if "$$" in text else text
