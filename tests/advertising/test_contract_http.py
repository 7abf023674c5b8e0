"""The contract, row by row, as its clients call it."""

import json
from decimal import Decimal
from uuid import uuid4

import httpx

from tests.advertising.platform import Platform, a_client, an_advertiser, terms

NOBODY = str(uuid4())


def refused(answer: httpx.Response, status: int, *words: str) -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == status
    for word in words:
        assert word in body["detail"], body["detail"]


async def test_clients_are_kept_in_their_order_and_replaced_by_id(ads: Platform) -> None:
    first, second = a_client(login="b", extra={"x": 1}), a_client(login="a", location=" Дубна ")
    answer = await ads.post("/clients/bulk", [first, second])
    assert answer.status_code == 201
    first.pop("extra")
    assert answer.json() == [first, second]
    await ads.clients({**first, "age": 18})
    assert (await ads.get(f"/clients/{first['client_id']}")).json() == {**first, "age": 18}
    assert (await ads.post("/clients/bulk", [])).json() == []
    assert (await ads.post("/clients/bulk", [])).status_code == 201


async def test_a_list_with_one_bad_client_keeps_none(ads: Platform) -> None:
    good = a_client()
    refused(await ads.post("/clients/bulk", [good, a_client(age=201)]), 400, "Validation failed:", "1/age")
    refused(await ads.get(f"/clients/{good['client_id']}"), 404)


async def test_the_same_id_twice_in_a_list_conflicts_and_keeps_none(ads: Platform) -> None:
    client, advertiser = a_client(), an_advertiser()
    refused(await ads.post("/clients/bulk", [client, client]), 409, "conflicts with existing resource")
    refused(await ads.get(f"/clients/{client['client_id']}"), 404)
    refused(await ads.post("/advertisers/bulk", [advertiser, advertiser]), 409, "conflicts with existing resource")
    refused(await ads.get(f"/advertisers/{advertiser['advertiser_id']}"), 404)


WRONG_CLIENT: list[tuple[str, object]] = [
        ("client_id", "not-a-uuid"), ("client_id", 7), ("client_id", None), ("login", ""), ("login", "  "),
        ("login", 5), ("login", "a\x00b"), ("login", "a\nb"), ("login", "x" * 1_000_000), ("age", -1), ("age", 201),
        ("age", "18"), ("age", 17.5), ("age", True), ("age", None), ("age", 10**30), ("location", "\t"),
        ("location", None), ("gender", "male"), ("gender", "ALL"), ("gender", None), ("gender", ["MALE"]),
]  # fmt: skip


async def test_a_wrong_field_of_a_client_is_named(ads: Platform) -> None:
    for field, value in WRONG_CLIENT:
        refused(await ads.post("/clients/bulk", [a_client(**{field: value})]), 400, "Validation failed:", field)
    for field in ("client_id", "login", "age", "location", "gender"):
        client = a_client()
        del client[field]
        refused(await ads.post("/clients/bulk", [client]), 400, f"{field} is required")


BROKEN = [
    "", "{", "nul", "[1,", '"text"', "7", "{}", "null", "[1]", "[[]]", "[null]", b"\xff\xfe", "[" * 100_000,
    '[{"client_id": "a", "client_id": "b"}]', "[" + "9" * 5000 + "]",
]  # fmt: skip


async def test_what_is_no_list_of_objects_is_refused(ads: Platform) -> None:
    for path in ("/clients/bulk", "/advertisers/bulk", "/ml-scores/bulk"):
        for body in BROKEN:
            refused(await ads.raw("POST", path, body), 400, "Validation failed:")


async def test_advertisers_are_kept_and_read(ads: Platform) -> None:
    advertiser = an_advertiser()
    answer = await ads.post("/advertisers/bulk", [advertiser])
    assert (answer.status_code, answer.json()) == (201, [advertiser])
    renamed = {**advertiser, "name": "Новая"}
    await ads.post("/advertisers/bulk", [renamed])
    assert (await ads.get(f"/advertisers/{advertiser['advertiser_id']}")).json() == renamed
    refused(await ads.get(f"/advertisers/{NOBODY}"), 404)
    refused(await ads.get("/advertisers/x"), 400, "Validation failed:")
    refused(await ads.get("/clients/x"), 400, "Validation failed:")
    refused(await ads.get(f"/clients/{NOBODY}"), 404)
    assert (await ads.post("/advertisers/bulk", [])).json() == []
    refused(await ads.post("/advertisers/bulk", [{**advertiser, "name": " "}]), 400, "name")


async def test_scores_are_upserted_and_need_both_sides(ads: Platform) -> None:
    client, advertiser = await ads.client(), await ads.advertiser()
    pair = {"client_id": client, "advertiser_id": advertiser}
    for score in (5, -(2**53), 2**53, 0):
        answer = await ads.post("/ml-scores", {**pair, "score": score})
        assert (answer.status_code, answer.json()) == (200, {"status": "ok", "score": score})
    refused(await ads.post("/ml-scores", {**pair, "client_id": NOBODY, "score": 1}), 404, "client")
    refused(await ads.post("/ml-scores", {**pair, "advertiser_id": NOBODY, "score": 1}), 404, "advertiser")
    for wrong in ("1", 1.5, None, True, 2**53 + 1):
        refused(await ads.post("/ml-scores", {**pair, "score": wrong}), 400, "score")
    refused(await ads.post("/ml-scores", pair), 400, "score is required")
    answer = await ads.post("/ml-scores/bulk", [{**pair, "score": 9}])
    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "count": 1})
    unknown = {**pair, "client_id": NOBODY, "score": 9}
    refused(await ads.post("/ml-scores/bulk", [{**pair, "score": 8}, unknown]), 404)
    refused(await ads.post("/ml-scores/bulk", [{**pair, "score": 8}, {**pair, "score": 9}]), 409)
    assert (await ads.post("/ml-scores/bulk", [])).status_code == 200


async def test_a_campaign_is_made_read_changed_and_deleted(ads: Platform) -> None:
    advertiser = await ads.advertiser()
    path = f"/advertisers/{advertiser}/campaigns"
    answer = await ads.post(path, {**terms(), "unknown": 1})
    assert answer.status_code == 201, answer.text
    made = answer.json()
    nothing = {"gender": None, "age_from": None, "age_to": None, "location": None}
    assert made == {
        **terms(), "campaign_id": made["campaign_id"], "advertiser_id": advertiser, "targeting": nothing,
        "image_uri": None,
    }  # fmt: skip
    one = f"{path}/{made['campaign_id']}"
    assert (await ads.get(one)).json() == made
    answer = await ads.put(one, {"ad_title": "Другой", "cost_per_click": 4, "targeting": {"age_from": 10}})
    changed = {**made, "ad_title": "Другой", "cost_per_click": 4, "targeting": {**nothing, "age_from": 10}}
    assert (answer.status_code, answer.json()) == (200, changed)
    assert (await ads.put(one, {})).json() == changed
    assert (await ads.put(one, {"targeting": {}})).json()["targeting"] == nothing
    answer = await ads.delete(one)
    assert (answer.status_code, answer.content) == (204, b"")
    for again in (await ads.get(one), await ads.put(one, {}), await ads.delete(one)):
        refused(again, 404)
    assert (await ads.get(path)).json() == []


PRICES = (
    "4.714285714285714", "0.1", "33.333333333333333333333333333333333333", "0", "0.0", "100", "1e2", "-0.0",
     "9007199254740992", "0.0000000000000000000000000000000000000001", "10.50",
)  # fmt: skip


async def test_a_price_is_told_as_it_was_given_to_the_last_digit(ads: Platform) -> None:
    advertiser = await ads.advertiser()
    for written in PRICES:
        await a_price_is_told(ads, advertiser, written)


async def a_price_is_told(ads: Platform, advertiser: str, written: str) -> None:
    body = json.dumps(terms(cost_per_impression="PRICE", cost_per_click="PRICE")).replace('"PRICE"', written)
    answer = await ads.raw("POST", f"/advertisers/{advertiser}/campaigns", body)
    assert answer.status_code == 201, answer.text
    told = json.loads(answer.text, parse_float=Decimal, parse_int=Decimal)
    assert told["cost_per_impression"] == Decimal(written)
    path = f"/advertisers/{advertiser}/campaigns/{told['campaign_id']}"
    again = json.loads((await ads.get(path)).text, parse_float=Decimal, parse_int=Decimal)
    assert again["cost_per_click"] == Decimal(written)


NO_PRICES = ("NaN", "Infinity", "-Infinity", "1e999", "-0.01", '"1"', "9007199254740993",
                                    "1e-41", "null", "true", "[]", "1e99999999999999999999", "0x10", "01")  # fmt: skip


async def test_a_number_that_is_no_price_is_refused(ads: Platform) -> None:
    advertiser = await ads.advertiser()
    for number in NO_PRICES:
        body = json.dumps(terms(cost_per_impression="PRICE")).replace('"PRICE"', number)
        refused(await ads.raw("POST", f"/advertisers/{advertiser}/campaigns", body), 400, "Validation failed:")


WRONG_TERMS: list[tuple[str, object]] = [
        ("impressions_limit", -1), ("impressions_limit", 1.5), ("impressions_limit", 2**53 + 1), ("clicks_limit", "1"),
        ("clicks_limit", None), ("ad_title", " "), ("ad_title", "x" * 1_000_000), ("ad_text", ""), ("ad_text", "a\x07"),
        ("ad_text", 5), ("start_date", -1), ("start_date", None), ("end_date", 1.5), ("end_date", "tomorrow"),
        ("targeting", []), ("targeting", "ALL"), ("targeting", {"gender": "male"}), ("targeting", {"age_from": -1}),
        ("targeting", {"age_to": 201}), ("targeting", {"age_from": 20, "age_to": 19}), ("targeting", {"location": ""}),
        ("targeting", {"location": 5}), ("targeting", {"age_from": "5"}),
]  # fmt: skip


async def test_a_wrong_field_of_a_campaign_is_named_and_changes_nothing(ads: Platform) -> None:
    advertiser = await ads.advertiser()
    path = f"/advertisers/{advertiser}/campaigns"
    one = f"{path}/{await ads.campaign(advertiser, start_date=5)}"
    before = (await ads.get(one)).json()
    for field, value in WRONG_TERMS:
        refused(await ads.post(path, terms(**{field: value})), 400, "Validation failed:", field)
        refused(await ads.put(one, {"ad_title": "Новый", field: value}), 400, "Validation failed:", field)
        assert (await ads.get(one)).json() == before


async def test_days_run_forward_and_do_not_begin_in_the_past(ads: Platform) -> None:
    advertiser = await ads.advertiser()
    path = f"/advertisers/{advertiser}/campaigns"
    await ads.day(5)
    refused(await ads.post(path, terms(start_date=4)), 400, "start_date", "5")
    refused(await ads.post(path, terms(start_date=9, end_date=8)), 400, "end_date")
    one = f"{path}/{await ads.campaign(advertiser, start_date=9, end_date=9)}"
    refused(await ads.put(one, {"start_date": 4}), 400, "start_date")
    refused(await ads.put(one, {"end_date": 8}), 400, "end_date")
    assert (await ads.put(one, {"start_date": 6, "impressions_limit": 3, "clicks_limit": 0})).status_code == 200


async def test_what_is_frozen_after_the_start_may_be_sent_only_as_it_is(ads: Platform) -> None:
    advertiser = await ads.advertiser()
    one = f"/advertisers/{advertiser}/campaigns/{await ads.campaign(advertiser, start_date=1, end_date=9)}"
    for day in (1, 50):
        await ads.day(day)
        for field in ("impressions_limit", "clicks_limit", "start_date", "end_date"):
            present = (await ads.get(one)).json()[field]
            refused(await ads.put(one, {field: present + 1}), 400, field, "cannot be changed after campaign start")
            assert (await ads.put(one, {field: present, "ad_text": "Иначе"})).status_code == 200


async def test_pages_of_campaigns_are_in_the_order_of_creation(ads: Platform) -> None:
    advertiser = await ads.advertiser()
    path = f"/advertisers/{advertiser}/campaigns"
    made = [await ads.campaign(advertiser, ad_title=str(number)) for number in range(12)]

    async def page(**query: int) -> list[str]:
        answer = await ads.get(path, **query)
        assert (answer.status_code, answer.headers["x-total-count"]) == (200, "12"), answer.text
        return [campaign["campaign_id"] for campaign in answer.json()]

    assert await page() == made[:10]
    assert await page(page=1) == made[10:]
    assert await page(size=5, page=1) == made[5:10]
    assert await page(size=0) == []
    assert await page(size=5, page=9) == []
    for query in ({"size": -1}, {"page": -1}, {"size": "x"}, {"page": "x"}, {"size": 1.5}):
        refused(await ads.get(path, **query), 400, "Validation failed:")
    refused(await ads.get(f"/advertisers/{NOBODY}/campaigns"), 404)


async def test_a_campaign_of_another_advertiser_is_not_found(ads: Platform) -> None:
    own, other = await ads.advertiser(), await ads.advertiser()
    foreign = f"/advertisers/{other}/campaigns/{await ads.campaign(own)}"
    for answer in (await ads.get(foreign), await ads.put(foreign, {}), await ads.delete(foreign)):
        refused(answer, 404)
    refused(await ads.post(f"/advertisers/{NOBODY}/campaigns", terms()), 404)
    refused(await ads.post("/advertisers/x/campaigns", terms()), 400)
    refused(await ads.get(f"/advertisers/{own}/campaigns/x"), 400)


async def test_an_ad_is_shown_clicked_and_counted(ads: Platform) -> None:
    client, advertiser = await ads.client(), await ads.advertiser()
    campaign = await ads.campaign(advertiser, cost_per_impression=0.1, cost_per_click=0.2)
    refused(await ads.click(campaign, client), 403)
    answer = await ads.ad(client)
    assert answer.status_code == 200
    assert answer.json() == {
        "ad_id": campaign, "ad_title": "Курс", "ad_text": "Учитесь весело.", "advertiser_id": advertiser,
    }  # fmt: skip
    for _ in range(2):
        clicked = await ads.click(campaign, client)
        assert (clicked.status_code, clicked.content) == (204, b"")
    assert await ads.stats(campaign) == {
        "impressions_count": 1, "clicks_count": 1, "conversion": 100.0, "spent_impressions": 0.1,
        "spent_clicks": 0.2, "spent_total": 0.3,
    }  # fmt: skip
    refused(await ads.ad(client), 404)


async def test_asking_for_ads_wrongly(ads: Platform) -> None:
    client, campaign = await ads.client(), await ads.campaign(await ads.advertiser())
    refused(await ads.get("/ads"), 400, "client_id")
    refused(await ads.get("/ads", client_id="x"), 400, "client_id")
    refused(await ads.get("/ads", client_id=NOBODY), 404, "client")
    refused(await ads.click("x", client), 400)
    refused(await ads.click(NOBODY, client), 404)
    refused(await ads.click(campaign, NOBODY), 404)
    refused(await ads.post(f"/ads/{campaign}/click", {}), 400, "client_id is required")
    refused(await ads.raw("POST", f"/ads/{campaign}/click", ""), 400)


async def test_unknown_numbers_are_not_found(ads: Platform) -> None:
    for path in (f"/stats/campaigns/{NOBODY}", f"/stats/advertisers/{NOBODY}/campaigns"):
        for rest in ("", "/daily"):
            refused(await ads.get(path + rest), 404)
    refused(await ads.get("/stats/campaigns/x"), 400)
    campaign = await ads.campaign(await ads.advertiser())
    assert (await ads.get(f"/stats/campaigns/{campaign}/daily")).json() == []
    refused(await ads.get(f"/stats/campaigns/{campaign}/daily", date_from="x"), 400)
    assert (await ads.stats(campaign))["conversion"] == 0


async def test_the_day_is_set_and_told(ads: Platform) -> None:
    assert (await ads.get("/ping")).json() == {"status": "ok", "current_date": 0}
    for day in (3, 3, 7):
        answer = await ads.post("/time/advance", {"current_date": day})
        assert (answer.status_code, answer.json()) == (200, {"current_date": day})
        assert (await ads.get("/ping")).json()["current_date"] == day
    for body in ({"current_date": -1}, {"current_date": "8"}, {"current_date": 8.5}, {}, [], {"current_date": None}):
        refused(await ads.post("/time/advance", body), 400, "Validation failed:")


async def test_moderation_is_off_until_it_is_switched_on(ads: Platform) -> None:
    advertiser = await ads.advertiser()
    path = f"/advertisers/{advertiser}/campaigns"
    assert (await ads.put("/profanity/blacklist", ["рак", "scam"])).status_code == 204
    assert (await ads.get("/profanity/enabled")).json() == {"is_enabled": False}
    one = f"{path}/{await ads.campaign(advertiser, ad_text='Это scam')}"
    assert (await ads.put("/profanity/enable")).status_code == 204
    assert (await ads.get("/profanity/enabled")).json() == {"is_enabled": True}
    answer = await ads.post(path, terms(ad_text="Это scam!"))
    refused(answer, 400, "Profanity:", "scam")
    assert answer.json()["code"] == "advertising.forbidden_words"
    refused(await ads.put(one, {"ad_title": "Рак"}), 400, "Profanity:", "рак")
    assert (await ads.get(one)).json()["ad_title"] == "Курс"
    assert (await ads.post(path, terms(ad_text="Сильный характер"))).status_code == 201
    assert (await ads.put("/profanity/blacklist", [])).status_code == 204
    assert (await ads.post(path, terms(ad_text="scam"))).status_code == 201
    assert (await ads.put("/profanity/disable")).status_code == 204
    for body in ({}, "x", [1], [""], [None]):
        refused(await ads.put("/profanity/blacklist", body), 400, "Validation failed:")


async def test_refusals_are_told_in_russian_to_those_who_ask(ads: Platform) -> None:
    ads.http.headers["Accept-Language"] = "ru"
    refused(await ads.post("/clients/bulk", [a_client(age=None)]), 400, "Запрос не принят", "обязательно")
    ads.http.headers["Accept-Language"] = "en"
    refused(await ads.post("/clients/bulk", [a_client(age=None)]), 400, "Validation failed", "is required")
