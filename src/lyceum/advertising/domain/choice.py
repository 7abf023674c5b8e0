"""Which ad is the best for a client: a straight line over the client's relevance, for each campaign one.

    score = profit · expected income / the dearest expected income
          + relevance · relevance of the advertiser to the client (0 to 1)
          + fulfilment · how far the campaign lags behind an even schedule (-1 to 1)

Expected income is the price of the impression plus the price of a click times its chance, which comes from what the
campaign has had so far with a prior, and grows evenly with relevance. As everything is even in relevance, a campaign's
score is `base + slope · relevance` with a slope that is not negative: an index can order campaigns without knowing
who will ask, and stop looking when no other can be better.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

PRIOR_CHANCE = 0.1
PRIOR_IMPRESSIONS = 20.0
"""A new campaign is taken for one with two clicks of twenty impressions."""
LEAST_LIFT, MOST_LIFT = 0.5, 1.5
"""By how much relevance 0 and relevance 1 change the chance of a click."""


@dataclass(frozen=True, slots=True)
class Weights:
    profit: float = 0.50
    relevance: float = 0.25
    fulfilment: float = 0.15


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A campaign as the choice sees it: prices, what it has had, what it is to have, its days (inclusive)."""

    cost_per_impression: float
    cost_per_click: float
    impressions: int
    clicks: int
    impressions_limit: int
    clicks_limit: int
    start_date: int
    end_date: int


@dataclass(frozen=True, slots=True)
class Line:
    """score(relevance) = base + slope · relevance; the slope is not negative."""

    base: float
    slope: float

    def at(self, relevance: float) -> float:
        return self.base + self.slope * relevance


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The terms of a score, weighted, and what they come from; `total` is their sum."""

    click_chance: float
    expected_income: float
    profit: float
    relevance: float
    fulfilment: float
    total: float


def click_chance(impressions: int, clicks: int, relevance: float) -> float:
    """How likely a client of that relevance (0 to 1) clicks on the campaign's ad."""
    seen = (clicks + PRIOR_CHANCE * PRIOR_IMPRESSIONS) / (impressions + PRIOR_IMPRESSIONS)
    return min(seen, 1 / MOST_LIFT) * (LEAST_LIFT + (MOST_LIFT - LEAST_LIFT) * relevance)


def expected_income(standing: Standing, relevance: float) -> float:
    """What one impression brings, its click included, if there is one."""
    chance = click_chance(standing.impressions, standing.clicks, relevance)
    return standing.cost_per_impression + standing.cost_per_click * chance


def lag(standing: Standing, today: int) -> float:
    """How far a campaign is behind its even schedule for the end of today: 1 nothing done, 0 on it, -1 twice as far."""
    days = standing.end_date - standing.start_date + 1
    due = standing.impressions_limit * min(1.0, max(0.0, (today - standing.start_date + 1) / days))
    return 0.0 if due <= 0 else max(-1.0, min(1.0, (due - standing.impressions) / due))


def dearest(standings: Iterable[Standing]) -> float:
    """The largest expected income of any client's ad: what profits are compared with. 1 when nothing costs anything."""
    return max((expected_income(standing, 1.0) for standing in standings), default=0.0) or 1.0


def line(standing: Standing, today: int, scale: float, weights: Weights) -> Line:
    """The campaign's score over relevance; `scale` is the `dearest` of the day's campaigns."""
    low, high = expected_income(standing, 0.0), expected_income(standing, 1.0)
    base = weights.profit * low / scale + weights.fulfilment * lag(standing, today)
    return Line(base, weights.profit * (high - low) / scale + weights.relevance)


def parts(standing: Standing, relevance: float, today: int, scale: float, weights: Weights) -> Parts:
    """The score told term by term, for `GET /ads/explain`."""
    income = expected_income(standing, relevance)
    return Parts(
        click_chance=click_chance(standing.impressions, standing.clicks, relevance),
        expected_income=income,
        profit=weights.profit * income / scale,
        relevance=weights.relevance * relevance,
        fulfilment=weights.fulfilment * lag(standing, today),
        total=line(standing, today, scale, weights).at(relevance),
    )


def relevances[K](scores: Mapping[K, int]) -> tuple[Mapping[K, float], float]:
    """A client's scores between 0 and 1, and the relevance of advertisers without one, who count as score 0."""
    low, high = min(0, *scores.values(), 0), max(0, *scores.values(), 0)
    width = (high - low) or 1
    return {key: (score - low) / width for key, score in scores.items()}, -low / width
