"""An olympiad: thousands start within one second and answer their whole paper, on PostgreSQL with two web processes.

    uv run python -m bench.event [--learners 3000] [--tasks 16] [--minutes 2] [--processes 2] [sqlite|postgres]

Each learner has a connection of their own. The starts are spread evenly over one second; then each learner saves an
answer to every task, with pauses that spread all answers evenly over `--minutes`. The same burst against a constant
endpoint on the same server is the baseline of the starts; single calls to it all along are that of the answers. At the
end the database is asked whether anything that was acknowledged is missing. Prints one JSON line.
"""

import argparse
import asyncio
import json
import random
import subprocess
import tempfile
import time
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy import func, select

from bench.load import Connection, Tally
from bench.servers import command, databases, environment, free_port, wait_until_live
from lyceum.accounts.adapters.access_tokens import USE, AccessTokens
from lyceum.accounts.api import Actor, Role
from lyceum.kernel.clock import SystemClock
from lyceum.kernel.ids import UserId
from lyceum.platform.database import Database
from lyceum.platform.security import SignedTokens
from lyceum.training.adapters.sitting_tables import entries, sittings

SECRET = "only-for-this-benchmark-0123456789abcdef"
BATCH = 200
PATIENCE = 120.0


def bearer(number: int, role: Role = Role.LEARNER) -> dict[str, str]:
    tokens = AccessTokens(SignedTokens(SECRET, SystemClock(), USE), 7200)
    actor = Actor(UserId(UUID(int=number)), frozenset({role}), f"Learner {number}", session_id=UUID(int=number))
    return {"Authorization": f"Bearer {tokens.issue(actor)}"}


async def prepare(port: int, tasks: int, opens_at: datetime) -> str:
    """Questions and a sealed event; its id."""
    author = await Connection.open(port, bearer(1, Role.AUTHOR))
    ids = []
    for number in range(tasks):
        body = {
            "kind": "single_choice",
            "stem": f"Question {number}",
            "subject": "math",
            "options": [{"id": id, "text": f"Option {id} of {number}"} for id in "abcd"],
            "answer": "a",
            "status": "published",
        }
        made = await author.request("POST", "/api/bank/questions", body)
        assert made.status == 201, made.body
        ids.append(made.json()["id"])  # type: ignore[index]
    await asyncio.sleep(2)
    plan = {
        "title": "Benchmark",
        "opens_at": opens_at.isoformat(),
        "closes_at": (opens_at + timedelta(hours=2)).isoformat(),
        "duration_min": 60,
        "questions": ids,
        "variants": 4,
    }
    event = await author.request("POST", "/api/training/events", plan)
    assert event.status == 201, event.body
    id = str(event.json()["id"])  # type: ignore[index]
    sealed = await author.request("POST", f"/api/training/events/{id}/seal")
    assert sealed.status == 200, sealed.body
    author.close()
    return id


async def timed(tally: Tally, connection: Connection, method: str, path: str, body: object = None) -> object:
    start = time.perf_counter()
    answer = await asyncio.wait_for(connection.request(method, path, body), PATIENCE)
    tally.add(answer.status, time.perf_counter() - start)
    return answer.json() if answer.status == 200 and body is not None else None


async def burst(connections: list[Connection], method: str, path: str, body: object) -> tuple[Tally, list[object]]:
    """One call on each connection, all begun within one second."""
    tally, begin = Tally(), time.perf_counter()

    async def one(place: int, connection: Connection) -> object:
        await asyncio.sleep(max(0.0, begin + place / len(connections) - time.perf_counter()))
        return await timed(tally, connection, method, path, body)

    return tally, list(await asyncio.gather(*(one(place, it) for place, it in enumerate(connections))))


async def sit(connection: Connection, sitting: object, tally: Tally, begin: float, seconds: float) -> None:
    """Save an answer to every task, each at its own random moment of the time there is."""
    assert isinstance(sitting, dict)
    path = f"/api/training/trainings/{sitting['id']}/answers"
    moments = sorted(random.uniform(0, seconds) for _ in sitting["tasks"])
    for moment, task in zip(moments, sitting["tasks"], strict=True):
        await asyncio.sleep(max(0.0, begin + moment - time.perf_counter()))
        body = {"attempt_id": task["attempt_id"], "answer": random.choice("abcd"), "seq": 1, "elapsed_ms": 4000}
        await timed(tally, connection, "POST", path, body)


async def trickle(port: int, tally: Tally, over: asyncio.Event) -> None:
    """The constant endpoint under the same load, twenty times a second."""
    connection = await Connection.open(port)
    while not over.is_set():
        await timed(tally, connection, "GET", "/health/live")
        await asyncio.sleep(0.05)
    connection.close()


async def measure(port: int, learners: int, tasks: int, seconds: float) -> dict[str, object]:
    opens_at = datetime.now(UTC) + timedelta(seconds=8 + learners / 300)
    event = await prepare(port, tasks, opens_at)
    heads = [bearer(1000 + number) for number in range(learners)]
    connections = []
    for start in range(0, learners, BATCH):
        connections += await asyncio.gather(*(Connection.open(port, it) for it in heads[start : start + BATCH]))
    idle, _ = await burst(connections, "GET", "/health/live", None)
    await asyncio.sleep(max(0.0, (opens_at - datetime.now(UTC)).total_seconds() + 0.2))
    starts, begun = await burst(connections, "POST", f"/api/training/events/{event}/start", {})
    answers, constant, over = Tally(), Tally(), asyncio.Event()
    watching = asyncio.create_task(trickle(port, constant, over))
    begin = time.perf_counter()
    await asyncio.gather(
        *(sit(it, sitting, answers, begin, seconds) for it, sitting in zip(connections, begun, strict=True) if sitting)
    )
    spent = time.perf_counter() - begin
    over.set()
    await watching
    for connection in connections:
        connection.close()
    return {
        "learners": learners,
        "start_p95_ms": round(starts.percentile(0.95) * 1000),
        "start_ratio": round(starts.percentile(0.95) / idle.percentile(0.95), 1),
        "answer_p95_ms": round(answers.percentile(0.95) * 1000, 1),
        "answer_ratio": round(answers.percentile(0.95) / constant.percentile(0.95), 1),
        "answers_per_second": round(answers.good / spent),
        "started": starts.good,
        "answered": answers.good,
        "refused": {**starts.bad, **answers.bad},
        "constant_burst_p95_ms": round(idle.percentile(0.95) * 1000, 1),
        "constant_p95_ms": round(constant.percentile(0.95) * 1000, 1),
    }


async def kept(url: str) -> dict[str, int]:
    """What the database holds of it."""
    database = Database.connect(url)
    async with database.read() as connection:
        begun = await connection.scalar(select(func.count()).select_from(sittings))
        saved = await connection.scalar(select(func.count()).select_from(entries))
    await database.close()
    return {"sittings_kept": begun or 0, "answers_kept": saved or 0}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("database", nargs="?", choices=["sqlite", "postgres"], default="postgres")
    parser.add_argument("--learners", type=int, default=3000)
    parser.add_argument("--tasks", type=int, default=16)
    parser.add_argument("--minutes", type=float, default=2)
    parser.add_argument("--processes", type=int, default=2)
    given = parser.parse_args()
    with ExitStack() as stack:
        urls = stack.enter_context(databases([given.database]))
        home = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url, port = urls[given.database], free_port()
        environ = environment(url, home, LYCEUM_SECRET_KEY=SECRET)
        subprocess.run(command("migrate"), env=environ, check=True, stdout=subprocess.DEVNULL)
        words = command("web", "--port", str(port), "--workers", str(given.processes))
        process = subprocess.Popen(words, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            wait_until_live(port, process)
            found = asyncio.run(measure(port, given.learners, given.tasks, given.minutes * 60))
        finally:
            process.terminate()
            process.wait(40)
        found |= asyncio.run(kept(url))
        found["lost"] = int(found["answered"]) - int(found["answers_kept"])  # type: ignore[call-overload]
        print(json.dumps({"database": given.database, "processes": given.processes, **found}))


if __name__ == "__main__":
    main()
