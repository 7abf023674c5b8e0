"""What nobody can do better than: the weighted sum of somebody who knows every arrival and every pair's P(click).

A linear program over (client, campaign, day): a client sees a campaign at most once, at most as many ads a day as it
asks for, limits of impressions and expected clicks hold. Solved by HiGHS; dropping whole numbers only raises it.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import coo_matrix, vstack

from bench.ad_markets import Grid, World

WEIGHTS = (0.50, 0.25, 0.15)


@dataclass(frozen=True, slots=True)
class Bound:
    """The most of each aim when it is the only one, and the most of their weighted sum when each is over its most."""

    profit: float
    relevance: float
    fulfilment: float
    weighted: float


@dataclass(slots=True)
class Program:
    """The variables of the program: one for every (client, campaign, day) that can happen."""

    client: NDArray[np.int64]
    campaign: NDArray[np.int64]
    day: NDArray[np.int64]
    matrix: coo_matrix
    right: Grid

    def most(self, value: Grid) -> float:
        answer = linprog(-value, A_ub=self.matrix, b_ub=self.right, bounds=(0, 1), method="highs")
        if answer.status != 0:
            raise RuntimeError(f"HiGHS: {answer.message}")
        return float(-answer.fun)


def worths(world: World) -> tuple[Grid, Grid, Grid]:
    """Expected profit, relevance and fulfilment of showing each campaign to each client once."""
    rows = world.market.campaigns
    per_view = np.array([float(row["cost_per_impression"]) for row in rows])
    per_click = np.array([float(row["cost_per_click"]) for row in rows])
    limits = np.array([max(1, row["impressions_limit"]) for row in rows], dtype=float)
    profit = per_view + per_click * world.click
    fulfilment = np.broadcast_to(1 / limits / len(rows), profit.shape)
    return profit, world.relevance, fulfilment


def program(world: World) -> Program:
    rows = world.market.campaigns
    asked = np.zeros((len(world.market.clients), world.days))
    for day, client in world.requests:
        asked[client, day] += 1
    live = np.array([[row["start_date"] <= d <= row["end_date"] for d in range(world.days)] for row in rows])
    client, campaign, day = np.nonzero(world.fits[:, :, None] & live[None] & (asked > 0)[:, None, :])
    n = len(client)
    one, place = np.ones(n), np.arange(n)
    visits, pairs = client * world.days + day, client * len(rows) + campaign
    parts = [
        coo_matrix((one, (visits, place)), shape=(asked.size, n)),
        coo_matrix((one, (pairs, place)), shape=(asked.shape[0] * len(rows), n)),
        coo_matrix((one, (campaign, place)), shape=(len(rows), n)),
        coo_matrix((world.click[client, campaign], (campaign, place)), shape=(len(rows), n)),
    ]
    right = np.concatenate(
        [
            asked.ravel(),
            np.ones(asked.shape[0] * len(rows)),
            [row["impressions_limit"] for row in rows],
            [row["clicks_limit"] for row in rows],
        ]
    )
    matrix = vstack(parts).tocsr()
    used = np.diff(matrix.indptr) > 0
    return Program(client, campaign, day, matrix[used], right[used])


def bound(world: World) -> Bound:
    task = program(world)
    values = [worth[task.client, task.campaign] for worth in worths(world)]
    most = [task.most(value) for value in values]
    total = sum(
        (weight / top * value for weight, top, value in zip(WEIGHTS, most, values, strict=True) if top > 0),
        start=np.zeros(len(task.client)),
    )
    return Bound(*most, task.most(total))
