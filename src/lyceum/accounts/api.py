"""The door of accounts for other contexts: the actor behind a call, guests, and the events about users."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from lyceum.accounts.domain.users import Role
from lyceum.kernel.errors import Forbidden
from lyceum.kernel.ids import UserId
from lyceum.platform.http_errors import AnyRequest

__all__ = [
    "ANONYMOUS",
    "SCOPES",
    "Actor",
    "Benefit",
    "Benefits",
    "Callers",
    "Guests",
    "GuestsForgotten",
    "NotSignedIn",
    "People",
    "ProfileChanged",
    "Role",
    "RoleMissing",
    "ScopeMissing",
    "Sponsors",
    "Traces",
    "UserSignedUp",
]

SCOPES: Mapping[str, str] = {
    "account:read": "Read the profile",
    "account:write": "Change the profile",
    "advertising:read": "Read advertisers, campaigns and their numbers (sponsors)",
    "advertising:show": "Get ads for clients and report clicks (operators)",
    "advertising:write": "Change advertisers and campaigns (sponsors)",
    "bank:read": "Read questions, exports and reports as their author does",
    "bank:write": "Write questions and run imports",
    "jobs:read": "Read background tasks and their logs",
    "jobs:write": "Make, cancel and retry background tasks",
    "shop:read": "Read what users are entitled to (operators)",
    "shop:write": "Give users what is not free, and take it away (operators)",
    "training:read": "Read trainings, results and progress",
    "training:write": "Train: start, answer, finish",
    "users:read": "Read the list of users (operators)",
    "users:write": "Change roles and switch accounts off (operators)",
}
"""What an API key may be limited to."""


class NotSignedIn(Forbidden):
    """Answered with 401: the caller has not said who they are."""

    code = "accounts.not_signed_in"
    text = "This needs a signed-in user. Sign in, or send a bearer token or an API key."


class RoleMissing(Forbidden):
    code = "accounts.role_missing"
    text = "This needs the role {role}. Ask an operator to grant it."


class ScopeMissing(Forbidden):
    code = "accounts.scope_missing"
    text = "The API key lacks the scope {scope}. Make a key that has it."


ANONYMOUS = UserId(UUID(int=0))


@dataclass(frozen=True, slots=True)
class Actor:
    """Who is calling. `scopes` is None for people and a set for API keys; `channel` is web, rest, cli or telegram."""

    id: UserId = ANONYMOUS
    roles: frozenset[Role] = frozenset()
    name: str = ""
    locale: str = "ru"
    channel: str = "rest"
    is_guest: bool = False
    scopes: frozenset[str] | None = None
    session_id: UUID | None = None

    @property
    def is_signed_in(self) -> bool:
        return self.id != ANONYMOUS

    def has(self, role: Role) -> bool:
        """An operator has every role."""
        return role in self.roles or Role.OPERATOR in self.roles

    def require(self, *roles: Role, scope: str = "") -> "Actor":
        """Raise unless signed in, with at least one of `roles` (when given) and, for an API key, the scope."""
        if not self.is_signed_in:
            raise NotSignedIn()
        if roles and not any(self.has(role) for role in roles):
            raise RoleMissing(role=roles[0].value)
        if scope and self.scopes is not None and scope not in self.scopes:
            raise ScopeMissing(scope=scope)
        return self


class Callers(Protocol):
    """For what answers outside the injection of the running request."""

    async def actor(self, request: AnyRequest) -> Actor:
        """Who is calling. Raises what the injected `Actor` would for bad credentials."""


class People(Protocol):
    """Who is who, for those who look after others."""

    async def named(self, email: str) -> UserId | None:
        """The user with that address."""

    async def emails(self, ids: Sequence[UserId]) -> Mapping[UserId, str]:
        """Addresses of users, as far as they have some."""

    async def names(self, ids: Sequence[UserId]) -> Mapping[UserId, str]:
        """What users are called before others: their name, empty where it is no more than the beginning of their
        address. Guests and those who were switched off are left out."""


class Guests(Protocol):
    """People who start without registration."""

    async def ensure(self, actor: Actor) -> Actor:
        """The actor, if signed in; else a new guest, signed in by a cookie that goes out with the running response.

        Opens a transaction of its own: call it before yours. Answer with a redirect, since forms rendered in this
        very response would carry the token of the visitor without a session.
        """


class Sponsors(Protocol):
    """Letting people in among the sponsors. No other role is ever given here."""

    async def admit(self, actor: Actor) -> bool:
        """Make the actor a sponsor in the running transaction; False for one who is a sponsor already. The user stays
        locked until its end, so of several calls for one person the first alone is told True. Raises NotSignedIn,
        PersonOnly for API keys, GuestRefused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Benefit:
    """Something a user has beyond what is free, up to `ends_at` exclusively; for good when that is None.

    `title` and `text` are English phrases, which pages translate.
    """

    title: str
    text: str
    ends_at: datetime | None


class Benefits(Protocol):
    """What a neighbour lets users have beyond what is free, for their profile page."""

    async def of(self, user: UserId) -> Sequence[Benefit]:
        """Those that are in force now."""


class Traces(Protocol):
    """What a neighbour knows of its users' doings. Each context that keeps any answers for its own."""

    async def left_by(self, ids: Sequence[UserId]) -> set[UserId]:
        """Those of the users who did something that must not be forgotten."""


@dataclass(frozen=True, slots=True)
class GuestsForgotten:
    """Guests who did nothing and cannot come back are gone; whatever else names them may go too."""

    user_ids: tuple[UserId, ...]


@dataclass(frozen=True, slots=True)
class UserSignedUp:
    user_id: UserId
    at: datetime
    locale: str
    is_guest: bool


@dataclass(frozen=True, slots=True)
class ProfileChanged:
    """The parts of a profile that other contexts may use; None where the user has not said.

    `version` is the user's: events may come late and twice, and the greatest version is how things stand. `is_active`
    is False for an account that was switched off.
    """

    user_id: UserId
    at: datetime
    locale: str
    birth_year: int | None
    gender: str | None
    location: str | None
    ads_consent: bool
    version: int = 0
    is_active: bool = True
