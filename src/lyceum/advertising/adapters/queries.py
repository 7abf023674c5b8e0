"""The read side: single things, lists, and what was shown, clicked and paid."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ColumnElement, func, select

from lyceum.accounts.api import Actor
from lyceum.advertising.adapters.day import CalendarDay
from lyceum.advertising.adapters.rows import campaign_of
from lyceum.advertising.adapters.tables import advertisers, campaigns, charges, clients, state
from lyceum.advertising.adapters.views import DailyStats, Stats
from lyceum.advertising.domain.campaigns import Campaign
from lyceum.advertising.domain.clients import Advertiser, Client, Gender
from lyceum.advertising.domain.ids import AdvertiserId, CampaignId, ClientId
from lyceum.advertising.domain.prices import Price, price_of, total
from lyceum.advertising.domain.refusals import AdvertiserNotFound, CampaignNotFound, ClientNotFound
from lyceum.advertising.use_cases.rights import owner_of, require_operator
from lyceum.kernel.ids import UserId
from lyceum.platform.database import Database

READ = "advertising:read"


@dataclass(slots=True)
class Sums:
    """What was counted: how many at which price."""

    impressions: list[tuple[Price, int]] = field(default_factory=list)
    clicks: list[tuple[Price, int]] = field(default_factory=list)

    def add(self, kind: str, price: str, count: int) -> None:
        (self.impressions if kind == "impression" else self.clicks).append((price_of(price), count))

    def told(self) -> dict[str, int | float | Decimal]:
        shown, clicked = sum(count for _, count in self.impressions), sum(count for _, count in self.clicks)
        for_shown, for_clicked = total(self.impressions), total(self.clicks)
        return {
            "impressions_count": shown,
            "clicks_count": clicked,
            "conversion": clicked * 100 / shown if shown else 0.0,
            "spent_impressions": for_shown,
            "spent_clicks": for_clicked,
            "spent_total": total([*self.impressions, *self.clicks]),
        }


@dataclass(frozen=True, slots=True)
class AdQueries:
    """Everything is read by its owner or an operator; to others it is as good as absent."""

    database: Database
    calendar: CalendarDay

    async def today(self) -> int:
        if self.calendar.is_in_force:
            return self.calendar.today()
        async with self.database.read() as connection:
            return await connection.scalar(select(state.c.today)) or 0

    async def is_moderated(self, actor: Actor) -> bool:
        owner_of(actor, READ)
        async with self.database.read() as connection:
            return bool(await connection.scalar(select(state.c.moderated)))

    async def client(self, actor: Actor, id: ClientId) -> Client:
        require_operator(actor, READ)
        async with self.database.read() as connection:
            row = (await connection.execute(select(clients).where(clients.c.id == id))).one_or_none()
        if row is None:
            raise ClientNotFound(id=id)
        return Client(ClientId(row.id), row.login, row.age, row.location, Gender(row.gender))

    async def advertiser(self, actor: Actor, id: AdvertiserId) -> Advertiser:
        owner = owner_of(actor, READ)
        async with self.database.read() as connection:
            row = (await connection.execute(select(advertisers).where(advertisers.c.id == id))).one_or_none()
        if row is None or (owner is not None and row.owner_id != owner):
            raise AdvertiserNotFound(id=id)
        return Advertiser(AdvertiserId(row.id), row.name)

    async def subjects(self, actor: Actor, id: AdvertiserId) -> Sequence[str]:
        """Ids of the subjects that the advertiser's ads are declared to be about; raise AdvertiserNotFound."""
        await self.advertiser(actor, id)
        async with self.database.read() as connection:
            declared = await connection.scalar(select(advertisers.c.subjects).where(advertisers.c.id == id))
        return tuple(declared or ())

    async def advertisers(self, actor: Actor) -> Sequence[Advertiser]:
        """The sponsor's own, in the order of their names; of an operator those without an owner too, at most 50."""
        owner = owner_of(actor, READ)
        own = advertisers.c.owner_id == actor.id
        mine = own if owner is not None else own | advertisers.c.owner_id.is_(None)
        query = select(advertisers).where(mine).order_by(advertisers.c.name, advertisers.c.id).limit(50)
        async with self.database.read() as connection:
            rows = (await connection.execute(query)).all()
        return [Advertiser(AdvertiserId(row.id), row.name) for row in rows]

    async def campaign(self, actor: Actor, advertiser_id: AdvertiserId, id: CampaignId) -> Campaign:
        owner = owner_of(actor, READ)
        found = await self._campaign(id, owner)
        if found.advertiser_id != advertiser_id:
            raise CampaignNotFound(id=id)
        return found

    async def campaigns(
        self, actor: Actor, advertiser_id: AdvertiserId, size: int, page: int
    ) -> tuple[Sequence[Campaign], int]:
        """A page of an advertiser's campaigns in the order of creation, and how many there are in all."""
        await self.advertiser(actor, advertiser_id)
        own = (campaigns.c.advertiser_id == advertiser_id, campaigns.c.deleted_at.is_(None))
        some = select(campaigns).where(*own).order_by(campaigns.c.number).limit(size).offset(page * size)
        async with self.database.read() as connection:
            count = await connection.scalar(select(func.count()).select_from(campaigns).where(*own)) or 0
            rows = (await connection.execute(some)).all() if size else []
        return [campaign_of(row) for row in rows], count

    async def stats_of_campaign(self, actor: Actor, id: CampaignId) -> Stats:
        await self._campaign(id, owner_of(actor, READ))
        return (await self._stats(charges.c.campaign_id == id))[0]

    async def stats_of_advertiser(self, actor: Actor, id: AdvertiserId) -> Stats:
        await self.advertiser(actor, id)
        return (await self._stats(charges.c.advertiser_id == id))[0]

    async def days_of_campaign(
        self, actor: Actor, id: CampaignId, first: int | None, last: int | None
    ) -> Sequence[DailyStats]:
        await self._campaign(id, owner_of(actor, READ))
        return (await self._stats(charges.c.campaign_id == id, *_between(first, last)))[1]

    async def days_of_advertiser(
        self, actor: Actor, id: AdvertiserId, first: int | None, last: int | None
    ) -> Sequence[DailyStats]:
        await self.advertiser(actor, id)
        return (await self._stats(charges.c.advertiser_id == id, *_between(first, last)))[1]

    async def _campaign(self, id: UUID, owner: UserId | None) -> Campaign:
        query = (
            select(campaigns, advertisers.c.owner_id)
            .join(advertisers, advertisers.c.id == campaigns.c.advertiser_id)
            .where(campaigns.c.id == id, campaigns.c.deleted_at.is_(None))
        )
        async with self.database.read() as connection:
            row = (await connection.execute(query)).one_or_none()
        if row is None or (owner is not None and row.owner_id != owner):
            raise CampaignNotFound(id=id)
        return campaign_of(row)

    async def _stats(self, *conditions: ColumnElement[bool]) -> tuple[Stats, Sequence[DailyStats]]:
        """The numbers in all, and day by day."""
        query = (
            select(charges.c.day, charges.c.kind, charges.c.price, func.sum(charges.c.count))
            .where(*conditions)
            .group_by(charges.c.day, charges.c.kind, charges.c.price)
        )
        whole: Sums = Sums()
        days: defaultdict[int, Sums] = defaultdict(Sums)
        async with self.database.read() as connection:
            for day, kind, price, count in await connection.execute(query):
                whole.add(kind, price, int(count))
                days[day].add(kind, price, int(count))
        daily = [DailyStats(date=day, **days[day].told()) for day in sorted(days)]  # type: ignore[arg-type]
        return Stats(**whole.told()), daily  # type: ignore[arg-type]


def _between(first: int | None, last: int | None) -> Sequence[ColumnElement[bool]]:
    conditions = [] if first is None else [charges.c.day >= first]
    return conditions if last is None else [*conditions, charges.c.day <= last]
