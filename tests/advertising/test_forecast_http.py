"""Forecasts over REST and in the editor, from impressions that were really counted."""

from uuid import UUID, uuid4

import httpx
import pytest
from litestar import Litestar
from sqlalchemy import select, text

from lyceum.advertising.adapters.forecasting import overlap, seen
from lyceum.advertising.adapters.learners import forget
from lyceum.advertising.adapters.tables import unserved
from lyceum.advertising.adapters.unserved import Unserved
from lyceum.advertising.domain.campaigns import ANYBODY, Audience, Targeting
from lyceum.platform.database import Database, SqlTransaction
from tests.advertising.platform import Platform, a_client, terms

NOTHING = {"impressions_count": 0, "clicks_count": 0, "spent_total": 0, "matched_count": 0, "sampled_count": 0}


def plan(**changes: object) -> dict[str, object]:
    made = terms(**changes)
    return {name: value for name, value in made.items() if name not in ("ad_title", "ad_text")}


async def told(ads: Platform, advertiser: str, **changes: object) -> dict[str, object]:
    answer = await ads.post(f"/advertisers/{advertiser}/forecast", plan(**changes))
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_without_traffic_it_says_so(ads: Platform) -> None:
    found = await told(ads, await ads.advertiser())
    assert found["is_known"] is False
    assert {name: found[name] for name in NOTHING} == NOTHING


async def test_only_the_impressions_of_those_who_meet_the_targeting_count(ads: Platform) -> None:
    advertiser = await ads.advertiser()
    clients = [a_client(age=15 + number % 4, location="Казань" if number % 2 else "Пермь") for number in range(12)]
    ids = await ads.clients(*clients)
    shown = await ads.campaign(advertiser)
    for id in ids:
        assert (await ads.ad(id)).status_code == 200
    for id in ids[:3]:
        await ads.click(shown, id)
    await ads.campaign(await ads.advertiser(), targeting={"location": "Москва"})
    everybody = await told(ads, advertiser, start_date=0, end_date=0)
    assert (everybody["sampled_count"], everybody["matched_count"], everybody["rivals_count"]) == (12, 12, 2)
    assert (everybody["reach"], everybody["bound"]) == (12, "rivals")
    assert everybody["impressions_count"] == 4
    some = await told(ads, advertiser, targeting={"location": "Казань", "age_from": 16}, end_date=0)
    matching = [it for it in clients if it["location"] == "Казань" and int(str(it["age"])) >= 16]
    assert (some["matched_count"], some["rivals_count"]) == (len(matching), 1)
    nobody = await told(ads, advertiser, targeting={"gender": "MALE"}, end_date=0)
    assert (nobody["matched_count"], nobody["reach"], nobody["impressions_count"]) == (0, 0, 0)
    later = await told(ads, advertiser, start_date=31, end_date=33)
    assert (later["rivals_count"], later["days"]) == (0, 3)


async def test_impressions_older_than_a_week_are_not_looked_at(ads: Platform) -> None:
    advertiser = await ads.advertiser()
    client = await ads.client()
    await ads.campaign(advertiser)
    await ads.ad(client)
    await ads.day(6)
    assert (await told(ads, advertiser, start_date=6))["sampled_count"] == 1
    await ads.day(7)
    assert (await told(ads, advertiser, start_date=7))["is_known"] is False


async def written(ads: Platform) -> None:
    """What the process gathered is in the database, as it would be in a few seconds."""
    transport = ads.http._transport
    assert isinstance(transport, httpx.ASGITransport)
    app = transport.app
    assert isinstance(app, Litestar)
    await (await app.state.dishka_container.get(Unserved)).write()


async def test_people_for_whom_there_was_no_ad_are_expected_to_come_again(ads: Platform) -> None:
    advertiser = await ads.advertiser()
    ids = await ads.clients(*[a_client(age=15 + number % 2) for number in range(8)])
    for id in ids:
        assert (await ads.ad(id)).status_code == 404
    await ads.ad(ids[0])
    await ads.get("/ads", client_id=uuid4())
    await written(ads)
    found = await told(ads, advertiser, end_date=6)
    assert (found["is_known"], found["sampled_count"], found["unserved_count"]) == (True, 0, 8)
    assert (found["reach"], found["impressions_count"], found["bound"]) == (8, 8, "people")
    young = await told(ads, advertiser, end_date=6, targeting={"age_to": 15})
    assert (young["unserved_count"], young["impressions_count"]) == (4, 4)
    await ads.campaign(await ads.advertiser())
    for id in ids[:2]:
        assert (await ads.ad(id)).status_code == 200
    found = await told(ads, advertiser, end_date=0)
    assert (found["unserved_count"], found["reach"]) == (8, 2), "two and six sevenths: nobody counts twice"
    await ads.day(7)
    assert (await told(ads, advertiser, start_date=7, end_date=13))["unserved_count"] == 0


async def test_who_is_no_client_any_more_is_not_expected(ads: Platform, database: Database) -> None:
    (client,) = await ads.clients(a_client())
    await ads.ad(client)
    await written(ads)
    transaction = SqlTransaction(database)
    async with transaction:
        await forget(transaction, [UUID(client)])
    async with database.read() as connection:
        assert (await connection.execute(select(unserved))).all() == []
    assert (await told(ads, await ads.advertiser()))["is_known"] is False


async def test_it_takes_what_a_campaign_takes(ads: Platform) -> None:
    advertiser = await ads.advertiser()
    address = f"/advertisers/{advertiser}/forecast"
    for body in ({}, [], None, plan(end_date=-1), plan(start_date=9, end_date=3), plan(cost_per_click="x"),
                 plan(targeting={"age_from": 9, "age_to": 3}), plan(impressions_limit=2**60)):  # fmt: skip
        answer = await ads.post(address, body)
        assert (answer.status_code, answer.json()["code"]) == (400, "advertising.validation_failed"), body
    assert (await ads.post(f"/advertisers/{uuid4()}/forecast", plan())).status_code == 404
    assert (await ads.post("/advertisers/x/forecast", plan())).status_code == 400
    assert (await told(ads, advertiser, ad_title="x", something="else"))["is_known"] is False
    kept = await ads.get(f"/advertisers/{advertiser}/campaigns")
    assert kept.json() == []


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (ANYBODY, ANYBODY, True),
        (Targeting(gender=Audience.MALE), Targeting(gender=Audience.FEMALE), False),
        (Targeting(gender=Audience.MALE), Targeting(gender=Audience.ALL), True),
        (Targeting(age_from=14, age_to=16), Targeting(age_from=16), True),
        (Targeting(age_to=13), Targeting(age_from=14), False),
        (Targeting(location="Казань"), Targeting(location="Казань "), True),
        (Targeting(location="Казань"), Targeting(location="казань"), False),
        (Targeting(location="Казань"), ANYBODY, True),
    ],
)
def test_campaigns_are_rivals_when_somebody_can_meet_both(one: Targeting, other: Targeting, expected: bool) -> None:
    assert overlap(one, other) is expected
    assert overlap(other, one) is expected


async def test_the_latest_impressions_are_found_by_their_index(database: Database) -> None:
    """A forecast that read all impressions would cost more with every day that the platform runs."""
    query = seen(ANYBODY, 0, 7)
    async with database.read() as connection:
        told = str(query.compile(connection.engine, compile_kwargs={"literal_binds": True}))
        if database.is_sqlite:
            plan = "\n".join(str(row) for row in await connection.execute(text(f"EXPLAIN QUERY PLAN {told}")))
        else:
            # An empty table is read whole by a plan of any sense, so that is forbidden here.
            await connection.execute(text("SET enable_seqscan = off"))
            plan = "\n".join(row[0] for row in await connection.execute(text(f"EXPLAIN {told}")))
            await connection.execute(text("RESET enable_seqscan"))
    assert "ix_advertising_views_at" in plan, plan


def test_the_statement_reads_no_more_than_the_sample() -> None:
    assert "LIMIT" in str(select(seen(ANYBODY, 0, 7).subquery()))
