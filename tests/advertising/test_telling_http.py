"""What Prometheus hears of ads."""

import re
from dataclasses import replace
from decimal import Decimal
from uuid import UUID, uuid4

from lyceum.advertising.adapters.following import AdFollower
from lyceum.advertising.adapters.index import AdIndex, Entry
from lyceum.advertising.adapters.telling import NAMED, AdMetrics
from lyceum.advertising.domain.campaigns import Campaign
from lyceum.advertising.domain.choice import Weights
from lyceum.advertising.domain.forms import NOTHING
from lyceum.advertising.domain.ids import AdvertiserId, CampaignId
from lyceum.advertising.domain.prices import Price
from lyceum.platform.metrics import Metrics
from tests.advertising.platform import Platform


async def test_ads_are_counted_by_advertiser_and_campaign(ads: Platform) -> None:
    client, advertiser = await ads.client(), await ads.advertiser()
    campaign = await ads.campaign(advertiser)
    await ads.ad(client)
    await ads.ad(client)
    await ads.ad(str(uuid4()))
    await ads.click(campaign, client)
    await ads.click(campaign, client)
    told = (await ads.http.get("/metrics")).text
    labels = f'{{advertiser="{advertiser}",campaign="{campaign}"}}'
    for line in (
        f"lyceum_ad_impressions_total{labels} 1.0",
        f"lyceum_ad_clicks_total{labels} 1.0",
        f'lyceum_ad_spent_total{labels[:-1]},kind="impression"}} 0.5',
        f'lyceum_ad_spent_total{labels[:-1]},kind="click"}} 3.0',
        'lyceum_ad_index_campaigns{state="active"} 1.0',
        'lyceum_ad_index_campaigns{state="open"} 1.0',
        "lyceum_ad_choice_seconds_count 3.0",
        'lyceum_ad_requests_total{outcome="shown"} 1.0',
        'lyceum_ad_requests_total{outcome="nothing"} 1.0',
        'lyceum_ad_requests_total{outcome="unknown"} 1.0',
        'lyceum_ad_requests_total{outcome="failed"} 0.0',
        'lyceum_http_requests_total{method="GET",route="/api/advertising/ads",status="404"} 2.0',
    ):
        assert line in told, line
    assert "lyceum_ad_index_age_seconds" in told


async def test_campaigns_that_run_are_told_before_anybody_asks_for_an_ad(ads: Platform) -> None:
    advertiser = await ads.advertiser()
    await ads.campaign(advertiser)
    await ads.campaign(advertiser, start_date=3)
    await ads.campaign(advertiser, impressions_limit=0)

    async def told(state: str) -> float:
        lines = (await ads.http.get("/metrics")).text.splitlines()
        (line,) = [line for line in lines if line.startswith(f'lyceum_ad_index_campaigns{{state="{state}"}}')]
        return float(line.split()[-1])

    assert [await told(state) for state in ("known", "active", "open")] == [3, 2, 1]
    await ads.day(3)
    assert await told("active") == 3
    page = (await ads.http.get("/operator/advertising", headers={"Cookie": "ly_locale=en"})).text
    assert re.search(r"<dt>Run today</dt><dd>3<", page)


def test_campaigns_beyond_the_limit_are_counted_together() -> None:
    """However many campaigns a process ever shows, a scrape brings so many series and no more."""
    metrics = Metrics()
    index = AdIndex(Weights())
    told = AdMetrics(metrics, index, AdFollower(None, None, index))  # type: ignore[arg-type]
    terms = replace(NOTHING, cost_per_impression=Price(Decimal("0.5")), cost_per_click=Price(Decimal(2)))
    for number in range(NAMED + 50):
        campaign = Campaign(id=CampaignId(UUID(int=number)), advertiser_id=AdvertiserId(UUID(int=7)), terms=terms)
        told.impression(campaign)
        told.click(Entry(campaign, number, 1, 10))
    samples = [it for family in metrics.registry.collect() for it in family.samples]
    shown = [it for it in samples if it.name == "lyceum_ad_impressions_total"]
    assert len(shown) == NAMED + 1
    assert sum(it.value for it in shown) == NAMED + 50
    assert next(it.value for it in shown if it.labels["campaign"] == "other") == 50
    spent = [it for it in samples if it.name == "lyceum_ad_spent_total"]
    assert len(spent) == 2 * (NAMED + 1)
    assert sum(it.value for it in spent) == 2.5 * (NAMED + 50)
