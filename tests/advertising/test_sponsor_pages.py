"""A sponsor's way through the pages: a name, a campaign, its text and image, its numbers."""

from collections.abc import AsyncIterator

import httpx
import pytest

from lyceum.accounts.api import Role
from lyceum.main.container import make_container
from lyceum.main.web import create_web
from lyceum.platform.database import Database
from lyceum.platform.settings import Settings
from tests.accounts.callers import MASHA, a_user, form_token, sign_in_page, submit
from tests.accounts.conftest import CheapPasswords
from tests.advertising.test_content_http import a_picture
from tests.conftest import running

FORM = {
    "ad_title": "Курс физики",
    "ad_text": "Учитесь весело.",
    "impressions_limit": "1 000",
    "clicks_limit": "100",
    "cost_per_impression": "0,5",
    "cost_per_click": "5",
    "start_date": "0",
    "end_date": "13",
    "age_from": "14",
    "gender": "",
    "location": "",
}


@pytest.fixture
async def sponsor(settings: Settings, database: Database) -> AsyncIterator[httpx.AsyncClient]:
    app = create_web(settings, make_container(settings, CheapPasswords()))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=("127.0.0.1", 50_000))
    async with running(app), httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
        client.headers["Accept-Language"] = "ru"
        await a_user(app.state.dishka_container, MASHA, Role.SPONSOR)
        await sign_in_page(client)
        yield client


async def an_advertiser(sponsor: httpx.AsyncClient) -> str:
    """The address of the form for a new campaign."""
    assert (await submit(sponsor, "/sponsor", name="Школа «Интеграл»")).status_code == 303
    page = (await sponsor.get("/sponsor")).text
    assert "Школа «Интеграл»" in page.replace("\u00a0", " ")
    return page.partition('href="/sponsor/')[2].partition('"')[0].join(("/sponsor/", ""))


async def test_a_campaign_is_made_changed_shown_in_the_list_and_deleted(sponsor: httpx.AsyncClient) -> None:
    new = await an_advertiser(sponsor)
    made = await submit(sponsor, new, **FORM)
    assert made.status_code == 303, made.text
    here = made.headers["location"]
    page = (await sponsor.get(here)).text
    assert 'value="0.5"' in page
    assert "1000.00" in page  # the most that it may cost
    assert (await submit(sponsor, here, **FORM | {"ad_title": "Курс химии"})).status_code == 303
    assert "Курс химии" in (await sponsor.get("/sponsor")).text.replace("\u00a0", " ")
    assert (await submit(sponsor, f"{here}/delete", here)).status_code == 303
    assert (await sponsor.get(here)).status_code == 404


async def test_a_faulty_form_comes_back_with_its_values_and_names_the_field(sponsor: httpx.AsyncClient) -> None:
    new = await an_advertiser(sponsor)
    for field, value in (
        ("impressions_limit", "много"),
        ("cost_per_click", "-1"),
        ("end_date", "-5"),
        ("ad_title", ""),
    ):
        answer = await submit(sponsor, new, **FORM | {field: value})
        assert answer.status_code == 400, field
        assert field in answer.text
        assert "Учитесь весело." in answer.text.replace("\u00a0", " ")


async def test_a_text_is_written_for_the_title_and_nothing_is_saved(sponsor: httpx.AsyncClient) -> None:
    new = await an_advertiser(sponsor)
    answer = await submit(sponsor, new, **FORM | {"ad_text": "", "action": "write"})
    assert answer.status_code == 200
    assert answer.text.replace("\u00a0", " ").lower().count("курс физики") >= 3
    assert "Кампаний пока нет" in (await sponsor.get("/sponsor")).text.replace("\u00a0", " ")


async def test_an_image_is_uploaded_and_taken_away(sponsor: httpx.AsyncClient) -> None:
    here = (await submit(sponsor, await an_advertiser(sponsor), **FORM)).headers["location"]
    token = form_token((await sponsor.get(here)).text)
    headers = {"X-CSRF-Token": token}
    sent = await sponsor.post(f"{here}/image", files={"file": ("a.png", a_picture())}, headers=headers)
    assert sent.status_code == 303, sent.text
    assert "<img" in (await sponsor.get(here)).text
    bad = await sponsor.post(f"{here}/image", files={"file": ("a.png", b"MZ" + bytes(99))}, headers=headers)
    assert bad.status_code == 400
    assert (await submit(sponsor, f"{here}/image", here)).status_code == 303
    assert "<img" not in (await sponsor.get(here)).text


async def test_another_sponsors_campaign_is_as_good_as_absent(sponsor: httpx.AsyncClient) -> None:
    here = (await submit(sponsor, await an_advertiser(sponsor), **FORM)).headers["location"]
    container = sponsor._transport.app.state.dishka_container  # type: ignore[attr-defined]
    await a_user(container, "other@example.org", Role.SPONSOR)
    await a_user(container, "learner@example.org")
    token = form_token((await sponsor.get(here)).text)
    sponsor.cookies.clear()
    await sign_in_page(sponsor, "other@example.org")
    assert (await sponsor.get(here)).status_code == 404
    token = form_token((await sponsor.get("/sponsor")).text)
    assert (await sponsor.post(here, data={**FORM, "csrf_token": token})).status_code == 404
    assert "Интеграл" not in (await sponsor.get("/sponsor")).text
    sponsor.cookies.clear()
    await sign_in_page(sponsor, "learner@example.org")
    assert (await sponsor.get("/sponsor")).status_code == 403
