"""Taking clients, advertisers and scores, many at a time: all of a list or nothing."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from lyceum.accounts.api import Actor
from lyceum.advertising.domain.clients import Advertiser, Client, Score
from lyceum.advertising.domain.forms import read_advertisers, read_clients, read_score, read_scores
from lyceum.advertising.domain.refusals import AdvertiserNotFound
from lyceum.advertising.ports import Clients
from lyceum.advertising.use_cases.rights import owner_of, require_operator
from lyceum.kernel.ports import Transaction

LONG = 500
"""Longer lists are read in a thread, so that nobody waits for them."""


@dataclass(frozen=True, slots=True)
class PutClients:
    """An operator keeps clients, over those of the same ids. ValidationFailed, RepeatedId."""

    clients: Clients
    transaction: Transaction

    async def __call__(self, actor: Actor, values: object) -> Sequence[Client]:
        require_operator(actor)
        clients = await asyncio.to_thread(read_clients, values) if _is_long(values) else read_clients(values)
        async with self.transaction:
            await self.clients.put_clients(clients)
        return clients


@dataclass(frozen=True, slots=True)
class PutAdvertisers:
    """A sponsor keeps their own advertisers, an operator any; new ones belong to the sponsor who made them.
    ValidationFailed, RepeatedId, AdvertiserNotFound for somebody else's."""

    clients: Clients
    transaction: Transaction

    async def __call__(self, actor: Actor, values: object) -> Sequence[Advertiser]:
        owner = owner_of(actor, "advertising:write")
        advertisers = (
            await asyncio.to_thread(read_advertisers, values) if _is_long(values) else read_advertisers(values)
        )
        async with self.transaction:
            await self.clients.put_advertisers(advertisers, owner)
            if owner is not None:
                foreign = await self.clients.not_owned([it.id for it in advertisers], owner)
                if foreign is not None:
                    raise AdvertiserNotFound(id=foreign)
        return advertisers


@dataclass(frozen=True, slots=True)
class PutScores:
    """An operator keeps how relevant advertisers are to clients. ValidationFailed, ClientNotFound,
    AdvertiserNotFound."""

    clients: Clients
    transaction: Transaction

    async def __call__(self, actor: Actor, values: object) -> Sequence[Score]:
        require_operator(actor)
        return await self._put(
            await asyncio.to_thread(read_scores, values) if _is_long(values) else read_scores(values)
        )

    async def one(self, actor: Actor, values: object) -> Score:
        require_operator(actor)
        return (await self._put([read_score(values)]))[0]

    async def _put(self, scores: Sequence[Score]) -> Sequence[Score]:
        async with self.transaction:
            await self.clients.put_scores(scores)
        return scores


def _is_long(values: object) -> bool:
    return isinstance(values, list) and len(values) > LONG
