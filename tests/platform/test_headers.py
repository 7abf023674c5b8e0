"""What every response says about trust, and how large a request may be."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from lyceum.platform.database import Database
from lyceum.platform.settings import Settings
from tests.platform.operation_app import Site, operation_site

MIB = 1 << 20


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, secret_key="s" * 40, max_body_mb=1)


@pytest.fixture
async def site(settings: Settings, tmp_path: Path) -> AsyncIterator[Site]:
    database = Database.connect(f"sqlite:///{tmp_path / 'lyceum.sqlite3'}")
    async with operation_site(settings, database) as site:
        yield site
    await database.close()


@pytest.mark.parametrize(
    "path", ["/health/live", "/no/such/place", "/broken", "/docs", "/metrics", "/static/lyceum.css"]
)
async def test_every_response_carries_the_security_headers(site: Site, path: str) -> None:
    headers = (await site.client.get(path)).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert "camera=()" in headers["permissions-policy"]
    policy = headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe-eval" not in policy
    assert "strict-transport-security" not in headers


async def test_a_response_with_a_policy_of_its_own_keeps_it_alone(site: Site) -> None:
    answer = await site.client.get("/own-policy")
    assert answer.headers.get_list("content-security-policy") == ["default-src 'none'"]
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_a_site_behind_https_says_so(settings: Settings, tmp_path: Path) -> None:
    database = Database.connect(f"sqlite:///{tmp_path / 'lyceum.sqlite3'}")
    async with operation_site(replace(settings, base_url="https://lyceum.example"), database) as site:
        assert "max-age" in (await site.client.get("/health/live")).headers["strict-transport-security"]
    await database.close()


async def chunked(size: int) -> AsyncIterator[bytes]:
    yield b'{"text":"'
    for _ in range(size // 10_000):
        yield b"x" * 10_000
    yield b'"}'


async def test_a_body_beyond_the_limit_is_413_with_and_without_its_length(site: Site) -> None:
    json = {"Content-Type": "application/json"}
    told = await site.client.post("/api/texts", json={"text": "x" * MIB})
    untold = await site.client.post("/api/texts", content=chunked(2 * MIB), headers=json)
    for answer in (told, untold):
        assert (answer.status_code, answer.headers["content-type"]) == (413, "application/problem+json")
        assert (answer.json()["code"], answer.json()["limit_mb"]) == ("lyceum.too_large", 1)


async def test_a_body_within_the_limit_is_taken_with_and_without_its_length(site: Site) -> None:
    json = {"Content-Type": "application/json"}
    assert (await site.client.post("/api/texts", json={"text": "x" * 1000})).json() == 1000
    assert (await site.client.post("/api/texts", content=chunked(500_000), headers=json)).json() == 500_000
