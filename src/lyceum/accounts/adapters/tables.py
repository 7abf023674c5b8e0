"""Tables of accounts, and how users, sessions, keys and links lie in them."""

from collections.abc import Mapping

from sqlalchemy import (
    Boolean,
    Column,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    Uuid,
    literal_column,
)
from sqlalchemy.orm import composite

from lyceum.accounts.domain.refusals import EmailTaken
from lyceum.accounts.domain.sessions import ApiKey, Link, Session, SessionKind
from lyceum.accounts.domain.users import Profile, Role, User
from lyceum.kernel.errors import AppError
from lyceum.platform.database import StringList, UTCDateTime, mapper_registry, metadata


class Roles(TypeDecorator[frozenset[Role]]):
    """Roles as words with spaces between; no role's name is part of another's."""

    impl = String(80)
    cache_ok = True

    def process_bind_param(self, value: frozenset[Role] | None, dialect: Dialect) -> str | None:
        return None if value is None else " ".join(sorted(value))

    def process_result_value(self, value: str | None, dialect: Dialect) -> frozenset[Role]:
        return frozenset(Role(word) for word in (value or "").split())


class Kind(TypeDecorator[SessionKind]):
    impl = String(10)
    cache_ok = True

    def process_bind_param(self, value: SessionKind | None, dialect: Dialect) -> str | None:
        return None if value is None else value.value

    def process_result_value(self, value: str | None, dialect: Dialect) -> SessionKind | None:
        return None if value is None else SessionKind(value)


users = Table(
    "accounts_users",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("email", String(254), nullable=True),
    Column("password_hash", String(200), nullable=True),
    Column("roles", Roles, nullable=False),
    Column("name", String(100), nullable=False),
    Column("locale", String(5), nullable=False),
    Column("birth_year", SmallInteger, nullable=True),
    Column("gender", String(10), nullable=True),
    Column("location", String(100), nullable=True),
    Column("ads_consent", Boolean, nullable=False),
    Column("is_guest", Boolean, nullable=False),
    Column("registered_at", UTCDateTime, nullable=False),
    Column("last_used_at", UTCDateTime, nullable=False),
    Column("disabled_at", UTCDateTime, nullable=True),
    Column("search_text", Text, nullable=False),
    Column("version", Integer, nullable=False),
    UniqueConstraint("email", name="uq_accounts_users_email"),
)
is_operator = literal_column("accounts_users.roles").like(literal_column("'%operator%'"))
"""Spelled out, so that the planner sees that the partial index serves it."""

_index_operator = literal_column("roles").like(literal_column("'%operator%'"))
Index(
    "ix_accounts_users_operators",
    users.c.id,
    sqlite_where=_index_operator,
    postgresql_where=_index_operator,
)
is_guest = users.c.is_guest == literal_column("true")
Index(
    "ix_accounts_users_guests",
    users.c.last_used_at,
    users.c.id,
    sqlite_where=is_guest,
    postgresql_where=is_guest,
)
Index("ix_accounts_users_registered_at", users.c.registered_at, users.c.id)
Index("ix_accounts_users_last_used_at", users.c.last_used_at, users.c.id)

sessions = Table(
    "accounts_sessions",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("user_id", ForeignKey("accounts_users.id", ondelete="CASCADE"), nullable=False),
    Column("kind", Kind, nullable=False),
    Column("secret_hash", String(64), nullable=False),
    Column("device", String(200), nullable=False),
    Column("started_at", UTCDateTime, nullable=False),
    Column("last_used_at", UTCDateTime, nullable=False),
    Column("expires_at", UTCDateTime, nullable=False),
    Column("ended_at", UTCDateTime, nullable=True),
    Index("ix_accounts_sessions_user_id", "user_id", "id"),
    Index("ix_accounts_sessions_expires_at", "expires_at"),
)

api_keys = Table(
    "accounts_api_keys",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("user_id", ForeignKey("accounts_users.id", ondelete="CASCADE"), nullable=False),
    Column("name", String(80), nullable=False),
    Column("hint", String(12), nullable=False),
    Column("secret_hash", String(64), nullable=False),
    Column("scopes", StringList, nullable=False),
    Column("created_at", UTCDateTime, nullable=False),
    Column("last_used_at", UTCDateTime, nullable=True),
    Column("revoked_at", UTCDateTime, nullable=True),
    UniqueConstraint("secret_hash", name="uq_accounts_api_keys_secret_hash"),
    Index("ix_accounts_api_keys_user_id", "user_id", "id"),
)

links = Table(
    "accounts_links",
    metadata,
    Column("secret_hash", String(64), primary_key=True),
    Column("user_id", ForeignKey("accounts_users.id", ondelete="CASCADE"), nullable=False),
    Column("expires_at", UTCDateTime, nullable=False),
    Column("used_at", UTCDateTime, nullable=True),
    Index("ix_accounts_links_expires_at", "expires_at"),
)
Index(
    "ix_accounts_sessions_ended_at",
    sessions.c.ended_at,
    sqlite_where=sessions.c.ended_at.is_not(None),
    postgresql_where=sessions.c.ended_at.is_not(None),
)

REFUSALS: Mapping[str, type[AppError]] = {
    "uq_accounts_users_email": EmailTaken,
    "accounts_users.email": EmailTaken,
}
"""What a violated constraint means, by its name (PostgreSQL) and by its column (SQLite)."""


def map_accounts() -> None:
    """Map the aggregates; once for a process."""
    c = users.c
    mapper_registry.map_imperatively(
        User,
        users,
        version_id_col=c.version,
        properties={
            "_name": c.name,
            "_locale": c.locale,
            "_birth_year": c.birth_year,
            "_gender": c.gender,
            "_location": c.location,
            "_ads_consent": c.ads_consent,
            "profile": composite(
                Profile,
                "_name",
                "_locale",
                "_birth_year",
                "_gender",
                "_location",
                "_ads_consent",
            ),
        },
    )
    mapper_registry.map_imperatively(Session, sessions)
    mapper_registry.map_imperatively(ApiKey, api_keys)
    mapper_registry.map_imperatively(Link, links)
