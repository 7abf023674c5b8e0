"""An author who imports files over HTTP, and what is left in the bank and in the store afterwards."""

import asyncio
import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

import httpx
from litestar import Litestar
from sqlalchemy import Table, func, select

from lyceum.bank.adapters import tables, transfer_tables
from lyceum.platform.database import Database
from lyceum.platform.settings import Settings
from lyceum.platform.uploads import pending_files

IMPORTS = "/api/bank/imports"
VALIDATE = "/api/bank/validate"
QUESTIONS = "/api/bank/questions"
TRICKY = Path(__file__).parents[1] / "data" / "tricky"
UNFINISHED = {"queued", "running"}

type Json = dict[str, object]


class Author:
    """Sends files as one signed-in author and waits for what becomes of them."""

    def __init__(self, client: httpx.AsyncClient, headers: Mapping[str, str]) -> None:
        self.client = client
        self.headers = headers

    async def send(self, name: str, body: bytes, **fields: str) -> httpx.Response:
        return await self.client.post(IMPORTS, files={"file": (name, body)}, data=fields, headers=self.headers)

    async def try_out(self, name: str, body: bytes, **fields: str) -> Json:
        """A dry run, to its end."""
        return await self.imported(name, body, dry_run="true", **fields)

    async def imported(self, name: str, body: bytes, **fields: str) -> Json:
        """An import, to its end."""
        response = await self.send(name, body, **fields)
        assert response.status_code == 202, response.text
        return await self.finished(response.json()["id"])

    async def confirmed(self, tried: Json) -> Json:
        """The import in earnest after a dry run, to its end."""
        response = await self.post(f"{tried['id']}/confirm")
        assert response.status_code == 202, response.text
        return await self.finished(response.json()["id"])

    async def finished(self, id: str, kind: str = "imports") -> Json:
        async with asyncio.timeout(60):
            while True:
                response = await self.client.get(f"/api/bank/{kind}/{id}", headers=self.headers)
                assert response.status_code == 200, response.text
                body: Json = response.json()
                if body["state"] not in UNFINISHED:
                    return body
                await asyncio.sleep(0.01)

    async def post(self, path: str) -> httpx.Response:
        return await self.client.post(f"{IMPORTS}/{path}", headers=self.headers)

    async def listed(self, path: str, **params: str) -> list[Json]:
        """The items of a list of the bank, or of a report."""
        response = await self.client.get(path, headers=self.headers, params={"limit": "100", **params})
        assert response.status_code == 200, response.text
        body = response.json()
        items: list[Json] = body["items"] if isinstance(body, dict) else body
        return items

    async def questions_of(self, id: object, **params: str) -> list[Json]:
        """What an import brought in, whole, in the order of the file."""
        found = await self.listed(QUESTIONS, import_id=str(id), sort="created_at", **params)
        whole = [await self.client.get(f"{QUESTIONS}/{one['id']}", headers=self.headers) for one in found]
        return [one.json() for one in sorted(whole, key=lambda one: str(one.json()["id"]))]

    async def exported(self, format: str, **filters: str) -> bytes:
        asked = {"format": format, "filters": filters} if filters else {"format": format}
        response = await self.client.post("/api/bank/exports", json=asked, headers=self.headers)
        assert response.status_code == 202, response.text
        done = await self.finished(response.json()["id"], "exports")
        assert done["state"] == "done", done
        return (await self.client.get(str(done["url"]))).content


def caller(app: Litestar) -> httpx.AsyncClient:
    """Somebody over ASGI, without cookies or credentials."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://lyceum.test")


async def count(database: Database, table: Table) -> int:
    async with database.read() as connection:
        return await connection.scalar(select(func.count()).select_from(table)) or 0


async def nothing_is_kept(database: Database, settings: Settings, *, transfers: int = 0, files: int = 0) -> None:
    """No question, no note of a pending file, and no object beyond those of `transfers` imports that were begun."""
    assert await count(database, tables.questions) == 0
    assert await count(database, pending_files) == 0
    assert await count(database, transfer_tables.transfers) == transfers
    assert len(stored(settings)) == files


def stored(settings: Settings) -> list[Path]:
    """Every object of the file store, whole or half."""
    return [path for path in (settings.data_dir / "files").rglob("*") if path.is_file()]


def archive(parts: Mapping[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        for name, body in parts.items():
            file.writestr(name, body)
    return packed.getvalue()
