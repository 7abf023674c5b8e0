"""A small application under all the layers of the platform, for their tests."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from io import StringIO
from uuid import UUID

import httpx
import msgspec
import structlog
from dishka import Provider, Scope, make_async_container
from dishka.integrations.litestar import LitestarProvider, setup_dishka
from litestar import Litestar, Request, get, post
from litestar.datastructures import State
from litestar.exceptions import HTTPException, ValidationException
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.response import Stream

from lyceum.kernel.clock import SystemClock
from lyceum.kernel.errors import AppError, NotFound
from lyceum.kernel.ports import Clock
from lyceum.platform import http_errors
from lyceum.platform.database import Database, SqlTransaction
from lyceum.platform.file_http import FileController
from lyceum.platform.headers import SecurityHeaders, most_bytes
from lyceum.platform.health import HealthController
from lyceum.platform.metrics import Metrics, MetricsController
from lyceum.platform.openapi import DocsController, openapi_config
from lyceum.platform.pages import static_files
from lyceum.platform.provider import FilesProvider, OperationProvider
from lyceum.platform.settings import Settings
from lyceum.platform.telemetry import RequestLog, Telemetry, json_lines


class NoSuchThing(NotFound):
    code = "lyceum.error"
    text = "There is no such thing."


class Body(msgspec.Struct):
    text: str


@get("/api/things/{id:uuid}", tags=["bank"], operation_id="get_thing")
async def get_thing(id: FromPath[UUID], secret: FromQuery[str] = "") -> str:
    if id.int == 0:
        raise NoSuchThing
    return str(structlog.contextvars.get_contextvars()["trace_id"])


@get("/broken")
async def broken() -> str:
    raise ZeroDivisionError("the password is hunter2")


@post("/api/texts", tags=["bank"], operation_id="add_text")
async def add_text(data: JSONBody[Body]) -> int:
    return len(data.text)


@get("/own-policy")
async def own_policy() -> Stream:
    return Stream(iter(["a", "b"]), headers={"Content-Security-Policy": "default-src 'none'"})


@get("/flight")
async def flight(request: Request[object, object, State]) -> int:
    metrics: Metrics = request.app.state["metrics"]
    return metrics.in_flight


class Bindings(Provider):
    def __init__(self, settings: Settings, database: Database) -> None:
        super().__init__(scope=Scope.APP)
        self.provide(lambda: settings, provides=Settings)
        self.provide(SystemClock, provides=Clock)
        self.provide(lambda: database, provides=Database)
        self.provide(lambda: SqlTransaction(database), provides=SqlTransaction, scope=Scope.REQUEST)


@dataclass(frozen=True, slots=True)
class Site:
    client: httpx.AsyncClient
    metrics: Metrics
    log: StringIO
    app: Litestar

    def lines(self) -> list[dict[str, object]]:
        """What was logged about requests."""
        return [msgspec.json.decode(line) for line in self.log.getvalue().splitlines()]


HANDLERS = [
    get_thing, broken, add_text, own_policy, flight, FileController, HealthController, MetricsController,
    DocsController, static_files(),
]  # fmt: skip


@asynccontextmanager
async def operation_site(
    settings: Settings, database: Database, make_log: Callable[[StringIO], RequestLog] = json_lines
) -> AsyncIterator[Site]:
    container = make_async_container(
        Bindings(settings, database), FilesProvider(), OperationProvider(), LitestarProvider()
    )
    metrics, log = await container.get(Metrics), StringIO()
    app = Litestar(
        HANDLERS,
        exception_handlers={
            AppError: http_errors.on_refusal,
            ValidationException: http_errors.on_bad_request,
            HTTPException: http_errors.on_http_exception,
            Exception: http_errors.on_unknown,
        },
        openapi_config=openapi_config(),
        logging_config=None,
        request_max_body_size=most_bytes(settings),
        state=State({"metrics": metrics}),
    )
    setup_dishka(container, app)
    guarded = SecurityHeaders(app.asgi_handler, https=settings.address.startswith("https"))
    app.asgi_handler = Telemetry(guarded, metrics, make_log(log))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://lyceum.test") as client:
        yield Site(client, metrics, log, app)
    await container.close()
