"""How a person becomes a sponsor."""

from dataclasses import dataclass

import structlog

from lyceum.accounts.api import Actor, Sponsors
from lyceum.advertising.domain.clients import Advertiser
from lyceum.advertising.domain.fields import Fields
from lyceum.advertising.domain.ids import AdvertiserId
from lyceum.advertising.domain.refusals import AlreadySponsor, SponsorsClosed, SponsorshipEnded
from lyceum.advertising.ports import Clients, Moderation
from lyceum.advertising.use_cases.moderating import require_clean_texts
from lyceum.kernel.ids import uuid7
from lyceum.kernel.ports import Transaction
from lyceum.platform.settings import Settings

LONGEST_NAME = 200
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class BecomeSponsor:
    """A registered person becomes a sponsor with an advertiser of their own: both or neither.

    Who has the role and no advertiser gets the advertiser. Refused: faults of the name (ValidationFailed,
    ForbiddenWords), a sponsor who has an advertiser (AlreadySponsor), one from whom an operator took the role
    (SponsorshipEnded), settings that leave it to operators (SponsorsClosed), guests, API keys.
    """

    sponsors: Sponsors
    clients: Clients
    moderation: Moderation
    settings: Settings
    transaction: Transaction

    async def __call__(self, actor: Actor, values: object) -> Advertiser:
        actor.require()
        if not self.settings.advertising_self_sign_up:
            raise SponsorsClosed
        fields = Fields(values)
        name = fields.text("name", LONGEST_NAME).strip()
        fields.check()
        advertiser = Advertiser(AdvertiserId(uuid7()), name)
        async with self.transaction:
            is_new = await self.sponsors.admit(actor)
            if await self.clients.has_advertiser(actor.id):
                raise SponsorshipEnded if is_new else AlreadySponsor
            await require_clean_texts(self.moderation, {"name": name})
            await self.clients.put_advertisers([advertiser], actor.id)
        log.info("advertising.sponsor_admitted", user_id=str(actor.id), advertiser_id=str(advertiser.id))
        return advertiser
