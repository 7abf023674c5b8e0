"""One person becomes a sponsor once, and no forbidden word is lost, whatever is asked at once; without the locks both
races are lost."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from uuid import UUID

import pytest
from sqlalchemy import func, select

from lyceum.accounts.adapters.facade import AdmittedSponsors
from lyceum.accounts.adapters.repositories import SqlUsers
from lyceum.accounts.adapters.tables import users
from lyceum.accounts.api import Actor, Role
from lyceum.accounts.domain.users import Profile, User
from lyceum.advertising.adapters.moderation import SqlModeration
from lyceum.advertising.adapters.repositories import SqlClients
from lyceum.advertising.adapters.tables import advertisers, state
from lyceum.advertising.domain.refusals import AlreadySponsor
from lyceum.advertising.use_cases.operating import EditWords
from lyceum.advertising.use_cases.sponsorship import BecomeSponsor
from lyceum.kernel.clock import SystemClock
from lyceum.kernel.ids import UserId, uuid7
from lyceum.platform.database import Database, SqlTransaction
from lyceum.platform.settings import Settings

AT_ONCE = 8
OPERATOR = Actor(UserId(UUID(int=1)), frozenset({Role.OPERATOR}))


@pytest.fixture
async def postgres(postgres_database: str) -> AsyncIterator[Database]:
    """Where transactions really run beside each other; on SQLite one writer at a time is a guard too."""
    database = Database.connect(postgres_database, pool_size=10)
    yield database
    async with database.writes.begin() as connection:
        for table in (users, advertisers, state):
            await connection.execute(table.delete())
    await database.close()


async def a_sponsor(database: Database, *roles: Role) -> Actor:
    """A person without an advertiser."""
    user = User.guest(UserId(uuid7()), locale="ru", at=SystemClock().now())
    user.register(email="a@example.org", password_hash="x", profile=Profile("Маша", "ru"), at=SystemClock().now())
    user.take_roles(frozenset(roles), other_operators=0)
    transaction = SqlTransaction(database)
    async with transaction:
        await SqlUsers(transaction).add(user)
    return Actor(user.id, user.roles, session_id=UUID(int=2))


async def become(database: Database, actor: Actor, kind: type[SqlUsers] = SqlUsers) -> str:
    """`done`, or the name of the refusal."""
    transaction = SqlTransaction(database)
    use_case = BecomeSponsor(
        AdmittedSponsors(kind(transaction)),
        SqlClients(transaction),
        SqlModeration(transaction),
        Settings(secret_key="k" * 32),
        transaction,
    )
    try:
        await use_case(actor, {"name": "Школа"})
    except AlreadySponsor as error:
        return type(error).__name__
    return "done"


async def owned(database: Database, actor: Actor) -> int:
    query = select(func.count()).select_from(advertisers).where(advertisers.c.owner_id == actor.id)
    async with database.read() as connection:
        return await connection.scalar(query) or 0


async def edit(database: Database, word: str, kind: type[SqlModeration] = SqlModeration) -> None:
    transaction = SqlTransaction(database)
    await EditWords(kind(transaction), transaction)(OPERATOR, add=[word])


async def words(database: Database) -> Sequence[str]:
    async with database.read() as connection:
        return sorted(await connection.scalar(select(state.c.words)) or [])


@pytest.mark.parametrize("roles", [(), (Role.SPONSOR,)], ids=["a learner", "a sponsor without an advertiser"])
async def test_who_asks_many_times_at_once_gets_one_advertiser(database: Database, roles: tuple[Role, ...]) -> None:
    actor = await a_sponsor(database, *roles)
    done = await asyncio.gather(*(become(database, actor) for _ in range(AT_ONCE)))
    assert sorted(done) == [AlreadySponsor.__name__] * (AT_ONCE - 1) + ["done"]
    assert await owned(database, actor) == 1


async def test_without_the_users_lock_there_would_be_two(postgres: Database) -> None:
    both_have_read = asyncio.Barrier(2)

    class LooseUsers(SqlUsers):
        async def get_for_update(self, id: UserId) -> User:
            user = await self.transaction.session.get(User, id)
            assert user is not None
            return user

        async def save(self, user: User) -> None:
            raise AssertionError("the role is there already")

    class LooseClients(SqlClients):
        async def has_advertiser(self, owner: UserId) -> bool:
            found = await SqlClients.has_advertiser(self, owner)
            await both_have_read.wait()
            return found

    actor = await a_sponsor(postgres, Role.SPONSOR)

    async def loose() -> None:
        transaction = SqlTransaction(postgres)
        settings = Settings(secret_key="k" * 32)
        door = AdmittedSponsors(LooseUsers(transaction))
        clients, moderation = LooseClients(transaction), SqlModeration(transaction)
        await BecomeSponsor(door, clients, moderation, settings, transaction)(actor, {"name": "Школа"})

    await asyncio.gather(loose(), loose())
    assert await owned(postgres, actor) == 2


async def test_words_added_at_once_are_all_kept(database: Database) -> None:
    every = [f"слово{number}" for number in range(AT_ONCE)]
    await asyncio.gather(*(edit(database, word) for word in every))
    assert await words(database) == every


async def test_without_the_lock_a_word_would_be_lost(postgres: Database) -> None:
    await edit(postgres, "первое")
    both_have_read = asyncio.Barrier(2)

    class LooseModeration(SqlModeration):
        async def words(self) -> Sequence[str]:
            found = (await self.transaction.connection.execute(select(state.c.words))).scalar_one()
            await both_have_read.wait()
            return list(found)

    await asyncio.gather(*(edit(postgres, word, LooseModeration) for word in ("второе", "третье")))
    assert len(await words(postgres)) == 2
