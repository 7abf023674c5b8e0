"""Guessing passwords over HTTP: the limits hold for the account and for the address, and nothing is given away."""

from collections.abc import AsyncIterator

import httpx
import pytest
from dishka import AsyncContainer
from litestar import Litestar

from tests.accounts.callers import MASHA, a_user, form_token
from tests.accounts.fakes import PASSWORD

SIGN_IN = "/api/auth/sign-in"
NOBODY = "nobody@example.org"


def from_address(app: Litestar, address: str) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=(address, 50_000))
    return httpx.AsyncClient(transport=transport, base_url="http://lyceum.test")


async def guess(client: httpx.AsyncClient, email: str, password: str = "wrong-password") -> tuple[int, str, str]:
    """Status, code and wording."""
    answer = await client.post(SIGN_IN, json={"email": email, "password": password})
    body = answer.json()
    wording = str(body.get("detail", "")).replace(str(body.get("retry_after", "")), "N")
    return answer.status_code, str(body.get("code", "")), wording


@pytest.fixture
async def guesser(app: Litestar) -> AsyncIterator[httpx.AsyncClient]:
    async with from_address(app, "198.51.100.1") as client:
        yield client


@pytest.fixture
async def owner(app: Litestar) -> AsyncIterator[httpx.AsyncClient]:
    async with from_address(app, "203.0.113.5") as client:
        yield client


async def test_a_hundred_guesses_find_nothing_and_tell_nothing(
    guesser: httpx.AsyncClient, container: AsyncContainer
) -> None:
    await a_user(container)
    known = [await guess(guesser, MASHA) for _ in range(50)]
    unknown = [await guess(guesser, NOBODY) for _ in range(50)]
    assert known == unknown
    assert [status for status, *_ in known] == [401] * 10 + [429] * 40
    assert len(set(known)) == 2


async def test_a_locked_account_is_locked_from_everywhere_and_others_are_not(
    guesser: httpx.AsyncClient, owner: httpx.AsyncClient, container: AsyncContainer
) -> None:
    """The owner waits a quarter of an hour too, or a new address for every guess would be a way around."""
    await a_user(container)
    await a_user(container, "petya@example.org")
    for _ in range(100):
        await guess(guesser, MASHA)
    answer = await owner.post(SIGN_IN, json={"email": MASHA, "password": PASSWORD})
    assert (answer.status_code, answer.json()["code"]) == (429, "lyceum.too_many_requests")
    assert 0 < int(answer.headers["retry-after"]) <= 15 * 60
    assert (await guess(owner, "petya@example.org", PASSWORD))[0] == 200
    page = await owner.get("/login")
    form = {"csrf_token": form_token(page.text), "email": MASHA, "password": PASSWORD}
    assert (await owner.post("/login", data=form)).status_code == 429


async def test_an_address_that_guesses_at_a_hundred_accounts_is_stopped_alone(
    guesser: httpx.AsyncClient, owner: httpx.AsyncClient, container: AsyncContainer
) -> None:
    await a_user(container)
    tried = [await guess(guesser, f"somebody-{number}@example.org") for number in range(105)]
    assert [status for status, *_ in tried] == [401] * 100 + [429] * 5
    assert (await guess(guesser, MASHA, PASSWORD))[0] == 429
    assert (await guess(owner, MASHA, PASSWORD))[0] == 200


NONSENSE: list[object] = [
    None,
    [],
    "{",
    {"email": MASHA, "password": PASSWORD, "roles": ["operator"]},
    {"email": [MASHA], "password": PASSWORD},
    {"email": "a@b", "password": PASSWORD},
    {"email": "a" * 300 + "@example.org", "password": PASSWORD},
    {"email": "a@example.org\r\nBcc: b@example.org", "password": PASSWORD},
    {"email": "a b@example.org", "password": PASSWORD},
    {"email": MASHA, "password": ""},
    {"email": MASHA, "password": MASHA},
    {"email": MASHA, "password": "password123"},
    {"email": MASHA, "password": PASSWORD, "name": "x" * 1000},
    {"email": MASHA, "password": PASSWORD, "name": "\u202e\x00"},
    {"email": MASHA, "password": PASSWORD, "locale": "../../etc"},
]


async def test_nonsense_makes_no_account(owner: httpx.AsyncClient) -> None:
    for body in NONSENSE:
        answer = await owner.post("/api/auth/sign-up", json=body)
        assert answer.status_code == 422, (body, answer.text)
        assert answer.json()["errors"], body
    assert (await guess(owner, MASHA, PASSWORD))[0] == 401
