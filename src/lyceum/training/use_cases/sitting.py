"""Sitting a paper: starting, reading, saving answers. Scoring is in `scoring`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec

from lyceum.accounts.api import Actor
from lyceum.bank.api import ExamProfile, Exams, PlayedQuestion, PlayQuestions, Response
from lyceum.kernel.errors import FieldProblem
from lyceum.kernel.ids import AttemptId, TrainingId, uuid7
from lyceum.kernel.ports import Clock, Transaction
from lyceum.training.domain.sittings import (
    MAX_SEQ,
    AnswerOvertaken,
    BadSave,
    Entry,
    ExamWithoutTasks,
    Paper,
    Part,
    ProfileRef,
    Save,
    Sitting,
    SittingState,
    Task,
    attempt_of_task,
)
from lyceum.training.domain.trainings import (
    MAX_ELAPSED_MS,
    AlreadyActive,
    Late,
    Mode,
    TrainingFinished,
    TrainingNotFound,
)
from lyceum.training.sitting_ports import Accommodations, Entries, Sittings
from lyceum.training.use_cases.answering import written
from lyceum.training.use_cases.asking import insist
from lyceum.training.use_cases.drawing import DrawPaper, new_seed
from lyceum.training.use_cases.scoring import EndSitting

type Seq = Annotated[int, msgspec.Meta(ge=1, le=MAX_SEQ)]
type Slug = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9_-]{1,40}$")]


class MockExam(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which exam to sit: the newest year when none is named. `part` first: only the tasks that a machine marks."""

    exam: Slug
    subject: Slug
    year: Annotated[int, msgspec.Meta(ge=2000, le=2100)] | None = None
    part: Part = Part.WHOLE


class NewEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A change of one task. `seq` is one more than the one last seen, so that an older packet or window cannot replace
    a newer answer; without it the answer is taken for the newest. `answer` null takes the answer back; `elapsed_ms` is
    the time spent on the task so far, over all visits."""

    answer: Response = None
    marked: bool = False
    seq: Seq | None = None
    elapsed_ms: Annotated[int, msgspec.Meta(ge=0)] | None = None


class SavedView(msgspec.Struct, frozen=True, kw_only=True):
    """An acknowledged change: it will not be lost. Times are the server's."""

    attempt_id: UUID
    number: int
    seq: int | None
    saved_at: datetime
    server_time: datetime


class SittingTask(msgspec.Struct, frozen=True, kw_only=True):
    """A task as its learner sees it, never with its answer, and what is saved of it. `by_people`: graded by people."""

    attempt_id: UUID
    number: int
    max_score: float
    by_people: bool
    question: PlayedQuestion
    answer: Response
    seq: int
    marked: bool
    elapsed_ms: int
    saved_at: datetime | None


class SittingView(msgspec.Struct, frozen=True, kw_only=True):
    """A sitting with its whole paper, so that a client needs the connection only to save. `server_time` is for a
    clock that goes wrong: count from it, not from the device's. `event_id` is
    of the event that it belongs to, whose results come once it has closed for all at `event_closes_at`."""

    id: UUID
    mode: Mode
    exam: ProfileRef | None
    part: Part
    state: SittingState
    started_at: datetime
    deadline: datetime
    finished_at: datetime | None
    server_time: datetime
    duration_min: int
    extra_min: int
    max_score: float
    event_id: UUID | None
    event_closes_at: datetime | None
    tasks: Sequence[SittingTask]


@dataclass(frozen=True, slots=True)
class ShowSitting:
    """A sitting as its learner sees it."""

    entries: Entries
    play: PlayQuestions
    clock: Clock

    async def __call__(self, sitting: Sitting, saved: Sequence[Entry] | None = None) -> SittingView:
        """`saved` spares the reading of what is saved, where that is known."""
        kept = {it.number: it for it in (await self.entries.of(sitting.id) if saved is None else saved)}
        paper, training = sitting.paper, sitting.training
        return SittingView(
            id=sitting.id,
            mode=training.mode,
            exam=paper.profile,
            part=paper.part,
            state=sitting.state,
            started_at=training.started_at,
            deadline=sitting.deadline,
            finished_at=training.finished_at,
            server_time=self.clock.now(),
            duration_min=paper.duration_min,
            extra_min=sitting.extra_min,
            max_score=paper.max_score,
            event_id=sitting.event_id,
            event_closes_at=sitting.event_closes_at,
            tasks=[await self._task(sitting.id, task, kept) for task in paper.tasks],
        )

    async def _task(self, id: TrainingId, task: Task, kept: Mapping[int, Entry]) -> SittingTask:
        entry = kept.get(task.number)
        return SittingTask(
            attempt_id=attempt_of_task(id, task.number),
            number=task.number,
            max_score=task.max_score,
            by_people=task.by_people,
            question=await self.play.show(task.question_id, task.version, task.seed),
            answer=msgspec.json.decode(entry.answer, type=Response) if entry else None,
            seq=entry.seq if entry else 0,
            marked=entry.marked if entry else False,
            elapsed_ms=entry.elapsed_ms if entry else 0,
            saved_at=entry.saved_at if entry else None,
        )


@dataclass(frozen=True, slots=True)
class BeginSitting:
    """Puts a learner before a paper, with their own extra time; for mock exams and events alike.

    One sitting of a mode goes on at a time: AlreadyActive; with `replace` the one there is ends and is scored.
    """

    sittings: Sittings
    accommodations: Accommodations
    end: EndSitting
    clock: Clock
    transaction: Transaction

    async def __call__(
        self,
        actor: Actor,
        paper: Paper,
        mode: Mode,
        *,
        new_paper: bool,
        replace: bool = False,
        latest: datetime | None = None,
    ) -> Sitting:
        """`new_paper` is kept along; `latest` ends the sitting at that time, whatever the duration."""
        return await insist(lambda: self._begin(actor, paper, mode, new_paper, replace, latest))

    async def require_free(self, actor: Actor, mode: Mode, *, replace: bool) -> None:
        """End what is over or may be replaced; raise AlreadyActive when one goes on."""
        active = await self.sittings.active(actor.id, mode)
        if active is None:
            return
        if not replace and not active.is_due(self.clock.now()):
            raise AlreadyActive(training_id=active.id)
        await self.end(active)

    async def _begin(
        self, actor: Actor, paper: Paper, mode: Mode, new_paper: bool, replace: bool, latest: datetime | None
    ) -> Sitting:
        await self.require_free(actor, mode, replace=replace)
        sitting = Sitting.begin(
            id=TrainingId(uuid7()),
            learner=actor.id,
            mode=mode,
            paper=paper,
            extra_min=await self.accommodations.extra_min(actor.id),
            at=self.clock.now(),
            latest=latest,
        )
        async with self.transaction:
            await self.sittings.begin(sitting, new_paper=new_paper)
        return sitting


@dataclass(frozen=True, slots=True)
class StartMockExam:
    """Anybody signed in sits a mock exam: a variant is drawn by the exam's profile, and the server's clock starts.

    Refused: an exam without a profile or without tasks (ExamWithoutTasks), tasks that the bank cannot fill
    (SlotsUnfilled, which names them), a second one while one goes on (AlreadyActive).
    """

    exams: Exams
    draw: DrawPaper
    begin: BeginSitting
    show: ShowSitting

    async def __call__(self, actor: Actor, asked: MockExam, *, replace: bool = False) -> SittingView:
        actor.require(scope="training:write")
        profile = await self._profile(asked)
        if not replace:
            await self.begin.require_free(actor, Mode.MOCK_EXAM, replace=False)
        paper = await self.draw(profile, asked.part, new_seed(uuid7()), actor.id)
        sitting = await self.begin(actor, paper, Mode.MOCK_EXAM, new_paper=True, replace=replace)
        return await self.show(sitting, ())

    async def _profile(self, asked: MockExam) -> ExamProfile:
        """The newest that lists its tasks, unless a year is named."""
        known = await self.exams.profiles(asked.exam, asked.subject)
        fitting = [it for it in known if asked.year is None or it.year == asked.year]
        if not fitting:
            raise ExamWithoutTasks(exam=asked.exam, subject=asked.subject, year=asked.year)
        return next((it for it in fitting if it.slots), fitting[0])


@dataclass(frozen=True, slots=True)
class ReadSitting:
    """A learner reads a sitting of their own, by its id or the one of a mode that goes on; one whose time is up ends
    by being read."""

    sittings: Sittings
    end: EndSitting
    show: ShowSitting
    clock: Clock

    async def __call__(self, actor: Actor, id: TrainingId | None, mode: Mode = Mode.MOCK_EXAM) -> SittingView:
        actor.require(scope="training:read")
        found = self.sittings.active(actor.id, mode) if id is None else self.sittings.find(id, actor.id)
        sitting = await found
        if sitting is None:
            raise TrainingNotFound(training_id=id)
        if sitting.is_due(self.clock.now()):
            sitting = await self.end(sitting)
            if id is None:
                raise TrainingNotFound(training_id=None)
        return await self.show(sitting)


@dataclass(frozen=True, slots=True)
class SaveEntry:
    """A learner saves an answer, takes it back or marks a task, as often as they like until the end.

    Refused, and nothing kept: another's sitting, a task not in the paper, an answer of the wrong shape, a change that
    is not newer than the one kept (AnswerOvertaken), one after the end (TrainingFinished) or after the deadline and
    the time for late packets (Late). The same change again is acknowledged again.
    """

    entries: Entries
    play: PlayQuestions
    clock: Clock

    async def __call__(self, actor: Actor, id: TrainingId, task: int | UUID, new: NewEntry) -> SavedView:
        """`task` is a task's number, or its attempt."""
        actor.require(scope="training:write")
        paper = await self.entries.paper(id, actor.id)
        if paper is None:
            raise TrainingNotFound(training_id=id)
        meant = paper.task(task) if isinstance(task, int) else paper.numbered(id, AttemptId(task))
        answer, score = await self._checked(meant, new.answer)
        save = Save(
            training=id,
            learner=actor.id,
            number=meant.number,
            answer=answer,
            score=score,
            marked=new.marked,
            seq=new.seq,
            elapsed_ms=min(new.elapsed_ms or 0, MAX_ELAPSED_MS),
            at=self.clock.now(),
            channel=actor.channel,
        )
        if not await self.entries.save(save):
            await self._explain(save)
        return SavedView(
            attempt_id=attempt_of_task(id, save.number),
            number=save.number,
            seq=save.seq,
            saved_at=save.at,
            server_time=save.at,
        )

    async def _checked(self, task: Task, answer: Response) -> tuple[str, float]:
        """The answer as it is kept, and what it would earn; raise bank.answer_shape now, since at the end nobody could
        mend it."""
        text = written(answer, task.kind)
        if "\\u0000" in text:
            raise BadSave(problems=[FieldProblem("answer", "nul", "A text holds the character NUL.")])
        if answer is None:
            return text, 0.0
        return text, (await self.play.grade(task.question_id, task.version, task.seed, answer)).score

    async def _explain(self, save: Save) -> None:
        """Return when just this is kept already; else raise why nothing was."""
        sitting = await self.entries.sitting(save.training, save.learner)
        if sitting is None:
            raise TrainingNotFound(training_id=save.training)
        kept = next((it for it in await self.entries.of(save.training) if it.number == save.number), None)
        if kept is not None and (kept.seq, kept.answer, kept.marked) == (save.seq, save.answer, save.marked):
            return
        if sitting.is_due(save.at) or (sitting.training.finished_at or save.at) >= sitting.deadline:
            raise Late(deadline=sitting.deadline)
        if sitting.training.finished_at is not None:
            raise TrainingFinished(training_id=save.training)
        if kept is None:
            raise TrainingNotFound(training_id=save.training)
        raise AnswerOvertaken(seq=kept.seq, answer=msgspec.json.decode(kept.answer, type=Response), marked=kept.marked)
