"""The door of advertising for other contexts: an ad for a learner, and the click on it."""

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

__all__ = ["AdView", "Ads"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AdView:
    """An ad to be shown. `image_uri` is a path on this site."""

    ad_id: UUID
    ad_title: str
    ad_text: str
    advertiser_id: UUID
    image_uri: str | None


class Ads(Protocol):
    """Ads for clients; learners are clients under their user ids."""

    async def show(self, client_id: UUID) -> AdView | None:
        """The best ad, counted and charged as shown; None for somebody who is no client, or has seen all there is."""

    async def click(self, client_id: UUID, ad_id: UUID) -> bool:
        """Count the click; False when the ad is gone or was never shown to the client."""
