"""Sponsors' pages: their advertisers and campaigns, a campaign's editor with its preview, image, text and numbers."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Response, get, post
from litestar.params import FromPath

from lyceum.accounts.api import Actor, Role
from lyceum.advertising.adapters.image_processing import first_file
from lyceum.advertising.adapters.queries import AdQueries
from lyceum.advertising.adapters.views import image_uri
from lyceum.advertising.domain.campaigns import Campaign
from lyceum.advertising.domain.ids import AdvertiserId, CampaignId
from lyceum.advertising.domain.refusals import BadRequest
from lyceum.advertising.ports import ImageStore
from lyceum.advertising.use_cases.campaigns import ChangeCampaign, ChangeImage, CreateCampaign, DeleteCampaign
from lyceum.advertising.use_cases.operating import WriteText
from lyceum.advertising.use_cases.people import PutAdvertisers
from lyceum.kernel.errors import AppError, Unreachable
from lyceum.kernel.ids import uuid7
from lyceum.platform.http_errors import AnyRequest, TooLarge, status_of
from lyceum.platform.i18n import localise_error, localise_problem
from lyceum.platform.pages import Pages, Viewer, redirect

WHOLE = ("impressions_limit", "clicks_limit", "start_date", "end_date")
COSTS = ("cost_per_impression", "cost_per_click")
TEXTS = ("ad_title", "ad_text")
AGES = ("age_from", "age_to")
MOST_SHOWN = 200
type Form = Mapping[str, str]


def values_of(form: Form) -> dict[str, object]:
    """The form as the use cases take it; what is no number stays a text, so that they name the field."""
    values: dict[str, object] = {name: form.get(name, "").strip() for name in TEXTS}
    values |= {name: _whole(form.get(name, "")) for name in WHOLE}
    values |= {name: _cost(form.get(name, "")) for name in COSTS}
    targeting: dict[str, object] = {name: _whole(form[name]) for name in AGES if form.get(name, "").strip()}
    targeting |= {name: form[name].strip() for name in ("gender", "location") if form.get(name, "").strip()}
    values["targeting"] = targeting
    return values


def form_for(campaign: Campaign) -> Form:
    """What the editor shows of a campaign."""
    terms, targeting = campaign.terms, campaign.terms.targeting
    form = {name: str(getattr(terms, name)) for name in (*TEXTS, *WHOLE)}
    form |= {name: format(getattr(terms, name), "f") for name in COSTS}
    kept = {name: getattr(targeting, name) for name in (*AGES, "gender", "location")}
    return form | {name: str(value) for name, value in kept.items() if value is not None}


def _whole(text: str) -> object:
    text = text.strip().replace("\u00a0", "").replace(" ", "")
    return int(text) if re.fullmatch(r"-?[0-9]{1,15}", text) else text


def _cost(text: str) -> object:
    text = text.strip().replace("\u00a0", "").replace(" ", "").replace(",", ".")
    return Decimal(text) if re.fullmatch(r"-?[0-9]{1,15}(\.[0-9]{1,20})?", text) else text


async def _form(request: AnyRequest) -> Form:
    form = await request.form()
    return {name: value for name, value in form.multi_items() if isinstance(value, str)}


@dataclass(frozen=True, slots=True)
class SponsorScreens:
    """Renders the list of campaigns and the editor of one."""

    pages: Pages
    queries: AdQueries
    images: ImageStore

    async def list(self, actor: Actor, viewer: Viewer, error: AppError | None = None) -> Response[str]:
        """The advertisers of the sponsor, each with its campaigns and numbers."""
        shelves = []
        for advertiser in await self.queries.advertisers(actor):
            found, count = await self.queries.campaigns(actor, advertiser.id, MOST_SHOWN, 0)
            rows = [(one, await self.queries.stats_of_campaign(actor, one.id)) for one in reversed(found)]
            shelves.append((advertiser, rows, count, await self.queries.stats_of_advertiser(actor, advertiser.id)))
        return self.pages.respond(
            "advertising/sponsor.html",
            viewer,
            status_code=status_of(error) if error else 200,
            shelves=shelves,
            today=await self.queries.today(),
            error=_reasons(error, viewer.locale),
        )

    async def editor(
        self,
        actor: Actor,
        viewer: Viewer,
        advertiser_id: AdvertiserId,
        form: Form,
        campaign: Campaign | None = None,
        error: AppError | None = None,
    ) -> Response[str]:
        """The form, what learners will see, and what has come of it."""
        return self.pages.respond(
            "advertising/campaign.html",
            viewer,
            status_code=status_of(error) if error else 200,
            advertiser=await self.queries.advertiser(actor, advertiser_id),
            campaign=campaign,
            form=dict.fromkeys((*TEXTS, *WHOLE, *COSTS, *AGES, "gender", "location"), "") | dict(form),
            image=image_uri(campaign, self.images) if campaign else None,
            today=(today := await self.queries.today()),
            frozen=campaign is not None and campaign.has_started(today),
            stats=await self.queries.stats_of_campaign(actor, campaign.id) if campaign else None,
            days=await self.queries.days_of_campaign(actor, campaign.id, None, None) if campaign else [],
            budget=_budget(form),
            error=_reasons(error, viewer.locale),
        )


def _budget(form: Form) -> Decimal | None:
    """What the campaign costs at most; None while a number is missing."""
    values = values_of(form)
    limits = [values[name] for name in ("impressions_limit", "clicks_limit")]
    costs = [values[name] for name in COSTS]
    total = Decimal(0)
    for limit, cost in zip(limits, costs, strict=True):
        if not isinstance(limit, int) or not isinstance(cost, Decimal):
            return None
        total += limit * cost
    return total


def _reasons(error: AppError | None, locale: str) -> list[str]:
    if error is None:
        return []
    if error.problems:
        return [f"{problem.loc}: {localise_problem(problem, locale)}" for problem in error.problems]
    return [localise_error(error, locale)]


class SponsorPages(Controller):
    path = "/sponsor"
    include_in_schema = False

    @get()
    @inject
    async def campaigns(
        self, actor: FromDishka[Actor], viewer: FromDishka[Viewer], screens: FromDishka[SponsorScreens]
    ) -> Response[str]:
        actor.require(Role.SPONSOR)
        return await screens.list(actor, viewer)

    @post()
    @inject
    async def add_advertiser(
        self,
        request: AnyRequest,
        actor: FromDishka[Actor],
        viewer: FromDishka[Viewer],
        screens: FromDishka[SponsorScreens],
        put: FromDishka[PutAdvertisers],
    ) -> Response[str]:
        actor.require(Role.SPONSOR)
        name = (await _form(request)).get("name", "").strip()
        try:
            await put(actor, [{"advertiser_id": str(uuid7()), "name": name}])
        except BadRequest as error:
            return await screens.list(actor, viewer, error)
        return redirect(request, self.path)

    @get("/{advertiser:uuid}/new")
    @inject
    async def blank(
        self,
        advertiser: FromPath[UUID],
        actor: FromDishka[Actor],
        viewer: FromDishka[Viewer],
        screens: FromDishka[SponsorScreens],
        queries: FromDishka[AdQueries],
    ) -> Response[str]:
        actor.require(Role.SPONSOR)
        today = await queries.today()
        form = {"start_date": str(today), "end_date": str(today + 13), "impressions_limit": "1000"}
        form |= {"clicks_limit": "100", "cost_per_impression": "0.5", "cost_per_click": "5"}
        return await screens.editor(actor, viewer, AdvertiserId(advertiser), form)

    @post("/{advertiser:uuid}/new")
    @inject
    async def create(
        self,
        advertiser: FromPath[UUID],
        request: AnyRequest,
        actor: FromDishka[Actor],
        viewer: FromDishka[Viewer],
        screens: FromDishka[SponsorScreens],
        create: FromDishka[CreateCampaign],
        write: FromDishka[WriteText],
    ) -> Response[str]:
        actor.require(Role.SPONSOR)
        id, form = AdvertiserId(advertiser), await _form(request)
        try:
            if form.get("action") == "write":
                form = await _written(actor, write, form, viewer.locale)
                return await screens.editor(actor, viewer, id, form)
            campaign = await create(actor, id, values_of(form))
        except (BadRequest, Unreachable) as error:
            return await screens.editor(actor, viewer, id, form, error=error)
        return redirect(request, f"{self.path}/{advertiser}/{campaign.id}")

    @get("/{advertiser:uuid}/{id:uuid}")
    @inject
    async def campaign(
        self,
        advertiser: FromPath[UUID],
        id: FromPath[UUID],
        actor: FromDishka[Actor],
        viewer: FromDishka[Viewer],
        screens: FromDishka[SponsorScreens],
        queries: FromDishka[AdQueries],
    ) -> Response[str]:
        actor.require(Role.SPONSOR)
        found = await queries.campaign(actor, AdvertiserId(advertiser), CampaignId(id))
        return await screens.editor(actor, viewer, found.advertiser_id, form_for(found), found)

    @post("/{advertiser:uuid}/{id:uuid}")
    @inject
    async def change(
        self,
        advertiser: FromPath[UUID],
        id: FromPath[UUID],
        request: AnyRequest,
        actor: FromDishka[Actor],
        viewer: FromDishka[Viewer],
        screens: FromDishka[SponsorScreens],
        queries: FromDishka[AdQueries],
        change: FromDishka[ChangeCampaign],
        write: FromDishka[WriteText],
    ) -> Response[str]:
        actor.require(Role.SPONSOR)
        found = await queries.campaign(actor, AdvertiserId(advertiser), CampaignId(id))
        form: Form = {**form_for(found), **await _form(request)}
        try:
            if form.get("action") == "write":
                form = await _written(actor, write, form, viewer.locale)
                return await screens.editor(actor, viewer, found.advertiser_id, form, found)
            await change(actor, found.advertiser_id, found.id, values_of(form))
        except (BadRequest, Unreachable) as error:
            return await screens.editor(actor, viewer, found.advertiser_id, form, found, error)
        return redirect(request, f"{self.path}/{advertiser}/{id}")

    @post("/{advertiser:uuid}/{id:uuid}/image", request_max_body_size=None)
    @inject
    async def image(
        self,
        advertiser: FromPath[UUID],
        id: FromPath[UUID],
        request: AnyRequest,
        actor: FromDishka[Actor],
        viewer: FromDishka[Viewer],
        screens: FromDishka[SponsorScreens],
        queries: FromDishka[AdQueries],
        change: FromDishka[ChangeImage],
    ) -> Response[str]:
        """A multipart form gives the ad an image, any other takes it away."""
        actor.require(Role.SPONSOR)
        found = await queries.campaign(actor, AdvertiserId(advertiser), CampaignId(id))
        try:
            is_file = request.content_type[0] == "multipart/form-data"
            await change(actor, found.advertiser_id, found.id, await first_file(request) if is_file else None)
        except (BadRequest, TooLarge) as error:
            return await screens.editor(actor, viewer, found.advertiser_id, form_for(found), found, error)
        return redirect(request, f"{self.path}/{advertiser}/{id}")

    @post("/{advertiser:uuid}/{id:uuid}/delete")
    @inject
    async def remove(
        self,
        advertiser: FromPath[UUID],
        id: FromPath[UUID],
        request: AnyRequest,
        actor: FromDishka[Actor],
        delete: FromDishka[DeleteCampaign],
    ) -> Response[str]:
        actor.require(Role.SPONSOR)
        await delete(actor, AdvertiserId(advertiser), CampaignId(id))
        return redirect(request, self.path)


async def _written(actor: Actor, write: WriteText, form: Form, locale: str) -> Form:
    """The form with a text for its title in the field of the text."""
    wish = {"topic": form.get("ad_title", "").strip(), "language": "RU" if locale == "ru" else "EN"}
    return {**form, "ad_text": await write(actor, wish)}


PAGES = [SponsorPages]
