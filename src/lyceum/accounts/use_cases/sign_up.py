"""Becoming a user: by e-mail and password, or as a guest."""

from dataclasses import dataclass, replace

import msgspec

from lyceum.accounts.api import Actor, UserSignedUp
from lyceum.accounts.domain.credentials import (
    email_problems,
    normalise_email,
    normalise_password,
    password_problems,
)
from lyceum.accounts.domain.refusals import BadFields
from lyceum.accounts.domain.users import LOCALES, Profile, User
from lyceum.accounts.ports import Users
from lyceum.accounts.use_cases.entering import Caller, Doorway, Entry, Gate, PasswordCheck
from lyceum.kernel.ids import UserId, uuid7
from lyceum.kernel.ports import Clock, Outbox, Transaction


class NewAccount(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A sign-up. The name is the beginning of the e-mail when left out, the language that of the request."""

    email: str
    password: str
    name: str = ""
    locale: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedAccount:
    """A sign-up with nothing wrong in it."""

    email: str
    password: str
    profile: Profile


def check_account(new: NewAccount, *, locale: str, this_year: int) -> CheckedAccount:
    """Raise BadFields with every fault at once."""
    email, password = normalise_email(new.email), normalise_password(new.password)
    name = new.name.strip() or email.partition("@")[0][:64] or "?"
    profile = Profile(name=name, locale=new.locale or (locale if locale in LOCALES else LOCALES[0]))
    problems = email_problems(email) + password_problems(password, email) + profile.problems(this_year)
    if problems:
        raise BadFields(problems=problems)
    return CheckedAccount(email=email, password=password, profile=profile)


@dataclass(frozen=True, slots=True)
class SignUp:
    """Make an account and sign in. A guest who calls becomes that account, with their id and progress; so does an
    operator who came by the first link and has no address yet.

    Refused: faults of the fields (BadFields), an address in use (EmailTaken), too many sign-ups from one network.
    """

    check: PasswordCheck
    users: Users
    doorway: Doorway
    outbox: Outbox
    clock: Clock
    transaction: Transaction

    async def __call__(self, actor: Actor, new: NewAccount, caller: Caller) -> Entry:
        now = self.clock.now()
        account = check_account(new, locale=caller.locale, this_year=now.year)
        await self.check.gate.try_sign_up(caller.address)
        hashed = await self.check.passwords.hash(account.password)
        async with self.transaction:
            user = await self._calling(actor)
            is_new = user is None
            user = user or User.guest(UserId(uuid7()), locale=caller.locale, at=now)
            profile = replace(user.profile, name=account.profile.name, locale=account.profile.locale)
            user.register(email=account.email, password_hash=hashed, profile=profile, at=now)
            await (self.users.add(user) if is_new else self.users.save(user))
            if actor.session_id is not None and not is_new:
                await self.doorway.sessions.end_all(user.id, now)
            entry = await self.doorway.let_in(user, caller, now)
            self.outbox.add(UserSignedUp(user.id, now, user.profile.locale, is_guest=False))
        return entry

    async def _calling(self, actor: Actor) -> User | None:
        """The user behind the call, if they have no address yet."""
        if not actor.is_signed_in or actor.session_id is None:
            return None
        user = await self.users.get_for_update(actor.id)
        return user if user.email is None and user.disabled_at is None else None


@dataclass(frozen=True, slots=True)
class StartGuest:
    """Sign in somebody new without registration. Refused: too many guests from one network."""

    gate: Gate
    users: Users
    doorway: Doorway
    outbox: Outbox
    clock: Clock
    transaction: Transaction

    async def __call__(self, caller: Caller) -> Entry:
        await self.gate.try_guest(caller.address)
        now = self.clock.now()
        user = User.guest(UserId(uuid7()), locale=caller.locale, at=now)
        async with self.transaction:
            await self.users.add(user)
            entry = await self.doorway.let_in(user, caller, now)
            self.outbox.add(UserSignedUp(user.id, now, user.profile.locale, is_guest=True))
        return entry
