"""How well ads are chosen: days of traffic over made-up markets, or over one that is given, against simpler ways.

    uv run python bench/ad_choice.py [--seeds 101-110] [--family NAME...] [--json]
    uv run python bench/ad_choice.py FILE_OR_FOLDER [--requests N] [--days N] [--slope X] [--bursts X] [--no-bound]

FILE holds the lists clients, advertisers, campaigns and scores in the shapes of the public API; a folder has a file for
each. Who comes when, and how likely a pair is to click, is drawn from the seed, the same for every policy.

Profit (expected, by the true P(click)), relevance and fulfilment are each over the most that anybody could reach when
it is the only aim; their sum with the weights 0.50, 0.25, 0.15 is over the most that anybody could reach of that sum
who knows every arrival and every P(click) in advance: an upper bound by linear programming. Made-up markets 1 to 10
were used to settle the constants of the product; 101 and on were not.
"""

import argparse
import json
import sys
from collections.abc import Iterable
from pathlib import Path

if not __package__:  # run as a file: neighbours are found from the folder above
    sys.path[0] = str(Path(__file__).resolve().parent.parent)

from bench.ad_bound import WEIGHTS, Bound, bound
from bench.ad_markets import FAMILIES, BadData, Market, Traffic, World
from bench.ad_policies import POLICIES, Outcome, play

type Shares = tuple[float, float, float, float]
"""Profit, relevance, fulfilment, and the weighted sum, each over its bound."""


def measured(world: World, most: Bound) -> dict[str, Shares]:
    return {name: shares(play(world, name), most) for name in POLICIES}


def shares(outcome: Outcome, most: Bound) -> Shares:
    pairs = (
        (outcome.profit, most.profit),
        (outcome.relevance, most.relevance),
        (outcome.fulfilment, most.fulfilment),
    )
    parts = [got / top if top > 0 else 1.0 for got, top in pairs]
    return parts[0], parts[1], parts[2], sum(w * part for w, part in zip(WEIGHTS, parts, strict=True)) / most.weighted


def best_seen(world: World) -> Bound:
    """Without a bound: the best of each aim by any of the policies."""
    found = [play(world, name) for name in POLICIES]
    profit, relevance = max(one.profit for one in found), max(one.relevance for one in found)
    return Bound(profit, relevance, max(one.fulfilment for one in found), sum(WEIGHTS))


def print_table(title: str, rows: list[dict[str, Shares]]) -> dict[str, float]:
    print(f"\n{title}\n{'':14}{'profit':>10}{'relevance':>11}{'fulfilment':>12}{'weighted':>10}")
    sums = {}
    for name in POLICIES:
        values = [sum(row[name][n] for row in rows) / len(rows) for n in range(4)]
        sums[name] = values[3]
        print(f"{name:14}{values[0]:10.3f}{values[1]:11.3f}{values[2]:12.3f}{values[3]:10.4f}")
    return sums


def numbers(text: str) -> list[int]:
    first, _, last = text.partition("-")
    return list(range(int(first), int(last or first) + 1))


def run_families(names: Iterable[str], seeds: list[int], *, as_json: bool) -> None:
    everything: list[dict[str, Shares]] = []
    won = True
    for name in names:
        rows = []
        for seed in seeds:
            world = FAMILIES[name].world(seed)
            rows.append(measured(world, bound(world)))
        everything += rows
        sums = print_table(f"{name}, {len(seeds)} markets", rows)
        won &= all(sums["ours"] > value for other, value in sums.items() if other != "ours")
    total = print_table("all", everything)
    print(f"\nours is {'the best in every family' if won else 'NOT the best in every family'}")
    if as_json:
        print(json.dumps({"weighted": total, "best_in_every_family": won}))


def run_given(options: argparse.Namespace) -> None:
    market = Market.read(Path(options.data))
    days = options.days or max((row["end_date"] for row in market.campaigns), default=0) + 1
    requests = options.requests or 20 * len(market.clients)
    world = World.of(market, Traffic(requests, days, options.bursts, options.slope), options.seeds[0])
    pairs = len(market.clients) * len(market.campaigns)
    bounded = not options.no_bound and pairs <= 100_000
    row = measured(world, bound(world) if bounded else best_seen(world))
    sums = print_table(f"{options.data}: {len(market.clients)} clients, {requests} requests, {days} days", [row])
    print("over the upper bound" if bounded else "over the best seen (too many pairs for the upper bound)")
    if options.json:
        print(json.dumps({"weighted": sums}))


def main() -> None:
    parser = argparse.ArgumentParser(description="How well ads are chosen.")
    parser.add_argument("data", nargs="?", help="JSON file or folder with clients, advertisers, campaigns, scores")
    parser.add_argument("--seeds", type=numbers, default=numbers("101-105"))
    parser.add_argument("--family", nargs="+", choices=sorted(FAMILIES), default=list(FAMILIES))
    parser.add_argument("--requests", type=int)
    parser.add_argument("--days", type=int)
    parser.add_argument("--bursts", type=float, default=0.0)
    parser.add_argument("--slope", type=float, default=1.5)
    parser.add_argument("--no-bound", action="store_true")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    try:
        if options.data:
            run_given(options)
        else:
            run_families(options.family, options.seeds, as_json=options.json)
    except (BadData, OSError, KeyError, json.JSONDecodeError) as error:
        print(f"The data cannot be used: {error!r}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
