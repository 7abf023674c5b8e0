"""Callers of the application over ASGI: signed in, keyed, with a browser's forms."""

import re
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace
from uuid import UUID

import httpx
from dishka import AsyncContainer

from lyceum.accounts.api import Role
from lyceum.accounts.use_cases.operator_link import MakeOperatorLink
from lyceum.accounts.use_cases.sign_up import NewAccount
from lyceum.accounts.use_cases.users import CreateUser
from lyceum.kernel.ids import UserId
from lyceum.main.container import make_container
from lyceum.platform.settings import Settings
from tests.accounts.conftest import CHEAP_PASSWORDS
from tests.accounts.fakes import OPERATOR, PASSWORD
from tests.apps import an_app, running

type Headers = dict[str, str]
MASHA = "masha@example.org"


async def a_user(container: AsyncContainer, email: str = MASHA, *roles: Role) -> UserId:
    async with container() as scope:
        new = NewAccount(email=email, password=PASSWORD, name=email.partition("@")[0].title())
        return await (await scope.get(CreateUser))(OPERATOR, new, frozenset(roles))


async def an_operator_link(container: AsyncContainer) -> str:
    """The path and query of a one-time link."""
    async with container() as scope:
        link = await (await scope.get(MakeOperatorLink))(OPERATOR)
    return link.removeprefix("http://127.0.0.1:8000")


async def tokens(client: httpx.AsyncClient, email: str = MASHA) -> dict[str, str]:
    answer = await client.post("/api/auth/sign-in", json={"email": email, "password": PASSWORD})
    assert answer.status_code == 200, answer.text
    body: dict[str, str] = answer.json()
    return body


async def bearer(client: httpx.AsyncClient, email: str = MASHA) -> Headers:
    return {"Authorization": f"Bearer {(await tokens(client, email))['access_token']}"}


async def a_key(client: httpx.AsyncClient, headers: Headers, *scopes: str) -> str:
    answer = await client.post("/api/me/api-keys", headers=headers, json={"name": "tests", "scopes": scopes})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["key"])


def form_token(page: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found, "the page has no form token"
    return found[1]


async def submit(client: httpx.AsyncClient, path: str, page: str | None = None, **fields: str) -> httpx.Response:
    """Send a form as its page would: with the token of the page at `page` (by default that of the form's path)."""
    shown = await client.get(page or path)
    return await client.post(path, data={"csrf_token": form_token(shown.text), **fields})


async def sign_in_page(client: httpx.AsyncClient, email: str = MASHA) -> None:
    """Leaves the session cookie with the client."""
    answer = await submit(client, "/login", email=email, password=PASSWORD)
    assert answer.status_code == 303, answer.text


@asynccontextmanager
async def serving(
    settings: Settings, *, address: str = "127.0.0.1", host: str = "127.0.0.1:8000", **changes: object
) -> AsyncIterator[httpx.AsyncClient]:
    """The application under other settings, and a caller from `address` who asked for `host`."""
    changed = replace(settings, **changes)  # type: ignore[arg-type]
    app = an_app(changed, make_container(changed, CHEAP_PASSWORDS))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=(address, 50_000))
    async with running(app), httpx.AsyncClient(transport=transport, base_url=f"http://{host}") as client:
        yield client


def problems(answer: httpx.Response) -> dict[str, str]:
    """Field → code of the answer's errors."""
    return {error["loc"]: error["code"] for error in answer.json()["errors"]}


def ids(items: Iterable[dict[str, str]]) -> list[UUID]:
    return [UUID(item["id"]) for item in items]
