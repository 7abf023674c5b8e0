"""How many statements an answer takes: it is the hottest path of the product."""

import sqlite3

import pytest
from dishka import AsyncContainer
from sqlalchemy import event
from sqlalchemy.engine.interfaces import DBAPIConnection

from lyceum.platform.database import Database
from tests.training.callers import Classroom, a_question

MOST = 11
RELAY = ("SELECT outbox", "UPDATE outbox", "UPDATE bank_questions", "SELECT jobs_", "SELECT advertising_state")
"""What goes on in the background meanwhile."""


@pytest.fixture
async def statements(container: AsyncContainer) -> list[str]:
    """What the product's SQLite executes from now on."""
    database = await container.get(Database)
    if not database.is_sqlite:
        pytest.skip("SQLite tells what it executes; the statements are the same on PostgreSQL")
    told: list[str] = []

    def trace(connection: DBAPIConnection, *_: object) -> None:
        raw: sqlite3.Connection = connection.driver_connection._connection  # type: ignore[attr-defined]
        raw.set_trace_callback(told.append)

    for engine in (database.writes.sync_engine, database.reads.sync_engine):
        event.listen(engine, "checkout", trace)
    return told


async def test_an_answer_takes_eleven_statements_at_most(statements: list[str], room: Classroom) -> None:
    await room.fill([a_question(number) for number in range(6)])
    training = await room.started()
    current = training["current"]
    for _ in range(4):
        await room.relay.drain()
        statements.clear()
        response = await room.answer(training["id"], current["attempt_id"], "a")  # type: ignore[index]
        taken = [line for line in statements if not line.startswith(("BEGIN", "COMMIT", *RELAY))]
        current = response.json()["next"]
        sums = sum("INTO training_progress" in line for line in taken)
        assert sums == 1
        assert len(taken) <= MOST, [line[:50] for line in taken]


async def test_no_statement_of_an_answer_is_prepared_anew(container: AsyncContainer, room: Classroom) -> None:
    """A constant of a partial index that comes as a parameter makes SQLite parse and plan the statement every time."""
    database = await container.get(Database)
    if not database.is_sqlite:
        pytest.skip("PostgreSQL plans by other rules")
    await room.fill([a_question(number) for number in range(8)])
    training = await room.started()
    current = training["current"]
    for _ in range(6):
        response = await room.answer(training["id"], current["attempt_id"], "a")  # type: ignore[index]
        current = response.json()["next"]
    reader = await database.reader()
    assert reader is not None
    prepared = reader.now("SELECT sql, run, reprep FROM sqlite_stmt WHERE sql LIKE '%training_%'", ()).fetchall()
    assert max(int(str(run)) for _, run, _ in prepared) >= 6
    anew = [sql for sql, _, times in prepared if int(str(times)) > 2]
    assert not anew, anew
