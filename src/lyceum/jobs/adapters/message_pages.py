"""Pages of dead letters, for operators: what was rejected and why, and sending it again."""

from uuid import UUID

from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery

from lyceum.accounts.api import Actor, Role
from lyceum.jobs.adapters.message_queries import DeadLetterFilter, MessageQueries
from lyceum.jobs.api import Messages
from lyceum.jobs.use_cases.replaying import ReplayDeadLetter
from lyceum.kernel.errors import AppError, Conflict
from lyceum.platform.http_errors import AnyRequest, Unavailable, status_of
from lyceum.platform.i18n import localise_error
from lyceum.platform.pages import Pages, Viewer, redirect
from lyceum.platform.settings import Settings

SHOWN = 25
LONGEST = 255


class DeadLetterPages(Controller):
    """Messages that were rejected and that nobody has sent again."""

    path = "/operator/messages"
    include_in_schema = False

    @get()
    @inject
    async def listed(
        self,
        actor: FromDishka[Actor],
        viewer: FromDishka[Viewer],
        pages: FromDishka[Pages],
        queries: FromDishka[MessageQueries],
        messages: FromDishka[Messages],
        settings: FromDishka[Settings],
        code: FromQuery[str] = "",
        cursor: FromQuery[str | None] = None,
    ) -> Response[str]:
        actor.require(Role.OPERATOR)
        wanted = DeadLetterFilter(code=code[:LONGEST] or None, limit=SHOWN, cursor=cursor)
        return pages.respond(
            "jobs/messages.html",
            viewer,
            letters=await queries.dead_letters(actor, wanted),
            counts=await queries.dead_counts(actor),
            code=code[:LONGEST],
            is_first=cursor is None,
            queues=sorted(messages.queues()),
            has_broker=bool(settings.broker_url),
        )

    @get("/{id:uuid}")
    @inject
    async def one(
        self,
        id: FromPath[UUID],
        actor: FromDishka[Actor],
        viewer: FromDishka[Viewer],
        pages: FromDishka[Pages],
        queries: FromDishka[MessageQueries],
    ) -> Response[str]:
        return await self._shown(id, actor, viewer, pages, queries)

    @post("/{id:uuid}/replay")
    @inject
    async def replay(
        self,
        id: FromPath[UUID],
        request: AnyRequest,
        actor: FromDishka[Actor],
        viewer: FromDishka[Viewer],
        pages: FromDishka[Pages],
        queries: FromDishka[MessageQueries],
        replay: FromDishka[ReplayDeadLetter],
    ) -> Response[str]:
        try:
            await replay(actor, id)
        except (Conflict, Unavailable) as error:
            return await self._shown(id, actor, viewer, pages, queries, error)
        return redirect(request, f"{self.path}/{id}")

    async def _shown(
        self,
        id: UUID,
        actor: Actor,
        viewer: Viewer,
        pages: Pages,
        queries: MessageQueries,
        error: AppError | None = None,
    ) -> Response[str]:
        letter = await queries.dead_letter(actor, id)
        said = localise_error(error, viewer.locale) if error else ""
        status = status_of(error) if error else 200
        return pages.respond("jobs/message.html", viewer, status_code=status, letter=letter, error=said)


PAGES = [DeadLetterPages]
