"""The web application: REST, pages, files, documents, health."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress

from dishka import AsyncContainer
from dishka.integrations.litestar import setup_dishka
from litestar import Litestar, Router
from litestar.types import ASGIApp, ControllerRouterHandler

from lyceum.accounts.adapters.csrf import require_form_token
from lyceum.accounts.adapters.visits import send_cookies
from lyceum.advertising.adapters.following import AdFollower
from lyceum.advertising.adapters.lane import AdLanes
from lyceum.advertising.adapters.unserved import Unserved
from lyceum.main.background import scheduling, working
from lyceum.main.container import make_container
from lyceum.main.contexts import CONTEXTS
from lyceum.main.errors import exception_handlers
from lyceum.platform.database import Database
from lyceum.platform.file_http import FileController
from lyceum.platform.headers import SecurityHeaders, most_bytes
from lyceum.platform.health import HealthController
from lyceum.platform.housekeeping import Housekeeping
from lyceum.platform.metrics import Metrics, MetricsController
from lyceum.platform.openapi import DocsController, openapi_config
from lyceum.platform.outbox import Relay
from lyceum.platform.pages import Pages, static_files, switch_locale
from lyceum.platform.settings import Settings
from lyceum.platform.telemetry import Telemetry, configure_logging
from lyceum.training.adapters.lane import TrainingLanes
from lyceum.training.adapters.watch import SittingWatch


def create_web(settings: Settings, container: AsyncContainer | None = None) -> Litestar:
    """The whole application over one container; closes the container when it shuts down."""
    app = assemble(most_bytes(settings))
    setup_dishka(container or make_container(settings), app)
    return app


def assemble(most: int) -> Litestar:
    """The application without its container, of which no route knows before it is called. Bodies may have so many bytes
    unless a route says otherwise."""
    return Litestar(
        route_handlers=_handlers(),
        exception_handlers=exception_handlers(),
        lifespan=[_lifespan],
        before_send=[send_cookies],
        openapi_config=openapi_config(),
        request_max_body_size=most,
        logging_config=None,
        debug=False,
    )


def _layers(inner: ASGIApp, settings: Settings, metrics: Metrics) -> ASGIApp:
    """What stands around the router, the outermost last."""
    secured = SecurityHeaders(inner, https=settings.address.startswith("https://"))
    return Telemetry(secured, metrics, configure_logging(settings))


def _handlers() -> list[ControllerRouterHandler]:
    handlers: list[ControllerRouterHandler] = [
        HealthController,
        MetricsController,
        FileController,
        DocsController,
        static_files(),
        switch_locale,
    ]
    for context in CONTEXTS:
        handlers += context.controllers
    pages = [page for context in CONTEXTS for page in context.pages]
    return [*handlers, Router("/", route_handlers=pages, guards=[require_form_token])]


@asynccontextmanager
async def _lifespan(app: Litestar) -> AsyncIterator[None]:
    """The background work of this process: the outbox, tasks, housekeeping, metrics."""
    container: AsyncContainer = app.state.dishka_container
    settings = await container.get(Settings)
    relay = await container.get(Relay)
    housekeeping, metrics = await container.get(Housekeeping), await container.get(Metrics)
    watch, ads = await container.get(SittingWatch), await container.get(AdFollower)
    database, pages = await container.get(Database), await container.get(Pages)
    ads_lanes, lanes = await container.get(AdLanes), await container.get(TrainingLanes)
    unserved = await container.get(Unserved)
    app.asgi_handler = _layers(lanes.around(ads_lanes.around(app.asgi_handler)), settings, metrics)
    chores: list[Coroutine[object, object, None]] = [
        housekeeping.run(),
        metrics.run(database),
        watch.run(),
        ads.run(),
        unserved.run(),
        _warm(pages),
    ]
    relaying = asyncio.create_task(relay.run())
    tasks = [asyncio.create_task(chore) for chore in chores]
    try:
        async with working(container), scheduling(container, here=settings.schedule):
            yield
    finally:
        relay.stop()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        with suppress(TimeoutError):
            async with asyncio.timeout(10):
                await relaying
        await container.close()


async def _warm(pages: Pages) -> None:
    """Load the languages while nobody waits for them yet."""
    for locale in ("ru", "en"):
        await asyncio.to_thread(pages.environment, locale)
