"""Passwords, signed tokens, form tokens. The keys of each use are derived apart from the one secret."""

import asyncio
import hashlib
import hmac
import os
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import msgspec
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from lyceum.kernel.ports import Clock

MAX_TOKEN = 4096
REMEMBERED = 2048


@dataclass(frozen=True, slots=True)
class Argon2Passwords:
    """Argon2id with OWASP's parameters: 19 MiB and some 40 ms for a hash, in a thread, as many at once as there are
    processors."""

    hasher: PasswordHasher = field(
        default_factory=lambda: PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
    )
    room: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(os.cpu_count() or 1))
    _dummy: list[str] = field(default_factory=list)

    async def hash(self, password: str) -> str:
        return await self._apart(lambda: self.hasher.hash(_bytes(password)))

    async def verify(self, hash: str | None, password: str) -> bool:
        """Whether the password is right; takes as long for None, which no password matches."""
        if not self._dummy:
            self._dummy.append(await self.hash("nobody has this password"))
        right = await self._apart(lambda: self._verify(hash or self._dummy[0], _bytes(password)))
        return right and hash is not None

    def _verify(self, hash: str, password: bytes) -> bool:
        try:
            return self.hasher.verify(hash, password)
        except (VerificationError, InvalidHashError):
            return False

    async def _apart[T](self, work: Callable[[], T]) -> T:
        async with self.room:
            return await asyncio.to_thread(work)


def _bytes(password: str) -> bytes:
    return password.encode("utf-8", "surrogatepass")


class TokenRefused(Exception):
    """The token is forged, has run out, or is none of ours."""


@dataclass(frozen=True, slots=True)
class SignedTokens:
    """Short-lived JWTs, HS256 and nothing else: what the header asks for is not listened to.

    A token that was verified once is remembered, since checking the signature costs more than a query by key; its
    lifetime is checked every time.
    """

    secret: str
    clock: Clock
    use: str
    _verified: dict[str, Mapping[str, object]] = field(default_factory=dict)

    def sign(self, claims: Mapping[str, object], seconds: int) -> str:
        now = int(self.clock.now().timestamp())
        payload = {**claims, "iat": now, "exp": now + seconds}
        return jws.serialize_compact({"alg": "HS256", "typ": "JWT"}, msgspec.json.encode(payload), self._key())

    def read(self, token: str) -> Mapping[str, object]:
        """The claims; raise TokenRefused."""
        claims = self._verified.get(token)
        if claims is None:
            claims = self._verify(token)
            while len(self._verified) >= REMEMBERED:
                del self._verified[next(iter(self._verified))]
            self._verified[token] = claims
        expires = claims.get("exp")
        if not isinstance(expires, int) or expires <= self.clock.now().timestamp():
            self._verified.pop(token, None)
            raise TokenRefused
        return claims

    def _verify(self, token: str) -> Mapping[str, object]:
        if len(token) > MAX_TOKEN or not token.isascii():
            raise TokenRefused
        try:
            signed = jws.deserialize_compact(token, self._key(), algorithms=["HS256"])
            return msgspec.json.decode(signed.payload, type=dict[str, object])
        except (JoseError, ValueError, msgspec.MsgspecError) as error:
            raise TokenRefused from error

    def _key(self) -> OctKey:
        return _signing_key(self.secret, self.use)


@lru_cache(16)
def _signing_key(secret: str, use: str) -> OctKey:
    return OctKey.import_key(derived_key(secret, use))


def derived_key(secret: str, use: str) -> bytes:
    """A key of its own for each use, so that a token of one kind never passes for another."""
    if not secret:
        raise ValueError("There is no secret key: set LYCEUM_SECRET_KEY, or let `lyceum serve` make one.")
    return hashlib.sha256(f"lyceum.{use}:{secret}".encode()).digest()


@dataclass(frozen=True, slots=True)
class FormTokens:
    """Tokens that a page's forms carry, bound to the cookie of the visitor: a page elsewhere cannot know them."""

    secret: str

    def make(self, binding: str) -> str:
        mac = hmac.digest(derived_key(self.secret, "forms"), binding.encode("utf-8", "replace"), "sha256")
        return urlsafe_b64encode(mac).rstrip(b"=").decode()

    def is_good(self, token: str, binding: str) -> bool:
        return hmac.compare_digest(token.encode("utf-8", "replace"), self.make(binding).encode())
