"""The door of the shop for other contexts: who is entitled to what."""

from typing import Protocol

from lyceum.kernel.ids import UserId
from lyceum.shop.domain import Feature

__all__ = ["Entitlements", "Feature"]


class Entitlements(Protocol):
    """Asked at the moment of use, and answered by the database, never from a cache."""

    async def has(self, user_id: UserId, feature: Feature) -> bool:
        """Whether the user may use the feature now."""
