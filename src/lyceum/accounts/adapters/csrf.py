"""Forms of pages are taken only from our own pages: the token in the form must fit the cookie of the visitor."""

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.handlers import BaseRouteHandler

from lyceum.accounts.adapters.visits import Visit
from lyceum.accounts.domain.refusals import FormRefused
from lyceum.platform.security import FormTokens

SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
HEADER = "x-csrf-token"
FIELD = "csrf_token"
URL_ENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"

type Connection = ASGIConnection[BaseRouteHandler, object, object, State]


async def require_form_token(connection: Connection, _: BaseRouteHandler) -> None:
    """Guard of every page: what changes something needs the token, in the header X-CSRF-Token or in the field
    `csrf_token`; raise FormRefused. A multipart body is left to be streamed by its handler: in place of the token
    inside it counts what the browser says of the page that sent it."""
    if not isinstance(connection, Request) or connection.method in SAFE:
        return
    container = connection.state.dishka_container
    visit, tokens = await container.get(Visit), await container.get(FormTokens)
    binding = visit.brought_binding
    token = connection.headers.get(HEADER) or await _field(connection)
    if binding is not None and tokens.is_good(token, binding):
        return
    if connection.content_type[0] == MULTIPART and visit.is_sent_by_own_page:
        return
    raise FormRefused


async def _field(request: Request[object, object, State]) -> str:
    if request.content_type[0] != URL_ENCODED:
        return ""
    value: object = (await request.form()).get(FIELD)
    return value if isinstance(value, str) else ""
