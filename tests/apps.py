"""Applications of tests. What is the same in all of them, the routes, is put together once for a process."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from dishka import AsyncContainer
from dishka.integrations.litestar import setup_dishka
from litestar import Litestar
from litestar.types import ASGIApp

from lyceum.main.container import make_container
from lyceum.main.web import assemble
from lyceum.platform.headers import most_bytes
from lyceum.platform.settings import Settings


@dataclass(frozen=True, slots=True)
class Assembled:
    """An application, and its way in as it was before anything was put around it."""

    app: Litestar
    inmost: ASGIApp
    most: int


_idle: defaultdict[int, list[Assembled]] = defaultdict(list)
_lent: dict[int, Assembled] = {}


def an_app(settings: Settings, container: AsyncContainer | None = None) -> Litestar:
    """As `main.web.create_web`, of idle routes that served a test before; `running` gives them back."""
    most = most_bytes(settings)
    assembled = _idle[most].pop() if _idle[most] else _assembled(most)
    app = assembled.app
    app.asgi_handler = assembled.inmost
    setup_dishka(container or make_container(settings), app)
    _lent[id(app)] = assembled
    return app


def _assembled(most: int) -> Assembled:
    app = assemble(most)
    return Assembled(app, app.asgi_handler, most)


@asynccontextmanager
async def running(app: Litestar) -> AsyncIterator[None]:
    """The application's lifespan in one task of its own: a fixture begins and ends in two, which it does not bear."""
    started, stopping = asyncio.Event(), asyncio.Event()

    async def live() -> None:
        async with app.lifespan():
            started.set()
            await stopping.wait()

    task = asyncio.create_task(live())
    waiting = asyncio.create_task(started.wait())
    await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    try:
        yield
    finally:
        stopping.set()
        await task
        if (assembled := _lent.pop(id(app), None)) is not None:
            _idle[assembled.most].append(assembled)
