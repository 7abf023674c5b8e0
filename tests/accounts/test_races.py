"""What happens twice at the same moment happens once. On both databases; and without the guard the race is lost."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import httpx
import pytest
from sqlalchemy import select, update

from lyceum.accounts.adapters.repositories import SqlLinks, SqlSessions, SqlUsers
from lyceum.accounts.adapters.tables import links, sessions, users
from lyceum.accounts.api import Role
from lyceum.accounts.domain.refusals import LastOperator, SessionOver
from lyceum.accounts.domain.sessions import Link, SessionId, SessionKind
from lyceum.accounts.domain.users import Profile, User
from lyceum.accounts.use_cases.entering import Caller, Doorway
from lyceum.accounts.use_cases.sign_in import Refresh
from lyceum.accounts.use_cases.users import ChangeUser, UserChanges
from lyceum.kernel.clock import SystemClock
from lyceum.kernel.ids import UserId, uuid7
from lyceum.platform.database import Database, SqlTransaction
from lyceum.platform.outbox import Signal, SqlOutbox
from lyceum.platform.settings import Settings
from tests.accounts.fakes import OPERATOR, PASSWORD

SETTINGS = Settings(secret_key="k" * 32)
CLOCK = SystemClock()


async def outcomes(*attempts: Awaitable[object]) -> list[str]:
    """What each of the attempts made at once came to: `done`, or the name of its refusal."""
    results = await asyncio.gather(*attempts, return_exceptions=True)
    return sorted(type(result).__name__ if isinstance(result, BaseException) else "done" for result in results)


async def a_user(database: Database, email: str, *roles: Role) -> User:
    user = User.guest(UserId(uuid7()), locale="ru", at=CLOCK.now())
    user.register(email=email, password_hash="hash", profile=Profile("Маша", "ru"), at=CLOCK.now())
    user.take_roles(frozenset(roles), other_operators=0)
    transaction = SqlTransaction(database)
    async with transaction:
        await SqlUsers(transaction).add(user)
    return user


async def a_family(database: Database) -> str:
    user = await a_user(database, "masha@example.org")
    transaction = SqlTransaction(database)
    async with transaction:
        door = Doorway(SqlSessions(transaction), SETTINGS)
        return (await door.let_in(user, Caller(address="", kind=SessionKind.TOKENS), CLOCK.now())).token


async def alive(database: Database) -> int:
    async with database.read() as connection:
        return len((await connection.execute(select(sessions.c.id).where(sessions.c.ended_at.is_(None)))).all())


@pytest.fixture
async def lost(postgres_database: str) -> AsyncIterator[Database]:
    """PostgreSQL, where transactions really run beside each other; on SQLite one writer at a time is a guard too."""
    database = Database.connect(postgres_database, pool_size=10)
    yield database
    async with database.writes.begin() as connection:
        await connection.execute(users.delete())
    await database.close()


async def test_of_two_sign_ups_with_one_address_one_wins(client: httpx.AsyncClient) -> None:
    for number in range(3):
        form = {"email": f"masha{number}@example.org", "password": PASSWORD}
        answers = await asyncio.gather(*[client.post("/api/auth/sign-up", json=form) for _ in range(4)])
        assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
        assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"accounts.email_taken"}


async def test_of_two_refreshes_with_one_token_one_wins_and_the_family_ends(client: httpx.AsyncClient) -> None:
    signed = await client.post("/api/auth/sign-up", json={"email": "masha@example.org", "password": PASSWORD})
    form = {"refresh_token": signed.json()["refresh_token"]}
    answers = await asyncio.gather(*[client.post("/api/auth/refresh", json=form) for _ in range(2)])
    assert sorted(answer.status_code for answer in answers) == [200, 401]
    winner = next(answer.json() for answer in answers if answer.status_code == 200)
    later = await client.post("/api/auth/refresh", json={"refresh_token": winner["refresh_token"]})
    assert (later.status_code, later.json()["code"]) == (401, "accounts.session_over")


def refresh(database: Database, repository: type[SqlSessions] = SqlSessions) -> Refresh:
    transaction = SqlTransaction(database)
    return Refresh(SqlUsers(transaction), Doorway(repository(transaction), SETTINGS), CLOCK, transaction)


async def test_many_refreshes_at_once_leave_no_living_session(database: Database) -> None:
    token = await a_family(database)
    assert await outcomes(*[refresh(database)(token) for _ in range(5)]) == ["SessionOver"] * 4 + ["done"]
    assert await alive(database) == 0


async def test_without_the_conditional_update_a_token_would_work_twice(lost: Database) -> None:
    both_have_read = asyncio.Barrier(2)

    class CheckingSessions(SqlSessions):
        async def find(self, id: SessionId) -> object:  # type: ignore[override]
            found = await super().find(id)
            await both_have_read.wait()
            return found

        async def rotate(
            self, id: SessionId, old_hash: str, new_hash: str, *, at: datetime, expires_at: datetime
        ) -> bool:
            session = await super().find(id)
            if session is None or session.secret_hash != old_hash:
                return False
            await self.transaction.connection.execute(
                update(sessions).where(sessions.c.id == id).values(secret_hash=new_hash)
            )
            return True

    token = await a_family(lost)
    assert await outcomes(*[refresh(lost, CheckingSessions)(token) for _ in range(2)]) == ["done", "done"]


@dataclass
class Spending:
    database: Database
    repository: type[SqlLinks] = SqlLinks

    async def __call__(self) -> None:
        transaction = SqlTransaction(self.database)
        async with transaction:
            if await self.repository(transaction).spend("secret", CLOCK.now()) is None:
                raise SessionOver


async def a_link(database: Database) -> None:
    user = await a_user(database, "anna@example.org", Role.OPERATOR)
    transaction = SqlTransaction(database)
    async with transaction:
        expires_at = CLOCK.now() + timedelta(minutes=15)
        await SqlLinks(transaction).add(Link(secret_hash="secret", user_id=user.id, expires_at=expires_at))


async def test_a_link_used_many_times_at_once_opens_once(database: Database) -> None:
    await a_link(database)
    assert await outcomes(*[Spending(database)() for _ in range(5)]) == ["SessionOver"] * 4 + ["done"]


async def test_without_the_conditional_update_a_link_would_open_twice(lost: Database) -> None:
    both_have_read = asyncio.Barrier(2)

    class CheckingLinks(SqlLinks):
        async def spend(self, secret_hash: str, at: datetime) -> UserId | None:
            query = select(links.c.user_id).where(links.c.secret_hash == secret_hash, links.c.used_at.is_(None))
            user_id = await self.transaction.connection.scalar(query)
            await both_have_read.wait()
            await self.transaction.connection.execute(update(links).values(used_at=at))
            return user_id

    await a_link(lost)
    assert await outcomes(*[Spending(lost, CheckingLinks)() for _ in range(2)]) == ["done", "done"]


def change(database: Database, repository: type[SqlUsers], id: UserId) -> Awaitable[None]:
    transaction = SqlTransaction(database)
    use_case = ChangeUser(
        repository(transaction), SqlSessions(transaction), SqlOutbox(transaction, Signal()), CLOCK, transaction
    )
    return use_case(OPERATOR, id, UserChanges(roles=[]))


async def operators(database: Database) -> int:
    transaction = SqlTransaction(database)
    async with transaction:
        return len(await SqlUsers(transaction).operators_for_update())


async def test_two_operators_who_depose_each_other_leave_one(database: Database) -> None:
    anna = await a_user(database, "anna@example.org", Role.OPERATOR)
    boris = await a_user(database, "boris@example.org", Role.OPERATOR)
    for _ in range(3):
        done = await outcomes(change(database, SqlUsers, anna.id), change(database, SqlUsers, boris.id))
        assert done == [LastOperator.__name__, "done"]
        assert await operators(database) == 1
        transaction = SqlTransaction(database)
        async with transaction:
            for id in (anna.id, boris.id):
                user = await SqlUsers(transaction).get_for_update(id)
                user.take_roles(frozenset({Role.OPERATOR}), other_operators=1)


async def test_without_the_lock_both_operators_would_be_gone(lost: Database) -> None:
    both_have_read = asyncio.Barrier(2)

    class LooseUsers(SqlUsers):
        async def operators_for_update(self) -> Sequence[UserId]:
            query = select(users.c.id).where(users.c.roles == frozenset({Role.LEARNER, Role.OPERATOR}))
            found = [UserId(id) for id in await self.transaction.connection.scalars(query)]
            await both_have_read.wait()
            return found

    anna = await a_user(lost, "anna@example.org", Role.OPERATOR)
    boris = await a_user(lost, "boris@example.org", Role.OPERATOR)
    assert await outcomes(change(lost, LooseUsers, anna.id), change(lost, LooseUsers, boris.id)) == ["done", "done"]
    assert await operators(lost) == 0


async def test_a_wrong_password_sent_many_times_at_once_is_counted_each_time(client: httpx.AsyncClient) -> None:
    await client.post("/api/auth/sign-up", json={"email": "masha@example.org", "password": PASSWORD})
    form = {"email": "masha@example.org", "password": "wrong password"}
    answers = await asyncio.gather(*[client.post("/api/auth/sign-in", json=form) for _ in range(20)])
    assert sorted(answer.status_code for answer in answers) == [401] * 10 + [429] * 10
