"""Numbers about ads for Prometheus: by advertiser and campaign, the time that a choice takes, the index.

Every pair of labels is kept for the life of a process, and campaigns come and go without end. So a process names the
first campaigns that it counts for, up to a limit, and counts all others together: sums stay right, and what a scrape
brings stays bounded. The exact numbers of each campaign are those of the ledger.
"""

import time
from dataclasses import dataclass
from uuid import UUID

from prometheus_client import Counter
from sqlalchemy.ext.asyncio import AsyncConnection

from lyceum.advertising.adapters.following import AdFollower
from lyceum.advertising.adapters.index import AdIndex, Entry
from lyceum.advertising.domain.campaigns import Campaign
from lyceum.platform.metrics import Metrics

SECONDS = (0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05)
NAMED = 1_000
"""Campaigns that one process counts by name: each has four series."""
OTHERS = "other"
OUTCOMES = ("shown", "repeated", "nothing", "unknown", "entitled", "failed")
"""`repeated`: one that was seen before, free of charge. `unknown`: there is no such client. `entitled`: to no ads."""


@dataclass(frozen=True, slots=True)
class Cells:
    """The counters of one campaign; finding a labelled counter costs more than counting."""

    impressions: Counter
    clicks: Counter
    spent_on_impressions: Counter
    spent_on_clicks: Counter


class AdMetrics:
    """What this process showed and took, and how its index stands."""

    def __init__(self, metrics: Metrics, index: AdIndex, follower: AdFollower) -> None:
        self._index, self._follower = index, follower
        labels = ("advertiser", "campaign")
        self._requests = metrics.counter(
            "ad_requests", "Requests for an ad by what came of them: " + ", ".join(OUTCOMES) + ".", "outcome"
        )
        self._asked = {outcome: self._requests.labels(outcome) for outcome in OUTCOMES}
        self._impressions = metrics.counter("ad_impressions", "Impressions counted and charged.", *labels)
        self._clicks = metrics.counter("ad_clicks", "Clicks counted and charged.", *labels)
        self._spent = metrics.counter("ad_spent", "What impressions and clicks cost.", *labels, "kind")
        self.chosen = metrics.histogram(
            "ad_choice_seconds", "How long finding the best campaign took, in seconds.", SECONDS
        ).observe
        self._size = metrics.gauge("ad_index_campaigns", "Campaigns in the index.", "state")
        self._age = metrics.gauge("ad_index_age_seconds", "How long ago the index was compared with the database.")
        self._cells: dict[UUID, Cells] = {}
        self._others: Cells | None = None
        metrics.look_at(self.look)

    def asked(self, outcome: str, times: int = 1) -> None:
        """Somebody asked for an ad; one of `OUTCOMES` came of it."""
        self._asked[outcome].inc(times)

    def impression(self, campaign: Campaign) -> None:
        cells = self._cells_of(campaign)
        cells.impressions.inc()
        cells.spent_on_impressions.inc(float(campaign.terms.cost_per_impression))

    def click(self, entry: Entry | None) -> None:
        """`entry` is None for a campaign that is over: its click counts among the others, its price is not known."""
        if entry is None:
            self._other_cells().clicks.inc()
            return
        cells = self._cells_of(entry.campaign)
        cells.clicks.inc()
        cells.spent_on_clicks.inc(float(entry.campaign.terms.cost_per_click))

    def _cells_of(self, campaign: Campaign) -> Cells:
        cells = self._cells.get(campaign.id)
        if cells is None and len(self._cells) < NAMED:
            cells = self._cells[campaign.id] = self._made(str(campaign.advertiser_id), str(campaign.id))
        return cells or self._other_cells()

    def _other_cells(self) -> Cells:
        self._others = self._others or self._made(OTHERS, OTHERS)
        return self._others

    def _made(self, advertiser: str, campaign: str) -> Cells:
        return Cells(
            self._impressions.labels(advertiser, campaign),
            self._clicks.labels(advertiser, campaign),
            self._spent.labels(advertiser, campaign, "impression"),
            self._spent.labels(advertiser, campaign, "click"),
        )

    async def look(self, connection: AsyncConnection) -> None:
        """The state of the index of the process that is asked."""
        self._size.labels("known").set(len(self._index.entries))
        running = self._index.running()
        self._size.labels("active").set(len(running))
        self._size.labels("open").set(sum(entry.is_open for entry in running))
        self._age.set(time.monotonic() - self._follower.caught_up_at if self._follower.caught_up_at else 0.0)
