"""`lyceum serve` as an operator meets it: ready soon, stops when told, refuses what cannot work."""

import signal
import socket
import subprocess
import threading
import time
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.e2e.conftest import Served, clean_environment, free_port, lyceum


def test_serve_is_ready_and_says_where_to_go(served: Served) -> None:
    served.start()
    text = served.log
    assert served.url in text
    for word in ("SQLite", "LYCEUM_DATABASE_URL", "/auth/link?token="):
        assert word in text
    served.signal(signal.SIGTERM)
    assert served.wait() == 0


@pytest.mark.parametrize("moment", [0.2, 0.5, 0.9, 1.4])
def test_a_signal_during_the_start_ends_it(served: Served, moment: float) -> None:
    with (served.folder / "serve.log").open("wb") as log:
        process = subprocess.Popen(
            lyceum("serve", "--port", str(free_port()), "--data-dir", str(served.folder / "data")),
            env=clean_environment(),
            stdout=log,
            stderr=log,
        )
    time.sleep(moment)
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(10)
    finally:
        process.kill()


def test_requests_under_way_are_finished_after_sigterm(served: Served) -> None:
    served.start()
    answers: list[int] = []

    def ask() -> None:
        with urlopen(f"{served.url}/openapi.json", timeout=20) as answer:
            answers.append(len(answer.read()))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    time.sleep(0.05)
    served.signal(signal.SIGTERM)
    for thread in threads:
        thread.join(20)
    assert served.wait() == 0
    assert len(answers) == len([size for size in answers if size > 1000])


def test_a_visitor_is_served_beside_many_that_hold_their_connections(served: Served) -> None:
    served.start()
    held = [socket.create_connection(("127.0.0.1", served.port), timeout=5) for _ in range(400)]
    with urlopen(f"{served.url}/health/live", timeout=5) as answer:
        assert answer.status == 200
    for each in held:
        each.close()


def test_a_taken_port_is_told_with_the_way_out(served: Served) -> None:
    served.start()
    again = subprocess.run(
        lyceum("serve", "--port", str(served.port), "--data-dir", str(served.folder / "other")),
        env=clean_environment(),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert again.returncode == 2
    assert f"Cannot listen on 127.0.0.1:{served.port}" in again.stderr
    assert "--port" in again.stderr


@pytest.mark.parametrize(
    ("variables", "word"),
    [
        ({"LYCEUM_PORT": "x"}, "LYCEUM_PORT"),
        ({"LYCEUM_NONSENSE": "1"}, "LYCEUM_NONSENSE"),
        ({"LYCEUM_HOST": "0.0.0.0", "LYCEUM_OPEN_API": "1"}, "LYCEUM_OPEN_API"),
        ({"LYCEUM_DATA_DIR": "/proc/nowhere"}, "--data-dir"),
    ],
)
def test_a_setting_that_cannot_work_stops_the_start_in_one_line(
    tmp_path: Path, variables: dict[str, str], word: str
) -> None:
    environment = clean_environment(LYCEUM_DATA_DIR=str(tmp_path)) | variables
    result = subprocess.run(
        lyceum("serve"), env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=30, check=False
    )
    assert result.returncode == 2
    assert word in result.stderr
    assert "Traceback" not in result.stderr
