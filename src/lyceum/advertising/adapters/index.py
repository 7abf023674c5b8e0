"""The campaigns that run today, in memory, ordered so that the best one for a client is found after a short look.

A campaign's score is a straight line over relevance (`domain.choice`), so campaigns can be put in order before anybody
asks. They stand in cells by gender, band of ages and location; a client looks into two, those of their place and those
of any place. A cell orders its campaigns by the most that they could score up to the client's greatest relevance: once
the next campaign's bound is not above the best score so far, the look is over.
"""

import math
import time
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from uuid import UUID

from lyceum.advertising.domain.campaigns import Campaign
from lyceum.advertising.domain.choice import Demand, Market, Parts, Standing, Weights, line, market, parts
from lyceum.advertising.domain.clients import OLDEST, Gender, place_of

BANDS = (0, 13, 18, 25, 35, 50, 65)
"""The ages at which bands begin."""
LEVELS = (0.0, 0.25, 0.5, 0.75, 1.0)
TAKEN_PER_SECOND = 2_000
"""The market, and with it the line of every campaign, is taken anew as often as this many lines could be: 20 times a
second for 100 campaigns, every five seconds for 10,000."""


@dataclass(frozen=True, slots=True)
class Seeker:
    """A client as the index needs them: relevance by the index's numbers of advertisers, `unscored` for others."""

    gender: Gender
    age: int
    place: str
    relevances: Mapping[int, float]
    unscored: float
    level: float = 1.0
    """The level (see LEVELS) that none of the relevances is above."""


@dataclass(slots=True, eq=False)
class Entry:
    """A campaign, what it has had so far, and its line. Both numbers are quicker to look up than UUIDs."""

    campaign: Campaign
    number: int
    advertiser: int
    most_impressions: int
    impressions: int = 0
    clicks: int = 0
    base: float = 0.0
    slope: float = 0.0
    rise: float = 0.0
    """The slope as far as it is not negative: what greater relevance can add."""
    known: Standing | None = None
    place: str | None = None
    youngest: int = 0
    oldest: int = OLDEST
    id: UUID = field(init=False)
    is_open: bool = True
    """Whether the campaign may be shown to somebody new."""

    def __post_init__(self) -> None:
        self.id = self.campaign.id

    def take(self, impressions: int, clicks: int) -> None:
        """What the campaign has had."""
        self.impressions, self.clicks, self.known = impressions, clicks, None
        self.is_open = impressions < self.most_impressions and clicks < self.campaign.terms.clicks_limit

    def assess(self, market: Market) -> None:
        made = line(self.standing(), market)
        self.base, self.slope, self.rise = made.base, made.slope, max(0.0, made.slope)

    def standing(self) -> Standing:
        if self.known is None:
            self.known = self._standing()
        return self.known

    def _standing(self) -> Standing:
        terms = self.campaign.terms
        return Standing(
            cost_per_impression=float(terms.cost_per_impression),
            cost_per_click=float(terms.cost_per_click),
            impressions=self.impressions,
            clicks=self.clicks,
            impressions_limit=terms.impressions_limit,
            clicks_limit=terms.clicks_limit,
            start_date=terms.start_date,
            end_date=terms.end_date,
        )


@dataclass(slots=True)
class Cell:
    """Campaigns for one gender, band of ages and place, in the order of their creation."""

    members: list[Entry] = field(default_factory=list)
    ordered: dict[float, list[Entry]] = field(default_factory=dict)
    stale: set[float] = field(default_factory=set)

    def by_worth(self, level: float) -> list[Entry]:
        """The campaigns by the most that they could score up to that relevance, the greatest first."""
        known = self.ordered.get(level)
        if known is None:
            known = self.ordered[level] = list(self.members)
            self.stale.add(level)
        if level in self.stale:
            known.sort(key=lambda it: it.base + it.rise * level, reverse=True)
            self.stale.discard(level)
        return known


@dataclass(slots=True)
class AdIndex:
    """All campaigns that are not deleted and not over; those of `today` ordered for the choice.

    What changes marks the index as old, and it is brought up to date by the next choice. What impressions and clicks
    alone change waits a while, the longer the more campaigns run, so that ordering takes a small share of the time.
    """

    weights: Weights
    overshoot: int = 0
    clock: Callable[[], float] = time.monotonic
    entries: dict[UUID, Entry] = field(default_factory=dict)
    advertisers: dict[UUID, int] = field(default_factory=dict)
    today: int = 0
    demand: Demand = Demand()
    market: Market = field(init=False)
    active: list[Entry] = field(default_factory=list)
    cells: dict[tuple[Gender, int, str | None], Cell] = field(default_factory=dict)
    _is_old: bool = True
    _moved: bool = False
    _taken_at: float = -math.inf

    def __post_init__(self) -> None:
        self.market = market([], 0, self.demand, self.weights)

    def put(self, campaign: Campaign, number: int) -> None:
        """Take up a campaign, or its change."""
        terms = campaign.terms
        most = terms.impressions_limit + terms.impressions_limit * self.overshoot // 100
        old = self.entries.get(campaign.id)
        entry = Entry(campaign, number, self.number_of(campaign.advertiser_id), most)
        entry.take(*(0, 0) if old is None else (old.impressions, old.clicks))
        targeting = terms.targeting
        entry.place = None if targeting.location is None else place_of(targeting.location)
        entry.youngest = 0 if targeting.age_from is None else targeting.age_from
        entry.oldest = OLDEST if targeting.age_to is None else targeting.age_to
        self.entries[campaign.id] = entry
        self._is_old = True

    def drop(self, id: UUID) -> None:
        if self.entries.pop(id, None) is not None:
            self._is_old = True

    def clear(self) -> None:
        self.entries.clear()
        self._is_old = True

    def turn_to(self, day: int) -> None:
        """Make it that day. What is over on it is forgotten, so a day before takes reading everything anew."""
        if day != self.today:
            self.today = day
            for id in [id for id, entry in self.entries.items() if entry.campaign.terms.end_date < day]:
                del self.entries[id]
            self._is_old = True

    def expect(self, demand: Demand) -> None:
        """How many ads were asked for, as the database says."""
        self.demand = demand

    def count_shown(self, number: int) -> None:
        """So many more ads were shown today."""
        self.demand = replace(self.demand, today=self.demand.today + number)

    def count(self, id: UUID, impressions: int, clicks: int) -> None:
        """What the campaign has had, as the database says."""
        entry = self.entries.get(id)
        if entry is None or (entry.impressions == impressions and entry.clicks == clicks):
            return
        was_open = entry.is_open
        entry.take(impressions, clicks)
        if entry.is_open and not was_open:
            self._is_old = True
        self._moved = True

    def number_of(self, advertiser: UUID) -> int:
        """What the advertiser is called in `Seeker.relevances`."""
        return self.advertisers.setdefault(advertiser, len(self.advertisers))

    def numbers_of(self, campaigns: Iterable[UUID]) -> set[int]:
        """The numbers of campaigns, as far as they are here."""
        entries = self.entries
        return {entry.number for id in campaigns if (entry := entries.get(id)) is not None}

    def running(self) -> Sequence[Entry]:
        """The campaigns of today, the oldest first, whether anybody has asked for an ad yet or not."""
        self.bring_up_to_date()
        return self.active

    def find(self, seeker: Seeker, seen: Set[int]) -> Entry | None:
        """The best campaign for the client of those not in `seen`, by number; of equally good ones the oldest."""
        self.bring_up_to_date()
        best, best_score, best_number = None, -math.inf, 0
        relevance, unscored = seeker.relevances.get, seeker.unscored
        age, level = seeker.age, seeker.level
        for cell in self._cells_of(seeker):
            for entry in cell.by_worth(level):
                base = entry.base
                if base + entry.rise * level < best_score:
                    break
                if not entry.is_open or not entry.youngest <= age <= entry.oldest or entry.number in seen:
                    continue
                score = base + entry.slope * relevance(entry.advertiser, unscored)
                if score > best_score or (score == best_score and entry.number < best_number):
                    best, best_score, best_number = entry, score, entry.number
        return best

    def again(self, seeker: Seeker, seen: Set[int]) -> Entry | None:
        """The best campaign of those in `seen`, whatever it has had, unless it has had all its clicks."""
        fitting = [
            (score.total, -entry.number, entry)
            for entry, score in self.explain(seeker)
            if entry.number in seen and entry.clicks < entry.campaign.terms.clicks_limit
        ]
        return max(fitting)[2] if fitting else None

    def explain(self, seeker: Seeker) -> Iterable[tuple[Entry, Parts]]:
        """Every campaign of today whose targeting the client meets, with the terms of its score."""
        self.bring_up_to_date(at_once=True)
        for cell in self._cells_of(seeker):
            for entry in cell.members:
                if entry.youngest <= seeker.age <= entry.oldest:
                    relevance = seeker.relevances.get(entry.advertiser, seeker.unscored)
                    yield entry, parts(entry.standing(), relevance, self.market)

    def _cells_of(self, seeker: Seeker) -> Iterable[Cell]:
        band = bisect_right(BANDS, seeker.age)
        for place in (None, seeker.place):
            if (cell := self.cells.get((seeker.gender, band, place))) is not None:
                yield cell

    def bring_up_to_date(self, *, at_once: bool = False) -> None:
        """Order the campaigns anew if they changed; `at_once`, also if only their counts did."""
        if self._is_old:
            self._arrange()
        elif at_once or (self._moved and self.clock() >= self._taken_at + len(self.active) / TAKEN_PER_SECOND):
            self._take_market()

    def _arrange(self) -> None:
        """The cells of today."""
        self.active = [entry for entry in self.entries.values() if entry.campaign.is_active(self.today)]
        self.active.sort(key=lambda entry: entry.number)
        self.cells = {}
        for entry in self.active:
            targeting = entry.campaign.terms.targeting
            bands = range(bisect_right(BANDS, entry.youngest), bisect_right(BANDS, entry.oldest) + 1)
            for gender in Gender:
                if targeting.admits_gender(gender):
                    for band in bands:
                        self.cells.setdefault((gender, band, entry.place), Cell()).members.append(entry)
        self._is_old = False
        self._take_market()

    def _take_market(self) -> None:
        standings = (entry.standing() for entry in self.active)
        self.market = market(standings, self.today, self.demand, self.weights)
        for entry in self.active:
            entry.assess(self.market)
        for cell in self.cells.values():
            cell.stale.update(cell.ordered)
        self._moved = False
        self._taken_at = self.clock()


def level_of(greatest: float, unscored: float) -> float:
    """The level that no relevance of the client is above."""
    return next(level for level in LEVELS if level >= min(1.0, max(greatest, unscored)))
