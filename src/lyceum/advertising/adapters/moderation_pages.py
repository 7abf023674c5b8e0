"""Operators' pages of advertising: what ads must not say, whose campaigns run, the day, the index."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery
from sqlalchemy import select

from lyceum.accounts.api import Actor, People, Role
from lyceum.advertising.adapters.following import AdFollower
from lyceum.advertising.adapters.index import AdIndex
from lyceum.advertising.adapters.moderation import found_in, ready
from lyceum.advertising.adapters.queries import AdQueries
from lyceum.advertising.adapters.sponsor_forms import DayWords, field_errors, form_of
from lyceum.advertising.adapters.sponsor_queries import Changed, SponsorQueries
from lyceum.advertising.adapters.tables import state
from lyceum.advertising.domain.explaining import Finding, explain
from lyceum.advertising.domain.ids import AdvertiserId, CampaignId
from lyceum.advertising.domain.refusals import BadRequest, CampaignNotFound, ClockFollowsCalendar
from lyceum.advertising.use_cases.campaigns import DeleteCampaign
from lyceum.advertising.use_cases.operating import AdvanceDay, EditWords, SwitchModeration
from lyceum.kernel.errors import AppError
from lyceum.platform.database import Database
from lyceum.platform.http_errors import AnyRequest, status_of
from lyceum.platform.i18n import localise_error
from lyceum.platform.pages import Pages, Viewer, is_fragment, redirect
from lyceum.platform.paging import Page

HOME = "/operator/advertising"
SHOWN = 30
LOOKED_THROUGH = 500
"""Campaigns that one search for forbidden words looks through, at most; it goes on from there when asked."""
WORDS_SHOWN = 300
LONGEST_TRIED = 2_000


@dataclass(frozen=True, slots=True)
class Moderated:
    """A campaign, and the forbidden words that its ad holds now."""

    it: Changed
    words: Sequence[str]


@dataclass(frozen=True, slots=True)
class ModerationScreens:
    """Renders the operators' pages of advertising."""

    pages: Pages
    database: Database
    queries: AdQueries
    lists: SponsorQueries
    index: AdIndex
    follower: AdFollower

    @property
    def days(self) -> DayWords:
        return DayWords(self.queries.calendar.is_in_force)

    async def _state(self) -> tuple[bool, Sequence[str]]:
        async with self.database.read() as connection:
            row = (await connection.execute(select(state.c.moderated, state.c.words))).one_or_none()
        return (False, ()) if row is None else (bool(row.moderated), list(row.words))

    async def home(
        self, viewer: Viewer, form: Mapping[str, str] | None = None, error: AppError | None = None, seek: str = ""
    ) -> Response[str]:
        """The switch, the words, the day and the index; `form` is what was sent and refused."""
        enabled, words = await self._state()
        found = [word for word in words if seek.casefold() in word.casefold()]
        at, running = self.follower.caught_up_at, self.index.running()
        return self.pages.respond(
            "advertising/moderation.html",
            viewer,
            status_code=status_of(error) if error else 200,
            enabled=enabled,
            words=found[:WORDS_SHOWN],
            found=len(found),
            count=len(words),
            seek=seek,
            form=dict(form or {}),
            errors=field_errors(error, viewer.locale),
            said=localise_error(error, viewer.locale) if error else "",
            today=await self.queries.today(),
            days=self.days,
            known=len(self.index.entries),
            active=len(running),
            open=sum(entry.is_open for entry in running),
            age=time.monotonic() - at if at else None,
        )

    async def tried(self, viewer: Viewer, text: str, *, is_fragment: bool) -> Response[str]:
        """What the list catches of a text, whether ads are looked through at present or not."""
        enabled, words = await self._state()
        findings: Sequence[Finding] = await asyncio.to_thread(explain, ready(tuple(words)), text)
        template = "advertising/moderation_found.html" if is_fragment else "advertising/moderation_try.html"
        return self.pages.respond(template, viewer, text=text, findings=findings, enabled=enabled, count=len(words))

    async def campaigns(self, actor: Actor, viewer: Viewer, only: str, cursor: str | None) -> Response[str]:
        """The campaigns changed last first, or those of them that hold forbidden words."""
        enabled, words = await self._state()
        found = await self._with_words(actor, words, cursor) if only else await self._page(actor, words, cursor)
        return self.pages.respond(
            "advertising/moderation_campaigns.html",
            viewer,
            found=found,
            only=bool(only),
            enabled=enabled,
            is_first=cursor is None,
            today=await self.queries.today(),
            days=self.days,
            looked_through=LOOKED_THROUGH,
        )

    async def _page(self, actor: Actor, words: Sequence[str], cursor: str | None) -> Page[Moderated]:
        found = await self.lists.changed(actor, SHOWN, cursor)
        return Page(await _moderated(found.items, words), found.next_cursor)

    async def _with_words(self, actor: Actor, words: Sequence[str], cursor: str | None) -> Page[Moderated]:
        kept: list[Moderated] = []
        looked = 0
        while looked < LOOKED_THROUGH and len(kept) < SHOWN:
            found = await self.lists.changed(actor, SHOWN, cursor)
            kept += [it for it in await _moderated(found.items, words) if it.words]
            looked, cursor = looked + len(found.items), found.next_cursor
            if cursor is None:
                break
        return Page(kept, cursor)


async def _moderated(found: Sequence[Changed], words: Sequence[str]) -> Sequence[Moderated]:
    def look() -> Sequence[Moderated]:
        texts = ((it, (it.campaign.terms.ad_title, it.campaign.terms.ad_text)) for it in found)
        return [Moderated(it, found_in(words, said)) for it, said in texts]

    return await asyncio.to_thread(look)


class ModerationPages(Controller):
    """For operators alone."""

    path = HOME
    include_in_schema = False

    @get()
    @inject
    async def home(
        self,
        actor: FromDishka[Actor],
        viewer: FromDishka[Viewer],
        screens: FromDishka[ModerationScreens],
        seek: FromQuery[str] = "",
    ) -> Response[str]:
        actor.require(Role.OPERATOR)
        return await screens.home(viewer, seek=seek[:200])

    @post("/moderation")
    @inject
    async def switch(
        self, request: AnyRequest, actor: FromDishka[Actor], switch: FromDishka[SwitchModeration]
    ) -> Response[str]:
        actor.require(Role.OPERATOR)
        await switch(actor, enabled=(await form_of(request)).get("enabled") == "1")
        return redirect(request, self.path)

    @post("/words")
    @inject
    async def words(
        self,
        request: AnyRequest,
        actor: FromDishka[Actor],
        viewer: FromDishka[Viewer],
        screens: FromDishka[ModerationScreens],
        edit: FromDishka[EditWords],
    ) -> Response[str]:
        """Words to be added, one in a line, or one to be allowed again."""
        actor.require(Role.OPERATOR)
        form = await form_of(request)
        added = [line.strip() for line in form.get("words", "").replace(",", "\n").splitlines() if line.strip()]
        try:
            await edit(actor, add=added, remove=[form["remove"]] if "remove" in form else [])
        except BadRequest as error:
            return await screens.home(viewer, form, error)
        return redirect(request, f"{self.path}#words")

    @post("/try")
    @inject
    async def tried(
        self,
        request: AnyRequest,
        actor: FromDishka[Actor],
        viewer: FromDishka[Viewer],
        screens: FromDishka[ModerationScreens],
    ) -> Response[str]:
        actor.require(Role.OPERATOR)
        text = (await form_of(request)).get("text", "")[:LONGEST_TRIED]
        return await screens.tried(viewer, text, is_fragment=is_fragment(request))

    @post("/day")
    @inject
    async def day(
        self,
        request: AnyRequest,
        actor: FromDishka[Actor],
        viewer: FromDishka[Viewer],
        screens: FromDishka[ModerationScreens],
        advance: FromDishka[AdvanceDay],
    ) -> Response[str]:
        """Set the day, where it is set by hand."""
        actor.require(Role.OPERATOR)
        form = await form_of(request)
        try:
            await advance(actor, {"current_date": screens.days.read(form.get("day", ""))})
        except (BadRequest, ClockFollowsCalendar) as error:
            return await screens.home(viewer, form, error)
        return redirect(request, f"{self.path}#day")

    @get("/campaigns")
    @inject
    async def campaigns(
        self,
        actor: FromDishka[Actor],
        viewer: FromDishka[Viewer],
        screens: FromDishka[ModerationScreens],
        only: FromQuery[str] = "",
        cursor: FromQuery[str | None] = None,
    ) -> Response[str]:
        actor.require(Role.OPERATOR)
        return await screens.campaigns(actor, viewer, only, cursor)

    @post("/campaigns/{advertiser:uuid}/{id:uuid}/delete")
    @inject
    async def remove(
        self,
        advertiser: FromPath[UUID],
        id: FromPath[UUID],
        request: AnyRequest,
        actor: FromDishka[Actor],
        delete: FromDishka[DeleteCampaign],
    ) -> Response[str]:
        """Take a campaign away; one that is gone already is gone."""
        actor.require(Role.OPERATOR)
        with suppress(CampaignNotFound):
            await delete(actor, AdvertiserId(advertiser), CampaignId(id))
        return redirect(request, f"{self.path}/campaigns")

    @get("/advertisers")
    @inject
    async def advertisers(
        self,
        actor: FromDishka[Actor],
        viewer: FromDishka[Viewer],
        pages: FromDishka[Pages],
        lists: FromDishka[SponsorQueries],
        people: FromDishka[People],
        cursor: FromQuery[str | None] = None,
    ) -> Response[str]:
        """Who advertises, and whose account it is."""
        actor.require(Role.OPERATOR)
        found = await lists.owned(actor, SHOWN, cursor)
        return pages.respond(
            "advertising/moderation_advertisers.html",
            viewer,
            found=found,
            emails=await people.emails([it.owner for it in found.items if it.owner is not None]),
            is_first=cursor is None,
        )
