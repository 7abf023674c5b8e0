"""What one process remembers of the clients it showed ads to lately, so that an ad costs one round trip.

Nothing here decides: the ledger counts a pair only while the client still is what was remembered (the stamp) and the
pair is new. What turns out to be old is forgotten and read anew.
"""

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field
from uuid import UUID

from lyceum.advertising.adapters.index import AdIndex, Seeker, level_of
from lyceum.advertising.adapters.ledger import Known, Ledger
from lyceum.advertising.domain.choice import relevances
from lyceum.advertising.domain.clients import Gender

REMEMBERED = 2_000
"""Clients that one process keeps in mind."""


@dataclass(slots=True, eq=False)
class Remembered:
    """A client as of `stamp`. `seen` holds numbers of campaigns, and is shared by all who ask for the client: whoever
    proposes a campaign adds it."""

    stamp: int
    seeker: Seeker
    seen: set[int]


@dataclass(slots=True, eq=False)
class ClientMemory:
    """The clients asked for last."""

    ledger: Ledger
    index: AdIndex
    _clients: OrderedDict[UUID, Remembered] = field(default_factory=OrderedDict)

    def forget(self, ids: Iterable[UUID]) -> None:
        for id in ids:
            self._clients.pop(id, None)

    async def recall(self, ids: Iterable[UUID]) -> tuple[Mapping[UUID, Remembered], Set[UUID]]:
        """Those of the clients that there are, and which were not remembered and have just been read."""
        clients, found, unknown = self._clients, {}, []
        for id in ids:
            if (known := clients.get(id)) is None:
                unknown.append(id)
            else:
                clients.move_to_end(id)
                found[id] = known
        if unknown:
            for id, row in (await self.ledger.clients(unknown)).items():
                clients[id] = found[id] = self._remembered(row)
            while len(clients) > REMEMBERED:
                clients.popitem(last=False)
        return found, set(unknown)

    def _remembered(self, known: Known) -> Remembered:
        number = self.index.number_of
        relevant, unscored = relevances({number(advertiser): score for advertiser, score in known.scores.items()})
        level = level_of(max(relevant.values(), default=0.0), unscored)
        seeker = Seeker(Gender(known.gender), known.age, known.place, relevant, unscored, level)
        return Remembered(known.stamp, seeker, self.index.numbers_of(known.seen))
