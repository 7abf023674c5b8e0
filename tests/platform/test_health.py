"""Readiness names each dependency with its error; the doctor looks deeper and says what would mend it."""

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import insert

from lyceum.kernel.ids import uuid7
from lyceum.platform.database import Database
from lyceum.platform.file_links import FileLinks
from lyceum.platform.file_store import open_files
from lyceum.platform.health import Check, Probes, probes
from lyceum.platform.outbox import outbox
from lyceum.platform.settings import Settings
from tests.needs import listening, need, redis_url
from tests.platform.files_app import MovingClock
from tests.platform.operation_app import operation_site


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, secret_key="s" * 40)


def looking(settings: Settings, database: Database) -> Probes:
    return probes(settings, database, open_files(settings, FileLinks("secret", MovingClock())))


def by_name(checks: list[Check]) -> dict[str, Check]:
    return {check.name: check for check in checks}


async def test_a_well_site_is_ready_and_says_what_it_leans_on(settings: Settings, database: Database) -> None:
    async with operation_site(settings, database) as site:
        answer = await site.client.get("/health/ready")
        alive = await site.client.get("/health/live")
    assert (answer.status_code, answer.json()["status"]) == (200, "ready")
    assert {check["name"] for check in answer.json()["checks"]} == {"database", "files", "cache", "outbox"}
    assert all(check["ok"] and check["ms"] >= 0 for check in answer.json()["checks"])
    assert (alive.status_code, alive.json()["status"]) == (200, "live")


async def test_a_site_without_its_database_is_alive_and_not_ready(settings: Settings) -> None:
    database = Database.connect("postgresql://nobody:hunter2@127.0.0.1:1/nothing")
    async with operation_site(settings, database) as site:
        answer = await site.client.get("/health/ready")
        alive = await site.client.get("/health/live")
    await database.close()
    assert (answer.status_code, answer.json()["status"]) == (503, "failing")
    failing = {check["name"]: check for check in answer.json()["checks"] if not check["ok"]}
    assert set(failing) == {"database", "outbox"}
    assert "LYCEUM_DATABASE_URL" in failing["database"]["fix"]
    assert failing["database"]["detail"]
    assert "hunter2" not in answer.text
    assert alive.status_code == 200


async def test_a_store_that_is_away_is_named(settings: Settings, database: Database) -> None:
    away = replace(
        settings, files_url="s3://bucket", s3_endpoint="http://127.0.0.1:1", s3_access_key="a", s3_secret_key="b"
    )
    found = by_name(await looking(away, database).checks())
    assert (found["files"].ok, found["files"].adapter, found["database"].ok) == (False, "s3://bucket", True)
    assert "LYCEUM_S3" in found["files"].fix


async def test_the_doctor_writes_reads_and_leaves_nothing(settings: Settings, database: Database) -> None:
    found = by_name(await looking(settings, database).checks(thorough=True))
    assert (found["files"].ok, found["files"].detail) == (True, "writes, reads, deletes")
    assert [path for path in settings.data_dir.rglob("*") if path.is_file() and "sqlite" not in path.name] == []


async def test_a_cache_that_is_away_is_named(settings: Settings, database: Database) -> None:
    found = by_name(await looking(replace(settings, cache_url="redis://127.0.0.1:1/0"), database).checks())
    assert (found["cache"].ok, "Redis" in found["cache"].fix) == (False, True)


async def test_a_cache_that_is_there_answers(settings: Settings, database: Database) -> None:
    need("redis", found=listening("127.0.0.1", 6379))
    found = by_name(await looking(replace(settings, cache_url=redis_url()), database).checks())
    assert (found["cache"].ok, found["cache"].detail) == (True, "answers")


async def test_events_that_wait_too_long_are_not_well(settings: Settings, database: Database) -> None:
    import datetime

    now = datetime.datetime.now(datetime.UTC)
    event = {
        "id": uuid7(),
        "kind": "bank.X",
        "body": "{}",
        "created_at": now - datetime.timedelta(hours=1),
        "next_at": now,
    }
    async with database.writes.begin() as connection:
        await connection.execute(insert(outbox), [event])
    found = by_name(await looking(settings, database).checks())
    assert not found["outbox"].ok
    assert "oldest event waits 3600" in found["outbox"].detail
