"""Messages over RabbitMQ: what arrives, and what it gets, on both databases."""

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import httpx
import pytest
from dishka import AsyncContainer
from litestar import Litestar

from lyceum.accounts.api import Role
from lyceum.jobs.adapters.messaging import Messaging
from lyceum.main.web import create_web
from lyceum.platform.settings import Settings
from tests.conftest import running
from tests.jobs.rabbit import Outsider, envelope, outsider, virtual_host
from tests.training.callers import headers_of

TASKS = "/api/jobs/tasks"


@pytest.fixture(scope="module")
def broker_url() -> Iterator[str]:
    with virtual_host() as url:
        yield url


@pytest.fixture
def settings(settings: Settings, broker_url: str) -> Settings:
    return replace(settings, broker_url=broker_url, task_slots=0)


@pytest.fixture
async def app(settings: Settings, container: AsyncContainer) -> AsyncIterator[Litestar]:
    app = create_web(settings, container)
    async with running(app):
        messaging = await container.get(Messaging)
        await messaging.ready.wait()
        yield app


@pytest.fixture
async def crm(app: Litestar, broker_url: str) -> AsyncIterator[Outsider]:
    async with outsider(broker_url) as sender:
        yield sender
        await sender.empty("tasks", "tasks.dead")


@pytest.fixture
async def operator(client: httpx.AsyncClient, container: AsyncContainer) -> httpx.AsyncClient:
    client.headers.update(await headers_of(container, 3, Role.OPERATOR))
    return client


async def test_a_message_makes_a_task_and_its_sender_is_told(crm: Outsider, operator: httpx.AsyncClient) -> None:
    replies = await crm.inbox()
    message = envelope({"description": "Пересчитать"}, reply_to=replies)
    await crm.send(message)
    reply = await crm.next(replies)
    answer = json.loads(reply.body)
    task = (await operator.get(f"{TASKS}/{answer['entity_id']}")).json()
    assert (task["kind"], task["source"], task["description"]) == ("demo", "rabbitmq", "Пересчитать")
    assert (answer["ok"], answer["message_id"]) == (True, message["message_id"])
    assert (reply.correlation_id, reply.delivery_mode) == ("c-1", 2)
