"""Whether a response has the shape that its question's kind asks for."""

import math
from collections.abc import Collection, Mapping

from lyceum.bank.domain.content import Content, Gap, Kind, Option, Response
from lyceum.kernel.errors import FieldProblem, Invalid

MAX_TEXT = 20_000

WANTED: Mapping[Kind, str] = {
    Kind.SINGLE_CHOICE: 'the id of one option, such as "b"',
    Kind.MULTIPLE_CHOICE: 'a list of option ids, such as ["a", "c"]',
    Kind.TRUE_FALSE: "true or false",
    Kind.SHORT_TEXT: "a text",
    Kind.NUMERIC: 'a number, or a text such as "9,81"',
    Kind.MATCHING: 'an object of item id and option id, such as {"1": "b"}',
    Kind.ORDERING: "a list of all item ids in order",
    Kind.CLOZE: "an object of gap id and answer",
    Kind.ESSAY: "a text",
    Kind.DESCRIPTION: "null",
}


class WrongShape(Invalid):
    code = "bank.answer_shape"
    text = "The answer has not the shape of this question. Send {wanted}."


def wrong(kind: Kind, loc: str = "answer", msg: str = "Not of the shape wanted.") -> WrongShape:
    return WrongShape(wanted=WANTED[kind], kind=kind.value, problems=[FieldProblem(loc, "answer_shape", msg)])


def as_text(kind: Kind, response: object, loc: str = "answer") -> str:
    if not isinstance(response, str):
        raise wrong(kind, loc, "A text is wanted.")
    if len(response) > MAX_TEXT:
        raise wrong(kind, loc, f"Longer than {MAX_TEXT} characters.")
    return response


def as_number_text(kind: Kind, response: object, loc: str = "answer") -> str:
    """Numbers come as numbers or as text; booleans, infinities and NaN are none."""
    if isinstance(response, bool) or not isinstance(response, int | float | str):
        raise wrong(kind, loc, "A number or a text is wanted.")
    if isinstance(response, float) and not math.isfinite(response):
        raise wrong(kind, loc, "Not a finite number.")
    if isinstance(response, int) and abs(response) >= 10**100:
        raise wrong(kind, loc, "The number is too long.")
    return as_text(kind, response if isinstance(response, str) else repr(response), loc)


def as_choice(kind: Kind, response: object, options: Collection[Option], loc: str = "answer") -> str:
    if not isinstance(response, str) or response not in {option.id for option in options}:
        raise wrong(kind, loc, "There is no such option.")
    return response


def as_choices(kind: Kind, response: object, options: Collection[Option], loc: str = "answer") -> frozenset[str]:
    if not isinstance(response, list | tuple):
        raise wrong(kind, loc, "A list is wanted.")
    known = {option.id for option in options}
    chosen: set[str] = set()
    for item in response:
        if not isinstance(item, str) or item not in known:
            raise wrong(kind, loc, "There is no such option.")
        if item in chosen:
            raise wrong(kind, loc, "An option is named twice.")
        chosen.add(item)
    return frozenset(chosen)


def as_truth(response: object) -> str:
    if not isinstance(response, bool):
        raise wrong(Kind.TRUE_FALSE)
    return "true" if response else "false"


def as_pairs(content: Content, response: object) -> dict[str, str]:
    if not isinstance(response, Mapping):
        raise wrong(Kind.MATCHING)
    items = {item.id for item in content.items}
    pairs: dict[str, str] = {}
    for item, option in response.items():
        if item not in items:
            raise wrong(Kind.MATCHING, "answer", "There is no such item.")
        pairs[item] = as_choice(Kind.MATCHING, option, content.options, f"answer/{item}")
    return pairs


def as_order(content: Content, response: object) -> tuple[str, ...]:
    if not isinstance(response, list | tuple) or not all(isinstance(item, str) for item in response):
        raise wrong(Kind.ORDERING)
    if sorted(response) != sorted(content.key):
        raise wrong(Kind.ORDERING, "answer", "Each item is named exactly once.")
    return tuple(response)


def as_gaps(content: Content, response: object) -> dict[str, Response]:
    if not isinstance(response, Mapping):
        raise wrong(Kind.CLOZE)
    known = {gap.id for gap in content.gaps}
    if not known.issuperset(response):
        raise wrong(Kind.CLOZE, "answer", "There is no such gap.")
    return dict(response)


def is_blank(gap: Gap, response: object) -> bool:
    """A gap that was left out or left empty."""
    return response is None or response in ("", [], ()) or (isinstance(response, str) and not response.strip())
