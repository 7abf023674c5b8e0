"""From what an item's own rules give for responses to a rule of ours, which must give the same for all tried."""

import itertools
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from lyceum.bank.adapters.formats.building import Answer
from lyceum.bank.adapters.formats.numbers import snapped
from lyceum.bank.adapters.formats.qti.body import Choice, Interaction
from lyceum.bank.adapters.formats.qti.interpreter import Program
from lyceum.bank.adapters.formats.qti.values import BadValue, Node, Response, Scalar, Value, scalar
from lyceum.bank.domain.content import RuleName

TRIED = 200
"""Responses that are tried where there are too many to try all."""
CLOSE = 1e-6
MAX_ANSWERS = 100
_FAR = 1e15 + 0.5
_NOBODY = "\u2603 nobody writes this"

type Earns = Callable[[Value | None], float]


class NoEqual(Exception):
    """No rule of ours scores like the item; the message says why."""


@dataclass(frozen=True, slots=True)
class Scored:
    """One response of an item, and what each value of it earns, in points."""

    interaction: Interaction
    response: Response
    earns: Earns


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceScore:
    """`best` points, and each choice's share of them; `exact`: the key, the whole key and nothing but the key."""

    best: float
    shares: Mapping[str, float]
    key: tuple[str, ...]
    exact: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedScore:
    best: float
    answers: tuple[Answer, ...]
    numeric: bool
    case_sensitive: bool = False
    relative: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ListScore:
    """`pairs` from items to options of a matching, or `order` of an ordering."""

    best: float
    rule: RuleName
    pairs: Mapping[str, str]
    order: tuple[str, ...]
    turned: bool = False


def scored(program: Program, interaction: Interaction, others: Mapping[str, Value | None]) -> Scored:
    """What a response earns while the other ones stay as they are."""
    response = program.responses.get(interaction.response)
    if response is None:
        raise NoEqual(f"no response '{interaction.response[:40]}' is declared")
    nothing = program.score({**others, response.identifier: None})

    def earns(value: Value | None) -> float:
        return program.score({**others, response.identifier: value}) - nothing

    return Scored(interaction, response, earns)


def single(it: Scored) -> ChoiceScore:
    shares = {choice.identifier: it.earns(it.response.value(choice.identifier)) for choice in it.interaction.choices}
    best = max(shares.values(), default=0.0)
    if best <= CLOSE:
        raise NoEqual("no choice earns anything")
    found = {id: value / best for id, value in shares.items()}
    key = tuple(id for id, value in found.items() if value == 1)
    return ChoiceScore(best=best, shares=found, key=key, exact=False)


def multiple(it: Scored) -> ChoiceScore:
    ids = [choice.identifier for choice in it.interaction.choices]
    key = tuple(str(member) for member in it.response.correct.members) if it.response.correct else ()
    tried = [*_subsets(ids, key)]
    points = {chosen: it.earns(it.response.value(*chosen)) if chosen else 0.0 for chosen in tried}
    best = max(points.values(), default=0.0)
    if best <= CLOSE:
        raise NoEqual("no choice earns anything")
    full = next(chosen for chosen in sorted(points, key=len) if _near(points[chosen], best))
    wanted = frozenset(full)
    shares = _additive(it, ids, full, best)
    right = tuple(id for id in ids if shares[id] > 0)
    added = _adds_up(points, shares, best)
    if added and it.response.mapping is not None:
        return ChoiceScore(best=best, shares=shares, key=right, exact=False)
    if all(_near(value, best if frozenset(chosen) == wanted else 0.0) for chosen, value in points.items()):
        return ChoiceScore(best=best, shares={id: float(id in wanted) for id in ids}, key=full, exact=True)
    if not added:
        raise NoEqual("what several choices earn together is no sum")
    return ChoiceScore(best=best, shares=shares, key=right, exact=False)


def _adds_up(points: Mapping[tuple[str, ...], float], shares: Mapping[str, float], best: float) -> bool:
    for chosen, value in points.items():
        total = min(1.0, max(0.0, sum(shares[id] for id in chosen)))
        if not _near(max(0.0, value) / best, total, 1e-4):
            return False
    return True


def _additive(it: Scored, ids: Sequence[str], full: tuple[str, ...], best: float) -> dict[str, float]:
    """What each choice adds: told by the mapping, else by choosing it alone, or on top of the right ones."""
    mapping = it.response.mapping
    if mapping is not None:
        return {id: max(-1.0, min(1.0, mapping.of_member(id) / best)) for id in ids}
    return {
        id: (it.earns(it.response.value(id)) if id in full else it.earns(it.response.value(*full, id)) - best) / best
        for id in ids
    }


def _subsets(ids: Sequence[str], key: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    if len(ids) <= 8:
        for size in range(len(ids) + 1):
            yield from itertools.combinations(ids, size)
        return
    chance = random.Random(len(ids))
    yield ()
    yield tuple(id for id in ids if id in key)
    yield from ((id,) for id in ids)
    yield from (tuple(other for other in ids if (other in key) != (other == id)) for id in ids)
    for _ in range(TRIED):
        yield tuple(id for id in ids if chance.random() < 0.5)


def _near(one: float, other: float, within: float = CLOSE) -> bool:
    return abs(one - other) <= within


def ordering(it: Scored) -> ListScore:
    order = tuple(str(member) for member in it.response.correct.members) if it.response.correct else ()
    ids = [choice.identifier for choice in it.interaction.choices]
    if sorted(order) != sorted(ids):
        raise NoEqual("the right order does not name all elements")
    best = it.earns(it.response.value(*order))
    if best <= CLOSE:
        raise NoEqual("the right order earns nothing")
    chance = random.Random(len(ids))
    tried = [*itertools.permutations(order)] if len(ids) <= 5 else [*_shuffles(order, chance)]
    for rule in (RuleName.EXACT, RuleName.PER_ELEMENT):
        shares = ((one, sum(a == b for a, b in zip(one, order, strict=True)) / len(order)) for one in tried)
        expected = ((one, float(share == 1) if rule is RuleName.EXACT else share) for one, share in shares)
        if all(_near(it.earns(it.response.value(*one)) / best, share) for one, share in expected):
            return ListScore(best=best, rule=rule, pairs={}, order=order)
    raise NoEqual("an order that is right in part is scored otherwise")


def _shuffles(order: tuple[str, ...], chance: random.Random) -> Iterator[tuple[str, ...]]:
    yield order
    yield order[::-1]
    for at in range(len(order) - 1):
        yield (*order[:at], order[at + 1], order[at], *order[at + 2 :])
    for _ in range(40):
        yield tuple(chance.sample(order, len(order)))


def matching(it: Scored) -> ListScore:
    if len(it.interaction.sets) != 2:
        raise NoEqual("a matching has two sides")
    members = it.response.correct.members if it.response.correct else _mapped(it.response)
    found = [str(member).partition(" ")[::2] for member in members]
    if not all(left and right for left, right in found):
        raise NoEqual("a pair has two parts")
    turned = len({left for left, _ in found}) < len(found)
    pairs = {right: left for left, right in found} if turned else dict(found)
    if len(pairs) < len(found):
        raise NoEqual("elements of both sides belong to several others")
    best = it.earns(_paired(it.response, pairs, turned=turned))
    if best <= CLOSE:
        raise NoEqual("the right pairs earn nothing")
    options = [choice.identifier for choice in it.interaction.sets[0 if turned else 1]]
    tried = [*_attempts(pairs, options)]
    for rule in (RuleName.EXACT, RuleName.PER_ELEMENT):
        good = True
        for attempt in tried:
            share = sum(attempt.get(item) == option for item, option in pairs.items()) / len(pairs)
            wanted = float(share == 1) if rule is RuleName.EXACT else share
            good = good and _near(max(0.0, it.earns(_paired(it.response, attempt, turned=turned))) / best, wanted, 1e-4)
        if good:
            return ListScore(best=best, rule=rule, pairs=pairs, order=(), turned=turned)
    raise NoEqual("pairs that are right in part are scored otherwise")


def _mapped(response: Response) -> tuple[Scalar, ...]:
    if response.mapping is None:
        return ()
    return tuple(entry.key for entry in response.mapping.entries if entry.value > 0)


def _paired(response: Response, pairs: Mapping[str, str], *, turned: bool) -> Value | None:
    said = [f"{option} {item}" if turned else f"{item} {option}" for item, option in pairs.items()]
    return response.value(*said) if said else None


def _attempts(pairs: Mapping[str, str], options: Sequence[str]) -> Iterator[dict[str, str]]:
    """Right pairs left out, put wrong, and both."""
    items = list(pairs)
    chance = random.Random(len(items))
    for item in items:
        yield {item: pairs[item]}
        yield {other: pairs[other] for other in items if other != item}
        for option in options[:8]:
            yield {**pairs, item: option}
            yield {item: option}
    for _ in range(TRIED // 4):
        yield {item: chance.choice([pairs[item], *options]) for item in items if chance.random() < 0.8}


def typed(it: Scored, program: Program) -> TypedScore:
    """The texts or numbers that earn something. Those tried are all that the item names."""
    if it.response.base_type in {"integer", "float"}:
        return _numbers(it, program)
    if it.response.base_type not in {"string", "identifier"}:
        raise NoEqual(f"a response of the type {it.response.base_type[:40]} is not typed")
    known = [str(member) for member in _named(it.response, program)]
    points = {text: it.earns(it.response.value(text)) for text in dict.fromkeys(known) if text}
    any_text = it.earns(it.response.value(_NOBODY))
    best = max([any_text, *points.values()])
    if best <= CLOSE:
        raise NoEqual("no text earns anything")
    if any(value < any_text - CLOSE for value in points.values()):
        raise NoEqual("some texts earn less than any other")
    kept = {text: value for text, value in points.items() if value > any_text + CLOSE}
    cased = any(
        text.swapcase() != text and not _near(it.earns(it.response.value(text.swapcase())), value)
        for text, value in kept.items()
    )
    if not cased:
        kept = _without_cases(kept)
    answers = [Answer(text=text.replace("*", "\\*"), share=snapped(value / best)) for text, value in kept.items()]
    answers += [Answer(text="*", share=snapped(any_text / best))] if any_text > CLOSE else []
    return TypedScore(best=best, answers=tuple(answers[:MAX_ANSWERS]), numeric=False, case_sensitive=cased)


def meant(text: str, *, numeric: bool) -> Scalar:
    """A response that an answer of a `TypedScore` accepts."""
    if numeric:
        return _FAR if text == "*" else float(text)
    return _NOBODY if text == "*" else text.replace("\\*", "*")


def _without_cases(points: Mapping[str, float]) -> dict[str, float]:
    """One spelling of each where case does not matter."""
    kept: dict[str, str] = {}
    for text in points:
        kept.setdefault(text.casefold(), text)
    return {text: points[text] for text in kept.values()}


def _named(response: Response, program: Program) -> Iterator[Scalar]:
    """The values of a response that the item mentions anywhere."""
    if response.correct:
        yield from response.correct.members
    if response.mapping:
        yield from (entry.key for entry in response.mapping.entries)
    for node in _nodes(program.rules):
        if node.name == "base-value":
            try:
                yield scalar(node.text, response.base_type)
            except BadValue:
                continue


def _nodes(rules: Iterable[Node]) -> Iterator[Node]:
    for node in rules:
        yield node
        yield from _nodes(node.children)


def _numbers(it: Scored, program: Program) -> TypedScore:
    """Each number that is compared with the response, as widely as it is; any number where that earns something."""
    compared = [*_widths(it.response, program)]
    named = [(float(member), 0.0, "exact") for member in _named(it.response, program)]
    compared += [one for one in named if all(one[0] != other[0] for other in compared)]
    any_number = it.earns(it.response.value(_FAR))
    found: dict[tuple[float, float], float] = {}
    for value, width, mode in compared:
        reach = width * (abs(value) if mode == "relative" else 1) * (1 - 1e-9)
        found[value, width] = min(it.earns(it.response.value(value + side)) for side in (-reach, reach))
    best = max([any_number, *found.values()])
    if best <= CLOSE:
        raise NoEqual("no number earns anything")
    kept = sorted(
        ((key, earned) for key, earned in found.items() if earned > any_number + CLOSE), key=lambda it: -it[1]
    )
    answers = [
        Answer(text=_plain(value), share=snapped(earned / best), tolerance=_plain(width))
        for (value, width), earned in kept
    ]
    answers += [Answer(text="*", share=snapped(any_number / best))] if any_number > CLOSE else []
    relative = any(mode == "relative" for _, _, mode in compared)
    scores = TypedScore(best=best, answers=tuple(answers[:MAX_ANSWERS]), numeric=True, relative=relative)
    _verify(it, scores)
    return scores


def _plain(value: float) -> str:
    return format(value, ".12f").rstrip("0").rstrip(".") or "0"


def _widths(response: Response, program: Program) -> Iterator[tuple[float, float, str]]:
    """Number, tolerance (a share when relative) and mode of each comparison with the response."""
    for node in _nodes(program.rules):
        if node.name != "equal" or len(node.children) != 2:
            continue
        mode, parts = node.get("tolerance-mode", "exact"), node.get("tolerance").split()
        width = float(parts[0]) if parts and mode != "exact" else 0.0
        if len(set(parts)) > 1:
            raise NoEqual("the tolerance is not the same on both sides")
        for child in node.children:
            members: Iterable[Scalar] = ()
            if child.name == "correct" and child.get("identifier") == response.identifier and response.correct:
                members = response.correct.members
            elif child.name == "base-value":
                members = (scalar(child.text, response.base_type),)
            for member in members:
                yield float(member), width / 100 if mode == "relative" else width, mode


def _verify(it: Scored, found: TypedScore) -> None:
    """At each number, at the ends of its tolerance, just beyond, and far from all."""
    best_first = sorted(found.answers, key=lambda answer: -answer.share)
    for answer in found.answers:
        if answer.text == "*":
            continue
        value, width = float(answer.text), float(answer.tolerance) * (abs(float(answer.text)) if found.relative else 1)
        step = max(width * 1e-3, 1e-6 * max(1.0, abs(value)))
        for probe in (value, value - width + step / 9, value + width - step / 9, value - width - step,
                      value + width + step, value + 1e6):  # fmt: skip
            if width == 0 and probe != value and abs(probe - value) < step:
                continue
            expected = next((one.share for one in best_first if _covers(one, probe, relative=found.relative)), 0.0)
            if not _near(max(0.0, it.earns(it.response.value(probe))) / found.best, expected, 1e-4):
                raise NoEqual("numbers near the right one are scored otherwise")


def _covers(answer: Answer, probe: float, *, relative: bool) -> bool:
    if answer.text == "*":
        return True
    value, width = float(answer.text), float(answer.tolerance)
    return abs(probe - value) <= width * (abs(value) if relative else 1) + 1e-9


def ideal(it: Scored) -> Value | None:
    """The response that the item calls correct, or else the one that earns the most."""
    if it.response.correct is not None:
        return it.response.correct
    options: list[Choice] = [choice for side in it.interaction.sets for choice in side]
    tried = [it.response.value(choice.identifier) for choice in options]
    if it.response.mapping is not None:
        tried += [it.response.value(entry.key) for entry in it.response.mapping.entries]
        good = [entry.key for entry in it.response.mapping.entries if entry.value > 0]
        tried += [it.response.value(*good)] if good else []
    return max(tried, key=it.earns, default=None)
