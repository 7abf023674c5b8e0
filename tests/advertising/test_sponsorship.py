"""Becoming a sponsor: by oneself, with an advertiser of one's own, and with no other right than that."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest
from dishka import AsyncContainer

from lyceum.accounts.api import Role
from lyceum.accounts.use_cases.users import GrantRole, RevokeRole
from lyceum.main.container import make_container
from lyceum.platform.database import Database
from lyceum.platform.settings import Settings
from tests.accounts.callers import MASHA, a_key, a_user, bearer, form_token, sign_in_page, submit, tokens
from tests.accounts.conftest import CHEAP_PASSWORDS
from tests.accounts.fakes import OPERATOR, PASSWORD
from tests.apps import an_app, running

SPONSORS = "/api/advertising/sponsors"
SCHOOL = "Школа «Интеграл»"


@pytest.fixture
async def visitor(settings: Settings, database: Database) -> AsyncIterator[httpx.AsyncClient]:
    app = an_app(settings, make_container(settings, CHEAP_PASSWORDS))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=("127.0.0.1", 50_000))
    async with running(app), httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
        client.headers["Accept-Language"] = "ru"
        yield client


def container_of(client: httpx.AsyncClient) -> AsyncContainer:
    return client._transport.app.state.dishka_container  # type: ignore[attr-defined, no-any-return]


async def roles_of(client: httpx.AsyncClient, email: str = MASHA) -> set[str]:
    fresh = await bearer(client, email)
    return set((await client.get("/api/me", headers=fresh)).json()["roles"])


async def revoke(client: httpx.AsyncClient, email: str = MASHA) -> None:
    async with container_of(client)() as scope:
        await (await scope.get(RevokeRole))(OPERATOR, email, Role.SPONSOR)


async def test_somebody_signs_up_to_advertise_and_gets_an_advertiser(visitor: httpx.AsyncClient) -> None:
    assert "/signup?next=/sponsor" in (await visitor.get("/sponsor")).text
    form = (await visitor.get("/signup?next=/sponsor")).text
    assert re.search(r'name="purpose" value="sponsor" checked', form)
    signed = await submit(visitor, "/signup", email=MASHA, password=PASSWORD, name="Маша", purpose="sponsor")
    assert (signed.status_code, signed.headers["location"]) == (303, "/sponsor")
    assert await roles_of(visitor) == {"learner"}  # signing up alone gives no role
    assert (await submit(visitor, "/sponsor/join", "/sponsor", name=" ")).status_code == 400
    assert await roles_of(visitor) == {"learner"}
    joined = await submit(visitor, "/sponsor/join", "/sponsor", name=SCHOOL)
    assert (joined.status_code, joined.headers["location"]) == (303, "/sponsor")
    page = (await visitor.get("/sponsor")).text.replace("\u00a0", " ")
    assert SCHOOL in page
    assert "/new" in page
    assert await roles_of(visitor) == {"learner", "sponsor"}
    for path in ("/operator", "/author/questions", "/operator/advertising"):
        assert (await visitor.get(path)).status_code == 403, path


async def test_a_learner_who_signs_up_is_asked_for_nothing_more(visitor: httpx.AsyncClient) -> None:
    signed = await submit(visitor, "/signup", email=MASHA, password=PASSWORD, purpose="learn", next="/train")
    assert signed.headers["location"] == "/train"


async def test_over_rest_a_fresh_token_carries_the_role(visitor: httpx.AsyncClient) -> None:
    await a_user(container_of(visitor))
    first = await tokens(visitor)
    headers = {"Authorization": f"Bearer {first['access_token']}"}
    made = await visitor.post(SPONSORS, json={"name": SCHOOL, "roles": ["operator"], "role": "author"}, headers=headers)
    assert made.status_code == 201, made.text
    advertiser = made.json()["advertiser_id"]
    assert made.json() == {"advertiser_id": advertiser, "name": SCHOOL}
    address = f"/api/advertising/advertisers/{advertiser}"
    assert (await visitor.get(address, headers=headers)).status_code == 403
    fresh = (await visitor.post("/api/auth/refresh", json={"refresh_token": first["refresh_token"]})).json()
    again = {"Authorization": f"Bearer {fresh['access_token']}"}
    assert (await visitor.get(address, headers=again)).json()["name"] == SCHOOL
    assert await roles_of(visitor) == {"learner", "sponsor"}
    twice = await visitor.post(SPONSORS, json={"name": "Ещё"}, headers=again)
    assert (twice.status_code, twice.json()["code"]) == (409, "advertising.already_sponsor")


@pytest.mark.parametrize("body", [{}, [], None, {"name": ""}, {"name": 7}, {"name": "x" * 201}, {"name": "a\x00b"}])
async def test_a_name_that_is_none_makes_nobody_a_sponsor(visitor: httpx.AsyncClient, body: object) -> None:
    await a_user(container_of(visitor))
    headers = await bearer(visitor)
    answer = await visitor.post(SPONSORS, json=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "advertising.validation_failed")
    assert await roles_of(visitor) == {"learner"}


async def test_forbidden_words_in_the_name_make_nobody_a_sponsor(visitor: httpx.AsyncClient) -> None:
    await a_user(container_of(visitor), "boss@example.org", Role.OPERATOR)
    await a_user(container_of(visitor))
    boss = await bearer(visitor, "boss@example.org")
    await visitor.put("/api/advertising/profanity/blacklist", json=["казино"], headers=boss)
    await visitor.put("/api/advertising/profanity/enable", headers=boss)
    answer = await visitor.post(SPONSORS, json={"name": "Kaзинo «Удача»"}, headers=await bearer(visitor))
    assert (answer.status_code, answer.json()["code"]) == (400, "advertising.forbidden_words")
    assert answer.json()["errors"] == [{"loc": "name", "code": "forbidden_words", "msg": "“казино”"}]
    assert await roles_of(visitor) == {"learner"}


async def test_visitors_guests_and_keys_cannot_become_sponsors(visitor: httpx.AsyncClient) -> None:
    assert (await visitor.post(SPONSORS, json={"name": SCHOOL})).status_code == 401
    await a_user(container_of(visitor))
    key = await a_key(visitor, await bearer(visitor), "advertising:write", "account:write")
    with_key = await visitor.post(SPONSORS, json={"name": SCHOOL}, headers={"X-API-Key": key})
    assert (with_key.status_code, with_key.json()["code"]) == (403, "accounts.person_only")
    guest = (await visitor.post("/api/auth/guest")).json()["access_token"]
    as_guest = await visitor.post(SPONSORS, json={"name": SCHOOL}, headers={"Authorization": f"Bearer {guest}"})
    assert as_guest.status_code in {403, 409}, as_guest.text
    assert as_guest.json()["code"] == "accounts.guest_refused"
    assert await roles_of(visitor) == {"learner"}


async def test_who_had_the_role_taken_away_cannot_take_it_back(visitor: httpx.AsyncClient) -> None:
    await a_user(container_of(visitor))
    await sign_in_page(visitor)
    await submit(visitor, "/sponsor/join", "/sponsor", name=SCHOOL)
    await revoke(visitor)
    page = await visitor.get("/sponsor")
    assert SCHOOL not in page.text
    again = await submit(visitor, "/sponsor/join", "/sponsor", name="Другая")
    assert again.status_code == 403
    assert await roles_of(visitor) == {"learner"}
    async with container_of(visitor)() as scope:
        await (await scope.get(GrantRole))(OPERATOR, MASHA, Role.SPONSOR)
    assert SCHOOL in (await visitor.get("/sponsor")).text.replace("\u00a0", " ")


async def test_a_sponsor_of_an_operators_making_gets_an_advertiser_too(visitor: httpx.AsyncClient) -> None:
    await a_user(container_of(visitor), MASHA, Role.SPONSOR)
    made = await visitor.post(SPONSORS, json={"name": SCHOOL}, headers=await bearer(visitor))
    assert made.status_code == 201


async def test_two_who_ask_at_once_are_one_sponsor_with_one_advertiser(visitor: httpx.AsyncClient) -> None:
    await a_user(container_of(visitor))
    headers = await bearer(visitor)
    answers = await asyncio.gather(*(visitor.post(SPONSORS, json={"name": SCHOOL}, headers=headers) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7


async def test_where_operators_admit_sponsors_nobody_admits_themselves(settings: Settings, database: Database) -> None:
    closed = replace(settings, advertising_self_sign_up=False)
    app = an_app(closed, make_container(closed, CHEAP_PASSWORDS))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=("127.0.0.1", 50_000))
    async with running(app), httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
        await a_user(app.state.dishka_container)
        refused = await client.post(SPONSORS, json={"name": SCHOOL}, headers=await bearer(client))
        assert (refused.status_code, refused.json()["code"]) == (403, "advertising.sponsors_closed")
        await sign_in_page(client)
        page = (await client.get("/sponsor")).text
        assert 'action="/sponsor/join"' not in page
        sent = {"name": SCHOOL, "csrf_token": form_token((await client.get("/profile")).text)}
        assert (await client.post("/sponsor/join", data=sent)).status_code == 403
        assert await roles_of(client) == {"learner"}
