"""What accounts need from outside."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from lyceum.accounts.domain.sessions import ApiKey, ApiKeyId, Link, Session, SessionId
from lyceum.accounts.domain.users import User
from lyceum.kernel.ids import UserId


class Users(Protocol):
    """Users as aggregates, inside the running transaction. Addresses are unique."""

    async def get_for_update(self, id: UserId) -> User:
        """Lock and return the user; raise UserNotFound."""

    async def find_for_update(self, email: str) -> User | None:
        """Lock and return the user with the normalised address."""

    async def add(self, user: User) -> None:
        """Raise EmailTaken, also when another transaction adds the same address at the same time."""

    async def save(self, user: User) -> None:
        """Write the changes of a loaded user; raise EmailTaken."""

    async def operators_for_update(self) -> Sequence[UserId]:
        """Lock the users who are operators and not switched off, the first made first."""


class Sessions(Protocol):
    """Sessions, inside the running transaction."""

    async def add(self, session: Session) -> None: ...

    async def find(self, id: SessionId) -> Session | None: ...

    async def rotate(self, id: SessionId, old_hash: str, new_hash: str, *, at: datetime, expires_at: datetime) -> bool:
        """Exchange the secret of a living session if it still is `old_hash`; whether it was. Exactly one of several
        that try at once succeeds."""

    async def end(self, id: SessionId, user_id: UserId, at: datetime) -> bool:
        """End a living session of the user; whether there was one."""

    async def end_all(self, user_id: UserId, at: datetime, *, but: SessionId | None = None) -> None: ...


class ApiKeys(Protocol):
    """API keys, inside the running transaction."""

    async def add(self, key: ApiKey) -> None: ...

    async def count(self, user_id: UserId) -> int:
        """How many of the user's keys are not revoked."""

    async def revoke(self, id: ApiKeyId, user_id: UserId, at: datetime) -> bool:
        """Revoke a key of the user that is in force; whether there was one."""


class Links(Protocol):
    """One-time links, inside the running transaction."""

    async def add(self, link: Link) -> None: ...

    async def spend(self, secret_hash: str, at: datetime) -> UserId | None:
        """Whom the link signs in, if it is good; of several that try at once one gets an answer."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a password is checked against."""

    user_id: UserId
    password_hash: str | None
    email: str | None


class CredentialsByName(Protocol):
    """Read outside any transaction: checking a password takes too long to hold one open."""

    async def of_email(self, email: str) -> Credentials | None: ...

    async def of_user(self, id: UserId) -> Credentials | None: ...


class Passwords(Protocol):
    """Slow hashing of passwords, off the event loop."""

    async def hash(self, password: str) -> str: ...

    async def verify(self, hash: str | None, password: str) -> bool:
        """Whether the password is right; takes as long for None, which no password matches."""
