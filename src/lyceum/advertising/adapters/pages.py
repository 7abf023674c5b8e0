"""Sponsors' pages: becoming one, advertisers and campaigns, a campaign's editor. The same use cases as the API."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from uuid import UUID

from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery

from lyceum.accounts.api import Actor, Role
from lyceum.advertising.adapters.forecasting import Forecasts
from lyceum.advertising.adapters.image_processing import first_file
from lyceum.advertising.adapters.moderation_pages import ModerationPages
from lyceum.advertising.adapters.number_pages import NumberPages
from lyceum.advertising.adapters.queries import AdQueries
from lyceum.advertising.adapters.sponsor_forms import (
    Form,
    blank_form,
    budget_of,
    field_errors,
    form_for,
    form_of,
    values_of,
    version_of,
)
from lyceum.advertising.adapters.sponsor_screens import SponsorScreens
from lyceum.advertising.domain.forms import read_plan
from lyceum.advertising.domain.ids import AdvertiserId, CampaignId
from lyceum.advertising.domain.refusals import AlreadySponsor, BadRequest, CampaignNotFound, ValidationFailed
from lyceum.advertising.use_cases.campaigns import ChangeCampaign, ChangeImage, CreateCampaign, DeleteCampaign
from lyceum.advertising.use_cases.operating import WriteText
from lyceum.advertising.use_cases.people import DeclareSubjects, PutAdvertisers
from lyceum.advertising.use_cases.sponsorship import BecomeSponsor
from lyceum.kernel.errors import Unreachable
from lyceum.kernel.ids import uuid7
from lyceum.platform.http_errors import AnyRequest, PreconditionFailed, TooLarge, TooMany
from lyceum.platform.pages import Pages, Viewer, redirect

HOME = "/sponsor"
TEXTS_AT_ONCE = 3
MOST_TEXTS = 99


class SponsorPages(Controller):
    path = HOME
    include_in_schema = False

    @get()
    @inject
    async def home(
        self, actor: FromDishka[Actor], viewer: FromDishka[Viewer], screens: FromDishka[SponsorScreens]
    ) -> Response[str]:
        return await screens.home(actor, viewer)

    @post("/join")
    @inject
    async def join(
        self,
        request: AnyRequest,
        actor: FromDishka[Actor],
        viewer: FromDishka[Viewer],
        screens: FromDishka[SponsorScreens],
        become: FromDishka[BecomeSponsor],
    ) -> Response[str]:
        """Become a sponsor; who is one already is where they wanted to be."""
        actor.require()
        form = await form_of(request)
        try:
            await become(actor, {"name": form.get("name", "").strip()})
        except BadRequest as error:
            return await screens.home(actor, viewer, form, error)
        except AlreadySponsor:
            pass
        return redirect(request, self.path)

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
        form = await form_of(request)
        try:
            await put(actor, [{"advertiser_id": str(uuid7()), "name": form.get("name", "").strip()}])
        except BadRequest as error:
            return await screens.home(actor, viewer, form, error)
        return redirect(request, self.path)

    @get("/{advertiser:uuid}")
    @inject
    async def shelf(
        self,
        advertiser: FromPath[UUID],
        actor: FromDishka[Actor],
        viewer: FromDishka[Viewer],
        screens: FromDishka[SponsorScreens],
        cursor: FromQuery[str | None] = None,
        said: FromQuery[str] = "",
    ) -> Response[str]:
        actor.require(Role.SPONSOR)
        return await screens.shelf(actor, viewer, AdvertiserId(advertiser), cursor, said=said)

    @post("/{advertiser:uuid}")
    @inject
    async def rename(
        self,
        advertiser: FromPath[UUID],
        request: AnyRequest,
        actor: FromDishka[Actor],
        viewer: FromDishka[Viewer],
        screens: FromDishka[SponsorScreens],
        queries: FromDishka[AdQueries],
        put: FromDishka[PutAdvertisers],
    ) -> Response[str]:
        """Give the advertiser another name."""
        actor.require(Role.SPONSOR)
        found, form = await queries.advertiser(actor, AdvertiserId(advertiser)), await form_of(request)
        try:
            await put(actor, [{"advertiser_id": str(found.id), "name": form.get("name", "").strip()}])
        except BadRequest as error:
            return await screens.shelf(actor, viewer, found.id, None, form, error)
        return redirect(request, f"{self.path}/{advertiser}")

    @post("/{advertiser:uuid}/subjects")
    @inject
    async def declare(
        self,
        advertiser: FromPath[UUID],
        request: AnyRequest,
        actor: FromDishka[Actor],
        viewer: FromDishka[Viewer],
        screens: FromDishka[SponsorScreens],
        declare: FromDishka[DeclareSubjects],
    ) -> Response[str]:
        """Say what the ads are about, or with no box ticked that their words say it."""
        actor.require(Role.SPONSOR)
        id = AdvertiserId(advertiser)
        chosen = [value for name, value in (await request.form()).multi_items() if name == "subjects"]
        try:
            await declare(actor, id, {"subjects": chosen})
        except BadRequest as error:
            return await screens.shelf(actor, viewer, id, None, error=error)
        return redirect(request, f"{self.path}/{advertiser}?said=subjects#subjects")

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
        form = blank_form(await queries.today(), screens.days)
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
        id, form = AdvertiserId(advertiser), await form_of(request)
        try:
            if form.get("action") == "write":
                texts = await texts_for(actor, write, form)
                return await screens.editor(actor, viewer, id, form, texts=texts)
            if taken := form.get("take"):
                return await screens.editor(actor, viewer, id, {**form, "ad_text": taken})
            campaign = await create(actor, id, values_of(form, screens.days))
        except (BadRequest, TooMany, Unreachable) as error:
            return await screens.editor(actor, viewer, id, form, error=error)
        return redirect(request, f"{self.path}/{advertiser}/{campaign.id}?said=made")

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
        said: FromQuery[str] = "",
    ) -> Response[str]:
        actor.require(Role.SPONSOR)
        found = await queries.campaign(actor, AdvertiserId(advertiser), CampaignId(id))
        form = form_for(found, screens.days)
        return await screens.editor(actor, viewer, found.advertiser_id, form, found, said=said)

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
        form: Form = {**form_for(found, screens.days), **await form_of(request)}
        try:
            if form.get("action") == "write":
                texts = await texts_for(actor, write, form)
                return await screens.editor(actor, viewer, found.advertiser_id, form, found, texts=texts)
            if taken := form.get("take"):
                return await screens.editor(actor, viewer, found.advertiser_id, {**form, "ad_text": taken}, found)
            await change(actor, found.advertiser_id, found.id, values_of(form, screens.days), version_of(form))
        except (BadRequest, PreconditionFailed, TooMany, Unreachable) as error:
            return await screens.editor(actor, viewer, found.advertiser_id, form, found, error)
        return redirect(request, f"{self.path}/{advertiser}/{id}?said=saved")

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
            return await screens.editor(actor, viewer, found.advertiser_id, form_for(found, screens.days), found, error)
        return redirect(request, f"{self.path}/{advertiser}/{id}?said={'image' if is_file else 'no-image'}")

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
        """Delete a campaign; one that is gone already, by another window or an operator, is gone."""
        actor.require(Role.SPONSOR)
        with suppress(CampaignNotFound):
            await delete(actor, AdvertiserId(advertiser), CampaignId(id))
        return redirect(request, f"{self.path}/{advertiser}")


class EditorParts(Controller):
    """Fragments that the editor of a campaign asks for while somebody writes; nothing is kept."""

    path = HOME
    include_in_schema = False

    @post("/{advertiser:uuid}/forecast")
    @inject
    async def forecast(
        self,
        advertiser: FromPath[UUID],
        request: AnyRequest,
        actor: FromDishka[Actor],
        viewer: FromDishka[Viewer],
        pages: FromDishka[Pages],
        screens: FromDishka[SponsorScreens],
        queries: FromDishka[AdQueries],
        forecasts: FromDishka[Forecasts],
        id: FromQuery[UUID | None] = None,
    ) -> Response[str]:
        """What the campaign in the form is to expect; a form that is not whole yet is no error."""
        actor.require(Role.SPONSOR)
        whose = AdvertiserId(advertiser)
        form = await form_of(request)
        of = None if id is None else await queries.campaign(actor, whose, CampaignId(id))
        if of is not None:
            form = {**form_for(of, screens.days), **form}
        found = None
        try:
            terms = read_plan(values_of(form, screens.days))
            found = await forecasts.expect(actor, whose, terms, of)
        except ValidationFailed:
            await queries.advertiser(actor, whose)
        budget = budget_of(form, screens.days)
        return pages.respond("advertising/forecast.html", viewer, found=found, budget=budget)

    @post("/{advertiser:uuid}/texts")
    @inject
    async def texts(
        self,
        advertiser: FromPath[UUID],
        request: AnyRequest,
        actor: FromDishka[Actor],
        viewer: FromDishka[Viewer],
        pages: FromDishka[Pages],
        queries: FromDishka[AdQueries],
        write: FromDishka[WriteText],
    ) -> Response[str]:
        """Some texts for the title in the form, to choose from."""
        actor.require(Role.SPONSOR)
        await queries.advertiser(actor, AdvertiserId(advertiser))
        form = await form_of(request)
        found: Sequence[str] = ()
        faults: Mapping[str, str] = {}
        try:
            found = await texts_for(actor, write, form)
        except (BadRequest, TooMany, Unreachable) as error:
            faults = field_errors(error, viewer.locale)
        return pages.respond("advertising/texts.html", viewer, texts=found, next=after(form), form=form, faults=faults)


async def texts_for(actor: Actor, write: WriteText, form: Form) -> Sequence[str]:
    """Texts for the form's title in the language chosen; ValidationFailed without a title, TextsUsedUp,
    GeneratorUnreachable."""
    language = "EN" if form.get("text_language") == "EN" else "RU"
    wish = {"topic": form.get("ad_title", "").strip(), "language": language}
    if more := form.get("text_wish", "").strip():
        wish["additional"] = more
    return await write.several(actor, wish, TEXTS_AT_ONCE, after(form) - TEXTS_AT_ONCE)


def after(form: Form) -> int:
    """The number of the first text that was not asked for yet."""
    said = form.get("text_from", "")
    return (int(said) % MOST_TEXTS if said.isdecimal() and len(said) < 9 else 0) + TEXTS_AT_ONCE


PAGES = [SponsorPages, EditorParts, NumberPages, ModerationPages]
