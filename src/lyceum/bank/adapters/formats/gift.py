"""GIFT, Moodle's text format for questions, read with the semantics of Moodle itself."""

import re
from collections.abc import Iterator
from typing import BinaryIO

from lyceum.bank.adapters.formats import building
from lyceum.bank.adapters.formats.building import Answer, Choice, Raw, fraction
from lyceum.bank.adapters.formats.decoding import Lines
from lyceum.bank.adapters.formats.detect import Guess
from lyceum.bank.adapters.formats.drafting import (
    NO_DEFAULTS,
    Defaults,
    language_of,
    make_draft,
    read_labels,
    topics_of,
)
from lyceum.bank.adapters.formats.gift_blocks import Block, blocks, restore_escapes
from lyceum.bank.adapters.formats.limits import MAX_OPTIONS
from lyceum.bank.adapters.formats.numbers import between, canonical
from lyceum.bank.adapters.formats.reasons import Losses, Refuse, rejected
from lyceum.bank.adapters.formats.texts import EMPTY, Text, automatic, plain
from lyceum.bank.domain.content import Content, RuleName, TextFormat
from lyceum.bank.domain.drafts import Draft, Rejected

_FORMATS = {"html": TextFormat.HTML, "plain": TextFormat.PLAIN, "markdown": TextFormat.MARKDOWN, "moodle": None}
_WEIGHT = re.compile(r"%-*[0-9]{1,2}\.?[0-9]*%")
_NEARLY_WEIGHT = re.compile(r"%\s*[-+]?\s*[0-9]")
_ORDERING = re.compile(
    r">\s*(?:[0-9]+|ALL)?\s*(?:ALL|RANDOM|CONTIGUOUS)?\s*(?:VERTICAL|HORIZONTAL)?\s*"
    r"(ALL_OR_NOTHING|ABSOLUTE_POSITION|ABSOLUTE|RELATIVE\w*|LONGEST\w*)?[^\n]*\n"
)


def read(file: BinaryIO, guess: Guess, defaults: Defaults = NO_DEFAULTS) -> Iterator[Draft | Rejected]:
    """The questions of a GIFT file, in order. `place` is the line at which a question begins."""
    topics: tuple[str, ...] = ()
    lines = Lines(file, guess.encoding)
    for block in blocks(lines):
        if block.category is not None:
            topics = topics_of(block.category)
        if lines.repaired and lines.repaired_between(block.first, block.last):
            block.losses.note(
                "bytes_repaired", "Bytes that were not valid text were read by plausibility or left out; compare."
            )
        if block.text or block.too_long:
            yield _question(block, topics, defaults)


def _question(block: Block, topics: tuple[str, ...], defaults: Defaults) -> Draft | Rejected:
    place, title = f"line {block.first}", ""
    try:
        if block.too_long:
            raise Refuse("block_too_long", "The question does not end within 8 MiB or 20,000 lines.")
        title, text = _title(block.text)
        labels = read_labels(block.tags, block.losses)
        body, stem, written = _body(text, block.losses)
        raw = Raw(stem=_text(stem, written), language=language_of(labels, defaults), losses=block.losses)
        if labels.score is not None:
            raw.max_score = labels.score
        content = building.description(raw) if body is None else _answered(body, written, raw)
        return make_draft(
            content,
            labels,
            defaults,
            place=place,
            losses=block.losses,
            title=title,
            external_id=block.external_id,
            topics=topics,
        )
    except Refuse as error:
        return rejected(error, place=place, title=title or " ".join(restore_escapes(block.text[:80]).split()))


def _title(text: str) -> tuple[str, str]:
    if not text.startswith("::"):
        return "", text
    name, found, rest = text[2:].partition("::")
    return (" ".join(restore_escapes(name).split()), rest.strip()) if found else ("", text[2:])


def _body(text: str, losses: Losses) -> tuple[str | None, str, TextFormat | None]:
    """The answer block (None for a description), the text around it, and the format of the text."""
    start, end = text.find("{"), text.find("}")
    if start < 0 and end < 0:
        return None, *_prefixed(text, None)
    if start < 0 or end < start:
        raise Refuse("gift_braces", "The braces do not match; note that an empty line between them ends the question.")
    before, after = text[:start], text[end + 1 :]
    if "{" in after or "}" in after:
        losses.note("braces_left", "Braces after the answers were taken for text.")
    whole = f"{before}{after}" if text.endswith("}") else f"{before}_____{after}"
    return text[start + 1 : end].strip(), *_prefixed(whole, None)


def _prefixed(text: str, inherited: TextFormat | None) -> tuple[str, TextFormat | None]:
    """Take the prefix `[html]` off. The format None is Moodle's automatic one."""
    if text.startswith("["):
        name, found, rest = text[1:].partition("]")
        if found and name in _FORMATS:
            return rest, _FORMATS[name]
    return text, inherited


def _text(text: str, written: TextFormat | None) -> Text:
    restored = restore_escapes(text.strip())
    if written is None:
        return automatic(restored)
    return Text(restored, written)


def _own(text: str, inherited: TextFormat | None) -> Text:
    """An answer or a feedback: it may name a format of its own."""
    return _text(*_prefixed(text.strip(), inherited))


def _answered(body: str, written: TextFormat | None, raw: Raw) -> Content:
    answers, general, explanation = body.rpartition("####")
    if general:
        body, raw.explanation = answers.strip(), _own(explanation, written)
    if not body:
        return building.essay(raw)
    if body.startswith("#"):
        return _numeric(body[1:], written, raw)
    if body.startswith(">") and (found := _ORDERING.match(f"{body}\n")):
        return _ordering(body, found, written, raw)
    if "~" in body:
        return _choice(body, written, raw)
    if "=" in body and "->" in body:
        return _matching(body, written, raw)
    if body.partition("#")[0].strip() in {"T", "TRUE", "F", "FALSE"}:
        return _true_false(body, written, raw)
    return _short(body, written, raw)


def _feedback(answer: str, written: TextFormat | None) -> tuple[str, Text]:
    text, found, feedback = answer.partition("#")
    return text.strip(), _own(feedback, written) if found else EMPTY


def _weight(answer: str, losses: Losses) -> tuple[str, float | None]:
    """Take `%50%` off; None when there is none."""
    if match := _WEIGHT.match(answer):
        return answer[match.end() :], fraction(re.sub("-+", "-", match[0].strip("%")), losses)
    if _NEARLY_WEIGHT.match(answer):
        losses.note(
            "weight_ignored",
            "'{text}' is no weight such as %50%, it was kept as text.",
            text=restore_escapes(answer[:20]),
        )
    return answer, None


def _parts(body: str, separator: str) -> list[str]:
    parts = [stripped for part in re.split(separator, body, maxsplit=2 * MAX_OPTIONS) if (stripped := part.strip())]
    if len(parts) > MAX_OPTIONS:
        raise Refuse("too_many_options", "The question has more than {most} answers.", most=MAX_OPTIONS)
    return parts


def _choice(body: str, written: TextFormat | None, raw: Raw) -> Content:
    choices: list[Choice] = []
    for part in _parts(body, "(?=[~=])"):
        mark, answer = (part[0], part[1:].strip()) if part[0] in "~=" else ("", part)
        if mark == "~" and not answer:
            continue
        if not mark:
            raw.losses.note(
                "unmarked_option",
                "'{text}' has no ~ or =, it counts as a wrong option.",
                text=restore_escapes(part[:40]),
            )
        share: float | None = 1.0
        if mark == "=":
            if _NEARLY_WEIGHT.match(answer):
                raw.losses.note(
                    "weight_ignored", "After = a weight is not read: the option earns all, and % stays text."
                )
        else:
            answer, share = _weight(answer, raw.losses)
        text, feedback = _feedback(answer, written)
        choices.append(Choice(text=_own(text, written), share=share or 0.0, feedback=feedback))
    return building.choice(raw, choices, single="=" in body)


def _short(body: str, written: TextFormat | None, raw: Raw) -> Content:
    answers: list[Answer] = []
    for part in _parts(body, "="):
        answer, share = _weight(part, raw.losses)
        text, feedback = _feedback(answer, written)
        own = _prefixed(text, None)[0]
        share = 1.0 if share is None else share
        answers.append(Answer(text=restore_escapes(own).strip(), share=share, feedback=feedback))
    return building.short_text(raw, answers, case_sensitive=False)


def _numeric(body: str, written: TextFormat | None, raw: Raw) -> Content:
    body, wrong, otherwise = body.partition("~")
    answers: list[Answer] = []
    for part in _parts(body, "="):
        answer, share = _weight(part, raw.losses)
        text, feedback = _feedback(answer, written)
        value, tolerance = _number(restore_escapes(text))
        share = 1.0 if share is None else share
        answers.append(Answer(text=value, share=share, tolerance=tolerance, feedback=feedback))
    if wrong:
        answers.append(Answer(text="*", share=0.0, feedback=_feedback(otherwise, written)[1]))
    return building.numeric(raw, answers)


def _number(text: str) -> tuple[str, str]:
    """Value and absolute tolerance of `v`, `v:tolerance` or `min..max`."""
    if text == "*":
        return "*", "0"
    low, is_range, high = text.partition("..")
    value, _, tolerance = text.partition(":")
    ends = [canonical(part) for part in ((low, high) if is_range else (value, tolerance.strip() or "0"))]
    first, second = ends
    if first is None or second is None:
        raise Refuse("bad_number", "'{text}' is not a number, a number with a tolerance or a range.", text=text[:40])
    return between(first, second) if is_range else (first, second.lstrip("-"))


def _matching(body: str, written: TextFormat | None, raw: Raw) -> Content:
    pairs: list[tuple[Text, Text]] = []
    for part in _parts(body, "="):
        left, found, right = part.partition("->")
        if not found:
            raise Refuse("gift_pair", "'{text}' is no pair.", text=restore_escapes(part[:40]))
        pairs.append((_own(left, written), _own(right, written)))
    return building.matching(raw, pairs)


def _true_false(body: str, written: TextFormat | None, raw: Raw) -> Content:
    answer, _, feedback = body.partition("#")
    wrong, _, right = feedback.partition("#")
    truth = answer.strip() in {"T", "TRUE"}
    when_right, when_wrong = _own(right, written), _own(wrong, written)
    return building.true_false(
        raw,
        truth=truth,
        when_true=Choice(text=plain("True"), share=float(truth), feedback=when_right if truth else when_wrong),
        when_false=Choice(text=plain("False"), share=float(not truth), feedback=when_wrong if truth else when_right),
    )


def _ordering(body: str, found: re.Match[str], written: TextFormat | None, raw: Raw) -> Content:
    """The notation of Moodle's ordering type: a line of settings after `>`, then one element a line."""
    if found[1] not in {None, "ALL_OR_NOTHING", "ABSOLUTE_POSITION", "ABSOLUTE"}:
        raw.losses.note("score_rule_changed", "The order is graded by positions, not by {rule}.", rule=found[1])
    rule = RuleName.EXACT if found[1] == "ALL_OR_NOTHING" else RuleName.PER_ELEMENT
    elements = [_own(line, written) for line in body[found.end() :].split("\n") if line.strip()]
    return building.ordering(raw, elements, rule)
