"""Waking idle workers: in the same process by a signal, in others by PostgreSQL's NOTIFY or SQLite's count of changes.

Polling makes up for all of them.
"""

import asyncio
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from urllib.parse import quote

import asyncpg
import structlog
from sqlalchemy.engine import make_url

from lyceum.platform.outbox import Signal
from lyceum.platform.settings import Settings

CHANNEL = "lyceum_tasks"
AGAIN_SECONDS = 5.0
LOOK_SECONDS = 0.025
"""How often SQLite is asked whether anybody has committed: a look takes microseconds."""
log = structlog.get_logger()


class TaskSignal(Signal):
    """Set when a task of this process has been committed, or another process has told of one."""


class MessageSignal(Signal):
    """Set when this process has committed a message that is to be published."""


class SuspectSignal(Signal):
    """Set when this process has kept a message apart."""


@dataclass(frozen=True, slots=True)
class Listener:
    """Sets the signal when another process may have committed a task: on PostgreSQL it is told of tasks, on SQLite it
    sees that something was committed."""

    settings: Settings
    signal: TaskSignal

    async def run(self) -> None:
        """Listen until cancelled; a lost connection is made anew."""
        listen = self._listen if self.settings.database.startswith("postgresql") else self._look
        while True:
            try:
                await listen()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, sqlite3.Error) as error:
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

    async def _look(self) -> None:
        path = quote(make_url(self.settings.database).database or "")
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            seen = None
            while True:
                [version] = connection.execute("PRAGMA data_version").fetchone()
                if version != seen:
                    seen = version
                    self.signal.set()
                await asyncio.sleep(LOOK_SECONDS)
