"""Campaigns as rows of their table."""

from sqlalchemy import Row

from lyceum.advertising.domain.campaigns import Audience, Campaign, Targeting, Terms
from lyceum.advertising.domain.ids import AdvertiserId, CampaignId
from lyceum.advertising.domain.prices import price_of, written


def values_of(campaign: Campaign) -> dict[str, object]:
    """What of a campaign may change, as columns."""
    terms, targeting = campaign.terms, campaign.terms.targeting
    return {
        "impressions_limit": terms.impressions_limit,
        "clicks_limit": terms.clicks_limit,
        "cost_per_impression": written(terms.cost_per_impression),
        "cost_per_click": written(terms.cost_per_click),
        "ad_title": terms.ad_title,
        "ad_text": terms.ad_text,
        "start_date": terms.start_date,
        "end_date": terms.end_date,
        "gender": targeting.gender,
        "age_from": targeting.age_from,
        "age_to": targeting.age_to,
        "location": targeting.location,
        "image_key": campaign.image_key,
        "version": campaign.version,
    }


def campaign_of(row: Row[tuple[object, ...]]) -> Campaign:
    """A row of `campaigns`, read whole."""
    targeting = Targeting(
        gender=None if row.gender is None else Audience(row.gender),
        age_from=row.age_from,
        age_to=row.age_to,
        location=row.location,
    )
    terms = Terms(
        impressions_limit=row.impressions_limit,
        clicks_limit=row.clicks_limit,
        cost_per_impression=price_of(row.cost_per_impression),
        cost_per_click=price_of(row.cost_per_click),
        ad_title=row.ad_title,
        ad_text=row.ad_text,
        start_date=row.start_date,
        end_date=row.end_date,
        targeting=targeting,
    )
    return Campaign(
        id=CampaignId(row.id),
        advertiser_id=AdvertiserId(row.advertiser_id),
        terms=terms,
        image_key=row.image_key,
        version=row.version,
    )
