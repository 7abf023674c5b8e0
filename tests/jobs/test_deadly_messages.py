"""A handler that really ends its process, over both brokers: its message is a dead letter in the end, and no other."""

import asyncio
import hashlib
import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from chaos.crew import Crew, crew
from chaos.lost_publishes import IDLE
from chaos.messages import HANDLED
from chaos.poison import nurse
from sqlalchemy import func, insert, select

from lyceum.jobs.adapters.message_tables import inbox, suspects
from lyceum.jobs.adapters.tables import tasks
from lyceum.platform.database import Database, SqlTransaction
from lyceum.platform.database_time import database_now
from lyceum.platform.settings import Settings
from tests.jobs.kafka import first, send, sender, tansu, topics_made
from tests.jobs.messages import LATER, until
from tests.jobs.rabbit import Body, envelope, outsider

pytestmark = pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
PATIENCE = 120


@dataclass(frozen=True, slots=True)
class Shift:
    """Two processes, each started anew when it has died."""

    workers: Crew
    database: Database
    folder: Path

    async def made(self, count: int) -> None:
        async def there() -> bool:
            return await self._count(select(func.count()).select_from(tasks)) == count

        await until(there, PATIENCE)

    async def rejected(self) -> None:
        async def there() -> bool:
            return await self._count(select(func.count()).where(inbox.c.outcome == "rejected")) == 1

        await until(there, PATIENCE)

    async def _count(self, query: object) -> int:
        async with self.database.read() as connection:
            return int(await connection.scalar(query) or 0)  # type: ignore[call-overload]

    def handled(self) -> Counter[str]:
        return Counter((self.folder / HANDLED).read_text(encoding="utf-8").splitlines())


@asynccontextmanager
async def shift(settings: Settings, database: Database, url: str) -> AsyncIterator[Shift]:
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    with crew(replace(settings, broker_url=url, database_pool=5), trial=0.3) as workers:
        for _ in range(2):
            workers.start(IDLE)
        nursing = asyncio.create_task(nurse(workers, None))
        try:
            yield Shift(workers, database, settings.data_dir)
        finally:
            nursing.cancel()
            await asyncio.gather(nursing, return_exceptions=True)


def a_deadly_one() -> Body:
    return envelope({"act": "exit"}, schema="chaos/1")


def good() -> Body:
    return envelope({"description": "good", "run_at": LATER})


async def test_over_rabbitmq_the_deadly_one_alone_is_a_dead_letter(
    settings: Settings, database: Database, broker_url: str
) -> None:
    async with shift(settings, database, broker_url) as running, outsider(broker_url) as crm:

        async def declared() -> bool:
            try:
                await crm.channel.get_queue("tasks", ensure=True)
            except Exception:  # noqa: BLE001 - the channel is closed by the error
                await crm.channel.reopen()
                return False
            return True

        await until(declared, PATIENCE)
        deadly = a_deadly_one()
        for body in (deadly, *(good() for _ in range(30))):
            await crm.send(body)
        await running.made(30)
        letter = await crm.next("tasks.dead", PATIENCE)
        assert (letter.body, letter.headers["x-error-code"]) == (json.dumps(deadly).encode(), "delivery_limit")
        assert await crm.count("tasks.dead") == 0
        handled = running.handled()
    assert list(handled) == [deadly["message_id"]]
    assert 2 <= handled.total() <= 5


async def test_over_kafka_the_deadly_one_is_skipped_after_its_last_start_and_what_is_behind_it_is_done(
    settings: Settings, database: Database
) -> None:
    """Of its five starts three are counted before, as a group without a member takes its time."""
    with tansu() as broker:
        deadly = a_deadly_one()
        raw = json.dumps(deadly).encode()
        async with SqlTransaction(database) as transaction:
            row = {"queue": "tasks", "body_hash": hashlib.sha256(raw).hexdigest(), "source": "kafka", "starts": 4}
            at = {"created_at": database_now(), "next_at": database_now()}
            await transaction.connection.execute(insert(suspects).values(**row, **at))
        async with shift(settings, database, broker.url) as running:
            await asyncio.wait_for(topics_made(broker.url), PATIENCE)
            async with sender(broker.url) as crm:
                for body in (raw, json.dumps(good()).encode()):
                    await send(crm, body, partition=0)
            await running.rejected()
            await running.made(1)
            handled = running.handled()
        (letter,) = await first(broker.url, "tasks.dead", 1)
    assert dict(letter.headers)["x-error-code"] == b"delivery_limit"
    assert handled == Counter({str(deadly["message_id"]): 1})
