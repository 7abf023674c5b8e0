"""The whole application over the broker that a module names by its fixture `broker_url`."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from dishka import AsyncContainer
from litestar import Litestar

from lyceum.jobs.adapters.messaging import Messaging
from lyceum.platform.settings import Settings
from tests.apps import an_app, running
from tests.jobs.kafka import tansu
from tests.jobs.proxy import Cable, cable


@pytest.fixture
async def wire() -> AsyncIterator[Cable]:
    """The way to a Kafka broker of the test's own, for everybody."""
    async with cable("127.0.0.1", 0) as made:
        with tansu(reached_at=made.port) as broker:
            made.target = broker.port
            yield made


@pytest.fixture
def kafka_url(wire: Cable) -> str:
    return f"kafka://127.0.0.1:{wire.port}"


@pytest.fixture
def settings(settings: Settings, broker_url: str) -> Settings:
    return replace(settings, broker_url=broker_url, task_slots=0)


@pytest.fixture
async def app(settings: Settings, container: AsyncContainer) -> AsyncIterator[Litestar]:
    """Up, with its consumers and its publisher."""
    app = an_app(settings, container)
    async with running(app):
        async with asyncio.timeout(30):
            await (await container.get(Messaging)).ready.wait()
        yield app
