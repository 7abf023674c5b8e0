"""What is said about each request: one line of log, its numbers, and the identifier that ties them together."""

import itertools
import logging
import os
import re
import sys
from collections.abc import Awaitable, Callable, Iterable, Iterator
from datetime import UTC, datetime
from time import perf_counter, time
from typing import TextIO

import msgspec
import structlog
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from structlog.typing import Processor

from lyceum.platform.metrics import Metrics
from lyceum.platform.settings import Settings

REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{8,64}")
TRACEPARENT = re.compile(rb"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")
QUIET = frozenset({"/metrics", "/health/live", "/health/ready"})
UNMATCHED = "unmatched"

type RequestLog = Callable[[str, str, int, float, int, str], None]
"""Writes the line of one request: method, route template, status, seconds, bytes sent, identifier."""


class Telemetry:
    """The outermost layer of the application: names, times, counts and logs every request.

    The identifier is the caller's `X-Request-Id` or `traceparent` when it is a sane one, a new one otherwise; it goes
    back in `X-Request-Id` and stands as `trace_id` in everything logged or sent on the way. Routes are told by their
    templates, so neither query strings nor tokens in paths reach the log.
    """

    __slots__ = ("_fresh", "app", "metrics", "tell")

    def __init__(self, app: ASGIApp, metrics: Metrics, tell: RequestLog) -> None:
        self.app = app
        self.metrics = metrics
        self.tell = tell
        self._fresh = fresh_ids()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self.app(scope, receive, send)
            return
        started = perf_counter()
        identifier = given_id(scope["headers"]) or next(self._fresh)
        header = (b"x-request-id", identifier)
        status, size = 500, 0

        def sending(message: Message) -> Awaitable[None]:
            nonlocal status, size
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], header]
            elif message["type"] == "http.response.body":
                size += len(message["body"])
            return send(message)

        metrics = self.metrics
        metrics.in_flight += 1
        trace_id = identifier.decode()
        tokens = structlog.contextvars.bind_contextvars(trace_id=trace_id)
        try:
            await self.app(scope, receive, sending)
        finally:
            seconds = perf_counter() - started
            metrics.in_flight -= 1
            route = scope.get("path_template") or UNMATCHED
            method = scope["method"]
            metrics.observe(route, method, status, seconds)
            if route not in QUIET:
                self.tell(method, route, status, seconds, size, trace_id)
            structlog.contextvars.reset_contextvars(**tokens)


def given_id(headers: Iterable[tuple[bytes, bytes]]) -> bytes | None:
    """The identifier that the caller sent, if it can be trusted not to break a log."""
    parent: bytes | None = None
    for name, value in headers:
        if name == b"x-request-id" and REQUEST_ID.fullmatch(value):
            return value
        if name == b"traceparent" and (match := TRACEPARENT.fullmatch(value)):
            parent = match[1]
    return parent


def fresh_ids() -> Iterator[bytes]:
    """Identifiers of 32 hexadecimal digits that no other process makes."""
    begin = os.urandom(10).hex()
    return (f"{begin}{number & 0xFFFFFFFFFFFF:012x}".encode() for number in itertools.count(1))


def event_lines(log: structlog.typing.FilteringBoundLogger) -> RequestLog:
    """The line of a request, written like any other event."""

    def tell(method: str, route: str, status: int, seconds: float, size: int, trace_id: str) -> None:
        log.info("http.request", method=method, route=route, status=status, ms=round(seconds * 1000, 2), bytes=size)

    return tell


def json_lines(stream: TextIO) -> RequestLog:
    """The same line in JSON at a fifth of the price: at thousands of requests a second the price shows."""
    write, flush = stream.write, stream.flush
    second, begin = 0, ""

    def tell(method: str, route: str, status: int, seconds: float, size: int, trace_id: str) -> None:
        nonlocal second, begin
        now = time()
        if int(now) != second:
            second = int(now)
            begin = datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S")
        write(
            f'{{"at":"{begin}.{int(now * 1000) % 1000:03d}Z","level":"info","event":"http.request","method":"{method}",'
            f'"route":"{route}","status":{status},"ms":{seconds * 1000:.2f},"bytes":{size},"trace_id":"{trace_id}"}}\n'
        )
        flush()

    return tell


def tell_nothing(method: str, route: str, status: int, seconds: float, size: int, trace_id: str) -> None:
    """For a log that is set to warnings and worse."""


def configure_logging(settings: Settings, stream: TextIO | None = None) -> RequestLog:
    """Send everything that is logged, by us and by libraries, to `stream` (stderr): JSON lines, or text.

    Returns what writes the lines of requests, for `Telemetry`.
    """
    stream = stream or sys.stderr
    as_text = settings.log_format == "text" or (settings.log_format == "auto" and stream.isatty())
    level = logging.getLevelNamesMapping().get(settings.log_level.upper(), logging.INFO)
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
    ]
    last: list[Processor]
    if as_text:
        plain = structlog.dev.plain_traceback  # the pretty one prints the values of variables
        last = [structlog.dev.ConsoleRenderer(colors=stream.isatty(), timestamp_key="at", exception_formatter=plain)]
    else:
        last = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(serializer=encode)]
    structlog.configure(
        processors=[*shared, *last],
        logger_factory=structlog.WriteLoggerFactory(stream),
        wrapper_class=structlog.make_filtering_bound_logger(level),
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last]
        )
    )
    root = logging.getLogger()
    ours = structlog.stdlib.ProcessorFormatter
    root.handlers[:] = [*(other for other in root.handlers if not isinstance(other.formatter, ours)), handler]
    root.setLevel(max(level, logging.WARNING))
    if level > logging.INFO:
        return tell_nothing
    return event_lines(structlog.get_logger()) if as_text else json_lines(stream)


def encode(event: object, *, default: Callable[[object], object] | None = None, **_: object) -> str:
    return msgspec.json.encode(event, enc_hook=default or repr).decode()
