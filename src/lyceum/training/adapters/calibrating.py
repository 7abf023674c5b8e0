"""The nightly task that fits a 1PL model to all first answers and checks the online ratings against it."""

import asyncio
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import batched
from typing import ClassVar
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import delete, func, select, tuple_

from lyceum.accounts.api import Role
from lyceum.jobs.api import AttemptFailed, ErrorCode, Result, Schedule, TaskContext
from lyceum.platform.database import Database, SqlTransaction
from lyceum.training.adapters.repositories import rating_of
from lyceum.training.adapters.tables import attempts, item_fits, items, rating_checks, seen
from lyceum.training.adapters.upserts import inserting
from lyceum.training.domain.calibration import Check, Checked, FirstAnswers, Online, checked
from lyceum.training.domain.rasch import Fit
from lyceum.training.domain.trainings import Verdict

PAGE = 5000
PART = 400
UNMARKED = (Verdict.SKIPPED.value, Verdict.PENDING.value)


class CheckPayload(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Answers up to the end of `day`, in the platform's time zone; of today when it is left out."""

    day: date | None = None


class Stopped(Exception):
    """The task was told to stop between two passes of the fit."""


@dataclass(frozen=True, slots=True)
class CheckRatings:
    """`jobs.api.Kind`: streams the first answers, fits, writes what it found. Beginning again does no harm.

    Memory is bounded: `domain.calibration.MOST` answers are taken at most, and the fit grows with them alone.
    """

    name: ClassVar[str] = "check_ratings"
    payload: ClassVar[type[msgspec.Struct]] = CheckPayload
    offered_to: ClassVar[frozenset[Role]] = frozenset({Role.OPERATOR})
    scope: ClassVar[str] = "training:write"
    database: Database
    transaction: SqlTransaction
    zone: ZoneInfo

    async def run(self, context: TaskContext, payload: CheckPayload) -> Result:
        today = datetime.now(UTC).astimezone(self.zone).date()
        day = payload.day or today
        if day > today:
            raise AttemptFailed(
                ErrorCode.INVALID_PAYLOAD, f"{day.isoformat()} is still to come. Name a day that has begun."
            )
        until = datetime.combine(day + timedelta(days=1), time(), self.zone).astimezone(UTC)
        answers = await self.gather(context, until)
        context.log(f"{len(answers.earned)} first answers of {answers.learner_count} learners are taken.")
        fitted = await asyncio.to_thread(answers.fit, lambda number: _passed(context, number))
        check = await asyncio.to_thread(checked, answers, fitted, await self._online(answers.ids))
        if await self._is_latest(day):
            await self._keep(day, check.questions)
        row = _row(day, answers, fitted, check)
        result = {name: value for name, value in row.items() if name not in {"day", "at"}}
        result |= {"day": day.isoformat(), "farthest": _farthest(check)}
        async with context.completing(result):
            insert = inserting(self.transaction.connection, rating_checks).values(row)
            new = {name: insert.excluded[name] for name in row if name != "day"}
            await self.transaction.connection.execute(insert.on_conflict_do_update(index_elements=["day"], set_=new))
        return result

    async def gather(self, context: TaskContext, until: datetime, page: int = PAGE) -> FirstAnswers:
        """First answers before `until`, the newest learners first, so many at once along the primary key."""
        found = FirstAnswers()
        key = tuple_(seen.c.learner_id, seen.c.question_id)
        query = (
            select(seen.c.learner_id, seen.c.question_id, attempts.c.score, attempts.c.max_score, attempts.c.verdict)
            .add_columns(attempts.c.answered_at)
            .join(attempts, attempts.c.id == seen.c.first_attempt_id)
            .order_by(seen.c.learner_id.desc(), seen.c.question_id.desc())
            .limit(page)
        )
        last: tuple[UUID, UUID] | None = None
        while not found.is_full:
            rest = query if last is None else query.where(key < tuple_(*last))
            async with self.database.read() as connection:
                rows = (await connection.execute(rest)).all()
            for row in rows:
                is_marked = row.verdict is not None and row.verdict not in UNMARKED and row.max_score > 0
                if is_marked and row.answered_at < until and not found.is_full:
                    found.add(row.learner_id, row.question_id, row.score / row.max_score)
            if len(rows) < page:
                break
            last = rows[-1].learner_id, rows[-1].question_id
            context.progress(len(found.earned), 0, "answers read")
        return found

    async def _online(self, ids: Sequence[UUID]) -> Mapping[UUID, Online]:
        found: dict[UUID, Online] = {}
        columns = (items.c.question_id, items.c.rating, items.c.rating_variance, items.c.options)
        for part in batched(ids, PART):
            async with self.database.read() as connection:
                rows = await connection.execute(select(*columns).where(items.c.question_id.in_(part)))
                found |= {
                    row.question_id: Online(rating_of(row.rating, row.rating_variance), row.options) for row in rows
                }
        return found

    async def _is_latest(self, day: date) -> bool:
        """A day that is made up for later does not overwrite what a newer one found of the questions."""
        async with self.database.read() as connection:
            newest = await connection.scalar(select(func.max(rating_checks.c.day)))
        return newest is None or newest <= day

    async def _keep(self, day: date, found: Sequence[Checked]) -> None:
        """Part by part, so that nobody waits long; those that this fit did not see go."""
        for part in batched(sorted(found, key=lambda it: it.question_id), PART):
            rows = [
                {
                    "question_id": it.question_id,
                    "day": day,
                    "rating": it.fitted.value,
                    "rating_error": it.fitted.error,
                    "off": it.off,
                    "strayed": it.strayed,
                }
                for it in part
            ]
            async with self.transaction:
                insert = inserting(self.transaction.connection, item_fits)
                new = {name: insert.excluded[name] for name in ("day", "rating", "rating_error", "off", "strayed")}
                upsert = insert.on_conflict_do_update(index_elements=["question_id"], set_=new)
                await self.transaction.connection.execute(upsert, rows)
        async with self.transaction:
            await self.transaction.connection.execute(delete(item_fits).where(item_fits.c.day != day))


def _passed(context: TaskContext, number: int) -> None:
    if context.is_stopping:
        raise Stopped
    context.progress(number, 0, "passes of the fit")


def _row(day: date, answers: FirstAnswers, fitted: Fit, check: Check) -> dict[str, object]:
    correlation = check.drift.correlation
    return {
        "day": day,
        "at": datetime.now(UTC),
        "answers": len(answers.earned),
        "learners": answers.learner_count,
        "questions": check.drift.questions,
        "whole": not answers.is_full,
        "passes": fitted.passes,
        "settled": fitted.settled,
        "spread": round(fitted.spread, 4),
        "shift": round(check.drift.shift, 4),
        "scatter": round(check.drift.scatter, 4),
        "correlation": None if math.isnan(correlation) else round(correlation, 4),
        "strayed": len(check.drift.strayed),
    }


def _farthest(check: Check) -> list[dict[str, object]]:
    """The ten questions that are farthest off, for the result of the task."""
    strayed = sorted((it for it in check.questions if it.strayed), key=lambda it: -abs(it.off))[:10]
    return [{"question_id": str(it.question_id), "off": round(it.off, 1)} for it in strayed]


KINDS = (CheckRatings,)
SCHEDULES = (
    Schedule(
        name="training.check_ratings",
        at=time(3, 30),
        kind=CheckRatings.name,
        payload_of=lambda day: CheckPayload(day=day),
        title_of=lambda day: f"Check of ratings, {day.isoformat()}",
        days_after=1,
        priority=2,
        timeout_s=3600,
    ),
)
