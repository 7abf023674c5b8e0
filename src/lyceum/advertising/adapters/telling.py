"""Numbers about ads for Prometheus: by advertiser and campaign, the time that a choice takes, the index."""

import time
from uuid import UUID

from prometheus_client import Counter
from sqlalchemy.ext.asyncio import AsyncConnection

from lyceum.advertising.adapters.following import AdFollower
from lyceum.advertising.adapters.index import AdIndex, Entry
from lyceum.advertising.domain.campaigns import Campaign
from lyceum.platform.metrics import Metrics

SECONDS = (0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05)


class AdMetrics:
    """What this process showed and took, and how its index stands."""

    def __init__(self, metrics: Metrics, index: AdIndex, follower: AdFollower) -> None:
        self._index, self._follower = index, follower
        labels = ("advertiser", "campaign")
        self._impressions = metrics.counter("ad_impressions", "Impressions counted and charged.", *labels)
        self._clicks = metrics.counter("ad_clicks", "Clicks counted and charged.", *labels)
        self.chosen = metrics.histogram(
            "ad_choice_seconds", "How long finding the best campaign took, in seconds.", SECONDS
        ).observe
        self._size = metrics.gauge("ad_index_campaigns", "Campaigns in the index.", "state")
        self._age = metrics.gauge("ad_index_age_seconds", "How long ago the index was compared with the database.")
        self._cells: dict[tuple[UUID, bool], Counter] = {}
        metrics.look_at(self.look)

    def impression(self, campaign: Campaign) -> None:
        self._cell(self._impressions, campaign, is_click=False).inc()

    def click(self, entry: Entry | None) -> None:
        if entry is not None:
            self._cell(self._clicks, entry.campaign, is_click=True).inc()

    def _cell(self, counter: Counter, campaign: Campaign, *, is_click: bool) -> Counter:
        """Finding a labelled counter costs more than counting."""
        key = (campaign.id, is_click)
        cell = self._cells.get(key)
        if cell is None:
            cell = self._cells[key] = counter.labels(str(campaign.advertiser_id), str(campaign.id))
        return cell

    async def look(self, connection: AsyncConnection) -> None:
        """The state of the index of the process that is asked."""
        self._size.labels("known").set(len(self._index.entries))
        self._size.labels("active").set(len(self._index.active))
        self._size.labels("open").set(sum(entry.is_open for entry in self._index.active))
        self._age.set(time.monotonic() - self._follower.caught_up_at if self._follower.caught_up_at else 0.0)
