"""The door of advertising for other contexts: an ad for a learner, and the click on it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

__all__ = ["AdView", "Ads", "Studies"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AdView:
    """An ad to be shown, marked as one, with who pays for it. `image_uri` is a path on this site."""

    ad_id: UUID
    ad_title: str
    ad_text: str
    advertiser_id: UUID
    advertiser_name: str
    image_uri: str | None


class Ads(Protocol):
    """Ads for clients; learners are clients under their user ids."""

    async def show(self, client_id: UUID) -> AdView | None:
        """The best ad, counted and charged as shown; None for somebody who is no client, who is entitled to no ads,
        or who has seen all there is."""

    async def again(self, client_id: UUID, ad_id: UUID) -> AdView | None:
        """An ad that was shown to the client before, as it is now; counts nothing. None when it is gone, or when the
        client is to see no ads any more."""

    async def click(self, client_id: UUID, ad_id: UUID) -> bool:
        """Count the click; False when the ad is gone or was never shown to the client."""


class Studies(Protocol):
    """Implemented by training: what learners train."""

    async def of(self, learners: Sequence[UUID]) -> Mapping[UUID, Mapping[str, float]]:
        """How much each of the learners answered in each subject lately, what is long ago counting less; nobody and
        nothing without answers."""
