"""Operators' pages of advertising: the switch, the words, a text to try, campaigns, advertisers, the day."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest

from lyceum.accounts.api import Role
from lyceum.main.container import make_container
from lyceum.platform.database import Database
from lyceum.platform.settings import Settings
from tests.accounts.callers import MASHA, a_user, bearer, form_token, sign_in_page, submit
from tests.accounts.conftest import CHEAP_PASSWORDS
from tests.advertising.platform import terms
from tests.apps import an_app, running

HOME = "/operator/advertising"
API = "/api/advertising"


@pytest.fixture
async def operator(settings: Settings, database: Database) -> AsyncIterator[httpx.AsyncClient]:
    app = an_app(settings, make_container(settings, CHEAP_PASSWORDS))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=("127.0.0.1", 50_000))
    async with running(app), httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
        client.headers["Accept-Language"] = "ru"
        container = app.state.dishka_container
        await a_user(container, MASHA, Role.OPERATOR)
        await a_user(container, "sponsor@example.org")
        await sign_in_page(client)
        yield client


async def a_sponsor(operator: httpx.AsyncClient) -> tuple[str, dict[str, str]]:
    """An advertiser, and the headers of its owner."""
    headers = await bearer(operator, "sponsor@example.org")
    made = await operator.post(f"{API}/sponsors", json={"name": "Школа «Интеграл»"}, headers=headers)
    assert made.status_code == 201, made.text
    return made.json()["advertiser_id"], await bearer(operator, "sponsor@example.org")


async def a_campaign(operator: httpx.AsyncClient, advertiser: str, headers: dict[str, str], **changes: object) -> str:
    address = f"{API}/advertisers/{advertiser}/campaigns"
    made = await operator.post(address, json=terms(**changes), headers=headers)
    assert made.status_code == 201, made.text
    return str(made.json()["campaign_id"])


async def page(operator: httpx.AsyncClient, path: str = HOME) -> str:
    answer = await operator.get(path)
    assert answer.status_code == 200, answer.text
    return answer.text.replace("\u00a0", " ").replace("\u202f", " ")


def listed(text: str) -> list[str]:
    return re.findall(r'name="remove" value="([^"]+)"', text)


async def test_words_are_added_tried_and_allowed_again(operator: httpx.AsyncClient) -> None:
    assert (await submit(operator, f"{HOME}/words", HOME, words="казино, ставки\n скам \n\nказино")).status_code == 303
    assert listed(await page(operator)) == ["казино", "ставки", "скам"]
    assert (await submit(operator, f"{HOME}/words", HOME, words="рак")).status_code == 303
    assert (await submit(operator, f"{HOME}/words", HOME, remove="ставки")).status_code == 303
    assert listed(await page(operator)) == ["казино", "скам", "рак"]
    assert (await submit(operator, f"{HOME}/words", HOME, remove="нет такого")).status_code == 303
    assert listed(await page(operator)) == ["казино", "скам", "рак"]
    sought = await page(operator, f"{HOME}?seek=АЗИ")
    assert listed(sought) == ["казино"]


async def test_a_text_is_tried_and_what_is_caught_is_shown_with_its_disguise(operator: httpx.AsyncClient) -> None:
    await submit(operator, f"{HOME}/words", HOME, words="казино\nставки\nрак")
    text = "Играйте в к а з и н о, делайте ставками погоду: рак; характер."
    answer = await submit(operator, f"{HOME}/try", HOME, text=text)
    assert answer.status_code == 200
    found = answer.text.replace("\u00a0", " ")
    caught = re.findall(r'<b class="fw-semi">([^<]+)</b>: <mark class="sp-mark">([^<]+)</mark>, ([^<]+)</li>', found)
    assert caught == [
        ("казино", "к а з и н о", "замаскированное слово"),
        ("ставки", "ставками", "форма слова"),
        ("рак", "рак", "само слово"),
    ]
    assert "Модерация выключена" in found
    token = form_token(answer.text)
    sent = {"text": "Всё чисто: характер", "csrf_token": token}
    part = await operator.post(f"{HOME}/try", data=sent, headers={"HX-Request": "true"})
    assert "<html" not in part.text
    assert "Слов из списка нет" in part.text.replace("\u00a0", " ")


@pytest.mark.parametrize("words", ["x" * 201, "a\x00b", "a\ud800b".encode("utf-8", "replace").decode() + "\x01"])
async def test_words_that_are_none_change_nothing_and_stay_in_the_form(operator: httpx.AsyncClient, words: str) -> None:
    await submit(operator, f"{HOME}/words", HOME, words="казино")
    answer = await submit(operator, f"{HOME}/words", HOME, words=words)
    assert answer.status_code == 400
    assert "Ничего не изменено" in answer.text.replace("\u00a0", " ")
    assert listed(await page(operator)) == ["казино"]


async def test_no_word_is_lost_when_operators_add_at_once(operator: httpx.AsyncClient) -> None:
    token = form_token((await operator.get(HOME)).text)
    words = [f"слово{number:02}" for number in range(12)]
    answers = await asyncio.gather(
        *(operator.post(f"{HOME}/words", data={"words": word, "csrf_token": token}) for word in words)
    )
    assert {answer.status_code for answer in answers} == {303}
    assert sorted(listed(await page(operator))) == words


async def test_moderation_is_switched_on_and_off(operator: httpx.AsyncClient) -> None:
    assert "Включить" in await page(operator)
    await submit(operator, f"{HOME}/moderation", HOME, enabled="1")
    assert "Выключить" in await page(operator)
    await submit(operator, f"{HOME}/moderation", HOME, enabled="0")
    assert "Включить" in await page(operator)


async def test_ads_that_hold_words_forbidden_since_are_found_and_taken_away(operator: httpx.AsyncClient) -> None:
    advertiser, headers = await a_sponsor(operator)
    clean = await a_campaign(operator, advertiser, headers, ad_title="Курс химии")
    dirty = await a_campaign(operator, advertiser, headers, ad_title="Лучшее ка3ино")
    await submit(operator, f"{HOME}/words", HOME, words="казино")
    every = await page(operator, f"{HOME}/campaigns")
    assert every.index(dirty) < every.index(clean)
    change = {"ad_title": "Курс химии и физики"}
    address = f"{API}/advertisers/{advertiser}/campaigns/{clean}"
    assert (await operator.put(address, json=change, headers=headers)).status_code == 200
    every = await page(operator, f"{HOME}/campaigns")
    assert every.index(clean) < every.index(dirty)
    only = await page(operator, f"{HOME}/campaigns?only=words")
    assert dirty in only
    assert clean not in only
    for _ in range(2):
        delete = f"{HOME}/campaigns/{advertiser}/{dirty}/delete"
        assert (await submit(operator, delete, f"{HOME}/campaigns")).status_code == 303
    assert dirty not in await page(operator, f"{HOME}/campaigns")
    assert "Запрещённых слов нет" in await page(operator, f"{HOME}/campaigns?only=words")


async def test_campaigns_and_advertisers_are_read_page_by_page(operator: httpx.AsyncClient) -> None:
    advertiser, headers = await a_sponsor(operator)
    for number in range(33):
        await a_campaign(operator, advertiser, headers, ad_title=f"Кампания №{number:02}")
        body = [{"advertiser_id": f"00000000-0000-4000-8000-0000000000{number:02}", "name": "Та же"}]
        headers_of_operator = await bearer(operator) if number == 0 else headers_of_operator  # noqa: F821
        await operator.post(f"{API}/advertisers/bulk", json=body, headers=headers_of_operator)
    seen: list[str] = []
    path: str | None = f"{HOME}/campaigns"
    while path:
        text = await page(operator, path)
        seen += re.findall(r"Кампания №(\d\d)</a>", text)
        found = re.search(r'href="([^"]+)" rel="next"', text)
        path = found[1].replace("&amp;", "&") if found else None
    assert seen == [f"{number:02}" for number in reversed(range(33))]
    first = await page(operator, f"{HOME}/advertisers")
    found = re.search(r'href="([^"]+)" rel="next"', first)
    assert found
    second = await page(operator, found[1])
    shown = re.findall(r'<th scope="row" class="sp-title"><a href="/sponsor/([^"]+)"', first + second)
    assert len(shown) == len(set(shown)) == 34
    assert "sponsor@example.org" in first + second
    for path in (f"{HOME}/campaigns?cursor=x", f"{HOME}/advertisers?cursor=WzEsMl0"):
        assert (await operator.get(path)).status_code == 422


async def test_the_day_is_set_where_it_is_set_by_hand(operator: httpx.AsyncClient) -> None:
    assert (await submit(operator, f"{HOME}/day", HOME, day="12")).status_code == 303
    assert 'name="day" type="text" value="13"' in await page(operator)
    for day in ("11", "", "завтра", "-1", "1e3", "9" * 40):
        answer = await submit(operator, f"{HOME}/day", HOME, day=day)
        assert answer.status_code == 400, day
    assert 'name="day" type="text" value="13"' in await page(operator)


async def test_the_day_of_the_calendar_cannot_be_set(settings: Settings, database: Database) -> None:
    changed = replace(settings, advertising_clock="calendar")
    app = an_app(changed, make_container(changed, CHEAP_PASSWORDS))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=("127.0.0.1", 50_000))
    async with running(app), httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
        await a_user(app.state.dishka_container, MASHA, Role.OPERATOR)
        await sign_in_page(client)
        home = (await client.get(HOME)).text
        assert 'name="day"' not in home
        refused = await client.post(f"{HOME}/day", data={"day": "99999", "csrf_token": form_token(home)})
        assert refused.status_code == 409


async def test_sponsors_see_none_of_it_and_forms_need_their_token(operator: httpx.AsyncClient) -> None:
    token = form_token((await operator.get(HOME)).text)
    assert (await operator.post(f"{HOME}/words", data={"words": "x", "csrf_token": "no"})).status_code == 403
    assert (await operator.post(f"{HOME}/words", data={"words": "x"})).status_code == 403
    operator.cookies.clear()
    await a_sponsor(operator)
    await sign_in_page(operator, "sponsor@example.org")
    for path in (HOME, f"{HOME}/campaigns", f"{HOME}/advertisers"):
        assert (await operator.get(path)).status_code == 403, path
    token = form_token((await operator.get("/sponsor")).text)
    for path in ("words", "moderation", "try", "day"):
        assert (await operator.post(f"{HOME}/{path}", data={"csrf_token": token})).status_code == 403, path
