"""Values of QTI's variables, and the variables that an item declares."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from lyceum.bank.adapters.formats.numbers import canonical

type Scalar = str | float | bool


class Cardinality(StrEnum):
    SINGLE = "single"
    MULTIPLE = "multiple"
    ORDERED = "ordered"
    RECORD = "record"


class BadValue(ValueError):
    """A text of the file is no value of the type it is declared to be."""


@dataclass(frozen=True, slots=True)
class Value:
    """A value that is not NULL. A single value has one member; a container may be told from it by `cardinality`."""

    members: tuple[Scalar, ...]
    cardinality: Cardinality = Cardinality.SINGLE

    @property
    def one(self) -> Scalar:
        return self.members[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class MapEntry:
    key: Scalar
    value: float
    case_sensitive: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapped:
    """What members of a response earn: each distinct one its value, `default` for the others, the sum within bounds."""

    entries: tuple[MapEntry, ...]
    default: float = 0.0
    lower: float = -math.inf
    upper: float = math.inf

    def of_member(self, member: Scalar) -> float:
        for entry in self.entries:
            if entry.key == member:
                return entry.value
        if isinstance(member, str):
            folded = member.casefold()
            for entry in self.entries:
                if not entry.case_sensitive and str(entry.key).casefold() == folded:
                    return entry.value
        return self.default

    def total(self, value: Value) -> float:
        found = math.fsum(self.of_member(member) for member in dict.fromkeys(value.members))
        return min(max(found, self.lower), self.upper)


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """A response variable. `has_areas`: points of a picture earn something, which nobody here can judge."""

    identifier: str
    cardinality: Cardinality = Cardinality.SINGLE
    base_type: str = "identifier"
    correct: Value | None = None
    mapping: Mapped | None = None
    has_areas: bool = False

    def value(self, *members: Scalar) -> Value:
        return Value(members, self.cardinality)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    identifier: str
    base_type: str = "float"
    default: Value | None = None
    maximum: float | None = None
    by_people: bool = False
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A rule or an expression of response processing, read out of its XML."""

    name: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    children: tuple["Node", ...] = ()
    text: str = ""

    def get(self, name: str, default: str = "") -> str:
        return self.attributes.get(name, default)


def scalar(text: str, base_type: str) -> Scalar:
    """A text of the file as a value of a type. Raise BadValue."""
    text = text.strip()
    match base_type:
        case "integer" | "float":
            number = canonical(text)
            if number is None:
                raise BadValue(f"'{text[:40]}' is no number")
            return float(number)
        case "boolean":
            if text.lower() not in {"true", "false", "1", "0"}:
                raise BadValue(f"'{text[:40]}' is neither true nor false")
            return text.lower() in {"true", "1"}
        case "pair":
            return " ".join(sorted(text.split()))
        case "directedPair" | "directed-pair":
            return " ".join(text.split())
        case "string":
            return text
        case "identifier" | "":
            return text
    raise BadValue(f"values of the type '{base_type[:40]}' are not compared")
