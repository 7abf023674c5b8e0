"""15: poisonous messages among good ones. The good are done as quickly as ever, the poison becomes dead letters."""

import asyncio
import os
import signal
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
from chaos.lost_publishes import IDLE, until
from chaos.messages import HANDLED
from chaos.verdict import Scale, Verdict

GOOD = "SELECT count(*) FROM jobs_tasks WHERE source = 'rabbitmq'"
WHEN = "SELECT message_id, extract(epoch FROM received_at)::float8 AS at FROM jobs_inbox WHERE outcome <> 'rejected'"
DEADLY_OVER = "SELECT count(*) FROM jobs_inbox WHERE error_code = 'delivery_limit'"
NONE_APART = "SELECT (count(*) = 0)::int FROM jobs_suspects"
CODES = {
    "not_json": "not_json",
    "large": "too_large",
    "types": "invalid_field",
    "schema": "unknown_schema",
    "raise": "handler_failed",
    "exit": "delivery_limit",
}
"""The kinds of poison, and what each must be rejected as."""
MOST = 5
NEIGHBOURS = 39


@dataclass(frozen=True, slots=True)
class Meal:
    """How many messages come, so many seconds apart, and to how many workers, of which so many are killed meanwhile."""

    good: int
    poison: int
    exits: int
    pace: float
    workers: int
    trial: float | None
    kills: int = 0

    def mixed(self, chance: Random) -> list[str]:
        """The kinds in the order of their coming: no poison among the first, which set the pace."""
        milder = [kind for kind in CODES if kind != "exit"]
        bad = ["exit"] * self.exits + [milder[n % len(milder)] for n in range(self.poison - self.exits)]
        kinds = ["good"] * (self.good - self.good // 10) + bad
        chance.shuffle(kinds)
        return ["good"] * (self.good // 10) + kinds


@dataclass(slots=True)
class Sent:
    """What was published: when the good were, and what kind of poison has which id."""

    good: dict[UUID, float] = field(default_factory=dict)
    poison: dict[str, str] = field(default_factory=dict)


async def run(scale: Scale) -> Verdict:
    meal = scale.pick(Meal(10_000, 100, 10, 0.01, 4, None), Meal(300, 12, 2, 0.005, 2, 1.0))
    chance = scale.chance()
    async with ground() as place, broker() as own:
        main = await feed(place, own, meal, chance, None)
        beside = await crowd(place, own, None)
        trusting = await crowd(place, own, Guard.APART)
        checks: dict[str, bool] = {
            **main.checks,
            **{f"behind a deadly one: {name}": held for name, held in beside.checks.items()},
            "believing the broker's count, neighbours become dead letters": trusting.figures["neighbours_dead"] != 0,
        }
        figures: dict[str, object] = {
            **main.figures,
            "crowd_handled": beside.figures["most_handled"],
            "control_dead": trusting.figures["neighbours_dead"],
        }
        if not scale.short:
            more = await compare(place, own, meal, chance, float(str(main.figures["p95_ms"])))
            checks |= more.checks
            figures |= more.figures
    return Verdict(checks, figures)


async def compare(place: Ground, own: Broker, meal: Meal, chance: Random, p95: float) -> Verdict:
    """The same pace without poison: in calm, and with as many processes killed. And the control of acknowledgements."""
    without = replace(meal, good=meal.good // 3, poison=0, exits=0)
    calm = await feed(place, own, without, chance, None)
    kills = meal.exits * MOST * without.good // meal.good
    replaced = await feed(place, own, replace(without, kills=kills), chance, None)
    hasty = await crowd(place, own, Guard.ACKNOWLEDGEMENT)
    before = float(str(replaced.figures["p95_ms"]))
    checks = {
        "good messages take at most twice as long as without poison, processes dying as often": p95 <= 2 * before,
        "acknowledged before the commit, good messages vanish": hasty.figures["neighbours_vanished"] != 0,
    }
    figures = {
        "p95_ms_without_poison": before,
        "calm_p95_ms": calm.figures["p95_ms"],
        "control_vanished": hasty.figures["neighbours_vanished"],
    }
    return Verdict(checks, figures)


async def feed(place: Ground, own: Broker, meal: Meal, chance: Random, off: Guard | None) -> Verdict:
    """Publish good messages at a steady pace with the poison among them; workers that die are started again."""
    await clear(place)
    with crew(replace(place.settings, broker_url=own.url), meal.trial) as workers:
        for _ in range(meal.workers):
            workers.start(IDLE, off=off)
        await until(lambda: own.consumers("tasks"), meal.workers, 60)
        await empty(own)
        nursing = asyncio.create_task(nurse(workers, off))
        reaping = asyncio.create_task(reap(workers, meal, chance))
        sent = await publish(own, meal.mixed(chance), meal.pace)
        await reaping
        await until(lambda: place.value(GOOD), meal.good, 60)
        # A dead letter may stand there twice, so the count alone does not say that the deadly ones are over.
        await until(lambda: place.value(DEADLY_OVER), meal.exits, 120)
        await until(lambda: place.value(NONE_APART), 1, 60)
        await until(lambda: own.count("tasks.dead"), len(sent.poison), 60)
        spent = await idle_cpu(workers)
        nursing.cancel()
    made, dead = await place.value(GOOD), await letters(own)
    came = {row["message_id"]: row["at"] for row in await place.sql.fetch(WHEN)}
    waits = sorted(came[id] - at for id, at in sent.good.items() if id in came) or [0.0]
    handled = Counter(lines(place.settings.data_dir / HANDLED))
    checks = {
        "every good message has its effect, and is no dead letter": made == meal.good,
        "all poison and nothing else is dead, each with its code": dead
        == {key: CODES[kind] for key, kind in sent.poison.items()},
        "no poison was handled more than five times": max(handled.values(), default=0) <= MOST,
        "nothing is left to be handled alone": await place.value("SELECT count(*) FROM jobs_suspects") == 0,
        "nothing spins": spent < 0.5,
    }
    figures = {
        "good": meal.good,
        "poison": len(sent.poison),
        "of_them_deadly": meal.exits,
        "most_handled": max(handled.values(), default=0),
        "p95_ms": round(waits[int(len(waits) * 0.95)] * 1000, 1),
        "idle_cpu": round(spent, 2),
    }
    return Verdict(checks, figures)


async def crowd(place: Ground, own: Broker, off: Guard | None) -> Verdict:
    """A message that ends its process before 39 good ones that are delivered together with it."""
    await clear(place)
    await empty(own)
    sent = await publish(own, ["exit", *["good"] * NEIGHBOURS], 0.0)
    with crew(replace(place.settings, broker_url=own.url), 0.5) as workers:
        workers.start(IDLE, off=off)
        nursing = asyncio.create_task(nurse(workers, off))
        await until(lambda: place.value(GOOD), NEIGHBOURS, 20 if off is None else 6)
        await until(lambda: own.count("tasks.dead"), 1, 30 if off is not Guard.ACKNOWLEDGEMENT else 1)
        await until(lambda: own.count("tasks"), 0, 5)
        nursing.cancel()
    made, dead = await place.value(GOOD), await letters(own)
    handled = Counter(lines(place.settings.data_dir / HANDLED))
    neighbours = len(dead.keys() - sent.poison.keys())
    checks = {
        "every neighbour has its effect": made == NEIGHBOURS,
        "it alone is dead": dead == dict.fromkeys(sent.poison, CODES["exit"]),
        "it was handled five times at the most": max(handled.values(), default=0) <= MOST,
    }
    figures = {
        "most_handled": max(handled.values(), default=0),
        "neighbours_dead": neighbours,
        "neighbours_vanished": NEIGHBOURS - made - neighbours,
    }
    return Verdict(checks, figures)


async def clear(place: Ground) -> None:
    await place.clear()
    await place.sql.execute("TRUNCATE jobs_inbox, jobs_outgoing, jobs_suspects")


async def publish(own: Broker, kinds: Sequence[str], pace: float) -> Sent:
    sent = Sent()
    async with await aio_pika.connect(own.url) as connection:
        channel = await connection.channel()
        for kind in kinds:
            if kind == "good":
                id, body = a_task()
                sent.good[id] = time.time()
                await put(channel, id, body.encode())
            else:
                await send(channel, sent, kind)
            await asyncio.sleep(pace)
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


async def reap(workers: Crew, meal: Meal, chance: Random) -> None:
    """Kill workers one after the other while messages come."""
    for _ in range(meal.kills):
        await asyncio.sleep(meal.good * meal.pace / (meal.kills + 1))
        workers.signal(chance.choice([id for id, it in workers.processes.items() if it.is_alive()]), signal.SIGKILL)


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
