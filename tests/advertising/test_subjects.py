"""Sponsors say what their ads are about, over REST and on the advertiser's page."""

import re
from uuid import uuid4

import httpx

from tests.accounts.callers import submit
from tests.advertising.platform import Platform, an_advertiser
from tests.advertising.test_sponsor_pages import an_advertiser as made_on_the_page
from tests.advertising.test_sponsor_pages import plain, sponsor

__all__ = ["sponsor"]


async def test_subjects_are_declared_kept_and_taken_back(ads: Platform) -> None:
    made = an_advertiser()
    assert (await ads.post("/advertisers/bulk", [made])).status_code == 201
    path = f"/advertisers/{made['advertiser_id']}"
    assert (await ads.get(f"{path}/subjects")).json() == {"subjects": []}
    answer = await ads.put(f"{path}/subjects", {"subjects": ["physics", "russian", "physics"], "more": 1})
    assert (answer.status_code, answer.json()) == (200, {"subjects": ["russian", "physics"]})
    assert (await ads.get(path)).json() == made, "the contract's answer is as it was"
    assert (await ads.post("/advertisers/bulk", [{**made, "name": "Другое"}])).status_code == 201
    assert (await ads.get(f"{path}/subjects")).json() == {"subjects": ["russian", "physics"]}
    assert (await ads.put(f"{path}/subjects", {"subjects": []})).json() == {"subjects": []}
    assert (await ads.get(f"{path}/subjects")).json() == {"subjects": []}


async def test_what_is_no_subject_is_refused_by_its_place(ads: Platform) -> None:
    path = f"/advertisers/{await ads.advertiser()}/subjects"
    for body, place, code in (
        ({}, "subjects", "missing"),
        ({"subjects": "physics"}, "subjects", "not_a_list"),
        ({"subjects": ["physics", "alchemy"]}, "subjects/1", "no_subject"),
        ({"subjects": [{"id": "physics"}]}, "subjects/0", "no_subject"),
        ({"subjects": [None]}, "subjects/0", "no_subject"),
        ([], "body", "not_an_object"),
    ):
        answer = await ads.put(path, body)
        assert answer.status_code == 400, answer.text
        first = answer.json()["errors"][0]
        assert (first["loc"], first["code"]) == (place, code)
    assert (await ads.get(path)).json() == {"subjects": []}
    assert (await ads.put(f"/advertisers/{uuid4()}/subjects", {"subjects": []})).status_code == 404


async def test_subjects_are_ticked_on_the_page_of_the_advertiser(sponsor: httpx.AsyncClient) -> None:
    here = (await made_on_the_page(sponsor)).removesuffix("/new")

    async def ticked() -> set[str]:
        page = (await sponsor.get(here)).text
        return set(re.findall(r'name="subjects" value="([a-z_]+)" checked', page))

    assert await ticked() == set()
    token = re.search(r'name="csrf_token" value="([^"]+)"', (await sponsor.get(here)).text)
    assert token
    sent = await sponsor.post(f"{here}/subjects", data={"csrf_token": token[1], "subjects": ["physics", "chemistry"]})
    assert sent.status_code == 303
    assert "Предметы сохранены" in plain((await sponsor.get(sent.headers["location"])).text)
    assert await ticked() == {"physics", "chemistry"}
    refused = await submit(sponsor, f"{here}/subjects", here, subjects="alchemy")
    assert refused.status_code == 400
    assert "Одного из предметов больше нет" in plain(refused.text)
    assert await ticked() == {"physics", "chemistry"}
    assert (await submit(sponsor, f"{here}/subjects", here)).status_code == 303
    assert await ticked() == set()
