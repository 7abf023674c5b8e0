"""Moodle's notation of gaps, `{2:SHORTANSWER:=Пушкин~%50%Лермонтов#почти}`: read into parts, and written."""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass

from lyceum.bank.adapters.formats.building import Answer, Choice, GapParts, fraction, without_placeholders
from lyceum.bank.adapters.formats.numbers import canonical, is_drawn, per_cent
from lyceum.bank.adapters.formats.reasons import Losses, Refuse
from lyceum.bank.adapters.formats.texts import Text, plain
from lyceum.bank.domain.content import Accepted, Content, Gap, Kind, TextFormat


@dataclass(frozen=True, slots=True)
class _Type:
    kind: Kind
    case_sensitive: bool = False
    shuffle: bool = False
    layout: str = ""


def _types() -> Mapping[str, _Type]:
    types = {"NUMERICAL": _Type(Kind.NUMERIC), "NM": _Type(Kind.NUMERIC)}
    for name in ("SHORTANSWER", "SA", "MW"):
        types[name] = _Type(Kind.SHORT_TEXT)
    for name in ("SHORTANSWER_C", "SAC", "MWC"):
        types[name] = _Type(Kind.SHORT_TEXT, case_sensitive=True)
    for long, short, kind in (("MULTICHOICE", "MC", Kind.SINGLE_CHOICE), ("MULTIRESPONSE", "MR", Kind.MULTIPLE_CHOICE)):
        for suffix, layout in (("", ""), ("V", "vertical"), ("H", "horizontal")):
            for shuffled in ("", "S"):
                type = _Type(kind, shuffle=bool(shuffled), layout=layout)
                types[f"{long}_{suffix}{shuffled}" if suffix + shuffled else long] = type
                types[f"{short}{suffix}{shuffled}"] = type
    return types


_TYPES = _types()
_HEAD = re.compile(r"\{([0-9]{0,6}):(" + "|".join(sorted(_TYPES, key=len, reverse=True)) + "):")
_MARK = re.compile(r"\\[}#~]|[}~]")
_FRACTION = re.compile(r"=|%(-?[0-9]+(?:[.,][0-9]*)?)%")
_FEEDBACK = re.compile(r"(?<!\\)(?<!&)(?<!&amp;)#")
_ESCAPED = re.compile(r"\\([}#~])")
PLACEHOLDER = re.compile(r"\[\[([^\[\]\n]{1,80})\]\]")


def parse(text: str, format: TextFormat, losses: Losses, *, templated: bool = False) -> tuple[str, list[GapParts]]:
    """The text with `[[1]]`, `[[2]]` … for its gaps, and the gaps. What does not fit the notation stays text.

    `templated`: numbers may be drawn, `{1:NUMERICAL:={{b\\}\\}:0.1}`.
    """
    gaps: list[GapParts] = []
    parts: list[str] = []
    at = 0
    for head in _HEAD.finditer(text):
        if head.start() < at:
            continue
        if (scanned := _scan(text, head.end())) is None:
            break
        alternatives, end = scanned
        parts += [without_placeholders(text[at : head.start()], losses), f"[[{len(gaps) + 1}]]"]
        gaps.append(_gap(head[1], _TYPES[head[2]], alternatives, format, losses, templated=templated))
        at = end
    parts.append(without_placeholders(text[at:], losses))
    if gaps and sum(gap.weight for gap in gaps) <= 0:
        raise Refuse("gap_broken", "All gaps have the weight 0.")
    return "".join(parts), gaps


def _scan(text: str, start: int) -> tuple[list[str], int] | None:
    """The alternatives of a gap and where it ends; None when no brace closes it, nor any gap after it."""
    alternatives: list[str] = []
    at = start
    for mark in _MARK.finditer(text, start):
        if mark[0] == "~":
            alternatives.append(text[at : mark.start()])
            at = mark.end()
        elif mark[0] == "}":
            alternatives.append(text[at : mark.start()])
            return [item for item in alternatives if item.strip()], mark.end()
    return None


@dataclass(slots=True)
class _Alternative:
    text: str
    feedback: str
    share: float
    explicit: bool


def _alternative(raw: str, losses: Losses) -> _Alternative:
    raw = raw.strip()
    share, explicit = 0.0, False
    if match := _FRACTION.match(raw):
        explicit = match[0] != "="
        share = fraction(match[1], losses) if explicit else 1.0
        raw = raw[match.end() :]
    text, *feedback = _FEEDBACK.split(raw, maxsplit=1)
    return _Alternative(
        text=_ESCAPED.sub(r"\1", text.strip()),
        feedback=_ESCAPED.sub(r"\1", feedback[0].strip()) if feedback else "",
        share=share,
        explicit=explicit,
    )


def _gap(weight: str, type: _Type, raw: list[str], format: TextFormat, losses: Losses, *, templated: bool) -> GapParts:
    alternatives = [_alternative(item, losses) for item in raw]
    value = float(weight) if weight else 1.0
    if type.layout:
        losses.note(
            "gap_layout_lost", "The options of a gap stood in {layout} order; they become a list.", layout=type.layout
        )
    if type.kind in {Kind.NUMERIC, Kind.SHORT_TEXT}:
        answers = tuple(_answer(item, type.kind, format, templated=templated) for item in alternatives)
        return GapParts(kind=type.kind, weight=value, answers=answers, case_sensitive=type.case_sensitive)
    if type.kind is Kind.MULTIPLE_CHOICE:
        _share_out(alternatives)

    def own(text: str) -> Text:
        return plain(html.unescape(text)) if format is TextFormat.PLAIN else Text(text, format)

    choices = tuple(Choice(text=own(item.text), share=item.share, feedback=own(item.feedback)) for item in alternatives)
    return GapParts(kind=type.kind, weight=value, choices=choices, shuffle=type.shuffle)


def _share_out(alternatives: list[_Alternative]) -> None:
    """Right options share the whole; without explicit weights each wrong one takes away what a right one gives."""
    total = sum(item.share for item in alternatives if item.share > 0)
    explicit = any(item.explicit for item in alternatives)
    right = sum(item.share > 0 for item in alternatives)
    for item in alternatives:
        if item.share > 0 and abs(total - 1) > 1e-6:
            item.share /= total
        elif item.share <= 0 and not explicit and right:
            item.share = -1 / right


def _answer(item: _Alternative, kind: Kind, format: TextFormat, *, templated: bool) -> Answer:
    feedback = Text(item.feedback, format)
    text = html.unescape(item.text)
    if kind is Kind.SHORT_TEXT or text == "*":
        return Answer(text=text, share=item.share, feedback=feedback)
    value, _, tolerance = text.partition(":")
    number, width = (
        part if templated and is_drawn(part) else canonical(part) for part in (value, tolerance.strip() or "0")
    )
    if number is None or width is None:
        raise Refuse("gap_broken", "'{text}' in a gap is not a number.", text=text[:40])
    return Answer(
        text=number, share=item.share, tolerance=width if is_drawn(width) else width.lstrip("-"), feedback=feedback
    )


def guarded(stem: str, ids: Mapping[str, str], format: TextFormat, losses: Losses) -> str:
    """A stem with its gaps renamed, in which nothing else may look like a gap to `parse` or to a learner."""
    seen: set[str] = set()

    def rename(match: re.Match[str]) -> str:
        id = match[1].strip()
        if id in ids and id not in seen:
            seen.add(id)
            return f"[[{ids[id]}]]"
        losses.note("text_changed", "Double brackets that mark no gap were put apart.")
        return f"[ [{match[1]}]]"

    stem = PLACEHOLDER.sub(rename, stem)
    if not _HEAD.search(stem):
        return stem
    losses.note("text_changed", "A brace that would begin a gap was written otherwise.")
    return _HEAD.sub(lambda match: f"{'&#123;' if format is TextFormat.HTML else '{ '}{match[0][1:]}", stem)


def render(content: Content) -> str:
    """The stem of a cloze question, made `portable`, with its gaps in this notation."""
    gaps = {gap.id: gap for gap in content.gaps}
    return PLACEHOLDER.sub(
        lambda match: _render_gap(gaps[match[1]], content.stem_format) if match[1] in gaps else match[0], content.stem
    )


def _render_gap(gap: Gap, format: TextFormat) -> str:
    if gap.options:
        name = "MULTICHOICE" if gap.kind is Kind.SINGLE_CHOICE else "MULTIRESPONSE"
        shares = gap.rule.weights or dict.fromkeys(gap.key, 1.0)
        body = "~".join(
            _render_choice(option.text, option.feedback, shares.get(option.id, 0.0), format) for option in gap.options
        )
        return f"{{{gap.weight:.0f}:{name}{'_S' if gap.shuffle else ''}:{body}}}"
    name = "NUMERICAL" if gap.kind is Kind.NUMERIC else "SHORTANSWER_C" if gap.rule.case_sensitive else "SHORTANSWER"
    return f"{{{gap.weight:.0f}:{name}:{'~'.join(_render_answer(item, gap.kind) for item in gap.accepted)}}}"


def _render_choice(text: str, feedback: str, share: float, format: TextFormat) -> str:
    if format is TextFormat.PLAIN:
        text, feedback = html.escape(text, quote=False), html.escape(feedback, quote=False)
    return _render_alternative(text, feedback, share)


def _render_answer(item: Accepted, kind: Kind) -> str:
    tolerance = f":{item.tolerance}" if kind is Kind.NUMERIC and item.text != "*" else ""
    return _render_alternative(html.escape(item.text, quote=False) + tolerance, item.feedback, item.share)


def _render_alternative(text: str, feedback: str, share: float) -> str:
    mark = "=" if share == 1 else f"%{per_cent(share)}%"
    return f"{mark}{_escape(text)}" + (f"#{_escape(feedback)}" if feedback else "")


def _escape(text: str) -> str:
    escaped = re.sub(r"([}#~])", r"\\\1", text)
    return f"{escaped} " if escaped.endswith(("\\", "&", "&amp;")) else escaped
