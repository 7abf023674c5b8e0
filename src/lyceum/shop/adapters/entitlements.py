"""Entitlements in the database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import CursorResult, Row, bindparam, case, or_, select, update
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from lyceum.accounts.api import Actor, Benefit, Role
from lyceum.kernel.ids import UserId, uuid7
from lyceum.platform.database import Database, SqlTransaction
from lyceum.platform.prepared import Prepared
from lyceum.shop.adapters.tables import IS_KEPT, entitlements
from lyceum.shop.domain import Entitlement, Feature

ENDS = entitlements.c.ends_at
_NOW = bindparam("now", type_=ENDS.type)
_OWN = (
    entitlements.c.user_id == bindparam("user"),
    IS_KEPT,
    entitlements.c.starts_at <= _NOW,
    or_(ENDS.is_(None), ENDS > _NOW),
)
_HAS = Prepared(select(entitlements.c.id).where(*_OWN, entitlements.c.feature == bindparam("feature")))
_IN_FORCE = select(entitlements).where(*_OWN).order_by(entitlements.c.feature)
WORDS: Mapping[Feature, tuple[str, str]] = {
    Feature.NO_ADS: ("Training without ads", "Nothing is shown between your questions, whatever you consented to."),
}
"""What each feature is called on the profile page, and what it means there."""


@dataclass(frozen=True, slots=True)
class SqlEntitlements:
    """`api.Entitlements`: one query by the index."""

    database: Database

    async def has(self, user_id: UserId, feature: Feature) -> bool:
        asked = {"user": user_id, "feature": feature.value, "now": datetime.now(UTC)}
        return bool(await _HAS.read(self.database, asked))

    async def mine(self, actor: Actor) -> list[Entitlement]:
        """What the caller may use now."""
        actor.require(scope="account:read")
        return await self.in_force(actor.id)

    async def in_force(self, user: UserId) -> list[Entitlement]:
        """What the user may use now."""
        async with self.database.read() as connection:
            rows = (await connection.execute(_IN_FORCE, {"user": user, "now": datetime.now(UTC)})).all()
        return [_entitlement(row) for row in rows]

    async def of(self, actor: Actor, user: UserId) -> list[Entitlement]:
        """What an operator is told of a user: everything that was not taken away, what is over too."""
        actor.require(Role.OPERATOR, scope="shop:read")
        kept = select(entitlements).where(entitlements.c.user_id == user, IS_KEPT).order_by(entitlements.c.feature)
        async with self.database.read() as connection:
            rows = (await connection.execute(kept)).all()
        return [_entitlement(row) for row in rows]


@dataclass(frozen=True, slots=True)
class OwnBenefits:
    """`accounts.api.Benefits`: entitlements in force, in words."""

    entitlements: SqlEntitlements

    async def of(self, user: UserId) -> Sequence[Benefit]:
        found = await self.entitlements.in_force(user)
        return [Benefit(title=WORDS[it.feature][0], text=WORDS[it.feature][1], ends_at=it.ends_at) for it in found]


@dataclass(frozen=True, slots=True)
class SqlGrants:
    """`ports.Grants`."""

    transaction: SqlTransaction

    async def put(self, entitlement: Entitlement) -> Entitlement:
        connection = self.transaction.connection
        inserting = sqlite_insert if connection.dialect.name == "sqlite" else postgres_insert
        new = inserting(entitlements).values(
            id=uuid7(),
            user_id=entitlement.user_id,
            feature=entitlement.feature.value,
            granted_by=entitlement.granted_by,
            starts_at=entitlement.starts_at,
            ends_at=entitlement.ends_at,
        )
        is_over = new.excluded.starts_at >= ENDS
        taken = {
            "granted_by": new.excluded.granted_by,
            "starts_at": case((is_over, new.excluded.starts_at), else_=entitlements.c.starts_at),
            "ends_at": new.excluded.ends_at,
        }
        key = [entitlements.c.user_id, entitlements.c.feature]
        new = new.on_conflict_do_update(index_elements=key, index_where=IS_KEPT, set_=taken)
        return _entitlement((await connection.execute(new.returning(entitlements))).one())

    async def revoke(self, user: UserId, feature: Feature, at: datetime) -> bool:
        mine = (entitlements.c.user_id == user, entitlements.c.feature == feature.value, IS_KEPT)
        ending = update(entitlements).where(*mine).values(revoked_at=at)
        result: CursorResult[tuple[()]] = await self.transaction.connection.execute(ending)
        return result.rowcount == 1


def _entitlement(row: Row) -> Entitlement:  # type: ignore[type-arg]
    return Entitlement(
        user_id=UserId(row.user_id),
        feature=Feature(row.feature),
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        granted_by=UserId(row.granted_by),
    )
