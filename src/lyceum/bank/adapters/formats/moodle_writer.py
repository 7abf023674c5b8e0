"""Drafts written as Moodle XML, so that `moodle_xml.read` and Moodle read the same from it."""

import base64
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from urllib.parse import quote
from xml.sax.saxutils import escape, quoteattr

from lyceum.bank.adapters.formats import cloze
from lyceum.bank.adapters.formats.drafting import number_text, path_of, tags_of
from lyceum.bank.adapters.formats.moodle_files import bare_name, role_of
from lyceum.bank.adapters.formats.numbers import per_cent
from lyceum.bank.adapters.formats.portable import portable_draft, tidy, without_source
from lyceum.bank.adapters.formats.reasons import Losses
from lyceum.bank.domain.content import Accepted, Kind, RuleName, TextFormat
from lyceum.bank.domain.drafts import Draft, DraftMedia, Loss

type OnLoss = Callable[[Draft, Loss], None]

_FORMATS = {TextFormat.HTML: "html", TextFormat.PLAIN: "plain_text", TextFormat.MARKDOWN: "markdown"}
_TYPES = {
    Kind.SINGLE_CHOICE: "multichoice",
    Kind.MULTIPLE_CHOICE: "multichoice",
    Kind.TRUE_FALSE: "truefalse",
    Kind.SHORT_TEXT: "shortanswer",
    Kind.NUMERIC: "numerical",
    Kind.MATCHING: "matching",
    Kind.ORDERING: "ordering",
    Kind.CLOZE: "cloze",
    Kind.ESSAY: "essay",
    Kind.DESCRIPTION: "description",
}
_REFERENCE = re.compile(r"attachment:([^\s\"'<>()\[\]\\/?#%&:|*`]+)")


def write(drafts: Iterable[Draft], on_loss: OnLoss) -> Iterator[bytes]:
    """UTF-8, one question at a time with its files; `on_loss` is told what Moodle cannot hold."""
    yield b'<?xml version="1.0" encoding="UTF-8"?>\n<quiz>\n'
    topics: tuple[str, ...] = ()
    for draft in drafts:
        losses = Losses()
        plain = as_moodle(draft, losses)
        if plain is not None:
            question = _Writing(plain).question()
            if plain.topics != topics:
                topics = plain.topics
                path = escape(path_of(topics))
                yield f'<question type="category"><category><text>{path}</text></category></question>\n'.encode()
            yield question.encode("utf-8", "replace")
        for loss in losses:
            on_loss(draft, loss)
    yield b"</quiz>\n"


def as_moodle(draft: Draft, losses: Losses) -> Draft | None:
    """What of a draft Moodle can hold; None when it cannot ask the question."""
    portable = portable_draft(draft, losses)
    if portable is None:
        return None
    if any(media.alt for media in draft.media):
        losses.note("alt_lost", "The description of a file is not kept.")
    draft = without_source(draft, losses)
    names = {media.name: bare_name(tidy(media.name, losses)) for media in draft.media}
    if any(old != new for old, new in names.items()):
        losses.note("file_renamed", "A file was renamed, so that a text can refer to it.")
    if any(role_of(names[media.name]) is not media.role for media in draft.media):
        losses.note("media_role_lost", "What a file is for follows from the end of its name.")
    media = tuple(
        DraftMedia(name=names[item.name], role=role_of(names[item.name]), data=item.data) for item in draft.media
    )
    return replace(portable, media=tuple(item for item in media if item.data))


class _Writing:
    """One question being written. Files go to the first text that refers to them, the others to the stem."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._content = draft.content
        self._files = {media.name: media for media in draft.media}

    def question(self) -> str:
        content = self._content
        stem = cloze.render(content) if content.kind is Kind.CLOZE else content.stem
        tags = "".join(f"<tag><text>{escape(tag)}</text></tag>" for tag in tags_of(self._draft, score=False))
        parts = [
            f'<question type="{_TYPES[content.kind]}"><name><text>{escape(self._draft.title)}</text></name>',
            self._holder("questiontext", stem, self._unmentioned()),
            self._holder("generalfeedback", content.explanation) if content.explanation else "",
            "" if content.kind is Kind.CLOZE else f"<defaultgrade>{number_text(content.max_score)}</defaultgrade>",
            f"<idnumber>{escape(self._draft.external_id)}</idnumber>" if self._draft.external_id else "",
            "" if content.shuffle else "<shuffleanswers>0</shuffleanswers>",
            self._specific(),
            self._holder("hint", content.hint) if content.hint else "",
            f"<tags>{tags}</tags>" if tags else "",
            "</question>\n",
        ]
        return "".join(parts)

    def _unmentioned(self) -> list[DraftMedia]:
        content = self._content
        options = (*content.options, *content.items, *(option for gap in content.gaps for option in gap.options))
        accepted = (*content.accepted, *(item for gap in content.gaps for item in gap.accepted))
        texts = [content.explanation, content.hint, *(item.feedback for item in accepted)]
        texts += [criterion.description for criterion in content.rule.criteria]
        texts += [text for option in options for text in (option.text, option.feedback)]
        mentioned = {name for text in texts for name in _REFERENCE.findall(text)}
        if content.kind is Kind.CLOZE:
            mentioned -= {
                name for gap in content.gaps for option in gap.options for name in _REFERENCE.findall(option.text)
            }
        return [media for name, media in self._files.items() if name not in mentioned]

    def _holder(self, tag: str, text: str, extra: Iterable[DraftMedia] = (), attributes: str = "") -> str:
        return f'<{tag}{attributes} format="{_FORMATS[self._content.stem_format]}">{self._text(text, extra)}</{tag}>'

    def _text(self, text: str, extra: Iterable[DraftMedia] = ()) -> str:
        files = {media.name: media for media in extra}

        def refer(match: re.Match[str]) -> str:
            if match[1] not in self._files:
                return match[0]
            files.setdefault(match[1], self._files[match[1]])
            return f"@@PLUGINFILE@@/{quote(match[1])}"

        written = escape(_REFERENCE.sub(refer, text) if "attachment:" in text else text)
        return f"<text>{written}</text>" + "".join(_file(media) for media in files.values())

    def _answer(self, share: float, text: str, feedback: str, inner: str = "", *, typed: bool = False) -> str:
        attributes = f' fraction="{per_cent(share)}"'
        body = (f"<text>{escape(text)}</text>" if typed else self._text(text)) + inner
        format = "" if typed else f' format="{_FORMATS[self._content.stem_format]}"'
        noted = self._holder("feedback", feedback) if feedback else ""
        return f"<answer{attributes}{format}>{body}{noted}</answer>"

    def _specific(self) -> str:
        match self._content.kind:
            case Kind.SINGLE_CHOICE | Kind.MULTIPLE_CHOICE:
                return self._choices()
            case Kind.TRUE_FALSE:
                return self._true_false()
            case Kind.SHORT_TEXT | Kind.NUMERIC:
                return self._typed()
            case Kind.MATCHING:
                return self._pairs()
            case Kind.ORDERING:
                return self._order()
            case Kind.ESSAY:
                return self._essay()
            case _:
                return ""

    def _choices(self) -> str:
        content = self._content
        weights = content.rule.weights or dict.fromkeys(content.key, 1.0)
        single = "true" if content.kind is Kind.SINGLE_CHOICE else "false"
        answers = (self._answer(weights.get(o.id, 0.0), o.text, o.feedback) for o in content.options)
        return f"<single>{single}</single><answernumbering>abc</answernumbering>{''.join(answers)}"

    def _true_false(self) -> str:
        by_id = {option.id: option for option in self._content.options}
        parts = []
        for id in ("true", "false"):
            option = by_id.get(id)
            text, feedback = (option.text, option.feedback) if option else (id, "")
            parts.append(self._answer(float(id in self._content.key), text, feedback))
        return "".join(parts)

    def _typed(self) -> str:
        content = self._content
        numeric = content.kind is Kind.NUMERIC
        case = "" if numeric else f"<usecase>{int(content.rule.case_sensitive)}</usecase>"
        return case + "".join(self._accepted(item, numeric=numeric) for item in content.accepted)

    def _accepted(self, item: Accepted, *, numeric: bool) -> str:
        tolerance = f"<tolerance>{item.tolerance}</tolerance>" if numeric else ""
        return self._answer(item.share, item.text, item.feedback, tolerance, typed=True)

    def _pairs(self) -> str:
        content = self._content
        texts = {option.id: option.text for option in content.options}
        rows = [(item.text, texts[content.pairs[item.id]]) for item in content.items]
        rows += [("", option.text) for option in content.options if option.id not in content.pairs.values()]
        format = _FORMATS[content.stem_format]
        return "".join(
            f'<subquestion format="{format}">{self._text(left)}'
            f'<answer format="{format}">{self._text(right)}</answer></subquestion>'
            for left, right in rows
        )

    def _order(self) -> str:
        content = self._content
        grading = "ALL_OR_NOTHING" if content.rule.name is RuleName.EXACT else "ABSOLUTE_POSITION"
        answers = (self._answer(1.0, item.text, "") for item in content.items)
        return f"<selecttype>ALL</selecttype><gradingtype>{grading}</gradingtype>{''.join(answers)}"

    def _essay(self) -> str:
        grader = self._content.rule.criteria[0].description
        return "<responseformat>editor</responseformat>" + (self._holder("graderinfo", grader) if grader else "")


def _file(media: DraftMedia) -> str:
    encoded = base64.b64encode(media.data).decode()
    return f'<file name={quoteattr(media.name)} path="/" encoding="base64">{encoded}</file>'
