"""Taking clients, advertisers and scores, many at a time: all of a list or nothing."""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import batched

from lyceum.accounts.api import Actor
from lyceum.advertising.domain.clients import Advertiser, Client, Score
from lyceum.advertising.domain.forms import (
    Reading,
    read_advertisers,
    read_score,
    read_subjects,
    reading_advertisers,
    reading_clients,
    reading_scores,
)
from lyceum.advertising.domain.ids import AdvertiserId
from lyceum.advertising.domain.refusals import AdvertiserNotFound
from lyceum.advertising.ports import Clients, Moderation, Pile, Piles
from lyceum.advertising.use_cases.moderating import require_clean_texts
from lyceum.advertising.use_cases.rights import owner_of, require_operator
from lyceum.bank.api import Catalogue
from lyceum.kernel.ids import UserId
from lyceum.kernel.ports import Transaction

LONG = 200
"""Longer parts are read in a thread, so that nobody waits for them."""
PART = 5_000
type Parts = AsyncIterable[Sequence[object]]
"""A list as it comes in, some items at a time."""


@dataclass(frozen=True, slots=True)
class PutClients:
    """An operator keeps clients, over those of the same ids. ValidationFailed, RepeatedId. Close the pile."""

    clients: Clients
    piles: Piles
    transaction: Transaction

    async def __call__(self, actor: Actor, parts: Parts) -> Pile[Client]:
        require_operator(actor)
        async with piled(self.piles.of(Client), parts, reading_clients()) as pile, self.transaction:
            await self.clients.put_clients(pile)
        return pile


@dataclass(frozen=True, slots=True)
class PutAdvertisers:
    """A sponsor keeps their own advertisers, an operator any; new ones belong to the sponsor who made them.
    ValidationFailed, RepeatedId, AdvertiserNotFound for somebody else's, ForbiddenWords in a name that a sponsor
    chose."""

    clients: Clients
    moderation: Moderation
    piles: Piles
    transaction: Transaction

    async def __call__(self, actor: Actor, values: object) -> Sequence[Advertiser]:
        """A list that is in memory."""
        owner = owner_of(actor, "advertising:write")
        advertisers = read_advertisers(values)
        await self._put(advertisers, owner)
        return advertisers

    async def bulk(self, actor: Actor, parts: Parts) -> Pile[Advertiser]:
        """A list of any length. Close the pile."""
        owner = owner_of(actor, "advertising:write")
        async with piled(self.piles.of(Advertiser), parts, reading_advertisers()) as pile:
            await self._put(pile, owner)
        return pile

    async def _put(self, advertisers: Collection[Advertiser], owner: UserId | None) -> None:
        async with self.transaction:
            await self.clients.put_advertisers(advertisers, owner)
            if owner is None:
                return
            for part in batched(advertisers, PART):
                foreign = await self.clients.not_owned([it.id for it in part], owner)
                if foreign is not None:
                    raise AdvertiserNotFound(id=foreign)
                await require_clean_texts(self.moderation, {"name": "\n".join(it.name for it in part)})


@dataclass(frozen=True, slots=True)
class DeclareSubjects:
    """A sponsor says which subjects of the bank the ads of an advertiser of theirs are about, an operator of any; none
    takes back what was said. ValidationFailed, AdvertiserNotFound."""

    clients: Clients
    catalogue: Catalogue
    transaction: Transaction

    async def __call__(self, actor: Actor, id: AdvertiserId, values: object) -> Sequence[str]:
        """The subjects as they are kept, in the order of the catalogue."""
        owner = owner_of(actor, "advertising:write")
        known = [subject.id for subject in await self.catalogue.subjects("en")]
        subjects = read_subjects(values, known)
        async with self.transaction:
            await self.clients.declare_subjects(id, subjects, owner)
        return subjects


@dataclass(frozen=True, slots=True)
class PutScores:
    """An operator keeps how relevant advertisers are to clients. ValidationFailed, RepeatedId, ClientNotFound,
    AdvertiserNotFound."""

    clients: Clients
    piles: Piles
    transaction: Transaction

    async def __call__(self, actor: Actor, parts: Parts) -> int:
        """How many were kept."""
        require_operator(actor)
        async with piled(self.piles.of(Score), parts, reading_scores()) as pile:
            await self._put(pile)
        pile.close()
        return len(pile)

    async def one(self, actor: Actor, values: object) -> Score:
        require_operator(actor)
        score = read_score(values)
        await self._put([score])
        return score

    async def _put(self, scores: Collection[Score]) -> None:
        async with self.transaction:
            await self.clients.put_scores(scores)


@asynccontextmanager
async def piled[T](pile: Pile[T], parts: Parts, reading: Reading[T]) -> AsyncIterator[Pile[T]]:
    """The pile with all the parts on it, read before any transaction begins: callers may be slow. Closes the pile if
    anything fails."""

    def take(items: Sequence[object]) -> None:
        pile.add(reading.part(items))

    try:
        async for items in parts:
            if len(items) > LONG:
                await asyncio.to_thread(take, items)
            else:
                take(items)
        reading.finish()
        yield pile
    except BaseException:
        pile.close()
        raise
