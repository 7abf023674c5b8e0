"""One line per request, tied together by an identifier, and nothing personal in it."""

import json
import logging
from collections.abc import AsyncIterator
from io import StringIO
from pathlib import Path
from uuid import UUID, uuid4

import pytest
import structlog

from lyceum.platform.database import Database
from lyceum.platform.settings import Settings
from lyceum.platform.telemetry import configure_logging, given_id, json_lines
from tests.platform.operation_app import Site, operation_site


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    database = Database.connect(f"sqlite:///{tmp_path / 'lyceum.sqlite3'}")
    async with operation_site(Settings(data_dir=tmp_path, secret_key="s" * 40), database) as site:
        yield site
    await database.close()


async def test_a_request_leaves_one_line_with_its_route_and_not_its_address(site: Site) -> None:
    await site.client.get(f"/api/things/{uuid4()}?secret=hunter2", headers={"User-Agent": "Ivan Petrov"})
    (line,) = site.lines()
    assert {"method": "GET", "route": "/api/things/{id}", "status": 200, "level": "info"}.items() <= line.items()
    assert line["event"] == "http.request"
    assert isinstance(line["ms"], float)
    assert line["bytes"] == 32
    assert "hunter2" not in site.log.getvalue()
    assert "Petrov" not in site.log.getvalue()


@pytest.mark.parametrize(
    ("path", "status", "route"),
    [
        (f"/api/things/{UUID(int=0)}", 404, "/api/things/{id}"),
        ("/broken", 500, "/broken"),
        ("/no/such/place", 404, "unmatched"),
        ("/files/token-of-somebody/name.png", 403, "/files/{token}/{name}"),
    ],
)
async def test_refused_failed_and_unknown_requests_are_logged_too(
    site: Site, path: str, status: int, route: str
) -> None:
    answer = await site.client.get(path)
    (line,) = site.lines()
    assert (answer.status_code, line["status"], line["route"]) == (status, status, route)
    assert line["trace_id"] == answer.headers["x-request-id"]
    assert "somebody" not in site.log.getvalue()


async def test_the_fault_of_ours_is_told_by_its_number_and_not_by_its_cause(site: Site) -> None:
    answer = await site.client.get("/broken")
    assert answer.json()["trace_id"] == answer.headers["x-request-id"]
    assert "hunter2" not in answer.text


async def test_health_checks_and_scrapes_do_not_fill_the_log(site: Site) -> None:
    await site.client.get("/health/live")
    await site.client.get("/metrics")
    assert site.lines() == []


SANE = "0af7651916cd43dd8448eb211c80319c"


@pytest.mark.parametrize(
    ("headers", "identifier"),
    [
        ({"X-Request-Id": "build-42.a_b"}, "build-42.a_b"),
        ({"traceparent": f"00-{SANE}-b7ad6b7169203331-01"}, SANE),
        ({"X-Request-Id": "build-42.a_b", "traceparent": f"00-{SANE}-b7ad6b7169203331-01"}, "build-42.a_b"),
    ],
)
async def test_a_sane_identifier_is_taken_over(site: Site, headers: dict[str, str], identifier: str) -> None:
    answer = await site.client.get(f"/api/things/{uuid4()}", headers=headers)
    assert answer.headers["x-request-id"] == identifier
    assert answer.text.strip('"') == identifier
    assert site.lines()[0]["trace_id"] == identifier


@pytest.mark.parametrize(
    "value", [b"short", b"x" * 65, b'quote"quote"', b"a b c d e f", b"<script>alert", b"\xd1\x8f" * 8, b"line\nline"]
)
def test_an_identifier_that_could_break_a_log_is_not(value: bytes) -> None:
    assert given_id([(b"x-request-id", value), (b"traceparent", value)]) is None


async def test_every_request_gets_its_own_identifier(site: Site) -> None:
    given = {(await site.client.get("/health/live")).headers["x-request-id"] for _ in range(50)}
    assert len(given) == 50
    assert all(len(identifier) == 32 for identifier in given)


async def test_the_identifier_does_not_outlive_the_request(site: Site) -> None:
    await site.client.get("/health/live")
    assert "trace_id" not in structlog.contextvars.get_contextvars()


def test_a_line_is_json_with_the_time_in_utc() -> None:
    stream = StringIO()
    tell = json_lines(stream)
    tell("GET", "/api/me", 200, 0.0123, 512, "abc")
    line = json.loads(stream.getvalue())
    assert line["at"].endswith("Z")
    assert len(line["at"]) == len("2026-09-01T12:00:00.000Z")
    assert (line["ms"], line["bytes"], line["trace_id"]) == (12.3, 512, "abc")


def test_everything_logged_becomes_json_with_the_identifier_and_the_cause() -> None:
    stream = StringIO()
    configure_logging(Settings(log_format="json"), stream)
    with structlog.contextvars.bound_contextvars(trace_id="abc"):
        structlog.get_logger().info("bank.imported", count=3, place=Path("a"))
        logging.getLogger("somebody.elses").warning("careful: %s", "hot")
        try:
            raise ZeroDivisionError
        except ZeroDivisionError:
            structlog.get_logger().exception("bank.failed")
        structlog.get_logger().debug("not.shown")
    ours, theirs, failed = map(json.loads, stream.getvalue().splitlines())
    assert (ours["event"], ours["count"], ours["trace_id"], ours["level"]) == ("bank.imported", 3, "abc", "info")
    assert (theirs["event"], theirs["trace_id"], theirs["level"]) == ("careful: hot", "abc", "warning")
    assert "ZeroDivisionError" in failed["exception"]


@pytest.mark.parametrize(("level", "lines"), [("info", 1), ("warning", 0), ("debug", 1)])
def test_the_level_is_the_operators(level: str, lines: int) -> None:
    stream = StringIO()
    tell = configure_logging(Settings(log_format="text", log_level=level), stream)
    tell("GET", "/", 200, 0.001, 1, "abc")
    assert len(stream.getvalue().splitlines()) == lines
