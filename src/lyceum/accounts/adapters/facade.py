"""What accounts do for their neighbours."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from lyceum.accounts.adapters.tables import users
from lyceum.accounts.adapters.visits import Visit
from lyceum.accounts.api import Actor, NotSignedIn, Role
from lyceum.accounts.domain.credentials import normalise_email
from lyceum.accounts.domain.sessions import SessionKind
from lyceum.accounts.ports import Users
from lyceum.accounts.use_cases.entering import require_person
from lyceum.accounts.use_cases.sign_up import StartGuest
from lyceum.kernel.ids import UserId
from lyceum.platform.database import Database


@dataclass(frozen=True, slots=True)
class CookieGuests:
    """`lyceum.accounts.api.Guests` over the running request."""

    visit: Visit
    start: StartGuest

    async def ensure(self, actor: Actor) -> Actor:
        if actor.is_signed_in:
            return actor
        entry = await self.start(self.visit.caller(SessionKind.PAGES))
        self.visit.enter(entry.token)
        return entry.actor


@dataclass(frozen=True, slots=True)
class KnownPeople:
    """`lyceum.accounts.api.People`."""

    database: Database

    async def named(self, email: str) -> UserId | None:
        query = select(users.c.id).where(users.c.email == normalise_email(email))
        async with self.database.read() as connection:
            id = await connection.scalar(query)
        return UserId(id) if id is not None else None

    async def emails(self, ids: Sequence[UserId]) -> Mapping[UserId, str]:
        query = select(users.c.id, users.c.email).where(users.c.id.in_(ids), users.c.email.is_not(None))
        async with self.database.read() as connection:
            return {UserId(row.id): row.email for row in await connection.execute(query)}

    async def names(self, ids: Sequence[UserId]) -> Mapping[UserId, str]:
        known = select(users.c.id, users.c.name, users.c.email).where(
            users.c.id.in_(ids), users.c.is_guest.is_(False), users.c.disabled_at.is_(None)
        )
        async with self.database.read() as connection:
            rows = (await connection.execute(known)).all()
        return {UserId(row.id): "" if row.name == (row.email or "").partition("@")[0] else row.name for row in rows}


@dataclass(frozen=True, slots=True)
class AdmittedSponsors:
    """`lyceum.accounts.api.Sponsors`: what counts is the user as kept, not the roles that the caller came with."""

    users: Users

    async def admit(self, actor: Actor) -> bool:
        user = await self.users.get_for_update(require_person(actor).id)
        if user.disabled_at is not None:
            raise NotSignedIn
        if Role.SPONSOR in user.roles:
            return False
        user.take_roles(user.roles | {Role.SPONSOR}, other_operators=0)
        await self.users.save(user)
        return True
