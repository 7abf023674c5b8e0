"""Moodle XML: question banks with files, read one question at a time."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO

from lxml import etree

from lyceum.bank.adapters.formats import building, cloze
from lyceum.bank.adapters.formats.building import Answer, Choice, Raw, fraction
from lyceum.bank.adapters.formats.detect import Guess
from lyceum.bank.adapters.formats.drafting import (
    NO_DEFAULTS,
    Defaults,
    language_of,
    make_draft,
    read_labels,
    topics_of,
)
from lyceum.bank.adapters.formats.moodle_files import Attachments, inner_text
from lyceum.bank.adapters.formats.moodle_settings import note_settings
from lyceum.bank.adapters.formats.numbers import canonical
from lyceum.bank.adapters.formats.reasons import Losses, Refuse, rejected
from lyceum.bank.adapters.formats.texts import Text, in_format, plain
from lyceum.bank.adapters.formats.xml_source import SafeXml, elements
from lyceum.bank.domain.content import Content, RuleName, TextFormat
from lyceum.bank.domain.drafts import Draft, MediaRole, Rejected

_YES = frozenset({"1", "true", "yes"})
_PICTURE = '<p><img src="attachment:{}" alt=""></p>'


@dataclass(slots=True)
class _Category:
    """The category that questions fall into, and what it says that cannot be kept."""

    topics: tuple[str, ...] = ()
    pending: Losses = field(default_factory=Losses)

    def switch(self, element: etree._Element) -> None:
        self.topics = topics_of(inner_text(element.find("category/text"), self.pending))
        if inner_text(element.find("info/text"), self.pending):
            self.pending.note("category_info_lost", "The description of the category is not kept.")


def read(file: BinaryIO, guess: Guess, defaults: Defaults = NO_DEFAULTS) -> Iterator[Draft | Rejected]:
    """The questions of a Moodle XML file. `place` counts its `question` elements, categories left out.

    Raise bank.file_refused, bank.file_truncated or bank.file_malformed when the whole file cannot be trusted.
    """
    source = SafeXml(file, guess.encoding)
    category = _Category()
    number = 0
    repaired = dropped = 0
    for element in elements(source, "question"):
        if (element.get("type") or "").strip() == "category":
            category.switch(element)
            continue
        number += 1
        losses = category.pending
        category.pending = Losses()
        if source.repaired > repaired:
            losses.note("bytes_repaired", "Some bytes near here were not valid in the encoding of the file.")
        if source.dropped > dropped:
            losses.note("control_characters", "Control characters near here, which XML forbids, were left out.")
        repaired, dropped = source.repaired, source.dropped
        yield _Reading(element, f"question {number}, line {element.sourceline}", losses).result(category, defaults)


@dataclass(slots=True)
class _Reading:
    """One question on its way from an element to a draft."""

    element: etree._Element
    place: str
    losses: Losses
    files: Attachments = field(init=False)
    children: dict[str, list[etree._Element]] = field(init=False, default_factory=dict)
    format: TextFormat | None = field(init=False, default=TextFormat.HTML)

    def __post_init__(self) -> None:
        self.files = Attachments(self.losses)
        for child in self.element:
            self.children.setdefault(str(child.tag), []).append(child)

    def all(self, name: str) -> list[etree._Element]:
        return self.children.get(name, [])

    def first(self, name: str) -> etree._Element | None:
        found = self.children.get(name)
        return found[0] if found else None

    def plain(self, name: str, path: str = "") -> str:
        """The bare text of a child, or of what stands at a path below it."""
        child = self.first(name)
        if child is None:
            return ""
        return ((child.findtext(path) if path else child.text) or "").strip()

    def text(self, name: str) -> Text:
        """The text of a child that holds one, in the question's own format when it names none."""
        return self.files.text(self.first(name), self.format)

    def result(self, category: _Category, defaults: Defaults) -> Draft | Rejected:
        title = " ".join(self.plain("name", "text").split())
        try:
            return self._draft(title, category, defaults)
        except Refuse as error:
            return rejected(error, place=self.place, title=title or self.plain("questiontext", "text")[:80])

    def _draft(self, title: str, category: _Category, defaults: Defaults) -> Draft:
        type = (self.element.get("type") or "").strip().lower()
        build = _BUILDERS.get(type)
        if build is None:
            raise Refuse("unsupported_kind", "Questions of the type '{type}' cannot be played here.", type=type[:40])
        tags = [tag.findtext("text") or "" for holder in self.all("tags") for tag in holder.findall("tag")]
        labels = read_labels(tags, self.losses)
        raw = self._raw(language_of(labels, defaults))
        content = build(self, raw)
        note_settings(self.element, type, self.losses)
        return make_draft(
            content,
            labels,
            defaults,
            place=self.place,
            losses=self.losses,
            title=title,
            external_id=self.plain("idnumber"),
            topics=category.topics,
            media=self.files.media,
        )

    def _raw(self, language: str) -> Raw:
        stem = self._stem()
        raw = Raw(stem=stem, language=language, losses=self.losses)
        raw.explanation = self.text("generalfeedback")
        raw.hint = self._hints()
        raw.shuffle = self.plain("shuffleanswers").lower() not in {"0", "false"}
        raw.max_score = self._grade()
        return raw

    def _grade(self) -> float:
        written = self.plain("defaultgrade")
        if not written or self.element.get("type") == "description":
            return 1.0
        grade = canonical(written)
        if grade is None or float(grade) <= 0:
            self.losses.note("bad_grade", "The mark '{text}' is no number above 0; 1 was taken.", text=written[:20])
            return 1.0
        return float(grade)

    def _stem(self) -> Text:
        holder = self.first("questiontext")
        stem = self.files.text(holder)
        named = (holder.get("format") or "").strip() if holder is not None else ""
        self.format = None if named == "moodle_auto_format" else stem.format if stem else TextFormat.HTML
        encoded = self.plain("image_base64")
        if encoded and (own := self.files.add(self.plain("image") or "picture.png", encoded)):
            return Text(in_format(stem, TextFormat.HTML) + _PICTURE.format(own), TextFormat.HTML)
        if not stem:
            photos = (media.name for media in self.files.media if media.role is MediaRole.PHOTO)
            return Text("".join(map(_PICTURE.format, photos)), TextFormat.HTML)
        return stem

    def _hints(self) -> Text:
        hints = [hint for hint in (self.files.text(item, self.format) for item in self.all("hint")) if hint]
        if len(hints) < 2:
            return hints[0] if hints else plain("")
        if all(hint.format is hints[0].format for hint in hints):
            between = "<hr>" if hints[0].format is TextFormat.HTML else "\n\n"
            return Text(between.join(hint.text for hint in hints), hints[0].format)
        return Text("<hr>".join(in_format(hint, TextFormat.HTML) for hint in hints), TextFormat.HTML)

    def choices(self) -> list[Choice]:
        return [
            Choice(
                text=self.files.text(item, self.format),
                share=self._share(item),
                feedback=self.files.text(item.find("feedback"), self.format),
            )
            for item in self.all("answer")
        ]

    def _share(self, answer: etree._Element) -> float:
        return fraction(answer.get("fraction") or answer.findtext("fraction") or "0", self.losses)

    def multichoice(self, raw: Raw) -> Content:
        single = self.plain("single").lower() in {*_YES, ""}
        return building.choice(raw, self.choices(), single=single)

    def true_false(self, raw: Raw) -> Content:
        answers = self.choices()
        if len(answers) != 2:
            raise Refuse(
                "too_few_options", "A true-or-false question has two answers, not {count}.", count=len(answers)
            )
        words = [answer.text.text.strip().lower() for answer in answers]
        if words == ["false", "true"]:
            answers.reverse()
        elif words != ["true", "false"]:
            self.losses.note("truefalse_localised", "The first answer was taken for true, the second for false.")
        if max(answers[0].share, answers[1].share) <= 0:
            raise Refuse("no_right_answer", "Neither true nor false earns anything.")
        truth = answers[0].share > answers[1].share
        return building.true_false(raw, truth=truth, when_true=answers[0], when_false=answers[1])

    def short_answer(self, raw: Raw) -> Content:
        return building.short_text(raw, self._answers(), case_sensitive=self.plain("usecase").lower() in _YES)

    def _answers(self) -> list[Answer]:
        return [
            Answer(
                text=inner_text(item.find("text"), self.losses),
                share=self._share(item),
                feedback=self.files.text(item.find("feedback"), self.format),
            )
            for item in self.all("answer")
        ]

    def numerical(self, raw: Raw) -> Content:
        answers: list[Answer] = []
        for item, answer in zip(self.all("answer"), self._answers(), strict=True):
            tolerance = canonical((item.findtext("tolerance") or "").strip() or "0")
            value = "*" if answer.text == "*" else canonical(answer.text)
            if value is None or tolerance is None:
                raise Refuse("bad_number", "'{text}' or its tolerance is not a number.", text=answer.text[:40])
            width = "0" if value == "*" else tolerance.lstrip("-")
            answers.append(Answer(text=value, share=answer.share, tolerance=width, feedback=answer.feedback))
        return building.numeric(raw, answers)

    def matching(self, raw: Raw) -> Content:
        pairs = [(self.files.text(item, self.format), self._right(item)) for item in self.all("subquestion")]
        return building.matching(raw, pairs)

    def _right(self, item: etree._Element) -> Text:
        """Right sides have no format in Moodle: they are as plain as they look, unless the question is not HTML."""
        inherited = None if self.format is TextFormat.HTML else self.format
        return self.files.text(item.find("answer"), inherited)

    def ordering(self, raw: Raw) -> Content:
        graded = self.plain("gradingtype").upper()
        exact = graded in {"ALL_OR_NOTHING", "-1"}
        if not exact and graded not in {"", "ABSOLUTE_POSITION", "ABSOLUTE", "0"}:
            self.losses.note("score_rule_changed", "The order is graded by positions, not by {rule}.", rule=graded[:40])
        elements = [self.files.text(item, self.format) for item in self.all("answer")]
        return building.ordering(raw, elements, RuleName.EXACT if exact else RuleName.PER_ELEMENT)

    def essay(self, raw: Raw) -> Content:
        return building.essay(raw, self.text("graderinfo"))

    def description(self, raw: Raw) -> Content:
        return building.description(raw)

    def cloze(self, raw: Raw) -> Content:
        stem, gaps = cloze.parse(raw.stem.text, raw.stem.format, self.losses)
        raw.stem = Text(stem, raw.stem.format)
        return building.cloze(raw, gaps)


_BUILDERS: Mapping[str, Callable[[_Reading, Raw], Content]] = {
    "multichoice": _Reading.multichoice,
    "truefalse": _Reading.true_false,
    "shortanswer": _Reading.short_answer,
    "numerical": _Reading.numerical,
    "matching": _Reading.matching,
    "match": _Reading.matching,
    "ordering": _Reading.ordering,
    "essay": _Reading.essay,
    "description": _Reading.description,
    "cloze": _Reading.cloze,
    "multianswer": _Reading.cloze,
}
