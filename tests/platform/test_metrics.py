"""Numbers per route template, right with one process and with several."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import insert

from lyceum.kernel.ids import uuid7
from lyceum.platform.database import Database
from lyceum.platform.metrics import Metrics
from lyceum.platform.outbox import outbox
from lyceum.platform.settings import Settings
from lyceum.platform.shared_metrics import forget_dead_processes
from tests.platform.operation_app import Site, operation_site

type Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def samples(text: str) -> Samples:
    found: Samples = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found[sample.name, tuple(sorted(sample.labels.items()))] = sample.value
    return found


def value(found: Samples, name: str, **labels: str) -> float:
    return found[name, tuple(sorted(labels.items()))]


@pytest.fixture
async def site(tmp_path: Path, database: Database) -> AsyncIterator[Site]:
    async with operation_site(Settings(data_dir=tmp_path, secret_key="s" * 40), database) as site:
        yield site


async def test_requests_are_counted_by_route_template_method_and_status(site: Site) -> None:
    for _ in range(3):
        await site.client.get(f"/api/things/{uuid4()}")
    await site.client.get("/no/such/place")
    await site.client.request("BREW", "/api/texts")
    found = samples((await site.client.get("/metrics")).text)
    ours = {"route": "/api/things/{id}", "method": "GET"}
    assert value(found, "lyceum_http_requests_total", **ours, status="200") == 3
    assert value(found, "lyceum_http_request_seconds_count", **ours, **{"class": "2xx"}) == 3
    assert value(found, "lyceum_http_request_seconds_bucket", **ours, **{"class": "2xx", "le": "10.0"}) == 3
    assert value(found, "lyceum_http_requests_total", route="unmatched", method="GET", status="404") == 1
    assert value(found, "lyceum_http_requests_total", route="unmatched", method="OTHER", status="405") == 1


async def test_strange_addresses_do_not_grow_the_numbers(site: Site) -> None:
    for number in range(30):
        await site.client.request(f"M{number}", f"/{number}")
    text = (await site.client.get("/metrics")).text
    assert len([line for line in text.splitlines() if line.startswith("lyceum_http_requests_total{")]) <= 2


async def test_requests_in_flight_are_counted_while_they_are(site: Site) -> None:
    assert (await site.client.get("/flight")).json() == 1
    assert site.metrics.in_flight == 0
    found = samples((await site.client.get("/metrics")).text)
    assert value(found, "lyceum_http_in_flight") == 1


async def test_the_pool_and_the_process_are_told(site: Site, database: Database) -> None:
    async with database.read():
        found = samples((await site.client.get("/metrics")).text)
    pool = "reads" if database.is_sqlite else "all"
    assert value(found, "lyceum_db_pool", pool=pool, state="in_use") == 1
    assert value(found, "lyceum_db_pool", pool=pool, state="most") >= 10
    assert value(found, "process_resident_memory_bytes") > 10_000_000


async def test_the_age_of_the_oldest_event_is_told(site: Site, database: Database) -> None:
    quiet = samples((await site.client.get("/metrics")).text)
    now = datetime.now(UTC)
    waiting = {"id": uuid7(), "kind": "bank.X", "body": "{}", "created_at": now - timedelta(seconds=90), "next_at": now}
    dead = {"id": uuid7(), "kind": "bank.X", "body": "{}", "created_at": now - timedelta(seconds=900), "failed_at": now}
    async with database.writes.begin() as connection:
        await connection.execute(insert(outbox), [waiting])
        await connection.execute(insert(outbox), [dead])
    found = samples((await site.client.get("/metrics")).text)
    assert value(quiet, "lyceum_outbox_age_seconds") == 0
    assert 90 <= value(found, "lyceum_outbox_age_seconds") < 120
    assert value(found, "lyceum_outbox_failed") == 1


async def test_a_database_that_is_away_leaves_the_other_numbers(tmp_path: Path) -> None:
    database = Database.connect("postgresql://nobody@127.0.0.1:1/nothing")
    async with operation_site(Settings(data_dir=tmp_path, secret_key="s" * 40), database) as site:
        await site.client.get("/health/live")
        answer = await site.client.get("/metrics")
    await database.close()
    assert answer.status_code == 200
    found = samples(answer.text)
    assert value(found, "lyceum_http_requests_total", route="/health/live", method="GET", status="200") == 1


async def test_a_context_counts_what_it_likes(tmp_path: Path) -> None:
    database = Database.connect(f"sqlite:///{tmp_path / 'empty.sqlite3'}")
    metrics = Metrics()
    metrics.counter("answers", "Answers taken.", "verdict").labels("correct").inc()
    metrics.counter("answers", "Answers taken.", "verdict").labels("correct").inc()
    found = samples((await metrics.scrape(database)).decode())
    await database.close()
    assert value(found, "lyceum_answers_total", verdict="correct") == 2


WORKER = """
import asyncio, sys
from pathlib import Path
from lyceum.platform.database import Database
from lyceum.platform.metrics import Metrics

async def main():
    database = Database.connect(sys.argv[1])
    metrics = Metrics()
    metrics.observe("/x", "GET", 200, 0.004)
    metrics.observe("/x", "GET", 200, 0.4)
    metrics.counter("answers", "Answers taken.").inc()
    metrics.in_flight = 5
    metrics.sample(database)
    if sys.argv[2] == "scrape":
        sys.stdout.write((await metrics.scrape(database)).decode())
    else:
        print("counted", flush=True)
        sys.stdin.read()
    await database.close()

asyncio.run(main())
"""


def worker(folder: Path, url: str, role: str) -> subprocess.Popen[str]:
    environment = os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(folder)}
    return subprocess.Popen(
        [sys.executable, "-c", WORKER, url, role],
        env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


def test_several_processes_add_up_and_the_dead_ones_hold_nothing(tmp_path: Path) -> None:
    folder, url = tmp_path / "metrics", f"sqlite:///{tmp_path / 'empty.sqlite3'}"
    folder.mkdir()
    with worker(folder, url, "wait") as living, worker(folder, url, "wait") as dead:
        for process in (living, dead):
            assert process.stdout is not None
            assert process.stdout.readline() == "counted\n"
        dead.kill()
        dead.wait()
        with worker(folder, url, "scrape") as scraper:
            text, _ = scraper.communicate(timeout=30)
        living.communicate("", timeout=30)
    found = samples(text)
    assert value(found, "lyceum_http_requests_total", route="/x", method="GET", status="200") == 6
    assert value(found, "lyceum_http_request_seconds_count", route="/x", method="GET", **{"class": "2xx"}) == 6
    assert value(found, "lyceum_answers_total") == 3
    assert value(found, "lyceum_http_in_flight") == 10


def test_only_the_present_numbers_of_dead_processes_are_dropped(tmp_path: Path) -> None:
    names = [f"gauge_livesum_{os.getpid()}.db", "gauge_livesum_999999999.db", "counter_999999999.db"]
    for name in names:
        (tmp_path / name).touch()
    forget_dead_processes(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([names[0], names[2]])


async def test_counting_a_request_is_cheap() -> None:
    metrics = Metrics()
    metrics.observe("/x", "GET", 200, 0.004)
    loop = asyncio.get_running_loop()
    started = loop.time()
    for _ in range(1000):
        metrics.observe("/x", "GET", 200, 0.004)
    assert loop.time() - started < 0.1
