"""The short form of every crash experiment, with its negative control. `make chaos` runs the long ones.

Those that need a RabbitMQ node share one, which starts while the others run. What a machine lacks is skipped by name.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from chaos.__main__ import EXPERIMENTS
from chaos.broker import PROGRAMS as RABBITMQ
from chaos.broker import SHARED, Broker, node
from chaos.cluster import PROGRAMS as POSTGRES
from chaos.jumping_clocks import LIBRARIES

from tests.needs import listening, need, postgres_url

ROOT = Path(__file__).parents[2]
OVER_A_BROKER = {4, 5, 6, 15, 16}
OVER_A_CLUSTER = {6, 9}
OVER_CLOCKS = {9, 10}


@pytest.fixture(scope="module")
def broker() -> Iterator[Broker | None]:
    if not (RABBITMQ / "rabbitmq-server").exists():
        yield None
        return
    with node() as made:
        yield made


@pytest.mark.parametrize("number", EXPERIMENTS)
def test_nothing_is_lost_and_nothing_done_twice(number: int, broker: Broker | None) -> None:
    server = urlsplit(postgres_url())
    need("postgres", found=listening(server.hostname or "127.0.0.1", server.port or 5432))
    if number in OVER_A_BROKER:
        need("rabbitmq-server", found=broker is not None)
    if number in OVER_A_CLUSTER:
        need("postgres-server", found=bool(POSTGRES))
    if number in OVER_CLOCKS:
        need("faketime", found=bool(LIBRARIES))
    command = [sys.executable, "-m", "chaos", str(number), "--short"]
    env = os.environ | ({} if broker is None else {SHARED: broker.address})
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=300, check=False)
    assert done.stdout.strip(), done.stderr[-3000:]
    verdict = json.loads(done.stdout.strip().splitlines()[-1])
    assert verdict["pass"], f"{verdict} {done.stderr[-1500:]}"
    assert done.returncode == 0
