"""What operators do with users; the command line calls the same."""

from dataclasses import dataclass

import msgspec

from lyceum.accounts.api import Actor, Role, UserSignedUp
from lyceum.accounts.domain.credentials import normalise_email
from lyceum.accounts.domain.refusals import UserNotFound
from lyceum.accounts.domain.users import User
from lyceum.accounts.ports import Passwords, Sessions, Users
from lyceum.accounts.use_cases.profile import profile_of
from lyceum.accounts.use_cases.sign_up import NewAccount, check_account
from lyceum.kernel.ids import UserId, uuid7
from lyceum.kernel.ports import Clock, Outbox, Transaction
from lyceum.platform.http_errors import PreconditionFailed


class UserChanges(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is left out stays as it is."""

    roles: list[Role] | msgspec.UnsetType = msgspec.UNSET
    disabled: bool | msgspec.UnsetType = msgspec.UNSET


@dataclass(frozen=True, slots=True)
class ChangeUser:
    """Set a user's roles, switch the account off or on; operators only.

    Switching off ends all sessions; neighbours hear of it, and of switching on, by ProfileChanged. Refused: taking the
    last operator away (LastOperator), roles for guests (GuestRefused), PreconditionFailed, UserNotFound.
    """

    users: Users
    sessions: Sessions
    outbox: Outbox
    clock: Clock
    transaction: Transaction

    async def __call__(self, actor: Actor, id: UserId, changes: UserChanges, expected: int | None = None) -> None:
        actor.require(Role.OPERATOR, scope="users:write")
        async with self.transaction:
            operators = await self.users.operators_for_update()
            user = await self.users.get_for_update(id)
            was_active = user.disabled_at is None
            if expected is not None and expected != user.version:
                raise PreconditionFailed(version=user.version)
            others = len([operator for operator in operators if operator != id])
            if changes.roles is not msgspec.UNSET:
                user.take_roles(frozenset(changes.roles), other_operators=others)
            if changes.disabled is True:
                user.disable(self.clock.now(), other_operators=others)
                await self.sessions.end_all(id, self.clock.now())
            elif changes.disabled is False:
                user.enable()
            await self.users.save(user)
            if was_active != (user.disabled_at is None):
                self.outbox.add(profile_of(user, self.clock.now()))


@dataclass(frozen=True, slots=True)
class GrantRole:
    """Give the user with that e-mail a role; operators only. Raise UserNotFound, GuestRefused."""

    users: Users
    transaction: Transaction

    async def __call__(self, actor: Actor, email: str, role: Role) -> UserId:
        actor.require(Role.OPERATOR, scope="users:write")
        async with self.transaction:
            user = await _by_email(self.users, email)
            user.take_roles(user.roles | {role}, other_operators=0)
            await self.users.save(user)
        return user.id


@dataclass(frozen=True, slots=True)
class RevokeRole:
    """Take a role from the user with that e-mail; operators only. Raise UserNotFound, LastOperator."""

    users: Users
    transaction: Transaction

    async def __call__(self, actor: Actor, email: str, role: Role) -> UserId:
        actor.require(Role.OPERATOR, scope="users:write")
        async with self.transaction:
            operators = await self.users.operators_for_update()
            user = await _by_email(self.users, email)
            others = len([operator for operator in operators if operator != user.id])
            user.take_roles(user.roles - {role}, other_operators=others)
            await self.users.save(user)
        return user.id


async def _by_email(users: Users, email: str) -> User:
    user = await users.find_for_update(normalise_email(email))
    if user is None:
        raise UserNotFound
    return user


@dataclass(frozen=True, slots=True)
class CreateUser:
    """Make a user with roles, for the command line and the demo; operators only. Raise BadFields, EmailTaken."""

    passwords: Passwords
    users: Users
    outbox: Outbox
    clock: Clock
    transaction: Transaction

    async def __call__(self, actor: Actor, new: NewAccount, roles: frozenset[Role] = frozenset()) -> UserId:
        actor.require(Role.OPERATOR, scope="users:write")
        now = self.clock.now()
        account = check_account(new, locale=actor.locale, this_year=now.year)
        hashed = await self.passwords.hash(account.password)
        user = User.guest(UserId(uuid7()), locale=account.profile.locale, at=now)
        user.register(email=account.email, password_hash=hashed, profile=account.profile, at=now)
        user.take_roles(roles, other_operators=0)
        async with self.transaction:
            await self.users.add(user)
            self.outbox.add(UserSignedUp(user.id, now, user.profile.locale, is_guest=False))
        return user.id
