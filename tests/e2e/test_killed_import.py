"""`kill -9` in the middle of an import: afterwards it is finished or absent, never half."""

import json
import random
import sqlite3
import subprocess
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.e2e.conftest import Served, clean_environment, lyceum

QUESTIONS = 4000


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that takes a few seconds to import."""
    path = tmp_path_factory.mktemp("base") / "big.gift"
    lines = [f"::Q{n}:: What is {n} plus {n}? {{#{2 * n}}}\n" for n in range(QUESTIONS)]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def run_import(base: Path, data: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        lyceum("import", str(base), "--json", "--data-dir", str(data)),
        env=clean_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def count(data: Path, where: str) -> int:
    with closing(sqlite3.connect(data / "lyceum.sqlite3")) as connection:
        return int(connection.execute(f"SELECT count(*) FROM bank_questions WHERE {where}").fetchone()[0])


def staged(data: Path) -> int:
    try:
        return count(data, "status = 'staged'")
    except sqlite3.OperationalError:
        return 0


@pytest.mark.parametrize("seed", range(2))
def test_a_killed_import_is_finished_or_absent_after_a_restart(base: Path, served: Served, seed: int) -> None:
    data = served.folder / "data"
    process = run_import(base, data)
    wanted = random.Random(seed).randrange(500, QUESTIONS - 500)
    deadline = time.monotonic() + 60
    while staged(data) < wanted and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.005)
    process.kill()
    process.communicate()
    left_over = staged(data)
    assert count(data, "status = 'published'") in {0, QUESTIONS}
    with closing(sqlite3.connect(data / "lyceum.sqlite3")) as connection, connection:
        connection.execute(
            "UPDATE jobs_tasks SET lease_until = '2020-01-01 00:00:00.000000' WHERE status = 'in_progress'"
        )
    served.start()
    deadline = time.monotonic() + 60
    while staged(data) and time.monotonic() < deadline:
        time.sleep(0.05)
    while count(data, "status = 'published'") != QUESTIONS and time.monotonic() < deadline:
        time.sleep(0.1)
    assert (staged(data), count(data, "status = 'published'")) == (0, QUESTIONS), f"killed with {left_over} staged"
    served.stop()
    again = run_import(base, data)
    out, err = again.communicate(timeout=120)
    summary = json.loads(out.strip().splitlines()[-1])
    assert (summary["found"], summary["skipped"], summary["imported"]) == (QUESTIONS, QUESTIONS, 0), err
