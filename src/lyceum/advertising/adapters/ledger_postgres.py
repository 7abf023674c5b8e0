"""The ledger on PostgreSQL: one statement for a whole batch, which locks the tallies of its campaigns in their order.

Whoever counts anything for a campaign holds its tally first, so limits, pairs and sums of one campaign are changed by
one transaction at a time, and two batches never wait for each other in a ring.

Planning costs more than a batch does, so both statements are written for one plan that is kept. Rows are looked up one
by one by their keys: of new tables the planner has no statistics, and a join would read them whole, and go on when they
are large. Arrays come through `(SELECT $1)`, which hides from the planner how long they are: else it takes a plan for
the batch at hand for cheaper than one for all, and makes one each time.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import asyncpg

from lyceum.advertising.adapters.ledger import Clicking, Known, Pair, Proposal, Showing
from lyceum.platform.database import Database
from lyceum.platform.prepared import driver_of, known_faults

CLIENTS = """
SELECT c.id, c.gender, c.age, c.place, c.stamp,
       ARRAY(SELECT v.campaign_id FROM advertising_views v WHERE v.client_id = c.id),
       s.advertisers, s.scores
FROM advertising_clients c CROSS JOIN LATERAL (
    SELECT array_agg(s.advertiser_id) AS advertisers, array_agg(s.score) AS scores
    FROM advertising_scores s WHERE s.client_id = c.id
) s
WHERE c.id = ANY($1::uuid[])
"""
PROPOSED = """
asked AS (
    SELECT *, stamp IS NOT DISTINCT FROM (
        SELECT c.stamp FROM advertising_clients c WHERE c.id = client_id
    ) AS is_current
    FROM unnest((SELECT $1::uuid[]), (SELECT $2::uuid[]), (SELECT $6::bigint[]))
        WITH ORDINALITY AS asked(client_id, campaign_id, stamp, place)
)
"""
CLICKED = """
asked AS (
    SELECT * FROM unnest((SELECT $1::uuid[]), (SELECT $2::uuid[]))
        WITH ORDINALITY AS asked(client_id, campaign_id, place)
)
"""
HELD = """
held AS MATERIALIZED (
    SELECT campaign_id, impressions, clicks FROM advertising_tallies
    WHERE campaign_id = ANY((SELECT $2::uuid[])::uuid[]) ORDER BY campaign_id FOR UPDATE
)
"""
CHARGE = """
charged AS (
    INSERT INTO advertising_charges (campaign_id, day, kind, price, advertiser_id, count)
    SELECT campaign_id, $3, '{kind}', price, advertiser_id, number FROM taken
    ON CONFLICT (campaign_id, day, kind, price) DO UPDATE SET count = advertising_charges.count + excluded.count
)
"""
SHOW = f"""
WITH {PROPOSED}, {HELD}, due AS (
    SELECT a.client_id, c.id AS campaign_id, c.advertiser_id, c.cost_per_impression AS price,
           h.impressions + row_number() OVER (PARTITION BY c.id ORDER BY a.place)
               <= c.impressions_limit + c.impressions_limit * $4::int / 100 AS fits
    FROM asked a JOIN held h USING (campaign_id)
    CROSS JOIN LATERAL (
        SELECT id, advertiser_id, cost_per_impression, impressions_limit, clicks_limit FROM advertising_campaigns c
        WHERE c.id = a.campaign_id AND c.deleted_at IS NULL AND c.start_date <= $3 AND c.end_date >= $3 LIMIT 1
    ) c
    WHERE a.is_current AND h.clicks < c.clicks_limit
), fresh AS (
    INSERT INTO advertising_views (client_id, campaign_id, day, price, at)
    SELECT client_id, campaign_id, $3::bigint, price, $5::timestamptz FROM due WHERE fits
    ON CONFLICT DO NOTHING RETURNING client_id, campaign_id
), taken AS (
    SELECT campaign_id, due.price, due.advertiser_id, count(*) AS number
    FROM fresh JOIN due USING (client_id, campaign_id) GROUP BY campaign_id, due.price, due.advertiser_id
), tallied AS (
    UPDATE advertising_tallies t SET impressions = t.impressions + taken.number
    FROM taken WHERE t.campaign_id = taken.campaign_id RETURNING t.campaign_id, t.impressions, t.clicks
), {CHARGE.format(kind="impression")}
SELECT a.is_current, f.client_id IS NOT NULL, coalesce(t.impressions, h.impressions, 0), coalesce(t.clicks, h.clicks, 0)
FROM asked a LEFT JOIN held h USING (campaign_id) LEFT JOIN tallied t USING (campaign_id)
LEFT JOIN fresh f ON f.client_id = a.client_id AND f.campaign_id = a.campaign_id ORDER BY a.place
"""  # noqa: S608 - parts of ours
CLICK = f"""
WITH {CLICKED}, {HELD}, found AS (
    SELECT v.ctid AS row, c.cost_per_click AS price, c.advertiser_id
    FROM held h JOIN asked a USING (campaign_id)
    CROSS JOIN LATERAL (
        SELECT cost_per_click, advertiser_id FROM advertising_campaigns c
        WHERE c.id = a.campaign_id AND c.deleted_at IS NULL LIMIT 1
    ) c
    CROSS JOIN LATERAL (
        SELECT ctid FROM advertising_views v
        WHERE v.client_id = a.client_id AND v.campaign_id = a.campaign_id AND v.click_day IS NULL LIMIT 1
    ) v
), clicked AS (
    UPDATE advertising_views v SET click_day = $3::bigint, click_price = found.price, clicked_at = $4::timestamptz
    FROM found WHERE v.ctid = found.row AND v.click_day IS NULL
    RETURNING v.client_id, v.campaign_id, v.click_price AS price, found.advertiser_id
), taken AS (
    SELECT campaign_id, price, advertiser_id, count(*) AS number FROM clicked
    GROUP BY campaign_id, price, advertiser_id
), tallied AS (
    UPDATE advertising_tallies t SET clicks = t.clicks + taken.number
    FROM taken WHERE t.campaign_id = taken.campaign_id RETURNING t.campaign_id, t.impressions, t.clicks
), {CHARGE.format(kind="click")}
SELECT k.client_id IS NOT NULL
           OR (SELECT true FROM advertising_clients c WHERE c.id = a.client_id LIMIT 1) IS NOT NULL,
       k.client_id IS NOT NULL OR (SELECT true FROM advertising_campaigns c
        WHERE c.id = a.campaign_id AND c.deleted_at IS NULL LIMIT 1) IS NOT NULL,
       k.client_id IS NOT NULL OR (SELECT true FROM advertising_views v
        WHERE v.client_id = a.client_id AND v.campaign_id = a.campaign_id LIMIT 1) IS NOT NULL,
       k.client_id IS NOT NULL, coalesce(t.impressions, h.impressions, 0), coalesce(t.clicks, h.clicks, 0)
FROM asked a LEFT JOIN held h USING (campaign_id) LEFT JOIN tallied t USING (campaign_id)
LEFT JOIN clicked k ON k.client_id = a.client_id AND k.campaign_id = a.campaign_id ORDER BY a.place
"""  # noqa: S608 - parts of ours


@dataclass(frozen=True, slots=True)
class PostgresLedger:
    """`Ledger`; each call is a single statement, which needs neither BEGIN nor COMMIT."""

    database: Database

    @property
    def lanes(self) -> int:
        """While one batch is at the database, the next is chosen and sent."""
        return 2

    @asynccontextmanager
    async def _driver(self) -> AsyncIterator[asyncpg.Connection]:
        async with self.database.read() as connection:
            with known_faults("advertising"):
                yield await driver_of(connection)

    async def clients(self, ids: Sequence[UUID]) -> Mapping[UUID, Known]:
        async with self._driver() as driver:
            rows = await driver.fetch(CLIENTS, ids)
        return {
            id: Known(gender, age, place, stamp, seen, dict(zip(advertisers or (), scores or (), strict=True)))
            for id, gender, age, place, stamp, seen, advertisers, scores in rows
        }

    async def show(self, day: int, overshoot: int, proposals: Sequence[Proposal]) -> Sequence[Showing]:
        clients, campaigns, stamps = zip(*proposals, strict=True)
        async with self._driver() as driver:
            rows = await driver.fetch(SHOW, clients, campaigns, day, overshoot, datetime.now(UTC), stamps)
        return [Showing(*row) for row in rows]

    async def click(self, day: int, pairs: Sequence[Pair]) -> Sequence[Clicking]:
        clients, campaigns = zip(*pairs, strict=True)
        async with self._driver() as driver:
            rows = await driver.fetch(CLICK, clients, campaigns, day, datetime.now(UTC))
        return [Clicking(*row) for row in rows]
