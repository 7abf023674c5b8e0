"""Refusals as RFC 9457 problem documents: one table from kind to status, one shape for every error of the API.

`{"type", "title", "status", "code", "detail", "errors": [{"loc", "code", "msg"}], "trace_id"}`; the facts of the
refusal stand beside them. `detail` is in the caller's language, `code` never changes.
"""

import socket
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import replace
from http import HTTPStatus
from typing import ClassVar

import asyncpg
import msgspec
import structlog
from litestar import Request, Response
from litestar.datastructures import State
from litestar.exceptions import HTTPException, ValidationException
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from lyceum.kernel.errors import AppError, Conflict, FieldProblem, Forbidden, Invalid, NotFound, Unreachable
from lyceum.platform.i18n import localise_error, localise_problem, negotiate

AnyRequest = Request[object, object, State]

log = structlog.get_logger()
PROBLEM = "application/problem+json"


class PreconditionFailed(AppError):
    code = "lyceum.version_mismatch"
    text = "This was changed since you read it (its version is {version} now). Read it again and repeat your change."


class TooMany(AppError):
    code = "lyceum.too_many_requests"
    text = "Too many attempts. Try again in {retry_after} s."


class Gone(AppError):
    """It was here once and will not come back under this address (410)."""


class TooLarge(AppError):
    code = "lyceum.too_large"
    text = "The request is larger than the {limit_mb} MiB allowed here. Send less, or upload it as a file."


class NoSpace(AppError):
    code = "lyceum.no_space"
    text = "The server has no room left for the file, and nothing was kept. Tell the operator, and try again later."


class Unavailable(AppError):
    code = "lyceum.unavailable"
    text = "The database is not answering right now. Nothing was changed; try again in a few seconds."


class DatabaseFull(Unavailable):
    code = "lyceum.database_full"
    text = "The database has no room left, and nothing was changed. Tell the operator, and try again later."


class Malformed(Invalid):
    code = "lyceum.malformed"
    text = "The request does not have the shape this call takes. See errors."


class Taken(Conflict):
    code = "lyceum.conflict"
    text = "This clashes with something that exists already. Read it again and repeat your change."


STATUS: Mapping[type[AppError], int] = {
    NotFound: 404,
    Conflict: 409,
    Forbidden: 403,
    Invalid: 422,
    PreconditionFailed: 412,
    TooMany: 429,
    Gone: 410,
    TooLarge: 413,
    NoSpace: 507,
    Unavailable: 503,
    Unreachable: 503,
}


NULL_CHARACTER = "22021"
"""PostgreSQL keeps no texts with U+0000 and says so by this SQLSTATE, in a search too."""

AWAY = ("08", "53", "57", "58")
"""Classes of SQLSTATE: no connection, no resources, an operator stepped in, the system failed."""
BUSY = frozenset({"40001", "40P01", "55P03"})
"""Two transactions got into each other's way, and this one gave in: the same call will pass in a moment."""
NO_ROOM = "53100"
SQLITE_NO_ROOM = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR})

UNAUTHENTICATED = frozenset(
    {"accounts.not_signed_in", "accounts.bad_token", "accounts.wrong_credentials", "accounts.session_over"}
)
"""Refusals to somebody who has not shown who they are: 401."""


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """The error document of the whole API."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    errors: Sequence[FieldProblem] = ()
    trace_id: str = ""

    media_type: ClassVar[str] = PROBLEM


def status_of(error: AppError) -> int:
    if error.code in UNAUTHENTICATED:
        return 401
    return next((status for kind, status in STATUS.items() if isinstance(error, kind)), 400)


def problem_of(error: AppError, locale: str) -> dict[str, object]:
    """The problem document of a refusal, with its facts, in the language of the caller."""
    status = status_of(error)
    document = Problem(
        type=f"/docs/errors#{error.code}",
        title=HTTPStatus(status).phrase,
        status=status,
        code=error.code,
        detail=localise_error(error, locale),
        errors=[replace(problem, msg=localise_problem(problem, locale)) for problem in error.problems],
        trace_id=trace_id(),
    )
    body: dict[str, object] = msgspec.to_builtins(document)
    return {**{name: _fact(fact) for name, fact in error.facts.items()}, **body}


def _fact(value: object) -> object:
    return msgspec.to_builtins(value, enc_hook=str)


def trace_id() -> str:
    return str(structlog.contextvars.get_contextvars().get("trace_id", ""))


def locale_of(request: AnyRequest) -> str:
    return negotiate(request.headers.get("accept-language"), request.cookies.get("ly_locale"), None)


def answer(request: AnyRequest, error: AppError) -> Response[dict[str, object]]:
    """The response to a refusal."""
    headers = {"Cache-Control": "no-store"}
    if "retry_after" in error.facts:
        headers["Retry-After"] = str(error.facts["retry_after"])
    status = status_of(error)
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return Response(problem_of(error, locale_of(request)), status_code=status, media_type=PROBLEM, headers=headers)


def on_refusal(request: AnyRequest, error: AppError) -> Response[dict[str, object]]:
    log.info("http.refused", code=error.code, status=status_of(error))
    return answer(request, error)


def on_bad_request(request: AnyRequest, error: ValidationException) -> Response[dict[str, object]]:
    """Litestar's own validation of path, query and body: 422 here, with the place of each fault."""
    problems = [
        FieldProblem(_location(item), "invalid", str(item.get("message", "")))
        for item in (error.extra if isinstance(error.extra, list) else [])
        if isinstance(item, dict)
    ]
    return answer(request, Malformed(problems=problems or [FieldProblem("body", "invalid", error.detail)]))


def _location(item: Mapping[str, object]) -> str:
    key, source = str(item.get("key") or ""), str(item.get("source") or "body")
    return key if source == "body" and key else f"{source}/{key}".rstrip("/")


def on_http_exception(request: AnyRequest, error: HTTPException) -> Response[dict[str, object]]:
    """What the framework refuses itself: unknown paths, methods, oversized bodies."""
    status = error.status_code
    if status == 400:
        return answer(request, Malformed(problems=[FieldProblem("body", "invalid", error.detail)]))
    if status == 413:
        most = request.route_handler.resolve_request_max_body_size() or 0
        return answer(request, TooLarge(limit_mb=max(1, most >> 20)))
    phrase = HTTPStatus(status).phrase
    body = Problem(
        type="about:blank",
        title=phrase,
        status=status,
        code=f"lyceum.{phrase.lower().replace(' ', '_')}",
        detail=error.detail,
        trace_id=trace_id(),
    )
    return Response(
        msgspec.to_builtins(body), status_code=status, media_type=PROBLEM, headers=dict(error.headers or {})
    )


def on_integrity_error(refusals: Mapping[str, type[AppError]], error: IntegrityError) -> AppError:
    """The refusal that a violated constraint stands for, by its name (PostgreSQL) or its columns (SQLite)."""
    cause = str(error.orig)
    for name, refusal in refusals.items():
        if name in cause:
            return refusal()
    log.warning("http.unnamed_constraint", cause=cause)
    return Taken()


def unavailable(error: Exception) -> Unavailable | None:
    """The refusal for a fault of the database or the network; None for a fault of ours."""
    if isinstance(error, DBAPIError):
        state = str(getattr(error.orig, "sqlstate", None) or "")
        if state == NO_ROOM or getattr(error.orig, "sqlite_errorcode", 0) & 0xFF in SQLITE_NO_ROOM:
            return DatabaseFull(retry_after=30)
        if state.startswith(AWAY) or state in BUSY or isinstance(error, OperationalError | InterfaceError):
            return Unavailable(retry_after=2)
        if isinstance(error.driver_exception, asyncpg.InternalClientError):  # how a connection breaks while it is idle
            return Unavailable(retry_after=2)
        return None
    away = isinstance(error, PoolTimeout | ConnectionError | TimeoutError | socket.gaierror)
    return Unavailable(retry_after=2) if away else None


def on_unknown(request: AnyRequest, error: Exception) -> Response[dict[str, object]]:
    """A fault of ours: the cause goes to the log, the caller gets the number to ask about."""
    if (refusal := unavailable(error)) is not None:
        log.error("http.dependency_failed", error=repr(error)[:500])
        return answer(request, refusal)
    if isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", "") == NULL_CHARACTER:
        problem = FieldProblem("", "null_character", "There is a null character in the request.")
        return answer(request, Malformed(problems=[problem]))
    log.exception("http.failed", exc_info=error)
    body = Problem(
        type="about:blank",
        title="Internal Server Error",
        status=500,
        code="lyceum.internal",
        detail=f"Something broke on our side. Tell the operator this number: {trace_id()}",
        trace_id=trace_id(),
    )
    return Response(msgspec.to_builtins(body), status_code=500, media_type=PROBLEM)
