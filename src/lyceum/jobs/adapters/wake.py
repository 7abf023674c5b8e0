"""Waking idle workers: in the same process by a signal, in others by PostgreSQL's NOTIFY. Polling makes up for both."""

import asyncio
from dataclasses import dataclass

import asyncpg
import structlog
from sqlalchemy.engine import make_url

from lyceum.platform.outbox import Signal
from lyceum.platform.settings import Settings

CHANNEL = "lyceum_tasks"
AGAIN_SECONDS = 5.0
log = structlog.get_logger()


class TaskSignal(Signal):
    """Set when a task of this process has been committed, or another process has told of one."""


class MessageSignal(Signal):
    """Set when this process has committed a message that is to be published."""


@dataclass(frozen=True, slots=True)
class Listener:
    """Sets the signal when any process commits a task; on PostgreSQL only."""

    settings: Settings
    signal: TaskSignal

    async def run(self) -> None:
        """Listen until cancelled; a lost connection is made anew."""
        if not self.settings.database.startswith("postgresql"):
            return
        while True:
            try:
                await self._listen()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                log.warning("jobs.listener_lost", error=repr(error))
            self.signal.set()
            await asyncio.sleep(AGAIN_SECONDS)

    async def _listen(self) -> None:
        url = make_url(self.settings.database).render_as_string(hide_password=False)
        connection = await asyncpg.connect(url)
        try:
            gone = asyncio.Event()
            connection.add_termination_listener(lambda _: gone.set())
            await connection.add_listener(CHANNEL, lambda *_: self.signal.set())
            await gone.wait()
        finally:
            await connection.close(timeout=2)
