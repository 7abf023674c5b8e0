"""Accounts without I/O: ports in memory, a clock that is set by hand, a house with all use cases in it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Self

from lyceum.accounts.api import Actor, Role
from lyceum.accounts.domain.refusals import EmailTaken, UserNotFound
from lyceum.accounts.domain.sessions import ApiKey, ApiKeyId, Link, Session, SessionId, SessionKind
from lyceum.accounts.domain.users import User
from lyceum.accounts.ports import Credentials
from lyceum.accounts.use_cases.api_keys import CreateApiKey, RevokeApiKey
from lyceum.accounts.use_cases.entering import Caller, Doorway, Entry, Gate, PasswordCheck
from lyceum.accounts.use_cases.operator_link import EnterByLink, MakeOperatorLink
from lyceum.accounts.use_cases.profile import ChangePassword, ChangeProfile
from lyceum.accounts.use_cases.sign_in import EndSession, Refresh, SignIn, SignInForm, SignOut
from lyceum.accounts.use_cases.sign_up import NewAccount, SignUp, StartGuest
from lyceum.accounts.use_cases.users import ChangeUser, CreateUser, GrantRole, RevokeRole
from lyceum.kernel.ids import UserId, uuid7
from lyceum.platform.cache import MemoryLimits
from lyceum.platform.settings import Settings

PASSWORD = "correct horse battery"
START = datetime(2026, 9, 1, 8, 0, tzinfo=UTC)
OPERATOR = Actor(UserId(uuid7()), frozenset({Role.OPERATOR}), "operator", channel="cli")


@dataclass
class HandClock:
    """Stands still until it is moved."""

    moment: datetime = START

    def now(self) -> datetime:
        return self.moment

    def seconds(self) -> float:
        return self.moment.timestamp()

    def pass_(self, **span: float) -> None:
        self.moment += timedelta(**span)


@dataclass
class FakeTransaction:
    """Counts what was committed; `is_open` while inside."""

    commits: int = 0
    is_open: bool = False

    async def __aenter__(self) -> Self:
        assert not self.is_open, "transactions are not nested"
        self.is_open = True
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        self.is_open = False
        self.commits += kind is None


@dataclass
class FakeOutbox:
    events: list[object] = field(default_factory=list)

    def add(self, event: object) -> None:
        self.events.append(event)


@dataclass
class FakePasswords:
    """Hashes by putting a word before; counts the checks, and refuses to be slow while a transaction is open."""

    transaction: FakeTransaction = field(default_factory=FakeTransaction)
    checks: list[str | None] = field(default_factory=list)

    async def hash(self, password: str) -> str:
        assert not self.transaction.is_open
        return f"hash of {password}"

    async def verify(self, hash: str | None, password: str) -> bool:
        assert not self.transaction.is_open
        self.checks.append(hash)
        return hash == f"hash of {password}"


@dataclass
class FakeUsers:
    rows: dict[UserId, User] = field(default_factory=dict)

    async def get_for_update(self, id: UserId) -> User:
        if id not in self.rows:
            raise UserNotFound
        return self.rows[id]

    async def find_for_update(self, email: str) -> User | None:
        return next((user for user in self.rows.values() if user.email == email), None)

    async def add(self, user: User) -> None:
        self._require_free(user)
        self.rows[user.id] = user

    async def save(self, user: User) -> None:
        self._require_free(user)
        user.version += 1

    async def operators_for_update(self) -> Sequence[UserId]:
        operators = [user for user in self.rows.values() if Role.OPERATOR in user.roles and user.disabled_at is None]
        return sorted(user.id for user in operators)

    def _require_free(self, user: User) -> None:
        if user.email and any(other.email == user.email and other is not user for other in self.rows.values()):
            raise EmailTaken

    async def of_email(self, email: str) -> Credentials | None:
        user = await self.find_for_update(email)
        return Credentials(user.id, user.password_hash, user.email) if user else None

    async def of_user(self, id: UserId) -> Credentials | None:
        user = self.rows.get(id)
        return Credentials(user.id, user.password_hash, user.email) if user else None


@dataclass
class FakeSessions:
    rows: dict[SessionId, Session] = field(default_factory=dict)

    async def add(self, session: Session) -> None:
        self.rows[session.id] = session

    async def find(self, id: SessionId) -> Session | None:
        return self.rows.get(id)

    async def rotate(self, id: SessionId, old_hash: str, new_hash: str, *, at: datetime, expires_at: datetime) -> bool:
        session = self.rows.get(id)
        if session is None or not session.is_alive(at) or session.secret_hash != old_hash:
            return False
        session.secret_hash, session.last_used_at, session.expires_at = new_hash, at, expires_at
        return True

    async def end(self, id: SessionId, user_id: UserId, at: datetime) -> bool:
        session = self.rows.get(id)
        if session is None or session.user_id != user_id or session.ended_at is not None:
            return False
        session.ended_at = at
        return True

    async def end_all(self, user_id: UserId, at: datetime, *, but: SessionId | None = None) -> None:
        for session in self.rows.values():
            if session.user_id == user_id and session.id != but:
                session.ended_at = session.ended_at or at

    def alive(self, user_id: UserId, at: datetime) -> list[Session]:
        return [session for session in self.rows.values() if session.user_id == user_id and session.is_alive(at)]


@dataclass
class FakeApiKeys:
    rows: dict[ApiKeyId, ApiKey] = field(default_factory=dict)

    async def add(self, key: ApiKey) -> None:
        self.rows[key.id] = key

    async def count(self, user_id: UserId) -> int:
        return len([key for key in self.rows.values() if key.user_id == user_id and key.revoked_at is None])

    async def revoke(self, id: ApiKeyId, user_id: UserId, at: datetime) -> bool:
        key = self.rows.get(id)
        if key is None or key.user_id != user_id or key.revoked_at is not None:
            return False
        key.revoked_at = at
        return True


@dataclass
class FakeLinks:
    rows: dict[str, Link] = field(default_factory=dict)

    async def add(self, link: Link) -> None:
        self.rows[link.secret_hash] = link

    async def spend(self, secret_hash: str, at: datetime) -> UserId | None:
        link = self.rows.get(secret_hash)
        if link is None or link.used_at is not None or link.expires_at <= at:
            return None
        link.used_at = at
        return link.user_id


class House:
    """All use cases over the fakes."""

    def __init__(self) -> None:
        self.settings = Settings(secret_key="k" * 32, login_limit=5, signup_limit=3, session_days=30)
        self.clock = HandClock()
        self.transaction = FakeTransaction()
        self.outbox = FakeOutbox()
        self.users, self.sessions = FakeUsers(), FakeSessions()
        self.keys, self.links = FakeApiKeys(), FakeLinks()
        self.passwords = FakePasswords(self.transaction)
        gate = Gate(MemoryLimits(self.clock.seconds), self.settings)
        check = PasswordCheck(gate, self.users, self.passwords)
        door = Doorway(self.sessions, self.settings)
        users, clock, transaction = self.users, self.clock, self.transaction
        self.sign_up = SignUp(check, users, door, self.outbox, clock, transaction)
        self.start_guest = StartGuest(gate, users, door, self.outbox, clock, transaction)
        self.sign_in = SignIn(check, users, door, clock, transaction)
        self.refresh = Refresh(users, door, clock, transaction)
        self.sign_out = SignOut(self.sessions, clock, transaction)
        self.end_session = EndSession(self.sessions, clock, transaction)
        self.change_profile = ChangeProfile(users, self.outbox, clock, transaction)
        self.change_password = ChangePassword(check, users, self.sessions, clock, transaction)
        self.create_key = CreateApiKey(users, self.keys, clock, transaction)
        self.revoke_key = RevokeApiKey(self.keys, clock, transaction)
        self.change_user = ChangeUser(users, self.sessions, self.outbox, clock, transaction)
        self.grant, self.revoke = GrantRole(users, transaction), RevokeRole(users, transaction)
        self.create_user = CreateUser(self.passwords, users, self.outbox, clock, transaction)
        self.make_link = MakeOperatorLink(users, self.links, clock, self.settings, transaction)
        self.enter_by_link = EnterByLink(users, self.links, door, clock, transaction)

    async def a_user(self, email: str = "masha@example.org", *, roles: frozenset[Role] = frozenset()) -> User:
        new = NewAccount(email=email, password=PASSWORD, name="Маша")
        return self.users.rows[await self.create_user(OPERATOR, new, roles)]

    async def enter(self, email: str = "masha@example.org", password: str = PASSWORD, **caller: str) -> Entry:
        return await self.sign_in(Actor(), SignInForm(email, password), a_caller(**caller))

    async def enter_as(self, user: User) -> Actor:
        return (await self.enter(user.email or "")).actor


def a_caller(address: str = "203.0.113.7", device: str = "tests", locale: str = "ru", kind: str = "tokens") -> Caller:
    return Caller(address=address, device=device, kind=SessionKind(kind), locale=locale)
