"""The product's web in a process of its own, and somebody who is signed in there."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import uuid4

import httpx

from chaos.cluster import free_port
from lyceum.accounts.adapters.access_tokens import AccessTokens
from lyceum.accounts.api import Actor, Role
from lyceum.main.container import make_container
from lyceum.main.transfers_cli import importer
from lyceum.platform.i18n import COOKIE
from lyceum.platform.settings import Settings

UP = 120.0
ROLES = frozenset({Role.OPERATOR, Role.AUTHOR})
PAGE = {
    "Accept": "text/html",
    "Sec-Fetch-Site": "same-origin",
    "Sec-Fetch-Mode": "navigate",
    "Cookie": f"{COOKIE}=en",
}


@dataclass(frozen=True, slots=True)
class Web:
    """`lyceum serve` at an address, seen by the first operator."""

    process: subprocess.Popen[bytes]
    port: int
    tokens: AccessTokens
    owner: Actor

    def client(self, **more: float) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=f"http://127.0.0.1:{self.port}", timeout=more.get("timeout", 30.0))

    def signed_in(self) -> dict[str, str]:
        """Headers of the owner; made anew each time, as tokens end."""
        return {"Authorization": f"Bearer {self.tokens.issue(self.owner)}"}


def start(settings: Settings, port: int, **more: str) -> subprocess.Popen[bytes]:
    """`lyceum serve` without tasks and timetable of its own."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("LYCEUM_")} | {
        "LYCEUM_DATABASE_URL": settings.database_url,
        "LYCEUM_DATA_DIR": str(settings.data_dir),
        "LYCEUM_SECRET_KEY": settings.secret_key,
        "LYCEUM_BROKER_URL": settings.broker_url,
        "LYCEUM_TASK_SLOTS": "0",
        "LYCEUM_SCHEDULE": "0",
        "LYCEUM_LOG_LEVEL": "warning",
        **more,
    }
    words = [sys.executable, "-m", "lyceum", "serve", "--port", str(port)]
    with (settings.data_dir / "web.log").open("ab") as log:
        return subprocess.Popen(words, env=env, stdout=log, stderr=log)


@asynccontextmanager
async def web(settings: Settings, **more: str) -> AsyncIterator[Web]:
    """A web that answers; gone afterwards."""
    port = free_port()
    process = start(settings, port, **more)
    container = make_container(settings)
    try:
        owner = Actor((await importer(container)).id, ROLES, "Owner", session_id=uuid4())
        made = Web(process, port, await container.get(AccessTokens), owner)
        await _answering(made, settings)
        yield made
    finally:
        process.kill()
        await asyncio.to_thread(process.wait)
        await container.close()


async def _answering(made: Web, settings: Settings) -> None:
    deadline = time.monotonic() + UP
    async with made.client() as client:
        while True:
            try:
                if (await client.get("/health/ready")).status_code == 200:
                    return
            except httpx.HTTPError:
                pass
            if time.monotonic() > deadline or made.process.poll() is not None:
                raise RuntimeError((settings.data_dir / "web.log").read_text(encoding="utf-8")[-2000:])
            await asyncio.sleep(0.2)
