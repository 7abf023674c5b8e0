"""From the parts that a format names to the content of a question: one builder for each kind, shared by the readers.

Builders raise `Refuse` for a question that cannot be asked or graded, and note what they had to give up.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from lyceum.bank.adapters.formats.numbers import share
from lyceum.bank.adapters.formats.reasons import Losses, Refuse
from lyceum.bank.adapters.formats.texts import EMPTY, Text, common_format, in_format
from lyceum.bank.domain.content import (
    Accepted,
    Content,
    Criterion,
    Gap,
    Kind,
    Option,
    RuleName,
    ScoreRule,
    TextFormat,
)

_PLACEHOLDER = re.compile(r"\[(\[[^\[\]\n]{1,80}\]\])")


def option_id(index: int) -> str:
    """`a` … `z`, then `o27`, `o28` …"""
    return chr(97 + index) if index < 26 else f"o{index + 1}"


@dataclass(slots=True, kw_only=True)
class Raw:
    """What all kinds have in common, as the file gives it."""

    stem: Text
    explanation: Text = EMPTY
    hint: Text = EMPTY
    language: str = "ru"
    max_score: float = 1.0
    shuffle: bool = True
    losses: Losses = field(default_factory=Losses)

    def content(
        self,
        kind: Kind,
        format: TextFormat,
        *,
        options: Iterable[Option] = (),
        items: Iterable[Option] = (),
        gaps: Iterable[Gap] = (),
        key: Iterable[str] = (),
        pairs: dict[str, str] | None = None,
        accepted: Iterable[Accepted] = (),
        rule: ScoreRule | None = None,
    ) -> Content:
        return Content(
            kind=kind,
            stem=in_format(self.stem, format),
            stem_format=format,
            language=self.language,
            options=tuple(options),
            items=tuple(items),
            gaps=tuple(gaps),
            key=tuple(key),
            pairs=pairs or {},
            accepted=tuple(accepted),
            rule=rule or ScoreRule(),
            max_score=self.max_score,
            shuffle=self.shuffle,
            explanation=in_format(self.explanation, format),
            hint=in_format(self.hint, format),
        )

    def format(self, others: Iterable[Text] = ()) -> TextFormat:
        return common_format(self.stem, (self.explanation, self.hint, *others))


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """An option with its share of the maximum, -1..1."""

    text: Text
    share: float
    feedback: Text = EMPTY


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An accepted typed answer; `text` and `tolerance` are as in `Accepted`."""

    text: str
    share: float = 1.0
    tolerance: str = "0"
    feedback: Text = EMPTY


@dataclass(frozen=True, slots=True, kw_only=True)
class GapParts:
    """A gap as a format names it: `choices` for the kinds that choose, `answers` for those that type.

    `relative` tolerances are shares of the value; `exact`: several options earn all together or nothing.
    """

    kind: Kind
    weight: float = 1.0
    choices: tuple[Choice, ...] = ()
    answers: tuple[Answer, ...] = ()
    case_sensitive: bool = False
    relative: bool = False
    exact: bool = False
    shuffle: bool = False

    def texts(self) -> Iterable[Text]:
        for choice in self.choices:
            yield choice.text
            yield choice.feedback
        for answer in self.answers:
            yield answer.feedback


def fraction(text: str, losses: Losses) -> float:
    """A percentage of a file as a share, -1..1. Raise bad_fraction for anything else."""
    try:
        value = float(text.strip().replace(",", ".") or "0")
    except ValueError:
        raise Refuse("bad_fraction", "The share '{text}' is not a number of per cent.", text=text[:40]) from None
    if not -100.001 <= value <= 100.001:
        raise Refuse("bad_fraction", "The share {value} % is not between -100 and 100 %.", value=f"{value:g}")
    exact = share(value)
    if abs(exact * 100 - value) > 0.01:
        losses.note(
            "fraction_rounded",
            "The share {value} % was taken for {exact} %.",
            value=f"{value:g}",
            exact=f"{exact * 100:.5g}",
        )
    return max(-1.0, min(1.0, exact))


def choice(raw: Raw, choices: Sequence[Choice], *, single: bool, exact: bool = False) -> Content:
    """A question with options. One right option and nothing for the others is graded exactly, else by weights.

    `exact`: all options with a share, and no others, earn everything together; fewer or more earn nothing.
    """
    kept = _distinct(choices, raw.losses)
    format = raw.format(text for item in kept for text in (item.text, item.feedback))
    options, key, rule = _choice_parts(kept, format, single=single, exact=exact, losses=raw.losses)
    kind = Kind.SINGLE_CHOICE if single else Kind.MULTIPLE_CHOICE
    return raw.content(kind, format, options=options, key=key, rule=rule)


def _choice_parts(
    choices: Sequence[Choice], format: TextFormat, *, single: bool, exact: bool, losses: Losses
) -> tuple[tuple[Option, ...], tuple[str, ...], ScoreRule]:
    if len(choices) < 2:
        raise Refuse("too_few_options", "A choice needs at least two different options.")
    shares = {option_id(index): item.share for index, item in enumerate(choices)}
    best = max(shares.values())
    if best <= 0:
        raise Refuse("no_right_answer", "No option earns anything.")
    options = tuple(
        Option(id=id, text=in_format(item.text, format), feedback=in_format(item.feedback, format))
        for id, item in zip(shares, choices, strict=True)
    )
    if single:
        key: tuple[str, ...] = (next(id for id, value in shares.items() if value == best),)
        if sorted(shares.values())[-2:] == [0.0, 1.0] and min(shares.values()) == 0:
            return options, key, ScoreRule()
        if best < 1:
            losses.note("full_score_unreachable", "The best option earns only {best} %.", best=f"{best * 100:g}")
        return options, key, ScoreRule(name=RuleName.WEIGHTED_OPTIONS, weights=shares)
    if exact:
        return options, tuple(id for id, value in shares.items() if value > 0), ScoreRule()
    total = sum(value for value in shares.values() if value > 0)
    if abs(total - 1) > 0.005:
        losses.note("fractions_sum", "The right options add up to {total} %, not to 100 %.", total=f"{total * 100:.5g}")
    key = tuple(id for id, value in shares.items() if value > 0)
    return options, key, ScoreRule(name=RuleName.WEIGHTED_OPTIONS, weights=shares)


def _distinct(choices: Sequence[Choice], losses: Losses) -> list[Choice]:
    """One of each text, the one worth most; empty wrong options are dropped."""
    kept: dict[Text, Choice] = {}
    for item in choices:
        if not item.text:
            if item.share > 0:
                raise Refuse("empty_option", "The right option has no text.")
            losses.note("empty_option", "An option without a text was left out.")
            continue
        twin = kept.get(item.text)
        if twin is not None:
            losses.note(
                "duplicate_option", "The option '{text}' stood there twice; one was kept.", text=item.text.text[:80]
            )
        if twin is None or item.share > twin.share:
            kept[item.text] = item
    return list(kept.values())


def true_false(raw: Raw, *, truth: bool, when_true: Choice, when_false: Choice) -> Content:
    """`when_true` and `when_false` carry the words of the two answers and the feedback of each.

    Options are kept only when a feedback or words other than true and false are there to be kept.
    """
    both = (when_true, when_false)
    format = raw.format(text for item in both for text in (item.text, item.feedback))
    usual = [item.text.text.lower() for item in both] == ["true", "false"]
    options = tuple(
        Option(id=id, text=in_format(item.text, format), feedback=in_format(item.feedback, format))
        for id, item in zip(("true", "false"), both, strict=True)
        if not usual or any(item.feedback for item in both)
    )
    return raw.content(Kind.TRUE_FALSE, format, options=options, key=("true" if truth else "false",))


def short_text(raw: Raw, answers: Sequence[Answer], *, case_sensitive: bool) -> Content:
    format = raw.format(item.feedback for item in answers)
    rule = ScoreRule(name=RuleName.WORDS, case_sensitive=case_sensitive)
    return raw.content(Kind.SHORT_TEXT, format, accepted=_accepted(answers, format, raw.losses), rule=rule)


def numeric(raw: Raw, answers: Sequence[Answer], *, relative: bool = False) -> Content:
    format = raw.format(item.feedback for item in answers)
    rule = ScoreRule(name=RuleName.NUMERIC, relative=relative)
    return raw.content(Kind.NUMERIC, format, accepted=_accepted(answers, format, raw.losses), rule=rule)


def _accepted(answers: Sequence[Answer], format: TextFormat, losses: Losses) -> tuple[Accepted, ...]:
    answers = [item for item in answers if item.text]
    if not answers:
        raise Refuse("empty_answer", "The question names no answer.")
    best = max(item.share for item in answers)
    if best <= 0:
        raise Refuse("no_right_answer", "No answer earns anything.")
    if best < 1:
        losses.note("full_score_unreachable", "The best answer earns only {best} %.", best=f"{best * 100:g}")
    if any(item.share < 0 for item in answers):
        losses.note("negative_share", "A typed answer cannot earn less than nothing; it earns nothing.")
    return tuple(
        Accepted(
            text=item.text,
            share=max(0.0, item.share),
            tolerance=item.tolerance,
            feedback=in_format(item.feedback, format),
        )
        for item in answers
    )


def matching(raw: Raw, pairs: Sequence[tuple[Text, Text]]) -> Content:
    """Pairs of left and right; an empty left makes the right a distractor. Equal rights are one option."""
    rights = [right for _, right in pairs]
    if not all(rights):
        raise Refuse("empty_option", "A pair has no right side.")
    lefts = [(left, right) for left, right in pairs if left]
    if len(lefts) < 2:
        raise Refuse("too_few_pairs", "Matching needs at least two pairs, there is {count}.", count=len(lefts))
    format = raw.format((*rights, *(left for left, _ in lefts)))
    ids: dict[str, str] = {}
    for right in rights:
        ids.setdefault(in_format(right, format), option_id(len(ids)))
    if len(ids) < 2:
        raise Refuse("too_few_options", "All pairs have the same right side.")
    items = [Option(id=str(number), text=in_format(left, format)) for number, (left, _) in enumerate(lefts, 1)]
    matched = {item.id: ids[in_format(right, format)] for item, (_, right) in zip(items, lefts, strict=True)}
    options = [Option(id=id, text=text) for text, id in ids.items()]
    rule = ScoreRule(name=RuleName.PER_ELEMENT)
    return raw.content(Kind.MATCHING, format, items=items, options=options, pairs=matched, rule=rule)


def ordering(raw: Raw, elements: Sequence[Text], rule: RuleName) -> Content:
    """`elements` in their right order."""
    if len(elements) < 2 or not all(elements):
        raise Refuse("too_few_options", "Ordering needs at least two elements, each with a text.")
    format = raw.format(elements)
    items = [Option(id=str(number), text=in_format(text, format)) for number, text in enumerate(elements, 1)]
    key = [item.id for item in items]
    return raw.content(Kind.ORDERING, format, items=items, key=key, rule=ScoreRule(name=rule))


def essay(raw: Raw, grader: Text = EMPTY) -> Content:
    """`grader`: what a grader is told."""
    format = raw.format((grader,))
    whole = Criterion(id="1", title="Total", max=raw.max_score, description=in_format(grader, format))
    return raw.content(Kind.ESSAY, format, rule=ScoreRule(name=RuleName.CRITERIA, criteria=(whole,)))


def description(raw: Raw) -> Content:
    raw.max_score = 0.0
    return raw.content(Kind.DESCRIPTION, raw.format())


def cloze(raw: Raw, gaps: Sequence[GapParts]) -> Content:
    """The stem says `[[1]]`, `[[2]]` … where the gaps stand; the question is worth the sum of their weights."""
    if not gaps:
        raise Refuse("gap_broken", "No gap was found in the text.")
    format = raw.format(text for gap in gaps for text in gap.texts())
    raw.max_score = sum(gap.weight for gap in gaps)
    built = [_gap(str(number), gap, format, raw.losses) for number, gap in enumerate(gaps, 1)]
    return raw.content(Kind.CLOZE, format, gaps=built, rule=ScoreRule(name=RuleName.PER_ELEMENT))


def _gap(id: str, gap: GapParts, format: TextFormat, losses: Losses) -> Gap:
    if gap.kind in {Kind.SINGLE_CHOICE, Kind.MULTIPLE_CHOICE}:
        single = gap.kind is Kind.SINGLE_CHOICE
        kept = _distinct(gap.choices, losses)
        options, key, rule = _choice_parts(kept, format, single=single, exact=gap.exact, losses=losses)
        return Gap(id=id, kind=gap.kind, options=options, key=key, rule=rule, weight=gap.weight, shuffle=gap.shuffle)
    name = RuleName.NUMERIC if gap.kind is Kind.NUMERIC else RuleName.WORDS
    return Gap(
        id=id,
        kind=gap.kind,
        accepted=_accepted(gap.answers, format, losses),
        rule=ScoreRule(name=name, case_sensitive=gap.case_sensitive, relative=gap.relative),
        weight=gap.weight,
    )


def without_placeholders(text: str, losses: Losses) -> str:
    """A text of the file in which `[[1]]` cannot be taken for a gap."""
    if "[[" not in text or not _PLACEHOLDER.search(text):
        return text
    losses.note(
        "brackets_spaced", "Double square brackets mark gaps here, so a space was put between those of the text."
    )
    return _PLACEHOLDER.sub(r"[ \1", text)
