"""What a sitting came to: points by the rules of its exam, task by task."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import msgspec

from lyceum.accounts.api import Actor
from lyceum.bank.api import ExamProfile, Exams
from lyceum.kernel.ids import TrainingId
from lyceum.kernel.ports import Clock
from lyceum.training.domain.results import HistoryItem, Result
from lyceum.training.domain.scores import Range, Scale, TaskScore, ThresholdView, score_exam
from lyceum.training.domain.sittings import Part, ProfileRef, ResultHeld, ResultNotYet, Sitting, SittingState, Task
from lyceum.training.domain.trainings import TrainingNotFound, Verdict
from lyceum.training.ports import Results
from lyceum.training.sitting_ports import Opinions, Sittings
from lyceum.training.use_cases.grading import GradeView, grade_views
from lyceum.training.use_cases.scoring import EndSitting


class TaskResult(msgspec.Struct, frozen=True, kw_only=True):
    """How a task went. `rule` says how it was scored; `pending` points are the most that people can still give, and
    `grades` what they said, once they agreed."""

    number: int
    rule: str
    by_people: bool
    pending: float
    attempt: HistoryItem
    grades: Sequence[GradeView] = ()


class ScaleView(msgspec.Struct, frozen=True, kw_only=True):
    """Which table made test points of primary points, and whether somebody has compared it with the official one."""

    year: int
    source: str
    verified: bool


class ExamResult(msgspec.Struct, frozen=True, kw_only=True):
    """The result of a sitting. Figures are ranges until all graders are through (`state` done). `test` is null where
    no table is known; `mark` where the exam gives none, or while it is open. Of part 1 alone the points are those that
    it brings by itself."""

    training_id: UUID
    exam: ProfileRef | None
    part: Part
    state: SittingState
    verified: bool
    started_at: datetime
    finished_at: datetime | None
    elapsed_ms: int
    primary: Range
    max_primary: float
    test: Range | None
    scale: ScaleView | None
    thresholds: Sequence[ThresholdView]
    mark: str | None
    answered: int
    correct: int
    tasks: Sequence[TaskResult]


@dataclass(frozen=True, slots=True)
class ReadExamResult:
    """A learner reads what a sitting of their own came to; one whose time is up ends by being asked.

    Refused while it goes on: ResultNotYet; while its event is open to others: ResultHeld. Nothing of the judgement is
    told before the end.
    """

    sittings: Sittings
    end: EndSitting
    exams: Exams
    results: Results
    opinions: Opinions
    clock: Clock

    async def __call__(self, actor: Actor, id: TrainingId) -> ExamResult:
        actor.require(scope="training:read")
        sitting = await self.sittings.find(id, actor.id)
        if sitting is None:
            raise TrainingNotFound(training_id=id)
        if sitting.state is SittingState.RUNNING and not sitting.is_due(self.clock.now()):
            raise ResultNotYet(deadline=sitting.deadline)
        if sitting.scored_at is None:
            sitting = await self.end(sitting)
        if sitting.scored_at is None:
            raise ResultHeld(closes_at=sitting.event_closes_at)
        return await self.of(sitting)

    async def of(self, sitting: Sitting) -> ExamResult:
        """The result of a sitting that was scored."""
        result = await self.results.of(sitting.training)
        profile, scale = await self._rules(sitting.paper.profile)
        by_question = {item.question_id: item for item in result.attempts}
        graded = await self._graded(sitting)
        tasks = [_task(task, by_question[task.question_id], graded) for task in sitting.paper.tasks]
        return _result(sitting, result, profile, scale, tasks)

    async def _graded(self, sitting: Sitting) -> Mapping[int, Sequence[GradeView]]:
        """What graders said, by task, as far as they are through."""
        if not any(task.by_people for task in sitting.paper.tasks):
            return {}
        return {it.number: grade_views(it) for it in await self.opinions.of(sitting.id) if it.settled_at is not None}

    async def _rules(self, ref: ProfileRef | None) -> tuple[ExamProfile | None, Scale | None]:
        """The profile that the paper was drawn by; where it brings no scale, that of the nearest year before, with
        the thresholds that belong to it."""
        if ref is None:
            return None, None
        profile = await self.exams.profile(ref.exam, ref.subject, ref.year, ref.version)
        known = () if profile.scale else await self.exams.profiles(ref.exam, ref.subject)
        return with_scale(profile, known)


def with_scale(profile: ExamProfile, known: Sequence[ExamProfile]) -> tuple[ExamProfile, Scale | None]:
    """A profile and the scale to score it by; where it brings none, that of the nearest year before among those
    `known`, with the thresholds that belong to it."""
    if profile.scale:
        return profile, Scale(year=profile.year, points=profile.scale, source=profile.source, verified=profile.verified)
    earlier = earlier_of(profile, known)
    if earlier is None:
        return profile, None
    lent = replace(profile, thresholds=profile.thresholds or earlier.thresholds)
    return lent, Scale(year=earlier.year, points=earlier.scale, source=earlier.source, verified=False)


def earlier_of(profile: ExamProfile, known: Sequence[ExamProfile]) -> ExamProfile | None:
    """The nearest year before that has a scale: what a profile without one is scored by, and never officially."""
    same = [it for it in known if (it.exam, it.subject) == (profile.exam, profile.subject) and it.scale]
    return max((it for it in same if it.year < profile.year), key=lambda it: it.year, default=None)


def _task(task: Task, attempt: HistoryItem, graded: Mapping[int, Sequence[GradeView]]) -> TaskResult:
    waits = attempt.verdict is Verdict.PENDING
    return TaskResult(
        number=task.number,
        rule=task.rule,
        by_people=task.by_people,
        pending=task.max_score if waits else 0.0,
        attempt=attempt,
        grades=graded.get(task.number, ()),
    )


def _result(
    sitting: Sitting, result: Result, profile: ExamProfile | None, scale: Scale | None, tasks: Sequence[TaskResult]
) -> ExamResult:
    none = ExamProfile(exam="", subject="", year=0, max_primary=0)
    scores = [
        TaskScore(number=it.number, score=it.attempt.score, max_score=it.attempt.max_score, pending=it.pending)
        for it in tasks
    ]
    score = score_exam(profile or none, scale, scores)
    span = (result.finished_at or result.started_at) - result.started_at
    return ExamResult(
        training_id=sitting.id,
        exam=sitting.paper.profile,
        part=sitting.paper.part,
        state=sitting.state,
        verified=profile.verified if profile else True,
        started_at=result.started_at,
        finished_at=result.finished_at,
        elapsed_ms=int(span.total_seconds() * 1000),
        primary=score.primary,
        max_primary=score.max_primary,
        test=score.test,
        scale=ScaleView(year=scale.year, source=scale.source, verified=scale.verified) if scale else None,
        thresholds=score.thresholds,
        mark=score.mark,
        answered=sum(it.attempt.verdict is not Verdict.SKIPPED for it in tasks),
        correct=sum(it.attempt.verdict is Verdict.CORRECT for it in tasks),
        tasks=tasks,
    )
