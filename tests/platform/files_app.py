"""A small application over the platform's file routes, for their tests."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import httpx
from dishka import AsyncContainer, Provider, Scope, make_async_container
from dishka.integrations.litestar import FromDishka, LitestarProvider, inject, setup_dishka
from litestar import Litestar, Request, post
from litestar.datastructures import State
from litestar.exceptions import HTTPException

from lyceum.kernel.errors import AppError
from lyceum.kernel.ports import Clock
from lyceum.platform import http_errors
from lyceum.platform.database import Database, SqlTransaction
from lyceum.platform.file_http import FileController
from lyceum.platform.provider import FilesProvider
from lyceum.platform.settings import Settings
from lyceum.platform.uploads import FileField, PendingFiles, Uploads

MIB = 1 << 20


class MovingClock:
    """Stands until it is moved."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 9, 1, 12, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment

    def move(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


class Refused(AppError):
    code = "lyceum.error"
    text = "No."


def no_programs(head: bytes, name: str, loc: str) -> None:
    if head.startswith(b"MZ"):
        raise http_errors.Malformed


@post("/upload", request_max_body_size=None)
@inject
async def upload(
    request: Request[object, object, State], uploads: FromDishka[Uploads], pending: FromDishka[PendingFiles]
) -> dict[str, object]:
    """Keeps what it received, unless the text `then` says to refuse it or to forget it."""
    fields = {"photos": FileField(limit=2 * MIB, many=3, accept=no_programs), "video": FileField(limit=64 * MIB)}
    async with uploads.receive(request, "tests", texts={"then": 10, "question": 1000}, files=fields) as form:
        if form.text("then") == "refuse":
            raise Refused
        if form.text("then") != "forget":
            async with pending.transaction:
                await pending.keep(form.keys)
        received = [one for many in form.files.values() for one in many]
        return {
            "texts": form.texts,
            "files": [
                {"loc": one.loc, "name": one.name, "size": one.size, "sha256": one.sha256, "head": len(one.head)}
                for one in received
            ],
            "keys": form.keys,
        }


class PlatformBindings(Provider):
    def __init__(self, settings: Settings, clock: Clock, database: Database) -> None:
        super().__init__(scope=Scope.APP)
        self.provide(lambda: settings, provides=Settings)
        self.provide(lambda: clock, provides=Clock)
        self.provide(lambda: database, provides=Database)
        self.provide(lambda: SqlTransaction(database), provides=SqlTransaction, scope=Scope.REQUEST)


def files_container(settings: Settings, clock: Clock, database: Database) -> AsyncContainer:
    return make_async_container(PlatformBindings(settings, clock, database), FilesProvider(), LitestarProvider())


def files_app(container: AsyncContainer) -> Litestar:
    app = Litestar(
        [FileController, upload],
        exception_handlers={
            AppError: http_errors.on_refusal,
            HTTPException: http_errors.on_http_exception,
            Exception: http_errors.on_unknown,
        },
        openapi_config=None,
        logging_config=None,
    )
    setup_dishka(container, app)
    return app


@asynccontextmanager
async def files_client(container: AsyncContainer) -> AsyncIterator[httpx.AsyncClient]:
    app = files_app(container)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://lyceum.test") as client:
        yield client
    await container.close()
