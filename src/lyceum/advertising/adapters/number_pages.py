"""Pages of numbers: day by day with charts, and the same as tables to download."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Response, get
from litestar.params import FromPath

from lyceum.accounts.api import Actor, Role
from lyceum.advertising.adapters.queries import AdQueries
from lyceum.advertising.adapters.sponsor_forms import DayWords
from lyceum.advertising.adapters.sponsor_queries import NOTHING
from lyceum.advertising.adapters.sponsor_screens import SponsorScreens
from lyceum.advertising.adapters.views import DailyStats, Stats
from lyceum.advertising.domain.campaigns import Campaign
from lyceum.advertising.domain.clients import Advertiser
from lyceum.advertising.domain.ids import AdvertiserId, CampaignId
from lyceum.advertising.domain.prices import written
from lyceum.platform.http_errors import AnyRequest
from lyceum.platform.i18n import translator
from lyceum.platform.pages import Pages, Viewer
from lyceum.platform.spreadsheets import XLSX, guard, workbook

USUAL = 30
MOST = 366
"""Days of one page; of a longer time the latest."""
COLUMNS = ("Day", "Shown", "Clicks", "Conversion, %", "Spent on impressions", "Spent on clicks", "Spent")
type Row = tuple[str | int, int, int, float, str, str, str]


@dataclass(frozen=True, slots=True)
class Span:
    """Days to be looked at, inclusive. `is_odd`: what was asked for could not be understood."""

    first: int
    last: int
    is_odd: bool = False


def span_of(query: Mapping[str, str], days: DayWords, usual: Span) -> Span:
    """The days of a query (`from`, `to`); the usual ones where it names none, or none that are any."""
    asked = {name: query.get(name, "").strip() for name in ("from", "to")}
    read = {name: days.day(text) for name, text in asked.items()}
    first = usual.first if read["from"] is None else read["from"]
    last = usual.last if read["to"] is None else read["to"]
    is_odd = any(text and read[name] is None for name, text in asked.items()) or first > last
    if first > last:
        first, last = usual.first, usual.last
    return Span(max(first, last - MOST + 1), last, is_odd)


def every_day(span: Span, found: Sequence[DailyStats]) -> Sequence[DailyStats]:
    """The days of the span, those on which nothing happened too."""
    known = {it.date: it for it in found}
    nothing = {name: getattr(NOTHING, name) for name in Stats.__struct_fields__}
    return [known.get(day) or DailyStats(date=day, **nothing) for day in range(span.first, span.last + 1)]


@dataclass(frozen=True, slots=True)
class Numbers:
    """Whose numbers they are, in all and day by day."""

    advertiser: Advertiser
    campaign: Campaign | None
    span: Span
    stats: Stats
    daily: Sequence[DailyStats]


async def numbers_of(
    actor: Actor, queries: AdQueries, days: DayWords, query: Mapping[str, str], whose: UUID, id: UUID | None
) -> Numbers:
    """AdvertiserNotFound, CampaignNotFound."""
    advertiser, today = await queries.advertiser(actor, AdvertiserId(whose)), await queries.today()
    if id is None:
        span = span_of(query, days, Span(max(0, today - USUAL + 1), today))
        daily = await queries.days_of_advertiser(actor, advertiser.id, span.first, span.last)
        return Numbers(advertiser, None, span, await queries.stats_of_advertiser(actor, advertiser.id), daily)
    campaign = await queries.campaign(actor, advertiser.id, CampaignId(id))
    last = min(max(campaign.terms.start_date, campaign.terms.end_date), today)
    span = span_of(query, days, Span(min(last, max(campaign.terms.start_date, last - USUAL + 1)), last))
    daily = await queries.days_of_campaign(actor, campaign.id, span.first, span.last)
    return Numbers(advertiser, campaign, span, await queries.stats_of_campaign(actor, campaign.id), daily)


class NumberPages(Controller):
    """Numbers of an advertiser and of one campaign."""

    path = "/sponsor"
    include_in_schema = False

    @get(["/{advertiser:uuid}/numbers", "/{advertiser:uuid}/{id:uuid}/numbers"])
    @inject
    async def shown(
        self,
        request: AnyRequest,
        advertiser: FromPath[UUID],
        actor: FromDishka[Actor],
        viewer: FromDishka[Viewer],
        pages: FromDishka[Pages],
        screens: FromDishka[SponsorScreens],
        queries: FromDishka[AdQueries],
        id: FromPath[UUID | None] = None,
    ) -> Response[str]:
        actor.require(Role.SPONSOR)
        found = await numbers_of(actor, queries, screens.days, request.query_params, advertiser, id)
        return pages.respond(
            "advertising/numbers.html",
            viewer,
            numbers=found,
            every=every_day(found.span, found.daily),
            days=screens.days,
            most=MOST,
        )

    @get(["/{advertiser:uuid}/numbers/table.xlsx", "/{advertiser:uuid}/{id:uuid}/numbers/table.xlsx"])
    @inject
    async def workbook(
        self,
        request: AnyRequest,
        advertiser: FromPath[UUID],
        actor: FromDishka[Actor],
        viewer: FromDishka[Viewer],
        screens: FromDishka[SponsorScreens],
        queries: FromDishka[AdQueries],
        id: FromPath[UUID | None] = None,
    ) -> Response[bytes]:
        """The days with activity as a workbook, in the reader's language."""
        actor.require(Role.SPONSOR)
        found = await numbers_of(actor, queries, screens.days, request.query_params, advertiser, id)
        header, rows = _table(found, screens.days, viewer.locale)
        title = translator(viewer.locale).gettext("Numbers")
        data = workbook(title, header, [[*row[:4], *map(float, row[4:])] for row in rows])
        return _file(data, "xlsx", XLSX)

    @get(["/{advertiser:uuid}/numbers/table.csv", "/{advertiser:uuid}/{id:uuid}/numbers/table.csv"])
    @inject
    async def text(
        self,
        request: AnyRequest,
        advertiser: FromPath[UUID],
        actor: FromDishka[Actor],
        viewer: FromDishka[Viewer],
        screens: FromDishka[SponsorScreens],
        queries: FromDishka[AdQueries],
        id: FromPath[UUID | None] = None,
    ) -> Response[bytes]:
        """The same as text with commas, money with all its digits."""
        actor.require(Role.SPONSOR)
        found = await numbers_of(actor, queries, screens.days, request.query_params, advertiser, id)
        return _file(_csv(*_table(found, screens.days, viewer.locale)), "csv", "text/csv; charset=utf-8")


def _table(found: Numbers, days: DayWords, locale: str) -> tuple[Sequence[str], Sequence[Row]]:
    words = translator(locale)
    return [words.gettext(name) for name in COLUMNS], [_row(it, days) for it in found.daily]


def _file(data: bytes, kind: str, media_type: str) -> Response[bytes]:
    headers = {
        "Content-Disposition": f'attachment; filename="advertising.{kind}"',
        "Cache-Control": "private, no-cache",
    }
    return Response(data, media_type=media_type, headers=headers)


def _row(day: DailyStats, days: DayWords) -> Row:
    """Money as texts with all its digits."""
    return (
        days.written(day.date) if days.has_dates else day.date,
        day.impressions_count,
        day.clicks_count,
        round(day.conversion, 4),
        written(day.spent_impressions),
        written(day.spent_clicks),
        written(day.spent_total),
    )


def _csv(header: Sequence[str], rows: Sequence[Sequence[object]]) -> bytes:
    """With a mark of UTF-8 in front, without which spreadsheets take Russian for something else."""
    made = io.StringIO()
    writer = csv.writer(made)
    writer.writerow([guard(name) for name in header])
    writer.writerows(rows)
    return made.getvalue().encode("utf-8-sig")
