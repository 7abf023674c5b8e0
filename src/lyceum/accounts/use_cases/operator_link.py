"""The way in for whoever runs the server: a link that signs in once."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote

from lyceum.accounts.api import Actor, Role
from lyceum.accounts.domain.refusals import AccountDisabled, LinkSpent
from lyceum.accounts.domain.sessions import SECRET_BYTES, Link, digest, encode_secret
from lyceum.accounts.domain.users import Profile, User
from lyceum.accounts.ports import Links, Users
from lyceum.accounts.use_cases.entering import Caller, Doorway, Entry
from lyceum.kernel.ids import UserId, uuid7
from lyceum.kernel.ports import Clock, Transaction
from lyceum.platform.settings import Settings

VALID = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class MakeOperatorLink:
    """The address of a link that signs in the first operator, once, within 15 minutes. Makes the operator, without
    e-mail or password, when there is none. Whoever may run commands on the server may have it."""

    users: Users
    links: Links
    clock: Clock
    settings: Settings
    transaction: Transaction

    async def __call__(self, actor: Actor) -> str:
        actor.require(Role.OPERATOR, scope="users:write")
        now = self.clock.now()
        secret = encode_secret(secrets.token_bytes(SECRET_BYTES))
        async with self.transaction:
            operators = await self.users.operators_for_update()
            user_id = operators[0] if operators else await add_operator(self.users, now)
            await self.links.add(Link(secret_hash=digest(secret), user_id=user_id, expires_at=now + VALID))
        return f"{self.settings.address}/auth/link?token={quote(secret)}"


@dataclass(frozen=True, slots=True)
class FirstOperator:
    """The operator on whose behalf the command line acts; made, without e-mail or password, when there is none."""

    users: Users
    clock: Clock
    transaction: Transaction

    async def __call__(self) -> UserId:
        async with self.transaction:
            operators = await self.users.operators_for_update()
            return operators[0] if operators else await add_operator(self.users, self.clock.now())


async def add_operator(users: Users, now: datetime) -> UserId:
    """An operator who can only enter by a link, until they sign up."""
    user = User.guest(UserId(uuid7()), locale="ru", at=now)
    user.register(email=None, password_hash=None, profile=Profile(name="Operator", locale="ru"), at=now)
    user.take_roles(frozenset({Role.OPERATOR}), other_operators=0)
    await users.add(user)
    return user.id


@dataclass(frozen=True, slots=True)
class EnterByLink:
    """Start a session by a one-time link; raise LinkSpent, AccountDisabled."""

    users: Users
    links: Links
    doorway: Doorway
    clock: Clock
    transaction: Transaction

    async def __call__(self, token: str, caller: Caller) -> Entry:
        now = self.clock.now()
        async with self.transaction:
            user_id = await self.links.spend(digest(token), now)
            if user_id is None:
                raise LinkSpent
            user = await self.users.get_for_update(user_id)
            if user.disabled_at is not None:
                raise AccountDisabled
            entry = await self.doorway.let_in(user, caller, now)
            await self.users.save(user)
        return entry
