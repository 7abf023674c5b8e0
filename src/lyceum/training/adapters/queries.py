"""Reading how a learner does: progress, history, mistakes, results. By index only, from running sums."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Row, Select, and_, func, select

from lyceum.bank.api import Catalogue
from lyceum.kernel.ids import QuestionId, TrainingId, UserId
from lyceum.platform.database import Database
from lyceum.platform.paging import Page, decode_cursor, encode_cursor, page
from lyceum.training.adapters.repositories import TRAINING, rating_of, training_of
from lyceum.training.adapters.tables import attempts, is_askable, is_mistake, items, learners, progress, seen, trainings
from lyceum.training.domain.elo import Learner, Rating
from lyceum.training.domain.results import HistoryItem, Result, Sums
from lyceum.training.domain.streaks import Streak
from lyceum.training.domain.trainings import Training, TrainingNotFound, Verdict

__all__ = [
    "AbilityPoint",
    "DayProgress",
    "HistoryItem",
    "MistakeItem",
    "ProgressView",
    "ReviewsView",
    "Result",
    "SqlResults",
    "StreakView",
    "SubjectProgress",
    "Sums",
    "TrainingQueries",
]

CALENDAR = timedelta(weeks=13)


class AbilityPoint(msgspec.Struct, frozen=True, kw_only=True):
    """The ability in a subject as it stood after the last answer of a day."""

    day: date
    ability: float
    ability_error: float


class SubjectProgress(msgspec.Struct, frozen=True, kw_only=True):
    """A subject with its tasks and topics; `ability` in Elo points (1500 solves half of the medium questions) with
    its standard error, and how it went over the last thirteen weeks."""

    subject: str
    total: Sums
    ability: float
    ability_error: float
    tasks: Mapping[int, Sums]
    topics: Mapping[str, Sums]
    abilities: Sequence[AbilityPoint] = ()


class DayProgress(msgspec.Struct, frozen=True, kw_only=True):
    day: date
    answered: int
    accuracy: float | None


class StreakView(msgspec.Struct, frozen=True, kw_only=True):
    """Days in a row. `current` lives until a whole day has passed without an answer; `today` says there was one."""

    current: int
    best: int
    today: bool


class ReviewsView(msgspec.Struct, frozen=True, kw_only=True):
    """`due` questions wait for their review now; the next one after them comes at `next_due`, null when none is
    planned. Questions that can no longer be asked are left out."""

    due: int
    next_due: datetime | None


class ProgressView(msgspec.Struct, frozen=True, kw_only=True):
    """The personal cabinet. `days` are those with answers in the last thirteen weeks; `mistakes` counts the questions
    whose latest answer was not right."""

    total: Sums
    streak: StreakView
    mistakes: int
    reviews: ReviewsView
    subjects: Sequence[SubjectProgress]
    days: Sequence[DayProgress]


class MistakeItem(msgspec.Struct, frozen=True, kw_only=True):
    """A question whose latest answer was not right; `times` counts its answers."""

    question_id: UUID
    subject: str
    topic: str
    task_number: int | None
    verdict: Verdict
    answered_at: datetime
    times: int
    find_code: str = ""


_HISTORY = (
    attempts.c.id,
    attempts.c.training_id,
    attempts.c.question_id,
    attempts.c.version,
    attempts.c.verdict,
    attempts.c.score,
    attempts.c.max_score,
    attempts.c.answered_at,
    attempts.c.elapsed_ms,
    attempts.c.channel,
    items.c.subject,
    items.c.topic,
    items.c.task_number,
)


@dataclass(frozen=True, slots=True)
class TrainingQueries:
    """The read side of training."""

    database: Database
    zone: ZoneInfo

    async def progress(self, learner: UserId) -> ProgressView:
        now = datetime.now(UTC)
        today = now.astimezone(self.zone).date()
        rows = select(progress).where(progress.c.learner_id == learner)
        past = and_(progress.c.kind == "day", progress.c.name < (today - CALENDAR).isoformat())
        streak = select(learners).where(learners.c.learner_id == learner)
        wrong = select(func.count()).select_from(seen).where(seen.c.learner_id == learner, is_mistake)
        async with self.database.read() as connection:
            sums = (await connection.execute(rows.where(~past))).all()
            run = (await connection.execute(streak)).one_or_none()
            mistakes = await connection.scalar(wrong) or 0
        kept = Streak(run.streak, run.best_streak, run.last_day) if run else Streak()
        overall = rating_of(run.rating, run.rating_variance) if run else Learner().overall
        subjects = _subjects(sums, overall)
        return ProgressView(
            total=Sums.total(it.total for it in subjects),
            streak=StreakView(current=kept.as_of(today), best=kept.best, today=kept.last_day == today),
            mistakes=mistakes,
            reviews=await self.reviews(learner, now),
            subjects=subjects,
            days=_days(sums),
        )

    async def reviews(self, learner: UserId, at: datetime) -> ReviewsView:
        """What is due at that time, and what comes next, along the index of what is due."""
        cards = (
            select(seen.c.due)
            .join(items, items.c.question_id == seen.c.question_id)
            .where(seen.c.learner_id == learner, seen.c.due.is_not(None), is_askable)
        )
        now = select(func.count()).select_from(cards.where(seen.c.due <= at).subquery())
        coming = cards.where(seen.c.due > at).order_by(seen.c.due).limit(1)
        async with self.database.read() as connection:
            return ReviewsView(due=await connection.scalar(now) or 0, next_due=await connection.scalar(coming))

    async def time_spent(self, learner: UserId) -> int:
        """Milliseconds over all answers, as far as they were measured."""
        query = select(func.sum(progress.c.elapsed_ms)).where(
            progress.c.learner_id == learner, progress.c.kind == "subject"
        )
        async with self.database.read() as connection:
            return int(await connection.scalar(query) or 0)

    async def history(
        self, learner: UserId, *, limit: int, cursor: str | None, subject: str | None = None
    ) -> Page[HistoryItem]:
        """Answered attempts, the newest first."""
        query = _history().where(attempts.c.learner_id == learner, attempts.c.answered_at.is_not(None))
        if subject is not None:
            query = query.where(items.c.subject == subject)
        if cursor:
            (last,) = decode_cursor(cursor, tuple[UUID])
            query = query.where(attempts.c.id < last)
        async with self.database.read() as connection:
            rows = (await connection.execute(query.order_by(attempts.c.id.desc()).limit(limit + 1))).all()
        found = [_item(row) for row in rows]
        return page(found, limit, lambda item: encode_cursor(str(item.attempt_id)))

    async def mistakes(
        self, learner: UserId, *, limit: int, cursor: str | None, subject: str | None = None
    ) -> Page[MistakeItem]:
        """Questions to work on again, the latest first."""
        query = (
            select(
                seen.c.question_id, seen.c.verdict, seen.c.at, seen.c.times,
                items.c.subject, items.c.topic, items.c.task_number,
            )
            .join(items, items.c.question_id == seen.c.question_id)
            .where(seen.c.learner_id == learner, is_mistake, is_askable)
            .order_by(seen.c.at.desc(), seen.c.question_id.desc())
        )  # fmt: skip
        if subject is not None:
            query = query.where(items.c.subject == subject)
        if cursor:
            at, last = decode_cursor(cursor, tuple[datetime, UUID])
            older = and_(seen.c.at == at, seen.c.question_id < last)
            query = query.where((seen.c.at < at) | older)
        async with self.database.read() as connection:
            rows = (await connection.execute(query.limit(limit + 1))).all()
        found = [
            MistakeItem(
                question_id=row.question_id,
                subject=row.subject,
                topic=row.topic,
                task_number=row.task_number,
                verdict=Verdict(row.verdict),
                answered_at=row.at,
                times=row.times,
            )
            for row in rows
        ]
        return page(found, limit, lambda item: encode_cursor(item.answered_at.isoformat(), str(item.question_id)))

    async def training(self, learner: UserId, id: TrainingId) -> Training:
        """The learner's own; raise TrainingNotFound."""
        mine = select(*TRAINING).where(trainings.c.id == id, trainings.c.learner_id == learner)
        async with self.database.read() as connection:
            row = (await connection.execute(mine)).one_or_none()
        if row is None:
            raise TrainingNotFound(id=id)
        return training_of(row)

    async def result(self, learner: UserId, id: TrainingId) -> Result:
        """How the learner's own training went, as far as it has gone; raise TrainingNotFound."""
        training = await self.training(learner, id)
        query = _history().where(attempts.c.training_id == id, attempts.c.answered_at.is_not(None))
        async with self.database.read() as connection:
            rows = (await connection.execute(query.order_by(attempts.c.position))).all()
        return Result.of(id, training.started_at, training.finished_at, [_item(row) for row in rows])

    async def topic(self, learner: UserId, subject: str, topic: str) -> Sums | None:
        """How a topic goes; None before its first answer."""
        query = select(progress).where(
            progress.c.learner_id == learner,
            progress.c.kind == "topic",
            progress.c.subject == subject,
            progress.c.name == topic,
        )
        async with self.database.read() as connection:
            row = (await connection.execute(query)).one_or_none()
        return None if row is None else _sums(row)

    async def marks(self, id: TrainingId) -> Sequence[Verdict | None]:
        """The verdicts of a training in order; None for the question that waits, pending for a text that was read."""
        columns = (attempts.c.verdict, attempts.c.max_score)
        query = select(*columns).where(attempts.c.training_id == id).order_by(attempts.c.position)
        async with self.database.read() as connection:
            rows = (await connection.execute(query)).all()
        return [Verdict(verdict if most else Verdict.PENDING) if verdict else None for verdict, most in rows]


@dataclass(frozen=True, slots=True)
class SqlResults:
    """`ports.Results`, and lists of answers with the find codes of their questions."""

    queries: TrainingQueries
    catalogue: Catalogue

    async def of(self, training: Training) -> Result:
        result = await self.queries.result(training.learner_id, training.id)
        return replace(result, attempts=await self._with_codes(result.attempts))

    async def history(
        self, learner: UserId, *, limit: int, cursor: str | None, subject: str | None
    ) -> Page[HistoryItem]:
        found = await self.queries.history(learner, limit=limit, cursor=cursor, subject=subject)
        return Page(await self._with_codes(found.items), found.next_cursor)

    async def mistakes(
        self, learner: UserId, *, limit: int, cursor: str | None, subject: str | None
    ) -> Page[MistakeItem]:
        found = await self.queries.mistakes(learner, limit=limit, cursor=cursor, subject=subject)
        codes = await self._codes(item.question_id for item in found.items)
        items = [msgspec.structs.replace(item, find_code=codes.get(item.question_id, "")) for item in found.items]
        return Page(items, found.next_cursor)

    async def _with_codes(self, found: Sequence[HistoryItem]) -> Sequence[HistoryItem]:
        codes = await self._codes(item.question_id for item in found)
        return [replace(item, find_code=codes.get(item.question_id, "")) for item in found]

    async def _codes(self, ids: Iterable[UUID]) -> Mapping[UUID, str]:
        briefs = await self.catalogue.briefs([QuestionId(id) for id in ids])
        return {id: brief.find_code for id, brief in briefs.items()}


def _history() -> Select:  # type: ignore[type-arg]
    return select(*_HISTORY).join(items, items.c.question_id == attempts.c.question_id)


def _item(row: Row) -> HistoryItem:  # type: ignore[type-arg]
    return HistoryItem(
        attempt_id=row.id,
        training_id=row.training_id,
        question_id=row.question_id,
        version=row.version,
        subject=row.subject,
        topic=row.topic,
        task_number=row.task_number,
        verdict=Verdict(row.verdict),
        score=row.score,
        max_score=row.max_score,
        answered_at=row.answered_at,
        elapsed_ms=row.elapsed_ms,
        channel=row.channel,
    )


def _sums(row: Row) -> Sums:  # type: ignore[type-arg]
    return Sums.of(row.answered, row.correct, row.score, row.max_score)


def _subjects(rows: Sequence[Row], overall: Rating) -> list[SubjectProgress]:  # type: ignore[type-arg]
    tasks: dict[str, dict[int, Sums]] = {}
    topics: dict[str, dict[str, Sums]] = {}
    abilities: dict[str, list[AbilityPoint]] = {}
    for row in sorted(rows, key=lambda it: it.name):
        if row.kind == "day" and row.rating is not None and row.rating_variance is not None:
            abilities.setdefault(row.subject, []).append(_point(row))
        if row.kind == "task":
            tasks.setdefault(row.subject, {})[int(row.name)] = _sums(row)
        elif row.kind == "topic":
            topics.setdefault(row.subject, {})[row.name] = _sums(row)
    found = [
        SubjectProgress(
            subject=row.subject,
            total=_sums(row),
            ability=round(overall.value + row.rating, 1),
            ability_error=round(math.sqrt(overall.error**2 + row.rating_variance), 1),
            tasks=dict(sorted(tasks.get(row.subject, {}).items())),
            topics=dict(sorted(topics.get(row.subject, {}).items())),
            abilities=abilities.get(row.subject, ()),
        )
        for row in rows
        if row.kind == "subject"
    ]
    return sorted(found, key=lambda it: (-it.total.answered, it.subject))


def _point(row: Row) -> AbilityPoint:  # type: ignore[type-arg]
    return AbilityPoint(
        day=date.fromisoformat(row.name),
        ability=round(row.rating, 1),
        ability_error=round(math.sqrt(row.rating_variance), 1),
    )


def _days(rows: Sequence[Row]) -> list[DayProgress]:  # type: ignore[type-arg]
    """All subjects of a day together."""
    days: dict[str, list[Row]] = {}  # type: ignore[type-arg]
    for row in rows:
        if row.kind == "day":
            days.setdefault(row.name, []).append(row)
    return [
        DayProgress(
            day=date.fromisoformat(name),
            answered=sum(it.answered for it in of),
            accuracy=Sums.total(_sums(it) for it in of).accuracy,
        )
        for name, of in sorted(days.items())
    ]
