"""4: `kill -9` of the broker while requests publish and messages are consumed. Each has its effect once, and no
caller of REST sees an error.

What a request publishes is a dead letter that is sent again: `POST /api/jobs/dead-letters/ID/replay` keeps a message to
be published in the transaction that answers it.
"""

import asyncio
import hashlib
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol
from uuid import UUID

import asyncpg
import httpx

from chaos.broker import Broker, a_task, broker
from chaos.crew import crew
from chaos.ground import Ground, ground
from chaos.guards import Guard
from chaos.lost_publishes import ADD, IDLE, MADE, clear, until
from chaos.verdict import Scale, Verdict
from chaos.web import Web, web
from lyceum.kernel.ids import uuid7

WAITING = "SELECT count(*) FROM jobs_outgoing WHERE published_at IS NULL"
IN_FLIGHT = "SELECT count(*) FROM jobs_outgoing WHERE published_at IS NULL AND attempts > 0"
AGAIN = "SELECT coalesce(sum(attempts), 0) - count(*) FROM jobs_outgoing"
DONE = "SELECT count(*) FROM jobs_inbox WHERE outcome = 'done'"
NOW = "UPDATE jobs_outgoing SET next_at = clock_timestamp() WHERE next_at > clock_timestamp() + interval '3 s'"
DEAD = """
INSERT INTO jobs_inbox (message_id, sent_id, queue, schema, producer, source, body_hash, size, outcome, error_code,
    error, body, received_at)
VALUES ($1, $1, 'tasks', '', 'chaos', 'rabbitmq', $2, $3, 'rejected', 'jobs.unknown_kind', '{}', $4, clock_timestamp())
"""
BACK = 30.0
CALLERS = 4


class Caller(Protocol):
    """Commits messages one after the other, broker or not."""

    done: int

    async def run(self) -> None: ...


@dataclass(slots=True)
class Statements:
    """A caller that speaks to the database: as many messages as it can."""

    url: str
    count: int
    pace: float
    errors: int = 0
    done: int = 0

    async def run(self) -> None:
        connection = await asyncpg.connect(self.url)
        try:
            for _ in range(self.count):
                id, body = a_task()
                try:
                    await connection.execute(ADD, uuid7(), id, "tasks", body)
                except (asyncpg.PostgresError, OSError):
                    self.errors += 1
                self.done += 1
                await asyncio.sleep(self.pace)
        finally:
            await connection.close()


@dataclass(slots=True)
class Requests:
    """Callers that speak to the web: each sends dead letters again."""

    web: Web
    ids: Sequence[UUID]
    took: list[float] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    done: int = 0

    async def run(self) -> None:
        left = iter(self.ids)
        async with self.web.client() as client:
            await asyncio.gather(*(self._call(client, left) for _ in range(CALLERS)))

    async def _call(self, client: httpx.AsyncClient, left: Iterator[UUID]) -> None:
        for id in left:
            began = time.monotonic()
            try:
                path = f"/api/jobs/dead-letters/{id}/replay"
                answer = await client.post(path, headers=self.web.signed_in())
                if answer.status_code != 200:
                    self.refused.append(f"{answer.status_code} {answer.text[:200]}")
            except httpx.HTTPError as error:
                self.refused.append(repr(error))
            self.took.append(time.monotonic() - began)
            self.done += 1


async def run(scale: Scale) -> Verdict:
    count, kills = scale.pick((10_000, 5), (200, 1))
    async with ground() as place, broker() as own:
        place.settings = replace(place.settings, broker_url=own.url)
        await clear(place)
        ids = await dead_letters(place, count)
        async with web(place.settings) as site:
            caller = Requests(site, ids)
            main, figures = await outage(place, own, caller, count, kills, None)
        main["no request saw an error"] = not caller.refused and len(caller.took) == count
        await clear(place)
        lots = scale.pick(2000, 400)
        control_caller = Statements(place.settings.database_url, lots, 0.002)
        _, control = await outage(place, own, control_caller, lots, 1, Guard.CONFIRMS)
    took = sorted(caller.took)
    latency: dict[str, object] = {
        f"request_{name}_ms": round(took[int(len(took) * share) - 1] * 1000, 1) for name, share in SHARES
    }
    if caller.refused:
        latency |= {"refused": caller.refused[:3]}
    lost = int(str(control["messages"])) - int(str(control["effects"]))
    checks = {**main, "unless confirms are heard messages are lost": lost > 0}
    return Verdict(checks, {**figures, **latency, "control_lost": lost})


SHARES = (("p50", 0.5), ("p95", 0.95), ("slowest", 1.0))


async def outage(
    place: Ground, own: Broker, caller: Caller, count: int, kills: int, off: Guard | None
) -> tuple[dict[str, bool], dict[str, object]]:
    """Kill and restart the broker while messages are committed and two processes relay and consume."""
    backs: list[float] = []
    with crew(place.settings) as workers:
        for _ in range(2):
            workers.start(IDLE, off=off)
        await until(lambda: own.consumers("tasks"), 2, 60)
        calling = asyncio.create_task(caller.run())
        for number in range(kills):
            while caller.done < count * (number + 1) // (kills + 2) and not calling.done():
                await asyncio.sleep(0.01)
            backs.append(await kill(place, own))
        await calling
        await until(lambda: none_waiting(place), 1, 5 if off else 180)
        whole = await until(lambda: place.value(MADE), count, 5 if off else 60)
        await asyncio.sleep(1)
        same = set(workers.processes) and all(process.is_alive() for process in workers.processes.values())
    made = await place.value(MADE)
    checks = {
        "every message has one effect": whole and made == count == await place.value(DONE),
        "every row is out": await place.value(WAITING) == 0,
        "consumers were back within 30 s of the broker, without a restart": max(backs) <= BACK and bool(same),
    }
    figures: dict[str, object] = {
        "messages": count,
        "effects": made,
        "kills": kills,
        "published_again": await place.value(AGAIN),
        "slowest_back_s": round(max(backs), 1),
    }
    return checks, figures


async def kill(place: Ground, own: Broker) -> float:
    """After how many seconds from the broker's being back the next message had its effect.

    The broker stops answering first, so that messages are in flight when it is gone."""
    own.pause()
    await until(lambda: place.value(IN_FLIGHT), 1, 20)
    await asyncio.to_thread(own.kill)
    await own.restart()
    began, before = time.monotonic(), await place.value(MADE)
    await until(lambda: place.value(MADE), before + 1, BACK + 10)
    return time.monotonic() - began


async def dead_letters(place: Ground, count: int) -> list[UUID]:
    """Messages that were rejected for a reason that is no more."""
    rows = []
    for _ in range(count):
        id, body = a_task()
        raw = body.encode()
        rows.append((id, hashlib.sha256(raw).hexdigest(), len(raw), raw))
    await place.sql.executemany(DEAD, rows)
    return [row[0] for row in rows]


async def none_waiting(place: Ground) -> int:
    await place.sql.execute(NOW)
    return int(await place.value(WAITING) == 0)
