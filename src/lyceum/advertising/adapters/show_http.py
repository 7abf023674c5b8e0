"""REST of showing ads, clicks, numbers and the day."""

from collections.abc import Mapping, Sequence
from typing import Annotated
from uuid import UUID

from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Response, get, post, put
from litestar.params import FromPath, QueryParameter

from lyceum.accounts.api import Actor
from lyceum.advertising.adapters import schemas
from lyceum.advertising.adapters.answers import described
from lyceum.advertising.adapters.bodies import json_of
from lyceum.advertising.adapters.desk import BatchingDesk
from lyceum.advertising.adapters.http import PATH, TAGS
from lyceum.advertising.adapters.problems import HANDLERS
from lyceum.advertising.adapters.queries import READ, AdQueries
from lyceum.advertising.adapters.views import (
    Candidate,
    DailyStats,
    ModerationState,
    Pong,
    ShownAd,
    Stats,
    Today,
    ad_view,
    answer,
    candidate_of,
)
from lyceum.advertising.domain.fields import NOT_AN_ID, Fields, is_id, refusal
from lyceum.advertising.domain.ids import AdvertiserId, CampaignId, ClientId
from lyceum.advertising.ports import ImageLinks
from lyceum.advertising.use_cases.operating import AdvanceDay, ForbidWords, SwitchModeration
from lyceum.advertising.use_cases.rights import require_operator
from lyceum.advertising.use_cases.showing import ClickAd, ShowAd
from lyceum.kernel.errors import FieldProblem
from lyceum.platform.http_errors import AnyRequest
from lyceum.platform.short_way import raise_failure

AN_AD = {
    "ad_id": schemas.CAMPAIGN_ID,
    "ad_title": "Курс физики",
    "ad_text": "Весна без страха перед экзаменом.",
    "advertiser_id": schemas.ADVERTISER_ID,
}
STATS: Mapping[str, object] = {
    "impressions_count": 412, "clicks_count": 31, "conversion": 7.524, "spent_impressions": 144.2,
    "spent_clicks": 146.01, "spent_total": 290.21,
}  # fmt: skip
A_CANDIDATE = {
    "campaign_id": schemas.CAMPAIGN_ID,
    "advertiser_id": schemas.ADVERTISER_ID,
    "ad_title": "Курс физики",
    "impressions_count": 412,
    "clicks_count": 31,
    "excluded": None,
    "terms": {"click_chance": 0.07, "expected_income": 0.68, "total": 0.61},
}

ClientParameter = Annotated[
    str | None, QueryParameter(name="client_id", description="The client's id, a UUID; required.")
]
DayParameter = Annotated[int | None, QueryParameter(ge=0, le=2**53, description="A day, inclusive.")]


class AdController(Controller):
    """Ads for clients."""

    path = PATH
    tags: Sequence[str] | None = TAGS
    exception_handlers = HANDLERS

    @get(
        "/ads",
        operation_id="get_ad",
        summary="The best ad for a client",
        description=(
            "Its impression is counted and charged, once for each client and campaign. An ad that the client has seen "
            "is not shown again. 404 when there is nothing to show. For operators and API keys with `advertising:show`."
        ),
        responses=described(ShownAd, AN_AD),
    )
    @inject
    async def show(
        self,
        request: AnyRequest,
        actor: FromDishka[Actor],
        show: FromDishka[ShowAd],
        images: FromDishka[ImageLinks],
        client_id: ClientParameter = None,
    ) -> Response[bytes]:
        raise_failure(request.scope)
        require_operator(actor, "advertising:show")
        shown = await show(actor, id_of(client_id))
        return answer(ad_view(shown.campaign, images))

    @get(
        "/ads/explain",
        operation_id="explain_ad",
        summary="Why a client sees what they see",
        description=(
            "The campaigns of today whose targeting the client meets, the best first, each with the terms of its "
            "score. `excluded` says why one is not chosen: seen, limit. Counts no impression. For operators."
        ),
        responses=described(Sequence[Candidate], [A_CANDIDATE]),
    )
    @inject
    async def explain(
        self, actor: FromDishka[Actor], desk: FromDishka[BatchingDesk], client_id: ClientParameter = None
    ) -> Response[bytes]:
        require_operator(actor, READ)
        found = await desk.explain(id_of(client_id))
        return answer(
            [
                candidate_of(
                    entry.campaign,
                    (entry.impressions, entry.clicks),
                    parts,
                    "seen" if seen else None if entry.is_open else "limit",
                )
                for entry, parts, seen in found
            ]
        )

    @post(
        "/ads/{id:str}/click",
        status_code=204,
        operation_id="click_ad",
        summary="Report a click",
        description=(
            "Counted and charged once for each client and campaign; a repeated one is fine. 403 when the client has "
            "not been shown the ad. For operators and API keys with `advertising:show`."
        ),
        operation_class=schemas.CLICK,
    )
    @inject
    async def click(
        self, request: AnyRequest, id: FromPath[UUID], actor: FromDishka[Actor], click: FromDishka[ClickAd]
    ) -> None:
        raise_failure(request.scope)
        require_operator(actor, "advertising:show")
        fields = Fields(await json_of(request))
        client_id = ClientId(fields.id("client_id"))
        fields.check()
        await click(actor, client_id, CampaignId(id))


def id_of(text: str | None) -> ClientId:
    if text is None or not is_id(text):
        raise refusal([FieldProblem("client_id", "not_an_id", NOT_AN_ID)])
    return ClientId(UUID(text))


class StatsController(Controller):
    """What was shown, clicked and paid."""

    path = f"{PATH}/stats"
    tags: Sequence[str] | None = TAGS
    exception_handlers = HANDLERS

    @get(
        "/campaigns/{id:str}",
        operation_id="campaign_stats",
        summary="A campaign's numbers",
        description="Each event at the price of its moment.",
        responses=described(Stats, STATS),
    )
    @inject
    async def campaign(
        self, id: FromPath[UUID], actor: FromDishka[Actor], queries: FromDishka[AdQueries]
    ) -> Response[bytes]:
        return answer(await queries.stats_of_campaign(actor, CampaignId(id)))

    @get(
        "/campaigns/{id:str}/daily",
        operation_id="campaign_stats_daily",
        summary="A campaign's numbers, day by day",
        description="Only days on which something happened; a click counts on its own day.",
        responses=described(Sequence[DailyStats], [{**STATS, "date": 12}]),
    )
    @inject
    async def campaign_daily(
        self,
        id: FromPath[UUID],
        actor: FromDishka[Actor],
        queries: FromDishka[AdQueries],
        date_from: DayParameter = None,
        date_to: DayParameter = None,
    ) -> Response[bytes]:
        return answer(await queries.days_of_campaign(actor, CampaignId(id), date_from, date_to))

    @get(
        "/advertisers/{id:str}/campaigns",
        operation_id="advertiser_stats",
        summary="The numbers of all campaigns of an advertiser",
        description="Deleted campaigns are in them.",
        responses=described(Stats, STATS),
    )
    @inject
    async def advertiser(
        self, id: FromPath[UUID], actor: FromDishka[Actor], queries: FromDishka[AdQueries]
    ) -> Response[bytes]:
        return answer(await queries.stats_of_advertiser(actor, AdvertiserId(id)))

    @get(
        "/advertisers/{id:str}/campaigns/daily",
        operation_id="advertiser_stats_daily",
        summary="The numbers of an advertiser, day by day",
        description="Deleted campaigns are in them.",
        responses=described(Sequence[DailyStats], [{**STATS, "date": 12}]),
    )
    @inject
    async def advertiser_daily(
        self,
        id: FromPath[UUID],
        actor: FromDishka[Actor],
        queries: FromDishka[AdQueries],
        date_from: DayParameter = None,
        date_to: DayParameter = None,
    ) -> Response[bytes]:
        return answer(await queries.days_of_advertiser(actor, AdvertiserId(id), date_from, date_to))


class PlatformController(Controller):
    """The day, and what ads must not say."""

    path = PATH
    tags: Sequence[str] | None = TAGS
    exception_handlers = HANDLERS

    @get(
        "/ping",
        operation_id="ping_advertising",
        summary="Whether ads are served, and the day",
        description="For everybody.",
        responses=described(Pong, {"status": "ok", "current_date": 12}),
    )
    @inject
    async def ping(self, queries: FromDishka[AdQueries]) -> Response[bytes]:
        return answer(Pong(status="ok", current_date=await queries.today()))

    @post(
        "/time/advance",
        status_code=200,
        operation_id="advance_day",
        summary="Set the day",
        description=(
            "Every process follows within a second. An earlier day is refused unless the settings allow it; 409 where "
            "the day follows the calendar. For operators."
        ),
        operation_class=schemas.NEW_DAY,
        responses=described(Today, {"current_date": 12}),
    )
    @inject
    async def advance(
        self, request: AnyRequest, actor: FromDishka[Actor], advance: FromDishka[AdvanceDay]
    ) -> Response[bytes]:
        return answer(Today(current_date=await advance(actor, await json_of(request))))

    @put(
        "/profanity/enable",
        status_code=204,
        operation_id="enable_moderation",
        summary="Look ads through for forbidden words",
        description="New and changed ads that hold one are refused. For operators.",
    )
    @inject
    async def enable(self, actor: FromDishka[Actor], switch: FromDishka[SwitchModeration]) -> None:
        await switch(actor, enabled=True)

    @put(
        "/profanity/disable",
        status_code=204,
        operation_id="disable_moderation",
        summary="Take ads as they are",
        description="The list of words stays. For operators.",
    )
    @inject
    async def disable(self, actor: FromDishka[Actor], switch: FromDishka[SwitchModeration]) -> None:
        await switch(actor, enabled=False)

    @put(
        "/profanity/blacklist",
        status_code=204,
        operation_id="forbid_words",
        summary="Say which words are forbidden",
        description="The list replaces the one before. For operators.",
        operation_class=schemas.WORDS,
    )
    @inject
    async def forbid(self, request: AnyRequest, actor: FromDishka[Actor], forbid: FromDishka[ForbidWords]) -> None:
        await forbid(actor, await json_of(request))

    @get(
        "/profanity/enabled",
        operation_id="moderation_state",
        summary="Whether ads are looked through",
        description="For sponsors and operators.",
        responses=described(ModerationState, {"is_enabled": False}),
    )
    @inject
    async def is_enabled(self, actor: FromDishka[Actor], queries: FromDishka[AdQueries]) -> Response[bytes]:
        return answer(ModerationState(is_enabled=await queries.is_moderated(actor)))


CONTROLLERS = [AdController, StatsController, PlatformController]
