"""What a campaign is to expect, from the ads that were shown lately to those whom it would address.

A person is shown a campaign once. So its impressions are at most the people whom it reaches; and they are at most its
even share of the ads that those people are shown, and one for everybody for whom there was no ad left: nobody else was
there to be shown to them. The smaller of the two, cut at the limits, is what is expected.
"""

import math
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from lyceum.advertising.domain.campaigns import Terms
from lyceum.advertising.domain.choice import PRIOR_CHANCE, PRIOR_IMPRESSIONS
from lyceum.advertising.domain.prices import total

WEEK = 7
"""Days that are looked back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """What was seen in a sample of the latest impressions.

    `matched` of the `sampled` went to people who meet the targeting, `clicks` of them were clicked. Those are `people`
    persons, `early` of them in the older half of the sample, `late` in the newer. `per_day`: ads that the whole
    platform shows a day. `rivals`: other campaigns that could be shown to the same people in the same days. `unserved`
    persons who meet the targeting asked in the last week and there was no ad left for them; `strangers` of them are not
    among the `people`.
    """

    sampled: int
    matched: int
    clicks: int
    people: int
    early: int
    late: int
    per_day: float
    rivals: int
    unserved: int = 0
    strangers: int = 0


class Bound(StrEnum):
    """What keeps a campaign from more impressions."""

    OVER = "over"
    NEVER_SHOWN = "never_shown"
    PEOPLE = "people"
    RIVALS = "rivals"
    IMPRESSIONS_LIMIT = "impressions_limit"
    CLICKS_LIMIT = "clicks_limit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """For the `days` that are left. `reach` is how many people who meet the targeting are to come in them; `budget` is
    what the limits allow to be spent from now on."""

    days: int
    reach: int
    impressions: int
    clicks: int
    spend: Decimal
    budget: Decimal
    bound: Bound


def forecast(terms: Terms, today: int, traffic: Traffic, had: tuple[int, int] = (0, 0)) -> Forecast | None:
    """What is to be expected from `today` on of a campaign that `had` so many impressions and clicks; None while nobody
    was shown an ad or asked for one in vain, since there is nothing to go by."""
    if not _has_impressions(traffic) and not traffic.unserved:
        return None
    left = max(0, terms.impressions_limit - had[0]), max(0, terms.clicks_limit - had[1])
    budget = total([(terms.cost_per_impression, left[0]), (terms.cost_per_click, left[1])])
    days = max(0, terms.end_date - max(terms.start_date, today) + 1)
    reached = reach(traffic, days) + coming_again(traffic.strangers, days)
    rate = click_rate(traffic)
    bounds = {
        Bound.PEOPLE: reached,
        Bound.RIVALS: matched_per_day(traffic) * days / (traffic.rivals + 1) + coming_again(traffic.unserved, days),
        Bound.IMPRESSIONS_LIMIT: float(left[0]),
        Bound.CLICKS_LIMIT: left[1] / rate,
    }
    bound, most = min(bounds.items(), key=lambda it: it[1])
    if days == 0:
        bound = Bound.OVER
    elif min(left) == 0:
        bound, most = Bound.NEVER_SHOWN, 0.0
    impressions = min(math.floor(most), left[0])
    clicks = min(round(impressions * rate), left[1])
    spend = total([(terms.cost_per_impression, impressions), (terms.cost_per_click, clicks)])
    return Forecast(
        days=days,
        reach=math.floor(reached),
        impressions=impressions,
        clicks=clicks,
        spend=spend,
        budget=budget,
        bound=bound,
    )


def click_rate(traffic: Traffic) -> float:
    """The share of impressions that is clicked: what was seen, and beside it what a new campaign is taken for."""
    return (traffic.clicks + PRIOR_CHANCE * PRIOR_IMPRESSIONS) / (traffic.matched + PRIOR_IMPRESSIONS)


def matched_per_day(traffic: Traffic) -> float:
    """Ads a day that those people are shown."""
    if not _has_impressions(traffic):
        return 0.0
    return traffic.per_day * traffic.matched / traffic.sampled


def coming_again(people: int, days: int) -> float:
    """How many of the people who came in the last week come in so many days: all in a week, no others after it."""
    return people * min(1.0, days / WEEK)


def _has_impressions(traffic: Traffic) -> bool:
    return traffic.sampled > 0 and traffic.per_day > 0


def reach(traffic: Traffic, days: int) -> float:
    """How many different people come in so many days.

    Known are the people of half the sample and of the whole; between them it is a straight line. Beyond, people come
    at the pace at which new ones came in the sample's newer half.
    """
    if not _has_impressions(traffic):
        return 0.0
    half = traffic.sampled / traffic.per_day / 2
    of_half = max((traffic.early + traffic.late) / 2, traffic.people / 2)
    if days <= half:
        return of_half * days / half
    if days <= 2 * half:
        return of_half + (traffic.people - of_half) * (days - half) / half
    return traffic.people + (traffic.people - traffic.early) * (days - 2 * half) / half
