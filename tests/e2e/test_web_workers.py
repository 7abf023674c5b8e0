"""`lyceum web` with two processes on PostgreSQL: one product, one set of numbers."""

import re
import signal
import subprocess
import time
from urllib.request import urlopen

import pytest

from tests.e2e.conftest import Served, clean_environment, free_port, lyceum


def requests_counted(text: str) -> float:
    found = re.findall(r'^lyceum_http_requests_total{[^}]*route="/api/bank/subjects"[^}]*} (\S+)$', text, re.MULTILINE)
    return sum(float(number) for number in found)


def test_two_processes_serve_and_count_together(
    served: Served, postgres_database: str, request: pytest.FixtureRequest
) -> None:
    port = free_port()
    environment = clean_environment(LYCEUM_DATABASE_URL=postgres_database, LYCEUM_DATA_DIR=str(served.folder / "data"))
    process = subprocess.Popen(
        lyceum("web", "--port", str(port), "--workers", "2"),
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    request.addfinalizer(process.kill)
    deadline = time.monotonic() + 40
    while time.monotonic() < deadline:
        try:
            with urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=2) as answer:
                assert b'"ok":false' not in answer.read()
            break
        except OSError:
            time.sleep(0.1)
    for _ in range(40):
        with urlopen(f"http://127.0.0.1:{port}/api/bank/subjects", timeout=5) as answer:
            assert answer.status == 200
    counts = []
    for _ in range(6):
        with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
            counts.append(requests_counted(answer.read().decode()))
    assert counts == [40] * 6
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0
