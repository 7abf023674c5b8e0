"""What the desk needs of the database: who a client is, and the atomic moves that count and charge."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

type Pair = tuple[UUID, UUID]
"""Client and campaign."""


@dataclass(frozen=True, slots=True)
class Known:
    """A client. `stamp` changes whenever the client's scores do; `seen` is the campaigns shown to the client."""

    gender: str
    age: int
    place: str
    stamp: int
    seen: set[UUID]


@dataclass(frozen=True, slots=True)
class Showing:
    """What became of one pair: whether it is counted and charged now, and what the campaign has had since."""

    counted: bool
    impressions: int
    clicks: int


@dataclass(frozen=True, slots=True)
class Clicking:
    """What became of one click, and what the campaign has had since."""

    client_exists: bool
    campaign_exists: bool
    was_shown: bool
    counted: bool
    impressions: int
    clicks: int


class Ledger(Protocol):
    """Every call is one transaction of its own."""

    async def clients(self, ids: Sequence[UUID]) -> Mapping[UUID, Known]: ...

    async def scores(self, ids: Sequence[UUID]) -> Mapping[UUID, Mapping[UUID, int]]: ...

    async def show(self, day: int, overshoot: int, pairs: Sequence[Pair]) -> Sequence[Showing]:
        """Count the impressions of the pairs that were never shown, at the present price, while their campaigns run
        and have units left (`overshoot` percent more than their limits)."""

    async def click(self, day: int, pairs: Sequence[Pair]) -> Sequence[Clicking]:
        """Count the clicks of the pairs that were shown and never clicked, at the present price."""
