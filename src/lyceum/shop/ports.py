"""What the shop needs from outside."""

from datetime import datetime
from typing import Protocol

from lyceum.kernel.ids import UserId
from lyceum.shop.domain import Entitlement, Feature


class Grants(Protocol):
    """Entitlements in the running transaction. A user has at most one of a feature that was not taken away."""

    async def put(self, entitlement: Entitlement) -> Entitlement:
        """Keep it, in the place of the one that the user has of that feature, and return what is kept: the beginning
        of that one stays, unless it is over."""

    async def revoke(self, user: UserId, feature: Feature, at: datetime) -> bool:
        """Take it away; whether there was one."""
