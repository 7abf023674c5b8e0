"""Pages of training: the start page, a training with its verdicts, the result."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import msgspec
from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Response, get, post
from litestar.datastructures import FormMultiDict
from litestar.params import FromPath

from lyceum.accounts.api import Actor, Guests
from lyceum.advertising.api import AdView
from lyceum.bank.api import Catalogue, Kind, PlayedQuestion, PlayQuestions
from lyceum.bank.api import Response as Given
from lyceum.kernel.errors import AppError, FieldProblem
from lyceum.kernel.ids import AttemptId, TrainingId
from lyceum.platform.http_errors import AnyRequest, status_of
from lyceum.platform.i18n import localise_error, localise_problem
from lyceum.platform.pages import AnswerState, Pages, Viewer, is_fragment, redirect
from lyceum.training.adapters.answer_forms import response_of
from lyceum.training.adapters.queries import TrainingQueries
from lyceum.training.adapters.shown import Shown, in_locale, setup_of, shown_training
from lyceum.training.domain.trainings import (
    AnsweredDifferently,
    Attempt,
    AttemptNotFound,
    BadFilters,
    Mode,
    NothingDue,
    NothingToReview,
    TrainingNotFound,
    Verdict,
)
from lyceum.training.ports import Attempts
from lyceum.training.use_cases.answering import AskHint, NewAnswer, SkippedAttempt, SkipQuestion, SubmitAnswer
from lyceum.training.use_cases.pausing import TakePause
from lyceum.training.use_cases.starting import (
    AskedFilters,
    FinishTraining,
    NewTraining,
    ReadTraining,
    StartTraining,
)
from lyceum.training.use_cases.views import AnswerView, AttemptView, TrainingView

LENGTHS = (10, 20, 30)
REFUSED = {
    "task_number": "The number of a task is from 1 to 40. Write another one, or leave the field empty.",
    "filters": "One of the choices is not known here. Choose again.",
}


async def active_training(actor: Actor, read: ReadTraining, catalogue: Catalogue, locale: str) -> TrainingView | None:
    """The practice that is going on, for "continue"."""
    if not actor.is_signed_in:
        return None
    try:
        training = await read(actor, None, Mode.PRACTICE)
    except TrainingNotFound:
        return None
    if (current := training.current) is None:
        return training
    question = await in_locale(current.question, catalogue, locale)
    return msgspec.structs.replace(training, current=msgspec.structs.replace(current, question=question))


class StartPages(Controller):
    """Where a learner begins."""

    path = "/"
    include_in_schema = False

    @get()
    @inject
    async def home(
        self,
        actor: FromDishka[Actor],
        viewer: FromDishka[Viewer],
        pages: FromDishka[Pages],
        read: FromDishka[ReadTraining],
        queries: FromDishka[TrainingQueries],
        catalogue: FromDishka[Catalogue],
    ) -> Response[str]:
        today = datetime.now(UTC).astimezone(queries.zone).date()
        return pages.respond(
            "training/start.html",
            viewer,
            setup=await setup_of(catalogue, viewer.locale, {}),
            active=await active_training(actor, read, catalogue, viewer.locale),
            lengths=LENGTHS,
            daily=await catalogue.of_the_day(today),
        )

    @get("/train")
    @inject
    async def choose(
        self,
        request: AnyRequest,
        actor: FromDishka[Actor],
        viewer: FromDishka[Viewer],
        pages: FromDishka[Pages],
        read: FromDishka[ReadTraining],
        queries: FromDishka[TrainingQueries],
        catalogue: FromDishka[Catalogue],
    ) -> Response[str]:
        """The filters of a new training, the one that is going on, and what is due for review."""
        setup = await setup_of(catalogue, viewer.locale, dict(request.query_params))
        active = await active_training(actor, read, catalogue, viewer.locale)
        reviews = await queries.reviews(actor.id, datetime.now(UTC)) if actor.is_signed_in else None
        return pages.respond(
            "training/choose.html", viewer, setup=setup, active=active, lengths=LENGTHS, error="", reviews=reviews
        )

    @post("/train")
    @inject
    async def start(
        self,
        request: AnyRequest,
        actor: FromDishka[Actor],
        viewer: FromDishka[Viewer],
        pages: FromDishka[Pages],
        guests: FromDishka[Guests],
        start: FromDishka[StartTraining],
        catalogue: FromDishka[Catalogue],
    ) -> Response[str]:
        """Begin, as a guest if need be; the training that was going on ends."""
        form = {name: str(value) for name, value in (await request.form()).items()}
        try:
            new = await _new_training(form, catalogue)
            training = await start(await guests.ensure(actor), new)
        except (NothingDue, NothingToReview):
            return redirect(request, "/cabinet#reviews")
        except AppError as error:
            setup = await setup_of(catalogue, viewer.locale, form)
            said = [localise_problem(problem, viewer.locale) for problem in error.problems]
            text = " ".join(said) or localise_error(error, viewer.locale)
            return pages.respond(
                "training/choose.html",
                viewer,
                status_code=status_of(error),
                setup=setup,
                active=None,
                reviews=None,
                lengths=LENGTHS,
                error=text,
            )
        return redirect(request, f"/train/{training.id}")


async def _new_training(form: dict[str, str], catalogue: Catalogue) -> NewTraining:
    """What the form asks for; a code asks for its question alone."""
    if form.get("code"):
        only = AskedFilters(question_ids=(await catalogue.find(form["code"]),))
        return NewTraining(filters=only, length=1, replace=True)
    number = form.get("task_number", "")
    filters = {
        "exam": form.get("exam") or None,
        "subject": form.get("subject") or None,
        "topics": (form["topic"],) if form.get("topic") else (),
        "task_numbers": (_whole(number),) if number.strip() else (),
        "difficulty": form.get("difficulty") or None,
        "mistakes_only": form.get("mistakes") == "1",
    }
    mode = Mode.REVIEW if form.get("mode") == "review" else Mode.PRACTICE
    asked = {"mode": mode, "filters": filters, "length": _whole(form.get("length", "")) or None, "replace": True}
    try:
        return msgspec.convert(asked, NewTraining)
    except msgspec.ValidationError as error:
        place = "task_number" if "task_numbers" in str(error) else "filters"
        raise BadFilters(problems=[FieldProblem(place, "invalid", REFUSED[place])]) from error


def _whole(text: str) -> int:
    """0 for what is no number, which no filter takes."""
    text = text.strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0


@dataclass(frozen=True, slots=True)
class WaitingQuestion:
    """What stands before the learner in a training that goes on."""

    pages: Pages
    viewer: Viewer
    read: ReadTraining
    queries: TrainingQueries
    catalogue: Catalogue

    async def draw(
        self, request: AnyRequest, actor: Actor, id: TrainingId, ad: AdView | None = None, *, is_opened: bool = False
    ) -> Response[str]:
        """The question, or the ad in its place; `is_opened` shows all of the ad. The result when all is answered."""
        training = await self.read(actor, id)
        if training.current is None:
            return redirect(request, f"/train/{id}/result")
        if ad is not None:
            template = "training/pause.html" if is_fragment(request) else "training/paused.html"
            return self.pages.respond(template, self.viewer, training=training, ad=ad, is_opened=is_opened)
        question = await in_locale(training.current.question, self.catalogue, self.viewer.locale)
        shown = await shown_training(self.queries, actor.id, training, question, training.current, self.viewer.locale)
        return _sheet(request, self.pages, self.viewer, shown, attempt=training.current)


class TrainPages(Controller):
    """One training: its questions and verdicts one after the other, and the result."""

    path = "/train/{id:uuid}"
    include_in_schema = False

    @get()
    @inject
    async def current(
        self,
        id: FromPath[UUID],
        request: AnyRequest,
        actor: FromDishka[Actor],
        waiting: FromDishka[WaitingQuestion],
        pause: FromDishka[TakePause],
    ) -> Response[str]:
        """The question that waits, an ad when it is time for one before it, or the result when there is none."""
        ad = await pause(actor, TrainingId(id))
        return await waiting.draw(request, actor, TrainingId(id), ad)

    @post("/answer")
    @inject
    async def answer(
        self,
        id: FromPath[UUID],
        request: AnyRequest,
        actor: FromDishka[Actor],
        viewer: FromDishka[Viewer],
        pages: FromDishka[Pages],
        attempts: FromDishka[Attempts],
        play: FromDishka[PlayQuestions],
        submit: FromDishka[SubmitAnswer],
        skip: FromDishka[SkipQuestion],
        queries: FromDishka[TrainingQueries],
        catalogue: FromDishka[Catalogue],
    ) -> Response[str]:
        """Grade what was answered, or give the question up, and show how that was."""
        learner = actor.require().id
        form = await request.form()
        attempt_id = _uuid(form.get("attempt_id"))
        attempt = await attempts.find(AttemptId(attempt_id), learner)
        if attempt is None or attempt.training_id != id:
            raise AttemptNotFound(attempt_id=attempt_id)
        question = await play.show(attempt.question_id, attempt.version, attempt.seed)
        is_first = True
        try:
            if form.get("skip"):
                answered = await skip(actor, TrainingId(id), SkippedAttempt(attempt_id=attempt_id))
            else:
                answered = await submit(actor, TrainingId(id), _new_answer(attempt_id, question, form))
        except AnsweredDifferently:
            is_first = False
            answered = await _first_answer(actor, await attempts.find(attempt.id, learner) or attempt, submit, skip)
        if question.kind is Kind.DESCRIPTION:
            return redirect(request, f"/train/{id}")
        question = await in_locale(question, catalogue, viewer.locale)
        shown = await shown_training(queries, learner, answered.training, question, attempt, viewer.locale)
        return _sheet(request, pages, viewer, shown, answered=answered, is_first=is_first)

    @post("/hint")
    @inject
    async def hint(
        self,
        id: FromPath[UUID],
        request: AnyRequest,
        actor: FromDishka[Actor],
        viewer: FromDishka[Viewer],
        pages: FromDishka[Pages],
        ask: FromDishka[AskHint],
        read: FromDishka[ReadTraining],
        queries: FromDishka[TrainingQueries],
        catalogue: FromDishka[Catalogue],
    ) -> Response[str]:
        """The hint alone for HTMX; else the question again with it, and with what was entered."""
        actor.require()
        form = await request.form()
        asked = SkippedAttempt(attempt_id=_uuid(form.get("attempt_id")))
        hint = await ask(actor, TrainingId(id), asked)
        if is_fragment(request):
            return pages.respond("training/hint.html", viewer, hint_html=hint.hint_html)
        training = await read(actor, TrainingId(id))
        if training.current is None or training.current.attempt_id != asked.attempt_id:
            return redirect(request, f"/train/{id}")
        question = await in_locale(training.current.question, catalogue, viewer.locale)
        shown = await shown_training(queries, actor.id, training, question, training.current, viewer.locale)
        entered = AnswerState(response=response_of(question, form), locked=False)
        return _sheet(request, pages, viewer, shown, attempt=training.current, entered=entered, hint=hint.hint_html)

    @post("/finish")
    @inject
    async def finish(
        self, id: FromPath[UUID], request: AnyRequest, actor: FromDishka[Actor], finish: FromDishka[FinishTraining]
    ) -> Response[str]:
        await finish(actor, TrainingId(id))
        return redirect(request, f"/train/{id}/result")

    @get("/result")
    @inject
    async def result(
        self,
        id: FromPath[UUID],
        actor: FromDishka[Actor],
        viewer: FromDishka[Viewer],
        pages: FromDishka[Pages],
        queries: FromDishka[TrainingQueries],
        catalogue: FromDishka[Catalogue],
    ) -> Response[str]:
        learner = actor.require().id
        result = await queries.result(learner, TrainingId(id))
        training = await queries.training(learner, TrainingId(id))
        briefs = await catalogue.briefs([item.question_id for item in result.attempts])  # type: ignore[misc]
        return pages.respond(
            "training/result.html",
            viewer,
            result=result,
            filters=training.filters,
            is_review=training.mode is Mode.REVIEW,
            briefs=briefs,
            subjects={subject.id: subject.title for subject in await catalogue.subjects(viewer.locale)},
            is_guest=actor.is_guest,
        )


def _new_answer(attempt_id: UUID, question: PlayedQuestion, form: FormMultiDict) -> NewAnswer:
    elapsed = str(form.get("elapsed_ms", ""))
    return NewAnswer(
        attempt_id=attempt_id,
        answer=response_of(question, form),
        elapsed_ms=int(elapsed) if elapsed.isdecimal() and len(elapsed) < 12 else None,
    )


async def _first_answer(actor: Actor, attempt: Attempt, submit: SubmitAnswer, skip: SkipQuestion) -> AnswerView:
    """The verdict on the answer that counts, when another one came later from an old page or another tab."""
    if attempt.verdict is Verdict.SKIPPED:
        return await skip(actor, attempt.training_id, SkippedAttempt(attempt_id=attempt.id))
    given = msgspec.json.decode(attempt.answer, type=Given)
    return await submit(actor, attempt.training_id, NewAnswer(attempt_id=attempt.id, answer=given))


def _uuid(value: object) -> UUID:
    try:
        return UUID(str(value))
    except ValueError as error:
        raise AttemptNotFound(attempt_id=str(value)[:40]) from error


def _sheet(
    request: AnyRequest,
    pages: Pages,
    viewer: Viewer,
    shown: Shown,
    *,
    attempt: AttemptView | None = None,
    answered: AnswerView | None = None,
    entered: AnswerState | None = None,
    hint: str = "",
    is_first: bool = True,
) -> Response[str]:
    """A question, open or with its verdict: a fragment for HTMX, the whole page otherwise."""
    state = entered
    if answered is not None:
        state = AnswerState(
            response=answered.answer,
            right=answered.right_answer,
            elements=answered.elements,
            verdict=answered.verdict.value,
            score=answered.score,
            max_score=answered.max_score,
        )
    template = "training/sheet.html" if is_fragment(request) else "training/train.html"
    return pages.respond(
        template,
        viewer,
        shown=shown,
        attempt=attempt,
        answered=answered,
        state=state,
        hint_html=hint,
        is_first=is_first,
    )


PAGES = [StartPages, TrainPages]
