"""Pages of mock exams: which there are, the paper itself, its end and its result."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from uuid import UUID

from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Response, get, post
from litestar.datastructures import FormMultiDict
from litestar.params import FromPath

from lyceum.accounts.api import Actor, Guests
from lyceum.bank.api import Catalogue, ExamProfile, Exams, PlayedQuestion, PlayQuestions, SubjectView, Threshold
from lyceum.bank.api import Response as Given
from lyceum.kernel.errors import AppError, FieldProblem
from lyceum.kernel.ids import TrainingId
from lyceum.platform.http_errors import AnyRequest, status_of
from lyceum.platform.i18n import localise_error, localise_problem
from lyceum.platform.pages import AnswerState, Pages, Viewer, redirect
from lyceum.training.adapters.answer_forms import response_of
from lyceum.training.domain.sittings import MAX_SEQ, BadSave, Paper, Part, ResultHeld, SittingState
from lyceum.training.domain.trainings import GRACE, Mode, TrainingNotFound, Verdict
from lyceum.training.sitting_ports import Entries
from lyceum.training.use_cases.exam_results import ExamResult, ReadExamResult, earlier_of
from lyceum.training.use_cases.scoring import FinishSitting
from lyceum.training.use_cases.sitting import (
    MockExam,
    NewEntry,
    ReadSitting,
    SavedView,
    SaveEntry,
    SittingTask,
    SittingView,
    StartMockExam,
)

BLANK: Sequence[object] = ("", [], {})


@dataclass(frozen=True, slots=True)
class Offer:
    """An exam to choose, by its profile; `earlier` is that of a year before, for what this one leaves out."""

    profile: ExamProfile
    title: str
    earlier: ExamProfile | None = None

    @property
    def thresholds(self) -> Sequence[Threshold]:
        return self.profile.thresholds or (self.earlier.thresholds if self.earlier else ())

    @property
    def machine(self) -> int:
        """Tasks that a machine marks."""
        return sum(not slot.extended for slot in self.profile.slots)

    @property
    def extended(self) -> int:
        return sum(slot.extended for slot in self.profile.slots)


async def offers_of(exams: Exams, subjects: Sequence[SubjectView]) -> list[Offer]:
    """The newest profile of each exam and subject, those that can be sat first."""
    titles = {it.id: it.title for it in subjects}
    newest: dict[tuple[str, str], ExamProfile] = {}
    known = await exams.profiles()
    for profile in known:
        kept = newest.setdefault((profile.exam, profile.subject), profile)
        if profile.slots and not kept.slots:
            newest[profile.exam, profile.subject] = profile
    found = [Offer(it, titles.get(it.subject, it.subject), earlier_of(it, known)) for it in newest.values()]
    return sorted(found, key=lambda it: (not it.profile.slots, it.profile.exam, it.title))


async def active_sitting(actor: Actor, read: ReadSitting) -> SittingView | None:
    """The mock exam that is going on, for "continue"."""
    if not actor.is_signed_in:
        return None
    try:
        return await read(actor, None, Mode.MOCK_EXAM)
    except TrainingNotFound:
        return None


class ExamsPages(Controller):
    """Which exams there are, and the beginning of one."""

    path = "/exams"
    include_in_schema = False

    @get()
    @inject
    async def choose(
        self,
        actor: FromDishka[Actor],
        viewer: FromDishka[Viewer],
        pages: FromDishka[Pages],
        exams: FromDishka[Exams],
        catalogue: FromDishka[Catalogue],
        read: FromDishka[ReadSitting],
    ) -> Response[str]:
        offers = await offers_of(exams, await catalogue.subjects(viewer.locale))
        active = await active_sitting(actor, read)
        return pages.respond("training/exams.html", viewer, offers=offers, active=active, error="", problems=())

    @post("/start")
    @inject
    async def start(
        self,
        request: AnyRequest,
        actor: FromDishka[Actor],
        viewer: FromDishka[Viewer],
        pages: FromDishka[Pages],
        guests: FromDishka[Guests],
        exams: FromDishka[Exams],
        catalogue: FromDishka[Catalogue],
        read: FromDishka[ReadSitting],
        start: FromDishka[StartMockExam],
    ) -> Response[str]:
        """Begin, as a guest if need be; a refusal names the tasks that the bank cannot fill."""
        form = {name: str(value) for name, value in (await request.form()).items()}
        try:
            sitting = await start(await guests.ensure(actor), _asked(form), replace=bool(form.get("replace")))
        except AppError as error:
            offers = await offers_of(exams, await catalogue.subjects(viewer.locale))
            return pages.respond(
                "training/exams.html",
                viewer,
                status_code=status_of(error),
                offers=offers,
                active=await active_sitting(actor, read),
                error=localise_error(error, viewer.locale),
                problems=_reasons(error.problems, viewer.locale),
            )
        return redirect(request, f"/exams/{sitting.id}")


def _asked(form: Mapping[str, str]) -> MockExam:
    year = form.get("year", "")
    return MockExam(
        exam=form.get("exam", ""),
        subject=form.get("subject", ""),
        year=int(year) if year.isdecimal() and len(year) == 4 else None,
        part=Part.FIRST if form.get("part") == Part.FIRST else Part.WHOLE,
    )


def _reasons(problems: Sequence[FieldProblem], locale: str) -> list[tuple[str, list[str]]]:
    """Why tasks stay empty: each reason with the numbers of its tasks."""
    grouped: dict[str, list[str]] = {}
    for problem in problems:
        grouped.setdefault(localise_problem(problem, locale), []).append(problem.loc.rpartition("/")[2])
    return list(grouped.items())


class ExamPages(Controller):
    """One exam: its paper, its end, its result."""

    path = "/exams/{id:uuid}"
    include_in_schema = False

    @get()
    @inject
    async def paper(
        self,
        id: FromPath[UUID],
        request: AnyRequest,
        actor: FromDishka[Actor],
        viewer: FromDishka[Viewer],
        pages: FromDishka[Pages],
        read: FromDishka[ReadSitting],
    ) -> Response[str]:
        """The whole paper with what is saved; once it is over, its result."""
        sitting = await read(actor, TrainingId(id))
        if sitting.state is not SittingState.RUNNING:
            return redirect(request, f"/exams/{id}/result")
        known = [
            {
                "number": it.number,
                "seq": it.seq,
                "marked": it.marked,
                "answered": it.answer is not None,
                "elapsed_ms": it.elapsed_ms,
            }
            for it in sitting.tasks
        ]
        return pages.respond("training/exam.html", viewer, sitting=sitting, states=states_of(sitting), known=known)

    @get("/tasks/{number:int}")
    @inject
    async def task(
        self,
        id: FromPath[UUID],
        number: FromPath[int],
        actor: FromDishka[Actor],
        viewer: FromDishka[Viewer],
        pages: FromDishka[Pages],
        read: FromDishka[ReadSitting],
    ) -> Response[str]:
        """One task as it is saved, for a window that another one has overtaken."""
        sitting = await read(actor, TrainingId(id))
        task = next((it for it in sitting.tasks if it.number == number), None)
        if task is None:
            raise TrainingNotFound(training_id=id)
        states = states_of(sitting)
        return pages.respond("training/exam_task.html", viewer, sitting=sitting, task=task, states=states)

    @post("/tasks/{number:int}")
    @inject
    async def save(
        self,
        id: FromPath[UUID],
        number: FromPath[int],
        request: AnyRequest,
        actor: FromDishka[Actor],
        entries: FromDishka[Entries],
        play: FromDishka[PlayQuestions],
        save: FromDishka[SaveEntry],
    ) -> Response[str] | SavedView:
        """Save a task: from the page's script, which reads JSON, or from a plain form."""
        paper = await entries.paper(TrainingId(id), actor.require().id)
        if paper is None:
            raise TrainingNotFound(training_id=id)
        task = paper.task(number)
        question = await play.show(task.question_id, task.version, task.seed)
        saved = await save(actor, TrainingId(id), number, entry_of(question, await request.form()))
        if "application/json" in request.headers.get("accept", ""):
            return saved
        return redirect(request, f"/exams/{id}#task-{number}")

    @get("/clock")
    @inject
    async def clock(
        self, id: FromPath[UUID], actor: FromDishka[Actor], read: FromDishka[ReadSitting]
    ) -> Mapping[str, str]:
        """The server's time and the deadline, for a page that slept."""
        sitting = await read(actor, TrainingId(id))
        now, deadline = sitting.server_time.isoformat(), sitting.deadline.isoformat()
        return {"server_time": now, "deadline": deadline, "state": sitting.state.value}

    @get("/finish")
    @inject
    async def ask_to_finish(
        self,
        id: FromPath[UUID],
        request: AnyRequest,
        actor: FromDishka[Actor],
        viewer: FromDishka[Viewer],
        pages: FromDishka[Pages],
        read: FromDishka[ReadSitting],
    ) -> Response[str]:
        """What is answered, marked and open, as the server has it, before the end."""
        sitting = await read(actor, TrainingId(id))
        if sitting.state is not SittingState.RUNNING:
            return redirect(request, f"/exams/{id}/result")
        return pages.respond("training/exam_finish.html", viewer, sitting=sitting)

    @post("/finish")
    @inject
    async def finish(
        self, id: FromPath[UUID], request: AnyRequest, actor: FromDishka[Actor], finish: FromDishka[FinishSitting]
    ) -> Response[str]:
        sitting = await finish(actor, TrainingId(id))
        if sitting.scored_at is None and sitting.event_id is not None:
            return redirect(request, f"/events/{sitting.event_id}")
        return redirect(request, f"/exams/{id}/result")

    @get("/result")
    @inject
    async def result(
        self,
        id: FromPath[UUID],
        request: AnyRequest,
        actor: FromDishka[Actor],
        viewer: FromDishka[Viewer],
        pages: FromDishka[Pages],
        read: FromDishka[ReadSitting],
        result_of: FromDishka[ReadExamResult],
        entries: FromDishka[Entries],
        play: FromDishka[PlayQuestions],
        catalogue: FromDishka[Catalogue],
    ) -> Response[str]:
        sitting = await read(actor, TrainingId(id))
        if sitting.state is SittingState.RUNNING:
            return redirect(request, f"/exams/{id}")
        try:
            result = await result_of(actor, TrainingId(id))
        except ResultHeld:
            return _held(pages, viewer, sitting)
        return pages.respond(
            "training/exam_result.html",
            viewer,
            sitting=sitting,
            result=result,
            reviews=await reviews_of(play, await entries.paper(TrainingId(id), actor.id), sitting, result),
            titles={it.id: it.title for it in await catalogue.subjects(viewer.locale)},
            is_guest=actor.is_guest,
        )


def _held(pages: Pages, viewer: Viewer, sitting: SittingView) -> Response[str]:
    """The paper is in, and its event is still open to others: when the result comes, and where to wait for it."""
    closes_at = sitting.event_closes_at or sitting.deadline
    wait = max(0, ceil((closes_at + GRACE - sitting.server_time).total_seconds()))
    return pages.respond("training/exam_held.html", viewer, sitting=sitting, closes_at=closes_at, wait=wait)


def states_of(sitting: SittingView) -> Mapping[int, AnswerState | None]:
    """What the form of each task begins with."""
    return {
        task.number: AnswerState(response=task.answer, locked=False) if task.answer is not None else None
        for task in sitting.tasks
    }


def entry_of(question: PlayedQuestion, form: FormMultiDict) -> NewEntry:
    """A task's form as a change; a form left empty takes the answer back. Raise BadSave."""
    seq, elapsed = str(form.get("seq", "")), str(form.get("elapsed_ms", ""))
    if seq and (not seq.isdecimal() or not 1 <= int(seq[:12]) <= MAX_SEQ):
        raise BadSave(problems=[FieldProblem("seq", "range", f"From 1 to {MAX_SEQ} is wanted.")])
    response: Given = response_of(question, form)
    return NewEntry(
        answer=None if response in BLANK else response,
        marked=form.get("marked") == "1",
        seq=int(seq) if seq else None,
        elapsed_ms=int(elapsed) if elapsed.isdecimal() and len(elapsed) < 12 else None,
    )


@dataclass(frozen=True, slots=True)
class Review:
    """A task after the end: what was answered, what would have been right, and why."""

    task: SittingTask
    state: AnswerState
    explanation_html: str
    explanation_media: Sequence[object]
    verdict: str


async def reviews_of(
    play: PlayQuestions, paper: Paper | None, sitting: SittingView, result: ExamResult
) -> Mapping[int, Review]:
    """By number of the task."""
    seeds = {it.number: it.seed for it in paper.tasks} if paper else {}
    found: dict[int, Review] = {}
    for task, scored in zip(sitting.tasks, result.tasks, strict=True):
        question, attempt, seed = task.question, scored.attempt, seeds[task.number]
        graded = await play.reveal(question.id, question.version, seed)
        elements: Mapping[str, bool] = {}
        if task.answer is not None and not task.by_people:
            elements = (await play.grade(question.id, question.version, seed, task.answer)).elements
        found[task.number] = Review(
            task=task,
            state=AnswerState(
                response=task.answer,
                right=None if attempt.verdict is Verdict.PENDING else graded.right_answer,
                elements=elements,
                verdict=attempt.verdict.value,
                score=attempt.score,
                max_score=attempt.max_score,
            ),
            explanation_html=graded.explanation_html,
            explanation_media=graded.explanation_media,
            verdict=attempt.verdict.value,
        )
    return found


PAGES = [ExamsPages, ExamPages]
