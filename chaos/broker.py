"""A RabbitMQ node of one's own, to be killed, starved of disk, or put behind a cable that can be cut."""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID, uuid4

import aio_pika
import aiormq

from chaos.cluster import free_port

PROGRAMS = Path("/usr/lib/rabbitmq/bin")
READY = 120.0
SHARED = "LYCEUM_CHAOS_BROKER"
QUEUES = ("tasks", "tasks.dead", "nowhere")


@dataclass(slots=True)
class Broker:
    folder: Path
    port: int
    dist: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """What SHARED is to be set to."""
        return f"{self.folder}:{self.port}:{self.dist}"

    @property
    def url(self) -> str:
        return f"amqp://guest:guest@127.0.0.1:{self.port}/"

    def _env(self) -> dict[str, str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("RABBITMQ_")}
        return clean | {
            "HOME": str(self.folder),
            "RABBITMQ_NODENAME": f"chaos{self.port}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(self.dist),
            "RABBITMQ_MNESIA_BASE": str(self.folder / "data"),
            "RABBITMQ_LOG_BASE": str(self.folder / "log"),
            "RABBITMQ_CONFIG_FILE": str(self.folder / "none"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "plugins"),
            "RABBITMQ_PID_FILE": str(self.folder / "pid"),
        }

    def start(self) -> None:
        with (self.folder / "out").open("ab") as out:
            self.process = subprocess.Popen(
                [PROGRAMS / "rabbitmq-server"], env=self._env(), stdout=out, stderr=out, start_new_session=True
            )
        (self.folder / "group").write_text(str(self.process.pid), encoding="ascii")

    def signal(self, number: int) -> None:
        """To the whole node, whoever started it."""
        for name, send in (("group", os.killpg), ("pid", os.kill)):
            with suppress(OSError, ValueError):
                send(int((self.folder / name).read_text(encoding="ascii")), number)

    @property
    def lives(self) -> bool:
        return _lives(self.folder / "group") or _lives(self.folder / "pid")

    def pause(self) -> None:
        """It answers nobody, and closes nothing."""
        self.signal(signal.SIGSTOP)

    def kill(self) -> None:
        """`kill -9` of the whole node, and wait until it is gone."""
        deadline = time.monotonic() + 10
        while self.lives and time.monotonic() < deadline:
            self.signal(signal.SIGKILL)
            time.sleep(0.02)
        if self.process is not None:
            self.process.wait(1)

    def control(self, *words: str) -> str:
        done = subprocess.run(
            [PROGRAMS / "rabbitmqctl", "-q", "-n", f"chaos{self.port}@localhost", *words],
            env=self._env(),
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    async def ready(self) -> None:
        """Wait until it takes connections."""
        deadline = time.monotonic() + READY
        while True:
            try:
                async with asyncio.timeout(5):
                    _, writer = await asyncio.open_connection("127.0.0.1", self.port)
                    writer.close()
                    async with await aio_pika.connect(self.url):
                        return
            except (OSError, TimeoutError, aio_pika.exceptions.AMQPError):
                if time.monotonic() > deadline:
                    raise
                await asyncio.sleep(0.2)

    async def restart(self) -> None:
        self.start()
        await self.ready()

    async def count(self, queue: str) -> int:
        """How many messages wait in a queue; none in one that is not there."""
        found = await self._declared(queue)
        return (found.message_count or 0) if found else 0

    async def consumers(self, queue: str) -> int:
        """How many consumers a queue has."""
        found = await self._declared(queue)
        return (found.consumer_count or 0) if found else 0

    async def _declared(self, queue: str) -> aiormq.spec.Queue.DeclareOk | None:
        try:
            async with asyncio.timeout(10), await aio_pika.connect(self.url) as connection:
                declared = await (await connection.channel()).declare_queue(queue, passive=True)
                return declared.declaration_result
        except (aio_pika.exceptions.ChannelNotFoundEntity, OSError, TimeoutError, aio_pika.exceptions.AMQPError):
            return None

    async def empty(self) -> None:
        """Take all queues away, whoever left them."""
        async with await aio_pika.connect(self.url) as connection:
            channel = await connection.channel()
            for name in QUEUES:
                await channel.queue_delete(name)


@contextmanager
def node() -> Iterator[Broker]:
    """A fresh node that is starting; gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="lyceum-broker-"))
    if os.geteuid() == 0:
        shutil.chown(folder, "root", "root")
    made = Broker(folder, free_port(), free_port())
    (folder / "plugins").write_text("[].", encoding="ascii")
    try:
        made.start()
        yield made
    finally:
        made.kill()
        shutil.rmtree(folder, ignore_errors=True)


@asynccontextmanager
async def broker() -> AsyncIterator[Broker]:
    """A node without queues, up: of one's own, or the one that SHARED names, which several experiments use in turn."""
    with given() or node() as made:
        try:
            await made.ready()
            await made.empty()
            yield made
        finally:
            made.signal(signal.SIGCONT)


def given() -> AbstractContextManager[Broker] | None:
    """The shared node, started again if somebody has left it dead."""
    if (said := os.environ.get(SHARED)) is None:
        return None
    folder, port, dist = said.rsplit(":", 2)
    made = Broker(Path(folder), int(port), int(dist))
    if not made.lives:
        made.start()
    return nullcontext(made)


def _lives(noted: Path) -> bool:
    """Whether the process noted in a file is there, and no mere zombie."""
    try:
        stat = Path(f"/proc/{int(noted.read_text(encoding='ascii'))}/stat").read_text(encoding="ascii")
    except (OSError, ValueError):
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def envelope(id: UUID, data: object, schema: str = "task/1") -> str:
    return json.dumps(
        {
            "schema": schema,
            "message_id": str(id),
            "occurred_at": "2026-11-21T10:00:00Z",
            "producer": "chaos",
            "correlation_id": "c",
            "reply_to": None,
            "data": data,
        }
    )


def a_task(id: UUID | None = None) -> tuple[UUID, str]:
    """A message that makes a task of no work."""
    id = id or uuid4()
    return id, envelope(id, {"description": "chaos", "payload": {"seconds": 0}})


@dataclass(slots=True)
class Cable:
    """A proxy to the broker. What is connected when it is cut is never served again, and never closed either: both ends
    believe in a slow peer. Who connects anew is served when the cable is mended."""

    target: int
    port: int = 0
    whole: asyncio.Event = field(default_factory=asyncio.Event)
    cuts: int = 0
    open: list[asyncio.StreamWriter] = field(default_factory=list)

    def cut(self) -> None:
        self.cuts += 1
        self.whole.clear()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self.whole.wait()
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.close()
            return
        self.open += [writer, back]
        await asyncio.gather(self._pass(reader, back), self._pass(there, writer), return_exceptions=True)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        born = self.cuts
        while data := await reader.read(65536):
            if self.cuts > born:
                return
            writer.write(data)
            await writer.drain()
        if self.cuts == born:
            writer.close()


@asynccontextmanager
async def cable(target: int) -> AsyncIterator[Cable]:
    made = Cable(target)
    made.whole.set()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        made.whole.set()
        for writer in made.open:
            writer.close()
        server.close()
