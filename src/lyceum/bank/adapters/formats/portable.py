"""The part of a question that GIFT and Moodle can say: what the writers write, and what the readers read again.

Each function returns a changed copy and notes, by its code, everything that it gave up.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal

from lyceum.bank.adapters.formats.building import option_id
from lyceum.bank.adapters.formats.cloze import PLACEHOLDER, guarded
from lyceum.bank.adapters.formats.drafting import path_of, topics_of
from lyceum.bank.adapters.formats.numbers import decimal_text, exact_decimal, is_drawn, per_cent, share
from lyceum.bank.adapters.formats.reasons import Losses
from lyceum.bank.domain.content import Accepted, Content, Criterion, Gap, Kind, Option, RuleName, ScoreRule
from lyceum.bank.domain.drafts import Draft, MediaRole

_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufdd0-\ufddf\ufffe\uffff]")


def tidy(text: str, losses: Losses) -> str:
    """A text without what no file keeps: spaces at its ends, control characters, other line ends than LF."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if _ILLEGAL.search(text):
        text = _ILLEGAL.sub("", text)
        losses.note("control_characters", "Control characters were left out.")
    return text.strip()


def line(text: str, losses: Losses) -> str:
    """A text on one line, its runs of spaces made one."""
    return " ".join(tidy(text, losses).split())


def without_source(draft: Draft, losses: Losses) -> Draft:
    """The draft without the file that it was read from, which may hold the answer."""
    media = tuple(item for item in draft.media if item.role is not MediaRole.SOURCE)
    if len(media) < len(draft.media):
        losses.note("source_lost", "What the question was read from is not written.")
    return replace(draft, media=media)


def portable_draft(draft: Draft, losses: Losses) -> Draft | None:
    """The draft as Moodle can hold it, files apart; None for a question that cannot be written at all."""
    if draft.content.template is not None:
        losses.note("not_exported", "A question with parameters cannot be written in this format; take JSON.")
        return None
    topics = topics_of(path_of([tidy(topic, losses) for topic in draft.topics]))
    if topics != draft.topics:
        losses.note("topics_changed", "Topics were written without slashes at their ends.")
    content = portable(draft.content, losses)
    if not has_answers(content):
        losses.note("not_exported", "No answer of the question can be written in this format; take JSON.")
        return None
    return replace(
        draft,
        content=content,
        title=line(draft.title, losses),
        external_id=line(draft.external_id, losses),
        exam=line(draft.exam or "", losses) or None,
        subject=line(draft.subject or "", losses) or None,
        topics=tuple(dict.fromkeys(topics)),
        source=line(draft.source, losses),
        licence=line(draft.licence, losses),
        losses=(),
    )


def has_answers(content: Content) -> bool:
    """Whether everything that is typed has an answer left: a number such as 1/3 is none in every format."""
    typed = {Kind.SHORT_TEXT, Kind.NUMERIC}
    whole = content.kind not in typed or any(item.share > 0 for item in content.accepted)
    gaps = [gap for gap in content.gaps if gap.kind in typed]
    return whole and all(any(item.share > 0 for item in gap.accepted) for gap in gaps)


def portable(content: Content, losses: Losses) -> Content:
    """The content as Moodle can hold it, with ids and order as a reader will make them."""
    content = tidied(content, losses)
    change = _CHANGES.get(content.kind)
    changed = change(content, losses) if change else content
    if _skeleton(changed) != _skeleton(content):
        losses.note("renumbered", "Ids and the order of what is shuffled anyway were made anew.")
    return changed


def _skeleton(content: Content) -> object:
    ids = [option.id for option in (*content.options, *content.items)]
    return ids, content.key, [gap.id for gap in content.gaps], [gap.key for gap in content.gaps], dict(content.pairs)


def tidied(content: Content, losses: Losses) -> Content:
    """`tidy` for every text of a question."""

    def options(lot: Iterable[Option]) -> tuple[Option, ...]:
        return tuple(replace(item, text=tidy(item.text, losses), feedback=tidy(item.feedback, losses)) for item in lot)

    def accepted(lot: Iterable[Accepted]) -> tuple[Accepted, ...]:
        return tuple(replace(item, text=tidy(item.text, losses), feedback=tidy(item.feedback, losses)) for item in lot)

    return replace(
        content,
        stem=tidy(content.stem, losses),
        explanation=tidy(content.explanation, losses),
        hint=tidy(content.hint, losses),
        options=options(content.options),
        items=options(content.items),
        accepted=accepted(content.accepted),
        gaps=tuple(replace(gap, options=options(gap.options), accepted=accepted(gap.accepted)) for gap in content.gaps),
    )


def rounded(value: float, losses: Losses) -> float:
    """A share as it comes back from a percentage with seven digits."""
    back = share(float(per_cent(value)))
    if abs(back - value) > 1e-6:
        losses.note("share_rounded", "The share {value} was rounded.", value=f"{value:g}")
    return back


def _choice(content: Content, losses: Losses) -> Content:
    single = content.kind is Kind.SINGLE_CHOICE
    options, key, rule = choice_parts(content.options, content.key, content.rule, single=single, losses=losses)
    return replace(content, options=options, key=key, rule=rule)


def choice_parts(
    options: tuple[Option, ...], key: tuple[str, ...], rule: ScoreRule, *, single: bool, losses: Losses
) -> tuple[tuple[Option, ...], tuple[str, ...], ScoreRule]:
    """Options numbered anew, with the shares that a weighted choice needs."""
    ids = {option.id: option_id(index) for index, option in enumerate(options)}
    shares = _shares(options, key, rule, single=single, losses=losses)
    renamed = {ids[id]: rounded(value, losses) for id, value in shares.items()}
    options = tuple(replace(option, id=ids[option.id]) for option in options)
    best = max(renamed.values(), default=0.0)
    if single:
        new_key = tuple(id for id, value in renamed.items() if value == best)[:1]
        if sorted(renamed.values())[-2:] == [0.0, 1.0] and min(renamed.values()) == 0:
            return options, new_key, ScoreRule()
    else:
        new_key = tuple(id for id, value in renamed.items() if value > 0)
    return options, new_key, ScoreRule(name=RuleName.WEIGHTED_OPTIONS, weights=renamed)


def _shares(
    options: tuple[Option, ...], key: tuple[str, ...], rule: ScoreRule, *, single: bool, losses: Losses
) -> dict[str, float]:
    if rule.name is RuleName.WEIGHTED_OPTIONS:
        shares = {option.id: rule.weights.get(option.id, 0.0) for option in options}
        named = {id for id, value in shares.items() if (value == max(shares.values()) if single else value > 0)}
        if not set(key) <= named or (not single and set(key) != named):
            losses.note("key_changed", "Right are the options that earn most, not those that were marked.")
        return shares
    if single:
        if rule.name is not RuleName.EXACT:
            losses.note("score_rule_changed", "The rule '{rule}' became all or nothing.", rule=rule.name)
        return {option.id: float(option.id in key) for option in options}
    losses.note("score_rule_changed", "The rule '{rule}' became weights of options.", rule=rule.name)
    part = 1 / max(1, len(key))
    return {option.id: part if option.id in key else -part for option in options}


def _true_false(content: Content, losses: Losses) -> Content:
    by_id = {option.id: option for option in content.options}
    options: tuple[Option, ...] = ()
    if by_id:
        options = tuple(
            Option(id=id, text=by_id[id].text or word, feedback=by_id[id].feedback)
            if id in by_id
            else Option(id=id, text=word)
            for id, word in (("true", "True"), ("false", "False"))
        )
        if [o.text.lower() for o in options] == ["true", "false"] and not any(o.feedback for o in options):
            options = ()
    return replace(content, options=options, rule=ScoreRule())


def _short(content: Content, losses: Losses) -> Content:
    accepted, rule = typed_parts(content.accepted, Kind.SHORT_TEXT, content.rule, losses)
    return replace(content, accepted=accepted, rule=rule)


def _numeric(content: Content, losses: Losses) -> Content:
    accepted, rule = typed_parts(content.accepted, Kind.NUMERIC, content.rule, losses)
    return replace(content, accepted=accepted, rule=rule)


def typed_parts(
    accepted: tuple[Accepted, ...], kind: Kind, rule: ScoreRule, losses: Losses
) -> tuple[tuple[Accepted, ...], ScoreRule]:
    """Accepted answers, and one of the two rules for typed answers that Moodle knows."""
    if kind is Kind.NUMERIC:
        if rule.name is not RuleName.NUMERIC or rule.precision is not None:
            losses.note("score_rule_changed", "A number is graded by its value and tolerance alone.")
        found = [number for item in accepted if (number := _number(item, rule, losses)) is not None]
        return tuple(found), ScoreRule(name=RuleName.NUMERIC)
    if rule.name is not RuleName.WORDS:
        losses.note("score_rule_changed", "The rule '{rule}' became a comparison of words.", rule=rule.name)
        accepted = tuple(replace(item, text=item.text.replace("*", "\\*")) for item in accepted)
    if not rule.fold_lookalikes:
        losses.note("strict_letters_lost", "That letters of other alphabets are told apart is not kept.")
    return (
        tuple(replace(item, share=rounded(item.share, losses), tolerance="0") for item in accepted if item.text),
        ScoreRule(name=RuleName.WORDS, case_sensitive=rule.case_sensitive),
    )


def _number(item: Accepted, rule: ScoreRule, losses: Losses) -> Accepted | None:
    share = rounded(item.share, losses)
    any_number = item.text.strip() == "*"
    value, tolerance = (
        text.strip() if is_drawn(text) and not rule.relative else exact_decimal(text)
        for text in ("0" if any_number else item.text, "0" if any_number else item.tolerance or "0")
    )
    if value is None or tolerance is None:
        losses.note("bad_number", "The answer '{text}' is not a number and was left out.", text=item.text[:40])
        return None
    if any_number:
        value = "*"
    elif rule.relative:
        losses.note("relative_tolerance", "A relative tolerance became an absolute one.")
        tolerance = decimal_text(abs(Decimal(value) * Decimal(tolerance)))
    return replace(item, text=value, tolerance=tolerance if is_drawn(tolerance) else tolerance.lstrip("-"), share=share)


def _matching(content: Content, losses: Losses) -> Content:
    if content.rule != ScoreRule(name=RuleName.PER_ELEMENT):
        losses.note("score_rule_changed", "Each right pair earns its part.")
    _drop_feedback((*content.options, *content.items), losses)
    items = [item for item in content.items if item.id in content.pairs]
    if len(items) < len(content.items):
        losses.note("unpaired_item_lost", "An item without a partner was left out.")
    used = dict.fromkeys(content.pairs[item.id] for item in items)
    order = [*used, *(option.id for option in content.options if option.id not in used)]
    ids = {old: option_id(index) for index, old in enumerate(order)}
    texts = {option.id: option.text for option in content.options}
    return replace(
        content,
        items=tuple(Option(id=str(number), text=item.text) for number, item in enumerate(items, 1)),
        options=tuple(Option(id=ids[old], text=texts.get(old, "")) for old in order),
        pairs={str(number): ids[content.pairs[item.id]] for number, item in enumerate(items, 1)},
        rule=ScoreRule(name=RuleName.PER_ELEMENT),
    )


def _drop_feedback(options: Iterable[Option], losses: Losses) -> None:
    if any(option.feedback for option in options):
        losses.note("feedback_lost", "Pairs and elements have no feedback of their own.")


def _ordering(content: Content, losses: Losses) -> Content:
    _drop_feedback(content.items, losses)
    texts = {item.id: item.text for item in content.items}
    items = tuple(Option(id=str(number), text=texts[id]) for number, id in enumerate(content.key, 1) if id in texts)
    rule = ScoreRule(name=RuleName.EXACT if content.rule.name is RuleName.EXACT else RuleName.PER_ELEMENT)
    if rule != content.rule:
        losses.note("score_rule_changed", "Each element in its place earns its part.")
    return replace(content, items=items, key=tuple(item.id for item in items), rule=rule)


def _essay(content: Content, losses: Losses) -> Content:
    criteria = content.rule.criteria
    grader = criteria[0].description if len(criteria) == 1 else ""
    whole = Criterion(id="1", title="Total", max=content.max_score, description=tidy(grader, losses))
    rule = ScoreRule(name=RuleName.CRITERIA, criteria=(whole,))
    if criteria and criteria != (whole,):
        losses.note("criteria_lost", "The criteria became one mark.")
    return replace(content, rule=rule)


def _description(content: Content, losses: Losses) -> Content:
    return replace(content, max_score=0.0, rule=ScoreRule())


def _cloze(content: Content, losses: Losses) -> Content:
    marks = dict.fromkeys(mark.strip() for mark in PLACEHOLDER.findall(content.stem))
    order = [id for id in marks if id in {gap.id for gap in content.gaps}]
    ids = {old: str(number) for number, old in enumerate(order, 1)}
    if len(ids) < len(content.gaps):
        losses.note("gap_unused", "A gap that the text does not mention was left out.")
    stem = guarded(content.stem, ids, content.stem_format, losses)
    by_id = {gap.id: gap for gap in content.gaps}
    gaps = tuple(_gap(replace(by_id[old], id=new), losses) for old, new in ids.items())
    total = sum(gap.weight for gap in gaps)
    if abs(content.max_score - total) > 1e-9:
        losses.note("gap_weights", "The question is worth the sum of the weights of its gaps.")
    if content.rule.name is not RuleName.PER_ELEMENT:
        losses.note("score_rule_changed", "Each gap earns its part.")
    return replace(content, stem=stem, gaps=gaps, max_score=total, rule=ScoreRule(name=RuleName.PER_ELEMENT))


def _gap(gap: Gap, losses: Losses) -> Gap:
    weight = float(max(1, round(gap.weight)))
    if abs(weight - gap.weight) > 1e-9:
        losses.note("gap_weights", "Gaps have whole weights here; theirs were rounded.")
    if gap.kind in {Kind.SINGLE_CHOICE, Kind.MULTIPLE_CHOICE}:
        single = gap.kind is Kind.SINGLE_CHOICE
        options, key, rule = choice_parts(gap.options, gap.key, gap.rule, single=single, losses=losses)
        if not single:
            rule = replace(rule, weights=_rescaled(rule.weights, losses))
        return replace(gap, options=options, key=key, rule=rule, weight=weight, accepted=())
    accepted, rule = typed_parts(gap.accepted, gap.kind, gap.rule, losses)
    return replace(gap, accepted=accepted, rule=rule, weight=weight, options=(), key=(), shuffle=False)


def _rescaled(weights: Mapping[str, float], losses: Losses) -> dict[str, float]:
    total = sum(value for value in weights.values() if value > 0) or 1.0
    if abs(total - 1) <= 1e-6:
        return dict(weights)
    losses.note("gap_weights", "The right options of a gap are rescaled to 100 %.")
    return {id: rounded(value / total, losses) if value > 0 else value for id, value in weights.items()}


_CHANGES = {
    Kind.SINGLE_CHOICE: _choice,
    Kind.MULTIPLE_CHOICE: _choice,
    Kind.TRUE_FALSE: _true_false,
    Kind.SHORT_TEXT: _short,
    Kind.NUMERIC: _numeric,
    Kind.MATCHING: _matching,
    Kind.ORDERING: _ordering,
    Kind.CLOZE: _cloze,
    Kind.ESSAY: _essay,
    Kind.DESCRIPTION: _description,
}
