"""A RabbitMQ node of one's own, to be killed, starved of disk, or put behind a cable that can be cut."""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID, uuid4

import aio_pika

from chaos.cluster import free_port

PROGRAMS = Path("/usr/lib/rabbitmq/bin")
READY = 90.0


@dataclass(slots=True)
class Broker:
    folder: Path
    port: int = field(default_factory=free_port)
    dist: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

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

    def kill(self) -> None:
        """`kill -9` of the whole node."""
        assert self.process is not None
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        with suppress(OSError, ValueError):
            os.kill(int((self.folder / "pid").read_text(encoding="ascii")), signal.SIGKILL)

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
        """How many messages wait in a queue."""
        async with await aio_pika.connect(self.url) as connection:
            channel = await connection.channel()
            declared = await channel.declare_queue(queue, passive=True)
            return declared.declaration_result.message_count or 0


@asynccontextmanager
async def broker() -> AsyncIterator[Broker]:
    """A fresh node, up; gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="lyceum-broker-"))
    if os.geteuid() == 0:
        shutil.chown(folder, "root", "root")
    made = Broker(folder)
    (folder / "plugins").write_text("[].", encoding="ascii")
    try:
        made.start()
        await made.ready()
        yield made
    finally:
        made.kill()
        shutil.rmtree(folder, ignore_errors=True)


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
