"""What the nightly check of ratings found: figures of each night, questions that strayed, and gauges of both."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import msgspec
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from lyceum.accounts.api import Actor, Role
from lyceum.platform.database import Database
from lyceum.platform.database_time import seconds_since
from lyceum.platform.metrics import Metrics
from lyceum.training.adapters.tables import is_strayed, item_fits, items, rating_checks

NIGHTS = 30
FARTHEST = 100


class RatingCheck(msgspec.Struct, frozen=True, kw_only=True):
    """A fit of all first answers up to the end of `day`, and the online ratings against it, in logits: `shift` of all,
    `scatter` (root mean square) of what is left, `correlation` (null without any spread). `strayed` questions are more
    than three standard errors off. `spread` is the standard deviation of abilities. Not `whole`: only the newest
    learners were taken. Not `settled`: the fit had not come to rest."""

    day: date
    at: datetime
    answers: int
    learners: int
    questions: int
    whole: bool
    passes: int
    settled: bool
    spread: float
    shift: float
    scatter: float
    correlation: float | None
    strayed: int


class StrayedQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """A question whose online `rating` is `off` the one that the fit found, in Elo points: above it, it is taken to be
    harder than it is."""

    question_id: UUID
    subject: str
    answered: int
    rating: float
    fitted: float
    fitted_error: float
    off: float


class RatingChecks(msgspec.Struct, frozen=True, kw_only=True):
    """The last nights, the newest first, and the strayed questions of the latest one, the farthest first: an author's
    own, everybody's for operators."""

    checks: Sequence[RatingCheck]
    strayed: Sequence[StrayedQuestion]


@dataclass(frozen=True, slots=True)
class ReadChecks:
    """Authors and operators read how ratings do."""

    database: Database

    async def __call__(self, actor: Actor) -> RatingChecks:
        actor.require(Role.AUTHOR, scope="training:read")
        nights = select(rating_checks).order_by(rating_checks.c.day.desc()).limit(NIGHTS)
        far = (
            select(items.c.question_id, items.c.subject, items.c.answered, items.c.rating)
            .add_columns(item_fits.c.rating.label("fitted"), item_fits.c.rating_error, item_fits.c.off)
            .join(item_fits, item_fits.c.question_id == items.c.question_id)
            .where(is_strayed)
            .order_by(func.abs(item_fits.c.off).desc(), items.c.question_id)
            .limit(FARTHEST)
        )
        if not actor.has(Role.OPERATOR):
            far = far.where(items.c.author_id == actor.id)
        async with self.database.read() as connection:
            checks = [RatingCheck(**row._mapping) for row in await connection.execute(nights)]
            strayed = [
                StrayedQuestion(
                    question_id=row.question_id,
                    subject=row.subject,
                    answered=row.answered,
                    rating=round(row.rating, 1),
                    fitted=round(row.fitted, 1),
                    fitted_error=round(row.rating_error, 1),
                    off=round(row.off, 1),
                )
                for row in await connection.execute(far)
            ]
        return RatingChecks(checks=checks, strayed=strayed)


class RatingMetrics:
    """The latest check in numbers for Prometheus."""

    def __init__(self, metrics: Metrics) -> None:
        self._scatter = metrics.gauge(
            "rating_scatter_logits", "How far online ratings of questions scatter around the nightly fit."
        )
        self._strayed = metrics.gauge("ratings_strayed", "Questions whose online rating strayed from the nightly fit.")
        self._age = metrics.gauge("rating_check_age_seconds", "How long ago ratings were checked last; -1 for never.")
        metrics.look_at(self.look)

    async def look(self, connection: AsyncConnection) -> None:
        """Take the latest check from the database."""
        latest = select(rating_checks, seconds_since(rating_checks.c.at).label("age"))
        row = (await connection.execute(latest.order_by(rating_checks.c.day.desc()).limit(1))).one_or_none()
        self._scatter.set(row.scatter if row else 0.0)
        self._strayed.set(row.strayed if row else 0)
        self._age.set(row.age if row else -1)
