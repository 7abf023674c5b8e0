"""The arithmetic of forecasts: what it may never say, whatever the traffic."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from lyceum.advertising.domain.campaigns import Terms
from lyceum.advertising.domain.forecast import (
    Bound,
    Forecast,
    Traffic,
    click_rate,
    coming_again,
    forecast,
    matched_per_day,
    reach,
)
from lyceum.advertising.domain.prices import Price

DAY = 10


def terms(**changes: object) -> Terms:
    made: dict[str, object] = {
        "impressions_limit": 1000,
        "clicks_limit": 1000,
        "cost_per_impression": Price(Decimal("0.5")),
        "cost_per_click": Price(Decimal("3")),
        "ad_title": "-",
        "ad_text": "-",
        "start_date": DAY,
        "end_date": DAY + 6,
    }
    return Terms(**made | changes)  # type: ignore[arg-type]


def traffic(**changes: object) -> Traffic:
    """700 impressions in a week, a tenth of them to 40 people of whom 30 came in each half."""
    made: dict[str, object] = {
        "sampled": 700, "matched": 70, "clicks": 7, "people": 40, "early": 30, "late": 30,
        "per_day": 100.0, "rivals": 0,
    }  # fmt: skip
    return Traffic(**made | changes)  # type: ignore[arg-type]


def known(found: Forecast | None) -> Forecast:
    assert found is not None
    return found


@st.composite
def traffics(draw: st.DrawFn) -> Traffic:
    sampled = draw(st.integers(1, 10_000))
    matched = draw(st.integers(0, sampled))
    people = draw(st.integers(min(1, matched), matched))
    early = draw(st.integers(0, people))
    late = draw(st.integers(people - early, people))
    unserved = draw(st.integers(0, 10_000))
    return Traffic(
        sampled=sampled,
        matched=matched,
        clicks=draw(st.integers(0, matched)),
        people=people,
        early=early,
        late=late,
        per_day=draw(st.floats(0.1, 1e7)),
        rivals=draw(st.integers(0, 10_000)),
        unserved=unserved,
        strangers=draw(st.integers(0, unserved)),
    )


prices = st.decimals(0, 10**6, places=3).map(Price)
limits = st.integers(0, 10**9)


@st.composite
def plans(draw: st.DrawFn) -> Terms:
    start = draw(st.integers(0, 40))
    return terms(
        impressions_limit=draw(limits),
        clicks_limit=draw(limits),
        cost_per_impression=draw(prices),
        cost_per_click=draw(prices),
        start_date=start,
        end_date=start + draw(st.integers(0, 400)),
    )


@given(plans(), traffics(), st.integers(0, 10**6), st.integers(0, 10**6))
def test_limits_and_the_budget_are_never_above_what_is_left(
    plan: Terms, seen: Traffic, shown: int, clicked: int
) -> None:
    found = known(forecast(plan, DAY, seen, (shown, clicked)))
    assert 0 <= found.impressions <= max(0, plan.impressions_limit - shown)
    assert 0 <= found.clicks <= min(found.impressions, max(0, plan.clicks_limit - clicked))
    assert found.impressions <= found.reach
    assert found.spend == plan.cost_per_impression * found.impressions + plan.cost_per_click * found.clicks
    assert found.spend <= found.budget
    if found.bound in (Bound.OVER, Bound.NEVER_SHOWN):
        assert (found.impressions, found.clicks, found.spend) == (0, 0, 0)


@given(plans(), traffics(), st.integers(0, 200))
def test_more_days_and_fewer_rivals_never_bring_less(plan: Terms, seen: Traffic, more: int) -> None:
    now = known(forecast(plan, 0, seen))
    longer = terms(
        impressions_limit=plan.impressions_limit,
        clicks_limit=plan.clicks_limit,
        start_date=plan.start_date,
        end_date=plan.end_date + more,
    )
    assert known(forecast(longer, 0, seen)).impressions >= now.impressions
    alone = Traffic(**{name: getattr(seen, name) for name in Traffic.__slots__} | {"rivals": 0})
    assert known(forecast(plan, 0, alone)).impressions >= now.impressions


@given(traffics(), st.integers(0, 500), st.integers(0, 500))
def test_reach_grows_with_the_days_and_knows_the_sample(seen: Traffic, one: int, other: int) -> None:
    fewer, more = sorted((one, other))
    assert 0 <= reach(seen, fewer) <= reach(seen, more) + 1e-9
    assert reach(seen, 0) == 0


@given(traffics())
def test_the_chance_of_a_click_lies_between_nothing_and_certainty(seen: Traffic) -> None:
    assert 0 < click_rate(seen) < 1


def test_without_traffic_there_is_no_forecast() -> None:
    assert forecast(terms(), DAY, traffic(sampled=0, matched=0, clicks=0, people=0, early=0, late=0)) is None


def test_a_week_like_the_last_reaches_the_same_people_once() -> None:
    found = known(forecast(terms(), DAY, traffic()))
    assert (found.days, found.reach, found.impressions, found.bound) == (7, 40, 40, Bound.PEOPLE)
    assert found.clicks == round(40 * (7 + 6.4) / (70 + 80))
    assert found.spend == Decimal("0.5") * 40 + 3 * found.clicks


def test_half_a_week_reaches_the_people_of_half_the_sample() -> None:
    assert reach(traffic(sampled=800), 4) == 30
    assert reach(traffic(sampled=800), 2) == 15


def test_two_weeks_reach_newcomers_at_their_pace() -> None:
    assert reach(traffic(), 14) == 40 + 10 * 2


def test_rivals_share_evenly() -> None:
    assert matched_per_day(traffic()) == 10
    found = known(forecast(terms(), DAY, traffic(rivals=6)))
    assert (found.impressions, found.bound) == (10, Bound.RIVALS)


def test_a_limit_of_clicks_ends_a_campaign_before_its_impressions_do() -> None:
    found = known(forecast(terms(clicks_limit=1), DAY, traffic()))
    assert (found.bound, found.clicks) == (Bound.CLICKS_LIMIT, 1)
    assert found.impressions == int(1 / click_rate(traffic()))


def test_what_cannot_be_shown_is_told_apart() -> None:
    assert known(forecast(terms(clicks_limit=0), DAY, traffic())).bound is Bound.NEVER_SHOWN
    assert known(forecast(terms(), DAY, traffic(), (1000, 3))).bound is Bound.NEVER_SHOWN
    assert known(forecast(terms(end_date=DAY - 1, start_date=0), DAY, traffic())).bound is Bound.OVER
    nobody = known(forecast(terms(), DAY, traffic(matched=0, clicks=0, people=0, early=0, late=0)))
    assert (nobody.impressions, nobody.reach) == (0, 0)


def test_people_for_whom_no_ad_was_left_are_had_without_rivals() -> None:
    crowded = traffic(rivals=9)
    plan = terms(impressions_limit=10_000, clicks_limit=10_000)
    assert (known(forecast(plan, DAY, crowded)).reach, known(forecast(plan, DAY, crowded)).impressions) == (40, 7)
    found = known(forecast(plan, DAY, traffic(rivals=9, unserved=20, strangers=5)))
    assert (found.reach, found.impressions, found.bound) == (45, 27, Bound.RIVALS)
    short = terms(impressions_limit=10_000, clicks_limit=10_000, end_date=DAY)
    assert coming_again(14, 1) == 2
    assert known(forecast(short, DAY, traffic(rivals=9, unserved=14))).impressions == 3
    longer = terms(impressions_limit=10_000, clicks_limit=10_000, end_date=DAY + 69)
    empty = traffic(sampled=0, matched=0, clicks=0, people=0, early=0, late=0, per_day=0.0, unserved=20, strangers=20)
    for plan in (terms(), longer):
        found = known(forecast(plan, DAY, empty))
        assert (found.reach, found.impressions, found.bound) == (20, 20, Bound.PEOPLE)
    nobody = traffic(sampled=0, matched=0, clicks=0, people=0, early=0, late=0, per_day=0.0)
    assert forecast(terms(), DAY, nobody) is None
