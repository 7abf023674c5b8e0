"""The pages for coming in and the profile, as a browser without scripts meets them."""

import re
import shutil
from pathlib import Path

import httpx
import pytest
from dishka import AsyncContainer

from lyceum.accounts.api import Role
from tests.accounts.callers import MASHA, a_user, an_operator_link, form_token, sign_in_page, submit
from tests.accounts.fakes import PASSWORD

RUSSIAN = {"Accept-Language": "ru"}


@pytest.fixture
def database_url(sqlite_template: Path, tmp_path: Path) -> str:
    return f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'lyceum.sqlite3')}"


@pytest.fixture
async def masha(client: httpx.AsyncClient, container: AsyncContainer) -> httpx.AsyncClient:
    """A browser with a session."""
    await a_user(container)
    await sign_in_page(client)
    return client


async def test_signing_up_leads_to_where_one_came_from(client: httpx.AsyncClient) -> None:
    page = await client.get("/signup?next=/train?subject=rus", headers=RUSSIAN)
    assert "Зарегистрироваться" in page.text
    form = {"email": MASHA, "password": PASSWORD, "name": "Маша", "next": "/train?subject=rus"}
    answer = await submit(client, "/signup", **form)
    assert (answer.status_code, answer.headers["location"]) == (303, "/train?subject=rus")
    assert MASHA in (await client.get("/profile")).text


async def test_faults_stand_under_their_fields_and_what_was_entered_stays(client: httpx.AsyncClient) -> None:
    answer = await submit(client, "/signup", email="masha<@example", password="short", name='"><script>', next="/train")
    assert answer.status_code == 422
    assert 'value="masha&lt;@example"' in answer.text
    assert "<script>" not in answer.text.split("<main")[1]
    for field in ("email", "password"):
        assert f'id="f-{field}-error"' in answer.text
    assert re.search(r'name="password"[^>]*aria-describedby="[^"]*f-password-error', answer.text)
    assert "short" not in answer.text.split("<main")[1].split("</main")[0].replace("too short", ""), "no password back"
    assert 'name="next" value="/train"' in answer.text


async def test_a_taken_address_is_told_under_it(client: httpx.AsyncClient, container: AsyncContainer) -> None:
    await a_user(container)
    answer = await submit(client, "/signup", email=MASHA, password=PASSWORD)
    assert answer.status_code == 409
    assert 'id="f-email-error"' in answer.text


@pytest.mark.parametrize(
    "next", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "", "/a\r\nX: y"]
)
async def test_signing_in_never_leads_off_the_site(
    client: httpx.AsyncClient, container: AsyncContainer, next: str
) -> None:
    await a_user(container)
    answer = await submit(client, "/login", email=MASHA, password=PASSWORD, next=next)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    again = await client.get("/login", params={"next": next})
    assert (again.status_code, again.headers["location"]) == (303, "/")


async def test_a_wrong_password_keeps_the_address_and_the_way_back(
    client: httpx.AsyncClient, container: AsyncContainer
) -> None:
    await a_user(container)
    answer = await submit(client, "/login", email=MASHA, password="wrong password", next="/cabinet")
    assert answer.status_code == 401
    assert f'value="{MASHA}"' in answer.text
    assert 'name="next" value="/cabinet"' in answer.text
    assert "wrong password" not in answer.text


async def test_too_many_failures_are_told_on_the_page(client: httpx.AsyncClient) -> None:
    answers = [await submit(client, "/login", email=MASHA, password="wrong password") for _ in range(11)]
    assert [answer.status_code for answer in answers] == [401] * 10 + [429]
    assert int(answers[-1].headers["retry-after"]) > 800
    assert 'name="password"' in answers[-1].text


async def test_a_form_without_our_token_is_refused(client: httpx.AsyncClient, container: AsyncContainer) -> None:
    await a_user(container)
    form = {"email": MASHA, "password": PASSWORD}
    assert (await client.post("/login", data=form)).status_code == 403, "no cookie, no token"
    page = await client.get("/login")
    assert (await client.post("/login", data=form)).status_code == 403, "no token"
    assert (await client.post("/login", data=form | {"csrf_token": "invented"})).status_code == 403
    assert (await client.post("/login", json=form)).status_code == 403
    token = form_token(page.text)
    client.cookies.set("ly_csrf", "another visitor")
    refused = await client.post("/login", data=form | {"csrf_token": token})
    assert (refused.status_code, refused.json()["code"]) == (403, "accounts.csrf")


async def test_a_token_from_before_the_session_does_not_serve_it(
    client: httpx.AsyncClient, container: AsyncContainer
) -> None:
    await a_user(container)
    before = form_token((await client.get("/login")).text)
    await sign_in_page(client)
    assert (await client.post("/logout", data={"csrf_token": before})).status_code == 403


async def test_the_token_may_come_in_a_header(masha: httpx.AsyncClient) -> None:
    token = form_token((await masha.get("/profile")).text)
    answer = await masha.post("/profile", data={"name": "Мария", "locale": "ru"}, headers={"X-CSRF-Token": token})
    assert answer.status_code == 303


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "same-site", "Origin": "http://lyceum.test"}, 403),
        ({"Sec-Fetch-Site": "none"}, 403),
        ({"Origin": "http://lyceum.test"}, 303),
        ({"Sec-Fetch-Site": "same-origin"}, 303),
    ],
)
async def test_a_form_with_files_is_taken_from_our_own_pages_only(
    masha: httpx.AsyncClient, headers: dict[str, str], status: int
) -> None:
    parts = {"name": (None, "Мария"), "locale": (None, "ru")}
    assert (await masha.post("/profile", files=parts, headers=headers)).status_code == status


async def test_signing_out_ends_the_session_and_takes_the_cookie(masha: httpx.AsyncClient) -> None:
    cookie = masha.cookies["ly_session"]
    answer = await submit(masha, "/logout", "/profile")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert "ly_session" not in masha.cookies
    masha.cookies.set("ly_session", cookie)
    assert (await masha.get("/api/me")).status_code == 401


async def test_the_profile_needs_somebody(client: httpx.AsyncClient) -> None:
    answer = await client.get("/profile")
    assert (answer.status_code, answer.headers["location"]) == (303, "/login?next=/profile")
    token = form_token((await client.get("/login")).text)
    assert (await client.post("/profile", data={"csrf_token": token})).status_code == 401


async def test_the_profile_is_saved_and_its_language_is_that_of_the_device(masha: httpx.AsyncClient) -> None:
    answer = await submit(masha, "/profile", name="Мария", locale="en", birth_year="2009", gender="female")
    assert answer.headers["location"] == "/profile?saved=profile"
    page = await masha.get("/profile?saved=profile", headers=RUSSIAN)
    for text in ("The profile is saved", 'value="Мария"', 'value="2009"', 'value="female" selected'):
        assert text in page.text


async def test_faults_of_the_profile_keep_what_was_entered(masha: httpx.AsyncClient) -> None:
    form = {"name": "x" * 101, "locale": "ru", "birth_year": "в 2009", "location": "Тула", "ads_consent": "1"}
    answer = await submit(masha, "/profile", **form)
    assert answer.status_code == 422
    for text in ('value="в 2009"', 'value="Тула"', 'id="f-name-error"', 'id="f-birth_year-error"'):
        assert text in answer.text
    assert re.search(r'name="ads_consent" value="1" checked', answer.text)


async def test_a_profile_changed_elsewhere_is_not_overwritten(masha: httpx.AsyncClient) -> None:
    page = await masha.get("/profile")
    token = form_token(page.text)
    version = re.search(r'name="version" value="(\d+)"', page.text)
    assert version
    form = {"csrf_token": token, "locale": "ru", "version": version[1]}
    assert (await masha.post("/profile", data=form | {"name": "Мария"})).status_code == 303
    late = await masha.post("/profile", data=form | {"name": "Маруся"})
    assert late.status_code == 412
    assert 'value="Маруся"' in late.text


async def test_the_password_is_changed_on_the_page(masha: httpx.AsyncClient) -> None:
    wrong = await submit(masha, "/profile/password", "/profile", current="wrong one", new="another horse")
    assert wrong.status_code == 403
    assert 'id="f-current-error"' in wrong.text
    answer = await submit(masha, "/profile/password", "/profile", current=PASSWORD, new="another horse")
    assert answer.headers["location"] == "/profile?saved=password"
    assert (await masha.get("/profile?saved=password")).status_code == 200


async def test_a_key_is_shown_once_and_revoked(masha: httpx.AsyncClient) -> None:
    empty = await submit(masha, "/profile/keys", "/profile", name="register")
    assert empty.status_code == 422
    assert 'id="f-scopes-error"' in empty.text
    made = await submit(masha, "/profile/keys", "/profile", **{"name": "register", "scope.bank:read": "1"})
    key = re.search(r"lyk_[\w-]{43}", made.text)
    assert (made.status_code, made.headers["cache-control"]) == (201, "no-store")
    assert key
    page = (await masha.get("/profile")).text
    assert key[0] not in page
    path = re.search(r'action="(/profile/keys/[^"]+/revoke)"', page)
    assert path
    assert (await submit(masha, path[1], "/profile")).status_code == 303
    assert "/revoke" not in (await masha.get("/profile")).text


async def test_another_device_is_signed_out_from_the_profile(masha: httpx.AsyncClient) -> None:
    here = masha.cookies["ly_session"]
    masha.cookies.delete("ly_session")
    await sign_in_page(masha)
    page = (await masha.get("/profile")).text
    path = re.search(r'action="(/profile/sessions/[^"]+/end)"', page)
    assert path
    assert (await submit(masha, path[1], "/profile")).status_code == 303
    masha.cookies.delete("ly_session")
    masha.cookies.set("ly_session", here)
    assert (await masha.get("/api/me")).status_code == 401


async def test_the_operator_comes_by_the_link_once_and_finishes_the_account(
    client: httpx.AsyncClient, container: AsyncContainer
) -> None:
    link = await an_operator_link(container)
    answer = await client.get(link)
    assert (answer.status_code, answer.headers["location"]) == (303, "/profile")
    assert 'href="/signup?next=/profile"' in (await client.get("/profile")).text
    form = {"email": "boss@example.org", "password": PASSWORD, "next": "/profile"}
    assert (await submit(client, "/signup", **form)).headers["location"] == "/profile"
    me = (await client.get("/api/me")).json()
    assert (me["email"], Role.OPERATOR in me["roles"]) == ("boss@example.org", True)
    assert (await client.get("/signup")).headers["location"] == "/profile"
    again = await client.get(link)
    assert again.status_code == 403
    assert "<html" in again.text


async def test_every_page_says_its_language_and_is_not_kept_by_caches(client: httpx.AsyncClient) -> None:
    for path in ("/login", "/signup"):
        page = await client.get(path, headers={"Accept-Language": "en"})
        assert '<html lang="en"' in page.text
        assert "private" in page.headers["cache-control"]
