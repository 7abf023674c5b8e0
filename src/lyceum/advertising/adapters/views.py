"""What advertising answers with. Money is a JSON number with all its digits."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from decimal import Decimal
from uuid import UUID

import msgspec
from litestar import Response
from litestar.response import Stream

from lyceum.advertising.domain.campaigns import Audience, Campaign
from lyceum.advertising.domain.choice import Parts
from lyceum.advertising.domain.clients import Advertiser, Client, Gender
from lyceum.advertising.domain.prices import written
from lyceum.advertising.ports import ImageLinks, Pile

JSON = "application/json"
encoded = msgspec.json.Encoder(decimal_format="number").encode


class ClientView(msgspec.Struct, frozen=True, kw_only=True):
    client_id: UUID
    login: str
    age: int
    location: str
    gender: Gender


class AdvertiserView(msgspec.Struct, frozen=True, kw_only=True):
    advertiser_id: UUID
    name: str


class ScoreKept(msgspec.Struct, frozen=True, kw_only=True):
    status: str
    score: int


class ScoresKept(msgspec.Struct, frozen=True, kw_only=True):
    status: str
    count: int


class TargetingView(msgspec.Struct, frozen=True, kw_only=True):
    gender: Audience | None
    age_from: int | None
    age_to: int | None
    location: str | None


class CampaignView(msgspec.Struct, frozen=True, kw_only=True):
    campaign_id: UUID
    advertiser_id: UUID
    impressions_limit: int
    clicks_limit: int
    cost_per_impression: Decimal
    cost_per_click: Decimal
    ad_title: str
    ad_text: str
    start_date: int
    end_date: int
    targeting: TargetingView
    image_uri: str | None = None


class ShownAd(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`image_uri` is there when the ad has an image."""

    ad_id: UUID
    ad_title: str
    ad_text: str
    advertiser_id: UUID
    image_uri: str | None = None


class Stats(msgspec.Struct, frozen=True, kw_only=True):
    """`conversion` is clicks of a hundred impressions."""

    impressions_count: int
    clicks_count: int
    conversion: float
    spent_impressions: Decimal
    spent_clicks: Decimal
    spent_total: Decimal


class DailyStats(Stats, frozen=True, kw_only=True):
    date: int


class Today(msgspec.Struct, frozen=True, kw_only=True):
    current_date: int


class Pong(msgspec.Struct, frozen=True, kw_only=True):
    status: str
    current_date: int


class ModerationState(msgspec.Struct, frozen=True, kw_only=True):
    is_enabled: bool


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """A campaign that a client could be shown, and its score term by term; what is `excluded` is not chosen."""

    campaign_id: UUID
    advertiser_id: UUID
    ad_title: str
    impressions_count: int
    clicks_count: int
    excluded: str | None
    terms: Mapping[str, float]


def answer(content: object, status_code: int = 200, headers: Mapping[str, str] | None = None) -> Response[bytes]:
    return Response(encoded(content), status_code=status_code, media_type=JSON, headers=headers)


FEW = 1_000


async def listed[T](pile: Pile[T], view: Callable[[T], object], status_code: int) -> Response[bytes] | Stream:
    """The rows of a pile as a list, streamed when there are many; closes the pile."""
    if len(pile) <= FEW:
        content = [view(row) for row in pile]
        pile.close()
        return answer(content, status_code)
    return Stream(_streamed(pile, view), status_code=status_code, media_type=JSON)


async def _streamed[T](pile: Pile[T], view: Callable[[T], object]) -> AsyncIterator[bytes]:
    def packed(rows: Sequence[T]) -> bytes:
        return encoded([view(row) for row in rows])[1:-1]

    parts, begin = pile.parts(), b"["
    try:
        while rows := await asyncio.to_thread(next, parts, ()):
            yield begin + await asyncio.to_thread(packed, rows)
            begin = b","
        yield b"]"
    finally:
        pile.close()


def client_view(client: Client) -> ClientView:
    return ClientView(
        client_id=client.id, login=client.login, age=client.age, location=client.location, gender=client.gender
    )


def advertiser_view(advertiser: Advertiser) -> AdvertiserView:
    return AdvertiserView(advertiser_id=advertiser.id, name=advertiser.name)


def campaign_view(campaign: Campaign, images: ImageLinks) -> CampaignView:
    terms, targeting = campaign.terms, campaign.terms.targeting
    return CampaignView(
        campaign_id=campaign.id,
        advertiser_id=campaign.advertiser_id,
        impressions_limit=terms.impressions_limit,
        clicks_limit=terms.clicks_limit,
        cost_per_impression=Decimal(written(terms.cost_per_impression)),
        cost_per_click=Decimal(written(terms.cost_per_click)),
        ad_title=terms.ad_title,
        ad_text=terms.ad_text,
        start_date=terms.start_date,
        end_date=terms.end_date,
        targeting=TargetingView(
            gender=targeting.gender,
            age_from=targeting.age_from,
            age_to=targeting.age_to,
            location=targeting.location,
        ),
        image_uri=image_uri(campaign, images),
    )


def ad_view(campaign: Campaign, images: ImageLinks) -> ShownAd:
    return ShownAd(
        ad_id=campaign.id,
        ad_title=campaign.terms.ad_title,
        ad_text=campaign.terms.ad_text,
        advertiser_id=campaign.advertiser_id,
        image_uri=image_uri(campaign, images),
    )


def image_uri(campaign: Campaign, images: ImageLinks) -> str | None:
    return None if campaign.image_key is None else images.link(campaign.image_key, campaign.terms.ad_title)


def candidate_of(campaign: Campaign, counts: tuple[int, int], parts: Parts, excluded: str | None) -> Candidate:
    return Candidate(
        campaign_id=campaign.id,
        advertiser_id=campaign.advertiser_id,
        ad_title=campaign.terms.ad_title,
        impressions_count=counts[0],
        clicks_count=counts[1],
        excluded=excluded,
        terms={name: getattr(parts, name) for name in type(parts).__slots__},
    )
