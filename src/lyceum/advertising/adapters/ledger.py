"""What the desk needs of the database: who a client is, and the atomic moves that count and charge."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

type Pair = tuple[UUID, UUID]
"""Client and campaign."""
type Proposal = tuple[UUID, UUID, int]
"""Client, campaign, and the stamp that the client had when the campaign was chosen."""


@dataclass(frozen=True, slots=True)
class Known:
    """A client. `stamp` changes with everything that targeting and relevance look at; it is read before the scores, by
    advertiser. `seen` is the campaigns shown to the client."""

    gender: str
    age: int
    place: str
    stamp: int
    seen: Sequence[UUID]
    scores: Mapping[UUID, int]


@dataclass(frozen=True, slots=True)
class Showing:
    """What became of one proposal: whether the client still had that stamp, whether the pair is counted and charged
    now, and what the campaign has had since."""

    is_current: bool
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
    """Every call is one transaction of its own. `lanes` is how many of them gain by running at once."""

    @property
    def lanes(self) -> int: ...

    async def clients(self, ids: Sequence[UUID]) -> Mapping[UUID, Known]:
        """Those of the clients that there are."""

    async def show(self, day: int, overshoot: int, proposals: Sequence[Proposal]) -> Sequence[Showing]:
        """Count the impressions of the pairs that were never shown, at the present price, while their campaigns run
        and have units left (`overshoot` percent more than their limits), and the clients have the stamps given."""

    async def click(self, day: int, pairs: Sequence[Pair]) -> Sequence[Clicking]:
        """Count the clicks of the pairs that were shown and never clicked, at the present price."""
