"""Texts of questions as safe HTML: by their format, formulas untouched, references to attachments made into links.

HTML was cleaned when it was kept, so it is shown as it stands. Markdown is made into HTML here and cleaned again, plain
text is escaped. A parametrised question is cleaned after its parameters are filled in, since a value could hold markup.
"""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from html import escape, unescape
from urllib.parse import unquote

from markdown_it import MarkdownIt

from lyceum.bank.adapters.formats.sanitize import clean, clean_html
from lyceum.bank.domain.content import Content, TextFormat
from lyceum.bank.domain.drafts import Draft
from lyceum.bank.domain.questions import Attachment
from lyceum.bank.domain.templates import render

type Link = Callable[[Attachment], str]

REMEMBERED = 4096
_FORMULA = re.compile(r"\\\(.+?\\\)|\\\[.+?\\\]", re.DOTALL)
_HELD = re.compile("\ue000(\\d+)\ue001")
_PRIVATE = str.maketrans("", "", "\ue000\ue001")
_REFERENCE = re.compile(r"""(\b(?:src|href|poster)\s*=\s*)(["'])attachment:([^"']*)\2""", re.IGNORECASE)
_MENTION = re.compile(r"""(["'])attachment:(?P<quoted>[^"']+)\1|\(<?attachment:(?P<bare>[^\s)>]+)""")
_markdown = MarkdownIt("commonmark", {"html": True, "breaks": True}).enable(["table", "strikethrough"])


@lru_cache(REMEMBERED)
def to_html(written: str, text_format: TextFormat, *, inline: bool = False) -> str:
    """`inline` leaves out the paragraph around a Markdown text, for choices and the like."""
    if not written or text_format is TextFormat.HTML:
        return written
    if text_format is TextFormat.PLAIN:
        return escape(written, quote=False).replace("\r\n", "\n").replace("\n", "<br>\n")
    formulas: list[str] = []

    def hold(match: re.Match[str]) -> str:
        formulas.append(escape(match[0], quote=False))
        return f"\ue000{len(formulas) - 1}\ue001"

    held = _FORMULA.sub(hold, written.translate(_PRIVATE))
    html: str = _markdown.renderInline(held) if inline else _markdown.render(held).strip()
    return _HELD.sub(lambda match: formulas[int(match[1])], clean_html(html)[0])


def cleaned(content: Content) -> Content:
    """The content with every text made safe."""
    return clean(Draft(content=content)).content


def drawn(content: Content, seed: int) -> Content:
    """What the learner with this seed gets: the content itself when it has no parameters."""
    return content if content.template is None else cleaned(render(content, seed))


def linked(html: str, attachments: Sequence[Attachment], link: Link) -> str:
    """`html` with `attachment:NAME` replaced by links; a name that no attachment has leads nowhere."""
    if "attachment:" not in html:
        return html
    by_name = {attachment.name: attachment for attachment in attachments}

    def address(match: re.Match[str]) -> str:
        attachment = by_name.get(unquote(unescape(match[3]))) or by_name.get(unescape(match[3]))
        return f'{match[1]}"{escape(link(attachment)) if attachment else ""}"'

    return _REFERENCE.sub(address, html)


def mentioned(content: Content) -> frozenset[str]:
    """Names of the attachments that the texts of `content` show themselves."""
    found = (match for text in texts_of(content) for match in _MENTION.finditer(text))
    return frozenset(unquote(unescape(match["quoted"] or match["bare"])) for match in found)


def texts_of(content: Content) -> list[str]:
    """Every text of a question that may hold markup."""
    options = [*content.options, *content.items, *(option for gap in content.gaps for option in gap.options)]
    accepted = [*content.accepted, *(answer for gap in content.gaps for answer in gap.accepted)]
    return [
        content.stem,
        content.explanation,
        content.hint,
        *(option.text for option in options),
        *(option.feedback for option in options),
        *(answer.feedback for answer in accepted),
    ]


class SafeTexts:
    """`ports.Cleaner`."""

    def clean(self, content: Content) -> Content:
        return cleaned(content)

    def mentioned(self, content: Content) -> frozenset[str]:
        return mentioned(content)
