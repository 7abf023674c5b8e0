"""What Prometheus hears of ads."""

from tests.advertising.platform import Platform


async def test_ads_are_counted_by_advertiser_and_campaign(ads: Platform) -> None:
    client, advertiser = await ads.client(), await ads.advertiser()
    campaign = await ads.campaign(advertiser)
    await ads.ad(client)
    await ads.ad(client)
    await ads.click(campaign, client)
    await ads.click(campaign, client)
    told = (await ads.http.get("/metrics")).text
    labels = f'{{advertiser="{advertiser}",campaign="{campaign}"}}'
    for line in (
        f"lyceum_ad_impressions_total{labels} 1.0",
        f"lyceum_ad_clicks_total{labels} 1.0",
        'lyceum_ad_index_campaigns{state="active"} 1.0',
        'lyceum_ad_index_campaigns{state="open"} 1.0',
        "lyceum_ad_choice_seconds_count 2.0",
        'lyceum_http_requests_total{method="GET",route="/api/advertising/ads",status="404"} 1.0',
    ):
        assert line in told, line
    assert "lyceum_ad_index_age_seconds" in told
