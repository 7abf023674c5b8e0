"""Desks over one database, each with an index of its own as processes have, and what they are to show."""

import json
from uuid import uuid4

from sqlalchemy import select

from lyceum.advertising.adapters.bodies import parsed
from lyceum.advertising.adapters.day import CalendarDay
from lyceum.advertising.adapters.desk import BatchingDesk
from lyceum.advertising.adapters.following import AdFollower
from lyceum.advertising.adapters.index import AdIndex
from lyceum.advertising.adapters.ledger import Ledger
from lyceum.advertising.adapters.ledger_postgres import PostgresLedger
from lyceum.advertising.adapters.ledger_sqlite import SqliteLedger
from lyceum.advertising.adapters.repositories import SqlCampaigns, SqlClients
from lyceum.advertising.adapters.tables import charges, tallies, views
from lyceum.advertising.adapters.telling import AdMetrics
from lyceum.advertising.adapters.unserved import Unserved
from lyceum.advertising.domain.choice import Weights
from lyceum.advertising.domain.clients import Advertiser, Client, Gender
from lyceum.advertising.domain.forms import read_terms
from lyceum.advertising.domain.ids import AdvertiserId, CampaignId, ClientId
from lyceum.kernel.clock import SystemClock
from lyceum.platform.database import Database, SqlTransaction
from lyceum.platform.metrics import Metrics
from lyceum.platform.settings import Settings
from tests.advertising.platform import terms


def ledger_of(database: Database) -> Ledger:
    return SqliteLedger(database) if database.is_sqlite else PostgresLedger(database)


def a_desk(database: Database, *, overshoot: int = 0, repeats: bool = False) -> BatchingDesk:
    index = AdIndex(Weights(), overshoot)
    follower = AdFollower(database, CalendarDay(Settings(), SystemClock()), index)
    metrics = AdMetrics(Metrics(), index, follower)
    return BatchingDesk(index, follower, ledger_of(database), metrics, Unserved(database), repeats)


async def some_clients(database: Database, count: int) -> list[ClientId]:
    people = [Client(ClientId(uuid4()), "anna", 17, "Казань", Gender.FEMALE) for _ in range(count)]
    transaction = SqlTransaction(database)
    async with transaction:
        await SqlClients(transaction).put_clients(people)
    return [person.id for person in people]


async def a_campaign(database: Database, **changes: object) -> CampaignId:
    transaction = SqlTransaction(database)
    advertiser, id = AdvertiserId(uuid4()), CampaignId(uuid4())
    async with transaction:
        await SqlClients(transaction).put_advertisers([Advertiser(advertiser, "x")], None)
        await SqlCampaigns(transaction).add(
            advertiser, id, read_terms(parsed(json.dumps(terms(**changes)).encode()), 0)
        )
    return id


async def counted(database: Database, campaign: CampaignId) -> dict[str, tuple[int, int, int]]:
    """Impressions and clicks as the tally, the events and the ledger have them."""
    async with database.read() as connection:
        tally = (await connection.execute(select(tallies).where(tallies.c.campaign_id == campaign))).one()
        events = (await connection.execute(select(views).where(views.c.campaign_id == campaign))).all()
        paid = (await connection.execute(select(charges).where(charges.c.campaign_id == campaign))).all()
    return {
        "impressions": (
            tally.impressions,
            len(events),
            sum(row.count for row in paid if row.kind == "impression"),
        ),
        "clicks": (
            tally.clicks,
            sum(event.click_day is not None for event in events),
            sum(row.count for row in paid if row.kind == "click"),
        ),
    }
