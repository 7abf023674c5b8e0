"""What the operators' start page is made of: each context tells of its own part how it stands."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Protocol


@dataclass(frozen=True, slots=True)
class Count:
    """One number; `title` is an English phrase, which pages translate."""

    title: str
    value: int


@dataclass(frozen=True, slots=True)
class Card:
    """A part of the product on the start page; `href` is where to see more, empty when there is nowhere."""

    name: str
    title: str
    counts: Sequence[Count]
    href: str = ""


class DeskPart(Protocol):
    """A context's card, counted anew whenever the page is looked at: by indexes, so that it costs next to nothing."""

    name: ClassVar[str]

    async def card(self, now: datetime) -> Card: ...


@dataclass(frozen=True, slots=True)
class Desk:
    """The cards of all contexts."""

    parts: Callable[[], Awaitable[Sequence[DeskPart]]]

    async def cards(self, now: datetime) -> Sequence[Card]:
        return [await part.card(now) for part in await self.parts()]
