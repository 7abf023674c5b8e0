"""Background tasks, messages and the timetable: inside the web, or as `lyceum worker` and `lyceum scheduler` alone."""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

from dishka import AsyncContainer
from dishka.integrations.litestar import setup_dishka
from granian.constants import Interfaces
from granian.server.embed import Server
from litestar import Litestar

from lyceum.jobs.adapters.messaging import Messaging
from lyceum.jobs.adapters.scheduling import Scheduler
from lyceum.jobs.adapters.wake import Listener
from lyceum.jobs.adapters.worker import Worker
from lyceum.main.serving import require_free_port
from lyceum.platform.health import HealthController
from lyceum.platform.metrics import MetricsController
from lyceum.platform.settings import Settings

WEB_GRACE = 2.0
"""Seconds that tasks inside the web have to finish: requests come first, and a task handed back loses nothing."""


@asynccontextmanager
async def working(container: AsyncContainer) -> AsyncIterator[None]:
    """Messages, and a worker, beside the web for as long as the block lasts."""
    messages = asyncio.create_task((await container.get(Messaging)).run())
    try:
        async with _worker(container):
            yield
    finally:
        messages.cancel()
        await asyncio.gather(messages, return_exceptions=True)


@asynccontextmanager
async def _worker(container: AsyncContainer) -> AsyncIterator[None]:
    worker = await container.get(Worker)
    if not worker.rhythm.slots:
        yield
        return
    worker.rhythm = replace(worker.rhythm, grace=WEB_GRACE)
    listening = asyncio.create_task((await container.get(Listener)).run())
    running = asyncio.create_task(worker.run())
    try:
        yield
    finally:
        worker.stop()
        await running
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)


@asynccontextmanager
async def scheduling(container: AsyncContainer, *, here: bool) -> AsyncIterator[None]:
    """The timetable beside the web, if it is to be kept `here`, for as long as the block lasts."""
    if not here:
        yield
        return
    running = asyncio.create_task((await container.get(Scheduler)).run())
    try:
        yield
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def schedule(container: AsyncContainer) -> None:
    """Keep the timetable until SIGTERM or SIGINT."""
    async with watched(container):
        running = asyncio.create_task((await container.get(Scheduler)).run())
        _on_signal(running.cancel)
        await asyncio.gather(running, return_exceptions=True)


async def work(container: AsyncContainer) -> None:
    """Work until SIGTERM or SIGINT: claim nothing more, let the running tasks finish, hand back the rest.

    At the start it makes what the timetable has missed, as any process may.
    """
    worker = await container.get(Worker)
    _on_signal(worker.stop)
    await (await container.get(Scheduler)).make_due()
    async with watched(container):
        beside = [
            asyncio.create_task((await container.get(Listener)).run()),
            asyncio.create_task((await container.get(Messaging)).run()),
        ]
        try:
            await worker.run()
        finally:
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)


@asynccontextmanager
async def watched(container: AsyncContainer) -> AsyncIterator[None]:
    """`/metrics` and `/health` of a process that serves nothing else, at LYCEUM_METRICS_PORT; SettingsError when the
    port is taken."""
    settings = await container.get(Settings)
    if not settings.metrics_port:
        yield
        return
    server = _watch_server(container, settings)
    serving = asyncio.create_task(server.serve())
    try:
        yield
    finally:
        server.stop()  # type: ignore[no-untyped-call]
        await asyncio.gather(serving, return_exceptions=True)


def _watch_server(container: AsyncContainer, settings: Settings) -> Server:
    require_free_port(settings.host, settings.metrics_port)
    app = Litestar([MetricsController, HealthController], openapi_config=None, logging_config=None)
    setup_dishka(container, app)
    return Server(
        app,
        address=settings.host,
        port=settings.metrics_port,
        interface=Interfaces.ASGI,
        log_enabled=False,
    )


def _on_signal(stop: Callable[[], object]) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(number, stop)
