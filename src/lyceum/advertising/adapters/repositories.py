"""Clients, advertisers, scores and campaigns in the database, written in the running transaction."""

import asyncio
import json
from collections.abc import Collection, Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import batched, chain
from time import time_ns
from uuid import UUID

import asyncpg
from sqlalchemy import insert, null, select, update

from lyceum.advertising.adapters.rows import campaign_of, values_of
from lyceum.advertising.adapters.tables import advertisers, campaigns, tallies
from lyceum.advertising.adapters.upserts import next_revision
from lyceum.advertising.domain.campaigns import Campaign, Terms
from lyceum.advertising.domain.clients import Advertiser, Client, Score, place_of
from lyceum.advertising.domain.ids import AdvertiserId, CampaignId
from lyceum.advertising.domain.refusals import AdvertiserNotFound, CampaignNotFound, ClientNotFound
from lyceum.kernel.errors import AppError
from lyceum.kernel.ids import UserId
from lyceum.platform.database import SqlTransaction
from lyceum.platform.prepared import driver_of
from lyceum.platform.sqlite import LoopConnection

SOME = 20
"""Up to so many rows are written where the call stands; more go to a thread on SQLite."""
PART = 5_000
"""Rows that are in memory at a time."""
type Row = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Bulk:
    """An upsert of many rows: one statement with arrays on PostgreSQL, one statement for each row on SQLite.

    Columns that are `set_once` keep their first value; the one that `grows` becomes greater by one with each change.
    `only` is what must hold of a row for it to be changed.
    """

    table: str
    columns: Sequence[tuple[str, str]]
    key: Sequence[str]
    set_once: Sequence[str] = ()
    grows: str = ""
    only: str = ""

    def _conflict(self) -> str:
        kept = (*self.key, *self.set_once, self.grows)
        changed = [f"{name} = excluded.{name}" for name, _ in self.columns if name not in kept]
        if self.grows:
            changed.append(f"{self.grows} = {self.table}.{self.grows} + 1")
        taken = ", ".join(changed)
        condition = f" WHERE {self.only}" if self.only else ""
        return f"ON CONFLICT ({', '.join(self.key)}) DO UPDATE SET {taken}{condition}"

    def _names(self) -> str:
        return ", ".join(name for name, _ in self.columns)

    def for_postgres(self) -> str:
        arrays = ", ".join(f"${number}::{kind}[]" for number, (_, kind) in enumerate(self.columns, 1))
        return (
            f"INSERT INTO {self.table} ({self._names()}) "  # noqa: S608 - names of ours
            f"SELECT * FROM unnest({arrays}) {self._conflict()}"
        )

    def for_sqlite(self) -> str:
        places = ", ".join("?" for _ in self.columns)
        return f"INSERT INTO {self.table} ({self._names()}) VALUES ({places}) {self._conflict()}"  # noqa: S608

    async def put(self, transaction: SqlTransaction, rows: Iterable[Row]) -> None:
        """Write the rows in the order of their keys, so that two lists do not wait for each other in a ring."""
        raw = await driver_of(transaction.connection)
        parts = (sorted(part, key=lambda row: row[: len(self.key)]) for part in batched(rows, PART))
        first, second = await _next_of(parts), await _next_of(parts)
        if not isinstance(raw, asyncpg.Connection):
            await self._put_on_sqlite(raw, first, second, parts)
        elif second:
            await self._put_by_copy(raw, chain([first, second], parts))
        elif first:
            await raw.execute(self.for_postgres(), *zip(*first, strict=True))

    async def _put_by_copy(self, raw: asyncpg.Connection, parts: Iterator[Sequence[Row]]) -> None:
        """By a table of this transaction, which orders what does not fit into memory."""
        table, names = f"{self.table}_new", [name for name, _ in self.columns]
        columns = ", ".join(f"{name} {kind}" for name, kind in self.columns)
        await raw.execute(f"CREATE TEMP TABLE {table} ({columns}) ON COMMIT DROP")
        while part := await _next_of(parts):
            await raw.copy_records_to_table(table, records=part, columns=names)
        await raw.execute(
            f"INSERT INTO {self.table} ({self._names()}) SELECT {self._names()} FROM {table} "  # noqa: S608
            f"ORDER BY {', '.join(self.key)} {self._conflict()}"
        )

    async def _put_on_sqlite(
        self, raw: LoopConnection, first: Sequence[Row], second: Sequence[Row], parts: Iterator[Sequence[Row]]
    ) -> None:
        part = first
        while part:
            told = [tuple(item.hex if isinstance(item, UUID) else item for item in row) for row in part]
            if len(told) <= SOME:
                raw.many(self.for_sqlite(), told)
            else:
                await asyncio.to_thread(raw.many, self.for_sqlite(), told)
            part, second = second or await _next_of(parts), []


async def _next_of(parts: Iterator[Sequence[Row]]) -> Sequence[Row]:
    """The next part, had in a thread as it may have to be unpacked; empty behind the last one."""
    return await asyncio.to_thread(next, parts, [])


CLIENTS = Bulk(
    "advertising_clients",
    [
        ("id", "uuid"),
        ("login", "text"),
        ("age", "int2"),
        ("location", "text"),
        ("place", "text"),
        ("gender", "text"),
        ("stamp", "int8"),
    ],
    ["id"],
    grows="stamp",
)
ADVERTISERS = Bulk(
    "advertising_advertisers", [("id", "uuid"), ("name", "text"), ("owner_id", "uuid")], ["id"], ["owner_id"]
)
SCORES = Bulk(
    "advertising_scores",
    [("client_id", "uuid"), ("advertiser_id", "uuid"), ("score", "int8"), ("reckoned", "bool")],
    ["client_id", "advertiser_id"],
)


@dataclass(frozen=True, slots=True)
class SqlClients:
    """`ports.Clients`."""

    transaction: SqlTransaction

    async def put_clients(self, clients: Collection[Client]) -> None:
        first = time_ns() // 1000  # a client who is deleted and made again does not get an old stamp again
        rows = ((it.id, it.login, it.age, it.location, place_of(it.location), it.gender.value, first) for it in clients)
        await CLIENTS.put(self.transaction, rows)

    async def put_advertisers(self, advertisers: Collection[Advertiser], owner: UserId | None) -> None:
        await ADVERTISERS.put(self.transaction, ((it.id, it.name, owner) for it in advertisers))

    async def put_scores(self, scores: Collection[Score]) -> None:
        people: set[UUID] = set()
        for part in batched(scores, PART):
            people.update(new := {it.client_id for it in part} - people)
            await self._require("advertising_clients", list(new), ClientNotFound)
            paying = {it.advertiser_id for it in part}
            await self._require("advertising_advertisers", list(paying), AdvertiserNotFound)
        await self._stamp(people)
        rows = ((it.client_id, it.advertiser_id, it.score, False) for it in scores)
        await SCORES.put(self.transaction, rows)

    async def not_owned(self, ids: Sequence[AdvertiserId], owner: UserId) -> AdvertiserId | None:
        found = await self._first(
            "SELECT id FROM advertising_advertisers WHERE id = ANY($1::uuid[]) "
            "AND owner_id IS DISTINCT FROM $2 LIMIT 1",
            "SELECT id FROM advertising_advertisers WHERE id IN (SELECT value FROM json_each(?)) "
            "AND owner_id IS NOT ? LIMIT 1",
            ids,
            owner,
        )
        return None if found is None else AdvertiserId(found)

    async def has_advertiser(self, owner: UserId) -> bool:
        query = select(advertisers.c.id).where(advertisers.c.owner_id == owner).limit(1)
        return await self.transaction.connection.scalar(query) is not None

    async def declare_subjects(self, id: AdvertiserId, subjects: Sequence[str], owner: UserId | None) -> None:
        mine = advertisers.c.id == id
        if owner is not None:
            mine &= advertisers.c.owner_id == owner
        declared = update(advertisers).where(mine).values(subjects=subjects or null())
        if (await self.transaction.connection.execute(declared)).rowcount != 1:
            raise AdvertiserNotFound(id=id)

    async def _require(self, table: str, ids: Sequence[UUID], refusal: type[AppError]) -> None:
        missing = await self._first(
            f"SELECT it FROM unnest($1::uuid[]) it "  # noqa: S608 - a table of ours
            f"WHERE NOT EXISTS (SELECT FROM {table} WHERE id = it) LIMIT 1",
            f"SELECT value FROM json_each(?) WHERE value NOT IN (SELECT id FROM {table}) LIMIT 1",  # noqa: S608
            ids,
        )
        if missing is not None:
            raise refusal(id=missing)

    async def _first(self, postgres: str, sqlite: str, ids: Sequence[UUID], *more: UUID) -> UUID | None:
        """The first id that a query over a list of ids finds."""
        raw = await driver_of(self.transaction.connection)
        if isinstance(raw, asyncpg.Connection):
            found: UUID | None = await raw.fetchval(postgres, ids, *more)
            return found
        row = raw.now(sqlite, [json.dumps([id.hex for id in ids]), *(id.hex for id in more)]).fetchone()
        return None if row is None else UUID(row[0])

    async def _stamp(self, people: Set[UUID]) -> None:
        """Let everybody who remembers the scores of these clients read them anew."""
        raw = await driver_of(self.transaction.connection)
        ids = sorted(people)
        if isinstance(raw, asyncpg.Connection):
            await raw.execute(STAMP, ids)
        else:
            listed = json.dumps([id.hex for id in ids])
            raw.now(
                "UPDATE advertising_clients SET stamp = stamp + 1 WHERE id IN (SELECT value FROM json_each(?))",
                [listed],
            )


STAMP = """
WITH held AS (SELECT id FROM advertising_clients WHERE id = ANY($1::uuid[]) ORDER BY id FOR UPDATE)
UPDATE advertising_clients SET stamp = stamp + 1 FROM held WHERE advertising_clients.id = held.id
"""


@dataclass(frozen=True, slots=True)
class SqlCampaigns:
    """`ports.Campaigns`."""

    transaction: SqlTransaction

    async def require_advertiser(self, id: AdvertiserId, owner: UserId | None) -> None:
        query = select(advertisers.c.owner_id).where(advertisers.c.id == id)
        row = (await self.transaction.connection.execute(query)).one_or_none()
        if row is None or (owner is not None and row.owner_id != owner):
            raise AdvertiserNotFound(id=id)

    async def add(self, advertiser_id: AdvertiserId, id: CampaignId, terms: Terms) -> Campaign:
        connection = self.transaction.connection
        revision = await next_revision(connection)
        campaign = Campaign(id=id, advertiser_id=advertiser_id, terms=terms)
        row = {**values_of(campaign), "id": id, "advertiser_id": advertiser_id, "number": revision}
        await connection.execute(insert(campaigns).values(row | {"revision": revision}))
        await connection.execute(insert(tallies).values(campaign_id=id, impressions=0, clicks=0))
        return campaign

    async def get_for_update(self, advertiser_id: AdvertiserId, id: CampaignId) -> Campaign:
        query = (
            select(campaigns)
            .where(campaigns.c.id == id, campaigns.c.advertiser_id == advertiser_id, campaigns.c.deleted_at.is_(None))
            .with_for_update()
        )
        row = (await self.transaction.connection.execute(query)).one_or_none()
        if row is None:
            raise CampaignNotFound(id=id)
        return campaign_of(row)

    async def save(self, campaign: Campaign) -> Campaign:
        saved = replace(campaign, version=campaign.version + 1)
        await self._change(saved, values_of(saved))
        return saved

    async def delete(self, campaign: Campaign) -> None:
        await self._change(campaign, {"deleted_at": datetime.now(UTC)})

    async def _change(self, campaign: Campaign, values: dict[str, object]) -> None:
        connection = self.transaction.connection
        revision = await next_revision(connection)
        change = update(campaigns).where(campaigns.c.id == campaign.id)
        await connection.execute(change.values(values | {"revision": revision}))
