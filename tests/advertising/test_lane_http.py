"""The short way answers as the ordinary one does, and asks the desk once."""

from uuid import uuid4

import httpx
import pytest
from sqlalchemy.exc import OperationalError

from lyceum.advertising.adapters.desk import BatchingDesk
from lyceum.advertising.adapters.lane import AdLanes
from lyceum.advertising.domain.ids import CampaignId, ClientId
from lyceum.advertising.ports import Shown
from tests.advertising.platform import Platform

TOLD = ("content-type", "content-length", "cache-control", "x-content-type-options", "content-security-policy")


def told(answer: httpx.Response) -> tuple[int, dict[str, str], object]:
    body = answer.json() if answer.content else None
    if isinstance(body, dict):
        body = {name: value for name, value in body.items() if name not in ("trace_id", "ad_id", "ad_title")}
    return answer.status_code, {name: answer.headers[name] for name in TOLD if name in answer.headers}, body


async def test_both_ways_answer_alike(ads: Platform) -> None:
    client, advertiser = await ads.client(), await ads.advertiser()
    campaigns = [await ads.campaign(advertiser, ad_title=title) for title in ("Один", "Двое")]
    for id in (client, client.upper(), client):  # the third time there is nothing left
        short, ordinary = await ads.get("/ads", client_id=id), await ads.get("/ads", client_id=id, other=1)
        assert told(short) == told(ordinary)
        if id != client:
            assert told(short)[0] == 404
    for person in (client, str(uuid4())):
        for campaign in (*campaigns, str(uuid4())):
            short = await ads.click(campaign, person)
            ordinary = await ads.http.post(f"/api/advertising/ads/{campaign}/click/", json={"client_id": person})
            assert told(short) == told(ordinary), campaign


async def test_what_the_short_way_does_not_take_is_answered_by_the_ordinary_one(ads: Platform) -> None:
    client, campaign = await ads.client(), await ads.campaign(await ads.advertiser())
    await ads.ad(client)
    path = f"/ads/{campaign}/click"
    for body, status in (
        (f'{{"client_id": "{client}", "more": {{"a": [1]}}}}', 204),
        (f' {{\n"client_id" : "{client.upper()}"}} ', 204),
        (f'{{"client_id": "{client}", "client_id": "{client}"}}', 400),
        (f'{{"client_id": "{client}", "x": "{"x" * 100_000}"}}', 204),
        (f'{{"client_id": "{client}", "x": NaN}}', 400),
        ('{"client_id": null}', 400), ("[]", 400), ("", 400), (b"\xff", 400),
    ):  # fmt: skip
        answer = await ads.raw("POST", path, body)
        assert answer.status_code == status, (body[:80], answer.text)
    assert (await ads.raw("PUT", path, "{}")).status_code == 405
    assert (await ads.raw("POST", "/ads", "{}")).status_code == 405
    for query in ("", "client_id=", f"client_id={client}x", "client_id=%00"):
        assert (await ads.raw("GET", f"/ads?{query}", "")).status_code == 400
    seen_already = await ads.raw("GET", f"/ads?client_id={client.replace('-', '%2D')}", "")
    assert seen_already.json()["code"] == "advertising.nothing_to_show"


async def test_the_short_way_is_taken_and_the_desk_asked_once(ads: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    client, campaign = await ads.client(), await ads.campaign(await ads.advertiser())
    taken, asked = [], []
    quick, show = AdLanes._show, BatchingDesk.show

    async def noted(self: AdLanes, *rest: object) -> None:
        taken.append(1)
        await quick(self, *rest)  # type: ignore[arg-type]

    async def counted(self: BatchingDesk, id: ClientId) -> Shown:
        asked.append(id)
        return await show(self, id)

    monkeypatch.setattr(AdLanes, "_show", noted)
    monkeypatch.setattr(BatchingDesk, "show", counted)
    assert (await ads.ad(client)).json()["ad_id"] == campaign
    assert (await ads.ad(client)).status_code == 404
    assert (len(taken), len(asked)) == (2, 2)


async def test_a_database_that_is_away_is_told_by_both_ways(ads: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    client, campaign = await ads.client(), await ads.campaign(await ads.advertiser())
    asked = []

    async def away(self: BatchingDesk, client_id: ClientId, campaign_id: CampaignId | None = None) -> None:
        asked.append(client_id)
        raise OperationalError("SELECT", None, OSError("away"))

    monkeypatch.setattr(BatchingDesk, "show", away)
    monkeypatch.setattr(BatchingDesk, "click", away)
    for answer in (await ads.ad(client), await ads.click(campaign, client)):
        assert (answer.status_code, answer.json()["code"]) == (503, "lyceum.unavailable"), answer.text
    assert len(asked) == 2
