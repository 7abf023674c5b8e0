"""Users, sessions, keys and links: the fakes of the use case tests keep the same promises as the database."""

import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete

from lyceum.accounts.adapters import tables
from lyceum.accounts.adapters.queries import SqlCredentials
from lyceum.accounts.adapters.repositories import SqlApiKeys, SqlLinks, SqlSessions, SqlUsers
from lyceum.accounts.api import Role
from lyceum.accounts.domain.refusals import EmailTaken, UserNotFound
from lyceum.accounts.domain.sessions import (
    ApiKey,
    ApiKeyId,
    Link,
    Session,
    SessionId,
    SessionKind,
    SessionToken,
    digest,
)
from lyceum.accounts.domain.users import Profile, User
from lyceum.accounts.ports import ApiKeys, Credentials, CredentialsByName, Links, Sessions, Users
from lyceum.kernel.ids import UserId, uuid7
from lyceum.platform.database import Database, SqlTransaction
from tests.accounts.fakes import START, FakeApiKeys, FakeLinks, FakeSessions, FakeTransaction, FakeUsers

DAY = timedelta(days=1)


@dataclass
class Store:
    """One adapter of each port, and a new transaction whenever asked."""

    users: Users
    sessions: Sessions
    keys: ApiKeys
    links: Links
    credentials: CredentialsByName
    transaction: Callable[[], AbstractAsyncContextManager[object]]


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str | None:
    """A migrated database; None for the fakes."""
    if request.param == "memory":
        return None
    if request.param == "sqlite":
        return f"sqlite:///{shutil.copy(request.getfixturevalue('sqlite_template'), tmp_path / 'lyceum.sqlite3')}"
    url: str = request.getfixturevalue("postgres_database")
    return url


@pytest.fixture
async def store(address: str | None) -> AsyncIterator[Store]:
    if address is None:
        users = FakeUsers()
        yield Store(users, FakeSessions(), FakeApiKeys(), FakeLinks(), users, FakeTransaction)
        return
    database = Database.connect(address)
    transaction = SqlTransaction(database)
    yield Store(
        SqlUsers(transaction),
        SqlSessions(transaction),
        SqlApiKeys(transaction),
        SqlLinks(transaction),
        SqlCredentials(database),
        lambda: transaction,
    )
    async with transaction:
        await transaction.connection.execute(delete(tables.users))
    await database.close()


def a_user(email: str | None = "masha@example.org", *roles: Role) -> User:
    user = User.guest(UserId(uuid7()), locale="ru", at=START)
    if email:
        user.register(email=email, password_hash="hash", profile=Profile("Маша", "ru", 2009), at=START)
        user.take_roles(frozenset(roles), other_operators=0)
    return user


def a_session(user: User, kind: SessionKind = SessionKind.TOKENS) -> tuple[Session, SessionToken]:
    token = SessionToken(SessionId(uuid7()), b"s" * 32)
    return Session.start(token, user.id, kind, device="tests", at=START, lasts=30 * DAY), token


async def kept(store: Store, user: User) -> User:
    async with store.transaction():
        await store.users.add(user)
    return user


async def test_a_user_comes_back_whole(store: Store) -> None:
    user = await kept(store, a_user("masha@example.org", Role.AUTHOR))
    async with store.transaction():
        found = await store.users.get_for_update(user.id)
        assert found.profile == Profile("Маша", "ru", 2009, None, None, ads_consent=False)
        assert (found.email, found.roles) == ("masha@example.org", {Role.LEARNER, Role.AUTHOR})
        assert (found.registered_at, found.disabled_at, found.is_guest) == (START, None, False)
        assert await store.users.find_for_update("masha@example.org") is found
        assert await store.users.find_for_update("petya@example.org") is None


async def test_a_change_is_kept_and_the_version_grows_by_one(store: Store) -> None:
    user = await kept(store, a_user())
    before = user.version
    async with store.transaction():
        found = await store.users.get_for_update(user.id)
        found.be(Profile("Мария", "en", None, "female", "Тула", ads_consent=True), START)
        await store.users.save(found)
    async with store.transaction():
        found = await store.users.get_for_update(user.id)
        assert found.profile == Profile("Мария", "en", None, "female", "Тула", ads_consent=True)
        assert found.version == before + 1


async def test_there_is_one_user_to_an_address_and_any_number_without(store: Store) -> None:
    await kept(store, a_user())
    await kept(store, a_user(None))
    other = await kept(store, a_user(None))
    with pytest.raises(EmailTaken):
        await kept(store, a_user())
    with pytest.raises(EmailTaken):
        async with store.transaction():
            found = await store.users.get_for_update(other.id)
            found.email = "masha@example.org"
            await store.users.save(found)


async def test_an_unknown_user_is_refused(store: Store) -> None:
    with pytest.raises(UserNotFound):
        async with store.transaction():
            await store.users.get_for_update(UserId(uuid7()))


async def test_operators_are_those_not_switched_off_the_oldest_first(store: Store) -> None:
    first, second, third = (a_user(f"{n}@example.org", Role.OPERATOR, Role.AUTHOR) for n in "abc")
    second.disabled_at = START
    for user in (third, second, first, a_user("d@example.org", Role.AUTHOR)):
        await kept(store, user)
    async with store.transaction():
        assert list(await store.users.operators_for_update()) == [first.id, third.id]


async def test_credentials_are_found_by_address_and_by_id(store: Store) -> None:
    user, guest = await kept(store, a_user()), await kept(store, a_user(None))
    masha = Credentials(user.id, "hash", "masha@example.org")
    assert await store.credentials.of_email("masha@example.org") == masha
    assert await store.credentials.of_user(user.id) == masha
    assert await store.credentials.of_user(guest.id) == Credentials(guest.id, None, None)
    assert await store.credentials.of_email("petya@example.org") is None
    assert await store.credentials.of_user(UserId(uuid7())) is None


async def test_a_secret_is_exchanged_once(store: Store) -> None:
    session, token = a_session(await kept(store, a_user()))
    async with store.transaction():
        await store.sessions.add(session)
    old = digest(token.secret)
    for expected in (True, False):
        async with store.transaction():
            rotated = await store.sessions.rotate(session.id, old, "new", at=START + DAY, expires_at=START + 31 * DAY)
        assert rotated is expected
    async with store.transaction():
        found = await store.sessions.find(session.id)
        assert found is not None
        assert (found.secret_hash, found.last_used_at, found.expires_at) == ("new", START + DAY, START + 31 * DAY)


@pytest.mark.parametrize("what", ["ended", "expired", "unknown"])
async def test_a_session_that_is_over_is_not_exchanged(store: Store, what: str) -> None:
    user = await kept(store, a_user())
    session, token = a_session(user)
    async with store.transaction():
        await store.sessions.add(session)
    if what == "ended":
        async with store.transaction():
            assert await store.sessions.end(session.id, user.id, START)
    at = START + 30 * DAY if what == "expired" else START
    id = SessionId(uuid7()) if what == "unknown" else session.id
    async with store.transaction():
        assert not await store.sessions.rotate(id, digest(token.secret), "new", at=at, expires_at=at + DAY)


async def test_sessions_end_once_and_for_their_owner_only(store: Store) -> None:
    user, other = await kept(store, a_user()), await kept(store, a_user("petya@example.org"))
    session, _ = a_session(user, SessionKind.PAGES)
    async with store.transaction():
        await store.sessions.add(session)
    ends = []
    for owner in (other, user, user):
        async with store.transaction():
            ends.append(await store.sessions.end(session.id, owner.id, START))
    assert ends == [False, True, False]


async def test_all_sessions_of_a_user_end_but_the_one_to_keep(store: Store) -> None:
    user, other = await kept(store, a_user()), await kept(store, a_user("petya@example.org"))
    mine = [a_session(user)[0] for _ in range(3)]
    theirs = a_session(other)[0]
    async with store.transaction():
        for session in (*mine, theirs):
            await store.sessions.add(session)
    async with store.transaction():
        await store.sessions.end_all(user.id, START + DAY, but=mine[1].id)
    async with store.transaction():
        found = [await store.sessions.find(session.id) for session in (*mine, theirs)]
        assert [session.is_alive(START + DAY) for session in found if session] == [False, True, False, True]


async def test_keys_are_counted_until_revoked(store: Store) -> None:
    user = await kept(store, a_user())
    keys = [
        ApiKey.make(
            ApiKeyId(uuid7()), user.id, name="k", scopes=frozenset({"bank:read"}), secret=bytes([n]) * 32, at=START
        )[0]
        for n in range(2)
    ]
    async with store.transaction():
        for key in keys:
            await store.keys.add(key)
    revoked = []
    for owner in (UserId(uuid7()), user.id, user.id):
        async with store.transaction():
            revoked.append(await store.keys.revoke(keys[0].id, owner, START))
    assert revoked == [False, True, False]
    async with store.transaction():
        assert await store.keys.count(user.id) == 1


async def test_a_link_is_spent_once_and_in_time(store: Store) -> None:
    user = await kept(store, a_user())
    async with store.transaction():
        await store.links.add(Link(secret_hash="one", user_id=user.id, expires_at=START + DAY))
        await store.links.add(Link(secret_hash="two", user_id=user.id, expires_at=START + DAY))
    spent = []
    for secret, at in (("one", START), ("one", START), ("two", START + DAY), ("three", START)):
        async with store.transaction():
            spent.append(await store.links.spend(secret, at))
    assert spent == [user.id, None, None, None]
