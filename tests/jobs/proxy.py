"""A cable that can be pulled: a TCP proxy between the product and a server."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field


@dataclass(slots=True)
class Cable:
    """Listens on a port of its own; `cut` drops all connections and refuses new ones until `mend`."""

    host: str
    target: int
    port: int = 0
    _server: asyncio.Server | None = None
    _open: set[asyncio.StreamWriter] = field(default_factory=set)
    _pumps: set["asyncio.Task[None]"] = field(default_factory=set)

    async def mend(self) -> None:
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in list(self._open):
            writer.transport.abort()
        if self._pumps:
            await asyncio.wait(self._pumps, timeout=5)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(self.host, self.target)
        self._open |= {writer, back}
        pumps = [asyncio.create_task(_pump(reader, back)), asyncio.create_task(_pump(there, writer))]
        self._pumps |= set(pumps)
        await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        for end in (writer, back):
            end.transport.abort()
            self._open.discard(end)
        await asyncio.wait(pumps)
        self._pumps -= set(pumps)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()


@asynccontextmanager
async def cable(host: str, port: int) -> AsyncIterator[Cable]:
    made = Cable(host, port)
    await made.mend()
    try:
        yield made
    finally:
        await made.cut()
