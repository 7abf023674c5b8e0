"""Anki packages, `.apkg` and `.colpkg`: each note becomes one question.

Cards are judged by their learner; here an answer that is a few words is typed and compared, any other is an essay.
"""

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO

from lyceum.bank.adapters.formats import anki_choice, building
from lyceum.bank.adapters.formats.anki_collection import Note, notes
from lyceum.bank.adapters.formats.anki_media import MediaList, NoteMedia
from lyceum.bank.adapters.formats.archive import Archive
from lyceum.bank.adapters.formats.building import Answer, GapParts, Raw, without_placeholders
from lyceum.bank.adapters.formats.detect import Guess
from lyceum.bank.adapters.formats.drafting import NO_DEFAULTS, Defaults, Labels, language_of, make_draft, read_labels
from lyceum.bank.adapters.formats.reasons import Losses, Refuse, rejected
from lyceum.bank.adapters.formats.texts import Text, has_markup, plain
from lyceum.bank.domain.content import Content, Kind, TextFormat
from lyceum.bank.domain.drafts import Draft, Rejected

MAX_TYPED = 60
"""Characters of an answer that a learner can be asked to type."""
MAX_WORDS = 6

_REFERENCE = re.compile(r"\{\{(?![#^/!])([^{}]{1,200})\}\}")
_CLOZE = re.compile(r"\{\{c(\d{1,3})::")
_BREAK = re.compile(r"<(?:br|/?p|/?div|/?li|/?tr|/?td)\b[^>]*>", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]*>")
_EMBEDDED = re.compile(r"<(?:img|audio|video|table|svg)\b|\\\(|\\\[|\[sound:", re.IGNORECASE)
_OCCLUSION = re.compile(r"\{\{c\d{1,3}::image-occlusion:", re.IGNORECASE)
_STATES = frozenset({"marked", "leech"})
"""Tags that tell how learning goes, not what a note is about."""
_SPECIAL = frozenset({"FrontSide", "Tags", "Type", "Deck", "Subdeck", "Card", "CardFlag"})


def read(file: BinaryIO, guess: Guess, defaults: Defaults = NO_DEFAULTS) -> Iterator[Draft | Rejected]:
    """One `Draft` or `Rejected` for each note. `place` counts the notes in the order of their making.

    Raise bank.file_refused, bank.file_truncated or bank.file_malformed when the package cannot be trusted or read.
    """
    archive = Archive(file)
    listed = MediaList(archive)
    for number, note in enumerate(notes(archive), 1):
        yield _Reading(note, listed, f"note {number}").result(defaults)


def visible(text: str) -> str:
    """What a field shows, on one line."""
    return " ".join(html.unescape(_TAG.sub("", _BREAK.sub(" ", text))).split())


def can_be_typed(text: str) -> bool:
    shown = visible(text)
    few = 0 < len(shown) <= MAX_TYPED and len(shown.split()) <= MAX_WORDS
    return few and not _EMBEDDED.search(text) and "\n" not in _BREAK.sub("\n", text).strip()


def own_text(text: str) -> Text:
    """A field: HTML when it holds markup, plain otherwise."""
    return Text(text, TextFormat.HTML) if has_markup(text) else plain(html.unescape(text))


@dataclass(slots=True)
class _Reading:
    """One note on its way to a draft."""

    note: Note
    listed: MediaList
    place: str
    losses: Losses = field(default_factory=Losses)
    files: NoteMedia = field(init=False)

    def __post_init__(self) -> None:
        self.files = NoteMedia(self.listed, self.losses)

    def result(self, defaults: Defaults) -> Draft | Rejected:
        tags = (tag if ":" in tag else tag.replace("_", " ") for tag in self.note.tags if tag not in _STATES)
        labels = read_labels(tags, self.losses)
        try:
            content = self._content(labels, defaults)
        except Refuse as error:
            first = next(iter(self.note.fields.values()), "")
            return rejected(error, place=self.place, title=visible(first[:2000])[:80])
        return make_draft(
            content,
            labels,
            defaults,
            place=self.place,
            losses=self.losses,
            external_id=self.note.guid[:255],
            topics=self.note.deck,
            media=self.files.media,
        )

    def _content(self, labels: Labels, defaults: Defaults) -> Content:
        fields = self.note.fields
        raw = Raw(stem=plain(""), language=language_of(labels, defaults), losses=self.losses)
        if any(_OCCLUSION.search(value) for value in fields.values()) or "occlusion" in self.note.notetype.name.lower():
            raise Refuse("unsupported_kind", "Pictures with covered parts cannot be played here.")
        if (found := anki_choice.recognise(fields)) is not None:
            return found.content(raw, self._text)
        clozed = next((name for name, value in fields.items() if _CLOZE.search(value)), None)
        if self.note.notetype.is_cloze:
            if clozed is None:
                raise Refuse("gap_broken", "A cloze note has no part that is hidden.")
            return self._cloze(raw, clozed)
        return self._basic(raw)

    def _text(self, text: str) -> Text:
        return own_text(self.files.field(text))

    def _basic(self, raw: Raw) -> Content:
        fronts, backs = self._sides()
        raw.stem = self._joined(fronts)
        if not raw.stem:
            raise Refuse("empty_stem", "The front of the card is empty.")
        said = [name for name in backs if self.note.fields[name].strip()]
        if not said:
            raise Refuse("empty_answer", "The back of the card is empty.")
        if len(self.note.notetype.fronts) > 1:
            self.losses.note("cards_merged", "Only the first card of a note becomes a question.")
        answer, rest = self.note.fields[said[0]], said[1:]
        if can_be_typed(answer):
            self.losses.note("card_is_typed", "The card was judged by its learner; here its answer is typed.")
            raw.explanation = self._joined(rest)
            return building.short_text(raw, [Answer(text=_literal(visible(answer)))], case_sensitive=False)
        self.losses.note("card_is_essay", "The answer of the card is too long to be compared; a person grades it.")
        raw.explanation = self._joined(said)
        return building.essay(raw, raw.explanation)

    def _joined(self, names: Sequence[str]) -> Text:
        texts = [text for name in names if (text := self._text(self.note.fields[name]))]
        if len(texts) < 2:
            return texts[0] if texts else plain("")
        if any(text.format is TextFormat.HTML for text in texts):
            parts = (t.text if t.format is TextFormat.HTML else html.escape(t.text, quote=False) for t in texts)
            return Text("<br>\n".join(parts), TextFormat.HTML)
        return plain("\n".join(text.text for text in texts))

    def _sides(self) -> tuple[list[str], list[str]]:
        """The fields that the first card asks, and those that it answers, each in the order of the note."""
        names = list(self.note.fields)
        kind = self.note.notetype
        asked, told = (_mentioned(sides[0]) if sides else set[str]() for sides in (kind.fronts, kind.backs))
        typed = _typed(kind.fronts[0]) if kind.fronts else set[str]()
        fronts = [name for name in names if name in asked - typed]
        backs = [name for name in names if name in (told | typed) and name not in fronts]
        return (fronts, backs) if fronts and backs else (names[:1], names[1:])

    def _cloze(self, raw: Raw, name: str) -> Content:
        parts = _cut(self.files.field(self.note.fields[name]))
        numbers = {part.number for part in parts if part.number}
        if len(numbers) > 1:
            self.losses.note("cards_merged", "The cards of a note became the gaps of one question.")
        rest = [other for other in self.note.fields if other != name]
        raw.explanation = self._joined(rest)
        raw.hint = plain("; ".join(dict.fromkeys(part.hint for part in parts if part.hint)))
        whole = "".join(part.text for part in parts)
        hidden = [part for part in parts if part.number]
        if not all(can_be_typed(part.text) for part in hidden):
            self.losses.note("card_is_essay", "What is hidden is too long to be compared; a person grades it.")
            raw.stem = own_text("".join("[…]" if part.number else part.text for part in parts))
            return building.essay(raw, own_text(whole))
        self.losses.note("card_is_typed", "The card was judged by its learner; here its answer is typed.")
        count = 0
        stem = ""
        for part in parts:
            count += bool(part.number)
            stem += f"[[{count}]]" if part.number else without_placeholders(part.text, self.losses)
        raw.stem = own_text(stem)
        gaps = [GapParts(kind=Kind.SHORT_TEXT, answers=(Answer(text=_literal(visible(p.text))),)) for p in hidden]
        return building.cloze(raw, gaps)


def _literal(text: str) -> str:
    """An accepted answer in which a star is a star."""
    return text.replace("*", "\\*")


def _mentioned(template: str) -> set[str]:
    """The fields that a template shows, filters such as `hint:` taken off."""
    names = {reference.rpartition(":")[2].strip() for reference in _REFERENCE.findall(template)}
    return names - _SPECIAL


def _typed(template: str) -> set[str]:
    """The fields that a learner types: `{{type:Back}}`."""
    references = (reference.strip() for reference in _REFERENCE.findall(template))
    return {reference.rpartition(":")[2].strip() for reference in references if reference.startswith("type:")}


@dataclass(slots=True)
class _Part:
    """A piece of a cloze text; `number` is 0 for what is shown."""

    number: int
    text: str
    hint: str = ""


def _cut(text: str) -> list[_Part]:
    """A text cut at its outermost `{{c1::…::hint}}`; what is hidden inside of something hidden is part of it."""
    parts: list[_Part] = []
    at = 0
    while (head := _CLOZE.search(text, at)) is not None:
        end = _end(text, head.end())
        if end is None:
            break
        parts.append(_Part(0, text[at : head.start()]))
        parts.append(_hidden(int(head[1]), text[head.end() : end - 2]))
        at = end
    parts.append(_Part(0, text[at:]))
    return [part for part in parts if part.text or part.number]


def _end(text: str, start: int) -> int | None:
    depth = 1
    for mark in re.finditer(r"\{\{c\d{1,3}::|\}\}", text[start:]):
        depth += -1 if mark[0] == "}}" else 1
        if depth == 0:
            return start + mark.end()
    return None


def _hidden(number: int, inner: str) -> _Part:
    while (head := _CLOZE.search(inner)) is not None and (end := _end(inner, head.end())) is not None:
        inner = inner[: head.start()] + inner[head.end() : end - 2].partition("::")[0] + inner[end:]
    shown, _, hint = inner.partition("::")
    return _Part(number or 1, shown, visible(hint)[:200])
