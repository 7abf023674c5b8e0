"""Operators give users what is not free, and take it away."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import msgspec

from lyceum.accounts.api import Actor, People, Role
from lyceum.kernel.ids import UserId
from lyceum.kernel.ports import Clock, Transaction
from lyceum.shop.domain import BuyerNotFound, Entitlement, EntitlementNotFound, Feature
from lyceum.shop.ports import Grants


class NewEntitlement(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`ends_at` is when it ends, null for never."""

    ends_at: Annotated[datetime, msgspec.Meta(tz=True)] | None = None


@dataclass(frozen=True, slots=True)
class GrantEntitlement:
    """An operator gives a registered user a feature until a time, over what they had of it. BuyerNotFound,
    AlreadyOver."""

    grants: Grants
    people: People
    clock: Clock
    transaction: Transaction

    async def __call__(self, actor: Actor, user: UserId, feature: Feature, new: NewEntitlement) -> Entitlement:
        actor.require(Role.OPERATOR, scope="shop:write")
        given = Entitlement.granted(user, feature, until=new.ends_at, by=actor.id, now=self.clock.now())
        if user not in await self.people.emails([user]):
            raise BuyerNotFound(user=user)
        async with self.transaction:
            return await self.grants.put(given)

    async def by_email(self, actor: Actor, email: str, feature: Feature, new: NewEntitlement) -> Entitlement:
        actor.require(Role.OPERATOR, scope="shop:write")
        user = await self.people.named(email)
        if user is None:
            raise BuyerNotFound(user=email)
        return await self(actor, user, feature, new)


@dataclass(frozen=True, slots=True)
class RevokeEntitlement:
    """An operator takes a feature from a user. EntitlementNotFound."""

    grants: Grants
    people: People
    clock: Clock
    transaction: Transaction

    async def __call__(self, actor: Actor, user: UserId, feature: Feature) -> None:
        actor.require(Role.OPERATOR, scope="shop:write")
        async with self.transaction:
            if not await self.grants.revoke(user, feature, self.clock.now()):
                raise EntitlementNotFound

    async def by_email(self, actor: Actor, email: str, feature: Feature) -> None:
        actor.require(Role.OPERATOR, scope="shop:write")
        user = await self.people.named(email)
        if user is None:
            raise BuyerNotFound(user=email)
        await self(actor, user, feature)
