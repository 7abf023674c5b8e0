"""The ledger on SQLite: the pairs of a batch one after the other, in one transaction that lets nobody else write."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from lyceum.advertising.adapters.ledger import Clicking, Known, Pair, Proposal, Showing
from lyceum.platform.database import Database, SqlTransaction
from lyceum.platform.prepared import driver_of, known_faults
from lyceum.platform.sqlite import LoopConnection

CLIENTS = """
SELECT id, gender, age, place, stamp FROM advertising_clients WHERE id IN (SELECT value FROM json_each(?))
"""
SEEN = """
SELECT client_id, campaign_id FROM advertising_views WHERE client_id IN (SELECT value FROM json_each(?))
"""
SCORES = """
SELECT client_id, advertiser_id, score FROM advertising_scores
WHERE client_id IN (SELECT value FROM json_each(?))
"""
CAMPAIGN = """
SELECT t.impressions, t.clicks, c.cost_per_impression, c.cost_per_click, c.advertiser_id, c.deleted_at IS NULL,
       c.start_date <= :day AND c.end_date >= :day AND t.clicks < c.clicks_limit
           AND t.impressions < c.impressions_limit + c.impressions_limit * :overshoot / 100
FROM advertising_tallies t JOIN advertising_campaigns c ON c.id = t.campaign_id WHERE c.id = :campaign
"""
VIEW = """
INSERT INTO advertising_views (client_id, campaign_id, day, price, at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
"""
VIEWED = "UPDATE advertising_tallies SET impressions = impressions + 1 WHERE campaign_id = ?"
CLICK = """
UPDATE advertising_views SET click_day = ?, click_price = ?, clicked_at = ?
WHERE client_id = ? AND campaign_id = ? AND click_day IS NULL
"""
CLICKED = "UPDATE advertising_tallies SET clicks = clicks + 1 WHERE campaign_id = ?"
CHARGE = """
INSERT INTO advertising_charges (campaign_id, day, kind, price, advertiser_id, count) VALUES (?, ?, ?, ?, ?, 1)
ON CONFLICT (campaign_id, day, kind, price) DO UPDATE SET count = count + 1
"""
STAMP = "SELECT stamp FROM advertising_clients WHERE id = ?"
IS_CLIENT = "SELECT 1 FROM advertising_clients WHERE id = ?"
WAS_SHOWN = "SELECT 1 FROM advertising_views WHERE client_id = ? AND campaign_id = ?"


@dataclass(frozen=True, slots=True)
class SqliteLedger:
    """`Ledger`."""

    database: Database

    @property
    def lanes(self) -> int:
        """There is one writer."""
        return 1

    async def _read(self, query: str, ids: Sequence[UUID]) -> Sequence[tuple[object, ...]]:
        reader = await self.database.reader()
        assert reader is not None  # noqa: S101 - told to the type checker
        with known_faults(query):
            return reader.now(query, [json.dumps([id.hex for id in ids])]).fetchall()

    async def clients(self, ids: Sequence[UUID]) -> Mapping[UUID, Known]:
        people = await self._read(CLIENTS, ids)
        seen: dict[object, list[UUID]] = {}
        for client, campaign in await self._read(SEEN, ids):
            seen.setdefault(client, []).append(UUID(str(campaign)))
        scores: dict[object, dict[UUID, int]] = {}
        for client, advertiser, score in await self._read(SCORES, ids):
            scores.setdefault(client, {})[UUID(str(advertiser))] = int(str(score))
        return {
            UUID(str(id)): Known(gender, age, place, stamp, seen.get(id, []), scores.get(id, {}))  # type: ignore[arg-type]
            for id, gender, age, place, stamp in people
        }

    async def show(self, day: int, overshoot: int, proposals: Sequence[Proposal]) -> Sequence[Showing]:
        transaction = SqlTransaction(self.database)
        async with transaction:
            driver: LoopConnection = await driver_of(transaction.connection)
            with known_faults(VIEW):
                return [
                    _show(driver, day, overshoot, client.hex, campaign.hex, stamp)
                    for client, campaign, stamp in proposals
                ]

    async def click(self, day: int, pairs: Sequence[Pair]) -> Sequence[Clicking]:
        transaction = SqlTransaction(self.database)
        async with transaction:
            driver: LoopConnection = await driver_of(transaction.connection)
            with known_faults(CLICK):
                return [_click(driver, day, client.hex, campaign.hex) for client, campaign in pairs]


def _now() -> str:
    """The present moment as the column type writes it."""
    return datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


def _show(driver: LoopConnection, day: int, overshoot: int, client: str, campaign: str, stamp: int) -> Showing:
    found = driver.now(CAMPAIGN, {"day": day, "overshoot": overshoot, "campaign": campaign}).fetchone()
    impressions, clicks, price, _, advertiser, exists, fits = found or (0, 0, "", "", "", 0, 0)
    is_current = driver.now(STAMP, (client,)).fetchone() == (stamp,)
    counted = (
        bool(is_current and exists and fits) and driver.now(VIEW, (client, campaign, day, price, _now())).rowcount == 1
    )
    if counted:
        driver.now(VIEWED, (campaign,))
        driver.now(CHARGE, (campaign, day, "impression", price, advertiser))
    return Showing(is_current=is_current, counted=counted, impressions=impressions + counted, clicks=clicks)


def _click(driver: LoopConnection, day: int, client: str, campaign: str) -> Clicking:
    found = driver.now(CAMPAIGN, {"day": day, "overshoot": 0, "campaign": campaign}).fetchone()
    impressions, clicks, _, price, advertiser, exists, _ = found or (0, 0, "", "", "", 0, 0)
    counted = bool(exists) and driver.now(CLICK, (day, price, _now(), client, campaign)).rowcount == 1
    if counted:
        driver.now(CLICKED, (campaign,))
        driver.now(CHARGE, (campaign, day, "click", price, advertiser))
    return Clicking(
        client_exists=driver.now(IS_CLIENT, (client,)).fetchone() is not None,
        campaign_exists=bool(exists),
        was_shown=counted or driver.now(WAS_SHOWN, (client, campaign)).fetchone() is not None,
        counted=counted,
        impressions=impressions,
        clicks=clicks + counted,
    )
