"""A classroom for the tests over REST, and one with an exam."""

from collections.abc import AsyncIterator

import httpx
import pytest
from dishka import AsyncContainer

from lyceum.platform.database import Database
from lyceum.platform.outbox import Relay
from lyceum.platform.settings import Settings
from tests.training.callers import Classroom, headers_of
from tests.training.halls import Hall, hall_of
from tests.training.sitters import ExamRoom, without_profile


@pytest.fixture
async def room(client: httpx.AsyncClient, container: AsyncContainer, relay: Relay) -> Classroom:
    """The application and one learner; `await room.fill([...])` gives it questions."""
    return Classroom(client, container, relay, await headers_of(container, 1))


@pytest.fixture
async def exam(room: Classroom, database: Database) -> AsyncIterator[ExamRoom]:
    """The application with an exam of four tasks that the bank can fill twice."""
    exam = ExamRoom(room)
    await exam.prepare()
    yield exam
    await without_profile(database)


@pytest.fixture
async def hall(settings: Settings, database: Database) -> AsyncIterator[Hall]:
    """The application on a clock that the test moves, with an organiser and questions for an event."""
    async for it in hall_of(settings):
        yield it
