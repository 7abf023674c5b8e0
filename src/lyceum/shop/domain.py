"""Entitlements: what somebody may use, from when and until when."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from lyceum.kernel.errors import Invalid, NotFound
from lyceum.kernel.ids import UserId


class Feature(StrEnum):
    """What can be had beyond what is free."""

    NO_ADS = "no_ads"


class EntitlementNotFound(NotFound):
    code = "shop.entitlement_not_found"
    text = "This user has no such entitlement in force, so there is nothing to take away."


class BuyerNotFound(NotFound):
    code = "shop.user_not_found"
    text = "There is no registered user {user}. Guests sign up first; then what they are given stays with them."


class AlreadyOver(Invalid):
    code = "shop.already_over"
    text = "The entitlement would be over before it begins. Name a time that is still to come, or none for no end."


@dataclass(frozen=True, slots=True, kw_only=True)
class Entitlement:
    """A feature that a user has from `starts_at`, up to `ends_at` exclusively; for good when that is None."""

    user_id: UserId
    feature: Feature
    starts_at: datetime
    ends_at: datetime | None
    granted_by: UserId

    @classmethod
    def granted(
        cls, user: UserId, feature: Feature, *, until: datetime | None, by: UserId, now: datetime
    ) -> "Entitlement":
        """One that begins at once; raise AlreadyOver."""
        if until is not None and until <= now:
            raise AlreadyOver
        return cls(user_id=user, feature=feature, starts_at=now, ends_at=until, granted_by=by)
