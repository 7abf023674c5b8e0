"""`api.Ads`: ads for learners, shown by other contexts."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import bindparam, select

from lyceum.advertising.adapters.rows import campaign_of
from lyceum.advertising.adapters.tables import advertisers, campaigns, clients, views
from lyceum.advertising.adapters.telling import AdMetrics
from lyceum.advertising.adapters.views import image_uri
from lyceum.advertising.api import AdView
from lyceum.advertising.domain.campaigns import Campaign
from lyceum.advertising.domain.ids import CampaignId, ClientId
from lyceum.advertising.domain.refusals import CampaignNotFound, ClientNotFound, NothingToShow, NotShown
from lyceum.advertising.ports import AdDesk, ImageLinks
from lyceum.kernel.ids import UserId
from lyceum.platform.database import Database
from lyceum.platform.prepared import Prepared
from lyceum.shop.api import Entitlements, Feature

_NAME = Prepared(select(advertisers.c.name).where(advertisers.c.id == bindparam("id")))
_SHOWN = (
    select(campaigns, advertisers.c.name)
    .join(advertisers, advertisers.c.id == campaigns.c.advertiser_id)
    .join(views, views.c.campaign_id == campaigns.c.id)
    .join(clients, clients.c.id == views.c.client_id)
    .where(
        views.c.client_id == bindparam("client"),
        views.c.campaign_id == bindparam("campaign"),
        campaigns.c.deleted_at.is_(None),
    )
)


@dataclass(frozen=True, slots=True)
class AdsForLearners:
    database: Database
    desk: AdDesk
    images: ImageLinks
    entitlements: Entitlements
    metrics: AdMetrics

    async def show(self, client_id: UUID) -> AdView | None:
        if await self.entitlements.has(UserId(client_id), Feature.NO_ADS):
            self.metrics.asked("entitled")
            return None
        try:
            campaign = (await self.desk.show(ClientId(client_id))).campaign
        except (ClientNotFound, NothingToShow):
            return None
        names = await _NAME.read(self.database, {"id": campaign.advertiser_id})
        return self._view(campaign, names[0].name if names else "")

    async def again(self, client_id: UUID, ad_id: UUID) -> AdView | None:
        if await self.entitlements.has(UserId(client_id), Feature.NO_ADS):
            return None
        async with self.database.read() as connection:
            found = await connection.execute(_SHOWN, {"client": client_id, "campaign": ad_id})
            row = found.one_or_none()
        return None if row is None else self._view(campaign_of(row), row.name)

    async def click(self, client_id: UUID, ad_id: UUID) -> bool:
        try:
            await self.desk.click(ClientId(client_id), CampaignId(ad_id))
        except (ClientNotFound, CampaignNotFound, NotShown):
            return False
        return True

    def _view(self, campaign: Campaign, advertiser: str) -> AdView:
        return AdView(
            ad_id=campaign.id,
            ad_title=campaign.terms.ad_title,
            ad_text=campaign.terms.ad_text,
            advertiser_id=campaign.advertiser_id,
            advertiser_name=advertiser,
            image_uri=image_uri(campaign, self.images),
        )
