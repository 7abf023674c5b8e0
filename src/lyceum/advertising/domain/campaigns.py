"""Campaigns: what is shown, to whom, when, for how much and how often."""

from dataclasses import dataclass
from enum import StrEnum

from lyceum.advertising.domain.clients import Gender
from lyceum.advertising.domain.ids import AdvertiserId, CampaignId
from lyceum.advertising.domain.prices import Price


class Audience(StrEnum):
    """Whom a campaign addresses; ALL is no restriction, like none at all."""

    MALE = "MALE"
    FEMALE = "FEMALE"
    ALL = "ALL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Targeting:
    """All conditions hold together; None is no restriction. Ages are inclusive."""

    gender: Audience | None = None
    age_from: int | None = None
    age_to: int | None = None
    location: str | None = None

    def admits_gender(self, gender: Gender) -> bool:
        return self.gender is None or self.gender is Audience.ALL or self.gender.value == gender.value


ANYBODY = Targeting()


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a sponsor decides about a campaign. Days are inclusive; limits count the pairs of client and campaign."""

    impressions_limit: int
    clicks_limit: int
    cost_per_impression: Price
    cost_per_click: Price
    ad_title: str
    ad_text: str
    start_date: int
    end_date: int
    targeting: Targeting = ANYBODY


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """`image_key` is where the ad's image lies in the file store. `version` grows with each change."""

    id: CampaignId
    advertiser_id: AdvertiserId
    terms: Terms
    image_key: str | None = None
    version: int = 1

    def has_started(self, today: int) -> bool:
        return self.terms.start_date <= today

    def is_active(self, today: int) -> bool:
        return self.terms.start_date <= today <= self.terms.end_date
