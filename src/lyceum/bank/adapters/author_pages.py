"""The author's pages: the list of questions, the editor with its preview. The same use cases as the API."""

from collections.abc import Mapping
from urllib.parse import urlencode
from uuid import UUID

from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery

from lyceum.accounts.api import Actor, Role
from lyceum.bank.adapters.editing import Editing, Sent, receive, told_apart
from lyceum.bank.adapters.editor_form import EditorForm
from lyceum.bank.adapters.editor_writer import question_of
from lyceum.bank.adapters.lists import QuestionFilters, QuestionItem, QuestionLists, checked
from lyceum.bank.adapters.queries import CatalogueQueries
from lyceum.bank.adapters.shown import excerpt_of
from lyceum.bank.domain.content import Kind
from lyceum.bank.domain.questions import QuestionNotFound, Status
from lyceum.bank.use_cases.questions import CreateQuestion, EditQuestion, PublishQuestion, RetireQuestion
from lyceum.kernel.errors import AppError, Forbidden, Invalid, NotFound
from lyceum.kernel.ids import QuestionId
from lyceum.platform.files import Files
from lyceum.platform.http_errors import AnyRequest, status_of
from lyceum.platform.pages import Pages, Viewer, local_path, redirect
from lyceum.platform.paging import Page
from lyceum.platform.uploads import Uploads

HOME = "/author/questions"
PER_PAGE = 30
STATES = (Status.DRAFT, Status.PUBLISHED, Status.RETIRED)
LISTED = ("q", "subject", "status", "kind", "whose", "import_id")
SAVING = frozenset({"save", "publish", "overwrite"})
STATUS = {"publish": "published"}

type Answer = Response[str] | Response[dict[str, object]]


class AuthorQuestions(Controller):
    """The author's own questions; for operators everybody's."""

    path = HOME
    include_in_schema = False

    @get()
    @inject
    async def listed(
        self,
        request: AnyRequest,
        actor: FromDishka[Actor],
        viewer: FromDishka[Viewer],
        pages: FromDishka[Pages],
        lists: FromDishka[QuestionLists],
        queries: FromDishka[CatalogueQueries],
    ) -> Response[str]:
        """All states, with search and filters."""
        actor.require(Role.AUTHOR)
        asked = {name: request.query_params.get(name, "").strip()[:500] for name in LISTED}
        cursor = request.query_params.get("cursor") or None
        filters = _filters(actor, asked, cursor)
        found: Page[QuestionItem] = Page(())
        refused: Invalid | None = None
        try:
            found = await lists.find(actor, checked(filters))
        except Invalid as error:
            refused = error
        subjects = await queries.subjects(viewer.locale)
        return pages.respond(
            "bank/author_questions.html",
            viewer,
            status_code=status_of(refused) if refused else 200,
            asked=asked | {"status": filters.status.value if filters.status else ""},
            is_narrowed=any(asked.values()),
            found=found,
            subjects=subjects,
            titles={it.id: it.title for it in subjects},
            states=STATES,
            kinds=tuple(Kind),
            excerpt_of=excerpt_of,
            first=_address(asked) if cursor else "",
            following=_address(asked, found.next_cursor) if found.next_cursor else "",
            is_refused=refused is not None,
        )

    @post("/{id:uuid}/publish")
    @inject
    async def publish(
        self, id: FromPath[UUID], request: AnyRequest, actor: FromDishka[Actor], publish: FromDishka[PublishQuestion]
    ) -> Response[str]:
        await publish(actor, QuestionId(id))
        return redirect(request, await _back(request))

    @post("/{id:uuid}/retire")
    @inject
    async def retire(
        self, id: FromPath[UUID], request: AnyRequest, actor: FromDishka[Actor], retire: FromDishka[RetireQuestion]
    ) -> Response[str]:
        await retire(actor, QuestionId(id))
        return redirect(request, await _back(request))


class EditorPages(Controller):
    """One question under the pen."""

    path = HOME
    include_in_schema = False

    @get("/new")
    @inject
    async def new(
        self,
        actor: FromDishka[Actor],
        viewer: FromDishka[Viewer],
        editing: FromDishka[Editing],
        kind: FromQuery[str] = "",
        subject: FromQuery[str] = "",
    ) -> Response[str]:
        """An empty form."""
        actor.require(Role.AUTHOR)
        given: dict[str, list[str]] = {
            "kind": [kind or Kind.SINGLE_CHOICE],
            "subject": [subject],
            "language": [viewer.locale],
            "shuffle": ["1"],
        }
        return await editing.page(viewer, EditorForm.read(given))

    @post("/new", request_max_body_size=None)
    @inject
    async def create(
        self,
        request: AnyRequest,
        actor: FromDishka[Actor],
        viewer: FromDishka[Viewer],
        editing: FromDishka[Editing],
        uploads: FromDishka[Uploads],
        files: FromDishka[Files],
        create: FromDishka[CreateQuestion],
    ) -> Answer:
        """Keep a new question, or show the form with what is wrong and everything that was entered."""
        actor.require(Role.AUTHOR)
        sent: Sent | None = None
        try:
            async with receive(request, uploads) as sent:
                if sent.do not in SAVING:
                    return await editing.pressed(viewer, sent, None)
                given = question_of(sent.form, STATUS.get(sent.do))
                made = await create(actor, given, await sent.checked(files))
        except (Forbidden, NotFound):
            raise
        except AppError as error:
            if sent is None:
                return told_apart(request, viewer, error)
            return await editing.refused(viewer, sent, None, error)
        return redirect(request, f"{HOME}/{made.id}?done={made.status.value}")

    @get("/{id:uuid}")
    @inject
    async def edit(
        self,
        id: FromPath[UUID],
        actor: FromDishka[Actor],
        viewer: FromDishka[Viewer],
        editing: FromDishka[Editing],
        done: FromQuery[str] = "",
    ) -> Response[str]:
        """The form of a question that exists."""
        actor.require(Role.AUTHOR)
        edited = await editing.edited(actor, id)
        return await editing.page(viewer, edited.form, edited, done=done)

    @post("/{id:uuid}", request_max_body_size=None)
    @inject
    async def save(
        self,
        id: FromPath[UUID],
        request: AnyRequest,
        actor: FromDishka[Actor],
        viewer: FromDishka[Viewer],
        editing: FromDishka[Editing],
        uploads: FromDishka[Uploads],
        files: FromDishka[Files],
        edit: FromDishka[EditQuestion],
    ) -> Answer:
        """Keep a new version, unless somebody else has kept one since the form was opened."""
        actor.require(Role.AUTHOR)
        edited = await editing.edited(actor, id)
        sent: Sent | None = None
        try:
            async with receive(request, uploads) as sent:
                if sent.do not in SAVING:
                    return await editing.pressed(viewer, sent, edited)
                given = question_of(sent.form, STATUS.get(sent.do))
                received = await sent.checked(files)
                kept = await edit(actor, QuestionId(id), given, received, expected=sent.expected)
        except (Forbidden, NotFound):
            raise
        except AppError as error:
            if sent is None:
                return told_apart(request, viewer, error)
            return await editing.refused(viewer, sent, edited, error)
        return redirect(request, f"{HOME}/{id}?done={kept.status.value}")

    @post("/preview")
    @inject
    async def preview(
        self,
        request: AnyRequest,
        actor: FromDishka[Actor],
        viewer: FromDishka[Viewer],
        pages: FromDishka[Pages],
        editing: FromDishka[Editing],
        id: FromQuery[UUID | None] = None,
    ) -> Response[str]:
        """What is being written, as a learner will see it, and what is still wrong with it."""
        actor.require(Role.AUTHOR)
        form = await _form(request)
        edited = await editing.edited(actor, id) if id else None
        shown = await editing.preview(viewer, form, edited)
        return pages.respond("bank/preview.html", viewer, preview=shown)

    @post("/fields")
    @inject
    async def fields(
        self,
        request: AnyRequest,
        actor: FromDishka[Actor],
        viewer: FromDishka[Viewer],
        pages: FromDishka[Pages],
    ) -> Response[str]:
        """The fields of the answer for another kind or rule or one gap more, with what was entered already."""
        actor.require(Role.AUTHOR)
        sent = await request.form()
        form = (await _form(request)).done(str(sent.get("do") or ""))
        shown = form.with_marked_gaps if form.kind is Kind.CLOZE else form
        return pages.respond("bank/editor_answer.html", viewer, form=shown, errors={})


def _filters(actor: Actor, asked: Mapping[str, str], cursor: str | None) -> QuestionFilters:
    """Everybody's questions are listed by one state, since drafts of others are many and rarely wanted."""
    everybody = asked["whose"] == "all" and actor.has(Role.OPERATOR)
    status = Status(asked["status"]) if asked["status"] in STATES else Status.PUBLISHED if everybody else None
    try:
        import_id = UUID(asked["import_id"]) if asked["import_id"] else None
    except ValueError as error:
        raise QuestionNotFound() from error
    return QuestionFilters(
        q=asked["q"],
        subject=asked["subject"] or None,
        kind=Kind(asked["kind"]) if asked["kind"] in set(Kind) else None,
        status=status,
        mine=not everybody,
        import_id=import_id,
        cursor=cursor,
        limit=PER_PAGE,
    )


def _address(asked: Mapping[str, str], cursor: str | None = None) -> str:
    given = {name: value for name, value in {**asked, "cursor": cursor or ""}.items() if value}
    return f"{HOME}?{urlencode(given)}" if given else HOME


async def _back(request: AnyRequest) -> str:
    form = await request.form()
    return local_path(str(form.get("next") or ""), HOME)


async def _form(request: AnyRequest) -> EditorForm:
    form = await request.form()
    given: dict[str, list[str]] = {}
    for name, value in form.multi_items():
        if isinstance(value, str):
            given.setdefault(name, []).append(value)
    return EditorForm.read(given)


PAGES = [AuthorQuestions, EditorPages]
