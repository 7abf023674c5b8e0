"""How long after a POST a task starts: in the web's own process, and in a worker beside it."""

import asyncio
import statistics
import subprocess
import time
from pathlib import Path

from bench.jobs import query, running
from bench.load import Connection
from bench.servers import command, environment, server

TRIES = 150


def measure(url: str, folder: Path) -> dict[str, object]:
    """p50 and p95 in milliseconds, by the clock of this machine."""
    return {
        "in_web_ms": with_server(url, folder, web_slots="4"),
        "in_worker_ms": with_server(url, folder, web_slots="0"),
    }


def with_server(url: str, folder: Path, *, web_slots: str) -> dict[str, float]:
    env = environment(url, folder, LYCEUM_TASK_SLOTS="4")
    subprocess.run(
        command("user", "create", "bench@example.org", "--role", "operator"),
        env=env | {"LYCEUM_USER_PASSWORD": "a-long-bench-password"},
        capture_output=True,
        check=False,
    )
    beside = [command("worker")] if web_slots == "0" else []
    with server(url, folder, LYCEUM_TASK_SLOTS=web_slots) as (port, _), running(beside, env):
        time.sleep(6 if beside else 1)
        return asyncio.run(pick_up(url, port))


async def pick_up(url: str, port: int) -> dict[str, float]:
    connection = await Connection.open(port)
    body = {"email": "bench@example.org", "password": "a-long-bench-password"}
    token = (await connection.request("POST", "/api/auth/sign-in", body)).json()["access_token"]  # type: ignore[index,call-overload]
    connection.close()
    connection = await Connection.open(port, {"Authorization": f"Bearer {token}"})
    sent: dict[str, float] = {}
    for _ in range(TRIES):
        at = time.time()
        answer = await connection.request(
            "POST", "/api/jobs/tasks", {"description": "pick up", "payload": {"seconds": 0}}
        )
        if answer.status != 201:
            raise RuntimeError(f"{answer.status} {answer.body[:300]!r}")
        sent[answer.json()["id"]] = at  # type: ignore[index,call-overload]
        await asyncio.sleep(0.03)
    await asyncio.sleep(1.5)
    connection.close()
    is_postgres = "postgresql" in url
    seconds = (
        "extract(epoch FROM started_at)::float8" if is_postgres else "(julianday(started_at) - 2440587.5) * 86400.0"
    )
    id = "id::text" if is_postgres else "id"
    rows = await query(url, f"SELECT {id}, {seconds} FROM jobs_tasks WHERE kind = 'demo'")  # noqa: S608
    began = {str(row[0]).replace("-", ""): float(str(row[1])) for row in rows if row[1] is not None}
    waits = sorted((began[id] - at) * 1000 for key, at in sent.items() if (id := key.replace("-", "")) in began)
    if len(waits) < TRIES:
        raise RuntimeError(f"Only {len(waits)} of {TRIES} tasks started.")
    return {"p50": round(statistics.median(waits), 1), "p95": round(waits[int(len(waits) * 0.95)], 1)}
