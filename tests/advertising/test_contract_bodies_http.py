"""What callers get wrong, sent to every call that takes a body; and the odd things that the contract allows."""

import json
from decimal import Decimal

import pytest

from lyceum.advertising.domain.prices import Price, total
from tests.advertising.platform import Json, Platform, a_client, an_advertiser, terms
from tests.advertising.test_contract_http import NOBODY, refused

BROKEN = (
    b"", b"{", b"nul", b"\xff\xfe{}", b"\xef\xbb\xbf{}", b"[" * 100_000, b'{"a": NaN}', b'{"a": Infinity}',
    b'{"a": -Infinity}',
    b'{"a": 1, "a": 1}', b'{"a": {"b": 1, "b": 2}}', b'{"a": ' + b"9" * 5_000 + b"}", b'{"a": 1} {"a": 1}',
    b"{'a': 1}",
    b'{"a": "\n"}', b'"' + b"x" * 1_000_000 + b'"', b"7", b"null", b"true",
)  # fmt: skip
LONG = "я" * 1_000_000
BEYOND = (2**53 + 1, 2**63, 2**64, 10**40, -(2**63))


async def calls_with_bodies(ads: Platform) -> list[tuple[str, str]]:
    advertiser = await ads.advertiser()
    campaign = await ads.campaign(advertiser, start_date=5)
    return [
        ("POST", "/clients/bulk"), ("POST", "/advertisers/bulk"), ("POST", "/ml-scores"), ("POST", "/ml-scores/bulk"),
        ("POST", f"/advertisers/{advertiser}/campaigns"), ("PUT", f"/advertisers/{advertiser}/campaigns/{campaign}"),
        ("POST", f"/ads/{campaign}/click"), ("POST", "/time/advance"), ("PUT", "/profanity/blacklist"),
        ("POST", "/ai/generate-text"),
    ]  # fmt: skip


async def test_a_body_that_is_no_json_is_refused_by_every_call(ads: Platform) -> None:
    for method, path in await calls_with_bodies(ads):
        for body in BROKEN:
            answer = await ads.raw(method, path, body)
            assert answer.status_code == 400, (method, path, body[:40], answer.text[:300])
            assert answer.json()["detail"].startswith("Validation failed: "), (path, body[:40])
    assert (await ads.get("/ping")).json()["current_date"] == 0


async def test_fields_that_nobody_knows_are_ignored_by_every_call(ads: Platform) -> None:
    more: Json = {"extra": {"deep": [1, None, "x"]}, "id": 7}
    client, advertiser = a_client(), an_advertiser()
    ids = {"client_id": client["client_id"], "advertiser_id": advertiser["advertiser_id"]}
    assert (await ads.post("/clients/bulk", [client | more])).json() == [client]
    assert (await ads.post("/advertisers/bulk", [advertiser | more])).json() == [advertiser]
    assert (await ads.post("/ml-scores", ids | {"score": -5} | more)).json() == {"status": "ok", "score": -5}
    path = f"/advertisers/{advertiser['advertiser_id']}/campaigns"
    made = await ads.post(path, terms(targeting={"gender": "ALL", "height": 180}) | more)
    assert made.status_code == 201, made.text
    assert "extra" not in made.json()
    assert made.json()["targeting"] == {"gender": "ALL", "age_from": None, "age_to": None, "location": None}
    one = f"{path}/{made.json()['campaign_id']}"
    assert (await ads.put(one, more)).json() == made.json()
    assert (await ads.get("/ads", client_id=client["client_id"], more="1")).status_code == 200
    click = f"/ads/{made.json()['campaign_id']}/click"
    assert (await ads.post(click, {"client_id": client["client_id"]} | more)).status_code == 204
    assert (await ads.post("/time/advance", {"current_date": 1} | more)).json() == {"current_date": 1}


async def test_numbers_beyond_what_json_keeps_exact_are_refused(ads: Platform) -> None:
    advertiser, client = await ads.advertiser(), await ads.client()
    path = f"/advertisers/{advertiser}/campaigns"
    campaign = await ads.campaign(advertiser, start_date=5)
    for number in BEYOND:
        for field in ("impressions_limit", "clicks_limit", "start_date", "end_date", "cost_per_click"):
            refused(await ads.post(path, terms(**{field: number})), 400, "Validation failed:", field)
            refused(await ads.put(f"{path}/{campaign}", {field: number}), 400, "Validation failed:", field)
        for field in ("age_from", "age_to"):
            refused(await ads.post(path, terms(targeting={field: number})), 400, "Validation failed:", field)
        refused(await ads.post("/time/advance", {"current_date": number}), 400, "current_date")
        score = {"client_id": client, "advertiser_id": advertiser, "score": number}
        refused(await ads.post("/ml-scores", score), 400, "score")
        refused(await ads.post("/clients/bulk", [a_client(age=number)]), 400, "age")
        for query in ({"size": number}, {"page": number}):
            refused(await ads.get(path, **query), 400, "Validation failed:")
        for query in ({"date_from": number}, {"date_to": number}):
            refused(await ads.get(f"/stats/campaigns/{campaign}/daily", **query), 400, "Validation failed:")


async def test_a_megabyte_of_text_is_refused_wherever_a_text_goes(ads: Platform) -> None:
    advertiser = await ads.advertiser()
    path = f"/advertisers/{advertiser}/campaigns"
    campaign = await ads.campaign(advertiser)
    for field in ("ad_title", "ad_text"):
        refused(await ads.post(path, terms(**{field: LONG})), 400, field)
        refused(await ads.put(f"{path}/{campaign}", {field: LONG}), 400, field)
    refused(await ads.post(path, terms(targeting={"location": LONG})), 400, "location")
    refused(await ads.post("/clients/bulk", [a_client(location=LONG)]), 400, "location")
    refused(await ads.post("/advertisers/bulk", [an_advertiser(name=LONG)]), 400, "name")
    refused(await ads.post("/ai/generate-text", {"topic": LONG, "language": "RU"}), 400, "topic")
    refused(await ads.put("/profanity/blacklist", [LONG]), 400, "Validation failed:")
    assert (await ads.raw("GET", f"/ads?client_id={'x' * 5_000}", "")).status_code == 400


async def test_ids_that_are_none_are_refused_in_paths_and_bodies(ads: Platform) -> None:
    client = await ads.client()
    for wrong in (
        "x",
        "1",
        NOBODY[:-1],
        NOBODY + "0",
        NOBODY.replace("-", ""),
        "{" + NOBODY + "}",
        " " + NOBODY,
        "%00",
    ):
        for path in (
            f"/clients/{wrong}", f"/advertisers/{wrong}", f"/advertisers/{wrong}/campaigns",
            f"/stats/campaigns/{wrong}",
            f"/advertisers/{NOBODY}/campaigns/{wrong}", f"/stats/advertisers/{wrong}/campaigns/daily",
        ):  # fmt: skip
            answer = await ads.raw("GET", path, "")
            assert answer.status_code in (400, 404), (path, answer.text)
        answer = await ads.raw("POST", f"/ads/{wrong}/click", json.dumps({"client_id": client}))
        assert answer.status_code in (400, 404), (wrong, answer.text)
        refused(await ads.post(f"/ads/{NOBODY}/click", {"client_id": wrong}), 400, "client_id")
        refused(await ads.post("/clients/bulk", [a_client(client_id=wrong)]), 400, "0/client_id")


async def test_odd_terms_that_are_allowed(ads: Platform) -> None:
    advertiser = await ads.advertiser()
    path = f"/advertisers/{advertiser}/campaigns"
    nothing = {"gender": None, "age_from": None, "age_to": None, "location": None}
    for odd in (
        {"clicks_limit": 5_000}, {"impressions_limit": 0, "clicks_limit": 0}, {"start_date": 0, "end_date": 0},
        {"cost_per_impression": 0, "cost_per_click": 0}, {"end_date": 2**53}, {"targeting": None}, {"targeting": {}},
        {"targeting": nothing},
        {"ad_title": "‮ 👩‍🏫 Ünïcode", "ad_text": "<script>alert(1)</script> '; DROP TABLE x; --"},
        {"impressions_limit": 10.0, "end_date": 30.0},
    ):  # fmt: skip
        answer = await ads.post(path, terms(**odd))
        assert answer.status_code == 201, (odd, answer.text)
        told = answer.json()
        assert told == terms(**odd) | {
            "campaign_id": told["campaign_id"], "advertiser_id": advertiser, "targeting": nothing, "image_uri": None,
        }  # fmt: skip
    targeted = await ads.campaign(advertiser, targeting={"age_from": 10, "location": "Дубна"})
    kept = (await ads.put(f"{path}/{targeted}", {"ad_title": "Иначе"})).json()["targeting"]
    assert kept == nothing | {"age_from": 10, "location": "Дубна"}
    assert (await ads.put(f"{path}/{targeted}", {"targeting": {"age_to": 9}})).json()["targeting"] == nothing | {
        "age_to": 9
    }


async def test_a_click_is_taken_after_the_end_and_beyond_the_limit_but_not_after_deletion(ads: Platform) -> None:
    advertiser = await ads.advertiser()
    campaign = await ads.campaign(advertiser, end_date=1, clicks_limit=1, cost_per_click=2)
    people = [await ads.client() for _ in range(3)]
    for client in people:
        assert (await ads.ad(client)).status_code == 200
    assert (await ads.click(campaign, people[0])).status_code == 204
    refused(await ads.ad(await ads.client()), 404)
    assert (await ads.click(campaign, people[1])).status_code == 204
    await ads.day(5)
    assert (await ads.click(campaign, people[2])).status_code == 204
    for path in (f"/stats/campaigns/{campaign}/daily", f"/stats/advertisers/{advertiser}/campaigns/daily"):
        days = (await ads.get(path)).json()
        assert [(day["date"], day["impressions_count"], day["clicks_count"], day["spent_clicks"]) for day in days] == [
            (0, 3, 2, 4), (5, 0, 1, 2),
        ]  # fmt: skip
        assert [day["date"] for day in (await ads.get(path, date_from=1)).json()] == [5]
        assert [day["date"] for day in (await ads.get(path, date_to=4)).json()] == [0]
        assert (await ads.get(path, date_from=6, date_to=9)).json() == []
    assert (await ads.delete(f"/advertisers/{advertiser}/campaigns/{campaign}")).status_code == 204
    refused(await ads.click(campaign, people[0]), 404)


async def test_an_advertiser_without_campaigns_has_zeros(ads: Platform) -> None:
    path = f"/stats/advertisers/{await ads.advertiser()}/campaigns"
    assert (await ads.get(path)).json() == {
        "impressions_count": 0, "clicks_count": 0, "conversion": 0, "spent_impressions": 0, "spent_clicks": 0,
        "spent_total": 0,
    }  # fmt: skip
    assert (await ads.get(f"{path}/daily")).json() == []


@pytest.mark.parametrize(("price", "count", "exactly"), [
    ("0.1", 1_000_000, "100000.0"),
    ("4.714285714285714285714285714285714285714", 1_000_000, "4714285.714285714285714285714285714285714"),
    ("9007199254740992", 10**6, "9007199254740992000000"),
])  # fmt: skip
def test_a_million_events_are_summed_exactly(price: str, count: int, exactly: str) -> None:
    one = Price(Decimal(price))
    assert total([(one, 1)] * 10 + [(one, count - 10)]) == Decimal(exactly)
