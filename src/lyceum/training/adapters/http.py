"""REST of trainings and of one's own progress."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import Example
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from lyceum.accounts.api import Actor
from lyceum.kernel.ids import TrainingId
from lyceum.platform.http_errors import AnyRequest, Problem
from lyceum.platform.i18n import negotiate
from lyceum.platform.paging import Limit, Page
from lyceum.platform.short_way import raise_failure
from lyceum.training.adapters import examples
from lyceum.training.adapters.progress import OwnProgress, ReadProgress
from lyceum.training.adapters.queries import HistoryItem, MistakeItem, SqlResults, TrainingQueries
from lyceum.training.adapters.why import TellWhy, WhyView
from lyceum.training.domain.results import Result
from lyceum.training.domain.trainings import Mode
from lyceum.training.use_cases.answering import (
    AskHint,
    HintView,
    NewAnswer,
    SkippedAttempt,
    SkipQuestion,
)
from lyceum.training.use_cases.any_training import AnswerAny, FinishAny, ReadAny, StartAny
from lyceum.training.use_cases.exam_results import ExamResult, ReadExamResult
from lyceum.training.use_cases.sitting import SavedView, SittingView
from lyceum.training.use_cases.starting import NewTraining
from lyceum.training.use_cases.views import AnswerView, TrainingView

Subject = Annotated[str | None, QueryParameter(max_length=40, description="Only this subject's.")]
READ = "training:read"


def refused(description: str, *codes: tuple[int, str, str]) -> dict[int, ResponseSpec]:
    """The refusals of a call, as status, code and detail."""
    by_status: dict[int, list[Example]] = {}
    for status, code, detail in codes:
        by_status.setdefault(status, []).append(Example(id=code, value=examples.problem(status, code, detail)))
    return {
        status: ResponseSpec(
            Problem, description=description, media_type=Problem.media_type, examples=found, generate_examples=False
        )
        for status, found in by_status.items()
    }


class TrainingController(Controller):
    """One training is one state, whoever shows it."""

    path = "/api/training/trainings"
    tags: Sequence[str] | None = ("training",)

    @post(
        operation_id="start_training",
        summary="Start a training and get its first question",
        description=(
            "One training of a mode goes on at a time; `replace` ends the one there is. Questions that the learner has "
            "not seen come first, nearest their level, topics in turn; then those seen longest ago. Guests train like "
            "everybody else: `POST /api/auth/guest` makes one. With `mode` mock_exam a variant of the exam and subject "
            "in `filters` is drawn, and comes whole; its answers are saved by the same call, without verdicts, and "
            "judged at the end."
        ),
        responses={
            201: ResponseSpec(
                TrainingView, generate_examples=False, examples=[Example(id="started", value=examples.TRAINING)]
            ),
            **refused("Refused", *examples.START_REFUSED),
        },
    )
    @inject
    async def start(
        self, data: JSONBody[NewTraining], actor: FromDishka[Actor], start: FromDishka[StartAny]
    ) -> TrainingView | SittingView:
        return await start(actor, data)

    @get(
        "/current",
        operation_id="current_training",
        summary="The training of a mode that is going on",
        description=(
            "The state and the current question, never its answer; 404 when no training of that mode is going on."
        ),
    )
    @inject
    async def current(
        self, actor: FromDishka[Actor], read: FromDishka[ReadAny], mode: FromQuery[Mode] = Mode.PRACTICE
    ) -> TrainingView | SittingView:
        return await read(actor, None, mode)

    @get(
        "/{id:uuid}",
        operation_id="get_training",
        summary="A training and its current question, never its answer",
        description="One's own only. `current` is null once the training is finished.",
    )
    @inject
    async def one(
        self, id: FromPath[UUID], actor: FromDishka[Actor], read: FromDishka[ReadAny]
    ) -> TrainingView | SittingView:
        return await read(actor, TrainingId(id), Mode.PRACTICE)

    @post(
        "/{id:uuid}/answers",
        status_code=200,
        operation_id="answer_question",
        summary="Answer the current question: verdict, right answer, explanation, next question",
        description=(
            "The same answer again gives the same verdict; another one to the same attempt is refused with 409. The "
            "shape of `answer` depends on the kind: an option's id, a list of ids, true or false, text, a number, a "
            "map from items or gaps to what belongs there."
        ),
        responses={
            200: ResponseSpec(
                AnswerView, generate_examples=False, examples=[Example(id="answered", value=examples.ANSWER)]
            ),
            **refused("Refused, and nothing was kept", *examples.ANSWER_REFUSED),
        },
    )
    @inject
    async def answer(
        self,
        id: FromPath[UUID],
        data: JSONBody[NewAnswer],
        request: AnyRequest,
        actor: FromDishka[Actor],
        submit: FromDishka[AnswerAny],
    ) -> AnswerView | SavedView:
        raise_failure(request.scope)
        return await submit(actor, TrainingId(id), data)

    @post(
        "/{id:uuid}/skip",
        status_code=200,
        operation_id="skip_question",
        summary="Give the current question up and see its answer",
        description="Without a body the question that waits is meant; with `attempt_id` a repeated call does no harm.",
    )
    @inject
    async def skip(
        self,
        id: FromPath[UUID],
        actor: FromDishka[Actor],
        skip: FromDishka[SkipQuestion],
        data: JSONBody[SkippedAttempt | None] = None,
    ) -> AnswerView:
        return await skip(actor, TrainingId(id), data or SkippedAttempt())

    @post(
        "/{id:uuid}/hint",
        status_code=200,
        operation_id="ask_hint",
        summary="The hint of the current question",
        description="As safe HTML; empty when the question has none. Asking costs nothing.",
    )
    @inject
    async def hint(
        self,
        id: FromPath[UUID],
        actor: FromDishka[Actor],
        ask: FromDishka[AskHint],
        data: JSONBody[SkippedAttempt | None] = None,
    ) -> HintView:
        return await ask(actor, TrainingId(id), data or SkippedAttempt())

    @post(
        "/{id:uuid}/finish",
        status_code=200,
        operation_id="finish_training",
        summary="End a training and get its result",
        description="The question that waits does not count. Ending a training twice is the same as once.",
    )
    @inject
    async def finish(
        self, id: FromPath[UUID], actor: FromDishka[Actor], finish: FromDishka[FinishAny]
    ) -> Result | ExamResult | SittingView:
        return await finish(actor, TrainingId(id))

    @get(
        "/{id:uuid}/why",
        operation_id="why_this_question",
        summary="Why a question was asked, in words and figures",
        description=(
            "Of the question that waits, or of the attempt named. In Russian or English, as `Accept-Language` asks, "
            "else as the profile says."
        ),
        responses={
            200: ResponseSpec(WhyView, generate_examples=False, examples=[Example(id="a review", value=examples.WHY)])
        },
    )
    @inject
    async def why(
        self,
        id: FromPath[UUID],
        request: AnyRequest,
        actor: FromDishka[Actor],
        tell: FromDishka[TellWhy],
        attempt_id: FromQuery[UUID | None] = None,
    ) -> WhyView:
        asked = request.headers.get("accept-language")
        locale = negotiate(asked, None, None if asked else actor.locale)
        return await tell(actor.require(scope=READ).id, TrainingId(id), attempt_id, locale)

    @get(
        "/{id:uuid}/result",
        operation_id="training_result",
        summary="How a training went: sums, topics, tasks, every answer",
        description="Of a training that is going on: how it has gone so far.",
    )
    @inject
    async def result(
        self,
        id: FromPath[UUID],
        actor: FromDishka[Actor],
        queries: FromDishka[TrainingQueries],
        results: FromDishka[SqlResults],
        exam_result: FromDishka[ReadExamResult],
    ) -> Result | ExamResult | SittingView:
        training = await queries.training(actor.require(scope=READ).id, TrainingId(id))
        return await (exam_result(actor, training.id) if training.mode.is_sitting else results.of(training))


class LearnerController(Controller):
    """The caller's own progress."""

    path = "/api/training/me"
    tags: Sequence[str] | None = ("training",)

    @get(
        "/progress",
        operation_id="my_progress",
        summary="Totals, subjects, tasks, topics, days, streak, goal, due reviews, ability, forecasts",
        description=(
            "Counted as answers come in, so it is always up to date. A text that was only read counts for nothing. "
            "`abilities` tell how the ability went, by day. `forecasts` tell what each exam would bring today: the "
            "ability against the bank's questions of each task of the exam's profile, with the interval into which "
            "8 of 10 such learners fall; `state` says why there are no figures."
        ),
        responses={
            200: ResponseSpec(
                OwnProgress, generate_examples=False, examples=[Example(id="progress", value=examples.PROGRESS)]
            )
        },
    )
    @inject
    async def progress(self, actor: FromDishka[Actor], read: FromDishka[ReadProgress]) -> OwnProgress:
        return await read(actor)

    @get(
        "/history",
        operation_id="my_history",
        summary="Answered questions, the newest first",
        description="One page after another by `next_cursor`; `subject` narrows it.",
    )
    @inject
    async def history(
        self,
        actor: FromDishka[Actor],
        results: FromDishka[SqlResults],
        subject: Subject = None,
        limit: Limit = 50,
        cursor: FromQuery[str | None] = None,
    ) -> Page[HistoryItem]:
        return await results.history(actor.require(scope=READ).id, limit=limit, cursor=cursor, subject=subject)

    @get(
        "/mistakes",
        operation_id="my_mistakes",
        summary="Questions whose latest answer was not right, the latest first",
        description="Train them with `POST /api/training/trainings` and the filter `mistakes_only`.",
    )
    @inject
    async def mistakes(
        self,
        actor: FromDishka[Actor],
        results: FromDishka[SqlResults],
        subject: Subject = None,
        limit: Limit = 50,
        cursor: FromQuery[str | None] = None,
    ) -> Page[MistakeItem]:
        return await results.mistakes(actor.require(scope=READ).id, limit=limit, cursor=cursor, subject=subject)


CONTROLLERS = [TrainingController, LearnerController]
