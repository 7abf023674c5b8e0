"""Showing ads to clients and taking their clicks."""

from dataclasses import dataclass

from lyceum.accounts.api import Actor
from lyceum.advertising.domain.ids import CampaignId, ClientId
from lyceum.advertising.ports import AdDesk, Shown
from lyceum.advertising.use_cases.rights import require_operator


@dataclass(frozen=True, slots=True)
class ShowAd:
    """Operators and service keys get the best ad for a client; its impression is counted and charged. ClientNotFound,
    NothingToShow."""

    desk: AdDesk

    async def __call__(self, actor: Actor, client_id: ClientId) -> Shown:
        require_operator(actor, "advertising:show")
        return await self.desk.show(client_id)


@dataclass(frozen=True, slots=True)
class ClickAd:
    """Operators and service keys report a click, which counts once. ClientNotFound, CampaignNotFound, NotShown."""

    desk: AdDesk

    async def __call__(self, actor: Actor, client_id: ClientId, campaign_id: CampaignId) -> None:
        require_operator(actor, "advertising:show")
        await self.desk.click(client_id, campaign_id)
