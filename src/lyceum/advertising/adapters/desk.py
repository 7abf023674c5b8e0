"""The desk where ads are asked for: one read for all who ask at once, a look into the index, one atomic write for all.

The index proposes; the ledger decides. What it refuses (another process was quicker, a limit is reached) is not
proposed to that client again, and the next best is.
"""

import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from lyceum.advertising.adapters.batches import Batches
from lyceum.advertising.adapters.following import AdFollower
from lyceum.advertising.adapters.index import AdIndex, Entry, Seeker, level_of
from lyceum.advertising.adapters.ledger import Clicking, Known, Ledger, Pair
from lyceum.advertising.adapters.telling import AdMetrics
from lyceum.advertising.domain.choice import Parts, relevances
from lyceum.advertising.domain.clients import Gender
from lyceum.advertising.domain.ids import CampaignId, ClientId
from lyceum.advertising.domain.refusals import CampaignNotFound, ClientNotFound, NothingToShow, NotShown
from lyceum.advertising.ports import Shown

REMEMBERED = 2_000
"""Clients whose scores one process keeps in mind."""


@dataclass(slots=True, eq=False)
class Wish:
    """One who waits for an ad, at a place in the batch. Wishes of one client share what is `seen`, which is not to be
    proposed, and the part of it that the ledger has `refused`."""

    place: int
    client: UUID
    seeker: Seeker
    seen: set[UUID]
    refused: set[UUID]


@dataclass(slots=True, eq=False)
class SeekerMemory:
    """Clients' scores made relevances, as long as their stamp is the one they were read with."""

    ledger: Ledger
    _known: OrderedDict[UUID, tuple[int, Mapping[UUID, float], float]] = field(default_factory=OrderedDict)

    async def seekers(self, known: Mapping[UUID, Known]) -> Mapping[UUID, Seeker]:
        fresh = [id for id, client in known.items() if self._known.get(id, (-1,))[0] != client.stamp]
        if fresh:
            for id, scores in (await self.ledger.scores(fresh)).items():
                self._known[id] = (known[id].stamp, *relevances(scores))
        found = {id: self._seeker(id, client) for id, client in known.items()}
        while len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        return found

    def _seeker(self, id: UUID, client: Known) -> Seeker:
        self._known.move_to_end(id)
        _, relevant, unscored = self._known[id]
        level = level_of(max(relevant.values(), default=0.0), unscored)
        return Seeker(Gender(client.gender), client.age, client.place, relevant, unscored, level)


@dataclass(slots=True, eq=False)
class BatchingDesk:
    """`ports.AdDesk`."""

    index: AdIndex
    follower: AdFollower
    ledger: Ledger
    metrics: AdMetrics
    repeats: bool
    memory: SeekerMemory = field(init=False)
    _shows: Batches[UUID, Shown] = field(init=False)
    _clicks: Batches[Pair, None] = field(init=False)

    def __post_init__(self) -> None:
        self.memory = SeekerMemory(self.ledger)
        self._shows = Batches(self._show_all)
        self._clicks = Batches(self._click_all)

    async def show(self, client_id: ClientId) -> Shown:
        return await self._shows(client_id)

    async def click(self, client_id: ClientId, campaign_id: CampaignId) -> None:
        await self._clicks((client_id, campaign_id))

    async def explain(self, client_id: ClientId) -> Sequence[tuple[Entry, Parts, bool]]:
        """The candidates for a client, the best first, each with whether the client has seen it."""
        await self.follower.catch_up()
        await self.follower.recount()
        known = await self.ledger.clients([client_id])
        if client_id not in known:
            raise ClientNotFound(id=client_id)
        seeker = (await self.memory.seekers(known))[client_id]
        seen = known[client_id].seen
        found = [(entry, score, entry.campaign.id in seen) for entry, score in self.index.explain(seeker)]
        return sorted(found, key=lambda it: (it[2] or not it[0].is_open, -it[1].total, it[0].number))

    async def _show_all(self, clients: Sequence[UUID]) -> Sequence[Shown | Exception]:
        await self.follower.ready()
        known = await self.ledger.clients(list(set(clients)))
        seekers = await self.memory.seekers(known)
        answers: list[Shown | Exception] = [ClientNotFound(id=id) for id in clients]
        refused: Mapping[UUID, set[UUID]] = {id: set() for id in known}
        wishes = [
            Wish(place, id, seekers[id], known[id].seen, refused[id]) for place, id in enumerate(clients) if id in known
        ]
        while wishes:
            wishes = await self._try(wishes, answers)
        return answers

    async def _try(self, wishes: Sequence[Wish], answers: list[Shown | Exception]) -> list[Wish]:
        """Propose the best to each and have it counted; those whose proposal was refused are left."""
        proposed: list[tuple[Wish, Entry]] = []
        for wish in wishes:
            started = time.perf_counter()
            entry = self.index.find(wish.seeker, wish.seen)
            self.metrics.chosen(time.perf_counter() - started)
            if entry is None:
                answers[wish.place] = self._without_news(wish)
                continue
            wish.seen.add(entry.campaign.id)
            proposed.append((wish, entry))
        if not proposed:
            return []
        pairs = [(wish.client, entry.campaign.id) for wish, entry in proposed]
        outcomes = await self.ledger.show(self.index.today, self.index.overshoot, pairs)
        left: list[Wish] = []
        self.index.count_shown(sum(outcome.counted for outcome in outcomes))
        for (wish, entry), outcome in zip(proposed, outcomes, strict=True):
            self.index.count(entry.campaign.id, outcome.impressions, outcome.clicks)
            if outcome.counted:
                self.metrics.impression(entry.campaign)
                answers[wish.place] = Shown(entry.campaign, charged=True)
            else:
                wish.refused.add(entry.campaign.id)
                left.append(wish)
        return left

    def _without_news(self, wish: Wish) -> Shown | Exception:
        """What one gets who has seen everything."""
        entry = self.index.again(wish.seeker, wish.seen - wish.refused) if self.repeats else None
        return NothingToShow() if entry is None else Shown(entry.campaign, charged=False)

    async def _click_all(self, pairs: Sequence[Pair]) -> Sequence[Exception | None]:
        await self.follower.ready()
        outcomes = await self.ledger.click(self.index.today, pairs)
        counted: set[Pair] = set()
        answers: list[Exception | None] = []
        for pair, outcome in zip(pairs, outcomes, strict=True):
            if outcome.counted and pair not in counted:
                counted.add(pair)
                self.index.count(pair[1], outcome.impressions, outcome.clicks)
                self.metrics.click(self.index.entries.get(pair[1]))
            answers.append(_refusal(pair, outcome))
        return answers


def _refusal(pair: Pair, outcome: Clicking) -> Exception | None:
    if not outcome.client_exists:
        return ClientNotFound(id=pair[0])
    if not outcome.campaign_exists:
        return CampaignNotFound(id=pair[1])
    return None if outcome.was_shown else NotShown()
