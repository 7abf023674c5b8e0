"""The nightly task that scores advertisers for learners by what they train, and lets their ages follow the year."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import time
from itertools import batched
from typing import ClassVar
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import and_, delete, or_, select, update

from lyceum.accounts.api import Role
from lyceum.advertising.adapters.day import CalendarDay
from lyceum.advertising.adapters.repositories import SCORES
from lyceum.advertising.adapters.tables import (
    IS_RECKONED,
    IS_SHOWN_ADS,
    advertisers,
    campaigns,
    clients,
    learners,
    scores,
    state,
)
from lyceum.advertising.api import Studies
from lyceum.advertising.domain.ids import AdvertiserId
from lyceum.advertising.domain.learners import age_in
from lyceum.advertising.domain.relevance import Names, by_subjects, scores_of, short_name, subjects_in
from lyceum.bank.api import Catalogue
from lyceum.jobs.api import Result, Schedule, TaskContext
from lyceum.kernel.ports import Clock
from lyceum.platform.database import Database, SqlTransaction
from lyceum.platform.words import terms_of

LANGUAGES = ("ru", "en")
CAMPAIGNS = 1000
LEARNERS = 50
PAIRS = 250
RECKONED = replace(SCORES, only="advertising_scores.reckoned")
"""Scores of the task are written over its own alone."""

type Together = Mapping[frozenset[str], Sequence[AdvertiserId]]


class ScorePayload(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing to say: it is about now."""


@dataclass(frozen=True, slots=True)
class Texts:
    """What campaigns that are not over are about."""

    database: Database
    catalogue: Catalogue
    calendar: CalendarDay

    async def together(self) -> Together:
        """Advertisers by the subjects that they declare, or else that their ads name."""
        names = await self._names()
        found: dict[AdvertiserId, frozenset[str]] = {}
        after = -1
        while rows := await self._page(after):
            after = rows[-1][0]
            for advertiser, subjects in await asyncio.to_thread(_read, [row[1:] for row in rows], names):
                found[advertiser] = found.get(advertiser, frozenset()) | subjects
        return by_subjects(found)

    async def _names(self) -> Names:
        names: dict[str, list[frozenset[str]]] = {}
        for language in LANGUAGES:
            for subject in await self.catalogue.subjects(language):
                names.setdefault(subject.id, []).append(frozenset(terms_of([short_name(subject.title)])))
        return names

    async def _page(self, after: int) -> Sequence[tuple[int, UUID, Sequence[str], str, str]]:
        query = (
            select(
                campaigns.c.number,
                campaigns.c.advertiser_id,
                advertisers.c.subjects,
                campaigns.c.ad_title,
                campaigns.c.ad_text,
            )
            .join(advertisers, advertisers.c.id == campaigns.c.advertiser_id)
            .where(campaigns.c.number > after, campaigns.c.deleted_at.is_(None))
            .order_by(campaigns.c.number)
            .limit(CAMPAIGNS)
        )
        async with self.database.read() as connection:
            if self.calendar.is_in_force:
                today = self.calendar.today()
            else:
                today = await connection.scalar(select(state.c.today)) or 0
            return [tuple(row) for row in await connection.execute(query.where(campaigns.c.end_date >= today))]


def _read(
    rows: Sequence[tuple[UUID, Sequence[str], str, str]], names: Names
) -> list[tuple[AdvertiserId, frozenset[str]]]:
    """The subjects of each ad. Declared ones that the bank has no more are as good as not declared."""
    return [
        (AdvertiserId(id), frozenset(names.keys() & declared) or subjects_in(set(terms_of((title, text))), names))
        for id, declared, title, text in rows
    ]


@dataclass(frozen=True, slots=True)
class ScoreLearners:
    """`jobs.api.Kind`: goes through learners page by page, each in a transaction of its own. Beginning again does no
    harm: what is as it should be is not written."""

    name: ClassVar[str] = "score_learners"
    payload: ClassVar[type[msgspec.Struct]] = ScorePayload
    offered_to: ClassVar[frozenset[Role]] = frozenset({Role.OPERATOR})
    scope: ClassVar[str] = "advertising:write"
    database: Database
    transaction: SqlTransaction
    texts: Texts
    studies: Studies
    clock: Clock
    zone: ZoneInfo

    async def run(self, context: TaskContext, payload: ScorePayload) -> Result:
        together = await self.texts.together()
        context.log(f"{sum(map(len, together.values()))} advertisers declare a subject or name one in their ads.")
        seen = changed = 0
        after: UUID | None = None
        while ids := await self._page(after):
            after = ids[-1]
            trained = await self.studies.of(ids)
            wanted = {id: scores_of(trained.get(id, {}), together) for id in ids}
            async with self.transaction:
                changed += await self._write(wanted)
            seen += len(ids)
            context.progress(seen, 0, "learners scored")
        return {"learners": seen, "changed": changed, "advertisers": sum(map(len, together.values()))}

    async def _page(self, after: UUID | None) -> Sequence[UUID]:
        query = select(learners.c.client_id).where(IS_SHOWN_ADS).order_by(learners.c.client_id).limit(LEARNERS)
        async with self.database.read() as connection:
            found = await connection.scalars(query if after is None else query.where(learners.c.client_id > after))
            return found.all()

    async def _write(self, wanted: Mapping[UUID, Mapping[AdvertiserId, int]]) -> int:
        """Make the scores of these learners what is wanted, but for those that were given; how many learners that
        changed. Their rows are locked first, so nobody is written about who is gone by then."""
        connection = self.transaction.connection
        held = select(clients.c.id).where(clients.c.id.in_(wanted)).order_by(clients.c.id).with_for_update()
        present = set(await connection.scalars(held))
        await self._grow_older(sorted(present))
        kept = {
            (row.client_id, row.advertiser_id): row
            for row in await connection.execute(select(scores).where(scores.c.client_id.in_(present)))
        }
        new = [
            (id, advertiser, score, True)
            for id in present
            for advertiser, score in wanted[id].items()
            if (row := kept.get((id, advertiser))) is None or (row.reckoned and row.score != score)
        ]
        gone = [key for key, row in kept.items() if row.reckoned and key[1] not in wanted[key[0]]]
        await RECKONED.put(self.transaction, new)
        for pairs in batched(gone, PAIRS):
            these = or_(*(and_(scores.c.client_id == id, scores.c.advertiser_id == other) for id, other in pairs))
            await connection.execute(delete(scores).where(these, IS_RECKONED))
        touched = sorted({row[0] for row in new} | {id for id, _ in gone})
        if not touched:
            return 0
        stamping = update(clients).where(clients.c.id.in_(touched)).values(stamp=clients.c.stamp + 1)
        await connection.execute(stamping)
        return len(touched)

    async def _grow_older(self, ids: Sequence[UUID]) -> None:
        """A new year makes everybody a year older; who remembers them sees it by the stamp."""
        year = self.clock.now().astimezone(self.zone).year
        born = select(learners.c.client_id, learners.c.birth_year, clients.c.age)
        born = born.join(clients, clients.c.id == learners.c.client_id).where(clients.c.id.in_(ids), IS_SHOWN_ADS)
        rows = await self.transaction.connection.execute(born)
        ages: dict[int, list[UUID]] = {}
        for row in rows:
            if (age := age_in(year, row.birth_year)) != row.age:
                ages.setdefault(age, []).append(row.client_id)
        for age, whose in sorted(ages.items()):
            older = update(clients).where(clients.c.id.in_(whose)).values(age=age, stamp=clients.c.stamp + 1)
            await self.transaction.connection.execute(older)


KINDS = (ScoreLearners,)
SCHEDULES = (
    Schedule(
        name="advertising.score_learners",
        at=time(4),
        kind=ScoreLearners.name,
        payload_of=lambda _: ScorePayload(),
        title_of=lambda day: f"Relevance of advertisers, {day.isoformat()}",
        days_after=1,
        priority=2,
        timeout_s=3600,
    ),
)
