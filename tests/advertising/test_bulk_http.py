"""Lists of 100,000 rows: kept whole or not at all, answered in their order, in little memory."""

import json
import time
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from bench.load import Answer, Connection
from bench.servers import peak_memory_mb, server
from sqlalchemy import func, select

from lyceum.advertising.adapters.tables import advertisers, clients, scores
from lyceum.platform.database import Database
from tests.advertising.platform import BASE, Json, Platform, a_client, an_advertiser
from tests.advertising.test_contract_http import refused

MANY = 100_000
LITTLE_MB = 130


def people(count: int) -> list[Json]:
    return [a_client(login=f"клиент {number}", age=number % 201) for number in range(count)]


async def kept(database: Database) -> tuple[int, int, int]:
    async with database.read() as connection:
        counts = [
            await connection.scalar(select(func.count()).select_from(table)) for table in (clients, advertisers, scores)
        ]
    return counts[0] or 0, counts[1] or 0, counts[2] or 0


async def test_lists_of_several_parts_are_kept_in_their_order(ads: Platform, database: Database) -> None:
    given = people(12_000)
    answer = await ads.post("/clients/bulk", given)
    assert (answer.status_code, answer.headers["content-type"]) == (201, "application/json")
    assert answer.json() == given
    async with database.read() as connection:
        made = await connection.scalar(select(func.min(clients.c.stamp))) or 0
    older = [{**client, "age": 7} for client in reversed(given)]
    assert (await ads.post("/clients/bulk", [*older, a_client()])).json()[:-1] == older
    assert (await ads.get(f"/clients/{given[11_000]['client_id']}")).json()["age"] == 7
    companies = [an_advertiser(name=f"Школа {number}") for number in range(6_000)]
    assert (await ads.post("/advertisers/bulk", companies)).json() == companies
    pairs = [
        {"client_id": client["client_id"], "advertiser_id": company["advertiser_id"], "score": number}
        for number, (client, company) in enumerate(zip(given, [*companies, *reversed(companies)], strict=True))
    ]
    for shift in (0, 5):
        shifted = [pair | {"score": number + shift} for number, pair in enumerate(pairs)]
        answer = await ads.post("/ml-scores/bulk", shifted)
        assert (answer.status_code, answer.json()) == (200, {"status": "ok", "count": 12_000})
    assert await kept(database) == (12_001, 6_000, 12_000)
    async with database.read() as connection:
        assert await connection.scalar(select(func.sum(scores.c.score))) == sum(range(5, 12_005))
        assert await connection.scalar(select(func.min(clients.c.stamp))) == made + 3, (
            "once for each change of a client"
        )


async def test_one_wrong_row_at_the_end_keeps_nothing(ads: Platform, database: Database) -> None:
    given = people(11_000)
    for last, status, words in (
        (a_client(age=201), 400, "11000/age"),
        (given[3], 409, str(given[3]["client_id"])),
        ([], 400, "11000 must be an object"),
    ):
        refused(await ads.post("/clients/bulk", [*given, last]), status, words)
    for tail in (",", "", "]]", ",{}}]", ',{"age": NaN}]'):
        refused(await ads.raw("POST", "/clients/bulk", json.dumps(given)[:-1] + tail), 400, "Validation failed:")
    assert await kept(database) == (0, 0, 0)
    company = await ads.advertiser()
    ids = await ads.clients(*given)
    pairs = [{"client_id": id, "advertiser_id": company, "score": 1} for id in ids]
    for wrong, status in (
        ({"client_id": str(uuid4())}, 404), ({"advertiser_id": str(uuid4())}, 404), ({}, 409), ({"score": 0.5}, 400),
    ):  # fmt: skip
        refused(await ads.post("/ml-scores/bulk", [*pairs, pairs[0] | wrong]), status)
    assert await kept(database) == (11_000, 1, 0)


async def test_too_many_rows_are_refused(ads: Platform, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lyceum.advertising.domain.forms.BULK", 10)
    refused(await ads.post("/clients/bulk", people(11)), 400, "more than 10 items")
    assert len(await ads.clients(*people(10))) == 10


async def put(port: int, path: str, body: object) -> tuple[float, Answer]:
    connection = await Connection.open(port)
    begin = time.perf_counter()
    answer = await connection.request("POST", BASE + path, body)
    seconds = time.perf_counter() - begin
    connection.close()
    return seconds, answer


async def test_a_hundred_thousand_rows_take_seconds_and_little_memory(
    database_url: str, database: Database, tmp_path: Path
) -> None:
    """Memory beyond that of the process before: the whole list, parsed, would take twice as much."""
    with server(database_url, tmp_path, "--open") as (port, pid):
        await put(port, "/clients/bulk", people(100))
        before = peak_memory_mb(pid)
        given = people(MANY)
        seconds, answer = await put(port, "/clients/bulk", given)
        assert answer.status == 201, answer.body[:500]
        assert answer.json() == given
        assert seconds < 30  # ten on a quiet machine
        one = an_advertiser()
        await put(port, "/advertisers/bulk", [one])
        pairs = [
            {"client_id": client["client_id"], "advertiser_id": one["advertiser_id"], "score": 5} for client in given
        ]
        _, answer = await put(port, "/ml-scores/bulk", pairs)
        assert answer.json() == {"status": "ok", "count": MANY}
        _, answer = await put(port, "/clients/bulk", [*given[:-1], given[0]])
        assert answer.status == 409
        assert UUID(str(given[0]["client_id"])).hex in answer.body.decode().replace("-", "")
        assert peak_memory_mb(pid) - before < LITTLE_MB
