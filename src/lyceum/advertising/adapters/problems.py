"""Refusals as the contract's clients know them: 400 for what is malformed, in English unless Russian is asked for."""

from dataclasses import replace

import structlog
from litestar import Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.types import ExceptionHandlersMap

from lyceum.advertising.domain.fields import refusal
from lyceum.advertising.domain.refusals import ValidationFailed
from lyceum.kernel.errors import AppError, FieldProblem, Invalid
from lyceum.platform import http_errors
from lyceum.platform.http_errors import PROBLEM, AnyRequest, problem_of, status_of
from lyceum.platform.i18n import localise_problem, negotiate

type Problem = Response[dict[str, object]]
log = structlog.get_logger()


def _on_refusal(request: AnyRequest, error: AppError) -> Problem:
    if isinstance(error, Invalid):
        error = refusal(error.problems or [FieldProblem("body", error.code, str(error))])
    log.info("http.refused", code=error.code, status=status_of(error))
    accepted = request.headers.get("accept-language")
    locale = negotiate(accepted, None, None) if accepted else "en"
    if isinstance(error, ValidationFailed) and locale != "en":
        told = [replace(problem, msg=localise_problem(problem, locale)) for problem in error.problems]
        error = refusal(told)
    headers = {"Cache-Control": "no-store"}
    if status_of(error) == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if "retry_after" in error.facts:
        headers["Retry-After"] = str(error.facts["retry_after"])
    return Response(problem_of(error, locale), status_code=status_of(error), media_type=PROBLEM, headers=headers)


def _on_bad_request(request: AnyRequest, error: ValidationException) -> Problem:
    problems = [
        FieldProblem(str(item.get("key") or "request"), "invalid", f"is wrong: {item.get('message', '')}")
        for item in (error.extra if isinstance(error.extra, list) else [])
        if isinstance(item, dict)
    ]
    return _on_refusal(request, refusal(problems or [FieldProblem("request", "invalid", f"is wrong: {error.detail}")]))


def _on_http_exception(request: AnyRequest, error: HTTPException) -> Problem:
    if error.status_code == 400:
        return _on_refusal(request, refusal([FieldProblem("request", "invalid", f"is wrong: {error.detail}")]))
    return http_errors.on_http_exception(request, error)


HANDLERS: ExceptionHandlersMap = {
    AppError: _on_refusal,
    ValidationException: _on_bad_request,
    HTTPException: _on_http_exception,
}
