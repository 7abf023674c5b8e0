"""The read side of sponsors' pages: pages of campaigns with their numbers, each in a fixed number of statements."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Column, ColumnElement, Row, func, select, tuple_

from lyceum.accounts.api import Actor
from lyceum.advertising.adapters.queries import READ, AdQueries, Sums
from lyceum.advertising.adapters.rows import campaign_of
from lyceum.advertising.adapters.tables import advertisers, campaigns, charges
from lyceum.advertising.adapters.views import AdvertiserView, Stats
from lyceum.advertising.domain.campaigns import Campaign
from lyceum.advertising.domain.clients import Advertiser
from lyceum.advertising.domain.ids import AdvertiserId
from lyceum.advertising.use_cases.rights import owner_of, require_operator
from lyceum.kernel.ids import UserId
from lyceum.platform.database import Database
from lyceum.platform.paging import Page, decode_cursor, encode_cursor, page

NOTHING = Stats(**Sums().told())  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Listed:
    """A campaign in a list, and what has come of it."""

    campaign: Campaign
    stats: Stats


@dataclass(frozen=True, slots=True)
class Changed:
    """A campaign in the operators' list. `revision` grows with every change of any campaign."""

    campaign: Campaign
    advertiser: str
    revision: int


@dataclass(frozen=True, slots=True)
class Owned:
    """An advertiser in the operators' list; `owner` is None for those that operators made."""

    advertiser: Advertiser
    owner: UserId | None
    campaigns: int
    stats: Stats


@dataclass(frozen=True, slots=True)
class SponsorQueries:
    """Everything is read by its owner or an operator; to others it is as good as absent."""

    database: Database
    queries: AdQueries

    async def latest(self, actor: Actor, id: AdvertiserId, limit: int, cursor: str | None = None) -> Page[Listed]:
        """The advertiser's campaigns, the newest first; raise AdvertiserNotFound, BadCursor."""
        await self.queries.advertiser(actor, id)
        query = select(campaigns).where(campaigns.c.advertiser_id == id, campaigns.c.deleted_at.is_(None))
        if cursor is not None:
            query = query.where(campaigns.c.number < decode_cursor(cursor, tuple[int])[0])
        async with self.database.read() as connection:
            rows = (await connection.execute(query.order_by(campaigns.c.number.desc()).limit(limit + 1))).all()
        cut = page(rows, limit, lambda row: encode_cursor(row.number))
        stats = await self._stats(charges.c.campaign_id, [row.id for row in cut.items])
        return Page([Listed(campaign_of(row), stats[row.id]) for row in cut.items], cut.next_cursor)

    async def totals(self, actor: Actor, ids: Collection[AdvertiserId]) -> Mapping[UUID, Stats]:
        """The numbers of advertisers that the actor was shown already, deleted campaigns in them."""
        actor.require(scope=READ)
        return await self._stats(charges.c.advertiser_id, ids)

    async def changed(self, actor: Actor, limit: int, cursor: str | None = None) -> Page[Changed]:
        """All campaigns, the last changed first; operators only. Raise BadCursor."""
        require_operator(actor, READ)
        query = (
            select(campaigns, advertisers.c.name)
            .join(advertisers, advertisers.c.id == campaigns.c.advertiser_id)
            .where(campaigns.c.deleted_at.is_(None))
        )
        if cursor is not None:
            query = query.where(campaigns.c.revision < decode_cursor(cursor, tuple[int])[0])
        async with self.database.read() as connection:
            rows = (await connection.execute(query.order_by(campaigns.c.revision.desc()).limit(limit + 1))).all()
        cut = page(rows, limit, lambda row: encode_cursor(row.revision))
        return Page([Changed(campaign_of(row), row.name, row.revision) for row in cut.items], cut.next_cursor)

    async def owned(self, actor: Actor, limit: int, cursor: str | None = None) -> Page[Owned]:
        """All advertisers in the order of their names; operators only. Raise BadCursor."""
        require_operator(actor, READ)
        cut = await self._by_name(limit, cursor)
        ids = [row.id for row in cut.items]
        counts, stats = await self._counts(ids), await self._stats(charges.c.advertiser_id, ids)
        items = [
            Owned(
                Advertiser(AdvertiserId(row.id), row.name),
                None if row.owner_id is None else UserId(row.owner_id),
                counts.get(row.id, 0),
                stats[row.id],
            )
            for row in cut.items
        ]
        return Page(items, cut.next_cursor)

    async def managed(self, actor: Actor, limit: int, cursor: str | None = None) -> Page[AdvertiserView]:
        """The advertisers that the actor manages, in the order of their names: a sponsor's own, all for an operator.
        Raise BadCursor."""
        owner = owner_of(actor, READ)
        whose = [] if owner is None else [advertisers.c.owner_id == owner]
        cut = await self._by_name(limit, cursor, *whose)
        return Page([AdvertiserView(advertiser_id=row.id, name=row.name) for row in cut.items], cut.next_cursor)

    async def _by_name(self, limit: int, cursor: str | None, *whose: ColumnElement[bool]) -> Page[Row[Any]]:
        query = select(advertisers).where(*whose).order_by(advertisers.c.name, advertisers.c.id).limit(limit + 1)
        if cursor is not None:
            name, id = decode_cursor(cursor, tuple[str, UUID])
            query = query.where(tuple_(advertisers.c.name, advertisers.c.id) > tuple_(name, id))
        async with self.database.read() as connection:
            rows = (await connection.execute(query)).all()
        return page(rows, limit, lambda row: encode_cursor(row.name, str(row.id)))

    async def _counts(self, ids: Sequence[UUID]) -> Mapping[UUID, int]:
        query = (
            select(campaigns.c.advertiser_id, func.count())
            .where(campaigns.c.advertiser_id.in_(ids), campaigns.c.deleted_at.is_(None))
            .group_by(campaigns.c.advertiser_id)
        )
        async with self.database.read() as connection:
            return {row[0]: row[1] for row in await connection.execute(query)}

    async def _stats(self, whose: Column[UUID], ids: Collection[UUID]) -> Mapping[UUID, Stats]:
        """Exact sums for each id, in one statement."""
        if not ids:
            return {}
        query = (
            select(whose, charges.c.kind, charges.c.price, func.sum(charges.c.count))
            .where(whose.in_(ids))
            .group_by(whose, charges.c.kind, charges.c.price)
        )
        sums: defaultdict[UUID, Sums] = defaultdict(Sums)
        async with self.database.read() as connection:
            for id, kind, price, count in await connection.execute(query):
                sums[id].add(kind, price, int(count))
        return {id: Stats(**sums[id].told()) if id in sums else NOTHING for id in ids}  # type: ignore[arg-type]
