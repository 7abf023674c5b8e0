"""One training is one state, whatever its kind: practice goes question by question, a sitting has its whole paper."""

from dataclasses import dataclass

from lyceum.accounts.api import Actor
from lyceum.kernel.errors import FieldProblem
from lyceum.kernel.ids import TrainingId
from lyceum.training.domain.results import Result
from lyceum.training.domain.sittings import InASitting
from lyceum.training.domain.trainings import BadFilters, Mode
from lyceum.training.use_cases.answering import NewAnswer, SubmitAnswer
from lyceum.training.use_cases.exam_results import ExamResult, ReadExamResult
from lyceum.training.use_cases.scoring import FinishSitting
from lyceum.training.use_cases.sitting import (
    MockExam,
    NewEntry,
    ReadSitting,
    SavedView,
    SaveEntry,
    ShowSitting,
    SittingView,
    StartMockExam,
)
from lyceum.training.use_cases.starting import FinishTraining, NewTraining, ReadTraining, StartTraining
from lyceum.training.use_cases.views import AnswerView, TrainingView


@dataclass(frozen=True, slots=True)
class StartAny:
    """Starts practice, or a mock exam of the filters' exam and subject; each refuses what it refuses."""

    practice: StartTraining
    mock_exam: StartMockExam

    async def __call__(self, actor: Actor, new: NewTraining) -> TrainingView | SittingView:
        if new.mode is not Mode.MOCK_EXAM:
            return await self.practice(actor, new)
        actor.require(scope="training:write")
        missing = [name for name in ("exam", "subject") if not getattr(new.filters, name)]
        if missing:
            raise BadFilters(
                problems=[FieldProblem(f"filters/{name}", "required", "A mock exam needs it.") for name in missing]
            )
        asked = MockExam(exam=new.filters.exam or "", subject=new.filters.subject or "", year=new.year, part=new.part)
        return await self.mock_exam(actor, asked, replace=new.replace)


@dataclass(frozen=True, slots=True)
class ReadAny:
    """Reads a training of one's own, by its id or the active one of a mode."""

    practice: ReadTraining
    sitting: ReadSitting

    async def __call__(self, actor: Actor, id: TrainingId | None, mode: Mode) -> TrainingView | SittingView:
        if id is None:
            return await (self.sitting if mode.is_sitting else self.practice)(actor, None, mode)
        try:
            return await self.practice(actor, id)
        except InASitting:
            return await self.sitting(actor, id)


@dataclass(frozen=True, slots=True)
class AnswerAny:
    """Answers the question that waits, or saves the answer to a task; practice, the commoner, is tried first."""

    practice: SubmitAnswer
    sitting: SaveEntry

    async def __call__(self, actor: Actor, id: TrainingId, new: NewAnswer) -> AnswerView | SavedView:
        if new.seq is None:
            try:
                return await self.practice(actor, id, new)
            except InASitting:
                pass
        entry = NewEntry(answer=new.answer, marked=new.marked, seq=new.seq, elapsed_ms=max(new.elapsed_ms or 0, 0))
        return await self.sitting(actor, id, new.attempt_id, entry)


@dataclass(frozen=True, slots=True)
class FinishAny:
    """Ends a training of one's own and tells what it came to; of an event, only that it has ended."""

    practice: FinishTraining
    sitting: FinishSitting
    result: ReadExamResult
    show: ShowSitting

    async def __call__(self, actor: Actor, id: TrainingId) -> Result | ExamResult | SittingView:
        try:
            return await self.practice(actor, id)
        except InASitting:
            ended = await self.sitting(actor, id)
            return await self.show(ended) if ended.scored_at is None else await self.result.of(ended)
