"""Requests per second of the hot paths, as a share of a constant endpoint on the same server.

    uv run python -m bench.http [--seconds 5] [--questions FOLDER] [sqlite] [postgres]

One server process; the load comes from this one, over 16 keep-alive connections. Rounds are interleaved and the median
is taken, so that a noisy neighbour hits all paths alike; `cpu_share` compares the server's own processor time for a
request, which a neighbour hardly changes. Prints one JSON line per database.
"""

import argparse
import asyncio
import json
import statistics
import subprocess
import tempfile
from collections.abc import Callable
from itertools import cycle
from pathlib import Path

from bench.load import Answer, Connection, Step, Tally, drive
from bench.servers import command, cpu_seconds, databases, environment, peak_memory_mb, server

CONNECTIONS = 16
ROUNDS = 3
PASSWORD = "a-long-bench-password"


async def learners(port: int) -> list[dict[str, str]]:
    """Signed-up learners, as the headers of their calls."""
    heads = []
    for number in range(CONNECTIONS):
        connection = await Connection.open(port)
        body = {"email": f"bench{number}@example.org", "password": PASSWORD, "name": f"Bench {number}"}
        answer = await connection.request("POST", "/api/auth/sign-up", body)
        if answer.status == 409:
            answer = await connection.request(
                "POST", "/api/auth/sign-in", {"email": body["email"], "password": PASSWORD}
            )
        token = answer.json()["access_token"]  # type: ignore[index,call-overload]
        heads.append({"Authorization": f"Bearer {token}"})
        connection.close()
    return heads


def get(path: Callable[[], str]) -> Step:
    async def step(connection: Connection) -> Answer:
        return await connection.request("GET", path())

    return step


def training() -> Step:
    """Answers one question after the other; the answer is always of the right shape, seldom right."""
    state: dict[str, object] = {}

    async def step(connection: Connection) -> Answer:
        if "attempt" not in state:
            body = {"mode": "practice", "replace": True, "filters": {}}
            begun = await connection.request("POST", "/api/training/trainings", body)
            if begun.status != 201:
                raise RuntimeError(f"No training: {begun.status} {begun.body[:500]!r}")
            take(state, begun.json())
        path = f"/api/training/trainings/{state['training']}/answers"
        answer = await connection.request(
            "POST", path, {"attempt_id": state["attempt"], "answer": state["answer"], "elapsed_ms": 3000}
        )
        state.pop("attempt", None)
        if answer.status < 300:
            take(state, answer.json())
        return answer

    return step


def take(state: dict[str, object], body: object) -> None:
    """Remember the next attempt of a started training or of an answer."""
    assert isinstance(body, dict)
    if "current" in body:
        state["training"] = body["id"]
    current = body.get("current") or body.get("next")
    if current:
        state["attempt"] = current["attempt_id"]
        state["answer"] = response_to(current["question"])


def response_to(question: dict[str, object]) -> object:
    options = question.get("options") or []
    match question["kind"]:
        case "single_choice":
            return options[0]["id"]  # type: ignore[index]
        case "multiple_choice":
            return [options[0]["id"]]  # type: ignore[index]
        case "true_false":
            return True
        case "matching":
            return {item["id"]: options[0]["id"] for item in question["items"]}  # type: ignore[index,attr-defined]
        case "ordering":
            return [item["id"] for item in (question.get("items") or options)]  # type: ignore[attr-defined]
        case "cloze":
            return {gap["id"]: of_gap(gap) for gap in question["gaps"]}  # type: ignore[attr-defined]
        case "description":
            return None
    return "1"


def of_gap(gap: dict[str, object]) -> object:
    options = gap.get("options")
    if not options:
        return "1"
    first = options[0]["id"]  # type: ignore[index]
    return [first] if gap["kind"] == "multiple_choice" else first


async def question_ids(port: int) -> list[str]:
    connection = await Connection.open(port)
    body = (await connection.request("GET", "/api/bank/questions?limit=100")).json()
    connection.close()
    return [item["id"] for item in body["items"]]  # type: ignore[index,call-overload]


async def measure(port: int, pid: int, seconds: float) -> dict[str, object]:
    heads = await learners(port)
    ids = cycle(await question_ids(port))
    paths: dict[str, Callable[[], Step]] = {
        "constant": lambda: get(lambda: "/health/live"),
        "question": lambda: get(lambda: f"/api/bank/questions/{next(ids)}"),
        "list": lambda: get(lambda: "/api/bank/questions?subject=trivia&difficulty=medium&limit=20"),
        "answer": training,
    }
    tallies: dict[str, list[Tally]] = {name: [] for name in paths}
    spent: dict[str, list[float]] = {name: [] for name in paths}
    for _ in range(ROUNDS):
        for name, make in paths.items():
            anonymous = [{}] * CONNECTIONS if name != "answer" else heads
            before = cpu_seconds(pid)
            tally = await drive(port, [make() for _ in range(CONNECTIONS)], anonymous, seconds)
            tallies[name].append(tally)
            spent[name].append((cpu_seconds(pid) - before) / max(tally.good, 1) * 1000)
    rates = {name: statistics.median(tally.good / seconds for tally in runs) for name, runs in tallies.items()}
    result: dict[str, object] = {"rps": {name: round(rate) for name, rate in rates.items()}}
    result["share"] = {name: round(rate / rates["constant"], 3) for name, rate in rates.items()}
    cost = {name: statistics.median(each) for name, each in spent.items()}
    result["cpu_ms"] = {name: round(each, 3) for name, each in cost.items()}
    result["cpu_share"] = {name: round(cost["constant"] / each, 3) for name, each in cost.items()}
    result["p95_ms"] = {name: round(runs[-1].percentile(0.95) * 1000, 1) for name, runs in tallies.items()}
    result["refused"] = {name: runs[-1].bad for name, runs in tallies.items() if runs[-1].bad}
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("databases", nargs="*", default=["sqlite", "postgres"])
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--questions", type=Path, help="a folder or file to import first (else the demo)")
    arguments = parser.parse_args()
    with databases(arguments.databases) as urls, tempfile.TemporaryDirectory() as folder:
        for kind, url in urls.items():
            home = Path(folder) / kind
            if arguments.questions:
                subprocess.run(command("import", str(arguments.questions)), env=environment(url, home), check=True)
            options = [] if arguments.questions else ["--demo"]
            limits = {"LYCEUM_SIGNUP_LIMIT": "1000"}
            with server(url, home, *options, **limits) as (port, pid):
                result = asyncio.run(measure(port, pid, arguments.seconds))
                print(json.dumps({"database": kind, **result, "peak_mb": round(peak_memory_mb(pid))}))


if __name__ == "__main__":
    main()
