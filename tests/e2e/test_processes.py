"""The product in processes apart: the web, a worker and a scheduler, over one database."""

import json
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from urllib.request import Request, urlopen

import pytest

from tests.e2e.conftest import Served, clean_environment, free_port, lyceum

type Body = dict[str, object]


def call(url: str, body: Body | None = None) -> Body:
    data = None if body is None else json.dumps(body).encode()
    request = Request(url, data=data, headers={"Content-Type": "application/json"})
    with urlopen(request, timeout=10) as answer:
        found: Body = json.loads(answer.read())
    return found


def until[T](look: Callable[[], T | None], seconds: float = 40) -> T:
    """What `look` finds; it may fail or find nothing for a while."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if (found := look()) is not None:
                return found
        except OSError:
            pass
        time.sleep(0.1)
    raise AssertionError("It did not come about in time.")


@pytest.fixture
def web(served: Served) -> Served:
    """The web alone: no worker, no timetable, every caller an operator."""
    served.options, served.extra = ("--open",), {"LYCEUM_TASK_SLOTS": "0", "LYCEUM_SCHEDULE": "0"}
    served.start()
    return served


@pytest.fixture
def apart(web: Served) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Starts `lyceum COMMAND` beside the web; killed at the end."""
    started: list[subprocess.Popen[bytes]] = []

    def start(*words: str, **extra: str) -> subprocess.Popen[bytes]:
        environment = clean_environment(LYCEUM_DATA_DIR=str(web.folder / "data"), **extra)
        process = subprocess.Popen(
            lyceum(*words), env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=web.folder
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()


def test_a_worker_apart_does_the_work_counts_it_and_hands_back_what_it_cannot_finish(
    web: Served, apart: Callable[..., subprocess.Popen[bytes]]
) -> None:
    tasks, port = f"{web.url}/api/jobs/tasks", free_port()
    short = call(tasks, {"description": "short", "payload": {"seconds": 0}})["id"]
    assert call(f"{tasks}/{short}")["status"] == "new"
    worker = apart("worker", LYCEUM_METRICS_PORT=str(port), LYCEUM_TASK_GRACE_SECONDS="1")
    until(lambda: call(f"{tasks}/{short}") if call(f"{tasks}/{short}")["status"] == "completed" else None)
    with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        numbers = answer.read().decode()
    assert re.search(r'^lyceum_tasks_ended_total{end="completed",kind="demo"} 1.0$', numbers, re.MULTILINE), numbers
    assert 'lyceum_task_seconds_count{kind="demo"} 1.0' in numbers
    assert call(f"http://127.0.0.1:{port}/health/ready")["status"] == "ready"
    long = call(tasks, {"description": "long", "payload": {"seconds": 300}})["id"]
    until(lambda: True if call(f"{tasks}/{long}")["status"] == "in_progress" else None)
    worker.send_signal(signal.SIGTERM)
    begun = time.monotonic()
    assert worker.wait(30) == 0
    assert time.monotonic() - begun < 15
    task = call(f"{tasks}/{long}")
    assert (task["status"], task["attempt"], task["error"]) == ("new", 0, None)
    told = subprocess.run(
        lyceum("doctor"), env=clean_environment(LYCEUM_DATA_DIR=str(web.folder / "data")), capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert "no worker is up" in told.stdout


def test_a_scheduler_apart_is_seen_and_stops_at_once(
    web: Served, apart: Callable[..., subprocess.Popen[bytes]]
) -> None:
    def overview() -> str:
        with urlopen(Request(f"{web.url}/operator", headers={"Cookie": "ly_locale=en"}), timeout=10) as answer:
            return str(answer.read().decode())

    assert "nobody keeps it" in overview()
    scheduler = apart("scheduler")
    until(lambda: True if "nobody keeps it" not in overview() else None)
    scheduler.send_signal(signal.SIGTERM)
    assert scheduler.wait(15) == 0
    assert "nobody keeps it" in overview()
