"""The short form of crash experiments, with their negative controls. `make chaos` runs the long ones.

Those that start a broker of their own take a minute each on a small machine: `LYCEUM_TEST_CHAOS=all` runs them too.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from chaos.__main__ import EXPERIMENTS
from chaos.jumping_clocks import LIBRARIES

from tests.needs import listening, need, postgres_url

ROOT = Path(__file__).parents[2]
LONG = {4, 5, 6, 15, 16}
CHOSEN = [number for number in EXPERIMENTS if number not in LONG or os.environ.get("LYCEUM_TEST_CHAOS") == "all"]


@pytest.mark.parametrize("number", CHOSEN)
def test_nothing_is_lost_and_nothing_done_twice(number: int) -> None:
    server = urlsplit(postgres_url())
    need("postgres", found=listening(server.hostname or "127.0.0.1", server.port or 5432))
    if number in {9, 10}:
        need("faketime", found=bool(LIBRARIES))
    command = [sys.executable, "-m", "chaos", str(number), "--short"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240, check=False)
    assert done.stdout.strip(), done.stderr[-3000:]
    verdict = json.loads(done.stdout.strip().splitlines()[-1])
    assert verdict["pass"], f"{verdict} {done.stderr[-1500:]}"
    assert done.returncode == 0
