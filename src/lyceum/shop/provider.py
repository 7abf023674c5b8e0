"""Bindings of the shop."""

from dishka import AnyOf, Provider, Scope, provide, provide_all

from lyceum.accounts.api import Benefits
from lyceum.shop.adapters.entitlements import OwnBenefits, SqlEntitlements, SqlGrants
from lyceum.shop.api import Entitlements
from lyceum.shop.ports import Grants
from lyceum.shop.use_cases.entitlements import GrantEntitlement, RevokeEntitlement


class ShopProvider(Provider):
    scope = Scope.REQUEST

    grants = provide(SqlGrants, provides=Grants)
    use_cases = provide_all(GrantEntitlement, RevokeEntitlement)
    entitlements = provide(SqlEntitlements, provides=AnyOf[SqlEntitlements, Entitlements], scope=Scope.APP)
    benefits = provide(OwnBenefits, provides=Benefits, scope=Scope.APP)
