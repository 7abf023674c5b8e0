"""The revisions lead up and down on both databases, and make exactly the tables that the code describes."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import msgspec
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, inspect

from lyceum.accounts.adapters.tables import users
from lyceum.accounts.api import ProfileChanged
from lyceum.main.schema import metadata
from lyceum.platform.database import Database
from lyceum.platform.migrations import current, migrate, revisions
from lyceum.platform.outbox import outbox
from tests.conftest import _statement
from tests.needs import postgres_url

BEYOND = ("fts", "bank_search", "alembic_version")
"""Full-text search is written for each database by hand."""


def is_ours(name: str | None) -> bool:
    return not any(word in (name or "") for word in BEYOND)


def differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(
        connection, opts={"compare_type": True, "include_object": lambda _, name, *__: is_ours(name)}
    )
    return list(compare_metadata(context, metadata))


@pytest.fixture(params=["sqlite", "postgres"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database of this test's own, with nothing in it."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/lyceum.sqlite3"
        return
    request.getfixturevalue("postgres_database")
    name = f"lyceum_migrations_{uuid4().hex}"
    asyncio.run(_statement(f'CREATE DATABASE "{name}"'))
    yield urlsplit(postgres_url())._replace(path=f"/{name}").geturl()
    asyncio.run(_statement(f'DROP DATABASE "{name}" WITH (FORCE)'))


async def tables(url: str) -> set[str]:
    database = Database.connect(url, pool_size=2)
    try:
        async with database.writes.connect() as connection:
            return set(await connection.run_sync(lambda sync: inspect(sync).get_table_names()))
    finally:
        await database.close()


async def test_the_schema_goes_up_down_and_up_again(empty_url: str) -> None:
    await migrate(empty_url)
    whole = await tables(empty_url)
    await migrate(empty_url, "base")
    assert await tables(empty_url) <= {"alembic_version"}
    await migrate(empty_url)
    assert await tables(empty_url) == whole
    await migrate(empty_url)
    database = Database.connect(empty_url, pool_size=2)
    assert await current(database) == revisions()[-1]
    await database.close()


async def test_the_revisions_make_the_tables_of_the_code(database: Database) -> None:
    async with database.writes.connect() as connection:
        assert await connection.run_sync(differences) == []
        present = set(await connection.run_sync(lambda sync: inspect(sync).get_table_names()))
    assert {table.name for table in metadata.sorted_tables} <= present


async def test_a_missing_column_and_a_missing_table_would_be_noticed(database: Database) -> None:
    """The control of the comparison above."""
    async with database.writes.begin() as connection:
        await connection.exec_driver_sql("ALTER TABLE bank_packs RENAME COLUMN title TO heading")
        found = await connection.run_sync(differences)
        await connection.exec_driver_sql("ALTER TABLE bank_packs RENAME COLUMN heading TO title")
    assert len(found) == 2


async def test_processes_that_start_together_migrate_once(empty_url: str) -> None:
    """On SQLite too, where one waits for the other by trying again."""
    await asyncio.gather(*(migrate(empty_url) for _ in range(3)))
    assert "bank_questions" in await tables(empty_url)


async def test_learners_who_consented_before_are_told_of_again(empty_url: str) -> None:
    await migrate(empty_url, "0016")
    database = Database.connect(empty_url, pool_size=2)
    at = datetime(2026, 11, 1, tzinfo=UTC)
    row = {"email": None, "password_hash": None, "roles": frozenset(), "name": "?", "locale": "ru", "birth_year": 2009}
    row |= {"gender": "female", "location": "Тула", "is_guest": True, "registered_at": at, "last_used_at": at}
    row |= {"search_text": "", "version": 4}
    agreed, refused = uuid4(), uuid4()
    async with database.writes.begin() as connection:
        await connection.execute(users.insert(), [row | {"id": agreed, "ads_consent": True}])
        await connection.execute(users.insert(), [row | {"id": refused, "ads_consent": False}])
    await migrate(empty_url)
    async with database.read() as connection:
        events = (await connection.execute(outbox.select())).all()
    await database.close()
    told = [msgspec.json.decode(event.body, type=ProfileChanged) for event in events]
    assert [(event.kind, event.next_at is not None) for event in events] == [("accounts.ProfileChanged", True)]
    assert [(it.user_id, it.version, it.location, it.ads_consent) for it in told] == [(agreed, 4, "Тула", True)]
