"""Messages over Kafka: the same contract as over RabbitMQ."""

import asyncio
import json
import time
from collections.abc import AsyncIterator

import httpx
import pytest
from aiokafka import AIOKafkaProducer
from litestar import Litestar

from tests.jobs.kafka import first, send, sender
from tests.jobs.messages import LATER, LETTERS, TASKS
from tests.jobs.rabbit import Body, envelope


@pytest.fixture
def broker_url(kafka_url: str) -> str:
    return kafka_url


@pytest.fixture
async def producer(app: Litestar, broker_url: str) -> AsyncIterator[AIOKafkaProducer]:
    async with sender(broker_url) as producer:
        yield producer


async def listed(operator: httpx.AsyncClient, path: str, count: int) -> list[Body]:
    """The items of a list once there are so many."""
    deadline = time.monotonic() + 20
    while True:
        items: list[Body] = (await operator.get(path)).json()["items"]
        if len(items) >= count:
            return items
        assert time.monotonic() < deadline, items
        await asyncio.sleep(0.05)


async def test_messages_make_tasks_once_and_bad_ones_are_dead_letters(
    producer: AIOKafkaProducer, operator: httpx.AsyncClient, broker_url: str
) -> None:
    good = envelope({"description": "Пересчитать", "run_at": LATER})
    bad = envelope({"description": "x", "kind": "nothing"})
    for body in (good, good, b"\xff\xfe", b"no json", bad, envelope({"description": "last", "run_at": LATER})):
        await send(producer, body)
    tasks = await listed(operator, TASKS, 2)
    assert sorted(str(task["description"]) for task in tasks) == ["last", "Пересчитать"]
    assert {task["source"] for task in tasks} == {"kafka"}
    letters = await listed(operator, LETTERS, 3)
    assert sorted(str(it["code"]) for it in letters) == ["jobs.unknown_kind", "not_json", "not_utf8"]
    dead = await first(broker_url, "tasks.dead", 3)
    codes = sorted(dict(record.headers)["x-error-code"].decode() for record in dead)
    assert codes == ["jobs.unknown_kind", "not_json", "not_utf8"]
    assert json.dumps(bad).encode() in [record.value for record in dead]
