"""Background tasks per second from end to end, beside Procrastinate, Celery and TaskIQ doing the same in the same run.

    uv run --group bench python -m bench.jobs [--tasks 8000] [--rounds 2] [--only lyceum,celery]

The work is one insert, committed before the task counts as done. Each queue is filled first (durable, confirmed), then
1, 2 and 4 worker processes start. The rate is taken between the first and the last tenth of the effects, or from the
moment when every process has made one, if that is later; by the clock of the database. So starting up is left out.
Rounds are interleaved and the median is taken. `celery_kept` and `taskiq_kept` also record what became of the task, as
the product and Procrastinate do; without that they forget it.

Also: how long after a POST a task starts, and what an idle worker weighs. Needs PostgreSQL and RabbitMQ on this
machine; prints JSON lines.
"""

import argparse
import asyncio
import contextlib
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

from bench.servers import command, databases, environment

WORKERS = (1, 2, 4)
SLOTS = 20
POSTGRES_SECONDS = "extract(epoch FROM {})::float8"
SQLITE_SECONDS = "(julianday({}) - 2440587.5) * 86400.0"
BIN = Path(sys.executable).parent
VHOST = f"lyceum_bench_{os.getpid()}"
RABBITMQ = os.environ.get("LYCEUM_TEST_RABBITMQ", "amqp://guest:guest@127.0.0.1:5672/")


@dataclass(frozen=True, slots=True)
class Contender:
    """Fills its queue with effects to be made, and says how to start so many of its workers."""

    name: str
    url: str
    prepare: Callable[[], object]
    fill: Callable[[Sequence[UUID]], object]
    workers: Callable[[int], list[list[str]]]
    env: dict[str, str]
    sizes: Sequence[int] = WORKERS


def lyceum(kind: str, url: str, folder: Path) -> Contender:
    env = environment(url, folder, LYCEUM_SECRET_KEY="b" * 40)
    worker = [sys.executable, "-m", "bench.jobs_worker", str(SLOTS)]
    return Contender(
        f"lyceum_{kind}", url, lambda: None, lambda ids: in_child(env, "lyceum", ids), lambda n: [worker] * n, env
    )


def rivals(url: str) -> list[Contender]:
    vhost = RABBITMQ.rsplit("/", 1)[0] + f"/{VHOST}"
    env = dict(os.environ) | {"BENCH_POSTGRES": url, "BENCH_RABBITMQ": vhost, "PYTHONPATH": str(Path.cwd())}
    app = "bench.jobs_rivals"
    procrastinate = [f"{BIN}/procrastinate", "--app", f"{app}.procrastinate"]
    words = {
        "celery": lambda n: [
            [f"{BIN}/celery", "-A", f"{app}:celery", "worker", "-c", str(n), "-l", "ERROR", "--without-gossip"]
        ],
        "taskiq": lambda n: [
            [f"{BIN}/taskiq", "worker", f"{app}:taskiq", "--workers", str(n), "--max-async-tasks", str(SLOTS)]
        ],
        "procrastinate": lambda n: [[*procrastinate, "worker", "--concurrency", str(SLOTS)]] * n,
    }

    def schema() -> None:
        subprocess.run([*procrastinate, "schema", "--apply"], env=env, check=True, capture_output=True)

    def contender(name: str, system: str, env: dict[str, str]) -> Contender:
        prepare = schema if system == "procrastinate" else lambda: None
        return Contender(name, url, prepare, lambda ids: in_child(env, system, ids), words[system], env)

    kept = env | {"BENCH_KEPT": "1"}
    return [
        *(contender(name, name, env) for name in words),
        *(contender(f"{name}_kept", name, kept) for name in ("celery", "taskiq")),
    ]


def in_child(env: dict[str, str], name: str, ids: Sequence[UUID]) -> float:
    """Put tasks in from a process of its own, one transaction or confirmed message each; tasks per second."""
    given = json.dumps([str(id) for id in ids])
    words = [sys.executable, "-m", "bench.jobs_fill", name]
    done = subprocess.run(words, env=env, input=given, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{name} could not be filled: {done.stderr[-2000:]}")
    return float(done.stdout.strip().splitlines()[-1])


@contextlib.contextmanager
def running(words: list[list[str]], env: dict[str, str]) -> Iterator[list[int]]:
    """Processes for as long as the block lasts, ended with their children."""
    started = [
        subprocess.Popen(each, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        for each in words
    ]
    try:
        yield [process.pid for process in started]
    finally:
        for process in started:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


async def rate(contender: Contender, count: int, workers: int) -> tuple[float, float]:
    """Tasks put in per second by one client, and effects per second by so many workers."""
    for table in ("bench_effects", "bench_records"):
        await execute(contender.url, f"DELETE FROM {table}")  # noqa: S608 - ours
    ids = [uuid4() for _ in range(count)]
    filled = await asyncio.to_thread(contender.fill, ids)
    with running(contender.workers(workers), contender.env):
        deadline = time.monotonic() + 120
        while int((await query(contender.url, "SELECT count(*) FROM bench_effects"))[0][0]) < count:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{contender.name} did not finish {count} tasks with {workers} workers.")
            await asyncio.sleep(0.2)
    seconds = (
        "extract(epoch FROM at)::float8" if "postgresql" in contender.url else "(julianday(at) - 2440587.5) * 86400.0"
    )
    rows = await query(contender.url, f"SELECT {seconds}, pid FROM bench_effects ORDER BY at")  # noqa: S608 - ours
    times, pids = [float(row[0]) for row in rows], [row[1] for row in rows]
    first, last = max(count // 10, *(pids.index(pid) for pid in set(pids))), count * 9 // 10
    if len(set(pids)) != workers or last - first < count // 3:
        raise RuntimeError(
            f"{contender.name}: {len(set(pids))} of {workers} processes worked, too late to be measured."
        )
    return filled, (last - first) / (times[last] - times[first])


async def query(url: str, sql: str) -> list[tuple[object, ...]]:
    if "postgresql" in url:
        import asyncpg

        connection = await asyncpg.connect(url)
        try:
            return [tuple(row) for row in await connection.fetch(sql)]
        finally:
            await connection.close()
    import sqlite3

    with contextlib.closing(sqlite3.connect(url.removeprefix("sqlite:///"), timeout=30)) as file, file:
        return file.execute(sql).fetchall()


async def execute(url: str, sql: str) -> None:
    await query(url, sql)


async def compare(contenders: Sequence[Contender], tasks: int, rounds: int) -> None:
    for contender in contenders:
        await asyncio.to_thread(contender.prepare)
    found: dict[tuple[str, int], list[float]] = {}
    filled: dict[str, list[float]] = {}
    for _ in range(rounds):
        for contender in contenders:
            for workers in contender.sizes:
                put_in, done = await rate(contender, tasks, workers)
                print(contender.name, workers, round(put_in), round(done), file=sys.stderr, flush=True)
                filled.setdefault(contender.name, []).append(put_in)
                found.setdefault((contender.name, workers), []).append(done)
    for contender in contenders:
        print(
            json.dumps(
                {
                    "system": contender.name,
                    "tasks_per_s": {n: round(statistics.median(found[contender.name, n])) for n in contender.sizes},
                    "put_in_per_s": round(statistics.median(filled[contender.name])),
                    "idle_worker_mib": await idle_memory(contender),
                    "load": round(os.getloadavg()[0], 1),
                }
            ),
            flush=True,
        )


async def idle_memory(contender: Contender) -> float:
    """Resident memory of one idle worker with its children, shared pages counted in each, in MiB."""
    words, env = contender.workers(1), contender.env
    if contender.name.startswith("lyceum"):
        words = [command("worker")]
    with running(words, env) as pids:
        await asyncio.sleep(8)
        return round(sum(resident_mib(pid) for pid in family(pids[0])), 1)


def family(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    return [pid, *(inner for child in children for inner in family(int(child)))]


def resident_mib(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS")), 0.0)


async def prepare(url: str) -> None:
    """The schema of the product and the table of effects."""
    from bench.jobs_worker import metadata
    from lyceum.platform.database import Database
    from lyceum.platform.migrations import migrate

    await migrate(url)
    database = Database.connect(url, pool_size=1)
    async with database.writes.begin() as connection:
        await connection.run_sync(metadata.create_all)
    await database.close()


@contextlib.contextmanager
def virtual_host() -> Iterator[None]:
    subprocess.run(["rabbitmqctl", "-q", "add_vhost", VHOST], check=True)
    subprocess.run(["rabbitmqctl", "-q", "set_permissions", "-p", VHOST, "guest", ".*", ".*", ".*"], check=True)
    try:
        yield
    finally:
        subprocess.run(["rabbitmqctl", "-q", "delete_vhost", VHOST], check=False)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", type=int, default=8000)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--only", default="", help="systems, by commas: lyceum_postgres, celery, latency, …")
    given = parser.parse_args()
    only = set(given.only.split(",")) - {""}
    with databases(["sqlite", "postgres"]) as urls, tempfile.TemporaryDirectory() as folder, virtual_host():
        for url in urls.values():
            asyncio.run(prepare(url))
        all_of_them = [
            lyceum("postgres", urls["postgres"], Path(folder) / "postgres"),
            *rivals(urls["postgres"]),
            lyceum("sqlite", urls["sqlite"], Path(folder) / "sqlite"),
        ]
        asyncio.run(compare([it for it in all_of_them if not only or it.name in only], given.tasks, given.rounds))
        if not only or "latency" in only:
            from bench.jobs_latency import measure

            for kind, url in urls.items():
                print(json.dumps({"pick_up": kind, **measure(url, Path(folder) / kind)}), flush=True)


if __name__ == "__main__":
    main()
