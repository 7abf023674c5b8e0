"""What tests of tasks and messages start from."""

from collections.abc import Iterator

import httpx
import pytest
from dishka import AsyncContainer

from lyceum.accounts.api import Role
from tests.jobs.rabbit import virtual_host
from tests.training.callers import headers_of


@pytest.fixture(scope="module")
def broker_url() -> Iterator[str]:
    """An empty virtual host of RabbitMQ; modules about Kafka name another broker."""
    with virtual_host() as url:
        yield url


@pytest.fixture
async def operator(client: httpx.AsyncClient, container: AsyncContainer) -> httpx.AsyncClient:
    client.headers.update(await headers_of(container, 3, Role.OPERATOR))
    return client
