"""REST of entitlements: of anybody for operators, of oneself for everybody."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, delete, get, put
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import Example
from litestar.params import FromPath, JSONBody

from lyceum.accounts.api import Actor
from lyceum.kernel.ids import UserId
from lyceum.shop.adapters.entitlements import SqlEntitlements
from lyceum.shop.domain import Feature
from lyceum.shop.use_cases.entitlements import GrantEntitlement, NewEntitlement, RevokeEntitlement

EXAMPLE: Mapping[str, object] = {
    "user_id": "0199a1b2-7c00-7000-8000-00000000000a",
    "feature": "no_ads",
    "starts_at": "2026-11-21T12:00:00Z",
    "ends_at": "2027-06-30T21:00:00Z",
    "granted_by": "0199a1b2-7c00-7000-8000-000000000001",
}


class EntitlementView(msgspec.Struct, frozen=True, kw_only=True):
    """`feature` is the user's from `starts_at`, up to `ends_at` exclusively; for good when that is null."""

    user_id: UUID
    feature: Feature
    starts_at: datetime
    ends_at: datetime | None
    granted_by: UUID


OWN_EXAMPLE = {name: EXAMPLE[name] for name in ("feature", "starts_at", "ends_at")}


class OwnEntitlementView(msgspec.Struct, frozen=True, kw_only=True):
    """`feature` is the caller's since `starts_at`, up to `ends_at` exclusively; for good when that is null."""

    feature: Feature
    starts_at: datetime
    ends_at: datetime | None


class OwnEntitlementController(Controller):
    """What the caller may use beyond what is free."""

    path = "/api/shop/me/entitlements"
    tags: Sequence[str] | None = ("shop",)

    @get(
        operation_id="own_entitlements",
        summary="What the caller may use beyond what is free",
        description="What is in force now. Works for people and for API keys with the scope `account:read`.",
        responses={
            200: ResponseSpec(
                list[OwnEntitlementView],
                generate_examples=False,
                examples=[Example(id="in_force", value=[OWN_EXAMPLE])],
            )
        },
    )
    @inject
    async def mine(
        self, actor: FromDishka[Actor], entitlements: FromDishka[SqlEntitlements]
    ) -> list[OwnEntitlementView]:
        found = await entitlements.mine(actor)
        return [msgspec.convert(it, OwnEntitlementView, from_attributes=True) for it in found]


class EntitlementController(Controller):
    """What a user may use beyond what is free."""

    path = "/api/shop/users/{id:uuid}/entitlements"
    tags: Sequence[str] | None = ("shop",)

    @get(
        operation_id="user_entitlements",
        summary="What a user was given and not deprived of",
        description="Those that are over stand there too; `ends_at` says so. For operators.",
        responses={
            200: ResponseSpec(
                list[EntitlementView], generate_examples=False, examples=[Example(id="given", value=[EXAMPLE])]
            )
        },
    )
    @inject
    async def given(
        self, id: FromPath[UUID], actor: FromDishka[Actor], entitlements: FromDishka[SqlEntitlements]
    ) -> list[EntitlementView]:
        found = await entitlements.of(actor, UserId(id))
        return [msgspec.convert(it, EntitlementView, from_attributes=True) for it in found]

    @put(
        "/{feature:str}",
        operation_id="grant_entitlement",
        summary="Give a user a feature until a time",
        description=(
            "`no_ads` takes the ads out of training. It takes the place of what the user had of the feature, so "
            "sending it again changes nothing. For operators."
        ),
        responses={
            200: ResponseSpec(EntitlementView, generate_examples=False, examples=[Example(id="granted", value=EXAMPLE)])
        },
    )
    @inject
    async def grant(
        self,
        id: FromPath[UUID],
        feature: FromPath[Feature],
        data: JSONBody[NewEntitlement],
        actor: FromDishka[Actor],
        grant: FromDishka[GrantEntitlement],
    ) -> EntitlementView:
        given = await grant(actor, UserId(id), feature, data)
        return msgspec.convert(given, EntitlementView, from_attributes=True)

    @delete(
        "/{feature:str}",
        status_code=204,
        operation_id="revoke_entitlement",
        summary="Take a feature from a user",
        description="At once. 404 when the user has none. For operators.",
    )
    @inject
    async def revoke(
        self,
        id: FromPath[UUID],
        feature: FromPath[Feature],
        actor: FromDishka[Actor],
        revoke: FromDishka[RevokeEntitlement],
    ) -> None:
        await revoke(actor, UserId(id), feature)


CONTROLLERS = [EntitlementController, OwnEntitlementController]
