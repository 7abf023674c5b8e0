"""Ways to choose an ad: ours, as the product does it, and those it is measured against."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Protocol

from bench.ad_markets import World
from lyceum.advertising.domain.choice import Demand, Line, Market, Standing, Weights, line, market

REFRESH = 25
"""After how many requests the product's view of the whole market is renewed here: about a second's worth."""


@dataclass(slots=True)
class Table:
    """What a policy may see: the campaigns' standings, the relevance of pairs, the day. Nothing of the truth."""

    world: World
    standings: list[Standing]
    relevance: list[list[float]]
    day: int = 0

    @classmethod
    def of(cls, world: World) -> "Table":
        standings = [
            Standing(
                impressions_limit=row["impressions_limit"],
                clicks_limit=row["clicks_limit"],
                cost_per_impression=float(row["cost_per_impression"]),
                cost_per_click=float(row["cost_per_click"]),
                start_date=row["start_date"],
                end_date=row["end_date"],
                impressions=0,
                clicks=0,
            )
            for row in world.market.campaigns
        ]
        return cls(world, standings, world.relevance.tolist())


class Policy(Protocol):
    def choose(self, client: int, candidates: list[int]) -> int: ...
    def shown(self, client: int, campaign: int, clicked: bool) -> None: ...
    def new_day(self) -> None: ...


@dataclass(slots=True)
class Simple:
    """Greedy by a score that needs no memory of its own."""

    table: Table

    def choose(self, client: int, candidates: list[int]) -> int:
        return max(candidates, key=lambda campaign: self.score(client, campaign))

    def score(self, client: int, campaign: int) -> float:
        raise NotImplementedError

    def shown(self, client: int, campaign: int, clicked: bool) -> None:
        return

    def new_day(self) -> None:
        return


class ByPrice(Simple):
    def score(self, client: int, campaign: int) -> float:
        one = self.table.standings[campaign]
        return one.cost_per_impression + one.cost_per_click


class ByRelevance(Simple):
    def score(self, client: int, campaign: int) -> float:
        return self.table.relevance[client][campaign]


class RoundRobin(Simple):
    def score(self, client: int, campaign: int) -> float:
        return -self.table.standings[campaign].impressions


class Formula(Simple):
    """0.9·(cpc/3 + 2·cpi/3) + 0.25·relevance + 0.15·(1 − shown), prices over the greatest among the candidates."""

    def choose(self, client: int, candidates: list[int]) -> int:
        rows = [self.table.standings[campaign] for campaign in candidates]
        views = max(row.cost_per_impression for row in rows) or 1.0
        clicks = max(row.cost_per_click for row in rows) or 1.0

        def score(campaign: int) -> float:
            row = self.table.standings[campaign]
            price = row.cost_per_click / clicks / 3 + 2 * row.cost_per_impression / views / 3
            left = 1 - row.impressions / max(1, row.impressions_limit)
            return 0.9 * price + 0.25 * self.table.relevance[client][campaign] + 0.15 * left

        return max(candidates, key=score)


@dataclass(slots=True)
class Ours:
    """The product's own choice, kept as the product keeps it: counts, and a market renewed now and then."""

    table: Table
    demand: Demand = Demand()
    market: Market | None = None
    lines: dict[int, Line] = field(default_factory=dict)

    def new_day(self) -> None:
        past = self.demand
        self.demand = replace(past, today=0, before=past.before + past.today, days=past.days + 1)
        self.market = None

    def choose(self, client: int, candidates: list[int]) -> int:
        if self.market is None:
            day = self.table.day
            live = (one for one in self.table.standings if one.start_date <= day <= one.end_date)
            self.market = market(live, day, self.demand, Weights())
            self.lines.clear()
        for campaign in candidates:
            if campaign not in self.lines:
                self.lines[campaign] = line(self.table.standings[campaign], self.market)
        relevance = self.table.relevance[client]
        return max(candidates, key=lambda campaign: self.lines[campaign].at(relevance[campaign]))

    def shown(self, client: int, campaign: int, clicked: bool) -> None:
        self.lines.pop(campaign, None)
        self.demand = replace(self.demand, today=self.demand.today + 1, clients=len(self.table.relevance))
        if self.demand.today % REFRESH == 1:
            self.market = None


POLICIES: dict[str, type[Simple] | type[Ours]] = {
    "price": ByPrice,
    "relevance": ByRelevance,
    "round-robin": RoundRobin,
    "formula": Formula,
    "ours": Ours,
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """Expected profit (money), relevance (sum) and fulfilment (mean share of the limits), and how many went empty."""

    profit: float
    relevance: float
    fulfilment: float
    unanswered: int


def play(world: World, name: str) -> Outcome:
    """The days of `world` under one policy, every impression and click counted as the product counts them."""
    table = Table.of(world)
    policy = POLICIES[name](table)
    fits = [[k for k in range(len(table.standings)) if row[k]] for row in world.fits.tolist()]
    seen: list[set[int]] = [set() for _ in fits]
    profit = relevance = 0.0
    unanswered = 0
    for day, client in world.requests:
        while table.day < day:
            table.day += 1
            policy.new_day()
        candidates = list(_open(table, fits[client], seen[client]))
        if not candidates:
            unanswered += 1
            continue
        chosen = policy.choose(client, candidates)
        seen[client].add(chosen)
        click = float(world.click[client, chosen])
        hit = bool(world.luck[client, chosen] < click)
        one = table.standings[chosen]
        profit += one.cost_per_impression + one.cost_per_click * click
        relevance += table.relevance[client][chosen]
        table.standings[chosen] = replace(one, impressions=one.impressions + 1, clicks=one.clicks + hit)
        policy.shown(client, chosen, hit)
    shares = [one.impressions / max(1, one.impressions_limit) for one in table.standings]
    return Outcome(profit, relevance, sum(shares) / max(1, len(shares)), unanswered)


def _open(table: Table, fits: Iterable[int], seen: set[int]) -> Iterable[int]:
    for campaign in fits:
        one = table.standings[campaign]
        if (
            one.start_date <= table.day <= one.end_date
            and one.impressions < one.impressions_limit
            and one.clicks < one.clicks_limit
            and campaign not in seen
        ):
            yield campaign
