"""Reading what callers send: each field by its rule, everything that is wrong gathered and named."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from lyceum.advertising.domain.prices import Price, is_price
from lyceum.advertising.domain.refusals import ValidationFailed
from lyceum.kernel.errors import FieldProblem

MOST = 2**53
"""The largest whole number that every JSON reader keeps exact."""
LONGEST_NAME = 1_000
LONGEST_TEXT = 20_000
TOLD = 20
"""Problems that one refusal names."""
NOT_PLAIN = re.compile("[\\x00-\\x1f\\x7f-\\x9f\\ud800-\\udfff]")
"""Control characters, and halves of characters, which databases refuse."""
ID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
NOBODY = UUID(int=0)

MISSING = "is required"
NOT_AN_ID = "must be a UUID such as 0198e0aa-1b2c-7d3e-8f40-9a8b7c6d5e4f"
NOT_TEXT = "must be a text that is not blank"
TOO_LONG = "is too long"
NOT_WRITABLE = "must not hold control characters"
NOT_WHOLE = "must be a whole number"
OUT_OF_RANGE = "is out of range"
NOT_A_PRICE = "must be a number of 0 or more, up to 2^53, with at most 40 digits after the point"
NOT_AN_OBJECT = "must be an object"
NOT_A_LIST = "must be a list"
NOT_A_SUBJECT = "must be the id of a subject of the bank"


def is_id(text: object) -> bool:
    return isinstance(text, str) and ID.fullmatch(text) is not None


class Fields:
    """The fields of one object; `place` says which one it is in a list. Ask for the fields, then call `check`.

    A field that is wrong reads as a value of no meaning, and `check` raises.
    """

    __slots__ = ("place", "problems", "values")

    def __init__(self, values: object, place: str = "", problems: list[FieldProblem] | None = None) -> None:
        self.place = place
        self.problems = [] if problems is None else problems
        self.values: Mapping[str, object] = values if isinstance(values, Mapping) else {}
        if not isinstance(values, Mapping):
            self.wrong("", "not_an_object", NOT_AN_OBJECT)

    def wrong(self, name: str, code: str, message: str) -> None:
        loc = f"{self.place}/{name}".strip("/") or "body"
        self.problems.append(FieldProblem(loc, code, message))

    def check(self) -> None:
        """Raise ValidationFailed when anything was wrong."""
        refuse(self.problems)

    def has(self, name: str) -> bool:
        return name in self.values

    def id(self, name: str) -> UUID:
        value = self._required(name)
        if isinstance(value, str) and ID.fullmatch(value):
            return UUID(value)
        if value is not None:
            self.wrong(name, "not_an_id", NOT_AN_ID)
        return NOBODY

    def text(self, name: str, longest: int = LONGEST_NAME) -> str:
        value = self._required(name)
        if value is None:
            return ""
        if not isinstance(value, str) or not value.strip():
            self.wrong(name, "not_text", NOT_TEXT)
        elif len(value) > longest:
            self.wrong(name, "too_long", TOO_LONG)
        elif NOT_PLAIN.search(value):
            self.wrong(name, "not_writable", NOT_WRITABLE)
        else:
            return value
        return ""

    def long_text(self, name: str) -> str:
        return self.text(name, LONGEST_TEXT)

    def whole(self, name: str, least: int = 0, most: int = MOST) -> int:
        value = self._required(name)
        if value is None:
            return least
        number = whole(value)
        if number is None:
            self.wrong(name, "not_whole", NOT_WHOLE)
        elif least <= number <= most:
            return number
        else:
            self.wrong(name, "out_of_range", f"{OUT_OF_RANGE}: {least} to {most}")
        return least

    def price(self, name: str) -> Price:
        value = self._required(name)
        number = Decimal(value) if isinstance(value, int) and not isinstance(value, bool) else value
        if isinstance(number, Decimal) and is_price(number):
            return Price(number)
        if value is not None:
            self.wrong(name, "not_a_price", NOT_A_PRICE)
        return Price(Decimal(0))

    def word[W: StrEnum](self, name: str, words: type[W]) -> W:
        value = self._required(name)
        first: W = next(iter(words))
        if isinstance(value, str) and value in words.__members__:
            return words(value)
        if value is not None:
            self.wrong(name, "not_one_of", f"must be one of {', '.join(words)}")
        return first

    def flag(self, name: str) -> bool:
        value = self._required(name)
        if value is not None and not isinstance(value, bool):
            self.wrong(name, "not_a_flag", "must be true or false")
        return value is True

    def _required(self, name: str) -> object:
        value = self.values.get(name)
        if value is None:
            self.wrong(name, "missing", MISSING)
        return value


def whole(value: object) -> int | None:
    """The whole number that a JSON value is, 18.0 as well as 18; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, Decimal) and value.is_finite() and abs(value) <= MOST and value == value.to_integral_value():
        return int(value)
    return None


def items(values: object) -> Sequence[object]:
    """The items of a list; ValidationFailed for anything else."""
    if isinstance(values, list):
        return values
    raise refusal([FieldProblem("body", "not_a_list", NOT_A_LIST)])


def refuse(problems: Sequence[FieldProblem]) -> None:
    if problems:
        raise refusal(problems)


def refusal(problems: Sequence[FieldProblem]) -> ValidationFailed:
    """The refusal that names the first of the problems."""
    told = problems[:TOLD]
    reasons = "; ".join(f"{problem.loc} {problem.msg}" for problem in told)
    return ValidationFailed(problems=told, reasons=f"{reasons}.")
