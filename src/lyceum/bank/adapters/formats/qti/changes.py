"""What of a question an item does not say: the question as it was, beside the question that the item reads back as."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction

from lyceum.bank.adapters.formats.reasons import Losses
from lyceum.bank.domain.content import Accepted, Content, Gap, Option, ScoreRule
from lyceum.bank.domain.drafts import Draft
from lyceum.bank.domain.scoring.numbers import parse_number

CLOSE = 1e-6
_BESIDE = ("title", "external_id", "exam", "subject", "exam_task_number", "topics", "difficulty", "source", "licence")


def name_changes(before: Draft, after: Draft, losses: Losses) -> None:
    if any(getattr(before, name) != getattr(after, name) for name in _BESIDE):
        losses.note("passport_changed", "Fields beside the question were written on one line.")
    _media(before, after, losses)
    old, new = before.content, after.content
    if old.kind is not new.kind:
        losses.note("kind_changed", "The question would be read back as another kind.")
        return
    if old.stem_format is not new.stem_format:
        losses.note("format_changed", "The texts were written as XHTML.")
    if [*_texts(old)] != [*_texts(new)]:
        losses.note("text_changed", "The markup of a text was written otherwise; it shows the same.")
    if [*_ids(old)] != [*_ids(new)] or old.key != new.key or old.pairs != new.pairs:
        losses.note("renumbered", "Ids and the order of what is shuffled anyway were made anew.")
    if old.shuffle != new.shuffle:
        losses.note("shuffle_lost", "That the order must stay is not kept.")
    if abs(old.max_score - new.max_score) > CLOSE:
        losses.note("score_changed", "In the file the question is worth {points} points.", points=f"{new.max_score:g}")
    if [gap.weight for gap in old.gaps] != [gap.weight for gap in new.gaps]:
        losses.note("gap_weights", "The question is worth the sum of the weights of its gaps.")
    if not _same_scoring(old, new):
        losses.note("score_rule_changed", "Points are given by another rule.")


def _media(before: Draft, after: Draft, losses: Losses) -> None:
    old, new = ({item.name: item for item in draft.media} for draft in (before, after))
    if old.keys() != new.keys():
        losses.note("media_lost", "A file was left out, or has another name.")
    both = [(item, new[name]) for name, item in old.items() if name in new]
    if any(one.role is not other.role for one, other in both):
        losses.note("media_role_lost", "What a file is for follows from the end of its name.")
    if any(one.alt != other.alt for one, other in both):
        losses.note("alt_lost", "The description of a file is not kept.")


def _texts(content: Content) -> Iterator[str]:
    yield from (content.stem, content.explanation, content.hint)
    for option in (*content.options, *content.items):
        yield from (option.text, option.feedback)
    for accepted in content.accepted:
        yield from (accepted.text, accepted.tolerance, accepted.feedback)
    for gap in content.gaps:
        for option in gap.options:
            yield from (option.text, option.feedback)
        for accepted in gap.accepted:
            yield from (accepted.text, accepted.tolerance, accepted.feedback)
    for criterion in content.rule.criteria:
        yield from (criterion.title, criterion.description)


def _ids(content: Content) -> Iterator[object]:
    yield from (option.id for option in (*content.options, *content.items))
    yield from (criterion.id for criterion in content.rule.criteria)
    for gap in content.gaps:
        yield from (gap.id, gap.key, *(option.id for option in gap.options))


def _same_scoring(old: Content, new: Content) -> bool:
    if len(old.gaps) != len(new.gaps) or not _same_rule(old.rule, new.rule, old.options, new.options):
        return False
    total, other = (sum(gap.weight for gap in content.gaps) or 1.0 for content in (old, new))
    gaps = zip(old.gaps, new.gaps, strict=True)
    return _same_accepted(old.accepted, new.accepted) and all(
        _same_gap(one, two) and abs(one.weight / total - two.weight / other) < CLOSE for one, two in gaps
    )


def _same_gap(old: Gap, new: Gap) -> bool:
    return (
        old.kind is new.kind
        and old.shuffle == new.shuffle
        and _same_rule(old.rule, new.rule, old.options, new.options)
        and _same_accepted(old.accepted, new.accepted)
    )


def _same_rule(old: ScoreRule, new: ScoreRule, options: Sequence[Option], others: Sequence[Option]) -> bool:
    weights, there = (
        [rule.weights.get(option.id, 0.0) for option in lot] for rule, lot in ((old, options), (new, others))
    )
    same = len(weights) == len(there) and all(abs(a - b) < CLOSE for a, b in zip(weights, there, strict=True))
    bare = [
        replace(rule, weights={}, criteria=tuple(replace(it, id="", title="", description="") for it in rule.criteria))
        for rule in (old, new)
    ]
    return same and bare[0] == bare[1]


def _width(accepted: Accepted) -> Fraction:
    """The tolerance; any number is any number."""
    return Fraction(0) if accepted.text == "*" else abs(parse_number(accepted.tolerance or "0") or Fraction(0))


def _same_accepted(old: Sequence[Accepted], new: Sequence[Accepted]) -> bool:
    return len(old) == len(new) and all(
        abs(one.share - other.share) < CLOSE and _width(one) == _width(other)
        for one, other in zip(old, new, strict=True)
    )
