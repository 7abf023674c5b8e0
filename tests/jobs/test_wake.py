"""Idle workers learn at once of tasks that another process has committed."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from lyceum.jobs.adapters.wake import Listener, TaskSignal
from lyceum.platform.database import Database
from lyceum.platform.settings import Settings
from tests.jobs.builders import Queue


@pytest.fixture
async def signal(settings: Settings) -> AsyncIterator[TaskSignal]:
    """Set by a listener that is up."""
    made = TaskSignal()
    listening = asyncio.create_task(Listener(settings, made).run())
    yield made
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)


async def is_set(signal: TaskSignal, seconds: float) -> bool:
    began = time.monotonic()
    await signal.wait(seconds)
    return time.monotonic() - began < seconds


async def test_a_commit_of_another_process_wakes(database: Database, signal: TaskSignal) -> None:
    queue = Queue(database)
    deadline = time.monotonic() + 20
    await queue.add()
    while not await is_set(signal, 0.2):
        assert time.monotonic() < deadline
        await queue.add()
    while await is_set(signal, 0.3):
        assert time.monotonic() < deadline, "The signal is set though nothing is committed."
    for _ in range(3):
        await queue.add()
        assert await is_set(signal, 5)
