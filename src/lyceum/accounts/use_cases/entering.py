"""What every way in has in common: who knocks, what they get, and the limits on knocking."""

import hashlib
import ipaddress
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from lyceum.accounts.api import Actor
from lyceum.accounts.domain.refusals import PersonOnly
from lyceum.accounts.domain.sessions import SECRET_BYTES, Session, SessionId, SessionKind, SessionToken
from lyceum.accounts.domain.users import User
from lyceum.accounts.ports import CredentialsByName, Passwords, Sessions
from lyceum.kernel.ids import uuid7
from lyceum.platform.cache import Limits
from lyceum.platform.http_errors import TooMany
from lyceum.platform.settings import Settings

LOGIN_WINDOW = 15 * 60
SIGN_UP_WINDOW = 60 * 60
ADDRESS_FACTOR = 10
"""A school stands behind one address: so many times the limit of one account."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """From where somebody comes: `address` counts for the limits, `device` names the session in their list."""

    address: str
    device: str = ""
    kind: SessionKind = SessionKind.TOKENS
    locale: str = "ru"


@dataclass(frozen=True, slots=True)
class Entry:
    """Somebody is in: the actor they are now, and the token of their session, shown this once."""

    actor: Actor
    token: str


@dataclass(frozen=True, slots=True)
class Gate:
    """Limits on guessing and on making accounts, by account and by address. Raises TooMany with `retry_after`."""

    limits: Limits
    settings: Settings

    async def try_password(self, account: str, address: str) -> None:
        """Count an attempt before the password is looked at, so that many at once are counted too."""
        await self._count(_key("password", account), self.settings.login_limit, LOGIN_WINDOW)
        network = _key("password-from", _network(address))
        await self._count(network, self.settings.login_limit * ADDRESS_FACTOR, LOGIN_WINDOW)

    async def password_was_right(self, account: str, address: str) -> None:
        """Only failures count."""
        await self.limits.forget(_key("password", account))
        await self.limits.give_back(_key("password-from", _network(address)))

    async def try_sign_up(self, address: str) -> None:
        await self._count(_key("sign-up", _network(address)), self.settings.signup_limit, SIGN_UP_WINDOW)

    async def try_guest(self, address: str) -> None:
        limit = self.settings.signup_limit * ADDRESS_FACTOR
        await self._count(_key("guest", _network(address)), limit, SIGN_UP_WINDOW)

    async def _count(self, key: str, limit: int, window: int) -> None:
        hit = await self.limits.hit(key, limit, window)
        if not hit.allowed:
            raise TooMany(retry_after=hit.retry_after)


def _key(what: str, whom: str) -> str:
    """Keys of the counters name nobody in clear."""
    return f"{what}:{hashlib.sha256(whom.encode()).hexdigest()[:32]}"


def _network(address: str) -> str:
    """An IPv6 caller owns a whole /64."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((ip, 64), strict=False)) if ip.version == 6 else address


@dataclass(frozen=True, slots=True)
class PasswordCheck:
    """Whether a password is right, within the limits on guessing; as slow for an unknown address as for a known."""

    gate: Gate
    credentials: CredentialsByName
    passwords: Passwords


@dataclass(frozen=True, slots=True)
class Doorway:
    """Starts sessions, inside the running transaction."""

    sessions: Sessions
    settings: Settings

    async def let_in(self, user: User, caller: Caller, at: datetime) -> Entry:
        token = SessionToken(SessionId(uuid7()), secrets.token_bytes(SECRET_BYTES))
        user.last_used_at = at
        session = Session.start(token, user.id, caller.kind, device=caller.device, at=at, lasts=self.lasts)
        await self.sessions.add(session)
        return Entry(actor_of(user, session), str(token))

    @property
    def lasts(self) -> timedelta:
        return timedelta(days=self.settings.session_days)


def actor_of(user: User, session: Session) -> Actor:
    """The user as caller of use cases."""
    return Actor(
        id=user.id,
        roles=user.roles,
        name=user.profile.name,
        locale=user.profile.locale,
        channel="web" if session.kind is SessionKind.PAGES else "rest",
        is_guest=user.is_guest,
        session_id=session.id,
    )


def require_person(actor: Actor) -> Actor:
    """Somebody who signed in themselves: API keys do not manage keys, sessions and passwords."""
    actor.require()
    if actor.scopes is not None:
        raise PersonOnly
    return actor
