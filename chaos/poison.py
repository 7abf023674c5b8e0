"""15: poisonous messages among good ones. The good are done as quickly as ever, the poison becomes dead letters."""

import asyncio
import os
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from uuid import UUID, uuid4

import aio_pika

from chaos.broker import Broker, a_task, broker, envelope
from chaos.crew import Crew, crew
from chaos.ground import Ground, ground
from chaos.guards import Guard
from chaos.killed_broker import consumers
from chaos.lost_publishes import IDLE, until
from chaos.messages import HANDLED
from chaos.verdict import Scale, Verdict

GOOD = "SELECT count(*) FROM jobs_tasks WHERE source = 'rabbitmq'"
WHEN = "SELECT message_id, extract(epoch FROM received_at)::float8 AS at FROM jobs_inbox WHERE outcome <> 'rejected'"
ONLY_CALM = "every good message has its effect, and only poison is dead"
ONLY_DEADLY = "no good message vanishes: it has its effect, or is a dead letter with its reason"
MOST = 6
"""A limit of five deliveries more: the first does not count."""
PACE = 0.004


@dataclass(slots=True)
class Sent:
    """What was published: when the good were, and what kind of poison has which id."""

    good: dict[UUID, float] = field(default_factory=dict)
    poison: dict[str, str] = field(default_factory=dict)


async def run(scale: Scale) -> Verdict:
    good, poison, exits = scale.pick((10_000, 100, 2), (300, 10, 1))
    chance = scale.chance()
    async with ground() as place, broker() as own:
        calm = await feed(place, own, good // 3, 0, 0, chance, None)
        main = await feed(place, own, good, poison, 0, chance, None)
        deadly = await feed(place, own, good // 3, 0, exits, chance, None)
        control = await feed(place, own, good // 3, 0, 1, chance, Guard.ACKNOWLEDGEMENT)
    p95, before = float(str(main.figures["p95_ms"])), float(str(calm.figures["p95_ms"]))
    lost = int(str(control.figures["vanished"]))
    checks = {
        **{name: held for name, held in main.checks.items() if name != ONLY_DEADLY},
        **{f"deadly: {name}": held for name, held in deadly.checks.items() if name != ONLY_CALM},
        "good messages come within twice the time of a calm run": p95 <= 2 * before + 50,
        "acknowledged before the commit, good messages vanish": lost > 0,
    }
    beside = {
        "deadly": exits,
        "deadly_beside": deadly.figures["beside"],
        "deadly_handled": deadly.figures["most_handled"],
    }
    return Verdict(checks, {**main.figures, **beside, "calm_p95_ms": before, "control_vanished": lost})


async def feed(
    place: Ground, own: Broker, good: int, poison: int, exits: int, chance: Random, off: Guard | None
) -> Verdict:
    """Publish good messages at a steady pace with the poison among them; workers that die are started again."""
    await place.clear()
    await place.sql.execute("TRUNCATE jobs_inbox, jobs_outgoing")
    with crew(replace(place.settings, broker_url=own.url)) as workers:
        for _ in range(2):
            workers.start(IDLE, off=off)
        await until(lambda: consumers(own), 2, 60)
        await empty(own)
        nursing = asyncio.create_task(nurse(workers, off))
        sent = await publish(own, good, poison, exits, chance)
        await until(lambda: place.value(GOOD), good, 10 if off else 60)
        await until(lambda: own.count("tasks.dead"), len(sent.poison), 5 if off else 60)
        spent = await idle_cpu(workers)
        nursing.cancel()
    made = await place.value(GOOD)
    dead = await letters(own)
    came = {row["message_id"]: row["at"] for row in await place.sql.fetch(WHEN)}
    waits = sorted(came[id] - at for id, at in sent.good.items() if id in came) or [0.0]
    handled = Counter(lines(place.settings.data_dir / HANDLED))
    codes: dict[str, set[str]] = {}
    for key, code in dead.items():
        codes.setdefault(sent.poison.get(key, "good"), set()).add(code)
    beside = len(dead.keys() - sent.poison.keys())
    checks = {
        ONLY_CALM: made == good and dead.keys() == sent.poison.keys(),
        ONLY_DEADLY: made + beside == good,
        "all poison is among the dead letters, each with a reason": dead.keys() >= sent.poison.keys()
        and all(dead.values()),
        "no poison was handled more often than its deliveries allow": max(handled.values(), default=0) <= MOST,
        "nothing spins": spent < 0.5,
    }
    figures = {
        "good": good,
        "poison": len(sent.poison),
        "beside": beside,
        "vanished": good - made - beside,
        "codes": {kind: sorted(found) for kind, found in codes.items()},
        "most_handled": max(handled.values(), default=0),
        "p95_ms": round(waits[int(len(waits) * 0.95)] * 1000, 1),
        "idle_cpu": round(spent, 2),
    }
    return Verdict(checks, figures)


async def publish(own: Broker, good: int, poison: int, exits: int, chance: Random) -> Sent:
    sent = Sent()
    kinds = ["exit"] * exits + [("not_json", "large", "types", "schema", "raise")[n % 5] for n in range(poison)]
    places = sorted(chance.sample(range(good // 10, good), len(kinds)))
    chance.shuffle(kinds)
    async with await aio_pika.connect(own.url) as connection:
        channel = await connection.channel()
        for number in range(good):
            if places and places[0] == number:
                places.pop(0)
                await send(channel, sent, kinds.pop())
            id, body = a_task()
            sent.good[id] = time.time()
            await put(channel, id, body.encode())
            await asyncio.sleep(PACE)
    return sent


async def send(channel: aio_pika.abc.AbstractChannel, sent: Sent, kind: str) -> None:
    id = uuid4()
    sent.poison[str(id)] = kind
    task = {"description": "chaos", "payload": {"seconds": 0}}
    bodies = {
        "not_json": b"{" + str(id).encode(),
        "large": envelope(id, {**task, "title": "x" * (1 << 20)}).encode(),
        "types": envelope(id, {**task, "priority": "high"}).encode(),
        "schema": envelope(id, task, schema="task/7").encode(),
        "raise": envelope(id, {"act": "raise"}, schema="chaos/1").encode(),
        "exit": envelope(id, {"act": "exit"}, schema="chaos/1").encode(),
    }
    await put(channel, id, bodies[kind])


async def put(channel: aio_pika.abc.AbstractChannel, id: UUID, body: bytes) -> None:
    message = aio_pika.Message(body, content_type="application/json", delivery_mode=2, message_id=str(id))
    await channel.default_exchange.publish(message, routing_key="tasks")


async def nurse(workers: Crew, off: Guard | None) -> None:
    """Start a worker for each that has died."""
    while True:
        for id, process in list(workers.processes.items()):
            if not process.is_alive():
                del workers.processes[id]
                workers.start(IDLE, off=off)
        await asyncio.sleep(0.05)


async def letters(own: Broker) -> dict[str, str]:
    """The dead letters by message id, each with its code, or with why the broker gave it up."""
    found: dict[str, str] = {}
    async with await aio_pika.connect(own.url) as connection:
        queue = await (await connection.channel()).get_queue("tasks.dead")
        while (message := await queue.get(fail=False, no_ack=True)) is not None:
            deaths = message.headers.get("x-death") or [{}]
            reason = str(deaths[0].get("reason", "")) if isinstance(deaths, Sequence) else ""  # type: ignore[union-attr]
            found[message.message_id or ""] = str(message.headers.get("x-error-code") or reason)
    return found


async def empty(own: Broker) -> None:
    async with await aio_pika.connect(own.url) as connection:
        channel = await connection.channel()
        for name in ("tasks", "tasks.dead"):
            await (await channel.get_queue(name)).purge()


async def idle_cpu(workers: Crew, seconds: float = 2.0) -> float:
    """The share of a core that the workers use when all is done."""
    before = sum(cpu(process.pid or 0) for process in workers.processes.values())
    await asyncio.sleep(seconds)
    return (sum(cpu(process.pid or 0) for process in workers.processes.values()) - before) / seconds


def cpu(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []
