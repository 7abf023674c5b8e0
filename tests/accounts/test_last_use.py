"""When somebody was last here is written seldom and in nobody's way."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from lyceum.accounts.adapters.last_use import LastUse
from lyceum.accounts.adapters.repositories import SqlSessions, SqlUsers
from lyceum.accounts.adapters.tables import sessions, users
from lyceum.accounts.domain.sessions import Session, SessionId, SessionKind, SessionToken
from lyceum.accounts.domain.users import User
from lyceum.kernel.ids import UserId, uuid7
from lyceum.platform.database import Database, SqlTransaction
from tests.accounts.fakes import START, HandClock

MONTH = timedelta(days=30)


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def last_use(database: Database, clock: HandClock) -> LastUse:
    return LastUse(database, clock, MONTH)


async def a_session(database: Database) -> tuple[UserId, SessionId]:
    user = User.guest(UserId(uuid7()), locale="ru", at=START)
    token = SessionToken(SessionId(uuid7()), b"s" * 32)
    session = Session.start(token, user.id, SessionKind.PAGES, device="", at=START, lasts=MONTH)
    transaction = SqlTransaction(database)
    async with transaction:
        await SqlUsers(transaction).add(user)
        await SqlSessions(transaction).add(session)
    return user.id, session.id


async def dates(database: Database) -> tuple[object, object, object]:
    """Last use of the user, last use of the session, end of the session."""
    query = select(users.c.last_used_at, sessions.c.last_used_at, sessions.c.expires_at).join(sessions)
    async with database.read() as connection:
        return tuple((await connection.execute(query)).one())  # type: ignore[return-value]


async def test_a_use_moves_the_dates_and_the_end_of_the_session(
    database: Database, last_use: LastUse, clock: HandClock
) -> None:
    user_id, session_id = await a_session(database)
    clock.pass_(days=3)
    last_use.note(user_id, session_id=session_id)
    await last_use.flush()
    now = clock.now()
    assert await dates(database) == (now, now, now + MONTH)


async def test_uses_within_a_minute_are_one(database: Database, last_use: LastUse, clock: HandClock) -> None:
    user_id, session_id = await a_session(database)
    clock.pass_(hours=1)
    first = clock.now()
    for _ in range(6):
        last_use.note(user_id, session_id=session_id)
        await last_use.flush()
        clock.pass_(seconds=10)
    assert (await dates(database))[0] == first
    last_use.note(user_id, session_id=session_id)
    await last_use.flush()
    assert (await dates(database))[0] == first + timedelta(minutes=1)


async def test_what_is_waiting_is_written_at_the_end(database: Database, last_use: LastUse, clock: HandClock) -> None:
    user_id, session_id = await a_session(database)
    clock.pass_(hours=1)
    last_use.note(user_id, session_id=session_id)
    await last_use.close()
    assert (await dates(database))[0] == clock.now()


async def test_a_user_who_is_being_changed_is_not_waited_for(postgres_database: str, clock: HandClock) -> None:
    database = Database.connect(postgres_database)
    user_id, session_id = await a_session(database)
    last_use = LastUse(database, clock, MONTH)
    clock.pass_(hours=1)
    busy = SqlTransaction(database)
    async with busy:
        await SqlUsers(busy).get_for_update(user_id)
        last_use.note(user_id, session_id=session_id)
        async with asyncio.timeout(5):
            await last_use.flush()
    assert (await dates(database))[:2] == (START, clock.now())
    await last_use.close()
    async with database.writes.begin() as connection:
        await connection.execute(users.delete())
    await database.close()


async def test_a_database_that_is_away_is_survived(clock: HandClock) -> None:
    away = Database.connect("postgresql://nobody@127.0.0.1:1/nothing")
    last_use = LastUse(away, clock, MONTH)
    last_use.note(UserId(uuid7()))
    await last_use.close()
    await away.close()
