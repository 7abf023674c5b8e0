"""Refusals and faults at the edge: problem documents for programs, pages for people."""

from collections.abc import Mapping
from urllib.parse import quote

from litestar import Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.types import ExceptionHandlersMap
from sqlalchemy.exc import IntegrityError

from lyceum.accounts.adapters.visits import SESSION_COOKIE
from lyceum.kernel.errors import AppError
from lyceum.main.contexts import CONTEXTS
from lyceum.platform import http_errors
from lyceum.platform.http_errors import AnyRequest
from lyceum.platform.pages import Pages, Viewer

FOR_PROGRAMS = ("/api/", "/files/", "/health/", "/metrics", "/openapi.json", "/static/")

type Problem = Response[dict[str, object]]
type Answer = Problem | Response[str]

_pages = Pages()


def exception_handlers() -> ExceptionHandlersMap:
    """One handler for each kind of exception; each answers in the form that the caller reads."""
    refusals: Mapping[str, type[AppError]] = {
        name: refusal for context in CONTEXTS for name, refusal in context.refusals.items()
    }

    def on_refusal(request: AnyRequest, error: AppError) -> Answer:
        return _shown(request, http_errors.on_refusal(request, error))

    def on_integrity_error(request: AnyRequest, error: IntegrityError) -> Answer:
        return on_refusal(request, http_errors.on_integrity_error(refusals, error))

    def on_bad_request(request: AnyRequest, error: ValidationException) -> Answer:
        return _shown(request, http_errors.on_bad_request(request, error))

    def on_http_exception(request: AnyRequest, error: HTTPException) -> Answer:
        return _shown(request, http_errors.on_http_exception(request, error))

    def on_unknown(request: AnyRequest, error: Exception) -> Answer:
        return _shown(request, http_errors.on_unknown(request, error))

    return {
        AppError: on_refusal,
        IntegrityError: on_integrity_error,
        ValidationException: on_bad_request,
        HTTPException: on_http_exception,
        Exception: on_unknown,
    }


def _shown(request: AnyRequest, problem: Problem) -> Answer:
    """A page in place of the document where a person is looking; one who has to sign in is sent to do so."""
    path = request.url.path
    if path.startswith(FOR_PROGRAMS) or "text/html" not in request.headers.get("accept", "text/html"):
        return problem
    fragment = request.headers.get("hx-request") == "true"
    if problem.status_code == 401 and request.method == "GET" and not fragment:
        there = f"{path}?{request.url.query}" if request.url.query else path
        return Response("", status_code=303, headers={"Location": f"/login?next={quote(there)}"})
    viewer = Viewer.of(request, is_signed_in=SESSION_COOKIE in request.cookies)
    body = problem.content
    number = str(body.get("trace_id", "")) if (problem.status_code or 500) >= 500 else ""
    known = str(body.get("code", "")).startswith("lyceum.") and problem.status_code in {404, 405, 500}
    detail = "" if known else str(body.get("detail", ""))
    headers = {name: value for name, value in problem.headers.items() if name.lower() == "retry-after"}
    return _pages.error(viewer, problem.status_code or 500, detail=detail, trace_id=number, headers=headers)
