"""Keys for programs."""

import re
from pathlib import Path

import pytest

import lyceum
from lyceum.accounts.api import SCOPES, Actor, NotSignedIn
from lyceum.accounts.domain.refusals import ApiKeyNotFound, BadFields, GuestRefused, PersonOnly, TooManyKeys
from lyceum.accounts.domain.sessions import ApiKeyId, digest
from lyceum.accounts.use_cases.api_keys import NewApiKey
from lyceum.kernel.ids import uuid7
from tests.accounts.fakes import House, a_caller

READ = NewApiKey("register", ["bank:read"])


async def test_a_key_is_shown_once_and_kept_hashed(house: House) -> None:
    masha = await house.enter_as(await house.a_user())
    made = await house.create_key(masha, READ)
    kept = house.keys.rows[made.key.id]
    assert made.text.startswith("lyk_")
    assert (kept.secret_hash, kept.hint, kept.scopes) == (digest(made.text), made.text[:8], ("bank:read",))
    assert made.text not in repr(kept)


@pytest.mark.parametrize(
    ("new", "field"),
    [
        (NewApiKey("x", []), "scopes"),
        (NewApiKey("x", ["everything"]), "scopes"),
        (NewApiKey(" ", ["bank:read"]), "name"),
        (NewApiKey("x" * 81, ["bank:read"]), "name"),
        (NewApiKey("a\x00", ["bank:read"]), "name"),
    ],
)
async def test_a_key_without_a_name_or_a_known_scope_is_refused(house: House, new: NewApiKey, field: str) -> None:
    masha = await house.enter_as(await house.a_user())
    with pytest.raises(BadFields) as refusal:
        await house.create_key(masha, new)
    assert [problem.loc for problem in refusal.value.problems] == [field]


async def test_guests_strangers_and_keys_get_no_key(house: House) -> None:
    user = await house.a_user()
    with pytest.raises(NotSignedIn):
        await house.create_key(Actor(), READ)
    with pytest.raises(GuestRefused):
        await house.create_key((await house.start_guest(a_caller())).actor, READ)
    with pytest.raises(PersonOnly):
        await house.create_key(Actor(user.id, scopes=frozenset({"account:write"})), READ)


async def test_a_user_has_at_most_twenty_keys_in_force(house: House) -> None:
    masha = await house.enter_as(await house.a_user())
    made = [await house.create_key(masha, READ) for _ in range(20)]
    with pytest.raises(TooManyKeys):
        await house.create_key(masha, READ)
    await house.revoke_key(masha, made[0].key.id)
    await house.create_key(masha, READ)


async def test_one_revokes_ones_own_keys_once(house: House) -> None:
    masha = await house.enter_as(await house.a_user())
    petya = await house.enter_as(await house.a_user("petya@example.org"))
    made = await house.create_key(masha, READ)
    for who, id in ((petya, made.key.id), (masha, ApiKeyId(uuid7()))):
        with pytest.raises(ApiKeyNotFound):
            await house.revoke_key(who, id)
    await house.revoke_key(masha, made.key.id)
    with pytest.raises(ApiKeyNotFound):
        await house.revoke_key(masha, made.key.id)


def test_every_scope_that_a_use_case_asks_for_can_be_given() -> None:
    """Whether the call names the scope itself, or a rule of its context does."""
    home, kinds = Path(lyceum.__file__).parent, "|".join({scope.partition(":")[2] for scope in SCOPES})
    texts = [it.read_text(encoding="utf-8") for it in home.rglob("*.py") if it != home / "accounts" / "api.py"]
    asked = {scope for text in texts for scope in re.findall(rf'"([a-z]+:(?:{kinds}))"', text)}
    asked |= {scope for text in texts for scope in re.findall(r'scope="([^"]+)"', text)}
    assert asked == set(SCOPES)
