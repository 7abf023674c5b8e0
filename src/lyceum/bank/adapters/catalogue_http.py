"""REST of the catalogue: subjects, topics, packs, exam profiles."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Request, Response, get, post, put
from litestar.datastructures import State
from litestar.params import FromPath, FromQuery, JSONBody, PathParameter, QueryParameter

from lyceum.accounts.api import Actor
from lyceum.bank.adapters.http import IfMatch, etag, expected_version
from lyceum.bank.adapters.queries import CatalogueQueries, PackItem, PackView, TopicView
from lyceum.bank.api import SubjectView
from lyceum.bank.domain.catalogue import ExamProfile
from lyceum.bank.use_cases.exams import ExamProfileInput, WriteExamProfile
from lyceum.bank.use_cases.packs import CreatePack, EditPack, PackInput
from lyceum.platform.http_errors import locale_of
from lyceum.platform.paging import Limit, Page

Word = Annotated[str, PathParameter(pattern=r"^[a-z0-9_-]{1,40}$")]
Filter = Annotated[str | None, QueryParameter(pattern=r"^[a-z0-9_-]{1,40}$")]
Year = Annotated[int, PathParameter(ge=2000, le=2100)]
SomeYear = Annotated[int | None, QueryParameter(ge=2000, le=2100)]
SomeVersion = Annotated[int | None, QueryParameter(ge=1, le=1_000_000)]


class CatalogueController(Controller):
    """What there is to train."""

    path = "/api/bank"
    tags: Sequence[str] | None = ("bank",)

    @get(
        "/subjects",
        operation_id="list_subjects",
        summary="Subjects with their numbers of published questions",
        description="Titles come in the language of `Accept-Language`.",
    )
    @inject
    async def list_subjects(
        self, request: Request[object, object, State], queries: FromDishka[CatalogueQueries], exam: Filter = None
    ) -> list[SubjectView]:
        return await queries.subjects(locale_of(request), exam)

    @get(
        "/subjects/{subject:str}/topics",
        operation_id="list_topics",
        summary="Topics of a subject that have published questions",
        description=(
            "By title, each with its number of published questions. They are the words that the filter `topic` takes."
        ),
    )
    @inject
    async def list_topics(self, subject: Word, queries: FromDishka[CatalogueQueries]) -> list[TopicView]:
        return await queries.topics(subject)

    @get(
        "/packs",
        operation_id="list_packs",
        summary="Packs of questions, the newest first",
        description=(
            "What each is called, how it is opened, and how many questions it holds if it names them one by one."
        ),
    )
    @inject
    async def list_packs(
        self, queries: FromDishka[CatalogueQueries], limit: Limit = 50, cursor: FromQuery[str | None] = None
    ) -> Page[PackItem]:
        return await queries.packs(limit, cursor)

    @get(
        "/packs/{id:uuid}",
        operation_id="get_pack",
        summary="A pack: its questions, or the filters that choose them",
        description=(
            "`access` is `free`, or `entitled` for one that opens with a purchase. The answer carries an "
            "`ETag` for `If-Match`."
        ),
    )
    @inject
    async def get_pack(self, id: FromPath[UUID], queries: FromDishka[CatalogueQueries]) -> Response[PackView]:
        return _pack(await queries.pack(id))

    @post(
        "/packs",
        operation_id="create_pack",
        summary="Put a pack together",
        description=(
            "For authors. Either `question_ids`, or filters over the published questions, which then include "
            "later ones."
        ),
    )
    @inject
    async def create_pack(
        self,
        data: JSONBody[PackInput],
        actor: FromDishka[Actor],
        create: FromDishka[CreatePack],
        queries: FromDishka[CatalogueQueries],
    ) -> Response[PackView]:
        pack = await create(actor, data)
        return _pack(await queries.pack(pack.id))

    @put(
        "/packs/{id:uuid}",
        operation_id="edit_pack",
        summary="Change a pack",
        description=(
            "By its author or an operator. The whole pack, as for POST; with `If-Match` only if it is still "
            "the version seen."
        ),
    )
    @inject
    async def edit_pack(
        self,
        id: FromPath[UUID],
        data: JSONBody[PackInput],
        actor: FromDishka[Actor],
        edit: FromDishka[EditPack],
        queries: FromDishka[CatalogueQueries],
        if_match: IfMatch = None,
    ) -> Response[PackView]:
        pack = await edit(actor, id, data, expected=expected_version(if_match))
        return _pack(await queries.pack(pack.id))

    @get(
        "/exams",
        operation_id="list_exams",
        summary="Exam profiles: tasks, points, scales, thresholds",
        description=(
            "The current version of each, by exam, subject and year; `verified` says whether somebody has "
            "checked it against its `source`."
        ),
    )
    @inject
    async def list_exams(
        self,
        queries: FromDishka[CatalogueQueries],
        exam: Filter = None,
        subject: Filter = None,
        year: SomeYear = None,
    ) -> Sequence[ExamProfile]:
        return await queries.exams(exam, subject, year)

    @get(
        "/exams/{exam:str}/{subject:str}/{year:int}",
        operation_id="get_exam",
        summary="One exam profile",
        description="The current version, unless another is asked for.",
    )
    @inject
    async def get_exam(
        self, exam: Word, subject: Word, year: Year, queries: FromDishka[CatalogueQueries], version: SomeVersion = None
    ) -> Response[ExamProfile]:
        profile = await queries.exam(exam, subject, year, version)
        return Response(profile, headers=etag(profile.version))

    @put(
        "/exams/{exam:str}/{subject:str}/{year:int}",
        operation_id="write_exam",
        summary="Write a new version of an exam profile",
        description="For operators. The versions before stay and can be asked for.",
    )
    @inject
    async def write_exam(
        self,
        exam: Word,
        subject: Word,
        year: Year,
        data: JSONBody[ExamProfileInput],
        actor: FromDishka[Actor],
        write: FromDishka[WriteExamProfile],
        if_match: IfMatch = None,
    ) -> Response[ExamProfile]:
        profile = await write(actor, exam, subject, year, data, expected_version(if_match))
        return Response(profile, headers=etag(profile.version))


def _pack(view: PackView) -> Response[PackView]:
    return Response(view, headers=etag(view.version))


CONTROLLERS = (CatalogueController,)
