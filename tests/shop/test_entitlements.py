"""What operators give users beyond what is free: in force from now until its end, and at most once of each kind."""

import asyncio
import re
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx
import pytest
from dishka import AsyncContainer
from sqlalchemy import func, insert, select, text

from lyceum.accounts.api import Role
from lyceum.kernel.ids import UserId, uuid7
from lyceum.platform.database import Database, SqlTransaction
from lyceum.shop.adapters.entitlements import SqlEntitlements, SqlGrants
from lyceum.shop.adapters.tables import entitlements
from lyceum.shop.api import Feature
from lyceum.shop.domain import AlreadyOver, Entitlement
from tests.accounts.callers import MASHA, a_key, a_user, bearer, sign_in_page

NOW = datetime.now(UTC)
HOUR = timedelta(hours=1)
BOSS = "boss@example.org"


def given(user: UserId, *, since: datetime = NOW - HOUR, until: datetime | None = None) -> Entitlement:
    return Entitlement(user_id=user, feature=Feature.NO_ADS, starts_at=since, ends_at=until, granted_by=UserId(uuid4()))


async def put(database: Database, entitlement: Entitlement) -> Entitlement:
    transaction = SqlTransaction(database)
    async with transaction:
        return await SqlGrants(transaction).put(entitlement)


async def has(database: Database, user: UserId) -> bool:
    return await SqlEntitlements(database).has(user, Feature.NO_ADS)


def test_what_would_be_over_already_is_refused() -> None:
    for until in (NOW, NOW - HOUR):
        with pytest.raises(AlreadyOver):
            Entitlement.granted(UserId(uuid4()), Feature.NO_ADS, until=until, by=UserId(uuid4()), now=NOW)


async def test_it_is_in_force_between_its_two_times(database: Database) -> None:
    nobody, running, endless, over, later = (UserId(uuid4()) for _ in range(5))
    await put(database, given(running, until=NOW + HOUR))
    await put(database, given(endless))
    await put(database, given(over, since=NOW - 2 * HOUR, until=NOW - HOUR))
    await put(database, given(later, since=NOW + HOUR))
    found = [await has(database, user) for user in (nobody, running, endless, over, later)]
    assert found == [False, True, True, False, False]


async def test_another_grant_moves_the_end_and_a_new_one_begins_anew(database: Database) -> None:
    user = UserId(uuid4())
    first = await put(database, given(user, since=NOW - 3 * HOUR, until=NOW + HOUR))
    longer = await put(database, given(user, since=NOW, until=NOW + 2 * HOUR))
    assert (longer.starts_at, longer.ends_at) == (first.starts_at, NOW + 2 * HOUR)
    late = await put(database, given(user, since=NOW + 3 * HOUR, until=NOW + 4 * HOUR))
    assert late.starts_at == NOW + 3 * HOUR, "there was nothing in between"


async def test_taking_away_ends_it_at_once_and_once(database: Database) -> None:
    user = UserId(uuid4())
    await put(database, given(user))
    transaction = SqlTransaction(database)
    async with transaction:
        grants = SqlGrants(transaction)
        assert [await grants.revoke(user, Feature.NO_ADS, NOW) for _ in range(2)] == [True, False]
    assert not await has(database, user)
    await put(database, given(user))
    assert await has(database, user)


async def test_grants_at_once_leave_one_row(database: Database) -> None:
    user = UserId(uuid4())
    await asyncio.gather(*[put(database, given(user, until=NOW + number * HOUR)) for number in range(1, 9)])
    async with database.read() as connection:
        assert await connection.scalar(select(func.count()).select_from(entitlements)) == 1


async def test_without_the_index_there_would_be_two(postgres_database: str) -> None:
    """The control: two who both looked first, on a database without the index."""
    database = Database.connect(postgres_database, pool_size=4)
    user, both_have_looked = UserId(uuid4()), asyncio.Barrier(2)

    async def naive() -> None:
        async with database.writes.begin() as connection:
            mine = select(entitlements.c.id).where(entitlements.c.user_id == user)
            assert (await connection.execute(mine)).first() is None
            await both_have_looked.wait()
            row = {"id": uuid7(), "user_id": user, "feature": "no_ads", "granted_by": user, "starts_at": NOW}
            await connection.execute(insert(entitlements).values(row))

    async with database.writes.begin() as connection:
        await connection.execute(text("ALTER INDEX uq_shop_entitlements_kept RENAME TO kept_away"))
        await connection.execute(text("DROP INDEX kept_away"))
    try:
        await asyncio.gather(naive(), naive())
    finally:
        async with database.writes.begin() as connection:
            await connection.execute(entitlements.delete())
            await connection.execute(
                text(
                    "CREATE UNIQUE INDEX uq_shop_entitlements_kept ON shop_entitlements (user_id, feature) "
                    "WHERE revoked_at IS NULL"
                )
            )
        await database.close()


async def test_an_operator_gives_prolongs_and_takes_away(
    client: httpx.AsyncClient, container: AsyncContainer, database: Database
) -> None:
    await a_user(container, BOSS, Role.OPERATOR)
    masha = await a_user(container, MASHA)
    boss = await bearer(client, BOSS)
    path = f"/api/shop/users/{masha}/entitlements"
    made = await client.put(f"{path}/no_ads", json={"ends_at": (NOW + HOUR).isoformat()}, headers=boss)
    assert made.status_code == 200, made.text
    assert await has(database, masha)
    again = await client.put(f"{path}/no_ads", json={}, headers=boss)
    assert (again.json()["starts_at"], again.json()["ends_at"]) == (made.json()["starts_at"], None)
    assert (await client.get(path, headers=boss)).json() == [again.json()]
    gone = await client.delete(f"{path}/no_ads", headers=boss)
    assert (gone.status_code, await has(database, masha)) == (204, False)
    assert (await client.delete(f"{path}/no_ads", headers=boss)).json()["code"] == "shop.entitlement_not_found"
    assert (await client.get(path, headers=boss)).json() == []


async def test_what_means_nothing_is_refused(client: httpx.AsyncClient, container: AsyncContainer) -> None:
    await a_user(container, BOSS, Role.OPERATOR)
    masha = await a_user(container, MASHA)
    boss = await bearer(client, BOSS)
    path = f"/api/shop/users/{masha}/entitlements"
    for address, body, status in (
        (f"{path}/wings", {}, 422),
        (f"{path}/no_ads", {"ends_at": "soon"}, 422),
        (f"{path}/no_ads", {"ends_at": "2126-01-01T00:00:00"}, 422),
        (f"{path}/no_ads", {"ends_at": "2020-01-01T00:00:00Z"}, 422),
        (f"{path}/no_ads", {"until": "2126-01-01T00:00:00Z"}, 422),
        (f"/api/shop/users/{uuid4()}/entitlements/no_ads", {}, 404),
    ):
        answer = await client.put(address, json=body, headers=boss)
        assert answer.status_code == status, f"{address} {body} {answer.text}"


async def test_a_key_needs_the_scope(client: httpx.AsyncClient, container: AsyncContainer) -> None:
    boss = await a_user(container, BOSS, Role.OPERATOR)
    headers = await bearer(client, BOSS)
    path = f"/api/shop/users/{boss}/entitlements"
    reads = {"X-API-Key": await a_key(client, headers, "shop:read")}
    writes = {"X-API-Key": await a_key(client, headers, "shop:write")}
    assert (await client.get(path, headers=reads)).status_code == 200
    assert (await client.put(f"{path}/no_ads", json={}, headers=reads)).json()["code"] == "accounts.scope_missing"
    assert (await client.put(f"{path}/no_ads", json={}, headers=writes)).status_code == 200
    assert (await client.get(path, headers=writes)).json()["code"] == "accounts.scope_missing"


async def test_everybody_sees_what_is_in_force_for_them(
    client: httpx.AsyncClient, container: AsyncContainer, database: Database
) -> None:
    masha, other = await a_user(container), await a_user(container, "other@example.org")
    path, headers = "/api/shop/me/entitlements", await bearer(client)
    assert (await client.get(path, headers=headers)).json() == []
    for elsewhere in (given(other), given(masha, since=NOW - 2 * HOUR, until=NOW - HOUR)):
        await put(database, elsewhere)
        assert (await client.get(path, headers=headers)).json() == []
    await put(database, given(masha, since=NOW - HOUR / 2, until=NOW + HOUR))
    (mine,) = (await client.get(path, headers=headers)).json()
    assert set(mine) == {"feature", "starts_at", "ends_at"}
    assert (mine["feature"], datetime.fromisoformat(mine["ends_at"])) == ("no_ads", NOW + HOUR)
    key = {"X-API-Key": await a_key(client, headers, "account:read")}
    assert (await client.get(path, headers=key)).json() == [mine]
    other_key = {"X-API-Key": await a_key(client, headers, "training:read")}
    assert (await client.get(path, headers=other_key)).json()["code"] == "accounts.scope_missing"
    assert (await client.get(path)).status_code == 401


async def test_the_profile_page_tells_what_one_has_and_until_when(
    client: httpx.AsyncClient, container: AsyncContainer, database: Database
) -> None:
    masha = await a_user(container)
    await sign_in_page(client)
    words = {"ru": ("Тренировки без рекламы", "до 1 июля 2126, 03:00"), "en": ("Training without ads", "until July 1,")}
    for locale, (title, end) in words.items():
        client.cookies.set("ly_locale", locale)
        client.cookies.set("ly_zone", "Europe/Moscow")

        async def shown() -> str:
            return (await client.get("/profile")).text.replace("\u00a0", " ")

        assert title not in await shown()
        await put(database, given(masha, until=datetime(2126, 7, 1, tzinfo=UTC)))
        page = await shown()
        assert title in page
        assert end in re.sub(r"<[^>]*>", "", page)
        await put(database, given(masha))
        assert {"ru": "навсегда", "en": "for good"}[locale] in await shown()
        transaction = SqlTransaction(database)
        async with transaction:
            await SqlGrants(transaction).revoke(masha, Feature.NO_ADS, NOW)
