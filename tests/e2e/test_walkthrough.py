"""The script of the documentation, run as its reader would run it."""

import re
import subprocess
import sys
from pathlib import Path

from tests.e2e.conftest import Served

SCRIPT = Path(__file__).parents[2] / "docs" / "rest_walkthrough.py"


def test_the_walkthrough_trains_twenty_questions_and_shows_the_progress(demo_server: Served) -> None:
    done = subprocess.run([sys.executable, SCRIPT, demo_server.url], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(re.findall(r"^ ?\d+\. \w+ +(correct|partial|wrong|pending) ", done.stdout, re.M)) == 20
    assert re.search(r"^Result: \d+ right of 20$", done.stdout, re.M)
    assert re.search(r"^Progress: \d+ answers counted, accuracy \d+%$", done.stdout, re.M)


def test_the_walkthrough_says_in_one_line_what_was_refused(demo_server: Served) -> None:
    done = subprocess.run(
        [sys.executable, SCRIPT, f"{demo_server.url}/api"], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
