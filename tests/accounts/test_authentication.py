"""Who is calling: tokens, keys, cookies, the open door. None of it depends on the kind of database."""

import shutil
from base64 import urlsafe_b64decode, urlsafe_b64encode
from pathlib import Path

import httpx
import msgspec
import pytest
from dishka import AsyncContainer
from joserfc import jws
from joserfc.jwk import OctKey

from lyceum.accounts.adapters.access_tokens import USE
from lyceum.accounts.api import Role
from lyceum.platform.security import derived_key
from lyceum.platform.settings import Settings
from tests.accounts.callers import MASHA, a_key, a_user, bearer, form_token, serving, sign_in_page, tokens
from tests.accounts.fakes import PASSWORD
from tests.conftest import SECRET


@pytest.fixture
def database_url(sqlite_template: Path, tmp_path: Path) -> str:
    return f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'lyceum.sqlite3')}"


def part(data: object) -> str:
    return urlsafe_b64encode(msgspec.json.encode(data)).rstrip(b"=").decode()


def signed(claims: object, *, algorithm: str = "HS256", secret: str = SECRET, use: str = USE) -> str:
    key = OctKey.import_key(derived_key(secret, use))
    return jws.serialize_compact({"alg": algorithm}, msgspec.json.encode(claims), key, algorithms=[algorithm])


async def status_with(client: httpx.AsyncClient, token: str) -> tuple[int, str]:
    answer = await client.get("/api/me", headers={"Authorization": f"Bearer {token}"})
    return answer.status_code, answer.json().get("code", "")


async def test_a_token_that_we_did_not_sign_is_refused(client: httpx.AsyncClient, container: AsyncContainer) -> None:
    await a_user(container)
    token = (await tokens(client))["access_token"]
    head, body, signature = token.split(".")
    claims = msgspec.json.decode(urlsafe_b64decode(body + "=="))
    king = claims | {"roles": ["operator"]}
    assert (await status_with(client, token))[0] == 200
    assert (await status_with(client, signed(claims)))[0] == 200, "the forgeries below differ in one thing each"
    forged = {
        "no signature": f"{head}.{body}.",
        "alg none": f"{part({'alg': 'none'})}.{body}.",
        "alg None": f"{part({'alg': 'None', 'typ': 'JWT'})}.{part(king)}.{signature}",
        "another body": f"{head}.{part(king)}.{signature}",
        "another secret": signed(claims, secret="another-secret-of-somebody-else-entirely"),
        "a key of another use": signed(claims, use="forms"),
        "HS512 with our key": signed(claims, algorithm="HS512"),
        "our header without alg": f"{part({'typ': 'JWT'})}.{body}.{signature}",
        "critical header": f"{part({'alg': 'HS256', 'crit': ['b64'], 'b64': False})}.{body}.{signature}",
        "without expiry": signed({name: value for name, value in claims.items() if name != "exp"}),
        "expiry in words": signed(claims | {"exp": "never"}),
        "expired": signed(claims | {"exp": claims["iat"] - 1}),
        "an unknown role": signed(claims | {"roles": ["king"]}),
        "no subject": signed({name: value for name, value in claims.items() if name != "sub"}),
        "not a mapping": signed([1, 2, 3]),
        "two parts": f"{head}.{body}",
        "encrypted": f"{token}.x.y",
        "nothing": "",
        "a refresh token": (await tokens(client))["refresh_token"],
        "very long": "a" * 100_000,
    }
    for what, text in forged.items():
        assert await status_with(client, text) == (401, "accounts.bad_token"), what


async def test_a_token_runs_out(settings: Settings, container: AsyncContainer, client: httpx.AsyncClient) -> None:
    await a_user(container)
    async with serving(settings, access_token_seconds=0) as short:
        token = (await tokens(short))["access_token"]
        assert await status_with(short, token) == (401, "accounts.bad_token")


async def test_a_token_is_believed_without_a_session_lookup(
    client: httpx.AsyncClient, container: AsyncContainer
) -> None:
    await a_user(container)
    masha = await bearer(client)
    await client.post("/api/auth/sign-out", headers=masha)
    assert (await client.get("/api/me", headers=masha)).status_code == 200, "for its few minutes"


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Basic bWFzaGE6c2VjcmV0"},
        {"Authorization": "Bearer"},
        {"Authorization": ""},
        {"Authorization": "Bearer lyk_"},
        {"Authorization": f"Bearer lyk_{'A' * 43}"},
        {"X-API-Key": ""},
        {"X-API-Key": "\x7f"},
        {"X-API-Key": f"lyk_{'A' * 43}"},
    ],
)
async def test_credentials_that_are_no_good_are_refused(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    answer = await client.get("/api/me", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "accounts.bad_token")


async def test_a_key_works_in_both_headers(client: httpx.AsyncClient, container: AsyncContainer) -> None:
    await a_user(container)
    key = await a_key(client, await bearer(client), "account:read")
    for headers in ({"X-API-Key": key}, {"Authorization": f"bearer {key}"}):
        assert (await client.get("/api/me", headers=headers)).json()["email"] == MASHA
    for text in (key[:-1], key.upper(), key + "A"):
        assert (await client.get("/api/me", headers={"X-API-Key": text})).status_code == 401


async def test_keys_and_cookies_of_a_disabled_user_stop_at_once(
    client: httpx.AsyncClient, container: AsyncContainer
) -> None:
    masha = await a_user(container)
    await a_user(container, "boss@example.org", Role.OPERATOR)
    key = await a_key(client, await bearer(client), "account:read")
    boss = await bearer(client, "boss@example.org")
    await sign_in_page(client)
    assert (await client.get("/api/me")).status_code == 200
    await client.patch(f"/api/users/{masha}", json={"disabled": True}, headers=boss)
    assert (await client.get("/api/me")).json()["code"] == "accounts.not_signed_in"
    assert (await client.get("/api/me", headers={"X-API-Key": key})).json()["code"] == "accounts.bad_token"


async def test_a_cookie_reads_the_api_and_writes_it_with_the_form_token_only(
    client: httpx.AsyncClient, container: AsyncContainer
) -> None:
    await a_user(container)
    await sign_in_page(client)
    assert (await client.get("/api/me")).json()["email"] == MASHA
    change = {"name": "Мария"}
    refused = await client.patch("/api/me", json=change)
    assert (refused.status_code, refused.json()["code"]) == (403, "accounts.csrf")
    refused = await client.patch("/api/me", json=change, headers={"X-CSRF-Token": "invented"})
    assert refused.status_code == 403
    token = form_token((await client.get("/profile")).text)
    assert (await client.patch("/api/me", json=change, headers={"X-CSRF-Token": token})).status_code == 200


async def test_a_cookie_that_is_no_good_is_nobody(client: httpx.AsyncClient) -> None:
    for text in ("rubbish", "A" * 64, "%00"):
        client.cookies.set("ly_session", text)
        assert (await client.get("/api/me")).json()["code"] == "accounts.not_signed_in"
        assert (await client.get("/login")).status_code == 200
        client.cookies.clear()


async def test_a_refresh_token_is_no_session_cookie(client: httpx.AsyncClient, container: AsyncContainer) -> None:
    await a_user(container)
    client.cookies.set("ly_session", (await tokens(client))["refresh_token"])
    assert (await client.get("/api/me")).status_code == 401


async def test_the_session_cookie_is_out_of_reach_of_scripts(
    settings: Settings, client: httpx.AsyncClient, container: AsyncContainer
) -> None:
    await a_user(container)
    async with serving(settings, base_url="https://lyceum.example") as browser:
        page = await browser.get("/login")
        fields = {"csrf_token": form_token(page.text), "email": MASHA, "password": PASSWORD}
        browser.cookies.set("ly_csrf", page.cookies["ly_csrf"])
        answer = await browser.post("/login", data=fields)
    cookie = answer.headers["set-cookie"].lower()
    assert answer.status_code == 303
    for word in ("ly_session=", "httponly", "samesite=lax", "secure", "path=/"):
        assert word in cookie


async def test_over_http_the_cookie_is_not_marked_secure(client: httpx.AsyncClient, container: AsyncContainer) -> None:
    await a_user(container)
    answer = await client.get("/login")
    assert "secure" not in answer.headers["set-cookie"].lower()


async def test_with_the_open_api_every_local_caller_is_operator(settings: Settings, container: AsyncContainer) -> None:
    await a_user(container)
    async with serving(settings, open_api="1") as local:
        assert (await local.get("/api/users")).status_code == 200
        me = (await local.get("/api/me")).json()
        assert (me["name"], "operator" in me["roles"]) == ("Open API", True)
        assert (await local.patch("/api/me", json={"name": "Me"})).status_code == 200
        masha = await bearer(local)
        assert (await local.get("/api/me", headers=masha)).json()["email"] == MASHA
        assert (await local.get("/api/me", headers={"Authorization": "Bearer x"})).status_code == 401
    async with serving(settings, open_api="1") as again:
        assert (await again.get("/api/me")).json()["name"] == "Me", "the operator is made once"


@pytest.mark.parametrize(
    ("address", "host", "headers"),
    [
        ("203.0.113.7", "127.0.0.1:8000", {}),
        ("127.0.0.1", "evil.example", {}),
        ("127.0.0.1", "127.0.0.1:8000", {"X-Forwarded-For": "203.0.113.7"}),
        ("127.0.0.1", "127.0.0.1:8000", {"Forwarded": "for=203.0.113.7"}),
        ("127.0.0.1", "127.0.0.1:8000", {"Sec-Fetch-Site": "cross-site"}),
        ("127.0.0.1", "127.0.0.1:8000", {"Origin": "https://evil.example"}),
        ("127.0.0.1", "127.0.0.1:8000", {"Origin": "null"}),
    ],
)
async def test_the_open_door_is_shut_to_those_sent_from_elsewhere(
    settings: Settings, container: AsyncContainer, address: str, host: str, headers: dict[str, str]
) -> None:
    async with serving(settings, address=address, host=host, open_api="1") as caller:
        assert (await caller.get("/api/users", headers=headers)).status_code == 401
        assert (await caller.post("/api/auth/sign-out", headers=headers)).status_code == 401


@pytest.mark.parametrize(
    ("address", "host", "headers"),
    [
        ("::1", "localhost:8000", {}),
        ("127.0.0.2", "[::1]:8000", {}),
        ("::ffff:127.0.0.1", "127.0.0.1:8000", {"Origin": "http://127.0.0.1:8000"}),
        ("127.0.0.1", "127.0.0.1:8000", {"Sec-Fetch-Site": "same-origin", "Origin": "http://127.0.0.1:8000"}),
        ("127.0.0.1", "127.0.0.1:8000", {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}),
    ],
)
async def test_the_open_door_is_open_to_this_machine(
    settings: Settings, container: AsyncContainer, address: str, host: str, headers: dict[str, str]
) -> None:
    async with serving(settings, address=address, host=host, open_api="1") as caller:
        assert (await caller.get("/api/users", headers=headers)).status_code == 200


async def test_the_door_is_shut_unless_the_settings_open_it(settings: Settings, container: AsyncContainer) -> None:
    async with serving(settings) as local:
        assert (await local.get("/api/users")).status_code == 401
    async with serving(settings, address="203.0.113.7", host="lyceum.example", open_api="force") as far:
        assert (await far.get("/api/users")).status_code == 200


async def test_limits_count_the_client_behind_a_trusted_proxy_only(
    settings: Settings, container: AsyncContainer
) -> None:
    async def guests(caller: httpx.AsyncClient) -> list[int]:
        return [
            (
                await caller.post("/api/auth/guest", headers={"X-Forwarded-For": f"10.9.9.9, 198.51.100.{number}"})
            ).status_code
            for number in range(11)
        ]

    async with serving(settings, signup_limit=1) as direct:
        assert await guests(direct) == [201] * 10 + [429], "anybody can write such a header"
    async with serving(settings, signup_limit=1, trust_proxy=True) as behind:
        assert await guests(behind) == [201] * 11
