"""What each exam would bring today: the learner's ability against the bank's questions, by the exam's profile."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import msgspec
from sqlalchemy import func, select

from lyceum.bank.api import ExamProfile, Exams
from lyceum.platform.database import Database
from lyceum.training.adapters.queries import SubjectProgress
from lyceum.training.adapters.tables import is_askable, items
from lyceum.training.domain.forecast import (
    CONFIDENCE,
    COVERED,
    ENOUGH,
    Group,
    Span,
    TaskOdds,
    covered,
    foretold,
)
from lyceum.training.domain.scores import Scale
from lyceum.training.use_cases.exam_results import ScaleView, with_scale

type Place = tuple[str, str, int]
"""Exam, subject, number of the task."""


class ForecastState(StrEnum):
    """`few_answers`: too little is known of the learner. `no_tasks`: the profile does not list the tasks of the exam.
    `no_questions`: the bank has questions for less than half of the points."""

    READY = "ready"
    FEW_ANSWERS = "few_answers"
    NO_TASKS = "no_tasks"
    NO_QUESTIONS = "no_questions"


class SpanView(msgspec.Struct, frozen=True, kw_only=True):
    likely: int
    low: int
    high: int


class ForecastView(msgspec.Struct, frozen=True, kw_only=True):
    """What the exam would likely bring today. Of `confidence` of such learners the result falls from `low` to `high`.

    Figures are null unless `state` is ready, `test` also where no scale is known. `answers_needed` more answers in the
    subject are missing; `covered` is the share of the points whose tasks the bank has questions for, the others are
    taken to be as hard. `passing` are the test points that the exam asks for at least."""

    exam: str
    subject: str
    year: int
    verified: bool
    state: ForecastState
    answers_needed: int
    covered: float
    confidence: float
    max_primary: float
    primary: SpanView | None = None
    test: SpanView | None = None
    scale: ScaleView | None = None
    passing: int | None = None


@dataclass(frozen=True, slots=True)
class Forecasts:
    """For the newest profile of each exam in a subject."""

    database: Database
    exams: Exams

    async def of(self, subjects: Sequence[SubjectProgress]) -> Mapping[str, Sequence[ForecastView]]:
        """By subject, the most telling first."""
        known = await self.exams.profiles() if subjects else ()
        able = [it.subject for it in subjects if it.total.answered >= ENOUGH]
        groups = await self._groups(able) if able else {}
        return {it.subject: _of_subject(it, known, groups) for it in subjects}

    async def _groups(self, subjects: Sequence[str]) -> Mapping[Place, Sequence[Group]]:
        """The difficulty of the bank's questions, by task: sums over those of these subjects."""
        place = (items.c.exam, items.c.subject, items.c.task_number, items.c.options)
        square = func.avg(items.c.rating * items.c.rating)
        query = (
            select(*place, func.count().label("questions"), func.avg(items.c.rating).label("mean"), square.label("sq"))
            .where(is_askable, items.c.subject.in_(subjects), items.c.exam.is_not(None))
            .where(items.c.task_number.is_not(None))
            .group_by(*place)
        )
        found: dict[Place, list[Group]] = {}
        async with self.database.read() as connection:
            for row in await connection.execute(query):
                group = Group(
                    questions=row.questions,
                    rating=row.mean,
                    variance=max(0.0, row.sq - row.mean**2),
                    options=row.options,
                )
                found.setdefault((row.exam, row.subject, row.task_number), []).append(group)
        return found


def _of_subject(
    subject: SubjectProgress, known: Sequence[ExamProfile], groups: Mapping[Place, Sequence[Group]]
) -> Sequence[ForecastView]:
    newest: dict[str, ExamProfile] = {}
    for profile in sorted((it for it in known if it.subject == subject.subject), key=lambda it: -it.year):
        newest.setdefault(profile.exam, profile)
    order = list(ForecastState)
    return sorted(
        (_forecast(subject, profile, known, groups) for profile in newest.values()),
        key=lambda it: (order.index(it.state), it.exam),
    )


def _forecast(
    subject: SubjectProgress,
    profile: ExamProfile,
    known: Sequence[ExamProfile],
    groups: Mapping[Place, Sequence[Group]],
) -> ForecastView:
    tasks = [
        TaskOdds(max_score=slot.max_score, groups=groups.get((profile.exam, profile.subject, slot.number), ()))
        for slot in profile.slots
    ]
    scored, scale = with_scale(profile, known)
    missing = max(0, ENOUGH - subject.total.answered)
    share = covered(tasks)
    state = _state(tasks, missing, share)
    plain = ForecastView(
        exam=profile.exam,
        subject=profile.subject,
        year=profile.year,
        verified=profile.verified,
        state=state,
        answers_needed=missing,
        covered=round(share, 3),
        confidence=CONFIDENCE,
        max_primary=sum(task.max_score for task in tasks) or profile.max_primary,
    )
    if state is not ForecastState.READY:
        return plain
    span = foretold(tasks, subject.ability, subject.ability_error)
    return msgspec.structs.replace(
        plain,
        primary=SpanView(likely=round(span.likely), low=round(span.low), high=round(span.high)),
        test=_in_test_points(span, scale) if scale else None,
        scale=ScaleView(year=scale.year, source=scale.source, verified=scale.verified) if scale else None,
        passing=max((it.minimum for it in scored.thresholds if it.unit == "test"), default=None),
    )


def _state(tasks: Sequence[TaskOdds], missing: int, share: float) -> ForecastState:
    if not tasks:
        return ForecastState.NO_TASKS
    if missing:
        return ForecastState.FEW_ANSWERS
    return ForecastState.READY if share >= COVERED else ForecastState.NO_QUESTIONS


def _in_test_points(span: Span, scale: Scale) -> SpanView:
    return SpanView(
        likely=scale.test(round(span.likely)), low=scale.test(round(span.low)), high=scale.test(round(span.high))
    )
