"""Ads and clicks per second as a share of a constant endpoint on the same server; bulk uploads; memory.

    uv run python -m bench.advertising [--seconds 4] [--campaigns 100 10000] [sqlite] [postgres]

One web process, 16 keep-alive connections, 1,000 clients, 100 advertisers, 100,000 scores. Rounds of the paths are
interleaved and the median is taken. A client sees a campaign once, so few campaigns are replaced by as many new ones
before each round: no round may run out of ads. Prints one JSON line for each database and number of campaigns, and how
the shares of the numbers compare.
"""

import argparse
import asyncio
import json
import random
import statistics
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

from sqlalchemy import insert, select, update

from bench.load import Answer, Connection, Step, Tally, drive
from bench.servers import cpu_seconds, databases, peak_memory_mb, server
from lyceum.advertising.adapters.tables import campaigns, state, tallies
from lyceum.kernel.ids import uuid7
from lyceum.platform.database import Database
from lyceum.platform.migrations import migrate

CONNECTIONS = 16
ROUNDS = 5
CLIENTS = 1_000
ADVERTISERS = 100
SCORES = 100
BASE = "/api/advertising"
FEW = 1_000
"""Fewer campaigns than this are replaced before each round."""
PLACES = [f"Город {number}" for number in range(10)]


def a_campaign(number: int, advertiser: UUID, source: random.Random) -> dict[str, object]:
    """Two thirds target somebody: by gender, ages, place."""
    targeted = source.random() < 0.66
    youngest = source.randint(0, 40)
    return {
        "id": uuid7(),
        "number": number,
        "advertiser_id": advertiser,
        "impressions_limit": source.randint(500, 5_000),
        "clicks_limit": source.randint(100, 1_000),
        "cost_per_impression": f"{source.uniform(0.05, 2):.4f}",
        "cost_per_click": f"{source.uniform(0.5, 20):.4f}",
        "ad_title": f"Курс {number}",
        "ad_text": "Весна без страха перед экзаменом. " * 3,
        "start_date": 0,
        "end_date": source.randint(5, 60),
        "gender": source.choice(["MALE", "FEMALE", "ALL", None]) if targeted else None,
        "age_from": youngest if targeted else None,
        "age_to": youngest + source.randint(10, 60) if targeted else None,
        "location": source.choice([*PLACES, None, None]) if targeted else None,
        "version": 1,
        "revision": number,
    }


async def fill(url: str, advertisers: list[UUID], count: int) -> None:
    """The campaigns, straight into the tables; everything else goes over REST."""
    await migrate(url)
    source = random.Random(7)
    database = Database.connect(url, pool_size=2)
    rows = [a_campaign(number, advertisers[number % ADVERTISERS], source) for number in range(1, count + 1)]
    async with database.writes.begin() as connection:
        await connection.execute(insert(campaigns), rows)
        await connection.execute(
            insert(tallies), [{"campaign_id": row["id"], "impressions": 0, "clicks": 0} for row in rows]
        )
        await connection.execute(insert(state).values(id=1, today=1, revision=count))
    await database.close()


async def renew(url: str, advertisers: list[UUID], count: int, turn: int) -> None:
    """As many new campaigns in the place of all that there are."""
    source = random.Random(100 + turn)
    rows = [a_campaign(number, advertisers[number % ADVERTISERS], source) for number in range(1, count + 1)]
    database = Database.connect(url, pool_size=2)
    async with database.writes.begin() as connection:
        last = await connection.scalar(select(state.c.revision).with_for_update()) or 0
        going = update(campaigns).where(campaigns.c.deleted_at.is_(None))
        await connection.execute(going.values(deleted_at=datetime.now(UTC), revision=last + 1))
        for row in rows:
            row["number"] = row["revision"] = int(str(row["number"])) + last + 1
        await connection.execute(insert(campaigns), rows)
        new = [{"campaign_id": row["id"], "impressions": 0, "clicks": 0} for row in rows]
        await connection.execute(insert(tallies), new)
        await connection.execute(update(state).values(revision=last + 1 + count))
    await database.close()
    await asyncio.sleep(1.0)


async def put(port: int, path: str, body: object) -> float:
    """Seconds that one upload takes."""
    connection = await Connection.open(port)
    begin = time.perf_counter()
    answer = await connection.request("POST", BASE + path, body)
    seconds = time.perf_counter() - begin
    connection.close()
    assert answer.status < 300, answer.body[:500]
    return seconds


def clients(count: int, source: random.Random) -> list[dict[str, object]]:
    return [
        {
            "client_id": str(uuid4()),
            "login": f"client {number}",
            "age": source.randint(10, 60),
            "location": source.choice(PLACES),
            "gender": source.choice(["MALE", "FEMALE"]),
        }
        for number in range(count)
    ]


def get(path: str) -> Step:
    async def step(connection: Connection) -> Answer:
        return await connection.request("GET", path)

    return step


def asking(people: list[str], shown: list[tuple[str, str]], source: random.Random) -> Step:
    async def step(connection: Connection) -> Answer:
        client = source.choice(people)
        answer = await connection.request("GET", f"{BASE}/ads?client_id={client}")
        if answer.status == 200:
            shown.append((answer.json()["ad_id"], client))  # type: ignore[index,call-overload]
        return answer

    return step


def clicking(shown: list[tuple[str, str]]) -> Step:
    async def step(connection: Connection) -> Answer:
        ad, client = shown.pop()
        return await connection.request("POST", f"{BASE}/ads/{ad}/click", {"client_id": client})

    return step


async def measure(
    url: str, port: int, pid: int, advertisers: list[UUID], count: int, seconds: float
) -> dict[str, object]:
    source = random.Random(11)
    await put(port, "/advertisers/bulk", [{"advertiser_id": str(id), "name": "x"} for id in advertisers])
    people = clients(CLIENTS, source)
    await put(port, "/clients/bulk", people)
    ids = [str(person["client_id"]) for person in people]
    pairs = [
        {"client_id": id, "advertiser_id": str(advertiser), "score": source.randint(0, 1000)}
        for id in ids
        for advertiser in source.sample(advertisers, SCORES)
    ]
    uploads = {"scores_100k_s": round(await put(port, "/ml-scores/bulk", pairs), 2)}
    shown: list[tuple[str, str]] = []
    tallies: dict[str, list[Tally]] = {"constant": [], "ads": [], "clicks": []}
    spent: dict[str, list[float]] = {name: [] for name in tallies}
    await drive(port, [asking(ids, shown, source) for _ in range(CONNECTIONS)], [{}] * CONNECTIONS, 1.0)
    for turn in range(ROUNDS):
        if count < FEW:
            await renew(url, advertisers, count, turn)
            shown.clear()
        for name, runs in tallies.items():
            steps = {
                "constant": lambda: get("/health/live"),
                "ads": lambda: asking(ids, shown, source),
                "clicks": lambda: clicking(shown),
            }[name]
            before = cpu_seconds(pid)
            long = seconds if name != "clicks" else min(seconds, len(shown) / 7000)
            tally = await drive(port, [steps() for _ in range(CONNECTIONS)], [{}] * CONNECTIONS, long)
            tally.good = round(tally.good * seconds / long)
            runs.append(tally)
            spent[name].append((cpu_seconds(pid) - before) / max(tally.good * long / seconds, 1) * 1000)
    rates = {name: statistics.median(tally.good / seconds for tally in runs) for name, runs in tallies.items()}
    cost = {name: statistics.median(each) for name, each in spent.items()}
    memory = round(peak_memory_mb(pid))
    uploads["clients_10k_s"] = round(await put(port, "/clients/bulk", clients(10_000, source)), 2)
    uploads["clients_100k_s"] = round(await put(port, "/clients/bulk", clients(100_000, source)), 2)
    return {
        "rps": {name: round(rate) for name, rate in rates.items()},
        "share": {name: round(rate / rates["constant"], 3) for name, rate in rates.items()},
        "cpu_ms": {name: round(each, 3) for name, each in cost.items()},
        "p95_ms": {name: round(runs[-1].percentile(0.95) * 1000, 1) for name, runs in tallies.items()},
        "refused": {name: runs[-1].bad for name, runs in tallies.items() if runs[-1].bad},
        **uploads,
        "serving_mb": memory,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("databases", nargs="*", default=["postgres", "sqlite"])
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--campaigns", type=int, nargs="*", default=[100, 10_000])
    arguments = parser.parse_args()
    shares: dict[str, list[dict[str, float]]] = {}
    for count in arguments.campaigns:
        with databases(arguments.databases) as urls, tempfile.TemporaryDirectory() as folder:
            for kind, url in urls.items():
                advertisers = [uuid4() for _ in range(ADVERTISERS)]
                asyncio.run(fill(url, advertisers, count))
                with server(url, Path(folder) / kind, "--open") as (port, pid):
                    result = asyncio.run(measure(url, port, pid, advertisers, count, arguments.seconds))
                    told = {"database": kind, "campaigns": count, **result, "peak_mb": round(peak_memory_mb(pid))}
                    print(json.dumps(told), flush=True)
                    shares.setdefault(kind, []).append(result["share"])  # type: ignore[arg-type]
    for kind, found in shares.items():
        last = {name: round(found[-1][name] / found[0][name], 2) for name in ("ads", "clicks")}
        print(json.dumps({"database": kind, "campaigns": arguments.campaigns[-1], "over_the_first": last}))


if __name__ == "__main__":
    main()
