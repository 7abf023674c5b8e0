"""What the daily report is made of: each context counts its own part of a day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar, Protocol

import msgspec


class Figure(msgspec.Struct, frozen=True, omit_defaults=True):
    """One number of a day. `name` never changes; `title` is an English phrase, which pages translate; `of` and
    `of_title` say of which kind, mode or the like, and are empty where it is of all."""

    name: str
    title: str
    value: int | float
    of: str = ""
    of_title: str = ""


class Section(msgspec.Struct, frozen=True):
    """The figures of one context."""

    name: str
    title: str
    figures: Sequence[Figure]


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the platform's time zone: `since` is in, `until` is out; 23 to 25 hours lie between them."""

    date: date
    since: datetime
    until: datetime


class ReportPart(Protocol):
    """A context's part of the daily report."""

    name: ClassVar[str]
    title: ClassVar[str]

    async def figures(self, day: Day) -> Sequence[Figure]:
        """What happened on a day that is over. A day on which nothing did has zeros."""
