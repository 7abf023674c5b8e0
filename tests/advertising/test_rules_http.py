"""The rules of the contract as its clients meet them: who sees what, what it costs, and what is remembered."""

from dataclasses import replace

import httpx
import pytest

from lyceum.advertising.adapters.day import day_of
from lyceum.kernel.clock import SystemClock
from lyceum.main.container import make_container
from lyceum.platform.database import Database
from lyceum.platform.settings import Settings, SettingsError
from tests.advertising.platform import Platform, an_advertiser, terms
from tests.apps import an_app, running

FITS = [{}, {"gender": "ALL"}, {"gender": "FEMALE"}, {"age_from": 17, "age_to": 17}, {"age_to": 17}, {"age_from": 0},
        {"location": "Казань"}, {"location": "  Казань "}, {"location": "Йошкар-Ола"},
        {"gender": None, "location": None}]  # fmt: skip
MISSES = [{"gender": "MALE"}, {"age_from": 18}, {"age_to": 16}, {"location": "казань"}, {"location": "Дубна"},
          {"gender": "FEMALE", "age_from": 18}]  # fmt: skip


async def ids_of_ads(ads: Platform, client: str) -> set[str]:
    """All that the client is shown until there is nothing left."""
    shown = set()
    while (answer := await ads.ad(client)).status_code == 200:
        assert answer.json()["ad_id"] not in shown
        shown.add(answer.json()["ad_id"])
    assert answer.status_code == 404
    return shown


async def test_a_client_sees_each_campaign_that_is_for_them_once(ads: Platform) -> None:
    advertiser = await ads.advertiser()
    fitting = {
        await ads.campaign(advertiser, targeting=targeting)
        for targeting in FITS
        if targeting.get("location") != "Йошкар-Ола"
    }
    for targeting in MISSES:
        await ads.campaign(advertiser, targeting=targeting)
    await ads.campaign(advertiser, start_date=1)
    await ads.campaign(advertiser, impressions_limit=0)
    await ads.campaign(advertiser, clicks_limit=0)
    assert await ids_of_ads(ads, await ads.client()) == fitting
    composed = await ads.campaign(advertiser, targeting={"location": "Йошкар-Ола"})
    assert await ids_of_ads(ads, await ads.client(location="\u0418\u0306ошкар-Ола ", age=99, gender="MALE")) >= {
        composed
    }


async def test_a_campaign_runs_on_its_days_both_included(ads: Platform) -> None:
    advertiser = await ads.advertiser()
    campaign = await ads.campaign(advertiser, start_date=2, end_date=3)
    for day, is_shown in ((1, False), (2, True), (3, True), (4, False)):
        await ads.day(day)
        assert await ids_of_ads(ads, await ads.client()) == ({campaign} if is_shown else set())


async def test_events_keep_the_price_of_their_moment_and_their_own_day(ads: Platform) -> None:
    advertiser = await ads.advertiser()
    campaign = await ads.campaign(advertiser, cost_per_impression=0.1, cost_per_click=1)
    first, second = await ads.client(), await ads.client()
    await ads.ad(first)
    path = f"/advertisers/{advertiser}/campaigns/{campaign}"
    assert (await ads.put(path, {"cost_per_impression": 0.2, "cost_per_click": 3})).status_code == 200
    await ads.ad(second)
    await ads.day(2)
    await ads.click(campaign, first)
    days = (await ads.get(f"/stats/campaigns/{campaign}/daily")).json()
    assert [(day["date"], day["impressions_count"], day["clicks_count"], day["spent_total"]) for day in days] == [
        (0, 2, 0, 0.3), (2, 0, 1, 3),
    ]  # fmt: skip
    last = (await ads.get(f"/stats/advertisers/{advertiser}/campaigns/daily", date_from=1, date_to=9)).json()
    assert [day["date"] for day in last] == [2]
    whole = {"impressions_count": 2, "clicks_count": 1, "conversion": 50.0}
    assert (await ads.stats(campaign)).items() >= whole.items()


async def test_a_deleted_campaign_is_gone_and_its_money_stays(ads: Platform) -> None:
    advertiser, client = await ads.advertiser(), await ads.client()
    campaign = await ads.campaign(advertiser, cost_per_impression=7)
    await ads.ad(client)
    await ads.delete(f"/advertisers/{advertiser}/campaigns/{campaign}")
    assert (await ads.get(f"/stats/campaigns/{campaign}")).status_code == 404
    assert (await ads.click(campaign, client)).status_code == 404
    assert (await ads.ad(await ads.client())).status_code == 404
    assert (await ads.get(f"/stats/advertisers/{advertiser}/campaigns")).json()["spent_total"] == 7


async def test_the_relevant_ad_comes_first_and_new_scores_hold_at_once(ads: Platform) -> None:
    client = await ads.client()
    owners = [await ads.advertiser() for _ in range(3)]
    made = {owner: await ads.campaign(owner) for owner in owners}
    for owner, score in zip(owners, (-5, 90, 7), strict=True):
        await ads.score(client, owner, score)
    explained = (await ads.get("/ads/explain", client_id=client)).json()
    assert [candidate["advertiser_id"] for candidate in explained] == [owners[1], owners[2], owners[0]]
    assert (await ads.ad(client)).json()["ad_id"] == made[owners[1]]
    await ads.score(client, owners[0], 900)
    assert (await ads.ad(client)).json()["ad_id"] == made[owners[0]]
    explained = (await ads.get("/ads/explain", client_id=client)).json()
    assert [candidate["excluded"] for candidate in explained] == [None, "seen", "seen"]
    assert explained[0]["terms"]["total"] <= explained[1]["terms"]["total"]
    assert (await ads.stats(made[owners[2]]))["impressions_count"] == 0, "an explanation counts nothing"


def an_open_app(settings: Settings, **changes: object):  # type: ignore[no-untyped-def]
    changed = replace(settings, open_api="1", **changes)  # type: ignore[arg-type]
    app = an_app(changed, make_container(changed))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=("127.0.0.1", 50_000))
    return app, httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000")


async def test_a_seen_ad_comes_again_for_free_where_the_settings_say_so(settings: Settings, database: Database) -> None:
    app, http = an_open_app(settings, advertising_repeat_when_exhausted=True)
    async with running(app), http:
        ads = Platform(http)
        client, campaign = await ads.client(), await ads.campaign(await ads.advertiser())
        await ads.campaign(await ads.advertiser(), impressions_limit=0)
        for _ in range(3):
            assert (await ads.ad(client)).json()["ad_id"] == campaign
        assert (await ads.stats(campaign))["impressions_count"] == 1


async def test_by_the_calendar_the_day_cannot_be_set(settings: Settings, database: Database) -> None:
    app, http = an_open_app(settings, advertising_clock="calendar")
    async with running(app), http:
        ads = Platform(http)
        today = day_of(SystemClock().now(), settings.time_zone)
        assert (await ads.get("/ping")).json()["current_date"] == today
        assert (await ads.post("/time/advance", {"current_date": today + 1})).status_code == 409
        client, advertiser = await ads.client(), await ads.advertiser()
        assert (await ads.post(f"/advertisers/{advertiser}/campaigns", terms())).status_code == 400
        await ads.campaign(advertiser, start_date=today, end_date=today + 1)
        assert (await ads.ad(client)).status_code == 200


async def test_the_clock_goes_back_only_where_the_settings_say_so(
    ads: Platform, settings: Settings, database: Database
) -> None:
    campaign = await ads.campaign(await ads.advertiser(), end_date=2)
    await ads.day(5)
    await ads.day(1)
    assert (await ads.ad(await ads.client())).json()["ad_id"] == campaign, "what was over runs again"
    app, http = an_open_app(settings)
    async with running(app), http:
        answer = await Platform(http).post("/time/advance", {"current_date": 0})
        assert (answer.status_code, answer.json()["code"]) == (400, "advertising.day_in_the_past")
        assert (await Platform(http).post("/time/advance", {"current_date": 1})).status_code == 200


async def test_another_process_follows_within_a_second(ads: Platform, settings: Settings, database: Database) -> None:
    import asyncio

    app, http = an_open_app(settings)
    async with running(app), http:
        other = Platform(http)
        client, second = await ads.client(), await ads.client()
        campaign = await ads.campaign(await ads.advertiser(), start_date=3)
        assert (await other.ad(client)).status_code == 404
        await ads.day(3)
        async with asyncio.timeout(1):
            while (answer := await other.ad(client)).status_code == 404:
                await asyncio.sleep(0.02)
        assert answer.json()["ad_id"] == campaign
        assert (await other.ad(second)).status_code == 200


async def test_ten_thousand_rows_are_upserted_and_read_back(ads: Platform) -> None:
    rows = [an_advertiser(name=f"Школа {number}") for number in range(10_000)]
    for _ in range(2):
        answer = await ads.post("/advertisers/bulk", rows)
        assert (answer.status_code, answer.json()) == (201, rows)


@pytest.mark.parametrize("wrong", ["Calendar", "", "x"])
def test_a_clock_that_there_is_not_is_refused(wrong: str) -> None:
    with pytest.raises(SettingsError):
        Settings.load({"LYCEUM_ADVERTISING_CLOCK": wrong}, dotenv=None)
