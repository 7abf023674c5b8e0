"""The API described for people and programs: `/openapi.json`, Swagger UI at `/docs` without internet, the refusals."""

import asyncio
from collections.abc import Iterator, Mapping
from copy import deepcopy
from functools import cache
from http import HTTPStatus
from importlib.metadata import version
from string import Template
from typing import cast

import msgspec
from litestar import Controller, Litestar, Request, Response, get
from litestar.datastructures import State
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, Contact, License, SecurityScheme, Tag

from lyceum.kernel.errors import AppError
from lyceum.platform.http_errors import PROBLEM, status_of
from lyceum.platform.i18n import translator
from lyceum.platform.openapi_examples import add_examples
from lyceum.platform.pages import TEMPLATES, Pages, Viewer, asset

SESSION_COOKIE = "ly_session"
API_KEY_HEADER = "X-API-Key"
DESCRIPTION = """\
Question bank, trainer and statistics of Lyceum.

**Sign in**: `POST /api/auth/sign-in` gives a bearer token for a quarter of an hour and a refresh token; programs make
an API key instead; pages use a session cookie.

**Errors** are `application/problem+json` (RFC 9457). `code` is stable, `detail` is for people and comes in the language
of `Accept-Language`, `errors` names each faulty field, `trace_id` is the number to tell the operator.
All codes: [/docs/errors](/docs/errors).

**Lists** take `limit` (1 to 100), `cursor` and `sort`, and answer `{"items": [], "next_cursor": null}`.

**Versions**: single resources carry an `ETag`; send it as `If-Match` to change only what you have seen (412 otherwise).
"""
TAGS = {
    "auth": "Signing up and in, tokens, sessions.",
    "me": "The caller: profile, API keys, export.",
    "users": "Users and roles, for operators.",
    "advertising": "Clients, advertisers, campaigns, the best ad, clicks, numbers; malformed requests get 400 here.",
    "bank": "Questions, subjects, packs, exam profiles.",
    "imports and exports": "Bringing questions in and taking them out.",
    "jobs": "Background tasks: make, follow, cancel, retry.",
    "training": "Trainings, attempts, answers, progress.",
    "events": "Olympiads and other contests on the server's clock.",
    "grading": "Answers that people mark.",
    "shop": "What users may use beyond what is free.",
    "files": "Files behind time-limited links.",
    "operation": "Health of the service.",
}
JSON_VALUE = Mapping[str, object]
PROBLEM_SCHEMA: JSON_VALUE = {
    "type": "object",
    "title": "Problem",
    "description": "What went wrong (RFC 9457). The facts of the refusal stand beside these fields.",
    "required": ["type", "title", "status", "code", "detail"],
    "properties": {
        "type": {"type": "string", "description": "Where the code is explained."},
        "title": {"type": "string", "description": "The phrase of the status."},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "Stable; `<context>.<snake>`."},
        "detail": {"type": "string", "description": "Fact, cause and next step, in the caller's language."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["loc", "code", "msg"],
                "properties": {name: {"type": "string"} for name in ("loc", "code", "msg")},
            },
        },
        "trace_id": {"type": "string", "description": "The number to tell the operator."},
    },
}
SHARED: Mapping[int, tuple[str, str, str]] = {
    400: ("Malformed", "The request is wrong; `detail` names what.", "advertising.validation_failed"),
    401: ("NotSignedIn", "Nobody is signed in, or the token has run out.", "accounts.not_signed_in"),
    403: ("Forbidden", "The caller is known and may not do this.", "accounts.role_missing"),
    404: ("NotFound", "There is no such thing, or the caller may not know of it.", "lyceum.not_found"),
    409: ("Conflict", "The present state of the thing does not allow it.", "lyceum.conflict"),
    412: ("VersionMismatch", "It was changed since the version named in If-Match.", "lyceum.version_mismatch"),
    413: ("TooLarge", "The body is larger than this call takes.", "lyceum.too_large"),
    422: ("Invalid", "The request is wrong; `errors` says where.", "lyceum.malformed"),
    429: ("TooMany", "Too many attempts; `Retry-After` says when to come again.", "lyceum.too_many_requests"),
    503: ("Unavailable", "The database is away for a moment.", "lyceum.unavailable"),
}
PAGE = Template("""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>$title</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="$icon">$styles</head><body>
<header class="docs-top"><a class="logo" href="/" aria-label="Lyceum, home page">$mark</a>
<nav aria-label="Documents"><a href="/docs/messages">Messages</a>
<a href="/docs/errors">Refusals</a><a href="/openapi.json">openapi.json</a></nav></header>
<main id="swagger-ui"></main>$scripts</body></html>
""")
_pages = Pages()
START = """\
window.ui = SwaggerUIBundle({
  url: "/openapi.json", dom_id: "#swagger-ui", deepLinking: true, validatorUrl: null, persistAuthorization: true,
  displayRequestDuration: true, filter: true, docExpansion: "none",
  presets: [SwaggerUIBundle.presets.apis, SwaggerUIStandalonePreset]
});
"""


def openapi_config() -> OpenAPIConfig:
    """How the schema is made; what people read of it is served by `DocsController`."""
    return OpenAPIConfig(
        title="Lyceum",
        version=version("lyceum"),
        description=DESCRIPTION,
        license=License(name="MIT", identifier="MIT"),
        contact=Contact(name="Lyceum"),
        tags=[Tag(name=name, description=meaning) for name, meaning in TAGS.items()],
        components=Components(
            security_schemes={
                "bearer": SecurityScheme(
                    type="http",
                    scheme="bearer",
                    bearer_format="JWT",
                    description="The token of `POST /api/auth/sign-in`.",
                ),
                "api_key": SecurityScheme(
                    type="apiKey",
                    name=API_KEY_HEADER,
                    security_scheme_in="header",
                    description="A key made in the cabinet.",
                ),
                "session": SecurityScheme(
                    type="apiKey",
                    name=SESSION_COOKIE,
                    security_scheme_in="cookie",
                    description="The session of the pages.",
                ),
            }
        ),
        security=[{}, {"bearer": []}, {"api_key": []}, {"session": []}],
        path="/docs/schema",
        render_plugins=[JsonRenderPlugin()],
        use_handler_docstrings=True,
    )


def document(app: Litestar) -> bytes:
    """The OpenAPI document of the application, with the errors that every call shares."""
    schema = cast(dict[str, object], deepcopy(app.openapi_schema.to_schema()))
    components = cast(dict[str, dict[str, object]], schema.setdefault("components", {}))
    components.setdefault("schemas", {})["Problem"] = PROBLEM_SCHEMA
    shared = components.setdefault("responses", {})
    for status, (name, meaning, code) in SHARED.items():
        shared[name] = _problem_response(status, meaning, code)
    for path, method, operation in _operations(schema):
        _share_errors(path, method, operation)
        add_examples(operation, cast(dict[str, dict[str, object]], components["schemas"]))
    return msgspec.json.encode(schema)


def _operations(schema: dict[str, object]) -> Iterator[tuple[str, str, dict[str, object]]]:
    for path, item in cast(dict[str, dict[str, object]], schema["paths"]).items():
        for method, operation in item.items():
            if isinstance(operation, dict) and "responses" in operation:
                yield path, method, operation


def _share_errors(path: str, method: str, operation: dict[str, object]) -> None:
    """Name the errors that any call of this shape may end with, unless it tells of them itself."""
    responses = cast(dict[str, dict[str, object]], operation["responses"])
    if responses.get("400", {}).get("description") == "Bad request syntax or unsupported method":
        del responses["400"]
    if not path.startswith("/api"):
        return
    statuses = [401, 403, 503]
    if "{" in path:
        statuses.append(404)
    if method != "get":
        statuses.append(409)
    if method in {"put", "patch", "delete"}:
        statuses.append(412)
    if method in {"post", "put", "patch"}:
        statuses += [413, 422]
    if operation.get("parameters"):
        statuses.append(422)
    if path.startswith("/api/auth"):
        statuses.append(429)
    if path.startswith("/api/advertising"):
        statuses = [400 if status == 422 else status for status in statuses if status != 412]
    for status in statuses:
        responses.setdefault(str(status), {"$ref": f"#/components/responses/{SHARED[status][0]}"})


def _problem_response(status: int, meaning: str, code: str) -> JSON_VALUE:
    example = {
        "type": f"/docs/errors#{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": meaning,
        "errors": [{"loc": "limit", "code": "invalid", "msg": "Expected `int` <= 100"}] if status == 422 else [],
        "trace_id": "0f8d2c1e5b7a4d3c9e6f00000000002a",
    }
    content = {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": {code: {"value": example}}}
    return {"description": meaning, "content": {PROBLEM: content}}


class DocsController(Controller):
    """What a developer reads. Everything it loads stands on this server."""

    include_in_schema = False

    @get("/openapi.json")
    async def schema(self, request: Request[object, object, State]) -> Response[bytes]:
        known = request.app.state.get("openapi_json")
        if known is None:
            known = request.app.state["openapi_json"] = await asyncio.to_thread(document, request.app)
        return Response(known, headers={"Content-Type": "application/json", "Cache-Control": "no-cache"})

    @get("/docs", sync_to_thread=False)
    def swagger(self) -> Response[str]:
        style, bundle, preset = (
            asset(f"vendor/swagger-ui/swagger-ui{rest}") for rest in (".css", "-bundle.js", "-standalone-preset.js")
        )
        styles = (style, asset("vendor/fonts/fonts.css"), asset("docs.css"))
        page = PAGE.substitute(
            title="Lyceum API",
            icon=asset("favicon.svg"),
            styles="".join(f'<link rel="stylesheet" href="{url}">' for url in styles),
            mark=_mark(),
            scripts="".join(f'<script src="{url}"></script>' for url in (bundle, preset, "/docs/start.js")),
        )
        return Response(page, headers={"Content-Type": "text/html; charset=utf-8"})

    @get("/docs/start.js", sync_to_thread=False)
    def start(self) -> Response[str]:
        return Response(START, headers={"Content-Type": "text/javascript; charset=utf-8"})

    @get("/docs/errors", sync_to_thread=False)
    def errors(self, request: Request[object, object, State]) -> Response[str]:
        """Every code with its status and its sentence in the reader's language."""
        viewer = Viewer.of(request, is_signed_in=SESSION_COOKIE in request.cookies)
        words = translator(viewer.locale).gettext
        contexts: dict[str, list[dict[str, object]]] = {}
        for kind in sorted(refusals(AppError), key=lambda kind: kind.code):
            told = {"code": kind.code, "status": status_of_kind(kind), "text": words(kind.text)}
            contexts.setdefault(kind.code.partition(".")[0], []).append(told)
        return _pages.respond("errors.html", viewer, contexts=contexts)


@cache
def _mark() -> str:
    template = (TEMPLATES / "mark.html").read_text(encoding="utf-8")
    return template[template.index("<svg") :]


def refusals(kind: type[AppError]) -> Iterator[type[AppError]]:
    """Every refusal below `kind` that is declared so far."""
    for child in kind.__subclasses__():
        if "code" in vars(child):
            yield child
        yield from refusals(child)


def status_of_kind(kind: type[AppError]) -> int:
    return status_of(kind.__new__(kind))
