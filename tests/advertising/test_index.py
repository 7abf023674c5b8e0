"""The index finds what a look at every campaign would find."""

import random
from decimal import Decimal
from uuid import UUID, uuid4

from lyceum.advertising.adapters.index import AdIndex, Seeker, level_of
from lyceum.advertising.domain.campaigns import Audience, Campaign, Targeting, Terms
from lyceum.advertising.domain.choice import Demand, Weights, relevances
from lyceum.advertising.domain.clients import Gender
from lyceum.advertising.domain.ids import AdvertiserId, CampaignId
from lyceum.advertising.domain.prices import Price

PLACES = ("Казань", "Дубна", "Псков")


def a_campaign(source: random.Random, advertiser: UUID) -> Campaign:
    youngest = source.choice([None, source.randint(0, 60)])
    targeting = Targeting(
        gender=source.choice([None, *Audience]),
        age_from=youngest,
        age_to=None if source.random() < 0.5 else (youngest or 0) + source.randint(0, 30),
        location=source.choice([None, None, *PLACES]),
    )
    terms = Terms(
        impressions_limit=source.randint(0, 50),
        clicks_limit=source.randint(0, 10),
        cost_per_impression=Price(Decimal(source.randint(0, 5))),
        cost_per_click=Price(Decimal(source.randint(0, 50))),
        ad_title="x",
        ad_text="x",
        start_date=source.randint(0, 4),
        end_date=source.randint(4, 9),
        targeting=targeting,
    )
    return Campaign(id=CampaignId(uuid4()), advertiser_id=AdvertiserId(advertiser), terms=terms)


def a_seeker(source: random.Random, advertisers: list[int]) -> Seeker:
    low = source.choice([-100, 0])
    scores = {one: source.randint(low, 100) for one in source.sample(advertisers, source.randint(0, len(advertisers)))}
    known, unscored = relevances(scores)
    return Seeker(
        source.choice(list(Gender)),
        source.randint(0, 100),
        source.choice(PLACES),
        known,
        unscored,
        level_of(max(known.values(), default=0.0), unscored),
    )


def best_of_all(index: AdIndex, seeker: Seeker, seen: set[UUID]) -> UUID | None:
    """What a look at every campaign finds."""
    fitting = []
    for entry in index.entries.values():
        terms, has = entry.campaign.terms, entry.campaign.terms.targeting
        admits = (
            entry.campaign.is_active(index.today)
            and entry.campaign.id not in seen
            and has.admits_gender(seeker.gender)
            and (has.age_from is None or has.age_from <= seeker.age)
            and (has.age_to is None or seeker.age <= has.age_to)
            and (has.location is None or has.location == seeker.place)
            and entry.impressions < terms.impressions_limit
            and entry.clicks < terms.clicks_limit
        )
        if admits:
            relevance = seeker.relevances.get(index.number_of(entry.campaign.advertiser_id), seeker.unscored)
            fitting.append((entry.base + entry.slope * relevance, -entry.number, entry.campaign.id))
    return max(fitting)[2] if fitting else None


def test_the_first_found_is_the_best_of_all() -> None:
    source = random.Random(3)
    for _ in range(12):
        advertisers = [uuid4() for _ in range(8)]
        index = AdIndex(Weights(), clock=lambda: 0.0)
        for number in range(120):
            campaign = a_campaign(source, source.choice(advertisers))
            index.put(campaign, number)
            index.count(campaign.id, source.randint(0, 50), source.randint(0, 10))
        index.turn_to(4)
        index.expect(Demand(before=10_000, days=1))
        index.bring_up_to_date()
        slopes = [entry.slope for entry in index.active]
        assert min(slopes) < 0 < max(slopes)
        found = 0
        for _ in range(40):
            numbers = [index.number_of(advertiser) for advertiser in advertisers]
            seeker, seen = a_seeker(source, numbers), set(source.sample(list(index.entries), 20))
            entry = index.find(seeker, index.numbers_of(seen))
            assert (entry.campaign.id if entry else None) == best_of_all(index, seeker, seen)
            found += entry is not None
        assert found > 20


def test_a_campaign_that_is_full_dropped_or_over_is_not_found() -> None:
    source = random.Random(5)
    terms = a_campaign(source, uuid4())
    campaign = Campaign(
        id=terms.id,
        advertiser_id=terms.advertiser_id,
        terms=Terms(
            impressions_limit=100, clicks_limit=2, cost_per_impression=Price(Decimal(1)),
            cost_per_click=Price(Decimal(1)), ad_title="x", ad_text="x", start_date=1, end_date=2,
        ),
    )  # fmt: skip
    seeker = Seeker(Gender.MALE, 30, "Псков", {}, 0.0, 0.0)
    index = AdIndex(Weights(), overshoot=5, clock=lambda: 0.0)
    index.put(campaign, 1)
    for day, impressions, clicks, is_found in (
        (0, 0, 0, False), (1, 0, 0, True), (2, 104, 1, True), (2, 105, 1, False), (2, 5, 2, False), (2, 5, 1, True),
        (3, 5, 1, False),
    ):  # fmt: skip
        index.turn_to(day)
        index.count(campaign.id, impressions, clicks)
        assert (index.find(seeker, set()) is not None) is is_found, (day, impressions, clicks)
    assert index.entries == {}, "what is over is not remembered"
    index.turn_to(2)
    index.put(campaign, 1)
    assert index.find(seeker, set()) is not None
    index.drop(campaign.id)
    assert index.find(seeker, set()) is None
