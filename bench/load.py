"""A small HTTP/1.1 load generator: keep-alive connections, each in a conversation of its own.

Runs in a process of its own, so that the server has a core to itself. Requests are bounded in time, and go to this
machine only.
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field


@dataclass(slots=True)
class Answer:
    status: int
    body: bytes

    def json(self) -> object:
        return json.loads(self.body)


@dataclass(slots=True)
class Connection:
    """One keep-alive connection to a server on this machine, opened anew when the server has closed it meanwhile, as
    every client does: servers close what is idle."""

    port: int
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    headers: str = ""

    @classmethod
    async def open(cls, port: int, headers: dict[str, str] | None = None) -> "Connection":
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**20)
        lines = "".join(f"{name}: {value}\r\n" for name, value in (headers or {}).items())
        return cls(port, reader, writer, f"Host: 127.0.0.1:{port}\r\n{lines}")

    async def request(self, method: str, path: str, body: object = None) -> Answer:
        data = b"" if body is None else json.dumps(body).encode()
        kind = "Content-Type: application/json\r\n" if data else ""
        head = f"{method} {path} HTTP/1.1\r\n{self.headers}{kind}Content-Length: {len(data)}\r\n\r\n"
        if self.reader.at_eof():
            self.writer.close()
            self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port, limit=2**20)
        self.writer.write(head.encode() + data)
        top = await self.reader.readuntil(b"\r\n\r\n")
        length, is_chunked = 0, False
        for line in top.split(b"\r\n")[1:]:
            if line[:15].lower() == b"content-length:":
                length = int(line[15:])
            elif line[:18].lower() == b"transfer-encoding:":
                is_chunked = True
        if is_chunked:
            return Answer(int(top[9:12]), await self._chunks())
        content = await self.reader.readexactly(length) if length else b""
        return Answer(int(top[9:12]), content)

    async def _chunks(self) -> bytes:
        content = bytearray()
        while length := int(await self.reader.readuntil(b"\r\n"), 16):
            content += (await self.reader.readexactly(length + 2))[:-2]
        await self.reader.readuntil(b"\r\n")
        return bytes(content)

    def close(self) -> None:
        self.writer.close()


@dataclass(slots=True)
class Tally:
    """What a run counted: good requests, others by status, latencies in seconds."""

    good: int = 0
    bad: dict[int, int] = field(default_factory=dict)
    latencies: list[float] = field(default_factory=list)

    def add(self, status: int, seconds: float) -> None:
        if 200 <= status < 300:
            self.good += 1
            self.latencies.append(seconds)
        else:
            self.bad[status] = self.bad.get(status, 0) + 1

    def percentile(self, share: float) -> float:
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0


type Step = Callable[[Connection], Awaitable[Answer]]


async def drive(port: int, steps: list[Step], headers: list[dict[str, str]], seconds: float) -> Tally:
    """Run each step over and over on a connection of its own for `seconds`; the tally's rate is good / seconds."""
    tally = Tally()
    deadline = time.perf_counter() + seconds

    async def talk(step: Step, head: dict[str, str]) -> None:
        connection = await Connection.open(port, head)
        while (start := time.perf_counter()) < deadline:
            answer = await step(connection)
            tally.add(answer.status, time.perf_counter() - start)
        connection.close()

    await asyncio.gather(*(talk(step, head) for step, head in zip(steps, headers, strict=True)))
    return tally
