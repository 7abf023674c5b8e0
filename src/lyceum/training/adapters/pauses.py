"""Pauses in the database, and ads that never keep a learner waiting."""

import asyncio
import time
from collections.abc import Awaitable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

import structlog
from sqlalchemy import Integer, bindparam, or_, select, update

from lyceum.advertising.api import Ads, AdView
from lyceum.kernel.ids import UserId
from lyceum.platform.database import Database, SqlTransaction
from lyceum.platform.metrics import Metrics
from lyceum.platform.prepared import Prepared
from lyceum.training.adapters.tables import attempts, pauses, seen, trainings
from lyceum.training.adapters.upserts import inserting
from lyceum.training.domain.pauses import AdsAway, PauseStanding
from lyceum.training.domain.trainings import Mode

NEVER = datetime(1970, 1, 1, tzinfo=UTC)
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0)
CLICK_SECONDS = 3.0
"""Whoever clicks an ad wants to see it, and waits."""
LATEST_SECONDS = 2.0
log = structlog.get_logger()

_LATEST = Prepared(select(pauses.c.taken_at, pauses.c.ad_id).where(pauses.c.learner_id == bindparam("learner")))
_SINCE = Prepared(
    select(seen.c.question_id)
    .join(attempts, attempts.c.id == seen.c.attempt_id)
    .join(trainings, trainings.c.id == attempts.c.training_id)
    .where(
        seen.c.learner_id == bindparam("learner"),
        seen.c.at > bindparam("since", type_=seen.c.at.type),
        or_(trainings.c.mode == Mode.PRACTICE.value, trainings.c.mode == Mode.REVIEW.value),
    )
    .limit(bindparam("enough", type_=Integer))
)


@dataclass(frozen=True, slots=True)
class SqlPauses:
    """`ports.Pauses`. Questions are counted by their latest answer, so one that comes twice counts once."""

    database: Database
    transaction: SqlTransaction

    async def standing(self, learner: UserId, enough: int) -> PauseStanding:
        found = await _LATEST.read(self.database, {"learner": learner})
        taken_at, ad_id = (found[0].taken_at, found[0].ad_id) if found else (None, None)
        if ad_id is not None:
            return PauseStanding(taken_at=taken_at, ad_id=ad_id, answered=0)
        asked = {"learner": learner, "since": taken_at or NEVER, "enough": enough}
        return PauseStanding(taken_at=taken_at, ad_id=None, answered=len(await _SINCE.read(self.database, asked)))

    async def claim(self, learner: UserId, since: datetime | None, at: datetime) -> bool:
        connection = self.transaction.connection
        if since is None:
            first = inserting(connection, pauses).values(learner_id=learner, taken_at=at)
            taken = await connection.execute(first.on_conflict_do_nothing())
        else:
            mine = (pauses.c.learner_id == learner, pauses.c.taken_at == since)
            taken = await connection.execute(update(pauses).where(*mine).values(taken_at=at))
        return taken.rowcount == 1

    async def hold(self, learner: UserId, ad: UUID) -> None:
        mine = (pauses.c.learner_id == learner, pauses.c.ad_id.is_(None))
        await self.transaction.connection.execute(update(pauses).where(*mine).values(ad_id=ad))

    async def end(self, learner: UserId, ad: UUID) -> None:
        mine = (pauses.c.learner_id == learner, pauses.c.ad_id == ad)
        await self.transaction.connection.execute(update(pauses).where(*mine).values(ad_id=None))


class PauseMetrics:
    """What became of pauses, for Prometheus."""

    def __init__(self, metrics: Metrics) -> None:
        self._pauses = metrics.counter(
            "ad_pauses", "Pauses of learners by what came of them: shown, nothing, late, failed.", "outcome"
        )
        self.waited = metrics.histogram("ad_wait_seconds", "How long learners waited for an ad.", SECONDS).observe

    def came(self, outcome: str) -> None:
        self._pauses.labels(outcome).inc()


@dataclass(slots=True, eq=False)
class TimelyAds:
    """`ports.AdsInTime` over advertising's door."""

    ads: Ads
    database: Database
    metrics: PauseMetrics
    seconds: float
    _late: set[asyncio.Task[None]] = field(default_factory=set)

    async def show(self, learner: UserId) -> AdView | None:
        asked = time.perf_counter()
        coming = asyncio.create_task(_plain(self.ads.show(learner)))
        try:
            await asyncio.wait({coming}, timeout=self.seconds)
        finally:
            self.metrics.waited(time.perf_counter() - asked)
            if not coming.done():
                self.metrics.came("late")
                self._hold_later(learner, coming)
        if not coming.done():
            log.warning("training.ad_late", seconds=self.seconds)
            return None
        try:
            ad = coming.result()
        except Exception as error:  # noqa: BLE001 - whatever is wrong with ads, the training goes on
            self.metrics.came("failed")
            log.warning("training.ad_failed", error=repr(error)[:500])
            return None
        self.metrics.came("nothing" if ad is None else "shown")
        return ad

    async def again(self, learner: UserId, ad: UUID) -> AdView | None:
        return await self._in_time(self.ads.again(learner, ad), self.seconds)

    async def click(self, learner: UserId, ad: UUID) -> bool:
        return await self._in_time(self.ads.click(learner, ad), CLICK_SECONDS)

    async def _in_time[T](self, asked: Awaitable[T], seconds: float) -> T:
        try:
            async with asyncio.timeout(seconds):
                return await asked
        except Exception as error:
            log.warning("training.ad_away", error=repr(error)[:500])
            raise AdsAway from error

    def _hold_later(self, learner: UserId, coming: asyncio.Task[AdView | None]) -> None:
        """What is being counted may be counted for good: then it is shown in the next pause."""
        task = asyncio.create_task(self._hold(learner, coming))
        self._late.add(task)
        task.add_done_callback(self._late.discard)

    async def _hold(self, learner: UserId, coming: asyncio.Task[AdView | None]) -> None:
        try:
            if (ad := await coming) is not None:
                transaction = SqlTransaction(self.database)
                async with transaction:
                    await SqlPauses(self.database, transaction).hold(learner, ad.ad_id)
        except Exception as error:  # noqa: BLE001 - nobody waits for it any more
            log.warning("training.ad_failed", error=repr(error)[:500])

    async def close(self) -> None:
        """Let ads that are late come, for a moment."""
        if self._late:
            _, left = await asyncio.wait(self._late, timeout=LATEST_SECONDS)
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)


async def _plain[T](asked: Awaitable[T]) -> T:
    return await asked
