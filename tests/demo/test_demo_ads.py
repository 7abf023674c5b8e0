"""The demo's ads: written with care, shown to its learner, with a past that the sponsor's pages can draw."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from dishka import AsyncContainer
from sqlalchemy import func, select

from lyceum.accounts.api import Actor, People, Role
from lyceum.advertising.adapters.image_processing import LONGEST_SIDE, checked
from lyceum.advertising.adapters.queries import AdQueries
from lyceum.advertising.adapters.tables import clients, views
from lyceum.advertising.api import Ads
from lyceum.advertising.domain.forms import read_terms
from lyceum.bank.adapters.seeds import SUBJECTS
from lyceum.kernel.ids import UserId
from lyceum.main import demo_ads as module
from lyceum.main.container import make_container
from lyceum.main.demo_ads import ADVERTISER, FIRST_DAY, PEOPLE, demo_ads
from lyceum.main.demo_content import load_demo
from lyceum.platform.database import Database
from lyceum.platform.settings import Settings
from tests.accounts.conftest import CHEAP_PASSWORDS
from tests.demo.test_demo_content import CARELESS, MIXED

ADS = demo_ads().campaigns


def test_ads_are_what_the_platform_takes_and_written_with_care() -> None:
    assert set(demo_ads().subjects) <= {subject for subject, _, _ in SUBJECTS}
    for ad in ADS:
        terms = ad.terms(FIRST_DAY)
        sent = {name: getattr(terms, name) for name in type(terms).__slots__ if name != "targeting"}
        read_terms(sent, 0)
        assert terms.start_date >= 0
        for text in (ad.ad_title, ad.ad_text):
            assert not MIXED.search(text), text
            for what, pattern in CARELESS.items():
                assert not pattern.search(text), (what, text)
    assert any(ad.ad_title.isascii() for ad in ADS)
    assert not all(ad.ad_title.isascii() for ad in ADS)


def test_every_ad_has_a_small_picture_and_every_picture_an_ad() -> None:
    folder = module.FOLDER / "ads"
    assert {ad.picture for ad in ADS} == set(folder.iterdir())
    for ad in ADS:
        content = ad.picture.read_bytes()
        assert len(content) < 20_000
        assert checked(content).mime == "image/png"
        assert max(int.from_bytes(content[place : place + 4]) for place in (16, 20)) <= LONGEST_SIDE


@pytest.fixture
async def demo(settings: Settings, database: Database) -> AsyncIterator[AsyncContainer]:
    container = make_container(settings, CHEAP_PASSWORDS)
    await load_demo(container, settings)
    yield container
    await container.close()


async def user(container: AsyncContainer, role: Role) -> Actor:
    found = await (await container.get(People)).named(f"{role.value}@demo.example")
    assert found is not None
    return Actor(id=UserId(found), roles=frozenset({role}))


async def test_the_sponsor_has_campaigns_with_a_past_and_the_learner_sees_one(
    demo: AsyncContainer, database: Database
) -> None:
    queries, sponsor = await demo.get(AdQueries), await user(demo, Role.SPONSOR)
    today = await queries.today()
    assert today == FIRST_DAY
    campaigns, _ = await queries.campaigns(sponsor, ADVERTISER, 10, 0)
    states = {(it.terms.start_date > today) - (it.terms.end_date < today) for it in campaigns}
    assert states == {-1, 0, 1}
    assert all(it.image_key for it in campaigns)
    days = await queries.days_of_advertiser(sponsor, ADVERTISER, None, None)
    assert len(days) >= 21
    assert sum(it.clicks_count for it in days) > 10
    assert {it.date for it in days} <= set(range(today + 1))
    async with database.read() as connection:
        assert await connection.scalar(select(func.count()).select_from(clients)) == PEOPLE + 1
        counted = await connection.scalar(select(func.count()).select_from(views))
    assert counted == sum(it.impressions_count for it in days), "the ledger and the events agree"
    ad = await (await demo.get(Ads)).show((await user(demo, Role.LEARNER)).id)
    assert ad is not None
    assert ad.advertiser_id == ADVERTISER
    assert ad.image_uri


async def test_a_second_start_changes_nothing(demo: AsyncContainer, settings: Settings) -> None:
    queries, sponsor = await demo.get(AdQueries), await user(demo, Role.SPONSOR)
    before = await queries.stats_of_advertiser(sponsor, ADVERTISER)
    await load_demo(demo, settings)
    assert await queries.stats_of_advertiser(sponsor, ADVERTISER) == before
    assert (await queries.campaigns(sponsor, ADVERTISER, 10, 0))[1] == len(ADS)


async def test_with_the_open_api_there_are_no_ads(settings: Settings, database: Database) -> None:
    container = make_container(replace(settings, open_api="1"), CHEAP_PASSWORDS)
    await load_demo(container, replace(settings, open_api="1"))
    queries, operator = await container.get(AdQueries), Actor(id=UserId(ADVERTISER), roles=frozenset({Role.OPERATOR}))
    assert await queries.today() == 0
    assert await queries.advertisers(operator) == []
    await container.close()


async def test_where_the_day_follows_the_calendar_the_past_is_of_this_month(
    settings: Settings, database: Database
) -> None:
    by_calendar = replace(settings, advertising_clock="calendar")
    container = make_container(by_calendar, CHEAP_PASSWORDS)
    await load_demo(container, by_calendar)
    queries, sponsor = await container.get(AdQueries), await user(container, Role.SPONSOR)
    days = await queries.days_of_advertiser(sponsor, ADVERTISER, None, None)
    present = (datetime.now(UTC).date() - datetime(1970, 1, 1, tzinfo=UTC).date()).days
    assert all(present - 40 < it.date <= present + 1 for it in days)
    assert len(days) >= 21
    await container.close()
