"""Making, changing and ending campaigns."""

from dataclasses import dataclass, replace

from lyceum.accounts.api import Actor
from lyceum.advertising.domain.campaigns import Campaign, Terms
from lyceum.advertising.domain.forms import change_terms, read_terms
from lyceum.advertising.domain.ids import AdvertiserId, CampaignId
from lyceum.advertising.ports import Campaigns, Day, Following, ImageProcessor, ImageStore, Moderation
from lyceum.advertising.use_cases.moderating import require_clean_texts
from lyceum.advertising.use_cases.rights import owner_of
from lyceum.kernel.ids import uuid7
from lyceum.kernel.ports import Transaction
from lyceum.platform.http_errors import PreconditionFailed


@dataclass(frozen=True, slots=True)
class CreateCampaign:
    """A sponsor makes a campaign of an advertiser of theirs, an operator of any. ValidationFailed, AdvertiserNotFound,
    ForbiddenWords."""

    campaigns: Campaigns
    day: Day
    moderation: Moderation
    following: Following
    transaction: Transaction

    async def __call__(self, actor: Actor, advertiser_id: AdvertiserId, values: object) -> Campaign:
        owner = owner_of(actor, "advertising:write")
        async with self.transaction:
            terms = read_terms(values, await self.day.today())
            await self.campaigns.require_advertiser(advertiser_id, owner)
            await require_clean(self.moderation, terms)
            campaign = await self.campaigns.add(advertiser_id, CampaignId(uuid7()), terms)
        await self.following.catch_up()
        return campaign


@dataclass(frozen=True, slots=True)
class ChangeCampaign:
    """Changes the fields that were sent; `expected` is the version that the caller has seen, if they say so.
    CampaignNotFound, PreconditionFailed, ValidationFailed, FrozenField, ForbiddenWords."""

    campaigns: Campaigns
    day: Day
    moderation: Moderation
    following: Following
    transaction: Transaction

    async def __call__(
        self,
        actor: Actor,
        advertiser_id: AdvertiserId,
        id: CampaignId,
        values: object,
        expected: int | None = None,
    ) -> Campaign:
        owner = owner_of(actor, "advertising:write")
        async with self.transaction:
            await self.campaigns.require_advertiser(advertiser_id, owner)
            campaign = await self.campaigns.get_for_update(advertiser_id, id)
            if expected is not None and expected != campaign.version:
                raise PreconditionFailed(version=campaign.version)
            terms = change_terms(campaign, values, await self.day.today())
            if (terms.ad_title, terms.ad_text) != (campaign.terms.ad_title, campaign.terms.ad_text):
                await require_clean(self.moderation, terms)
            campaign = await self.campaigns.save(replace(campaign, terms=terms))
        await self.following.catch_up()
        return campaign


@dataclass(frozen=True, slots=True)
class DeleteCampaign:
    """Hides a campaign; what it has cost stays in the advertiser's numbers. CampaignNotFound."""

    campaigns: Campaigns
    following: Following
    transaction: Transaction

    async def __call__(self, actor: Actor, advertiser_id: AdvertiserId, id: CampaignId) -> None:
        owner = owner_of(actor, "advertising:write")
        async with self.transaction:
            await self.campaigns.require_advertiser(advertiser_id, owner)
            await self.campaigns.delete(await self.campaigns.get_for_update(advertiser_id, id))
        await self.following.catch_up()


@dataclass(frozen=True, slots=True)
class ChangeImage:
    """Gives a campaign's ad an image, or takes it away. CampaignNotFound, NotAnImage."""

    campaigns: Campaigns
    processor: ImageProcessor
    images: ImageStore
    following: Following
    transaction: Transaction

    async def __call__(
        self, actor: Actor, advertiser_id: AdvertiserId, id: CampaignId, content: bytes | None
    ) -> Campaign:
        owner = owner_of(actor, "advertising:write")
        key = None if content is None else await self.images.put(await self.processor.checked(content))
        async with self.transaction:
            await self.campaigns.require_advertiser(advertiser_id, owner)
            campaign = await self.campaigns.get_for_update(advertiser_id, id)
            if key is not None:
                await self.images.keep(key)
            if campaign.image_key is not None:
                await self.images.drop(campaign.image_key)
            campaign = await self.campaigns.save(replace(campaign, image_key=key))
        await self.following.catch_up()
        return campaign


async def require_clean(moderation: Moderation, terms: Terms) -> None:
    """Raise ForbiddenWords for an ad that holds some."""
    await require_clean_texts(moderation, {"ad_title": terms.ad_title, "ad_text": terms.ad_text})
