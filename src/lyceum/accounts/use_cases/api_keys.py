"""Keys for programs."""

import secrets
from dataclasses import dataclass

import msgspec

from lyceum.accounts.api import SCOPES, Actor
from lyceum.accounts.domain.refusals import ApiKeyNotFound, BadFields, GuestRefused, TooManyKeys
from lyceum.accounts.domain.sessions import MAX_KEYS, SECRET_BYTES, ApiKey, ApiKeyId
from lyceum.accounts.ports import ApiKeys, Users
from lyceum.accounts.use_cases.entering import require_person
from lyceum.kernel.errors import FieldProblem
from lyceum.kernel.ids import uuid7
from lyceum.kernel.ports import Clock, Transaction


class NewApiKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    scopes: list[str]


@dataclass(frozen=True, slots=True)
class MadeApiKey:
    """A key and its text, which is shown this once."""

    key: ApiKey
    text: str


@dataclass(frozen=True, slots=True)
class CreateApiKey:
    """Make a key with the caller's roles, limited to the scopes.

    Refused: guests, keys that ask for keys, BadFields for an unknown scope or none, TooManyKeys.
    """

    users: Users
    keys: ApiKeys
    clock: Clock
    transaction: Transaction

    async def __call__(self, actor: Actor, new: NewApiKey) -> MadeApiKey:
        require_person(actor)
        unknown = sorted(set(new.scopes) - SCOPES.keys())
        if unknown or not new.scopes:
            raise BadFields(problems=[FieldProblem("scopes", "bad_scopes", "Choose at least one of the known scopes.")])
        key, text = ApiKey.make(
            ApiKeyId(uuid7()),
            actor.id,
            name=new.name,
            scopes=frozenset(new.scopes),
            secret=secrets.token_bytes(SECRET_BYTES),
            at=self.clock.now(),
        )
        async with self.transaction:
            user = await self.users.get_for_update(actor.id)
            if user.is_guest:
                raise GuestRefused
            if await self.keys.count(user.id) >= MAX_KEYS:
                raise TooManyKeys(limit=MAX_KEYS)
            await self.keys.add(key)
        return MadeApiKey(key, text)


@dataclass(frozen=True, slots=True)
class RevokeApiKey:
    """Put a key of the caller out of force, at once; raise ApiKeyNotFound."""

    keys: ApiKeys
    clock: Clock
    transaction: Transaction

    async def __call__(self, actor: Actor, id: ApiKeyId) -> None:
        require_person(actor)
        async with self.transaction:
            if not await self.keys.revoke(id, actor.id, self.clock.now()):
                raise ApiKeyNotFound
