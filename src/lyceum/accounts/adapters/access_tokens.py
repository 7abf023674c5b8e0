"""Access tokens: the actor inside a signed token, so that a bearer is known without a query."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

import msgspec

from lyceum.accounts.api import Actor, Role
from lyceum.accounts.domain.refusals import BadToken
from lyceum.kernel.ids import UserId
from lyceum.platform.security import SignedTokens, TokenRefused

USE = "access"


class Claims(msgspec.Struct, frozen=True):
    """What an access token says."""

    sub: UserId
    sid: UUID
    roles: list[Role]
    name: str
    locale: str
    guest: bool = False


@dataclass(frozen=True, slots=True)
class AccessTokens:
    tokens: SignedTokens
    seconds: int

    def issue(self, actor: Actor) -> str:
        """A token for an actor with a session."""
        if actor.session_id is None:
            raise ValueError("An access token belongs to a session.")
        claims = Claims(
            sub=actor.id,
            sid=actor.session_id,
            roles=sorted(actor.roles),
            name=actor.name,
            locale=actor.locale,
            guest=actor.is_guest,
        )
        return self.tokens.sign(msgspec.to_builtins(claims), self.seconds)

    def read(self, token: str) -> Actor:
        """The actor of a token that we signed and that has not run out; raise BadToken."""
        try:
            payload: Mapping[str, object] = self.tokens.read(token)
            claims = msgspec.convert(payload, Claims)
        except (TokenRefused, msgspec.ValidationError) as error:
            raise BadToken from error
        return Actor(
            id=claims.sub,
            roles=frozenset(claims.roles),
            name=claims.name,
            locale=claims.locale,
            is_guest=claims.guest,
            session_id=claims.sid,
        )
