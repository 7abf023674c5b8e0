"""What sponsors' pages show, gathered for their templates."""

from collections.abc import Sequence
from dataclasses import dataclass

from litestar import Response

from lyceum.accounts.api import Actor, Role
from lyceum.advertising.adapters.day import CalendarDay
from lyceum.advertising.adapters.queries import AdQueries
from lyceum.advertising.adapters.sponsor_forms import (
    EXTRA,
    FIELDS,
    DayWords,
    Form,
    budget_of,
    field_errors,
)
from lyceum.advertising.adapters.sponsor_queries import SponsorQueries
from lyceum.advertising.adapters.views import image_uri
from lyceum.advertising.domain.campaigns import Campaign
from lyceum.advertising.domain.ids import AdvertiserId
from lyceum.advertising.ports import ImageLinks
from lyceum.bank.api import Catalogue
from lyceum.kernel.errors import AppError
from lyceum.platform.http_errors import PreconditionFailed, status_of
from lyceum.platform.pages import Pages, Viewer
from lyceum.platform.settings import Settings

FEW, MANY = 5, 50
"""Campaigns of each advertiser on the first page, and on the advertiser's own."""


@dataclass(frozen=True, slots=True)
class SponsorScreens:
    """Renders the sponsors' pages, the numbers apart."""

    pages: Pages
    queries: AdQueries
    lists: SponsorQueries
    images: ImageLinks
    calendar: CalendarDay
    catalogue: Catalogue
    settings: Settings

    @property
    def days(self) -> DayWords:
        return DayWords(self.calendar.is_in_force)

    async def home(
        self, actor: Actor, viewer: Viewer, form: Form | None = None, error: AppError | None = None
    ) -> Response[str]:
        """The sponsor's advertisers with their latest campaigns; for everybody else the way to become a sponsor."""
        status = status_of(error) if error else 200
        errors = field_errors(error, viewer.locale)
        if not actor.has(Role.SPONSOR):
            return self.pages.respond(
                "advertising/join.html",
                viewer,
                status_code=status,
                is_open=self.settings.advertising_self_sign_up,
                name=(form or {}).get("name", ""),
                errors=errors,
            )
        advertisers = await self.queries.advertisers(actor)
        totals = await self.lists.totals(actor, [it.id for it in advertisers])
        shelves = [(it, await self.lists.latest(actor, it.id, FEW), totals[it.id]) for it in advertisers]
        return self.pages.respond(
            "advertising/sponsor.html",
            viewer,
            status_code=status,
            shelves=shelves,
            today=await self.queries.today(),
            days=self.days,
            name=(form or {}).get("name", ""),
            errors=errors,
        )

    async def editor(
        self,
        actor: Actor,
        viewer: Viewer,
        advertiser_id: AdvertiserId,
        form: Form,
        campaign: Campaign | None = None,
        error: AppError | None = None,
        texts: Sequence[str] = (),
        said: str = "",
    ) -> Response[str]:
        """The form, what learners will see, what is to be expected, and what has come of it."""
        today, version = await self.queries.today(), form.get("version")
        if campaign is not None and (version is None or isinstance(error, PreconditionFailed)):
            version = str(campaign.version)
        return self.pages.respond(
            "advertising/campaign.html",
            viewer,
            status_code=status_of(error) if error else 200,
            advertiser=await self.queries.advertiser(actor, advertiser_id),
            campaign=campaign,
            form=dict.fromkeys((*FIELDS, *EXTRA), "") | dict(form),
            version=version,
            image=image_uri(campaign, self.images) if campaign else None,
            today=today,
            days=self.days,
            frozen=campaign is not None and campaign.has_started(today),
            stats=await self.queries.stats_of_campaign(actor, campaign.id) if campaign else None,
            budget=budget_of(form, self.days),
            errors=field_errors(error, viewer.locale),
            texts=texts,
            said=said,
        )

    async def shelf(
        self,
        actor: Actor,
        viewer: Viewer,
        id: AdvertiserId,
        cursor: str | None,
        form: Form | None = None,
        error: AppError | None = None,
        said: str = "",
    ) -> Response[str]:
        """All campaigns of an advertiser, a page at a time; what they are about, the name."""
        found = await self.lists.latest(actor, id, MANY, cursor)
        advertiser = await self.queries.advertiser(actor, id)
        return self.pages.respond(
            "advertising/advertiser.html",
            viewer,
            status_code=status_of(error) if error else 200,
            advertiser=advertiser,
            found=found,
            is_first=cursor is None,
            stats=await self.queries.stats_of_advertiser(actor, id),
            today=await self.queries.today(),
            days=self.days,
            name=advertiser.name if form is None else form.get("name", ""),
            errors=field_errors(error, viewer.locale),
            subjects=await self.catalogue.subjects(viewer.locale),
            declared=await self.queries.subjects(actor, id),
            said=said,
        )
