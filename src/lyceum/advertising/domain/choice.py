"""What showing a campaign to a client is worth: a straight line over the client's relevance, for each campaign one.

The aims over a campaign's life are profit, relevance and fulfilment of limits, each over what is usual on the market
of the day, weighed. From their sum comes off the shadow price of the limit that will close the campaign: the one that
is reached first, at the rate of clicks known so far. That price needs no state of its own: were it raised by every unit
sold and lowered as units fall due, it would be the count less the schedule, and both are known. So the choice follows
from counts alone, the same in every process.

As everything is even in relevance, a campaign's worth is `base + slope · relevance`: an index can order campaigns
without knowing who will ask, and stop looking when no other can be better.

Money is in floats here: this orders ads, it charges nobody.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

PRIOR_CHANCE = 0.08
PRIOR_IMPRESSIONS = 80.0
"""A new campaign is taken for one with so many impressions, clicked that often."""
LEAST_LIFT, MOST_LIFT = 0.3, 1.7
"""By how much relevance 0 and relevance 1 change the chance of a click."""
USUAL_RELEVANCE = 0.7
"""Relevance of what a client is typically shown."""
MOST_SHARE = 8.0
"""How many times more than an average campaign a small one counts in fulfilment at most."""
STRICTNESS = 1.5
"""Share of its typical worth that a campaign loses for each life's worth it is ahead of its even schedule."""
HEAD_START = 0.2
"""Share of the life that counts as spent before the start: scarcity is felt from the first impression."""
URGENCY, URGENCY_OF_WORTH = 0.3, 0.2
"""What ends soon goes first, as the rest can be shown tomorrow: a bonus and a factor, over the days that are left."""
SHORT_SUPPLY = 0.5
"""A market is short of ads when its campaigns have fewer to give, for each request."""
LEAST_PRICE = 1e-60
"""Less is nothing: no price has so many digits."""
FIRST_DAY = 2.0
"""Requests of a client a day, as long as no day is over."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """How many ads were shown: today, and on `days` days before in all; and how many clients there are."""

    today: int = 0
    before: int = 0
    days: int = 0
    clients: int = 0

    @property
    def per_day(self) -> float:
        """Expected for a day; half a day of guessing stands beside what was counted."""
        return max(1.0, (self.before + FIRST_DAY * self.clients / 2) / (self.days + 0.5))


@dataclass(frozen=True, slots=True, kw_only=True)
class Market:
    """What all campaigns have in common for a while: take it anew every second or so, and on a new day."""

    today: int
    weights: Weights
    progress: float
    """Which share of the day's requests has come, 0 to 1."""
    price: float
    """What a typical request earns when profit is the only aim."""
    share: float
    """Requests for each campaign over its life."""
    supply: float
    """Impressions that the campaigns have to give today, for each request."""


@dataclass(frozen=True, slots=True)
class Line:
    """worth(relevance) = base + slope · relevance. The slope may be negative where clicks run out on a market short of
    ads: whoever is likely to click uses up more of the campaign than they bring."""

    base: float
    slope: float

    def at(self, relevance: float) -> float:
        return self.base + self.slope * relevance


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The terms of a worth, weighted, and what they come from; `total` is their sum."""

    click_chance: float
    expected_income: float
    profit: float
    relevance: float
    fulfilment: float
    urgency: float
    shadow_price: float
    total: float


def market(standings: Iterable[Standing], today: int, demand: Demand, weights: Weights) -> Market:
    """Weigh up the campaigns active today. O(n log n)."""
    active = list(standings)
    lengths = sum(one.end_date - one.start_date + 1 for one in active)
    offers = list(_offers(active, today))
    return Market(
        today=today,
        weights=weights,
        progress=min(1.0, demand.today / demand.per_day),
        price=_price(offers, demand.per_day),
        share=demand.per_day * lengths / len(active) ** 2 if active else 1.0,
        supply=sum(number for _, number in offers) / demand.per_day,
    )


def _offers(active: Iterable[Standing], today: int) -> Iterable[tuple[float, float]]:
    """What an impression of each campaign earns, and how many it has to give today."""
    for one in active:
        if (left := _life(one)) > 0:
            yield expected_income(one, 0.5), left / _days_left(one, today)


def _price(offers: Iterable[tuple[float, float]], requests: float) -> float:
    """Average earning when the dearest campaigns serve the day's requests as far as their shares of the day go."""
    earned = served = 0.0
    for income, number in sorted(offers, reverse=True):
        taken = min(number, requests - served)
        earned, served = earned + income * taken, served + taken
        if served >= requests:
            break
    return earned / served if earned > LEAST_PRICE else 1.0


def _days_left(standing: Standing, today: int) -> int:
    return max(1, standing.end_date - today + 1)


def _usual_chance(standing: Standing) -> float:
    """The chance of a click at a relevance of one half."""
    clicks = standing.clicks + PRIOR_CHANCE * PRIOR_IMPRESSIONS
    return min(clicks / (standing.impressions + PRIOR_IMPRESSIONS), 1 / MOST_LIFT)


def click_chance(standing: Standing, relevance: float) -> float:
    """How likely a client of that relevance (0 to 1) clicks on the campaign's ad."""
    return _usual_chance(standing) * (LEAST_LIFT + (MOST_LIFT - LEAST_LIFT) * relevance)


def expected_income(standing: Standing, relevance: float) -> float:
    """What one impression brings, its click included, if there is one."""
    return standing.cost_per_impression + standing.cost_per_click * click_chance(standing, relevance)


def line(standing: Standing, market: Market) -> Line:
    """The campaign's worth over relevance, to be taken anew when its counts, its terms or the market change."""
    weights, days = market.weights, _days_left(standing, market.today)
    eager = 1 + URGENCY_OF_WORTH / days
    low, high = (weights.profit * expected_income(standing, end) / market.price for end in (0.0, 1.0))
    relevance, fulfilment = weights.relevance / USUAL_RELEVANCE, weights.fulfilment * _smallness(standing, market)
    typical = (low + high) / 2 + relevance / 2 + fulfilment
    left = _life(standing)
    price = typical * _scarcity(standing, market, left)
    base, slope = eager * (low + fulfilment) + URGENCY / days, eager * (high - low + relevance)
    if left < standing.impressions_limit - standing.impressions:
        # Clicks run out first, so the price is theirs: each pair pays for its chance of one.
        base, slope = base - price * LEAST_LIFT, slope - price * (MOST_LIFT - LEAST_LIFT)
        # Only where requests are worth nothing elsewhere is the relevant client the worse one.
        return Line(base, slope) if slope >= 0 or market.supply < SHORT_SUPPLY else Line(base + slope / 2, 0.0)
    return Line(base - price, slope)


def parts(standing: Standing, relevance: float, market: Market) -> Parts:
    """The worth told term by term, for `GET /ads/explain`."""
    days = _days_left(standing, market.today)
    eager = 1 + URGENCY_OF_WORTH / days
    income = expected_income(standing, relevance)
    profit = eager * market.weights.profit * income / market.price
    relevant = eager * market.weights.relevance * relevance / USUAL_RELEVANCE
    fulfilment = eager * market.weights.fulfilment * _smallness(standing, market)
    total = line(standing, market).at(relevance)
    return Parts(
        click_chance=click_chance(standing, relevance),
        expected_income=income,
        profit=profit,
        relevance=relevant,
        fulfilment=fulfilment,
        urgency=URGENCY / days,
        shadow_price=profit + relevant + fulfilment + URGENCY / days - total,
        total=total,
    )


def _smallness(standing: Standing, market: Market) -> float:
    """What one impression adds to the fulfilment of limits, over what it adds for a campaign of average size."""
    return min(MOST_SHARE, market.share / standing.impressions_limit) if standing.impressions_limit else 0.0


def _life(standing: Standing) -> float:
    """Impressions until a limit closes the campaign, be it that of clicks."""
    views, clicks = standing.impressions_limit - standing.impressions, standing.clicks_limit - standing.clicks
    return max(0.0, min(views, clicks / _usual_chance(standing)))


def _scarcity(standing: Standing, market: Market, left: float) -> float:
    """Of the `left` impressions. 0: as many as wanted; 1: whoever gets one takes it from somebody as good."""
    if left <= 0:
        return 1.0
    days = standing.end_date - standing.start_date + 1
    due = (market.today - standing.start_date + market.progress) / days - HEAD_START
    return min(1.0, max(0.0, STRICTNESS * (standing.impressions / (standing.impressions + left) - due)))


def relevances[K](scores: Mapping[K, int], *, everybody: bool = False) -> tuple[Mapping[K, float], float]:
    """A client's scores between 0 and 1, and the relevance of advertisers without one, who count as score 0.

    `everybody`: there are no advertisers without one, so 0 needs no place among the scores.
    """
    known = scores.values() if everybody and scores else (0, *scores.values())
    low, high = min(known), max(known)
    width = (high - low) or 1
    return {key: (score - low) / width for key, score in scores.items()}, min(1.0, max(0.0, -low / width))
