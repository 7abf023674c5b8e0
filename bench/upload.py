"""A video of 500 MiB up and down through a real server process: how much its memory grows, how much time it takes.

    uv run python -m bench.upload [--mib 500] [--s3]

Time is told as a ratio to a route of the same run that reads the same body and forgets it, or sends the same number of
zeros. Memory is the growth of the server's peak over what it held when warm; the aim is below 64 MiB each way, also
when the one who downloads is slow. The last line is JSON.
"""

import argparse
import asyncio
import hashlib
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from dishka import Provider, Scope, make_async_container
from dishka.integrations.litestar import FromDishka, LitestarProvider, inject, setup_dishka
from litestar import Litestar, Request, get, post
from litestar.datastructures import State
from litestar.params import FromPath
from litestar.response.base import ASGIResponse
from tests.s3_server import ACCESS_KEY, BUCKET, SECRET_KEY, s3_server

from bench.servers import free_port
from lyceum.kernel.clock import SystemClock
from lyceum.kernel.ports import Clock
from lyceum.main.serving import serve_here
from lyceum.platform.database import Database, SqlTransaction, metadata
from lyceum.platform.file_http import FileController, Streamed
from lyceum.platform.files import Files
from lyceum.platform.provider import FilesProvider
from lyceum.platform.settings import Settings
from lyceum.platform.uploads import FileField, PendingFiles, Uploads

MIB = 1 << 20
AIM_MIB = 64
BOUNDARY = b"----bench"
HEAD = b"--" + BOUNDARY + b'\r\nContent-Disposition: form-data; name="video"; filename="v.mp4"\r\n\r\n'
TAIL = b"\r\n--" + BOUNDARY + b"--\r\n"


@post("/upload", request_max_body_size=None)
@inject
async def upload(
    request: Request[object, object, State],
    uploads: FromDishka[Uploads],
    pending: FromDishka[PendingFiles],
    files: FromDishka[Files],
) -> dict[str, str]:
    async with uploads.receive(request, "bench", texts={}, files={"video": FileField(600 * MIB)}) as form:
        async with pending.transaction:
            await pending.keep(form.keys)
        (video,) = form.files["video"]
        return {"sha256": video.sha256, "link": files.link(video.key, video.name, "video/mp4")}


@post("/sink", request_max_body_size=None)
async def sink(request: Request[object, object, State]) -> int:
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
    return size


@get("/zeros/{mib:int}")
async def zeros(mib: FromPath[int]) -> ASGIResponse:
    async def chunks() -> AsyncGenerator[bytes]:
        block = bytes(256 << 10)
        for _ in range(4 * mib):
            yield block

    return Streamed(200, {"Content-Length": str(mib * MIB)}, chunks())


class Bindings(Provider):
    def __init__(self, settings: Settings, database: Database) -> None:
        super().__init__(scope=Scope.APP)
        self.provide(lambda: settings, provides=Settings)
        self.provide(SystemClock, provides=Clock)
        self.provide(lambda: database, provides=Database)
        self.provide(lambda: SqlTransaction(database), provides=SqlTransaction, scope=Scope.REQUEST)


async def serve(settings: Settings) -> None:
    """The server process: the file routes and the two that time is compared with."""
    database = Database.connect(settings.database)
    async with database.writes.begin() as connection:
        await connection.run_sync(metadata.create_all)
    container = make_async_container(Bindings(settings, database), FilesProvider(), LitestarProvider())
    app = Litestar([upload, sink, zeros, FileController], openapi_config=None, logging_config=None)
    setup_dishka(container, app)

    async def ready() -> None:
        print("ready", flush=True)

    await serve_here(app, settings, ready)


@dataclass(frozen=True, slots=True)
class Server:
    """The server under measure, and what it holds in memory."""

    process: subprocess.Popen[str]
    port: int

    def memory_mib(self, what: str) -> float:
        """`VmRSS`, what it holds now, or `VmHWM`, the most it ever held."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith(f"{what}:"):
                return int(line.split()[1]) / 1024
        raise RuntimeError(f"no {what}")

    def forget_peak(self) -> float:
        """Begin a new peak at what is held now; returns that."""
        Path(f"/proc/{self.process.pid}/clear_refs").write_text("5")
        return self.memory_mib("VmRSS")

    async def send(self, path: str, mib: int, block: bytes, *, form: bool) -> tuple[float, bytes]:
        """Post `mib` blocks, as they are or as a form with one file; seconds and the body of the answer."""
        head, tail = (HEAD, TAIL) if form else (b"", b"")
        kind = b"multipart/form-data; boundary=" + BOUNDARY if form else b"application/octet-stream"
        length = len(head) + mib * len(block) + len(tail)
        started = time.perf_counter()
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(
            b"POST %s HTTP/1.1\r\nHost: bench\r\nConnection: close\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s"
            % (path.encode(), kind, length, head)
        )
        for _ in range(mib):
            writer.write(block)
            await writer.drain()
        writer.write(tail)
        answer = await reader.read()
        writer.close()
        status, _, body = answer.partition(b"\r\n\r\n")
        if b" 201 " not in status.partition(b"\r\n")[0]:
            raise RuntimeError(answer[:500].decode())
        return time.perf_counter() - started, body

    async def fetch(self, path: str, mib: int, *, pause: float = 0.0) -> tuple[float, str]:
        """Get a body of `mib` MiB, waiting `pause` seconds after each; seconds and its hash."""
        started, digest, left = time.perf_counter(), hashlib.sha256(), mib * MIB
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(f"GET {path} HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n".encode())
        await reader.readuntil(b"\r\n\r\n")
        while left:
            chunk = await reader.read(min(MIB, left))
            if not chunk:
                raise RuntimeError(f"{path}: {left} bytes are missing")
            left -= len(chunk)
            digest.update(chunk)
            if pause:
                await asyncio.sleep(pause)
        writer.close()
        return time.perf_counter() - started, digest.hexdigest()


async def measure(server: Server, mib: int) -> dict[str, object]:
    block = random.Random(1).randbytes(MIB)
    expected = hashlib.sha256()
    for _ in range(mib):
        expected.update(block)
    await server.send("/upload", 20, block, form=True)
    result: dict[str, object] = {"mib": mib}
    sunk = [(await server.send("/sink", mib, block, form=False))[0]]
    before = server.forget_peak()
    taken, body = await server.send("/upload", mib, block, form=True)
    result["upload_growth_mib"] = round(server.memory_mib("VmHWM") - before, 1)
    sunk.append((await server.send("/sink", mib, block, form=False))[0])
    answer = json.loads(body)
    link = answer["link"]
    sent = [(await server.fetch(f"/zeros/{mib}", mib))[0]]
    before = server.forget_peak()
    given, digest = await server.fetch(link, mib)
    result["download_growth_mib"] = round(server.memory_mib("VmHWM") - before, 1)
    sent.append((await server.fetch(f"/zeros/{mib}", mib))[0])
    before = server.forget_peak()
    slow = min(mib, 100)
    await fetch_slowly(server, link, slow)
    result["slow_growth_mib"] = round(server.memory_mib("VmHWM") - before, 1)
    result |= {
        "upload_s": round(taken, 2),
        "download_s": round(given, 2),
        "upload_ratio": round(taken / min(sunk), 2),
        "download_ratio": round(given / min(sent), 2),
        "whole": answer["sha256"] == digest == expected.hexdigest(),
    }
    growths = [value for name, value in result.items() if name.endswith("_growth_mib")]
    result["pass"] = bool(result["whole"]) and all(isinstance(value, float) and value < AIM_MIB for value in growths)
    return result


async def fetch_slowly(server: Server, link: str, mib: int) -> None:
    """Read the beginning of the file at 20 MiB/s, then hang up."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(f"GET {link} HTTP/1.1\r\nHost: bench\r\n\r\n".encode())
    for _ in range(mib * 4):
        await reader.read(256 << 10)
        await asyncio.sleep(0.0125)
    writer.close()


@contextmanager
def running(folder: Path, endpoint: str) -> Iterator[Server]:
    """The server process over `folder`, or over the bucket behind `endpoint`."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.upload", "--serve", folder, "--port", str(port), "--endpoint", endpoint],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        if process.stdout is None or process.stdout.readline() != "ready\n":
            raise RuntimeError("the server did not start")
        yield Server(process, port)
    finally:
        process.terminate()
        process.wait(30)


def run(mib: int, *, s3: bool) -> dict[str, object]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="lyceum-bench-")))
        endpoint = stack.enter_context(s3_server(folder / "s3")).endpoint if s3 else ""
        server = stack.enter_context(running(folder, endpoint))
        return {"store": "s3" if s3 else "folder"} | asyncio.run(measure(server, mib))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mib", type=int, default=500, help="size of the video")
    parser.add_argument("--s3", action="store_true", help="keep it in an S3 server started for this, not in a folder")
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, default=0, help=argparse.SUPPRESS)
    parser.add_argument("--endpoint", default="", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        settings = Settings(data_dir=given.serve, port=given.port, secret_key="bench" * 10, max_upload_mb=600)
        if given.endpoint:
            settings = replace(
                settings,
                files_url=f"s3://{BUCKET}",
                s3_endpoint=given.endpoint,
                s3_access_key=ACCESS_KEY,
                s3_secret_key=SECRET_KEY,
            )
        asyncio.run(serve(settings))
        return
    print(json.dumps(run(given.mib, s3=given.s3)))


if __name__ == "__main__":
    main()
