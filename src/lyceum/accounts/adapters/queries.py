"""The read side: profiles, sessions, keys and the operators' list, straight into structs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, Row, Select, String, and_, or_, select, type_coerce

from lyceum.accounts.adapters.tables import api_keys, sessions, users
from lyceum.accounts.api import Actor, Role
from lyceum.accounts.domain.credentials import is_plain
from lyceum.accounts.domain.refusals import UserNotFound
from lyceum.accounts.ports import Credentials
from lyceum.accounts.use_cases.entering import require_person
from lyceum.kernel.errors import FieldProblem
from lyceum.kernel.ids import UserId
from lyceum.kernel.ports import Clock
from lyceum.platform.database import Database
from lyceum.platform.paging import BadFilter, Page, decode_cursor, encode_cursor, page

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
Moment = Annotated[int, msgspec.Meta(ge=0, le=253_402_300_799_000_000)]
"""Microseconds since the epoch, until the year 9999."""

UserSort = Literal["registered_at", "-registered_at", "last_used_at", "-last_used_at"]


class Me(msgspec.Struct, frozen=True, kw_only=True):
    """A profile, as its owner and operators see it. `version` is the ETag."""

    id: UserId
    email: str | None
    name: str
    roles: list[Role]
    locale: str
    birth_year: int | None
    gender: str | None
    location: str | None
    ads_consent: bool
    is_guest: bool
    disabled: bool
    registered_at: datetime
    last_used_at: datetime
    version: int


class SessionView(msgspec.Struct, frozen=True, kw_only=True):
    """A sign-in that is still good. `kind` is `pages` (a browser) or `tokens` (a program)."""

    id: UUID
    kind: str
    device: str
    started_at: datetime
    last_used_at: datetime
    is_current: bool


class ApiKeyView(msgspec.Struct, frozen=True, kw_only=True):
    """A key in force; `hint` is how its text begins."""

    id: UUID
    name: str
    hint: str
    scopes: Sequence[str]
    created_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class SqlCredentials:
    """`CredentialsByName`, outside any transaction."""

    database: Database

    async def of_email(self, email: str) -> Credentials | None:
        return await self._find(users.c.email == email)

    async def of_user(self, id: UserId) -> Credentials | None:
        return await self._find(users.c.id == id)

    async def _find(self, whom: ColumnElement[bool]) -> Credentials | None:
        query = select(users.c.id, users.c.password_hash, users.c.email).where(whom)
        async with self.database.read() as connection:
            row = (await connection.execute(query)).first()
        return Credentials(UserId(row.id), row.password_hash, row.email) if row else None


@dataclass(frozen=True, slots=True)
class ProfileOf:
    """Any user's profile, without asking who wants to know: for the answer to a change that was allowed."""

    database: Database

    async def __call__(self, id: UserId) -> Me:
        return await _one(self.database, id)


@dataclass(frozen=True, slots=True)
class AccountQueries:
    """What somebody may read about themselves."""

    database: Database
    clock: Clock

    async def me(self, actor: Actor) -> Me:
        actor.require(scope="account:read")
        return await _one(self.database, actor.id)

    async def sessions(self, actor: Actor) -> list[SessionView]:
        """Living sessions, the one of this call first, then the latest used."""
        require_person(actor)
        query = (
            select(sessions)
            .where(
                sessions.c.user_id == actor.id,
                sessions.c.ended_at.is_(None),
                sessions.c.expires_at > self.clock.now(),
            )
            .order_by(sessions.c.last_used_at.desc(), sessions.c.id)
            .limit(100)
        )
        async with self.database.read() as connection:
            rows = (await connection.execute(query)).all()
        found = [
            SessionView(
                id=row.id,
                kind=row.kind.value,
                device=row.device,
                started_at=row.started_at,
                last_used_at=row.last_used_at,
                is_current=row.id == actor.session_id,
            )
            for row in rows
        ]
        return sorted(found, key=lambda session: not session.is_current)

    async def api_keys(self, actor: Actor) -> list[ApiKeyView]:
        """Keys in force, the newest first."""
        require_person(actor)
        query = (
            select(api_keys)
            .where(api_keys.c.user_id == actor.id, api_keys.c.revoked_at.is_(None))
            .order_by(api_keys.c.id.desc())
        )
        async with self.database.read() as connection:
            rows = (await connection.execute(query)).all()
        return [
            ApiKeyView(
                id=row.id,
                name=row.name,
                hint=row.hint,
                scopes=row.scopes,
                created_at=row.created_at,
                last_used_at=row.last_used_at,
            )
            for row in rows
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class UserFilter:
    """Which users an operator lists. `search` is part of the e-mail or of the name."""

    search: str = ""
    role: Role | None = None
    guests: bool = False
    sort: UserSort = "-registered_at"
    limit: int = 50
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class UserQueries:
    """Users, for operators."""

    database: Database

    async def one(self, actor: Actor, id: UserId) -> Me:
        actor.require(Role.OPERATOR, scope="users:read")
        return await _one(self.database, id)

    async def list(self, actor: Actor, wanted: UserFilter) -> Page[Me]:
        actor.require(Role.OPERATOR, scope="users:read")
        by_use = wanted.sort.endswith("last_used_at")
        async with self.database.read() as connection:
            rows = (await connection.execute(_listing(wanted))).all()

        def cursor_of(me: Me) -> str:
            moment = me.last_used_at if by_use else me.registered_at
            return encode_cursor((moment - EPOCH) // MICROSECOND, me.id.hex)

        return page([_view(row) for row in rows], wanted.limit, cursor_of)


def _listing(wanted: UserFilter) -> Select[*tuple[object, ...]]:
    if not is_plain(wanted.search):
        raise BadFilter(problems=[FieldProblem("search", "bad_filter", "The search has control characters in it.")])
    column = users.c[wanted.sort.removeprefix("-")]
    falling = wanted.sort.startswith("-")
    order = (column.desc(), users.c.id.desc()) if falling else (column, users.c.id)
    query: Select[*tuple[object, ...]] = select(users).order_by(*order).limit(wanted.limit + 1)
    if wanted.search:
        query = query.where(users.c.search_text.contains(wanted.search.casefold().strip(), autoescape=True))
    if wanted.role is not None:
        query = query.where(type_coerce(users.c.roles, String).contains(wanted.role.value))
    if not wanted.guests:
        query = query.where(users.c.is_guest.is_(False))
    if wanted.cursor:
        since, id = decode_cursor(wanted.cursor, tuple[Moment, UUID])
        query = query.where(_after(column, EPOCH + since * MICROSECOND, id, falling=falling))
    return query


def _after(column: ColumnElement[datetime], moment: datetime, id: UUID, *, falling: bool) -> ColumnElement[bool]:
    beyond = column < moment if falling else column > moment
    tie = users.c.id < id if falling else users.c.id > id
    return or_(beyond, and_(column == moment, tie))


async def _one(database: Database, id: UserId) -> Me:
    async with database.read() as connection:
        row = (await connection.execute(select(users).where(users.c.id == id))).first()
    if row is None:
        raise UserNotFound
    return _view(row)


def _view(row: Row[*tuple[object, ...]]) -> Me:
    values = row._asdict()
    return Me(
        **{name: values[name] for name in Me.__struct_fields__ if name in values and name != "roles"},
        roles=sorted(values["roles"]),
        disabled=values["disabled_at"] is not None,
    )
