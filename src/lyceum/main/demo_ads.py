"""The ads of `--demo`: a sponsor's advertiser with campaigns that run, wait and are over, and what came of them."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from uuid import UUID, uuid5

import msgspec
from dishka import AsyncContainer

from lyceum.accounts.api import Actor, Role
from lyceum.advertising.adapters.day import CalendarDay
from lyceum.advertising.adapters.ledger import Ledger, Pair, Proposal
from lyceum.advertising.adapters.queries import AdQueries
from lyceum.advertising.domain.campaigns import Targeting, Terms
from lyceum.advertising.domain.clients import Client, Gender
from lyceum.advertising.domain.ids import AdvertiserId, CampaignId, ClientId
from lyceum.advertising.domain.prices import price_of
from lyceum.advertising.ports import Campaigns, Clients
from lyceum.advertising.use_cases.campaigns import ChangeImage
from lyceum.advertising.use_cases.operating import AdvanceDay
from lyceum.advertising.use_cases.people import DeclareSubjects, PutAdvertisers
from lyceum.kernel.ids import UserId
from lyceum.kernel.ports import Transaction
from lyceum.main.users_cli import CONSOLE

FOLDER = Path(__file__).parent / "demo"
NAMES = UUID("5f3c0c1e-6d0a-4c52-9b51-2f6f0d6a7e11")
"""The ids of the demo are made from names, so that they are the same everywhere."""
ADVERTISER = AdvertiserId(uuid5(NAMES, "advertiser"))
FIRST_DAY = 30
"""The day that the demo begins with where the day is set by hand: campaigns have a past then."""
PEOPLE = 260
TOWNS = ("Казань", "Самара", "Пермь", "Новосибирск", "Тверь")
CLICKED = 0.08


class DemoAd(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A campaign. `starts` is counted from today, `lasts` in days; some `a_day` people see it."""

    key: str
    ad_title: str
    ad_text: str
    starts: int
    lasts: int
    impressions_limit: int
    clicks_limit: int
    cost_per_impression: str
    cost_per_click: str
    a_day: int
    age_from: int | None = None
    age_to: int | None = None

    @property
    def id(self) -> CampaignId:
        return CampaignId(uuid5(NAMES, self.key))

    @property
    def picture(self) -> Path:
        return FOLDER / "ads" / f"{self.key}.png"

    def terms(self, today: int) -> Terms:
        return Terms(
            impressions_limit=self.impressions_limit,
            clicks_limit=self.clicks_limit,
            cost_per_impression=price_of(self.cost_per_impression),
            cost_per_click=price_of(self.cost_per_click),
            ad_title=self.ad_title,
            ad_text=self.ad_text,
            start_date=today + self.starts,
            end_date=today + self.starts + self.lasts - 1,
            targeting=Targeting(age_from=self.age_from, age_to=self.age_to),
        )


class DemoAds(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    advertiser: str
    subjects: tuple[str, ...]
    campaigns: tuple[DemoAd, ...]


def demo_ads() -> DemoAds:
    return msgspec.json.decode((FOLDER / "ads.json").read_bytes(), type=DemoAds)


async def load_ads(container: AsyncContainer, sponsor: UserId) -> None:
    """Make the advertiser of the demo's sponsor, the campaigns, and what came of them up to today."""
    ads, actor = demo_ads(), Actor(id=sponsor, roles=frozenset({Role.SPONSOR}))
    today = await _today(container)
    people = list(_people())
    async with container() as scope:
        await (await scope.get(PutAdvertisers))(actor, [{"advertiser_id": str(ADVERTISER), "name": ads.advertiser}])
    async with container() as scope:
        await (await scope.get(DeclareSubjects))(actor, ADVERTISER, {"subjects": list(ads.subjects)})
    async with container() as scope:
        campaigns, clients, transaction = (
            await scope.get(Campaigns),
            await scope.get(Clients),
            await scope.get(Transaction),
        )
        async with transaction:
            for ad in ads.campaigns:
                await campaigns.add(ADVERTISER, ad.id, ad.terms(today))
            await clients.put_clients(people)
    await asyncio.gather(*[_illustrate(container, actor, ad) for ad in ads.campaigns])
    await _show(await container.get(Ledger), Past(ads.campaigns, people, today))


async def _today(container: AsyncContainer) -> int:
    """The present day, not before the first of the demo."""
    queries, calendar = await container.get(AdQueries), await container.get(CalendarDay)
    today = await queries.today()
    if calendar.is_in_force or today >= FIRST_DAY:
        return today
    async with container() as scope:
        return await (await scope.get(AdvanceDay))(CONSOLE, {"current_date": FIRST_DAY})


async def _illustrate(container: AsyncContainer, sponsor: Actor, ad: DemoAd) -> None:
    async with container() as scope:
        await (await scope.get(ChangeImage))(sponsor, ADVERTISER, ad.id, ad.picture.read_bytes())


def _people() -> Iterator[Client]:
    chance = Random("people")
    for number in range(PEOPLE):
        id, gender = ClientId(uuid5(NAMES, f"client {number}")), chance.choice(list(Gender))
        yield Client(id, f"demo-{number:03}", chance.randint(14, 18), chance.choice(TOWNS), gender)


@dataclass(frozen=True, slots=True)
class Past:
    """Who saw which ad on which day: more at weekends of a sort, nobody an ad twice."""

    ads: Sequence[DemoAd]
    people: Sequence[Client]
    today: int

    def days(self) -> Iterator[tuple[int, Sequence[Pair]]]:
        """Every day that is over, and today, with the pairs that were shown on it."""
        chance = Random("days")
        waiting = {ad.key: chance.sample([it.id for it in self.people], len(self.people)) for ad in self.ads}
        for day in range(min(ad.starts for ad in self.ads), 1):
            shown: list[Pair] = []
            for ad in self.ads:
                if ad.starts <= day < ad.starts + ad.lasts:
                    share = (1.3 if day % 7 in (5, 6) else 0.9) * chance.uniform(0.7, 1.3) * (0.4 if day == 0 else 1)
                    taken = waiting[ad.key][: round(ad.a_day * share)]
                    del waiting[ad.key][: len(taken)]
                    shown += [(client, ad.id) for client in taken]
            yield self.today + day, shown


async def _show(ledger: Ledger, past: Past) -> None:
    """Have all of it counted and charged as it would have been."""
    known = await ledger.clients([it.id for it in past.people])
    chance = Random("clicks")
    for day, shown in past.days():
        proposals: list[Proposal] = [(client, campaign, known[client].stamp) for client, campaign in shown]
        if proposals:
            await ledger.show(day, 0, proposals)
        if clicked := [pair for pair in shown if chance.random() < CLICKED]:
            await ledger.click(day, clicked)
