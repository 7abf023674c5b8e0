"""Guests start in the middle of a neighbour's page: the cookie goes out with that page's answer."""

import shutil
from pathlib import Path

import httpx
import pytest
from dishka import AsyncContainer
from dishka.integrations.litestar import FromDishka, inject, setup_dishka
from litestar import Litestar, post

from lyceum.accounts.adapters.visits import send_cookies
from lyceum.accounts.api import Actor, Guests


@pytest.fixture
def database_url(sqlite_template: Path, tmp_path: Path) -> str:
    return f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'lyceum.sqlite3')}"


@post("/train", status_code=200)
@inject
async def train(actor: FromDishka[Actor], guests: FromDishka[Guests]) -> str:
    return str((await guests.ensure(actor)).id)


@pytest.fixture
async def app(container: AsyncContainer) -> Litestar:
    app = Litestar([train], before_send=[send_cookies])
    setup_dishka(container, app)
    return app


async def test_a_guest_is_made_once_and_recognised_by_the_cookie(client: httpx.AsyncClient) -> None:
    first, second = await client.post("/train"), await client.post("/train")
    assert first.text == second.text
    assert "ly_session" in first.cookies
    assert "set-cookie" not in second.headers
