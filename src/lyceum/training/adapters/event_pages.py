"""Pages of events: what is on, one event with its standings, and the organiser's desk."""

from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery, QueryParameter

from lyceum.accounts.api import Actor, Role
from lyceum.bank.api import Catalogue
from lyceum.kernel.errors import AppError
from lyceum.kernel.ports import Clock
from lyceum.platform.http_errors import AnyRequest, status_of
from lyceum.platform.i18n import localise_error
from lyceum.platform.pages import Pages, Viewer, is_fragment, redirect
from lyceum.training.adapters.event_desk import EMPTY, Desk, Form
from lyceum.training.adapters.event_queries import EventQueries
from lyceum.training.domain.events import StandingsHidden
from lyceum.training.event_ports import Participants
from lyceum.training.use_cases.events import (
    CancelEvent,
    ChangeEvent,
    CreateEvent,
    EventView,
    JoinEvent,
    Joining,
    SealEvent,
    StartEvent,
    event_view,
    require_visible,
)
from lyceum.training.use_cases.standings import ReadStandings, RescoreEvent, Rescoring, StandingsView

PER_PAGE = 50
Start = Annotated[int, QueryParameter(name="from", ge=0, le=1_000_000)]


class EventPages(Controller):
    """What everybody sees."""

    path = "/events"
    include_in_schema = False

    @get()
    @inject
    async def listed(
        self,
        actor: FromDishka[Actor],
        viewer: FromDishka[Viewer],
        pages: FromDishka[Pages],
        queries: FromDishka[EventQueries],
        catalogue: FromDishka[Catalogue],
        clock: FromDishka[Clock],
        cursor: FromQuery[str] = "",
    ) -> Response[str]:
        found = await queries.events_of(clock.now(), limit=PER_PAGE, cursor=cursor or None, organiser=None)
        return pages.respond(
            "training/events.html",
            viewer,
            found=found,
            mine=False,
            is_organiser=actor.is_signed_in and actor.has(Role.AUTHOR),
            titles={it.id: it.title for it in await catalogue.subjects(viewer.locale)},
            next_href=f"/events?{urlencode({'cursor': found.next_cursor})}" if found.next_cursor else "",
            first_href="/events" if cursor else "",
        )

    @get("/{id:uuid}")
    @inject
    async def one(
        self,
        id: FromPath[UUID],
        actor: FromDishka[Actor],
        viewer: FromDishka[Viewer],
        pages: FromDishka[Pages],
        participants: FromDishka[Participants],
        read: FromDishka[ReadStandings],
        catalogue: FromDishka[Catalogue],
        start: Start = 0,
    ) -> Response[str]:
        event = await _seen(actor, id, participants, read.clock)
        return await _show(pages, viewer, actor, event, read, catalogue, start=start)

    @get("/{id:uuid}/standings")
    @inject
    async def standings(
        self,
        id: FromPath[UUID],
        request: AnyRequest,
        actor: FromDishka[Actor],
        viewer: FromDishka[Viewer],
        pages: FromDishka[Pages],
        participants: FromDishka[Participants],
        read: FromDishka[ReadStandings],
        start: Start = 0,
    ) -> Response[str]:
        """The part that renews itself; the whole page without HTMX."""
        event = await _seen(actor, id, participants, read.clock)
        if not is_fragment(request):
            return redirect(request, f"/events/{id}")
        board, hidden = await _board(actor, event, read, viewer, start)
        return pages.respond(
            "training/event_standings.html", viewer, event=event, board=board, hidden=hidden, start=start
        )

    @post("/{id:uuid}/join")
    @inject
    async def join(
        self,
        id: FromPath[UUID],
        request: AnyRequest,
        actor: FromDishka[Actor],
        viewer: FromDishka[Viewer],
        pages: FromDishka[Pages],
        join: FromDishka[JoinEvent],
        read: FromDishka[ReadStandings],
        catalogue: FromDishka[Catalogue],
    ) -> Response[str]:
        actor.require()
        try:
            await join(actor, id, await _joining(request))
        except AppError as error:
            event = await _seen(actor, id, join.participants, read.clock)
            return await _show(pages, viewer, actor, event, read, catalogue, error=error)
        return redirect(request, f"/events/{id}")

    @post("/{id:uuid}/start")
    @inject
    async def start(
        self,
        id: FromPath[UUID],
        request: AnyRequest,
        actor: FromDishka[Actor],
        viewer: FromDishka[Viewer],
        pages: FromDishka[Pages],
        start: FromDishka[StartEvent],
        read: FromDishka[ReadStandings],
        catalogue: FromDishka[Catalogue],
    ) -> Response[str]:
        actor.require()
        try:
            sitting = await start(actor, id, await _joining(request))
        except AppError as error:
            event = await _seen(actor, id, start.begin.participants, read.clock)
            return await _show(pages, viewer, actor, event, read, catalogue, error=error)
        return redirect(request, f"/exams/{sitting.id}")


async def _joining(request: AnyRequest) -> Joining:
    name = str((await request.form()).get("name") or "")
    return Joining(name=" ".join(name.split())[:80])


async def _seen(actor: Actor, id: UUID, participants: Participants, clock: Clock) -> EventView:
    entrance = await participants.entrance(id, actor.id)
    require_visible(actor, entrance.event)
    return event_view(entrance.event, clock.now(), actor, entrance.participant)


async def _board(
    actor: Actor, event: EventView, read: ReadStandings, viewer: Viewer, start: int
) -> tuple[StandingsView | None, str]:
    """The standings, or why they are not shown."""
    if event.state in {"draft", "cancelled"}:
        return None, ""
    try:
        return await read(actor, event.id, start=start, limit=PER_PAGE), ""
    except StandingsHidden as error:
        return None, localise_error(error, viewer.locale)


async def _show(
    pages: Pages,
    viewer: Viewer,
    actor: Actor,
    event: EventView,
    read: ReadStandings,
    catalogue: Catalogue,
    *,
    start: int = 0,
    error: AppError | None = None,
) -> Response[str]:
    board, hidden = await _board(actor, event, read, viewer, start)
    titles = {it.id: it.title for it in await catalogue.subjects(viewer.locale)}
    return pages.respond(
        "training/event.html",
        viewer,
        status_code=status_of(error) if error else 200,
        event=event,
        board=board,
        hidden=hidden,
        start=start,
        subject=titles.get(event.subject or "", ""),
        error=localise_error(error, viewer.locale) if error else "",
    )


class OrganiserPages(Controller):
    """Preparing and running events."""

    path = "/author/events"
    include_in_schema = False

    @get()
    @inject
    async def mine(
        self,
        actor: FromDishka[Actor],
        viewer: FromDishka[Viewer],
        pages: FromDishka[Pages],
        queries: FromDishka[EventQueries],
        catalogue: FromDishka[Catalogue],
        clock: FromDishka[Clock],
        cursor: FromQuery[str] = "",
    ) -> Response[str]:
        organiser = actor.require(Role.AUTHOR).id
        found = await queries.events_of(clock.now(), limit=PER_PAGE, cursor=cursor or None, organiser=organiser)
        return pages.respond(
            "training/events.html",
            viewer,
            found=found,
            mine=True,
            is_organiser=True,
            titles={it.id: it.title for it in await catalogue.subjects(viewer.locale)},
            next_href=f"/author/events?{urlencode({'cursor': found.next_cursor})}" if found.next_cursor else "",
            first_href="/author/events" if cursor else "",
        )

    @get("/new")
    @inject
    async def blank(self, actor: FromDishka[Actor], desk: FromDishka[Desk]) -> Response[str]:
        actor.require(Role.AUTHOR)
        return await desk.show(None, form=EMPTY)

    @post("/new")
    @inject
    async def create(
        self, request: AnyRequest, actor: FromDishka[Actor], create: FromDishka[CreateEvent], desk: FromDishka[Desk]
    ) -> Response[str]:
        actor.require(Role.AUTHOR)
        form = await _form(request)
        try:
            event = await create(actor, await desk.plan(form))
        except AppError as error:
            return await desk.show(None, form=form, error=error)
        return redirect(request, f"/author/events/{event.id}")

    @get("/{id:uuid}")
    @inject
    async def one(self, id: FromPath[UUID], actor: FromDishka[Actor], desk: FromDishka[Desk]) -> Response[str]:
        return await desk.show(await desk.event(id))

    @post("/{id:uuid}")
    @inject
    async def change(
        self,
        id: FromPath[UUID],
        request: AnyRequest,
        actor: FromDishka[Actor],
        change: FromDishka[ChangeEvent],
        desk: FromDishka[Desk],
    ) -> Response[str]:
        event, form = await desk.event(id), await _form(request)
        try:
            await change(actor, id, await desk.plan(form))
        except AppError as error:
            return await desk.show(event, form=form, error=error)
        return redirect(request, f"/author/events/{id}")

    @post("/{id:uuid}/seal")
    @inject
    async def seal(
        self,
        id: FromPath[UUID],
        request: AnyRequest,
        actor: FromDishka[Actor],
        seal: FromDishka[SealEvent],
        desk: FromDishka[Desk],
    ) -> Response[str]:
        event = await desk.event(id)
        try:
            await seal(actor, id)
        except AppError as error:
            return await desk.show(event, error=error)
        return redirect(request, f"/author/events/{id}")

    @post("/{id:uuid}/cancel")
    @inject
    async def cancel(
        self,
        id: FromPath[UUID],
        request: AnyRequest,
        actor: FromDishka[Actor],
        cancel: FromDishka[CancelEvent],
        desk: FromDishka[Desk],
    ) -> Response[str]:
        event = await desk.event(id)
        try:
            await cancel(actor, id)
        except AppError as error:
            return await desk.show(event, error=error)
        return redirect(request, "/author/events")

    @post("/{id:uuid}/rescore")
    @inject
    async def rescore(
        self,
        id: FromPath[UUID],
        request: AnyRequest,
        actor: FromDishka[Actor],
        rescore: FromDishka[RescoreEvent],
        desk: FromDishka[Desk],
    ) -> Response[str]:
        event = await desk.event(id)
        corrected = bool((await request.form()).get("corrected"))
        try:
            rescored = await rescore(actor, id, Rescoring(corrected=corrected))
        except AppError as error:
            return await desk.show(event, error=error)
        return await desk.show(event, rescored=rescored)


async def _form(request: AnyRequest) -> Form:
    sent = await request.form()
    return {name: str(sent.get(name) or "") for name in EMPTY}


PAGES = [EventPages, OrganiserPages]
