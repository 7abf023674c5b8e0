"""What proves who is calling: sessions of pages, families of refresh tokens, API keys, one-time links.

Secrets are random, shown once and stored hashed; SHA-256 is enough for 256 random bits.
"""

import hashlib
import hmac
from base64 import b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType, Self
from uuid import UUID

from lyceum.accounts.domain.credentials import is_plain
from lyceum.accounts.domain.refusals import BadFields
from lyceum.kernel.errors import FieldProblem
from lyceum.kernel.ids import UserId

SessionId = NewType("SessionId", UUID)
ApiKeyId = NewType("ApiKeyId", UUID)
SECRET_BYTES = 32
KEY_PREFIX = "lyk_"
MAX_KEYS = 20
MAX_KEY_NAME = 80


def digest(secret: bytes | str) -> str:
    """How a secret is stored."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass") if isinstance(secret, str) else secret).hexdigest()


def encode_secret(secret: bytes) -> str:
    return urlsafe_b64encode(secret).rstrip(b"=").decode()


@dataclass(frozen=True, slots=True)
class SessionToken:
    """What the client holds: which session, and the secret that proves it."""

    id: SessionId
    secret: bytes

    def __str__(self) -> str:
        return encode_secret(self.id.bytes + self.secret)

    @classmethod
    def read(cls, text: str) -> Self | None:
        """None for what cannot be a token."""
        try:
            raw = b64decode(text.encode(), altchars=b"-_", validate=True)
        except ValueError:
            return None
        if len(raw) != 16 + SECRET_BYTES:
            return None
        return cls(SessionId(UUID(bytes=raw[:16])), raw[16:])


class SessionKind(StrEnum):
    PAGES = "pages"
    TOKENS = "tokens"


@dataclass(eq=False, kw_only=True)
class Session:
    """A sign-in on one device. Of kind `pages`: a cookie. Of kind `tokens`: a family of refresh tokens, of which only
    the newest is good; an older one ends the family."""

    id: SessionId
    user_id: UserId
    kind: SessionKind
    secret_hash: str
    device: str
    started_at: datetime
    last_used_at: datetime
    expires_at: datetime
    ended_at: datetime | None = None

    @classmethod
    def start(
        cls, token: SessionToken, user_id: UserId, kind: SessionKind, *, device: str, at: datetime, lasts: timedelta
    ) -> Self:
        return cls(
            id=token.id,
            user_id=user_id,
            kind=kind,
            secret_hash=digest(token.secret),
            device="".join(char for char in device if is_plain(char))[:200],
            started_at=at,
            last_used_at=at,
            expires_at=at + lasts,
        )

    def is_alive(self, at: datetime) -> bool:
        return self.ended_at is None and at < self.expires_at

    def proved_by(self, token: SessionToken) -> bool:
        return hmac.compare_digest(self.secret_hash, digest(token.secret))


@dataclass(eq=False, kw_only=True)
class ApiKey:
    """A key of a user's programs: the user's roles, narrowed to `scopes`. `hint` is its beginning, to tell it by."""

    id: ApiKeyId
    user_id: UserId
    name: str
    hint: str
    secret_hash: str
    scopes: tuple[str, ...]
    created_at: datetime
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None

    @classmethod
    def make(
        cls, id: ApiKeyId, user_id: UserId, *, name: str, scopes: frozenset[str], secret: bytes, at: datetime
    ) -> tuple[Self, str]:
        """The key, and its text, which nobody can read again; raise BadFields for the name."""
        name = name.strip()
        if not 1 <= len(name) <= MAX_KEY_NAME or not is_plain(name):
            problem = FieldProblem("name", "bad_name", "Name the key in 1 to 80 characters, by what uses it.")
            raise BadFields(problems=[problem])
        text = KEY_PREFIX + encode_secret(secret)
        key = cls(
            id=id,
            user_id=user_id,
            name=name,
            hint=text[: len(KEY_PREFIX) + 4],
            secret_hash=digest(text),
            scopes=tuple(sorted(scopes)),
            created_at=at,
        )
        return key, text


@dataclass(eq=False, kw_only=True)
class Link:
    """A link that signs a user in once."""

    secret_hash: str
    user_id: UserId
    expires_at: datetime
    used_at: datetime | None = None
