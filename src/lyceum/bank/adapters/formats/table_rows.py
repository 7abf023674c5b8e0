"""Rows of question tables, from CSV or a workbook, made into drafts. The columns are those of `columns`."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import msgspec

from lyceum.bank.adapters.formats import building, cloze
from lyceum.bank.adapters.formats.building import Answer, Choice, Raw
from lyceum.bank.adapters.formats.cells import position, split_list, take_share, unguard
from lyceum.bank.adapters.formats.columns import DIFFICULTIES, KINDS, LETTERS, NO, YES, column
from lyceum.bank.adapters.formats.drafting import Defaults, Labels, language_of, make_draft
from lyceum.bank.adapters.formats.numbers import between, canonical, hundredth, is_drawn, known
from lyceum.bank.adapters.formats.reasons import HeaderMissing, Losses, Refuse, rejected
from lyceum.bank.adapters.formats.texts import Text, has_markup
from lyceum.bank.domain.content import Content, Kind, Option, RuleName, ScoreRule, Template, TextFormat
from lyceum.bank.domain.drafts import Difficulty, Draft, Rejected

DEFAULT_RULES: Mapping[Kind, RuleName] = {
    Kind.SINGLE_CHOICE: RuleName.EXACT,
    Kind.MULTIPLE_CHOICE: RuleName.SET,
    Kind.TRUE_FALSE: RuleName.EXACT,
    Kind.SHORT_TEXT: RuleName.WORDS,
    Kind.NUMERIC: RuleName.NUMERIC,
    Kind.MATCHING: RuleName.PER_ELEMENT,
    Kind.ORDERING: RuleName.PER_ELEMENT,
    Kind.CLOZE: RuleName.PER_ELEMENT,
    Kind.ESSAY: RuleName.CRITERIA,
    Kind.DESCRIPTION: RuleName.EXACT,
}
"""The rule of a row that names none."""

_rule = msgspec.json.Decoder(ScoreRule).decode
_template = msgspec.json.Decoder(Template).decode


@dataclass(frozen=True, slots=True)
class Header:
    """Which column stands where, and the names that mean nothing to us."""

    columns: tuple[str | None, ...]
    unknown: tuple[str, ...]

    @classmethod
    def of(cls, cells: Sequence[str]) -> "Header":
        """Raise bank.header_missing when no column holds the question."""
        columns = tuple(column(cell) for cell in cells)
        if "stem" not in columns:
            raise HeaderMissing(column="stem")
        unknown = tuple(cell.strip() for cell, found in zip(cells, columns, strict=True) if not found and cell.strip())
        return cls(columns, unknown)

    def named(self, cells: Sequence[str]) -> dict[str, str]:
        row: dict[str, str] = {}
        for name, cell in zip(self.columns, cells, strict=False):
            if name and (text := unguard(cell.replace("\r\n", "\n").strip()).strip()):
                row.setdefault(name, text)
        return row


def drafts(
    header: Header, rows: Iterable[tuple[int, Sequence[str] | Refuse]], defaults: Defaults
) -> Iterator[Draft | Rejected]:
    """A draft or a rejection for each row that is not empty; `rows` come with their numbers."""
    losses = Losses()
    if header.unknown:
        names = ", ".join(header.unknown)[:200]
        losses.note("columns_ignored", "These columns are not known and were not read: {names}.", names=names)
    for number, cells in rows:
        place = f"row {number}"
        if isinstance(cells, Refuse):
            yield rejected(cells, place=place)
            continue
        if row := header.named(cells):
            yield _Row(row, place, losses).result(defaults)
            losses = Losses()


@dataclass(slots=True)
class _Row:
    """One row on its way to a draft."""

    row: Mapping[str, str]
    place: str
    losses: Losses
    format: TextFormat = field(init=False, default=TextFormat.PLAIN)

    def cell(self, name: str) -> str:
        return self.row.get(name, "")

    @property
    def templated(self) -> bool:
        return bool(self.cell("parameters"))

    def result(self, defaults: Defaults) -> Draft | Rejected:
        title = " ".join(self.cell("title").split())
        try:
            return self._draft(title, defaults)
        except Refuse as error:
            return rejected(error, place=self.place, title=title or self.cell("stem")[:80])

    def _draft(self, title: str, defaults: Defaults) -> Draft:
        kind = self._kind()
        self.format = self._format()
        labels = self._labels()
        raw = Raw(
            stem=self.text(self.cell("stem")),
            explanation=self.text(self.cell("explanation")),
            hint=self.text(self.cell("hint")),
            language=language_of(labels, defaults),
            max_score=self._number("score", 1.0),
            shuffle=self._yes("shuffle", default=True),
            losses=self.losses,
        )
        content = self._ruled(_BUILDERS[kind](self, raw))
        if self.cell("score") and kind is not Kind.DESCRIPTION:
            content = replace(content, max_score=self._number("score", 1.0))
        return make_draft(
            content,
            labels,
            defaults,
            place=self.place,
            losses=self.losses,
            title=title,
            external_id=self.cell("external_id"),
            topics=[topic for topic in split_list(self.cell("topics")) if topic],
        )

    def text(self, text: str) -> Text:
        if self.format is TextFormat.HTML and not self.cell("format"):
            return Text(text.replace("\n", "<br>\n"), TextFormat.HTML)
        return Text(text, self.format)

    def _kind(self) -> Kind:
        named = " ".join(self.cell("kind").lower().split())
        if named:
            if named not in KINDS:
                raise Refuse("bad_value", "'{text}' is not a kind of question.", text=named[:40])
            return KINDS[named]
        self.losses.note("kind_guessed", "The row names no kind of question; it was guessed by the other cells.")
        if self.cell("items"):
            return Kind.MATCHING if self.cell("options") else Kind.ORDERING
        if self.option_texts():
            return Kind.MULTIPLE_CHOICE if len(self._tokens()) > 1 else Kind.SINGLE_CHOICE
        answer = self.cell("answer")
        if not answer:
            return Kind.ESSAY
        return Kind.NUMERIC if canonical(answer) is not None else Kind.SHORT_TEXT

    def _format(self) -> TextFormat:
        named = self.cell("format").lower()
        if named:
            try:
                return TextFormat(named)
            except ValueError:
                raise Refuse(
                    "bad_value", "'{text}' is no text format: html, markdown or plain.", text=named[:40]
                ) from None
        return TextFormat.HTML if any(has_markup(text) for text in self.row.values()) else TextFormat.PLAIN

    def _labels(self) -> Labels:
        labels = Labels(
            exam=self.cell("exam") or None,
            subject=self.cell("subject") or None,
            language=self.cell("language") or None,
            source=self.cell("source"),
            licence=self.cell("licence"),
        )
        if number := self.cell("task_number"):
            if not number.isdecimal() or not 1 <= int(number) <= 40:
                raise Refuse("bad_value", "The task number '{text}' is not between 1 and 40.", text=number[:20])
            labels.task = int(number)
        if named := self.cell("difficulty").lower():
            if named not in DIFFICULTIES:
                self.losses.note(
                    "bad_value", "The difficulty '{text}' is not known; medium was taken.", text=named[:40]
                )
            labels.difficulty = DIFFICULTIES.get(named, Difficulty.MEDIUM)
        return labels

    def _number(self, name: str, default: float) -> float:
        if not (cell := self.cell(name)):
            return default
        number = canonical(cell)
        if number is None or float(number) < 0:
            raise Refuse("bad_value", "'{text}' in the column {name} is not a number.", text=cell[:40], name=name)
        return float(number)

    def _yes(self, name: str, *, default: bool) -> bool:
        cell = self.cell(name).lower()
        if cell and cell not in YES | NO:
            raise Refuse("bad_value", "'{text}' in the column {name} is neither yes nor no.", text=cell[:40], name=name)
        return cell in YES if cell else default

    def _ruled(self, content: Content) -> Content:
        """The rule that the row names; as JSON with its details. Parameters are JSON, too."""
        try:
            if rule := self.cell("rule"):
                known = _rule(rule) if rule.startswith("{") else ScoreRule(name=RuleName(rule.lower()))
                content = replace(content, rule=known)
            if parameters := self.cell("parameters"):
                content = replace(content, template=_template(parameters))
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            raise Refuse("bad_value", "The rule or the parameters cannot be read: {why}.", why=error) from None
        return content

    def option_texts(self) -> list[str]:
        texts = split_list(self.cell("options"), lines=True)
        return texts + [self.cell(letter) for letter in LETTERS if self.cell(letter)]

    def feedback(self, index: int) -> Text:
        texts = split_list(self.cell("feedback"))
        return self.text(texts[index] if index < len(texts) else "")

    def _tokens(self) -> list[str]:
        """Elements of the answer: separated by bars, or letters separated by commas or by nothing."""
        answer = self.cell("answer")
        tokens = [token for token in split_list(answer) if token]
        texts = self.option_texts()
        if len(tokens) != 1 or position(tokens[0], texts)[0] is not None:
            return tokens
        parts = [part for part in answer.replace(";", ",").replace(" ", ",").split(",") if part]
        if len(parts) == 1 and len(answer) <= len(texts):
            parts = list(answer)
        return parts if all(position(part, texts)[0] is not None for part in parts) else tokens

    def marked(self, tokens: Iterable[str], texts: Sequence[str]) -> list[tuple[int, float | None]]:
        """Positions of the options that the answer names, with the share of each."""
        found: list[tuple[int, float | None]] = []
        for token in tokens:
            index, doubt = position(token, texts)
            value = None
            if index is None:
                bare, value = take_share(token)
                index, doubt = position(bare, texts)
            if index is None:
                raise Refuse("answer_not_found", "The answer '{text}' is none of the options.", text=token[:80])
            if doubt:
                self.losses.note("answer_ambiguous", "'{text}' was taken for the letter of an option.", text=token[:40])
            found.append((index, value))
        if not found:
            raise Refuse("empty_answer", "The row names no answer.")
        return found


def _single(row: _Row, raw: Raw) -> Content:
    return _choice(row, raw, single=True)


def _multiple(row: _Row, raw: Raw) -> Content:
    return _choice(row, raw, single=False)


def _choice(row: _Row, raw: Raw, *, single: bool) -> Content:
    texts = row.option_texts()
    marked = dict(row.marked(row._tokens(), texts))
    weighted = any(value is not None for value in marked.values())
    if single and not weighted and len(marked) > 1:
        raise Refuse("answer_not_found", "A question with one answer names several.")
    whole = 1.0 if single else 1 / len(marked)
    shares = {index: whole if value is None else value for index, value in marked.items()}
    choices = [
        Choice(text=row.text(text), share=shares.get(index, 0.0), feedback=row.feedback(index))
        for index, text in enumerate(texts)
    ]
    content = building.choice(raw, choices, single=single)
    return content if single or weighted else replace(content, rule=ScoreRule(name=RuleName.SET))


def _true_false(row: _Row, raw: Raw) -> Content:
    answer = row.cell("answer").lower()
    if answer not in YES | NO:
        raise Refuse("bad_value", "The answer '{text}' is neither true nor false.", text=answer[:40])
    words = row.option_texts() or ["True", "False"]
    if len(words) != 2:
        raise Refuse("too_few_options", "True or false has two options.")
    truth = answer in YES
    when_true, when_false = (
        Choice(text=row.text(word), share=1.0, feedback=row.feedback(index)) for index, word in enumerate(words)
    )
    content = building.true_false(raw, truth=truth, when_true=when_true, when_false=when_false)
    if row.option_texts() and not content.options:
        options = tuple(Option(id=id, text=word) for id, word in zip(("true", "false"), words, strict=True))
        return replace(content, options=options)
    return content


def _short(row: _Row, raw: Raw) -> Content:
    answers = []
    for index, token in enumerate(split_list(row.cell("answer"))):
        text, value = take_share(token)
        answers.append(Answer(text=text, share=1.0 if value is None else value, feedback=row.feedback(index)))
    return building.short_text(raw, answers, case_sensitive=False)


def _numeric(row: _Row, raw: Raw) -> Content:
    answers: list[Answer] = []
    relative: list[bool] = []
    for index, token in enumerate(split_list(row.cell("answer").replace(";", "|"))):
        text, value = take_share(token)
        number, tolerance, is_relative = _number(text, templated=row.templated)
        relative += [is_relative] * (number != "*")
        share = 1.0 if value is None else value
        answers.append(Answer(text=number, share=share, tolerance=tolerance, feedback=row.feedback(index)))
    content = building.numeric(raw, answers)
    if any(relative):
        if not all(relative):
            raise Refuse("bad_number", "Some tolerances are per cent and others are not.")
        return replace(content, rule=ScoreRule(name=RuleName.NUMERIC, relative=True))
    return content


def _number(text: str, *, templated: bool) -> tuple[str, str, bool]:
    """Number, tolerance and whether that is a part of the number: `9.81 ± 0.01`, `9.81 ± 1%`, `9..10`, `*`."""
    if text == "*":
        return "*", "0", False
    low, is_range, high = text.partition("..")
    if is_range:
        first, last = canonical(low), canonical(high)
        if first is not None and last is not None:
            return (*between(first, last), False)
    if templated and is_drawn(text):
        value, _, tolerance = text.partition("±")
        return value.strip(), tolerance.strip() or "0", False
    value, _, tolerance = text.replace("+-", "±").replace("+/-", "±").replace(":", "±").partition("±")
    per_cent = tolerance.strip().endswith("%")
    number, width = known(value), (canonical if per_cent else known)(tolerance.strip().rstrip("%") or "0")
    if number is None or width is None:
        raise Refuse("bad_number", "'{text}' is not a number, a number ± a tolerance or a range.", text=text[:40])
    width = width.lstrip("-")
    return number, hundredth(width) if per_cent else width, per_cent


def _matching(row: _Row, raw: Raw) -> Content:
    items, texts = split_list(row.cell("items"), lines=True), row.option_texts()
    if len(items) < 2 or len(texts) < 2:
        raise Refuse("too_few_pairs", "Matching needs at least two items and two options.")
    if len(set(texts)) < len(texts) or not all(texts) or not all(items):
        raise Refuse("empty_option", "An option or an item is empty, or stands there twice.")
    pairs: dict[str, str] = {}
    for token in split_list(row.cell("answer")):
        left, _, right = token.partition("-")
        index = position(right, texts)[0]
        if not left.strip().isdecimal() or not 1 <= int(left) <= len(items) or index is None:
            raise Refuse("answer_not_found", "'{text}' is no pair such as 1-b.", text=token[:40])
        pairs[str(int(left))] = building.option_id(index)
    if not row.cell("answer"):
        pairs = {str(number): building.option_id(number - 1) for number in range(1, min(len(items), len(texts)) + 1)}
    return raw.content(
        Kind.MATCHING,
        row.format,
        items=(Option(id=str(number), text=text) for number, text in enumerate(items, 1)),
        options=(
            Option(id=building.option_id(index), text=text, feedback=row.feedback(index).text)
            for index, text in enumerate(texts)
        ),
        pairs=pairs,
        rule=ScoreRule(name=RuleName.PER_ELEMENT),
    )


def _ordering(row: _Row, raw: Raw) -> Content:
    """The answer gives the right order by the numbers of the elements; without one they stand in it already."""
    elements = split_list(row.cell("items") or row.cell("options"), lines=True)
    content = building.ordering(raw, [row.text(text) for text in elements], RuleName.PER_ELEMENT)
    order = re.findall(r"[^\s|,;]+", row.cell("answer"))
    if not order:
        return content
    if sorted(order) != sorted(content.key):
        raise Refuse(
            "answer_not_found", "The answer does not name each of the {count} elements once.", count=len(elements)
        )
    return replace(content, key=tuple(order))


def _cloze(row: _Row, raw: Raw) -> Content:
    stem, gaps = cloze.parse(raw.stem.text, raw.stem.format, row.losses, templated=row.templated)
    raw.stem = row.text(stem)
    return building.cloze(raw, gaps)


def _essay(row: _Row, raw: Raw) -> Content:
    return building.essay(raw)


def _description(row: _Row, raw: Raw) -> Content:
    return building.description(raw)


_BUILDERS: Mapping[Kind, Callable[[_Row, Raw], Content]] = {
    Kind.SINGLE_CHOICE: _single,
    Kind.MULTIPLE_CHOICE: _multiple,
    Kind.TRUE_FALSE: _true_false,
    Kind.SHORT_TEXT: _short,
    Kind.NUMERIC: _numeric,
    Kind.MATCHING: _matching,
    Kind.ORDERING: _ordering,
    Kind.CLOZE: _cloze,
    Kind.ESSAY: _essay,
    Kind.DESCRIPTION: _description,
}
