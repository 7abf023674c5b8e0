"""What users change about themselves."""

from dataclasses import dataclass, replace
from datetime import datetime

import msgspec

from lyceum.accounts.api import Actor, ProfileChanged
from lyceum.accounts.domain.credentials import MAX_PASSWORD, normalise_password, password_problems
from lyceum.accounts.domain.refusals import BadFields, GuestRefused, WrongPassword
from lyceum.accounts.domain.sessions import SessionId
from lyceum.accounts.domain.users import Profile, User
from lyceum.accounts.ports import Sessions, Users
from lyceum.accounts.use_cases.entering import PasswordCheck, require_person
from lyceum.kernel.ports import Clock, Outbox, Transaction
from lyceum.platform.http_errors import PreconditionFailed


class ProfileChanges(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is left out stays as it is; null empties what may be empty."""

    name: str | msgspec.UnsetType = msgspec.UNSET
    locale: str | msgspec.UnsetType = msgspec.UNSET
    birth_year: int | msgspec.UnsetType | None = msgspec.UNSET
    gender: str | msgspec.UnsetType | None = msgspec.UNSET
    location: str | msgspec.UnsetType | None = msgspec.UNSET
    ads_consent: bool | msgspec.UnsetType = msgspec.UNSET

    def applied_to(self, profile: Profile) -> Profile:
        given = {name: getattr(self, name) for name in self.__struct_fields__}
        given = {name: value for name, value in given.items() if value is not msgspec.UNSET}
        for name in ("name", "location"):
            if isinstance(text := given.get(name), str):
                given[name] = text.strip()
        return replace(profile, **given)


class NewPassword(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    current: str
    new: str


@dataclass(frozen=True, slots=True)
class ChangeProfile:
    """Change the caller's profile; returns the new version. `expected` is the version the caller has seen.

    Refused: BadFields, PreconditionFailed. Neighbours hear of it by ProfileChanged.
    """

    users: Users
    outbox: Outbox
    clock: Clock
    transaction: Transaction

    async def __call__(self, actor: Actor, changes: ProfileChanges, expected: int | None = None) -> int:
        actor.require(scope="account:write")
        async with self.transaction:
            user = await self.users.get_for_update(actor.id)
            if expected is not None and expected != user.version:
                raise PreconditionFailed(version=user.version)
            now = self.clock.now()
            profile = changes.applied_to(user.profile)
            if profile != user.profile:
                user.be(profile, now)
                await self.users.save(user)
                self.outbox.add(profile_of(user, now))
        return user.version


def profile_of(user: User, at: datetime) -> ProfileChanged:
    """What neighbours hear of a user who was just saved."""
    profile = user.profile
    return ProfileChanged(
        user_id=user.id,
        at=at,
        locale=profile.locale,
        birth_year=profile.birth_year,
        gender=profile.gender,
        location=profile.location,
        ads_consent=profile.ads_consent,
        version=user.version,
        is_active=user.disabled_at is None,
    )


@dataclass(frozen=True, slots=True)
class ChangePassword:
    """Change the caller's password and end their other sessions.

    Refused: WrongPassword, BadFields, GuestRefused, and guessing beyond the limit (TooMany).
    """

    check: PasswordCheck
    users: Users
    sessions: Sessions
    clock: Clock
    transaction: Transaction

    async def __call__(self, actor: Actor, form: NewPassword, address: str) -> None:
        require_person(actor)
        known = await self.check.credentials.of_user(actor.id)
        if known is None or known.email is None:
            raise GuestRefused
        new = normalise_password(form.new)
        if problems := password_problems(new, known.email, "new"):
            raise BadFields(problems=problems)
        await self.check.gate.try_password(known.email, address)
        current = normalise_password(form.current)[: MAX_PASSWORD + 1]
        if not await self.check.passwords.verify(known.password_hash, current):
            raise WrongPassword
        await self.check.gate.password_was_right(known.email, address)
        hashed = await self.check.passwords.hash(new)
        async with self.transaction:
            user = await self.users.get_for_update(actor.id)
            if user.password_hash != known.password_hash:
                raise WrongPassword
            user.password_hash = hashed
            await self.users.save(user)
            kept = SessionId(actor.session_id) if actor.session_id else None
            await self.sessions.end_all(user.id, self.clock.now(), but=kept)
