"""REST of events."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

import msgspec
from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Response, get, post, put
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import Example
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from lyceum.accounts.api import Actor
from lyceum.kernel.ports import Clock
from lyceum.platform.http_errors import AnyRequest
from lyceum.platform.paging import Limit, Page
from lyceum.platform.short_way import raise_failure
from lyceum.training.adapters import event_examples as examples
from lyceum.training.adapters.event_queries import EventItem, EventQueries, LogItem
from lyceum.training.adapters.http import refused
from lyceum.training.adapters.protocol import XLSX, PrintProtocol
from lyceum.training.event_ports import Participants
from lyceum.training.use_cases.events import (
    CancelEvent,
    ChangeEvent,
    CreateEvent,
    EventView,
    JoinEvent,
    Joining,
    NewEvent,
    SealEvent,
    StartEvent,
    event_view,
    require_visible,
)
from lyceum.training.use_cases.sitting import SittingView
from lyceum.training.use_cases.standings import (
    ReadFlags,
    ReadStandings,
    RescoredView,
    RescoreEvent,
    Rescoring,
    StandingsView,
)

Start = Annotated[int, QueryParameter(name="from", ge=0, le=1_000_000, description="Lines to leave out.")]


class FlagView(msgspec.Struct, frozen=True, kw_only=True):
    """Something to look at; it proves nothing by itself. `fast`: right answers given in under 3 seconds. `alike`: wrong
    answers that few gave, shared with `other`."""

    kind: str
    name: str
    learner_id: UUID
    other: str | None
    other_id: UUID | None
    count: int


def respond(view: EventView, status: int = 200) -> Response[EventView]:
    headers = {"ETag": f'"{view.version}"', "Cache-Control": "private, no-cache"}
    return Response(view, status_code=status, headers=headers)


class EventController(Controller):
    """Olympiads and other contests on the server's clock."""

    path = "/api/training/events"
    tags: Sequence[str] | None = ("events",)

    @get(
        operation_id="list_events",
        summary="Events, those that open last first",
        description="Sealed events; with `mine` those of the caller, drafts among them.",
    )
    @inject
    async def find(
        self,
        actor: FromDishka[Actor],
        queries: FromDishka[EventQueries],
        clock: FromDishka[Clock],
        limit: Limit = 50,
        cursor: Annotated[str | None, QueryParameter(max_length=200)] = None,
        *,
        mine: FromQuery[bool] = False,
    ) -> Page[EventItem]:
        organiser = actor.require(scope="training:read").id if mine else None
        return await queries.events_of(clock.now(), limit=limit, cursor=cursor, organiser=organiser)

    @post(
        operation_id="create_event",
        summary="Prepare an event",
        description="For authors and operators. Nobody else sees it before it is sealed.",
        responses={
            201: ResponseSpec(EventView, examples=[Example(id="draft", value=examples.EVENT)]),
            **refused("Refused", *examples.CREATE_REFUSED),
        },
    )
    @inject
    async def create(
        self,
        data: JSONBody[NewEvent],
        actor: FromDishka[Actor],
        create: FromDishka[CreateEvent],
        clock: FromDishka[Clock],
    ) -> Response[EventView]:
        return respond(event_view(await create(actor, data), clock.now(), actor), 201)

    @get(
        "/{id:uuid}",
        operation_id="get_event",
        summary="An event, and the caller's place in it",
        description="A draft is shown to its organiser alone.",
    )
    @inject
    async def one(
        self,
        id: FromPath[UUID],
        actor: FromDishka[Actor],
        participants: FromDishka[Participants],
        clock: FromDishka[Clock],
    ) -> Response[EventView]:
        entrance = await participants.entrance(id, actor.id)
        require_visible(actor, entrance.event)
        return respond(event_view(entrance.event, clock.now(), actor, entrance.participant))

    @put(
        "/{id:uuid}",
        operation_id="change_event",
        summary="Change an event that is not sealed",
        description="For its organiser and operators; the whole plan is sent.",
    )
    @inject
    async def change(
        self,
        id: FromPath[UUID],
        data: JSONBody[NewEvent],
        actor: FromDishka[Actor],
        change: FromDishka[ChangeEvent],
        clock: FromDishka[Clock],
    ) -> Response[EventView]:
        return respond(event_view(await change(actor, id, data), clock.now(), actor))

    @post(
        "/{id:uuid}/seal",
        status_code=200,
        operation_id="seal_event",
        summary="Draw the variants, seal and announce the event",
        description=(
            "The papers are drawn now and never changed again, so that thousands may start in the same second; `seal` "
            "is the digest of them."
        ),
        responses=refused("Refused, and the event stays a draft", *examples.SEAL_REFUSED),
    )
    @inject
    async def seal(
        self, id: FromPath[UUID], actor: FromDishka[Actor], seal: FromDishka[SealEvent], clock: FromDishka[Clock]
    ) -> Response[EventView]:
        return respond(event_view(await seal(actor, id), clock.now(), actor))

    @post(
        "/{id:uuid}/cancel",
        status_code=200,
        operation_id="cancel_event",
        summary="Call an event off before it opens",
        description="For its organiser and operators. Cancelling twice is the same as once.",
    )
    @inject
    async def cancel(
        self, id: FromPath[UUID], actor: FromDishka[Actor], cancel: FromDishka[CancelEvent], clock: FromDishka[Clock]
    ) -> Response[EventView]:
        return respond(event_view(await cancel(actor, id), clock.now(), actor))

    @post(
        "/{id:uuid}/join",
        status_code=200,
        operation_id="join_event",
        summary="Take part in an event",
        description="Until the event closes; joining twice is the same as once.",
        responses={
            200: ResponseSpec(EventView, examples=[Example(id="joined", value=examples.JOINED)]),
            **refused("Refused", *examples.JOIN_REFUSED),
        },
    )
    @inject
    async def join(
        self,
        id: FromPath[UUID],
        actor: FromDishka[Actor],
        join: FromDishka[JoinEvent],
        data: JSONBody[Joining | None] = None,
    ) -> EventView:
        return await join(actor, id, data or Joining())

    @post(
        "/{id:uuid}/start",
        status_code=200,
        operation_id="start_event",
        summary="Start: get the whole paper, and one's own time begins",
        description=(
            "Who has not joined joins by starting. Answers are saved by `POST /api/training/trainings/{id}/answers` "
            "until `deadline`, with a little grace for packets on their way. Starting again gives the sitting there is."
        ),
        responses=refused("Refused", *examples.START_REFUSED),
    )
    @inject
    async def start(
        self,
        id: FromPath[UUID],
        request: AnyRequest,
        actor: FromDishka[Actor],
        start: FromDishka[StartEvent],
        data: JSONBody[Joining | None] = None,
    ) -> SittingView:
        raise_failure(request.scope)
        return await start(actor, id, data or Joining())

    @get(
        "/{id:uuid}/standings",
        operation_id="event_standings",
        summary="Who is where: live, frozen before the end, or final",
        description=(
            "Higher scores first, among equal ones the faster. Made anew every two seconds at most. From `freezes_at` "
            "on they stand still for everybody but the organiser, until all papers are marked."
        ),
        responses={
            200: ResponseSpec(StandingsView, examples=[Example(id="final", value=examples.STANDINGS)]),
            **refused("Not shown", *examples.STANDINGS_REFUSED),
        },
    )
    @inject
    async def standings(
        self,
        id: FromPath[UUID],
        actor: FromDishka[Actor],
        read: FromDishka[ReadStandings],
        start: Start = 0,
        limit: Limit = 50,
    ) -> StandingsView:
        return await read(actor, id, start=start, limit=limit)

    @post(
        "/{id:uuid}/rescore",
        status_code=200,
        operation_id="rescore_event",
        summary="Mark all answers again, after the event",
        description=(
            "By the sealed versions it must change nothing, which proves the standings; with `corrected` the published "
            "versions of today count, for a key that was wrong. Both digests go into the log."
        ),
        responses=refused("Refused", *examples.RESCORE_REFUSED),
    )
    @inject
    async def rescore(
        self, id: FromPath[UUID], data: JSONBody[Rescoring], actor: FromDishka[Actor], rescore: FromDishka[RescoreEvent]
    ) -> RescoredView:
        return await rescore(actor, id, data)

    @get(
        "/{id:uuid}/flags",
        operation_id="event_flags",
        summary="Oddities for the organiser to look at",
        description="Of a finished event, the strongest first. They prove nothing by themselves.",
    )
    @inject
    async def flags(
        self, id: FromPath[UUID], actor: FromDishka[Actor], read: FromDishka[ReadFlags]
    ) -> Sequence[FlagView]:
        flags, names = await read(actor, id)
        return [
            FlagView(
                kind=it.kind,
                name=names.get(it.learner_id, ""),
                learner_id=it.learner_id,
                other=names.get(it.other_id, "") if it.other_id else None,
                other_id=it.other_id,
                count=it.count,
            )
            for it in flags
        ]

    @get(
        "/{id:uuid}/log",
        operation_id="event_log",
        summary="What was done to an event, the latest first",
        description="For its organiser and operators: sealing, end, corrections, each with its digests.",
    )
    @inject
    async def log(
        self,
        id: FromPath[UUID],
        actor: FromDishka[Actor],
        queries: FromDishka[EventQueries],
        limit: Limit = 50,
        cursor: Annotated[str | None, QueryParameter(max_length=200)] = None,
    ) -> Page[LogItem]:
        return await queries.log(actor, id, limit=limit, cursor=cursor)

    @get(
        "/{id:uuid}/protocol.xlsx",
        operation_id="event_protocol",
        summary="The protocol of a finished event as a table",
        description="Places, points by task and times as XLSX, for the organiser to sign.",
        media_type=XLSX,
    )
    @inject
    async def protocol(
        self, id: FromPath[UUID], actor: FromDishka[Actor], print_: FromDishka[PrintProtocol]
    ) -> Response[bytes]:
        body = await print_(actor, id)
        headers = {"Content-Disposition": f'attachment; filename="protocol-{id}.xlsx"'}
        return Response(body, media_type=XLSX, headers=headers)


CONTROLLERS = [EventController]
