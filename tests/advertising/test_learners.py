"""Learners are clients as long as they consent and said all that a client needs."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import httpx
import pytest
from dishka import AsyncContainer
from litestar import Litestar
from sqlalchemy import insert, select

from lyceum.accounts.adapters.access_tokens import AccessTokens
from lyceum.accounts.api import Actor, GuestsForgotten, ProfileChanged, Role
from lyceum.advertising.adapters.learners import FollowProfiles, ForgetLearners
from lyceum.advertising.adapters.repositories import SqlClients
from lyceum.advertising.adapters.tables import clients, learners, scores, views
from lyceum.advertising.domain.ids import ClientId
from lyceum.advertising.domain.learners import Person, age_in
from lyceum.advertising.domain.refusals import ClientNotFound
from lyceum.kernel.ids import UserId
from lyceum.platform.database import Database, SqlTransaction
from lyceum.platform.outbox import Relay
from tests.advertising.desks import a_campaign, a_desk, counted

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
MASHA = UserId(uuid4())


class Noon:
    def now(self) -> datetime:
        return NOW


def told(version: int, id: UUID = MASHA, **changes: object) -> ProfileChanged:
    whole: dict[str, object] = {
        "birth_year": 2009,
        "gender": "female",
        "location": "Тула",
        "ads_consent": True,
    }
    return ProfileChanged(user_id=UserId(id), at=NOW, locale="ru", version=version, **(whole | changes))  # type: ignore[arg-type]


async def follow(database: Database, *events: ProfileChanged) -> None:
    transaction = SqlTransaction(database)
    async with transaction:
        await FollowProfiles(SqlClients(transaction), transaction, Noon(), ZoneInfo("Europe/Moscow"))(events)


async def known(database: Database) -> Sequence[tuple[int, str, str]]:
    async with database.read() as connection:
        rows = await connection.execute(select(clients).where(clients.c.id == MASHA))
        return [(row.age, row.place, row.gender) for row in rows]


def test_only_a_whole_profile_with_consent_makes_a_client() -> None:
    def person(**changes: object) -> Person:
        whole: dict[str, object] = {"birth_year": 2009, "gender": "male", "location": "Тула", "consents": True}
        return Person(id=ClientId(MASHA), **(whole | changes))  # type: ignore[arg-type]

    assert person().as_client(2026) is not None
    for missing in ({"birth_year": None}, {"gender": None}, {"gender": "other"}, {"location": None},
                    {"location": " "}, {"consents": False}):  # fmt: skip
        assert person(**missing).as_client(2026) is None, missing


def test_nobody_is_taken_to_be_older_than_they_are() -> None:
    assert age_in(2026, 2008) == 17
    assert age_in(2027, 2008) == 18
    assert age_in(2026, 2026) == 0


async def test_a_client_follows_the_profile_and_goes_with_the_consent(database: Database) -> None:
    await follow(database, told(2))
    assert await known(database) == [(16, "Тула", "FEMALE")]
    await follow(database, told(3, location="Орёл"))
    assert await known(database) == [(16, "Орёл", "FEMALE")]
    await follow(database, told(4, ads_consent=False))
    assert await known(database) == []
    await follow(database, told(5))
    assert await known(database) == [(16, "Тула", "FEMALE")]
    await follow(database, told(6, is_active=False))
    assert await known(database) == []


async def test_events_that_come_twice_or_late_change_nothing(database: Database) -> None:
    await follow(database, told(4, ads_consent=False))
    await follow(database, told(3))
    assert await known(database) == [], "consent of before does not come back"
    await follow(database, told(7, location="Орёл"), told(6))
    await follow(database, told(5, location="Псков"), told(7, location="Орёл"))
    assert await known(database) == [(16, "Орёл", "FEMALE")]
    await follow(database, told(8, gender=None), told(8, gender=None))
    await follow(database, told(7, location="Орёл"))
    assert await known(database) == []


async def test_without_the_version_a_late_event_would_bring_the_data_back(database: Database) -> None:
    """The control: the same events where nothing is remembered of the newer one."""
    await follow(database, told(4, ads_consent=False))
    async with database.writes.begin() as connection:
        await connection.execute(learners.delete())
    await follow(database, told(3))
    assert await known(database) != []


async def test_whoever_takes_their_consent_back_leaves_no_more_than_the_ledger(database: Database) -> None:
    await follow(database, told(2))
    campaign = await a_campaign(database)
    desk = a_desk(database)
    await desk.show(ClientId(MASHA))
    async with database.writes.begin() as connection:
        await connection.execute(insert(scores).values(client_id=MASHA, advertiser_id=uuid4(), score=5))
    await follow(database, told(3, ads_consent=False))
    async with database.read() as connection:
        assert (await connection.execute(select(clients))).all() == []
        assert (await connection.execute(select(scores))).all() == []
        assert (await connection.execute(select(learners))).all() == [(MASHA, 3, None)]
        assert len((await connection.execute(select(views))).all()) == 1
    with pytest.raises(ClientNotFound):
        await desk.show(ClientId(MASHA))
    assert (await counted(database, campaign))["impressions"] == (1, 1, 1)


async def test_whoever_comes_back_is_not_taken_for_who_they_were(database: Database) -> None:
    """Relevances are remembered by the client's stamp, which therefore must never begin anew."""
    await follow(database, told(2))
    desk, first = a_desk(database), await a_campaign(database, cost_per_impression=1)
    second = await a_campaign(database, cost_per_impression=1)
    async with database.read() as connection:
        stamp = await connection.scalar(select(clients.c.stamp))
    assert stamp
    assert stamp > 10**15
    shown = {(await desk.show(ClientId(MASHA))).campaign.id}
    await follow(database, told(3, ads_consent=False))
    await follow(database, told(4))
    shown.add((await desk.show(ClientId(MASHA))).campaign.id)
    assert shown == {first, second}, "what was counted once is not counted again"


async def test_a_guest_who_is_forgotten_stays_forgotten(database: Database) -> None:
    await follow(database, told(2))
    transaction = SqlTransaction(database)
    async with transaction:
        await ForgetLearners(transaction)([GuestsForgotten((MASHA,))])
    assert await known(database) == []
    await follow(database, told(3))
    assert await known(database) == []


async def test_a_learner_fills_in_the_profile_and_takes_the_consent_back(
    app: Litestar, client: httpx.AsyncClient, container: AsyncContainer, relay: Relay, database: Database
) -> None:
    form = {"email": "masha@example.org", "password": "a long enough password"}
    made = await client.post("/api/auth/sign-up", json=form)
    assert made.status_code == 201, made.text
    own = {"Authorization": f"Bearer {made.json()['access_token']}"}
    tokens = await container.get(AccessTokens)
    operator = Actor(UserId(UUID(int=9)), frozenset({Role.OPERATOR}), "O", session_id=UUID(int=9))
    theirs = {"Authorization": f"Bearer {tokens.issue(operator)}"}
    me = (await client.get("/api/me", headers=own)).json()["id"]

    async def change(expected: int, **values: object) -> httpx.Response:
        """What advertising knows of the learner afterwards; the application's own relay may be quicker, or at it."""
        changed = await client.patch("/api/me", json=values, headers=own)
        assert changed.status_code == 200, changed.text
        async with asyncio.timeout(30):
            while True:
                await relay.drain()
                found = await client.get(f"/api/advertising/clients/{me}", headers=theirs)
                if found.status_code == expected:
                    return found
                await asyncio.sleep(0.05)

    await change(404, birth_year=2009, gender="female", location="Тула")
    found = await change(200, ads_consent=True)
    assert "masha" not in found.text
    assert (found.json()["location"], found.json()["gender"]) == ("Тула", "FEMALE")
    await change(404, ads_consent=False)
