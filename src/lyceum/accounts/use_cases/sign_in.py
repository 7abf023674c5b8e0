"""Coming in with a password, going on with a refresh token, going out."""

import secrets
from dataclasses import dataclass

import msgspec

from lyceum.accounts.api import Actor
from lyceum.accounts.domain.credentials import MAX_PASSWORD, email_problems, normalise_email, normalise_password
from lyceum.accounts.domain.refusals import AccountDisabled, SessionNotFound, SessionOver, WrongCredentials
from lyceum.accounts.domain.sessions import SECRET_BYTES, SessionId, SessionKind, SessionToken, digest
from lyceum.accounts.ports import Sessions, Users
from lyceum.accounts.use_cases.entering import Caller, Doorway, Entry, PasswordCheck, actor_of, require_person
from lyceum.kernel.ports import Clock, Transaction


class SignInForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    email: str
    password: str


@dataclass(frozen=True, slots=True)
class SignIn:
    """Start a session by e-mail and password.

    Refused: WrongCredentials, whichever of the two is wrong; AccountDisabled; after so many failures TooMany, until
    the window has passed, and then the right password works again.
    """

    check: PasswordCheck
    users: Users
    doorway: Doorway
    clock: Clock
    transaction: Transaction

    async def __call__(self, actor: Actor, form: SignInForm, caller: Caller) -> Entry:
        email, password = normalise_email(form.email), normalise_password(form.password)
        await self.check.gate.try_password(email, caller.address)
        known = None if email_problems(email) else await self.check.credentials.of_email(email)
        right = await self.check.passwords.verify(known.password_hash if known else None, password[: MAX_PASSWORD + 1])
        if known is None or not right:
            raise WrongCredentials
        await self.check.gate.password_was_right(email, caller.address)
        async with self.transaction:
            user = await self.users.get_for_update(known.user_id)
            if user.password_hash != known.password_hash:
                raise WrongCredentials
            if user.disabled_at is not None:
                raise AccountDisabled
            now = self.clock.now()
            if actor.session_id is not None:
                await self.doorway.sessions.end(SessionId(actor.session_id), actor.id, now)
            entry = await self.doorway.let_in(user, caller, now)
            await self.users.save(user)
        return entry


@dataclass(frozen=True, slots=True)
class Refresh:
    """Exchange a refresh token for the next one. Each token works once: a second use ends the family (SessionOver),
    because one of the two who used it is a thief."""

    users: Users
    doorway: Doorway
    clock: Clock
    transaction: Transaction

    async def __call__(self, refresh_token: str) -> Entry:
        token = SessionToken.read(refresh_token)
        if token is None:
            raise SessionOver
        async with self.transaction:
            entry = await self._exchange(token)
        if entry is None:
            raise SessionOver
        return entry

    async def _exchange(self, token: SessionToken) -> Entry | None:
        """None ends in a refusal after the commit: the end of the family must be kept."""
        now = self.clock.now()
        session = await self.doorway.sessions.find(token.id)
        if session is None or session.kind is not SessionKind.TOKENS or not session.is_alive(now):
            return None
        user = await self.users.get_for_update(session.user_id)
        fresh = SessionToken(token.id, secrets.token_bytes(SECRET_BYTES))
        rotated = user.disabled_at is None and await self.doorway.sessions.rotate(
            token.id, digest(token.secret), digest(fresh.secret), at=now, expires_at=now + self.doorway.lasts
        )
        if not rotated:
            await self.doorway.sessions.end(token.id, session.user_id, now)
            return None
        user.last_used_at = now
        await self.users.save(user)
        return Entry(actor_of(user, session), str(fresh))


@dataclass(frozen=True, slots=True)
class SignOut:
    """End the session of this call, or all sessions of the user. An access token lives on for its few minutes."""

    sessions: Sessions
    clock: Clock
    transaction: Transaction

    async def __call__(self, actor: Actor, *, everywhere: bool = False) -> None:
        require_person(actor)
        async with self.transaction:
            if everywhere:
                await self.sessions.end_all(actor.id, self.clock.now())
            elif actor.session_id is not None:
                await self.sessions.end(SessionId(actor.session_id), actor.id, self.clock.now())


@dataclass(frozen=True, slots=True)
class EndSession:
    """End one of the caller's sessions, on whatever device; raise SessionNotFound."""

    sessions: Sessions
    clock: Clock
    transaction: Transaction

    async def __call__(self, actor: Actor, id: SessionId) -> None:
        require_person(actor)
        async with self.transaction:
            if not await self.sessions.end(id, actor.id, self.clock.now()):
                raise SessionNotFound
