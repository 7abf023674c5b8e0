"""The contract as its clients call it: the open door, no credentials."""

from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest

from lyceum.main.container import make_container
from lyceum.platform.database import Database
from lyceum.platform.settings import Settings
from tests.advertising.platform import Platform
from tests.apps import an_app, running


@pytest.fixture
def ad_settings(settings: Settings) -> Settings:
    return replace(settings, open_api="1", advertising_clock_may_rewind=True)


@pytest.fixture
async def ads(ad_settings: Settings, database: Database) -> AsyncIterator[Platform]:
    app = an_app(ad_settings, make_container(ad_settings))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=("127.0.0.1", 50_000))
    async with running(app), httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
        yield Platform(client)
