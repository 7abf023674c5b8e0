"""Who is calling: the actor behind a request, by bearer token, API key, session cookie or the open door."""

import hmac
from dataclasses import dataclass

from sqlalchemy import bindparam, select

from lyceum.accounts.adapters.access_tokens import AccessTokens
from lyceum.accounts.adapters.csrf import HEADER, SAFE
from lyceum.accounts.adapters.last_use import LastUse
from lyceum.accounts.adapters.open_door import OpenDoor
from lyceum.accounts.adapters.tables import api_keys, sessions, users
from lyceum.accounts.adapters.visits import Visit
from lyceum.accounts.api import Actor
from lyceum.accounts.domain.refusals import BadToken, FormRefused
from lyceum.accounts.domain.sessions import KEY_PREFIX, SessionKind, SessionToken, digest
from lyceum.kernel.ids import UserId
from lyceum.kernel.ports import Clock
from lyceum.platform.database import Database
from lyceum.platform.http_errors import AnyRequest
from lyceum.platform.security import FormTokens
from lyceum.platform.settings import Settings

_USER = (users.c.id, users.c.roles, users.c.name, users.c.locale, users.c.is_guest)
_OF_SESSION = (
    select(*_USER, sessions.c.secret_hash)
    .join(sessions, sessions.c.user_id == users.c.id)
    .where(
        sessions.c.id == bindparam("id"),
        sessions.c.kind == SessionKind.PAGES,
        sessions.c.ended_at.is_(None),
        sessions.c.expires_at > bindparam("now"),
        users.c.disabled_at.is_(None),
    )
)
_OF_KEY = (
    select(*_USER, api_keys.c.id.label("key_id"), api_keys.c.scopes)
    .join(api_keys, api_keys.c.user_id == users.c.id)
    .where(
        api_keys.c.secret_hash == bindparam("secret_hash"),
        api_keys.c.revoked_at.is_(None),
        users.c.disabled_at.is_(None),
    )
)
"""Built once: to build a statement costs more than to run it."""


@dataclass(frozen=True, slots=True)
class Proofs:
    """Sessions and keys as the database has them."""

    database: Database
    clock: Clock
    last_use: LastUse

    async def session(self, text: str) -> Actor | None:
        """The actor of a living session of pages, None for any other text."""
        token = SessionToken.read(text)
        if token is None:
            return None
        async with self.database.read() as connection:
            row = (await connection.execute(_OF_SESSION, {"id": token.id, "now": self.clock.now()})).first()
        if row is None or not hmac.compare_digest(row.secret_hash, digest(token.secret)):
            return None
        id = UserId(row.id)
        self.last_use.note(id, session_id=token.id)
        return Actor(id, row.roles, row.name, row.locale, "web", row.is_guest, session_id=token.id)

    async def api_key(self, text: str) -> Actor:
        """The actor of a key in force; raise BadToken."""
        async with self.database.read() as connection:
            row = (await connection.execute(_OF_KEY, {"secret_hash": digest(text)})).first()
        if row is None:
            raise BadToken
        id = UserId(row.id)
        self.last_use.note(id, api_key_id=row.key_id)
        return Actor(id, row.roles, row.name, row.locale, scopes=frozenset(row.scopes))


@dataclass(frozen=True, slots=True)
class Authentication:
    """Finds the actor of one request.

    Credentials that are sent and no good raise BadToken, except a cookie: browsers keep sending those. Without any the
    actor is anonymous. A cookie that changes something under /api must come with the form token (FormRefused).
    """

    visit: Visit
    access_tokens: AccessTokens
    proofs: Proofs
    form_tokens: FormTokens
    open_door: OpenDoor

    async def actor(self) -> Actor:
        headers = self.visit.request.headers
        if (authorization := headers.get("authorization")) is not None:
            scheme, _, credentials = authorization.strip().partition(" ")
            if scheme.lower() != "bearer":
                raise BadToken
            return await self._bearer(credentials.strip())
        if (key := headers.get("x-api-key")) is not None:
            return await self.proofs.api_key(key.strip())
        if (cookie := self.visit.session_cookie) and (actor := await self.proofs.session(cookie)):
            self._require_form_token()
            return actor
        return await self.open_door.operator() if self.open_door.admits(self.visit) else Actor()

    async def _bearer(self, credentials: str) -> Actor:
        if credentials.startswith(KEY_PREFIX):
            return await self.proofs.api_key(credentials)
        actor = self.access_tokens.read(credentials)
        self.proofs.last_use.note(actor.id, session_id=actor.session_id)
        return actor

    def _require_form_token(self) -> None:
        request = self.visit.request
        if request.method in SAFE or not request.url.path.startswith("/api/"):
            return
        if not self.form_tokens.is_good(request.headers.get(HEADER, ""), self.visit.binding):
            raise FormRefused


@dataclass(frozen=True, slots=True)
class RequestCallers:
    """`api.Callers`."""

    settings: Settings
    access_tokens: AccessTokens
    proofs: Proofs
    form_tokens: FormTokens
    open_door: OpenDoor

    async def actor(self, request: AnyRequest) -> Actor:
        visit = Visit(request, self.settings)
        found = Authentication(visit, self.access_tokens, self.proofs, self.form_tokens, self.open_door)
        return await found.actor()
