"""Clients who found no ad are written down once a day, whoever asks how often and through however many processes."""

import asyncio
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from lyceum.advertising.adapters import unserved as module
from lyceum.advertising.adapters.tables import unserved
from lyceum.advertising.adapters.unserved import Unserved
from lyceum.platform.database import Database


async def kept(database: Database) -> dict[UUID, int]:
    async with database.read() as connection:
        return {row.client_id: row.day for row in await connection.execute(select(unserved))}


async def test_each_client_is_written_down_with_their_last_day(database: Database) -> None:
    one, other = uuid4(), uuid4()
    here, there = Unserved(database), Unserved(database)
    for _ in range(3):
        here.note(one, 4)
    here.note(other, 4)
    there.note(one, 4)
    await asyncio.gather(here.write(), there.write())
    assert await kept(database) == {one: 4, other: 4}
    here.note(one, 5)
    await here.write()
    await here.write()
    assert await kept(database) == {one: 5, other: 4}


async def test_what_could_not_be_written_is_written_the_next_time(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, here = uuid4(), Unserved(database)
    here.note(client, 1)

    async def away(*_: object) -> None:
        raise OSError("the database is away")

    with monkeypatch.context() as broken:
        broken.setattr(module.Bulk, "put", away)
        await here.write_or_log()
    assert await kept(database) == {}
    await here.write()
    assert await kept(database) == {client: 1}


async def test_a_process_keeps_no_more_than_so_many_in_mind(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST", 3)
    here = Unserved(database)
    for _ in range(10):
        here.note(uuid4(), 1)
    await here.write()
    assert len(await kept(database)) == 3
