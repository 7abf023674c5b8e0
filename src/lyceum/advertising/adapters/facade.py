"""`api.Ads`: ads for learners, shown by other contexts."""

from dataclasses import dataclass
from uuid import UUID

from lyceum.advertising.adapters.views import image_uri
from lyceum.advertising.api import AdView
from lyceum.advertising.domain.ids import CampaignId, ClientId
from lyceum.advertising.domain.refusals import CampaignNotFound, ClientNotFound, NothingToShow, NotShown
from lyceum.advertising.ports import AdDesk, ImageLinks


@dataclass(frozen=True, slots=True)
class AdsForLearners:
    desk: AdDesk
    images: ImageLinks

    async def show(self, client_id: UUID) -> AdView | None:
        try:
            campaign = (await self.desk.show(ClientId(client_id))).campaign
        except (ClientNotFound, NothingToShow):
            return None
        return AdView(
            ad_id=campaign.id,
            ad_title=campaign.terms.ad_title,
            ad_text=campaign.terms.ad_text,
            advertiser_id=campaign.advertiser_id,
            image_uri=image_uri(campaign, self.images),
        )

    async def click(self, client_id: UUID, ad_id: UUID) -> bool:
        try:
            await self.desk.click(ClientId(client_id), CampaignId(ad_id))
        except (ClientNotFound, CampaignNotFound, NotShown):
            return False
        return True
