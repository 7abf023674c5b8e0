"""Made-up advertising markets in the shapes of the public contract, and days of traffic over any such market.

A market is what sponsors' clients send: clients, advertisers, campaigns and scores. `World.of` adds what only nature
knows: who comes when, and how likely each pair is to click. Everything follows from a seed.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

CITIES = ("Москва", "Казань", "Пермь", "Тверь", "Омск")
Rows = list[dict[str, Any]]
Grid = NDArray[np.float64]


class BadData(Exception):
    """The given file is no market: says what is missing."""


@dataclass(frozen=True, slots=True)
class Market:
    """Rows as the contract shows them. Ids may be any strings."""

    clients: Rows
    advertisers: Rows
    campaigns: Rows
    scores: Rows

    @classmethod
    def read(cls, path: Path) -> "Market":
        """A JSON file with the four lists, or a folder with clients.json, advertisers.json and so on."""
        names = ("clients", "advertisers", "campaigns", "scores")
        if path.is_dir():
            found = {p.stem.replace("ml-scores", "scores"): json.loads(p.read_text()) for p in path.glob("*.json")}
        else:
            found = json.loads(path.read_text(encoding="utf-8"))
        if "scores" not in found:
            found["scores"] = found.get("ml_scores", found.get("ml-scores", []))
        missing = [name for name in names if not isinstance(found.get(name), list)]
        if missing:
            raise BadData(f"{path} lacks the lists {', '.join(missing)}.")
        return cls(*(found[name] for name in names))


@dataclass(frozen=True, slots=True)
class Traffic:
    """How clients come and click. `requests` in all; `bursts`: 0 even, 1 very uneven over days and hours."""

    requests: int
    days: int
    bursts: float = 0.0
    slope: float = 1.5
    """How much a pair's relevance says about its click: P is proportional to exp(slope·relevance)."""


@dataclass(slots=True)
class World:
    """A market with its traffic. Rows of the grids are clients, columns campaigns, in the order of the market."""

    market: Market
    days: int
    relevance: Grid
    known: NDArray[np.bool_]
    click: Grid
    fits: NDArray[np.bool_]
    luck: Grid
    requests: list[tuple[int, int]]
    """Day and client of every request, in order."""
    advertiser: list[int] = field(default_factory=list)

    @classmethod
    def of(cls, market: Market, traffic: Traffic, seed: int) -> "World":
        random = np.random.default_rng([seed, 7])
        relevance, known = _relevance(market)
        shape = relevance.shape
        base = np.exp(random.normal(np.log(0.06), 0.6, shape[1]))
        noise = np.exp(random.normal(0, 0.25, shape))
        click = np.clip(base * np.exp(traffic.slope * (relevance - 0.5)) * noise, 0.001, 0.9)
        fits = np.array([[_fits(c, k) for k in market.campaigns] for c in market.clients], dtype=bool)
        places = {row["advertiser_id"]: n for n, row in enumerate(market.advertisers)}
        advertiser = [places[row["advertiser_id"]] for row in market.campaigns]
        requests = _requests(len(market.clients), traffic, random)
        return cls(market, traffic.days, relevance, known, click, fits, random.random(shape), requests, advertiser)


def _relevance(market: Market) -> tuple[Grid, NDArray[np.bool_]]:
    """Scores put to 0..1 for each client; an absent score counts as 0, as the original of the contract has it."""
    rows = {row["client_id"]: n for n, row in enumerate(market.clients)}
    columns = {row["advertiser_id"]: n for n, row in enumerate(market.advertisers)}
    raw = np.zeros((len(rows), len(columns)))
    known = np.zeros(raw.shape, dtype=bool)
    for score in market.scores:
        if score["client_id"] in rows and score["advertiser_id"] in columns:
            place = rows[score["client_id"]], columns[score["advertiser_id"]]
            raw[place], known[place] = score["score"], True
    least, most = raw.min(axis=1, keepdims=True), raw.max(axis=1, keepdims=True)
    scaled = np.divide(raw - least, most - least, out=np.zeros_like(raw), where=most > least)
    of = [columns[row["advertiser_id"]] for row in market.campaigns]
    return scaled[:, of], known[:, of]


def _fits(client: dict[str, Any], campaign: dict[str, Any]) -> bool:
    wanted = campaign.get("targeting") or {}
    return (
        wanted.get("gender") in (None, "ALL", client["gender"])
        and (wanted.get("age_from") is None or client["age"] >= wanted["age_from"])
        and (wanted.get("age_to") is None or client["age"] <= wanted["age_to"])
        and wanted.get("location") in (None, client["location"])
    )


def _requests(clients: int, traffic: Traffic, random: np.random.Generator) -> list[tuple[int, int]]:
    eager = random.lognormal(0, 0.4 + 0.6 * traffic.bursts, clients)
    weight = random.lognormal(0, 0.15 + 1.2 * traffic.bursts, traffic.days)
    per_day = random.multinomial(traffic.requests, weight / weight.sum())
    found: list[tuple[int, int]] = []
    for day, number in enumerate(per_day):
        came = random.choice(clients, number, p=eager / eager.sum())
        if traffic.bursts:
            # Sessions: the same client asks several times in a row.
            order = np.argsort(random.random(clients)[came] + 0.05 * random.random(number))
            came = came[order]
        found += [(day, int(client)) for client in came]
    return found


@dataclass(frozen=True, slots=True)
class Family:
    """A kind of market. `demand`: all impression limits over all requests."""

    clients: int = 120
    advertisers: int = 12
    campaigns: int = 40
    known: float = 1.0
    """Share of the pairs that have a score."""
    targeted: float = 0.3
    demand: float = 1.2
    longest: int = 10
    limit_spread: float = 0.7
    price_spread: float = 0.6
    click_limit: tuple[float, float] = (0.05, 0.3)
    """Clicks limit as a share of the impressions limit, from and to."""
    traffic: Traffic = Traffic(2400, 10)

    def market(self, seed: int) -> Market:
        random = np.random.default_rng([seed, 3])
        clients: Rows = [
            {
                "client_id": f"c{n}",
                "login": f"client{n}",
                "age": int(random.integers(10, 60)),
                "location": CITIES[int(random.integers(len(CITIES)))],
                "gender": "MALE" if random.random() < 0.5 else "FEMALE",
            }
            for n in range(self.clients)
        ]
        advertisers: Rows = [{"advertiser_id": f"a{n}", "name": f"Advertiser {n}"} for n in range(self.advertisers)]
        taste = random.normal(0, 1, (self.clients, 3)) @ random.normal(0, 1, (3, self.advertisers))
        spread = np.exp(random.normal(4, 1, self.clients))
        scores: Rows = [
            {"client_id": f"c{c}", "advertiser_id": f"a{a}", "score": int(400 + spread[c] * taste[c, a])}
            for c in range(self.clients)
            for a in range(self.advertisers)
            if random.random() < self.known
        ]
        return Market(clients, advertisers, self._campaigns(random), scores)

    def _campaigns(self, random: np.random.Generator) -> Rows:
        sizes = random.lognormal(0, self.limit_spread, self.campaigns)
        sizes *= self.demand * self.traffic.requests / sizes.sum()
        prices = np.exp(random.normal(0, self.price_spread, (self.campaigns, 2)))
        rows: Rows = []
        for n in range(self.campaigns):
            limit = max(1, round(sizes[n]))
            length = int(random.integers(1, self.longest + 1))
            start = int(random.integers(0, self.traffic.days - length + 1))
            rows.append(
                {
                    "campaign_id": f"k{n}",
                    "advertiser_id": f"a{int(random.integers(self.advertisers))}",
                    "impressions_limit": limit,
                    "clicks_limit": max(1, round(limit * random.uniform(*self.click_limit))),
                    "cost_per_impression": round(float(prices[n, 0]), 2),
                    "cost_per_click": round(float(prices[n, 1]) * 8, 2),
                    "ad_title": f"Campaign {n}",
                    "ad_text": "Text",
                    "start_date": start,
                    "end_date": start + length - 1,
                    "targeting": _targeting(random) if random.random() < self.targeted else {},
                }
            )
        return rows

    def world(self, seed: int) -> World:
        return World.of(self.market(seed), self.traffic, seed)


def _targeting(random: np.random.Generator) -> dict[str, Any]:
    wanted: dict[str, Any] = {}
    makers: tuple[Callable[[], dict[str, Any]], ...] = (
        lambda: {"gender": str(random.choice(["MALE", "FEMALE", "ALL"]))},
        lambda: {"age_from": int(random.integers(10, 30))},
        lambda: {"age_to": int(random.integers(25, 60))},
        lambda: {"location": CITIES[int(random.integers(len(CITIES)))]},
    )
    for make in makers:
        if random.random() < 0.4:
            wanted |= make()
    return wanted


FAMILIES = {
    "dense": Family(),
    "sparse": Family(known=0.15, targeted=0.8, advertisers=25, campaigns=50),
    "tight": Family(demand=0.5, limit_spread=1.0, price_spread=1.0, click_limit=(0.03, 0.12)),
    "bursty": Family(longest=4, traffic=Traffic(2400, 10, bursts=1.0)),
    "plenty": Family(demand=4.0, targeted=0.1, price_spread=0.3),
    "unhelpful": Family(traffic=Traffic(2400, 10, slope=0.0), price_spread=1.2),
}
