"""A virtual host of its own at RabbitMQ for each test process, and a sender beside the product."""

import asyncio
import json
import os
import shutil
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage
from aio_pika.exceptions import QueueEmpty

from tests.needs import listening, need

type Body = dict[str, object]


def control(*words: str) -> str:
    """Run rabbitmqctl."""
    return subprocess.run(["rabbitmqctl", "-q", *words], check=True, capture_output=True, text=True, timeout=60).stdout


@contextmanager
def virtual_host() -> Iterator[str]:
    """The address of an empty virtual host; gone afterwards."""
    given = os.environ.get("LYCEUM_TEST_RABBITMQ")
    address = urlsplit(given or "amqp://guest:guest@127.0.0.1:5672")
    allowed = given is not None or shutil.which("rabbitmqctl") is not None
    need("rabbitmq", found=allowed and listening(address.hostname or "127.0.0.1", address.port or 5672))
    if given is not None:
        yield given
        return
    name = f"lyceum-test-{os.getpid()}"
    control("add_vhost", name)
    try:
        control("set_permissions", "-p", name, "guest", ".*", ".*", ".*")
        yield f"{address.geturl()}/{name}"
    finally:
        control("delete_vhost", name)


def envelope(data: object, *, schema: str = "task/1", id: UUID | None = None, **more: object) -> Body:
    return {
        "schema": schema,
        "message_id": str(id or uuid4()),
        "occurred_at": "2026-11-21T10:00:00Z",
        "producer": "crm",
        "correlation_id": "c-1",
        "reply_to": None,
        "data": data,
        **more,
    }


@dataclass(frozen=True, slots=True)
class Outsider:
    """Another system at the same virtual host."""

    channel: AbstractChannel

    async def send(self, body: Body | bytes, queue: str = "tasks", **properties: object) -> None:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        message = aio_pika.Message(raw, content_type="application/json", delivery_mode=2, **properties)  # type: ignore[arg-type]
        await self.channel.default_exchange.publish(message, routing_key=queue)

    async def inbox(self, name: str = "") -> str:
        """A queue of the outsider's for replies."""
        return (await self.channel.declare_queue(name or f"crm.{uuid4()}", durable=True)).name

    async def next(self, queue: str, seconds: float = 10) -> AbstractIncomingMessage:
        """The next message of a queue, taken."""
        taking = await self.channel.get_queue(queue, ensure=False)
        deadline = time.monotonic() + seconds
        while True:
            try:
                return await taking.get(no_ack=True)
            except QueueEmpty:
                assert time.monotonic() < deadline, f"nothing came to {queue}"
                await asyncio.sleep(0.02)

    async def count(self, queue: str) -> int:
        """How many messages wait in a queue, those at hand of consumers not counted."""
        declared = await self.channel.declare_queue(queue, passive=True)
        return declared.declaration_result.message_count or 0

    async def empty(self, *queues: str) -> None:
        for queue in queues:
            await (await self.channel.get_queue(queue, ensure=False)).purge()


@asynccontextmanager
async def outsider(url: str) -> AsyncIterator[Outsider]:
    async with await aio_pika.connect(url) as connection:
        yield Outsider(await connection.channel())
