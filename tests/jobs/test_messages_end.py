"""The end of a process in the middle of a message: its transaction is over before the database is let go."""

import asyncio
import json
from dataclasses import replace

import pytest
from dishka import Provider, Scope
from sqlalchemy import func, select

from lyceum.jobs.adapters.intake import Intake
from lyceum.jobs.adapters.message_tables import inbox
from lyceum.jobs.adapters.tables import tasks
from lyceum.jobs.api import Handled, Incoming
from lyceum.jobs.domain.messages import Delivery
from lyceum.jobs.domain.tasks import Source
from lyceum.jobs.use_cases.creating import TaskData
from lyceum.jobs.use_cases.task_messages import MakeTask
from lyceum.main.container import make_container
from lyceum.platform.database import Database
from lyceum.platform.settings import Settings
from tests.jobs.rabbit import envelope


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, task_slots=0, database_pool=6)


async def test_what_is_at_hand_is_rolled_back_before_the_end(settings: Settings, database: Database) -> None:
    reached, left = asyncio.Event(), asyncio.Event()

    class Stuck(MakeTask):
        __slots__ = ()

        async def handle(self, message: Incoming[TaskData]) -> Handled:
            await MakeTask.handle(self, message)
            reached.set()
            try:
                await asyncio.Event().wait()
            finally:
                left.set()
            raise AssertionError

    provider = Provider(scope=Scope.REQUEST)
    provider.provide(Stuck, provides=MakeTask, override=True)
    container = make_container(settings, provider)
    intake = await container.get(Intake)
    raw = json.dumps(envelope({"description": "x"})).encode()
    at_hand = asyncio.create_task(intake.receive(Delivery(queue="tasks", body=raw, source=Source.KAFKA)))
    await asyncio.wait_for(reached.wait(), 30)

    await intake.end()

    assert left.is_set()
    assert at_hand.cancelled()
    async with database.read() as connection:
        assert await connection.scalar(select(func.count()).select_from(tasks)) == 0
        assert await connection.scalar(select(func.count()).select_from(inbox)) == 0
    await container.close()
