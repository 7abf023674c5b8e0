"""What tests of messages share, whichever broker carries them."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from dishka import AsyncContainer, Provider
from sqlalchemy import select

from lyceum.jobs.adapters.messaging import Messaging
from lyceum.jobs.adapters.tables import tasks
from lyceum.main.container import make_container
from lyceum.platform.database import Database
from lyceum.platform.settings import Settings

TASKS, LETTERS = "/api/jobs/tasks", "/api/jobs/dead-letters"
LATER = "2099-01-01T00:00:00Z"
BACK_SECONDS = 60


async def until(true: Callable[[], Awaitable[bool]], seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not await true():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)


@asynccontextmanager
async def consuming(settings: Settings, *providers: Provider) -> AsyncIterator[AsyncContainer]:
    """Messages in a process of their own, so to speak; leaving the block ends it wherever it is."""
    container = make_container(settings, *providers)
    messaging = await container.get(Messaging)
    living = asyncio.create_task(messaging.run())
    try:
        async with asyncio.timeout(BACK_SECONDS):
            await messaging.ready.wait()
        yield container
    finally:
        living.cancel()
        await asyncio.gather(living, return_exceptions=True)
        await container.close()


async def made(database: Database) -> list[str]:
    """What the tasks are called, in the order in which they were made."""
    async with database.read() as connection:
        return list(await connection.scalars(select(tasks.c.description).order_by(tasks.c.created_at, tasks.c.id)))
