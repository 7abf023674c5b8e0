"""The desk where ads are asked for: a look into memory and the index, one atomic write for all who ask at once.

The index proposes; the ledger decides. What it refuses (another process was quicker, a limit is reached) is not
proposed to that client again, and the next best is.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from time import perf_counter
from uuid import UUID

from lyceum.advertising.adapters.following import AdFollower
from lyceum.advertising.adapters.index import AdIndex, Entry
from lyceum.advertising.adapters.ledger import Clicking, Ledger, Pair
from lyceum.advertising.adapters.memory import ClientMemory, Remembered
from lyceum.advertising.adapters.telling import AdMetrics
from lyceum.advertising.adapters.unserved import Unserved
from lyceum.advertising.domain.choice import Parts
from lyceum.advertising.domain.ids import CampaignId, ClientId
from lyceum.advertising.domain.refusals import CampaignNotFound, ClientNotFound, NothingToShow, NotShown
from lyceum.advertising.ports import Shown
from lyceum.platform.batches import Batches


@dataclass(slots=True, eq=False)
class Wish:
    """One who waits for an ad, at a place in the batch. `refused` is what the ledger did not count for the client."""

    place: int
    client: UUID
    refused: set[int]


@dataclass(slots=True, eq=False)
class BatchingDesk:
    """`ports.AdDesk`."""

    index: AdIndex
    follower: AdFollower
    ledger: Ledger
    metrics: AdMetrics
    unserved: Unserved
    repeats: bool
    memory: ClientMemory = field(init=False)
    _shows: Batches[UUID, Shown] = field(init=False)
    _clicks: Batches[Pair, None] = field(init=False)

    def __post_init__(self) -> None:
        self.memory = ClientMemory(self.ledger, self.index)
        self._shows = Batches(self._show_all, lanes=self.ledger.lanes)
        self._clicks = Batches(self._click_all)

    async def show(self, client_id: ClientId) -> Shown:
        return await self._shows(client_id)

    async def click(self, client_id: ClientId, campaign_id: CampaignId) -> None:
        await self._clicks((client_id, campaign_id))

    async def explain(self, client_id: ClientId) -> Sequence[tuple[Entry, Parts, bool]]:
        """The candidates for a client, the best first, each with whether the client has seen it."""
        await self.follower.catch_up()
        await self.follower.recount()
        self.memory.forget([client_id])
        found, _ = await self.memory.recall([client_id])
        if client_id not in found:
            raise ClientNotFound(id=client_id)
        known = found[client_id]
        candidates = [(entry, score, entry.number in known.seen) for entry, score in self.index.explain(known.seeker)]
        return sorted(candidates, key=lambda it: (it[2] or not it[0].is_open, -it[1].total, it[0].number))

    async def _show_all(self, clients: Sequence[UUID]) -> Sequence[Shown | Exception]:
        await self.follower.ready()
        answers: list[Shown | Exception] = [ClientNotFound(id=id) for id in clients]
        refused: defaultdict[UUID, set[int]] = defaultdict(set)
        wishes = [Wish(place, id, refused[id]) for place, id in enumerate(clients)]
        try:
            while wishes:
                found, fresh = await self.memory.recall({wish.client for wish in wishes})
                wishes = await self._try(wishes, found, fresh, answers)
        except BaseException:
            # What was proposed may not have been counted.
            self.memory.forget(clients)
            self.metrics.asked("failed", len(clients))
            raise
        for client, answer in zip(clients, answers, strict=True):
            self._tell(client, answer)
        return answers

    def _tell(self, client: UUID, answer: Shown | Exception) -> None:
        """Note what came of a request; who saw nothing new would have seen another campaign."""
        if isinstance(answer, Shown) and answer.charged:
            self.metrics.asked("shown")
        elif isinstance(answer, ClientNotFound):
            self.metrics.asked("unknown")
        else:
            self.metrics.asked("repeated" if isinstance(answer, Shown) else "nothing")
            self.unserved.note(client, self.index.today)

    async def _try(
        self,
        wishes: Sequence[Wish],
        clients: Mapping[UUID, Remembered],
        fresh: Set[UUID],
        answers: list[Shown | Exception],
    ) -> list[Wish]:
        """Propose the best to each and have it counted. Those are left whose client was not what was remembered: its
        memory is read anew, and only `fresh` memory says that there is nothing to show."""
        proposed: list[tuple[Wish, Entry, int]] = []
        left: list[Wish] = []
        for wish in wishes:
            known = clients.get(wish.client)
            if known is None:
                continue
            entry = self._best(known, wish.refused)
            if entry is not None:
                known.seen.add(entry.number)
                proposed.append((wish, entry, known.stamp))
            elif wish.client in fresh:
                answers[wish.place] = self._without_news(known, wish.refused)
            else:
                left.append(wish)
        if proposed:
            left += await self._count(proposed, answers)
        self.memory.forget({wish.client for wish in left})
        return left

    def _best(self, known: Remembered, refused: Set[int]) -> Entry | None:
        started = perf_counter()
        entry = self.index.find(known.seeker, known.seen | refused if refused else known.seen)
        self.metrics.chosen(perf_counter() - started)
        return entry

    async def _count(
        self, proposed: Sequence[tuple[Wish, Entry, int]], answers: list[Shown | Exception]
    ) -> Sequence[Wish]:
        """Have the proposals counted; those that were not are left."""
        proposals = [(wish.client, entry.id, stamp) for wish, entry, stamp in proposed]
        outcomes = await self.ledger.show(self.index.today, self.index.overshoot, proposals)
        self.index.count_shown(sum(outcome.counted for outcome in outcomes))
        left = []
        for (wish, entry, _), outcome in zip(proposed, outcomes, strict=True):
            self.index.count(entry.id, outcome.impressions, outcome.clicks)
            if outcome.counted:
                self.metrics.impression(entry.campaign)
                answers[wish.place] = Shown(entry.campaign, charged=True)
                continue
            if outcome.is_current:
                wish.refused.add(entry.number)
            left.append(wish)
        return left

    def _without_news(self, known: Remembered, refused: Set[int]) -> Shown | Exception:
        """What one gets who has seen everything."""
        entry = self.index.again(known.seeker, known.seen - refused) if self.repeats else None
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
