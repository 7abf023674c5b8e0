"""REST of accounts over the whole application."""

from collections.abc import Sequence

import httpx
import pytest
from dishka import AsyncContainer

from lyceum.accounts.adapters.last_use import LastUse
from lyceum.accounts.api import Role
from tests.accounts.callers import MASHA, Headers, a_key, a_user, bearer, ids, problems, tokens
from tests.accounts.fakes import PASSWORD

FORM = {"email": MASHA, "password": PASSWORD}


async def test_sign_up_answers_with_tokens_that_work(client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/auth/sign-up", json=FORM | {"name": "Маша"})
    assert (answer.status_code, answer.headers["cache-control"]) == (201, "no-store")
    body = answer.json()
    assert (body["token_type"], body["expires_in"], len(body["refresh_token"])) == ("Bearer", 900, 64)
    me = (await client.get("/api/me", headers={"Authorization": f"Bearer {body['access_token']}"})).json()
    assert (me["email"], me["name"], me["roles"], me["is_guest"]) == (MASHA, "Маша", ["learner"], False)
    assert me["registered_at"] == me["last_used_at"]


async def test_a_guest_trains_and_signs_up_as_the_same_user(client: httpx.AsyncClient) -> None:
    guest = (await client.post("/api/auth/guest")).json()
    headers = {"Authorization": f"Bearer {guest['access_token']}"}
    before = (await client.get("/api/me", headers=headers)).json()
    signed = (await client.post("/api/auth/sign-up", json=FORM, headers=headers)).json()
    after = (await client.get("/api/me", headers={"Authorization": f"Bearer {signed['access_token']}"})).json()
    assert (before["is_guest"], after["is_guest"], after["id"]) == (True, False, before["id"])
    assert (await client.post("/api/auth/refresh", json={"refresh_token": guest["refresh_token"]})).status_code == 401


BAD_INPUT: Sequence[tuple[str, dict[str, object], int, str]] = [
    ("/api/auth/sign-up", {"email": "x", "password": "y"}, 422, "accounts.bad_fields"),
    ("/api/auth/sign-up", {"email": MASHA}, 422, "lyceum.malformed"),
    ("/api/auth/sign-up", FORM | {"admin": True}, 422, "lyceum.malformed"),
    ("/api/auth/sign-up", FORM | {"password": 12345678}, 422, "lyceum.malformed"),
    ("/api/auth/sign-up", FORM | {"password": "x" * 300}, 422, "accounts.bad_fields"),
    ("/api/auth/sign-up", FORM | {"name": "\x00"}, 422, "accounts.bad_fields"),
    ("/api/auth/sign-up", FORM | {"email": "a\x00@example.org"}, 422, "accounts.bad_fields"),
    ("/api/auth/sign-in", {"email": "\x00", "password": "\x00"}, 401, "accounts.wrong_credentials"),
    ("/api/auth/sign-in", {"email": "' OR 1=1 --@example.org", "password": "x"}, 401, "accounts.wrong_credentials"),
    ("/api/auth/sign-in", {"email": MASHA, "password": "x" * 100_000}, 401, "accounts.wrong_credentials"),
    ("/api/auth/refresh", {"refresh_token": "\x00"}, 401, "accounts.session_over"),
    ("/api/auth/refresh", {"refresh_token": "A" * 64}, 401, "accounts.session_over"),
    ("/api/auth/refresh", {}, 422, "lyceum.malformed"),
    ("/api/auth/sign-out", {}, 401, "accounts.not_signed_in"),
]


async def test_bad_input_is_refused_by_name(client: httpx.AsyncClient) -> None:
    for path, body, status, code in BAD_INPUT:
        answer = await client.post(path, json=body)
        assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
        assert answer.headers["content-type"] == "application/problem+json"


async def test_every_faulty_field_comes_with_the_refusal(client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/auth/sign-up", json={"email": "x", "password": "password", "locale": "de"})
    assert problems(answer) == {"email": "bad_email", "password": "too_common", "locale": "bad_locale"}


async def test_refusals_speak_the_language_of_the_caller(client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/auth/sign-in", json=FORM, headers={"Accept-Language": "ru"})
    assert answer.json()["detail"].startswith("Почта или пароль не подходят")
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_wrong_passwords_are_refused_for_a_while_and_told_how_long(
    client: httpx.AsyncClient, container: AsyncContainer
) -> None:
    await a_user(container)
    answers = [await client.post("/api/auth/sign-in", json=FORM | {"password": "wrong one"}) for _ in range(11)]
    assert [answer.status_code for answer in answers] == [401] * 10 + [429]
    assert 890 <= int(answers[-1].headers["retry-after"]) <= 900
    assert (await client.post("/api/auth/sign-in", json=FORM)).status_code == 429


async def test_a_profile_is_changed_over_what_was_seen(client: httpx.AsyncClient, container: AsyncContainer) -> None:
    await a_user(container)
    masha = await bearer(client)
    seen = (await client.get("/api/me", headers=masha)).headers["etag"]
    first = await client.patch("/api/me", json={"birth_year": 2009}, headers=masha | {"If-Match": seen})
    assert (first.status_code, first.json()["birth_year"]) == (200, 2009)
    assert first.headers["etag"] == f'"{first.json()["version"]}"' != seen
    for stale in (seen, '"0"', "rubbish", f"W/{seen}"):
        again = await client.patch("/api/me", json={"birth_year": 2010}, headers=masha | {"If-Match": stale})
        assert (again.status_code, again.json()["version"]) == (412, first.json()["version"])
    emptied = await client.patch("/api/me", json={"birth_year": None}, headers=masha | {"If-Match": "*"})
    assert emptied.json()["birth_year"] is None


async def test_a_profile_takes_no_other_shape(client: httpx.AsyncClient, container: AsyncContainer) -> None:
    await a_user(container)
    masha = await bearer(client)
    bodies: list[object] = [
        {"birth_year": "next year"},
        {"birth_year": 2009.5},
        {"email": "new@example.org"},
        {"roles": ["operator"]},
        {"name": None},
        [],
        None,
    ]
    for body in bodies:
        answer = await client.patch("/api/me", json=body, headers=masha)
        assert (answer.status_code, answer.json()["code"]) == (422, "lyceum.malformed"), body


async def test_a_new_password_signs_the_other_devices_out(client: httpx.AsyncClient, container: AsyncContainer) -> None:
    await a_user(container)
    masha, other = await bearer(client), await tokens(client)
    form = {"current": PASSWORD, "new": "another horse"}
    assert (await client.post("/api/me/password", json=form, headers=masha)).status_code == 204
    again = await client.post("/api/auth/refresh", json={"refresh_token": other["refresh_token"]})
    assert again.status_code == 401
    answer = await client.post("/api/me/password", json=form, headers=masha)
    assert (answer.status_code, answer.json()["code"]) == (403, "accounts.wrong_password")


async def test_sessions_are_listed_and_ended(client: httpx.AsyncClient, container: AsyncContainer) -> None:
    await a_user(container)
    other = await tokens(client)
    masha = await bearer(client)
    listed = (await client.get("/api/me/sessions", headers=masha)).json()["items"]
    assert [(item["is_current"], item["kind"]) for item in listed] == [(True, "tokens"), (False, "tokens")]
    path = f"/api/me/sessions/{listed[1]['id']}"
    assert [(await client.delete(path, headers=masha)).status_code for _ in range(2)] == [204, 404]
    refused = await client.post("/api/auth/refresh", json={"refresh_token": other["refresh_token"]})
    assert refused.status_code == 401
    assert (await client.post("/api/auth/sign-out", json={"everywhere": True}, headers=masha)).status_code == 204
    assert (await client.get("/api/me/sessions", headers=masha)).json()["items"] == []


async def test_keys_are_made_listed_and_revoked(client: httpx.AsyncClient, container: AsyncContainer) -> None:
    await a_user(container)
    masha = await bearer(client)
    key = await a_key(client, masha, "account:read")
    listed = (await client.get("/api/me/api-keys", headers=masha)).json()["items"]
    assert [(item["name"], item["hint"], item["scopes"]) for item in listed] == [("tests", key[:8], ["account:read"])]
    assert key not in str(listed)
    path = f"/api/me/api-keys/{listed[0]['id']}"
    assert [(await client.delete(path, headers=masha)).status_code for _ in range(2)] == [204, 404]
    assert (await client.get("/api/me", headers={"X-API-Key": key})).status_code == 401


async def test_the_last_use_is_noted_by_token_and_by_key(client: httpx.AsyncClient, container: AsyncContainer) -> None:
    await a_user(container)
    masha = await bearer(client)
    before = (await client.get("/api/me", headers=masha)).json()
    key = await a_key(client, masha, "account:read")
    await client.get("/api/me", headers={"X-API-Key": key})
    await (await container.get(LastUse)).flush()
    after = (await client.get("/api/me", headers=masha)).json()
    assert after["last_used_at"] > before["last_used_at"]
    assert after["version"] == before["version"]
    assert (await client.get("/api/me/api-keys", headers=masha)).json()["items"][0]["last_used_at"]


@pytest.fixture
async def crowd(client: httpx.AsyncClient, container: AsyncContainer) -> Headers:
    """An operator's headers; besides the operator there are seven users and a guest."""
    await a_user(container, "boss@example.org", Role.OPERATOR)
    for number in range(6):
        await a_user(container, f"user{number}@example.org", *([Role.AUTHOR] if number % 2 else []))
    await a_user(container, "ёжик%_@example.org")
    await client.post("/api/auth/guest")
    return await bearer(client, "boss@example.org")


async def test_users_are_listed_page_by_page_without_gaps(client: httpx.AsyncClient, crowd: Headers) -> None:
    for sort in ("registered_at", "-registered_at", "last_used_at", "-last_used_at"):
        seen, cursor = [], ""
        while cursor is not None:
            query = {"limit": "3", "sort": sort} | ({"cursor": cursor} if cursor else {})
            body = (await client.get("/api/users", params=query, headers=crowd)).json()
            seen += body["items"]
            cursor = body["next_cursor"]
        moments = [item[sort.removeprefix("-")] for item in seen]
        assert len(set(ids(seen))) == len(seen) == 8
        assert moments == sorted(moments, reverse=sort.startswith("-"))


FOUND: Sequence[tuple[dict[str, str], int]] = [
    ({"search": "USER3"}, 1),
    ({"search": "example"}, 8),
    ({"search": "ЁЖИК"}, 1),
    ({"search": "%"}, 1),
    ({"search": "_"}, 1),
    ({"search": "' OR 1=1 --"}, 0),
    ({"role": "author"}, 3),
    ({"role": "operator"}, 1),
    ({"guests": "true"}, 9),
]


async def test_users_are_found(client: httpx.AsyncClient, crowd: Headers) -> None:
    for query, count in FOUND:
        answer = await client.get("/api/users", params=query, headers=crowd)
        assert len(answer.json()["items"]) == count, query


BAD_FILTERS: Sequence[dict[str, str]] = [
    {"cursor": "rubbish"},
    {"cursor": "WzEsMl0"},
    {"cursor": "Wy0xLCAiMDEiXQ"},
    {"cursor": "\x00"},
    {"sort": "name"},
    {"role": "king"},
    {"limit": "0"},
    {"limit": "101"},
    {"search": "\x00"},
    {"search": "x" * 101},
]


async def test_a_bad_filter_is_refused(client: httpx.AsyncClient, crowd: Headers) -> None:
    for query in BAD_FILTERS:
        answer = await client.get("/api/users", params=query, headers=crowd)
        assert answer.status_code == 422, query


async def test_an_operator_changes_a_user_over_what_was_seen(client: httpx.AsyncClient, crowd: Headers) -> None:
    user = (await client.get("/api/users", params={"search": "user0"}, headers=crowd)).json()["items"][0]
    path = f"/api/users/{user['id']}"
    seen = (await client.get(path, headers=crowd)).headers["etag"]
    first = await client.patch(path, json={"roles": ["author"]}, headers=crowd | {"If-Match": seen})
    assert first.json()["roles"] == ["author", "learner"]
    again = await client.patch(path, json={"disabled": True}, headers=crowd | {"If-Match": seen})
    assert again.status_code == 412
    off = await client.patch(path, json={"disabled": True}, headers=crowd)
    assert off.json()["disabled"] is True
    refused = await client.post("/api/auth/sign-in", json={"email": "user0@example.org", "password": PASSWORD})
    assert (refused.status_code, refused.json()["code"]) == (403, "accounts.disabled")


async def test_the_last_operator_cannot_step_down(client: httpx.AsyncClient, crowd: Headers) -> None:
    me = (await client.get("/api/me", headers=crowd)).json()
    answer = await client.patch(f"/api/users/{me['id']}", json={"roles": ["learner"]}, headers=crowd)
    assert (answer.status_code, answer.json()["code"]) == (409, "accounts.last_operator")


ROUTES = [
    # method, path, body; status for: nobody, guest, learner, operator
    ("GET", "/api/me", None, 401, 200, 200, 200),
    ("PATCH", "/api/me", {}, 401, 200, 200, 200),
    ("POST", "/api/me/password", {"current": PASSWORD, "new": "another horse"}, 401, 403, 204, 204),
    ("GET", "/api/me/sessions", None, 401, 200, 200, 200),
    ("DELETE", "/api/me/sessions/01990000-0000-7000-8000-000000000000", None, 401, 404, 404, 404),
    ("GET", "/api/me/api-keys", None, 401, 200, 200, 200),
    ("POST", "/api/me/api-keys", {"name": "k", "scopes": ["bank:read"]}, 401, 403, 201, 201),
    ("DELETE", "/api/me/api-keys/01990000-0000-7000-8000-000000000000", None, 401, 404, 404, 404),
    ("GET", "/api/users", None, 401, 403, 403, 200),
    ("GET", "/api/users/01990000-0000-7000-8000-000000000000", None, 401, 403, 403, 404),
    ("PATCH", "/api/users/01990000-0000-7000-8000-000000000000", {}, 401, 403, 403, 404),
    ("POST", "/api/auth/sign-out", None, 401, 204, 204, 204),
]


async def test_each_route_is_open_to_those_entitled_only(client: httpx.AsyncClient, container: AsyncContainer) -> None:
    await a_user(container)
    await a_user(container, "boss@example.org", Role.OPERATOR)
    guest = (await client.post("/api/auth/guest")).json()["access_token"]
    callers = [{}, {"Authorization": f"Bearer {guest}"}, await bearer(client), await bearer(client, "boss@example.org")]
    for method, path, body, *expected in ROUTES:
        got = [(await client.request(method, path, json=body, headers=headers)).status_code for headers in callers]
        assert got == expected, f"{method} {path}"


async def test_a_key_reaches_what_its_scope_names_only(client: httpx.AsyncClient, container: AsyncContainer) -> None:
    await a_user(container, "boss@example.org", Role.OPERATOR)
    boss = await bearer(client, "boss@example.org")
    reader = {"X-API-Key": await a_key(client, boss, "users:read")}
    writer = {"X-API-Key": await a_key(client, boss, "account:write")}
    assert (await client.get("/api/users", headers=reader)).status_code == 200
    assert (await client.get("/api/me", headers=reader)).json()["code"] == "accounts.scope_missing"
    assert (await client.patch("/api/me", json={"name": "Boss"}, headers=writer)).json()["name"] == "Boss"
    for path in ("/api/me/sessions", "/api/me/api-keys"):
        assert (await client.get(path, headers=writer)).json()["code"] == "accounts.person_only"
