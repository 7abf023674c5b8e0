"""REST of clients, advertisers, scores and campaigns: `/api/advertising`."""

from collections.abc import Mapping, Sequence
from typing import Annotated
from uuid import UUID

from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Response, delete, get, post, put
from litestar.params import FromPath, QueryParameter
from litestar.response import Stream

from lyceum.accounts.api import Actor
from lyceum.advertising.adapters import schemas
from lyceum.advertising.adapters.answers import described
from lyceum.advertising.adapters.bodies import items_of, json_of
from lyceum.advertising.adapters.problems import HANDLERS
from lyceum.advertising.adapters.queries import AdQueries
from lyceum.advertising.adapters.views import (
    AdvertiserView,
    CampaignView,
    ClientView,
    ScoreKept,
    ScoresKept,
    advertiser_view,
    answer,
    campaign_view,
    client_view,
    listed,
)
from lyceum.advertising.domain.ids import AdvertiserId, CampaignId, ClientId
from lyceum.advertising.ports import ImageLinks
from lyceum.advertising.use_cases.campaigns import ChangeCampaign, CreateCampaign, DeleteCampaign
from lyceum.advertising.use_cases.people import PutAdvertisers, PutClients, PutScores
from lyceum.platform.files import MIB
from lyceum.platform.http_errors import AnyRequest

PATH = "/api/advertising"
TAGS: Sequence[str] = ("advertising",)
BULK_BYTES = 128 * MIB

Size = Annotated[int, QueryParameter(ge=0, le=10_000, description="How many on a page; 0: none, just the count.")]
PageNumber = Annotated[int, QueryParameter(ge=0, le=10**9, description="Pages are counted from 0.")]


class PeopleController(Controller):
    """Those who see ads and those who pay for them."""

    path = PATH
    tags: Sequence[str] | None = TAGS
    exception_handlers = HANDLERS

    @get(
        "/clients/{id:str}",
        operation_id="get_client",
        summary="One client",
        description="For operators.",
        responses=described(ClientView, schemas.A_CLIENT),
    )
    @inject
    async def get_client(
        self, id: FromPath[UUID], actor: FromDishka[Actor], queries: FromDishka[AdQueries]
    ) -> Response[bytes]:
        return answer(client_view(await queries.client(actor, ClientId(id))))

    @post(
        "/clients/bulk",
        operation_id="put_clients",
        summary="Keep clients",
        description=(
            "Each is added, or replaces the one of the same id: all of them, or none when one is wrong. "
            "The same id twice in one request is refused with 409."
        ),
        operation_class=schemas.CLIENTS,
        responses=described(Sequence[ClientView], [schemas.A_CLIENT], 201),
        request_max_body_size=BULK_BYTES,
    )
    @inject
    async def put_clients(
        self, request: AnyRequest, actor: FromDishka[Actor], put_all: FromDishka[PutClients]
    ) -> Response[bytes] | Stream:
        return await listed(await put_all(actor, items_of(request)), client_view, 201)

    @get(
        "/advertisers/{id:str}",
        operation_id="get_advertiser",
        summary="One advertiser",
        description="Sponsors see their own.",
        responses=described(AdvertiserView, schemas.AN_ADVERTISER),
    )
    @inject
    async def get_advertiser(
        self, id: FromPath[UUID], actor: FromDishka[Actor], queries: FromDishka[AdQueries]
    ) -> Response[bytes]:
        return answer(advertiser_view(await queries.advertiser(actor, AdvertiserId(id))))

    @post(
        "/advertisers/bulk",
        operation_id="put_advertisers",
        summary="Keep advertisers",
        description="As clients are kept. A sponsor becomes the owner of those that are new.",
        operation_class=schemas.ADVERTISERS,
        responses=described(Sequence[AdvertiserView], [schemas.AN_ADVERTISER], 201),
        request_max_body_size=BULK_BYTES,
    )
    @inject
    async def put_advertisers(
        self, request: AnyRequest, actor: FromDishka[Actor], put_all: FromDishka[PutAdvertisers]
    ) -> Response[bytes] | Stream:
        return await listed(await put_all.bulk(actor, items_of(request)), advertiser_view, 201)

    @post(
        "/ml-scores",
        status_code=200,
        operation_id="put_score",
        summary="Keep how relevant an advertiser is to a client",
        description="The greater, the more relevant; negative ones too. A later score replaces an earlier one.",
        operation_class=schemas.ONE_SCORE,
        responses=described(ScoreKept, {"status": "ok", "score": 87}),
    )
    @inject
    async def put_score(
        self, request: AnyRequest, actor: FromDishka[Actor], put_all: FromDishka[PutScores]
    ) -> Response[bytes]:
        kept = await put_all.one(actor, await json_of(request))
        return answer(ScoreKept(status="ok", score=kept.score))

    @post(
        "/ml-scores/bulk",
        status_code=200,
        operation_id="put_scores",
        summary="Keep many scores",
        description="All of them, or none when a client or an advertiser is unknown.",
        operation_class=schemas.SCORES,
        responses=described(ScoresKept, {"status": "ok", "count": 1}),
        request_max_body_size=BULK_BYTES,
    )
    @inject
    async def put_scores(
        self, request: AnyRequest, actor: FromDishka[Actor], put_all: FromDishka[PutScores]
    ) -> Response[bytes]:
        return answer(ScoresKept(status="ok", count=await put_all(actor, items_of(request))))


SHOWN_CAMPAIGN: Mapping[str, object] = {
    "campaign_id": schemas.CAMPAIGN_ID,
    "advertiser_id": schemas.ADVERTISER_ID,
    **schemas.TERMS,
    "image_uri": None,
}


class CampaignController(Controller):
    """An advertiser's campaigns. Somebody else's campaign is as good as absent."""

    path = f"{PATH}/advertisers/{{advertiser:str}}/campaigns"
    tags: Sequence[str] | None = TAGS
    exception_handlers = HANDLERS

    @post(
        operation_id="create_campaign",
        summary="Make a campaign",
        description=(
            "Both days are inclusive, and it does not begin in the past. Without `targeting`, or with null in it, "
            "there is no restriction. Costs are kept to the last digit."
        ),
        operation_class=schemas.NEW_TERMS,
        responses=described(CampaignView, SHOWN_CAMPAIGN, 201),
    )
    @inject
    async def create(
        self,
        request: AnyRequest,
        advertiser: FromPath[UUID],
        actor: FromDishka[Actor],
        create: FromDishka[CreateCampaign],
        images: FromDishka[ImageLinks],
    ) -> Response[bytes]:
        campaign = await create(actor, AdvertiserId(advertiser), await json_of(request))
        return answer(campaign_view(campaign, images), 201)

    @get(
        operation_id="list_campaigns",
        summary="An advertiser's campaigns, in the order of their creation",
        description="`X-Total-Count` says how many there are in all.",
        responses=described(Sequence[CampaignView], [SHOWN_CAMPAIGN]),
    )
    @inject
    async def list_campaigns(
        self,
        advertiser: FromPath[UUID],
        actor: FromDishka[Actor],
        queries: FromDishka[AdQueries],
        images: FromDishka[ImageLinks],
        size: Size = 10,
        page: PageNumber = 0,
    ) -> Response[bytes]:
        found, count = await queries.campaigns(actor, AdvertiserId(advertiser), size, page)
        return answer([campaign_view(one, images) for one in found], headers={"X-Total-Count": str(count)})

    @get(
        "/{id:str}",
        operation_id="get_campaign",
        summary="One campaign",
        description="A deleted one is not found.",
        responses=described(CampaignView, SHOWN_CAMPAIGN),
    )
    @inject
    async def get_campaign(
        self,
        advertiser: FromPath[UUID],
        id: FromPath[UUID],
        actor: FromDishka[Actor],
        queries: FromDishka[AdQueries],
        images: FromDishka[ImageLinks],
    ) -> Response[bytes]:
        campaign = await queries.campaign(actor, AdvertiserId(advertiser), CampaignId(id))
        return answer(campaign_view(campaign, images))

    @put(
        "/{id:str}",
        operation_id="change_campaign",
        summary="Change a campaign",
        description=(
            "Only the fields that are sent change. Once the campaign has started, limits and days stay as they are; "
            "sending the present value is fine. `targeting` is replaced as a whole, `{}` clears it. New prices hold "
            "from now on."
        ),
        operation_class=schemas.CHANGED_TERMS,
        responses=described(CampaignView, SHOWN_CAMPAIGN),
    )
    @inject
    async def change(
        self,
        request: AnyRequest,
        advertiser: FromPath[UUID],
        id: FromPath[UUID],
        actor: FromDishka[Actor],
        change: FromDishka[ChangeCampaign],
        images: FromDishka[ImageLinks],
    ) -> Response[bytes]:
        campaign = await change(actor, AdvertiserId(advertiser), CampaignId(id), await json_of(request))
        return answer(campaign_view(campaign, images))

    @delete(
        "/{id:str}",
        operation_id="delete_campaign",
        summary="Delete a campaign",
        description="It is not shown any more; what it has cost stays in the advertiser's numbers.",
    )
    @inject
    async def delete_campaign(
        self,
        advertiser: FromPath[UUID],
        id: FromPath[UUID],
        actor: FromDishka[Actor],
        delete: FromDishka[DeleteCampaign],
    ) -> None:
        await delete(actor, AdvertiserId(advertiser), CampaignId(id))


CONTROLLERS = [PeopleController, CampaignController]
