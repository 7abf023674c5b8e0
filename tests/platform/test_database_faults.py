"""A database that is full, away or busy is told as that, with 503, and what was acknowledged is there."""

import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from lyceum.platform.database import Database
from lyceum.platform.http_errors import DatabaseFull, Unavailable, status_of, unavailable
from tests.platform.test_files_full_disk import ON_A_SMALL_DISK

STATES = {
    "53100": DatabaseFull,
    "53300": Unavailable,
    "57P01": Unavailable,
    "57P03": Unavailable,
    "08006": Unavailable,
    "58030": Unavailable,
    "40P01": Unavailable,
    "40001": Unavailable,
    "55P03": Unavailable,
    "22012": None,
    "42P01": None,
}


async def test_each_fault_of_postgresql_is_told_apart_from_ours(postgres_database: str) -> None:
    database = Database.connect(postgres_database, pool_size=1)
    for state, expected in STATES.items():
        block = f"DO $$ BEGIN RAISE EXCEPTION 'made up' USING ERRCODE = '{state}'; END $$"
        with pytest.raises(DBAPIError) as caught:
            async with database.writes.begin() as connection:
                await connection.execute(text(block))
        refusal = unavailable(caught.value)
        assert (type(refusal) if refusal else None) is expected, state
        assert refusal is None or status_of(refusal) == 503
    await database.close()


async def test_a_server_that_ends_the_connection_is_away(postgres_database: str) -> None:
    database = Database.connect(postgres_database, pool_size=2)
    with pytest.raises(DBAPIError) as caught:
        async with database.writes.connect() as connection:
            number = await connection.scalar(text("SELECT pg_backend_pid()"))
            async with database.writes.connect() as other:
                await other.execute(text(f"SELECT pg_terminate_backend({number})"))
            await connection.execute(text("SELECT 1"))
    assert isinstance(unavailable(caught.value), Unavailable)
    async with database.writes.connect() as connection:
        assert await connection.scalar(text("SELECT 1")) == 1
    await database.close()


def test_a_fault_of_ours_is_not_excused() -> None:
    assert unavailable(ProgrammingError("SELECT", {}, sqlite3.ProgrammingError("wrong"))) is None
    assert unavailable(ValueError("wrong")) is None
    assert isinstance(unavailable(PoolTimeout()), Unavailable)
    assert isinstance(unavailable(ConnectionRefusedError()), Unavailable)


WRITE = """
import asyncio, json, sys
from pathlib import Path
from uuid import UUID
import httpx
from lyceum.accounts.adapters.access_tokens import AccessTokens
from lyceum.accounts.api import Actor, Role
from lyceum.kernel.ids import UserId
from lyceum.main.container import make_container
from lyceum.main.web import create_web
from lyceum.main.startup import prepare_schema
from lyceum.platform.settings import Settings

async def main(folder):
    settings = Settings(data_dir=folder, secret_key="k" * 40, log_level="error")
    await prepare_schema(settings)
    container = make_container(settings)
    app = create_web(settings, container)
    tokens = await container.get(AccessTokens)
    actor = Actor(UserId(UUID(int=7)), frozenset({Role.AUTHOR}), "Author", session_id=UUID(int=7))
    client = httpx.AsyncClient(
        transport=httpx.ASGITransport(app, raise_app_exceptions=False),
        base_url="http://lyceum.test", headers={"Authorization": f"Bearer {tokens.issue(actor)}"})

    async def write(number):
        question = {"kind": "essay", "stem": f"{number} " + "x" * 60_000, "subject": "physics", "status": "published"}
        return await client.post("/api/bank/questions", json=question)

    async def count():
        found, cursor = 0, None
        while True:
            after = {"cursor": cursor} if cursor else {}
            page = await client.get("/api/bank/questions", params={"limit": 100} | after)
            assert page.status_code == 200, page.text
            found, cursor = found + len(page.json()["items"]), page.json()["next_cursor"]
            if cursor is None:
                return found

    async with app.lifespan():
        filler = folder / "filler"
        filler.write_bytes(bytes(int(sys.argv[2])))
        written, refused = 0, []
        while len(refused) < 3:
            answer = await write(written)
            if answer.status_code == 201:
                written += 1
                assert written < 2000
            else:
                refused.append((answer.status_code, answer.json()["code"], answer.headers["content-type"]))
        print(json.dumps({"refused": sorted(set(map(tuple, refused))), "lost": written - await count()}))
        filler.unlink()
        answer = await write(written)
        print(json.dumps({"afterwards": answer.status_code, "lost": written + 1 - await count()}))

asyncio.run(main(Path(sys.argv[1])))
"""


def test_a_full_disk_under_sqlite_is_503_and_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    if shutil.which("unshare") is None or subprocess.run([*ON_A_SMALL_DISK, "true"], check=False).returncode:
        pytest.skip("a small disk cannot be mounted here: user namespaces are off")
    folder = tmp_path / "disk"
    folder.mkdir()
    script = tmp_path / "write.py"
    script.write_text(WRITE)
    room = 4 << 20
    shell = f'mount -t tmpfs -o size=16m tmpfs "{folder}" && exec "{sys.executable}" "{script}" "{folder}" {room}'
    done = subprocess.run(
        [*ON_A_SMALL_DISK, "sh", "-c", shell], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.stdout.splitlines() == [
        '{"refused": [[503, "lyceum.database_full", "application/problem+json"]], "lost": 0}',
        '{"afterwards": 201, "lost": 0}',
    ], done.stdout + done.stderr[-3000:]
