"""REST of questions: `/api/bank/questions`."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Request, Response, delete, get, post, put
from litestar.datastructures import State
from litestar.params import FromPath, FromQuery, HeaderParameter, QueryParameter

from lyceum.accounts.api import Actor, Role
from lyceum.bank.adapters.lists import QuestionFilters, QuestionItem, QuestionLists, Sort, checked
from lyceum.bank.adapters.question_forms import QuestionOperation, receive_question
from lyceum.bank.adapters.views import QuestionView, QuestionViews
from lyceum.bank.domain.content import Kind
from lyceum.bank.domain.drafts import Difficulty
from lyceum.bank.domain.questions import Question, Status
from lyceum.bank.use_cases.questions import CreateQuestion, EditQuestion, PublishQuestion, RetireQuestion
from lyceum.kernel.errors import FieldProblem
from lyceum.kernel.ids import QuestionId
from lyceum.platform.files import Files
from lyceum.platform.paging import BadFilter, Limit, Page
from lyceum.platform.uploads import Uploads

IfMatch = Annotated[str | None, HeaderParameter(name="If-Match", description="The ETag that the caller has seen.")]
TaskNumber = Annotated[int | None, QueryParameter(ge=1, le=40)]
LISTED = {"draft": Status.DRAFT, "published": Status.PUBLISHED, "retired": Status.RETIRED}


def etag(version: int) -> dict[str, str]:
    return {"ETag": f'"{version}"', "Cache-Control": "private, no-cache"}


def expected_version(if_match: str | None) -> int | None:
    """The version that `If-Match` names: one that nothing has where it is none of ours, None without the header."""
    if if_match is None or if_match.strip() == "*":
        return None
    text = if_match.strip().removeprefix("W/").strip('"')
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else -1


class QuestionController(Controller):
    """Questions, one and many."""

    path = "/api/bank/questions"
    tags: Sequence[str] | None = ("bank",)

    @get(
        operation_id="list_questions",
        summary="Questions by filters and words, or the one with a find code",
        description=(
            "Everybody sees published questions, without answers. `q` finds words in any form, in Russian and English; "
            "all must occur, the last may be unfinished. `status` other than `published`, and `mine=true`, are for "
            "authors and show their own; operators see all. With `find_code` the answer is that question itself, as "
            "`GET /questions/{id}` gives it, or 404; typing mistakes such as О for 0 are forgiven. `sort`: "
            "`created_at`, `rating`, `difficulty` (by rating), each with `-` for descending."
        ),
    )
    @inject
    async def list_questions(
        self,
        actor: FromDishka[Actor],
        lists: FromDishka[QuestionLists],
        views: FromDishka[QuestionViews],
        exam: FromQuery[str | None] = None,
        subject: FromQuery[str | None] = None,
        task_number: TaskNumber = None,
        topic: FromQuery[str | None] = None,
        difficulty: FromQuery[Difficulty | None] = None,
        kind: FromQuery[Kind | None] = None,
        status: FromQuery[str | None] = None,
        q: FromQuery[str] = "",
        mine: FromQuery[bool] = False,
        import_id: FromQuery[UUID | None] = None,
        find_code: FromQuery[str | None] = None,
        sort: FromQuery[Sort] = Sort.NEWEST,
        limit: Limit = 50,
        cursor: FromQuery[str | None] = None,
    ) -> Response[Page[QuestionItem] | QuestionView]:
        if find_code is not None:
            view = await views.by_find_code(actor, find_code)
            return Response(view, headers=etag(view.version))
        filters = QuestionFilters(
            exam=exam,
            subject=subject,
            task_number=task_number,
            topic=topic,
            difficulty=difficulty,
            kind=kind,
            status=_status(status),
            q=q,
            mine=mine,
            import_id=import_id,
            sort=sort,
            limit=limit,
            cursor=cursor,
        )
        return Response(await lists.find(actor, checked(filters)))

    @get(
        "/{id:uuid}",
        operation_id="get_question",
        summary="A question with links to its files",
        description=(
            "`answer`, `explanation` and the video of the answer come to the author, to operators, and to whoever has "
            "answered the question; `content`, everything that was written, to the first two. Links are time-limited."
        ),
    )
    @inject
    async def get_question(
        self, id: FromPath[UUID], actor: FromDishka[Actor], views: FromDishka[QuestionViews]
    ) -> Response[QuestionView]:
        view = await views.get(actor, id)
        return Response(view, headers=etag(view.version))

    @post(
        operation_id="create_question",
        summary="Write a question, with files if it has any",
        description=(
            "JSON, or multipart with the JSON in the part `question` and files in `photos` (JPEG, PNG, WebP up to 10 "
            "MiB), `sounds` (WAV, MP3, OGG up to 25 MiB), `files` (txt, pdf, doc, docx, xls, xlsx, xlsm, odt, ods up "
            "to 25 MiB), `answer_video` (mp4, webm, mov, mkv, avi up to 500 MiB). Files are judged by their contents. "
            "Texts show a file by `attachment:NAME`. If anything is wrong, nothing is kept."
        ),
        operation_class=QuestionOperation,
        request_max_body_size=None,
    )
    @inject
    async def create_question(
        self,
        request: Request[object, object, State],
        actor: FromDishka[Actor],
        uploads: FromDishka[Uploads],
        files: FromDishka[Files],
        create: FromDishka[CreateQuestion],
        views: FromDishka[QuestionViews],
    ) -> Response[QuestionView]:
        actor.require(Role.AUTHOR, scope="bank:write")
        async with receive_question(request, uploads, files) as received:
            question = await create(actor, received.question, received.files)
        return await _answer(views, actor, question)

    @put(
        "/{id:uuid}",
        operation_id="edit_question",
        summary="Write a new version of a question",
        description=(
            "The whole question, as for POST. Files already there stay unless `attachments` lists those that do. A "
            "published question gets a new version; answers keep the version they were given to."
        ),
        operation_class=QuestionOperation,
        request_max_body_size=None,
    )
    @inject
    async def edit_question(
        self,
        id: FromPath[UUID],
        request: Request[object, object, State],
        actor: FromDishka[Actor],
        uploads: FromDishka[Uploads],
        files: FromDishka[Files],
        edit: FromDishka[EditQuestion],
        views: FromDishka[QuestionViews],
        if_match: IfMatch = None,
    ) -> Response[QuestionView]:
        actor.require(Role.AUTHOR, scope="bank:write")
        expected = expected_version(if_match)
        async with receive_question(request, uploads, files) as received:
            question = await edit(actor, QuestionId(id), received.question, received.files, expected=expected)
        return await _answer(views, actor, question)

    @post(
        "/{id:uuid}/publish",
        status_code=200,
        operation_id="publish_question",
        summary="Show a draft, or a retired question again, to everybody",
        description=(
            "By the author or an operator. Learners get the question from now on; for a retired one that is "
            "its latest version."
        ),
    )
    @inject
    async def publish_question(
        self,
        id: FromPath[UUID],
        actor: FromDishka[Actor],
        publish: FromDishka[PublishQuestion],
        views: FromDishka[QuestionViews],
        if_match: IfMatch = None,
    ) -> Response[QuestionView]:
        question = await publish(actor, QuestionId(id), expected=expected_version(if_match))
        return await _answer(views, actor, question)

    @delete(
        "/{id:uuid}",
        operation_id="retire_question",
        summary="Retire a question",
        description="It is shown and asked no more; answers that were given to it stay.",
    )
    @inject
    async def retire_question(
        self, id: FromPath[UUID], actor: FromDishka[Actor], retire: FromDishka[RetireQuestion], if_match: IfMatch = None
    ) -> None:
        await retire(actor, QuestionId(id), expected=expected_version(if_match))


async def _answer(views: QuestionViews, actor: Actor, question: Question) -> Response[QuestionView]:
    headers = etag(question.version) | {"Location": f"/api/bank/questions/{question.id}"}
    return Response(await views.get(actor, question.id), headers=headers)


def _status(word: str | None) -> Status | None:
    if word is None:
        return None
    if word not in LISTED:
        problem = FieldProblem("status", "unknown", f"A status is one of {', '.join(LISTED)}.")
        raise BadFilter(problems=[problem])
    return LISTED[word]


CONTROLLERS = (QuestionController,)
