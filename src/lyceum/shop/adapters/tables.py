"""Tables of the shop."""

from collections.abc import Mapping

from sqlalchemy import Column, Index, String, Table, Uuid

from lyceum.kernel.errors import AppError
from lyceum.platform.database import UTCDateTime, metadata

entitlements = Table(
    "shop_entitlements",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("user_id", Uuid, nullable=False),
    Column("feature", String(40), nullable=False),
    Column("granted_by", Uuid, nullable=False),
    Column("starts_at", UTCDateTime, nullable=False),
    Column("ends_at", UTCDateTime, nullable=True),
    Column("revoked_at", UTCDateTime, nullable=True),
)
"""What was taken away stays, with its time; a user has one row of a feature that was not."""
IS_KEPT = entitlements.c.revoked_at.is_(None)
Index(
    "uq_shop_entitlements_kept",
    entitlements.c.user_id,
    entitlements.c.feature,
    unique=True,
    sqlite_where=IS_KEPT,
    postgresql_where=IS_KEPT,
)

REFUSALS: Mapping[str, type[AppError]] = {}
"""What a violated constraint means; none is reached, since every insert names its conflict."""
