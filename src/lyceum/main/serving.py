"""Serving the application: one process inside this one, or several workers."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import Awaitable, Callable

from granian.constants import Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server.embed import Server
from litestar import Litestar

from lyceum.platform.settings import Settings, SettingsError

DRAIN_SECONDS = 25
BACKLOG = 2_048
CONNECTIONS = 10_000
"""That one process holds at a time. Browsers keep theirs open, and one beyond would wait until another is closed: the
server's own default is as low as its backlog."""


async def serve_here(app: Litestar, settings: Settings, on_ready: Callable[[], Awaitable[None]]) -> None:
    """Serve in this process until SIGTERM or SIGINT, then let running requests finish.

    `on_ready` is awaited once the port answers.
    """
    require_free_port(settings.host, settings.port)
    server = Server(
        app,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        backlog=BACKLOG,
        backpressure=CONNECTIONS,
        log_enabled=True,
        log_level=LogLevels.error,
        http1_settings=HTTP1Settings(header_read_timeout=30_000),
    )
    server.workers_kill_timeout = DRAIN_SECONDS
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(number, server.stop)
    serving = asyncio.create_task(server.serve())
    ready = asyncio.create_task(_until_listening(settings))
    done, _ = await asyncio.wait({serving, ready}, return_when=asyncio.FIRST_COMPLETED)
    if ready in done:
        await on_ready()
    else:
        ready.cancel()
    await serving


async def _until_listening(settings: Settings) -> None:
    while True:
        try:
            _, writer = await asyncio.open_connection(connectable(settings.host), settings.port)
        except OSError:
            await asyncio.sleep(0.02)
        else:
            writer.close()
            await writer.wait_closed()
            return


def connectable(host: str) -> str:
    """An address to reach a server that listens on `host`."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104


def require_free_port(host: str, port: int) -> None:
    """Refuse to start on an address that is taken or not of this machine."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise SettingsError(
                f"Cannot listen on {host}:{port} ({error.strerror}). "
                "Choose another port with --port or LYCEUM_PORT, or stop what holds this one."
            ) from error
