"""REST of becoming a sponsor, of forecasts, and of what ads are about."""

from collections.abc import Sequence
from uuid import UUID

import msgspec
from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Response, get, post, put
from litestar.params import FromPath, FromQuery

from lyceum.accounts.api import Actor
from lyceum.advertising.adapters import schemas
from lyceum.advertising.adapters.answers import described
from lyceum.advertising.adapters.bodies import json_of
from lyceum.advertising.adapters.forecasting import Forecasts, ForecastView
from lyceum.advertising.adapters.http import PATH, TAGS
from lyceum.advertising.adapters.problems import HANDLERS
from lyceum.advertising.adapters.queries import AdQueries
from lyceum.advertising.adapters.sponsor_queries import SponsorQueries
from lyceum.advertising.adapters.views import AdvertiserView, advertiser_view, answer
from lyceum.advertising.domain.forms import read_plan
from lyceum.advertising.domain.ids import AdvertiserId
from lyceum.advertising.use_cases.people import DeclareSubjects
from lyceum.advertising.use_cases.rights import owner_of
from lyceum.advertising.use_cases.sponsorship import BecomeSponsor
from lyceum.platform.http_errors import AnyRequest
from lyceum.platform.paging import DEFAULT_LIMIT, Limit, Page

A_FORECAST = {
    "is_known": True,
    "days": 30,
    "reach": 1210,
    "impressions_count": 840,
    "clicks_count": 59,
    "spent_total": 571.89,
    "budget": 821.0,
    "bound": "rivals",
    "sampled_count": 10000,
    "matched_count": 2300,
    "rivals_count": 12,
    "unserved_count": 140,
}


class Subjects(msgspec.Struct, frozen=True):
    """What ads are about: ids of subjects, as `/api/bank/subjects` lists them."""

    subjects: Sequence[str]


class SponsorController(Controller):
    """What sponsors do beside their campaigns."""

    path = PATH
    tags: Sequence[str] | None = TAGS
    exception_handlers = HANDLERS

    @post(
        "/sponsors",
        status_code=201,
        operation_id="become_sponsor",
        summary="Become a sponsor",
        description=(
            "For people with an account, unless the settings leave it to operators: the role of a sponsor and an "
            "advertiser of one's own, both or neither. A bearer token that was given out before takes up the role when "
            "it is refreshed. 409 for who has an advertiser already; 403 for who had the role taken away."
        ),
        operation_class=schemas.NEW_SPONSOR,
        responses=described(AdvertiserView, schemas.AN_ADVERTISER, 201),
    )
    @inject
    async def become(
        self, request: AnyRequest, actor: FromDishka[Actor], become: FromDishka[BecomeSponsor]
    ) -> Response[bytes]:
        actor.require()
        return answer(advertiser_view(await become(actor, await json_of(request))), 201)

    @get(
        "/advertisers",
        operation_id="own_advertisers",
        summary="Advertisers that the caller manages",
        description="A sponsor's own, in the order of their names; all for an operator.",
        responses=described(Page[AdvertiserView], {"items": [schemas.AN_ADVERTISER], "next_cursor": None}),
    )
    @inject
    async def managed(
        self,
        actor: FromDishka[Actor],
        queries: FromDishka[SponsorQueries],
        limit: Limit = DEFAULT_LIMIT,
        cursor: FromQuery[str | None] = None,
    ) -> Response[bytes]:
        return answer(await queries.managed(actor, limit, cursor))

    @post(
        "/advertisers/{advertiser:str}/forecast",
        status_code=200,
        operation_id="forecast_campaign",
        summary="What a campaign is to expect",
        description=(
            "By the latest 10,000 impressions of the last seven days, for a campaign with these terms from today on: "
            "how many people meet its targeting, how many impressions, clicks and how much money are to be expected, "
            "and what keeps it from more. People for whom there was no ad left lately count too. Takes what a new "
            "campaign takes; title and text may be missing. Nothing is kept. `is_known` is false while there was no "
            "traffic."
        ),
        operation_class=schemas.PLANNED_TERMS,
        responses=described(ForecastView, A_FORECAST),
    )
    @inject
    async def forecast(
        self,
        request: AnyRequest,
        advertiser: FromPath[UUID],
        actor: FromDishka[Actor],
        forecasts: FromDishka[Forecasts],
    ) -> Response[bytes]:
        owner_of(actor, "advertising:read")
        terms = read_plan(await json_of(request))
        return answer(await forecasts.expect(actor, AdvertiserId(advertiser), terms))

    @get(
        "/advertisers/{advertiser:str}/subjects",
        operation_id="declared_subjects",
        summary="What an advertiser's ads are declared to be about",
        description="Empty while nothing is declared: then it is read from the words of the ads.",
        responses=described(Subjects, {"subjects": ["physics"]}),
    )
    @inject
    async def subjects(
        self, advertiser: FromPath[UUID], actor: FromDishka[Actor], queries: FromDishka[AdQueries]
    ) -> Response[bytes]:
        return answer(Subjects(await queries.subjects(actor, AdvertiserId(advertiser))))

    @put(
        "/advertisers/{advertiser:str}/subjects",
        operation_id="declare_subjects",
        summary="Declare what an advertiser's ads are about",
        description=(
            "Learners who train these subjects are shown the ads before others, from the next night on. An empty list "
            "takes back what was declared."
        ),
        operation_class=schemas.SUBJECTS,
        responses=described(Subjects, {"subjects": ["physics"]}),
    )
    @inject
    async def declare(
        self,
        request: AnyRequest,
        advertiser: FromPath[UUID],
        actor: FromDishka[Actor],
        declare: FromDishka[DeclareSubjects],
    ) -> Response[bytes]:
        owner_of(actor, "advertising:write")
        return answer(Subjects(await declare(actor, AdvertiserId(advertiser), await json_of(request))))


CONTROLLERS = [SponsorController]
