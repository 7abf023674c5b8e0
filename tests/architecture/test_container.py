"""Every binding of the container can be made, in the scope that it is declared for."""

import pytest
from dishka import Scope
from dishka.entities.factory_type import FactoryType
from litestar import Litestar
from litestar.connection import Request

from lyceum.bank.use_cases.exports import RunExport
from lyceum.bank.use_cases.imports import RunImport
from lyceum.main.container import PlatformProvider, make_container
from lyceum.main.contexts import CONTEXTS
from lyceum.platform.database import Database, SqlTransaction
from lyceum.platform.provider import FilesProvider, OperationProvider
from lyceum.platform.settings import Settings


@pytest.fixture
def database_url(tmp_path: object) -> str:
    return f"sqlite:///{tmp_path}/lyceum.sqlite3"


def bound(scope: Scope) -> list[object]:
    """All that the providers say they make in a scope, aliases too."""
    providers = [PlatformProvider(), FilesProvider(), OperationProvider(), *(it.provider() for it in CONTEXTS)]
    found: list[object] = []
    for provider in providers:
        made = [it for it in provider.factories if it.scope is scope and it.type is not FactoryType.CONTEXT]
        found += [it.provides.type_hint for it in made]
    return found


async def test_everything_of_the_application_can_be_made(settings: Settings) -> None:
    container = make_container(settings)
    wanted = bound(Scope.APP)
    for hint in wanted:
        assert await container.get(hint) is not None, hint
    assert len(wanted) > 10
    await container.close()


async def test_everything_of_a_request_can_be_made(settings: Settings) -> None:
    """Within a request of the web; the console's scope, where there is none, has all but what reads it."""
    container = make_container(settings)
    request: Request[object, object, object] = Request(
        {
            "type": "http", "method": "GET", "path": "/", "headers": [], "query_string": b"",
            "client": ("127.0.0.1", 1),
            "state": {}, "app": Litestar(), "server": ("127.0.0.1", 8000), "scheme": "http", "root_path": "",
            "path_params": {}, "http_version": "1.1",
        }  # type: ignore[arg-type]
    )  # fmt: skip
    wanted = bound(Scope.REQUEST)
    async with container({Request: request}, scope=Scope.REQUEST) as scope:
        for hint in wanted:
            assert await scope.get(hint) is not None, hint
    assert len(wanted) > 40
    await container.close()


async def test_what_the_console_and_the_relay_use_needs_no_request(settings: Settings) -> None:
    container = make_container(settings)
    async with container() as scope:
        for hint in (RunImport, RunExport, *(it for context in CONTEXTS for it in context.subscribers.values())):
            assert await scope.get(hint) is not None, hint
    await container.close()


async def test_two_requests_share_the_application_and_nothing_of_their_own(settings: Settings) -> None:
    container = make_container(settings)
    for hint, shared in ((Database, True), (Settings, True), (SqlTransaction, False), (RunImport, False)):
        async with container() as one, container() as other:
            assert (await one.get(hint) is await other.get(hint)) is shared, hint
    await container.close()
