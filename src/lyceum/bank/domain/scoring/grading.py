"""The mark of a response, by kind and score rule."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from lyceum.bank.domain.content import Accepted, Content, Gap, Kind, Option, Response, RuleName, ScoreRule
from lyceum.bank.domain.scoring import shapes
from lyceum.bank.domain.scoring.numbers import decimals_of, is_close, parse_number, with_decimals
from lyceum.bank.domain.scoring.words import an_example, matches, symbols

PLACES = 5
type Elements = dict[str, bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What a response earned. `verdict` is correct, partial, wrong or pending; `elements` tells right from wrong by
    option, item or gap id."""

    score: float
    max_score: float
    verdict: str
    feedback: tuple[str, ...] = ()
    elements: Mapping[str, bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Earned:
    """A share (0..1) of the maximum, with what there is to say about it."""

    share: Fraction | float
    elements: Elements = field(default_factory=dict)
    feedback: tuple[str, ...] = ()


def grade(content: Content, response: Response) -> Mark:
    """Grade a response; raise WrongShape when it has not the shape of the question's kind. Templates are rendered
    before."""
    if content.kind is Kind.DESCRIPTION:
        if response is not None:
            raise shapes.wrong(content.kind)
        return Mark(score=0.0, max_score=0.0, verdict="correct")
    if content.kind is Kind.ESSAY:
        shapes.as_text(content.kind, response)
        return Mark(score=0.0, max_score=content.max_score, verdict="pending")
    earned = _GRADERS[content.kind](content, response)
    return marked(content, float(earned.share) * content.max_score, earned.elements, earned.feedback)


def marked(content: Content, points: float, elements: Elements, feedback: tuple[str, ...] = ()) -> Mark:
    """A mark of so many points, within 0 and the maximum, rounded so that thirds add up."""
    score = round(min(max(points, 0.0), content.max_score), PLACES)
    verdict = "correct" if score >= round(content.max_score, PLACES) else "partial" if score > 0 else "wrong"
    return Mark(
        score=score,
        max_score=content.max_score,
        verdict=verdict,
        feedback=tuple(text for text in feedback if text),
        elements=elements,
    )


def _single(content: Content, response: Response) -> Earned:
    chosen = shapes.as_choice(content.kind, response, content.options)
    right = _right_options(content.kind, content.rule, content.options, content.key)
    return _chosen(content.rule, content.options, right, frozenset({chosen}), content.max_score)


def _multiple(content: Content, response: Response) -> Earned:
    chosen = shapes.as_choices(content.kind, response, content.options)
    right = _right_options(content.kind, content.rule, content.options, content.key)
    return _chosen(content.rule, content.options, right, chosen, content.max_score)


def _chosen(
    rule: ScoreRule, options: Sequence[Option], key: Sequence[str], chosen: frozenset[str], most: float
) -> Earned:
    right = frozenset(key)
    share: Fraction | float
    if rule.name is RuleName.WEIGHTED_OPTIONS:
        share = _held(math.fsum(rule.weights.get(id, 0.0) for id in chosen))
    elif rule.name is RuleName.PER_ELEMENT:
        share = Fraction(max(len(chosen & right) - len(chosen - right), 0), max(len(right), 1))
    elif rule.name is RuleName.POSITIONS:
        slips = max(len(right - chosen), len(chosen - right))
        share = _by_points(rule, slips, most) if 0 < len(chosen) <= len(right) else 0.0
    else:
        share = float(chosen == right)
    elements = {option.id: option.id in right for option in options if option.id in chosen or option.id in right}
    return Earned(share, elements, tuple(option.feedback for option in options if option.id in chosen))


def _held(share: float) -> float:
    """Within none and all; three times 33.333 per cent are all."""
    return 1.0 if share > 1 - 1e-4 else max(share, 0.0)


def _by_points(rule: ScoreRule, slips: int, most: float) -> float:
    """The share for so many wrong positions."""
    points = rule.points or (most,)
    return min(points[slips] / most, 1.0) if slips < len(points) and most else 0.0


def _truth(content: Content, response: Response) -> Earned:
    said = shapes.as_truth(response)
    feedback = tuple(option.feedback for option in content.options if option.id == said)
    return Earned(float(content.key == (said,)), {said: content.key == (said,)}, feedback)


def _short_text(content: Content, response: Response) -> Earned:
    written = shapes.as_text(content.kind, response)
    return _text(content.rule, content.accepted, written, content.max_score)


def _text(rule: ScoreRule, accepted: Sequence[Accepted], written: str, most: float) -> Earned:
    if rule.name in {RuleName.POSITIONS, RuleName.SET}:
        earned = [_sequence(rule, written, answer, most) for answer in accepted]
        return max(earned, key=lambda it: it.share, default=Earned(0.0))
    return _typed(rule, accepted, written)


def _sequence(rule: ScoreRule, written: str, accepted: Accepted, most: float) -> Earned:
    """Characters such as `3142`: order-free (`set`), or position by position with points for k wrong ones.

    A missing character is a wrong one; more characters than asked, or none at all, earn nothing.
    """
    given, wanted = (
        symbols(text, case_sensitive=rule.case_sensitive, fold_lookalikes=rule.fold_lookalikes)
        for text in (written, accepted.text)
    )
    if not given or len(given) > len(wanted):
        return Earned(0.0)
    if rule.name is RuleName.SET:
        is_right = sorted(given) == sorted(wanted)
        return Earned(accepted.share * is_right, {}, (accepted.feedback,) if is_right else ())
    slips = sum(one != other for one, other in zip(given, wanted, strict=False)) + len(wanted) - len(given)
    return Earned(accepted.share * _by_points(rule, slips, most), {}, (accepted.feedback,) if not slips else ())


def _typed(rule: ScoreRule, accepted: Sequence[Accepted], written: str) -> Earned:
    """The best of the accepted texts that match; among equals the first."""
    if not written.strip():
        return Earned(0.0)
    best: Accepted | None = None
    for answer in accepted:
        if (best is None or answer.share > best.share) and matches(
            written,
            answer.text,
            case_sensitive=rule.case_sensitive,
            fold_lookalikes=rule.fold_lookalikes,
            wildcards=rule.name is RuleName.WORDS,
        ):
            best = answer
    return Earned(best.share, {}, (best.feedback,)) if best else Earned(0.0)


def _numeric(content: Content, response: Response) -> Earned:
    return _number(content.rule, content.accepted, shapes.as_number_text(content.kind, response))


def _number(rule: ScoreRule, accepted: Sequence[Accepted], written: str) -> Earned:
    value = parse_number(written)
    if value is None or (rule.precision is not None and decimals_of(written) != rule.precision):
        return Earned(0.0)
    best: Accepted | None = None
    for answer in accepted:
        if best is not None and answer.share <= best.share:
            continue
        wanted = parse_number(answer.text)
        tolerance = abs(parse_number(answer.tolerance or "0") or Fraction(0))
        if answer.text.strip() == "*" or (
            wanted is not None and is_close(value, wanted, tolerance, relative=rule.relative)
        ):
            best = answer
    return Earned(best.share, {}, (best.feedback,)) if best else Earned(0.0)


def _matching(content: Content, response: Response) -> Earned:
    pairs = shapes.as_pairs(content, response)
    if not pairs:
        return Earned(0.0, dict.fromkeys(content.pairs, False))
    texts = {option.id: option.text for option in content.options}
    elements = {
        item: item in pairs and texts[pairs[item]] == texts.get(option, option)
        for item, option in content.pairs.items()
    }
    return _elementwise(content, elements)


def _ordering(content: Content, response: Response) -> Earned:
    order = shapes.as_order(content, response)
    texts = {item.id: item.text for item in content.items}
    elements = {
        given: given == wanted or texts.get(given, given) == texts.get(wanted, wanted)
        for given, wanted in zip(order, content.key, strict=True)
    }
    return _elementwise(content, elements)


def _elementwise(content: Content, elements: Elements) -> Earned:
    right, all = sum(elements.values()), max(len(elements), 1)
    match content.rule.name:
        case RuleName.PER_ELEMENT:
            return Earned(Fraction(right, all), elements)
        case RuleName.POSITIONS:
            return Earned(_by_points(content.rule, len(elements) - right, content.max_score), elements)
    return Earned(float(right == all), elements)


def _cloze(content: Content, response: Response) -> Earned:
    given = shapes.as_gaps(content, response)
    total = math.fsum(gap.weight for gap in content.gaps) or 1.0
    shares, elements = list[float](), dict[str, bool]()
    feedback: list[str] = []
    for gap in content.gaps:
        earned = _gap(gap, given.get(gap.id))
        shares.append(float(earned.share) * gap.weight / total)
        elements[gap.id] = float(earned.share) > 1 - 1e-6
        feedback += earned.feedback
    if content.rule.name is RuleName.EXACT:
        return Earned(float(all(elements.values())), elements, tuple(feedback))
    return Earned(math.fsum(shares), elements, tuple(feedback))


def _gap(gap: Gap, response: Response) -> Earned:
    if shapes.is_blank(gap, response):
        return Earned(0.0)
    loc = f"answer/{gap.id}"
    match gap.kind:
        case Kind.SINGLE_CHOICE:
            chosen = frozenset({shapes.as_choice(Kind.CLOZE, response, gap.options, loc)})
        case Kind.MULTIPLE_CHOICE:
            chosen = shapes.as_choices(Kind.CLOZE, response, gap.options, loc)
        case Kind.NUMERIC:
            return _number(gap.rule, gap.accepted, shapes.as_number_text(Kind.CLOZE, response, loc))
        case _:
            return _text(gap.rule, gap.accepted, shapes.as_text(Kind.CLOZE, response, loc), gap.weight)
    right = _right_options(gap.kind, gap.rule, gap.options, gap.key)
    return _chosen(gap.rule, gap.options, right, chosen, gap.weight)


_GRADERS: Mapping[Kind, Callable[[Content, Response], Earned]] = {
    Kind.SINGLE_CHOICE: _single,
    Kind.MULTIPLE_CHOICE: _multiple,
    Kind.TRUE_FALSE: _truth,
    Kind.SHORT_TEXT: _short_text,
    Kind.NUMERIC: _numeric,
    Kind.MATCHING: _matching,
    Kind.ORDERING: _ordering,
    Kind.CLOZE: _cloze,
}


def right_answer(content: Content) -> Response:
    """What a perfect learner sends, in the shape of the kind; None where people grade or nothing is asked."""
    match content.kind:
        case Kind.SINGLE_CHOICE | Kind.MULTIPLE_CHOICE:
            right = _right_options(content.kind, content.rule, content.options, content.key)
            return right[0] if content.kind is Kind.SINGLE_CHOICE else right
        case Kind.TRUE_FALSE:
            return content.key == ("true",)
        case Kind.SHORT_TEXT | Kind.NUMERIC:
            return _best_text(content.kind, content.rule, content.accepted)
        case Kind.MATCHING:
            return dict(content.pairs)
        case Kind.ORDERING:
            return list(content.key)
        case Kind.CLOZE:
            return {gap.id: _best_of(gap) for gap in content.gaps}
    return None


def _right_options(kind: Kind, rule: ScoreRule, options: Sequence[Option], key: Sequence[str]) -> list[str]:
    """The key; by weights, those that earn something, or for a single choice those that earn the most."""
    if rule.name is not RuleName.WEIGHTED_OPTIONS:
        return list(key)
    weights = {option.id: rule.weights.get(option.id, 0.0) for option in options}
    if kind is Kind.SINGLE_CHOICE:
        most = max(weights.values())
        return [id for id, weight in weights.items() if weight == most]
    return [id for id, weight in weights.items() if weight > 0]


def _best_text(kind: Kind, rule: ScoreRule, accepted: Sequence[Accepted]) -> str:
    """The first answer that earns the most, written as it must be."""
    best = max(accepted, key=lambda it: it.share)
    if kind is Kind.NUMERIC:
        text = "0" if best.text.strip() == "*" else best.text
        value = parse_number(text) if rule.precision is not None else None
        return text if value is None else with_decimals(value, rule.precision or 0)
    if rule.name is not RuleName.WORDS:
        return best.text
    return an_example(best.text, case_sensitive=rule.case_sensitive, fold_lookalikes=rule.fold_lookalikes)


def _best_of(gap: Gap) -> str | list[str]:
    if gap.kind in {Kind.SINGLE_CHOICE, Kind.MULTIPLE_CHOICE}:
        right = _right_options(gap.kind, gap.rule, gap.options, gap.key)
        return right[0] if gap.kind is Kind.SINGLE_CHOICE else right
    return _best_text(gap.kind, gap.rule, gap.accepted)
