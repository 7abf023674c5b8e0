"""What a process remembers of a client never outlives what the database says, whoever changed it."""

import asyncio

import pytest
from sqlalchemy import delete, update

from lyceum.advertising.adapters import memory
from lyceum.advertising.adapters.ledger import Proposal, Showing
from lyceum.advertising.adapters.repositories import SqlClients
from lyceum.advertising.adapters.tables import clients
from lyceum.advertising.domain.clients import Client, Gender, Score
from lyceum.advertising.domain.ids import AdvertiserId, CampaignId, ClientId
from lyceum.advertising.domain.refusals import ClientNotFound, NothingToShow
from lyceum.platform.database import Database, SqlTransaction
from tests.advertising.desks import a_campaign, a_desk, counted, some_clients


async def put(database: Database, client: Client) -> None:
    transaction = SqlTransaction(database)
    async with transaction:
        await SqlClients(transaction).put_clients([client])


async def score(database: Database, client: ClientId, campaign: CampaignId, points: int) -> None:
    desk = a_desk(database)
    await desk.follower.ready()
    advertiser = AdvertiserId(desk.index.entries[campaign].campaign.advertiser_id)
    transaction = SqlTransaction(database)
    async with transaction:
        await SqlClients(transaction).put_scores([Score(client, advertiser, points)])


async def test_a_changed_client_is_shown_what_fits_now(database: Database) -> None:
    first = await a_campaign(database)
    (id,) = await some_clients(database, 1)
    desk = a_desk(database)
    assert (await desk.show(id)).campaign.id == first
    for_men = await a_campaign(database, targeting={"gender": "MALE"}, cost_per_impression=9)
    for_women = await a_campaign(database, targeting={"gender": "FEMALE"}, cost_per_impression=1)
    await desk.follower.catch_up()
    await put(database, Client(id, "anna", 17, "Казань", Gender.MALE))
    assert (await desk.show(id)).campaign.id == for_men
    with pytest.raises(NothingToShow):
        await desk.show(id)
    await put(database, Client(id, "anna", 17, "Казань", Gender.FEMALE))
    assert (await desk.show(id)).campaign.id == for_women
    assert (await counted(database, for_men))["impressions"] == (1, 1, 1)


async def test_scores_count_from_the_next_ad_on(database: Database) -> None:
    campaigns = [await a_campaign(database) for _ in range(4)]
    (id,) = await some_clients(database, 1)
    desk = a_desk(database)
    shown = (await desk.show(id)).campaign.id
    for wanted in [campaign for campaign in reversed(campaigns) if campaign != shown]:
        await score(database, id, wanted, 100)
        assert (await desk.show(id)).campaign.id == wanted
        await score(database, id, wanted, -100)


async def test_what_another_process_showed_is_not_shown_again(database: Database) -> None:
    campaigns = [await a_campaign(database, cost_per_impression=price) for price in (9, 5, 1)]
    (id,) = await some_clients(database, 1)
    one, other = a_desk(database), a_desk(database)
    assert [(await desk.show(id)).campaign.id for desk in (one, other, one)] == campaigns
    for desk in (one, other):
        with pytest.raises(NothingToShow):
            await desk.show(id)


async def test_a_client_who_is_gone_is_forgotten_and_may_come_back_as_another(database: Database) -> None:
    await a_campaign(database)
    second = await a_campaign(database, targeting={"age_from": 40})
    (id,) = await some_clients(database, 1)
    desk = a_desk(database)
    await desk.show(id)
    async with database.writes.begin() as connection:
        await connection.execute(delete(clients).where(clients.c.id == id))
    with pytest.raises(ClientNotFound):
        await desk.show(id)
    await put(database, Client(id, "anna", 41, "Казань", Gender.FEMALE))
    assert (await desk.show(id)).campaign.id == second


async def test_a_client_who_keeps_changing_gets_an_answer(database: Database) -> None:
    for _ in range(3):
        await a_campaign(database)
    (id,) = await some_clients(database, 1)
    desk = a_desk(database)
    await desk.show(id)
    real, changes = desk.ledger.show, 3

    async def shaken(day: int, overshoot: int, proposals: list[Proposal]) -> list[Showing]:
        nonlocal changes
        if changes:
            changes -= 1
            async with database.writes.begin() as connection:
                await connection.execute(update(clients).values(stamp=clients.c.stamp + 1))
        return list(await real(day, overshoot, proposals))

    desk.ledger = _With(desk.ledger, shaken)  # type: ignore[assignment]
    assert (await desk.show(id)).charged
    assert changes == 0


async def test_what_was_proposed_in_vain_is_proposed_again(database: Database) -> None:
    campaign = await a_campaign(database)
    (id,) = await some_clients(database, 1)
    desk = a_desk(database)
    real = desk.ledger

    async def fail(*_: object) -> list[Showing]:
        raise OSError("away")

    desk.ledger = _With(real, fail)  # type: ignore[assignment]
    with pytest.raises(OSError, match="away"):
        await desk.show(id)
    desk.ledger = real
    assert (await desk.show(id)).campaign.id == campaign


async def test_more_clients_than_are_remembered(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "REMEMBERED", 3)
    campaigns = [await a_campaign(database) for _ in range(2)]
    people = await some_clients(database, 20)
    desk = a_desk(database)
    shown = await asyncio.gather(*[desk.show(id) for id in people for _ in campaigns])
    assert len(shown) == 40
    for campaign in campaigns:
        assert (await counted(database, campaign))["impressions"] == (20, 20, 20)


class _With:
    """A ledger with another way to show."""

    def __init__(self, ledger: object, show: object) -> None:
        self._ledger = ledger
        self.show = show

    def __getattr__(self, name: str) -> object:
        return getattr(self._ledger, name)
