"""Sponsors manage their own advertisers; programs with the right key show ads; others do neither."""

from uuid import uuid4

import httpx
from dishka import AsyncContainer

from lyceum.accounts.api import Role
from lyceum.platform.paging import encode_cursor
from tests.accounts.callers import a_key, a_user, bearer
from tests.advertising.platform import Platform, a_client, an_advertiser, terms


async def caller(client: httpx.AsyncClient, container: AsyncContainer, name: str, *roles: Role) -> dict[str, str]:
    await a_user(container, f"{name}@example.org", *roles)
    return await bearer(client, f"{name}@example.org")


async def test_a_sponsor_manages_their_own_advertiser_alone(
    client: httpx.AsyncClient, container: AsyncContainer
) -> None:
    ads = Platform(client)
    client.headers.update(await caller(client, container, "first", Role.SPONSOR))
    advertiser, renamed = an_advertiser(), an_advertiser(name="Моя")
    assert (await ads.post("/advertisers/bulk", [advertiser])).status_code == 201
    own = f"/advertisers/{advertiser['advertiser_id']}"
    campaign = f"{own}/campaigns/{await ads.campaign(str(advertiser['advertiser_id']))}"
    assert (await ads.put(campaign, {"ad_title": "Иначе"})).status_code == 200
    assert (await ads.get(f"/stats{own}/campaigns")).status_code == 200
    for forbidden in (
        await ads.post("/clients/bulk", [a_client()]), await ads.post("/ml-scores", {}), await ads.get("/ads"),
        await ads.post("/time/advance", {"current_date": 1}), await ads.put("/profanity/enable"),
        await ads.get("/ads/explain"),
    ):  # fmt: skip
        assert (forbidden.status_code, forbidden.json()["code"]) == (403, "accounts.role_missing")

    client.headers.update(await caller(client, container, "second", Role.SPONSOR))
    renamed = {**renamed, "advertiser_id": advertiser["advertiser_id"]}
    for hidden in (
        await ads.get(own), await ads.post("/advertisers/bulk", [renamed]), await ads.get(campaign),
        await ads.put(campaign, {}), await ads.delete(campaign), await ads.get(f"/stats{own}/campaigns"),
        await ads.get(f"/stats/campaigns/{campaign.rpartition('/')[2]}"), await ads.get(f"{own}/campaigns"),
        await ads.post(f"{own}/campaigns", terms()), await ads.get(f"{own}/subjects"),
        await ads.put(f"{own}/subjects", {"subjects": ["physics"]}),
    ):  # fmt: skip
        assert hidden.status_code == 404, hidden.text

    assert (await ads.get("/advertisers")).json() == {"items": [], "next_cursor": None}

    client.headers.update(await caller(client, container, "boss", Role.OPERATOR))
    assert (await ads.get(own)).json() == advertiser
    assert (await ads.delete(campaign)).status_code == 204


async def test_a_sponsor_lists_their_advertisers_and_an_operator_all(
    client: httpx.AsyncClient, container: AsyncContainer
) -> None:
    ads = Platform(client)
    sponsor = await caller(client, container, "first", Role.SPONSOR)
    own = [an_advertiser(name=f"Курсы {number}") for number in (3, 1, 2)]
    client.headers.update(sponsor)
    await ads.post("/advertisers/bulk", own)
    client.headers.update(await caller(client, container, "boss", Role.OPERATOR))
    theirs = an_advertiser(name="Площадка")
    await ads.post("/advertisers/bulk", [theirs])

    async def listed(**params: str) -> list[object]:
        found, cursor = [], {}
        while True:
            page = (await ads.get("/advertisers", **params, **cursor)).json()
            found += page["items"]
            if page["next_cursor"] is None:
                return found
            assert len(page["items"]) == int(params["limit"])
            cursor = {"cursor": page["next_cursor"]}

    by_name = sorted(own, key=lambda it: str(it["name"]))
    assert await listed(limit="2") == [*by_name, theirs]
    client.headers.update(sponsor)
    assert await listed(limit="2") == by_name
    assert await listed() == by_name
    for wrong in ({"limit": "0"}, {"limit": "101"}, {"cursor": "nonsense"}):
        assert (await ads.get("/advertisers", **wrong)).status_code == 400
    no_text = encode_cursor("\0", str(uuid4()))
    assert (await ads.get("/advertisers", cursor=no_text)).status_code < 500
    client.headers.update(await caller(client, container, "learner", Role.LEARNER))
    assert (await ads.get("/advertisers")).status_code == 403


async def test_a_key_for_showing_ads_does_that_and_nothing_else(
    client: httpx.AsyncClient, container: AsyncContainer
) -> None:
    ads = Platform(client)
    operator = await caller(client, container, "boss", Role.OPERATOR)
    client.headers.update(operator)
    person, campaign = await ads.client(), await ads.campaign(await ads.advertiser())
    key = await a_key(client, operator, "advertising:show")
    client.headers["Authorization"] = f"Bearer {key}"
    assert (await ads.ad(person)).json()["ad_id"] == campaign
    assert (await ads.click(campaign, person)).status_code == 204
    for refused in (await ads.get(f"/clients/{person}"), await ads.post("/clients/bulk", [])):
        assert (refused.status_code, refused.json()["code"]) == (403, "accounts.scope_missing")


async def test_the_day_is_told_to_everybody(client: httpx.AsyncClient) -> None:
    assert (await Platform(client).get("/ping")).status_code == 200
    assert (await Platform(client).get("/ads")).status_code == 401
