"""Where forecasts get their traffic from: the latest impressions, at most so many, by one bounded statement."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

import msgspec
from sqlalchemy import CTE, ColumnElement, Select, case, func, select

from lyceum.accounts.api import Actor
from lyceum.advertising.adapters.following import AdFollower
from lyceum.advertising.adapters.index import AdIndex
from lyceum.advertising.adapters.queries import READ, AdQueries
from lyceum.advertising.adapters.tables import clients, unserved, views
from lyceum.advertising.domain.campaigns import Audience, Campaign, Targeting, Terms
from lyceum.advertising.domain.choice import Demand
from lyceum.advertising.domain.clients import OLDEST, place_of
from lyceum.advertising.domain.forecast import WEEK, Bound, Forecast, Traffic, forecast
from lyceum.advertising.domain.ids import AdvertiserId, CampaignId
from lyceum.advertising.use_cases.rights import owner_of
from lyceum.platform.database import Database

SAMPLE = 10_000
"""Impressions that one forecast looks at, at most: the latest ones of the last seven days."""


class ForecastView(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be expected. `is_known` is false while nobody was shown an ad or asked for one in vain lately: then
    all numbers are 0.

    `bound` says what keeps the campaign from more: people, rivals, impressions_limit, clicks_limit, never_shown, over.
    `sampled_count` impressions were looked at, `matched_count` of them went to people who meet the targeting, and
    `rivals_count` other campaigns could be shown to them in those days. `unserved_count` people who meet the targeting
    asked in the last seven days and there was no ad left for them; of more than 10,000 the latest are counted.
    """

    is_known: bool
    days: int
    reach: int
    impressions_count: int
    clicks_count: int
    spent_total: Decimal
    budget: Decimal
    bound: str
    sampled_count: int
    matched_count: int
    rivals_count: int
    unserved_count: int


@dataclass(frozen=True, slots=True)
class Forecasts:
    """Forecasts for sponsors' own advertisers; to others those are as good as absent."""

    database: Database
    queries: AdQueries
    index: AdIndex
    follower: AdFollower

    async def expect(
        self, actor: Actor, advertiser_id: AdvertiserId, terms: Terms, of: Campaign | None = None
    ) -> ForecastView:
        """What a campaign with these terms is to expect; `of` is the one that they belong to, when it is made."""
        owner_of(actor, READ)
        await self.queries.advertiser(actor, advertiser_id)
        await self.follower.ready()
        had = (0, 0)
        if of is not None:
            stats = await self.queries.stats_of_campaign(actor, of.id)
            had = (stats.impressions_count, stats.clicks_count)
        traffic = await self._traffic(terms, None if of is None else of.id)
        return view_of(forecast(terms, self.index.today, traffic, had), traffic)

    async def _traffic(self, terms: Terms, own: CampaignId | None) -> Traffic:
        today = self.index.today
        async with self.database.read() as connection:
            row = (await connection.execute(seen(terms.targeting, today - WEEK, today))).one()
        sampled, matched, clicks, people, early, late, without, strangers = (int(it) for it in row)
        return Traffic(
            sampled=sampled,
            matched=matched,
            clicks=clicks,
            people=people,
            early=early,
            late=late,
            per_day=per_day(self.index.demand, sampled),
            rivals=rivals((it.campaign for it in self.index.entries.values() if it.is_open), terms, today, own),
            unserved=without,
            strangers=strangers,
        )


def seen(targeting: Targeting, after: int, until: int) -> Select[tuple[int, ...]]:
    """Counts of the latest impressions on days after `after`: of all; of those who meet the targeting, their clicks,
    those people, and how many of them are in the older and in the newer half. Then the people who meet it and for whom
    no ad was left on a day up to `until`, and how many of them are not among the former."""
    latest = (
        select(views.c.client_id, views.c.click_day, views.c.day, views.c.at)
        .order_by(views.c.at.desc())
        .limit(SAMPLE)
        .subquery()
    )
    halves = (
        select(latest.c.client_id, latest.c.click_day, func.ntile(2).over(order_by=latest.c.at).label("half"))
        .where(latest.c.day > after)
        .cte("halves")
    )
    people = (
        select(
            halves.c.client_id,
            func.count().label("shown"),
            func.count(halves.c.click_day).label("clicks"),
            func.min(halves.c.half).label("first"),
            func.max(halves.c.half).label("last"),
        )
        .join(clients, clients.c.id == halves.c.client_id)
        .where(*meets(targeting))
        .group_by(halves.c.client_id)
        .cte("people")
    )
    lost = _without_ads(targeting, after, until)
    is_known = lost.c.id.in_(select(people.c.client_id))
    return select(
        select(func.count()).select_from(halves).scalar_subquery(),
        func.coalesce(func.sum(people.c.shown), 0),
        func.coalesce(func.sum(people.c.clicks), 0),
        func.count(),
        func.coalesce(func.sum(case((people.c.first == 1, 1), else_=0)), 0),
        func.coalesce(func.sum(case((people.c.last == 2, 1), else_=0)), 0),
        select(func.count()).select_from(lost).scalar_subquery(),
        select(func.count()).select_from(lost).where(~is_known).scalar_subquery(),
    ).select_from(people)


def _without_ads(targeting: Targeting, after: int, until: int) -> CTE:
    """The ids of people who meet the targeting, of those for whom no ad was left, the latest."""
    latest = (
        select(unserved.c.client_id)
        .where(unserved.c.day > after, unserved.c.day <= until)
        .order_by(unserved.c.day.desc())
        .limit(SAMPLE)
        .subquery()
    )
    found = select(clients.c.id).join(latest, latest.c.client_id == clients.c.id).where(*meets(targeting))
    return found.cte("lost")


def meets(targeting: Targeting) -> Iterable[ColumnElement[bool]]:
    """The conditions of a targeting on the table of clients."""
    if targeting.gender not in (None, Audience.ALL):
        yield clients.c.gender == targeting.gender
    if targeting.age_from is not None:
        yield clients.c.age >= targeting.age_from
    if targeting.age_to is not None:
        yield clients.c.age <= targeting.age_to
    if targeting.location is not None:
        yield clients.c.place == place_of(targeting.location)


def per_day(demand: Demand, sampled: int) -> float:
    """Ads that are shown a day: the mean of the days before that had any, or today's while there was none."""
    if demand.before and demand.days:
        return demand.before / demand.days
    return float(max(demand.today, sampled / WEEK))


def rivals(campaigns: Iterable[Campaign], terms: Terms, today: int, own: UUID | None) -> int:
    """How many others could be shown to somebody whom the terms address, on one of their days."""
    first = max(terms.start_date, today)
    return sum(
        it.id != own
        and it.terms.start_date <= terms.end_date
        and it.terms.end_date >= first
        and overlap(it.terms.targeting, terms.targeting)
        for it in campaigns
    )


def overlap(one: Targeting, other: Targeting) -> bool:
    """Whether somebody can meet both."""
    genders = {it.gender for it in (one, other)} - {None, Audience.ALL}
    places = {place_of(it.location) for it in (one, other) if it.location is not None}
    youngest = max(one.age_from or 0, other.age_from or 0)
    oldest = min(OLDEST if it.age_to is None else it.age_to for it in (one, other))
    return len(genders) < 2 and len(places) < 2 and youngest <= oldest


def view_of(found: Forecast | None, traffic: Traffic) -> ForecastView:
    return ForecastView(
        is_known=found is not None,
        days=found.days if found else 0,
        reach=found.reach if found else 0,
        impressions_count=found.impressions if found else 0,
        clicks_count=found.clicks if found else 0,
        spent_total=found.spend if found else Decimal(0),
        budget=found.budget if found else Decimal(0),
        bound=(found.bound if found else Bound.PEOPLE).value,
        sampled_count=traffic.sampled,
        matched_count=traffic.matched,
        rivals_count=traffic.rivals,
        unserved_count=traffic.unserved,
    )
