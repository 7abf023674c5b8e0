"""Becoming a user, with and without registration."""

import pytest

from lyceum.accounts.api import Actor, Role, UserSignedUp
from lyceum.accounts.domain.refusals import BadFields, EmailTaken
from lyceum.accounts.use_cases.profile import ProfileChanges
from lyceum.accounts.use_cases.sign_up import NewAccount
from lyceum.platform.http_errors import TooMany
from tests.accounts.fakes import OPERATOR, PASSWORD, START, House, a_caller


def a_form(email: str = "Masha@Example.org", password: str = PASSWORD, **other: str) -> NewAccount:
    return NewAccount(email=email, password=password, **other)


async def test_signing_up_makes_a_learner_who_is_signed_in(house: House) -> None:
    entry = await house.sign_up(Actor(), a_form(), a_caller())
    user = house.users.rows[entry.actor.id]
    assert (user.email, user.profile.name, user.is_guest) == ("masha@example.org", "masha", False)
    assert user.roles == entry.actor.roles == {Role.LEARNER}
    assert (user.registered_at, user.last_used_at) == (START, START)
    assert house.sessions.alive(user.id, START)[0].id == entry.actor.session_id
    assert house.outbox.events == [UserSignedUp(user.id, START, "ru", is_guest=False)]
    assert house.transaction.commits == 1


async def test_the_password_is_kept_hashed_only(house: House) -> None:
    entry = await house.sign_up(Actor(), a_form(), a_caller())
    assert house.users.rows[entry.actor.id].password_hash == f"hash of {PASSWORD}"


async def test_every_faulty_field_is_named_at_once_and_nothing_is_kept(house: House) -> None:
    with pytest.raises(BadFields) as refusal:
        await house.sign_up(Actor(), a_form("nobody", "short", name="a\nb", locale="de"), a_caller())
    assert [problem.loc for problem in refusal.value.problems] == ["email", "password", "name", "locale"]
    assert not house.users.rows
    assert not house.transaction.commits


async def test_an_address_in_another_spelling_is_taken(house: House) -> None:
    await house.a_user("masha@example.org")
    with pytest.raises(EmailTaken):
        await house.sign_up(Actor(), a_form("MASHA@EXAMPLE.ORG"), a_caller())
    assert len(house.users.rows) == 1


async def test_a_guest_who_signs_up_keeps_their_id_and_the_guest_session_ends(house: House) -> None:
    guest = (await house.start_guest(a_caller(kind="pages"))).actor
    house.clock.pass_(hours=2)
    await house.change_profile(guest, ProfileChanges(name="?", birth_year=2009, ads_consent=True))
    entry = await house.sign_up(guest, a_form(name="Маша"), a_caller(kind="pages"))
    user = house.users.rows[guest.id]
    assert (user.profile.birth_year, user.profile.ads_consent) == (2009, True), "what was said as a guest stays"
    assert entry.actor.id == guest.id
    assert (user.is_guest, user.profile.name, user.registered_at) == (False, "Маша", house.clock.now())
    assert [session.id for session in house.sessions.alive(guest.id, house.clock.now())] == [entry.actor.session_id]
    assert [event.is_guest for event in house.outbox.events if isinstance(event, UserSignedUp)] == [True, False]


async def test_a_guest_whose_address_is_taken_stays_a_guest(house: House) -> None:
    await house.a_user("masha@example.org")
    guest = (await house.start_guest(a_caller())).actor
    commits = house.transaction.commits
    with pytest.raises(EmailTaken):
        await house.sign_up(guest, a_form(), a_caller())
    assert house.transaction.commits == commits


async def test_a_registered_user_who_signs_up_again_makes_another_account(house: House) -> None:
    masha = await house.enter_as(await house.a_user("masha@example.org"))
    entry = await house.sign_up(masha, a_form("petya@example.org"), a_caller())
    assert entry.actor.id != masha.id
    assert house.users.rows[masha.id].email == "masha@example.org"


async def test_an_api_key_upgrades_nobody(house: House) -> None:
    guest = (await house.start_guest(a_caller())).actor
    keyed = Actor(guest.id, guest.roles, scopes=frozenset({"account:write"}))
    assert (await house.sign_up(keyed, a_form(), a_caller())).actor.id != guest.id


async def test_too_many_sign_ups_from_one_network_are_refused_for_the_rest_of_the_hour(house: House) -> None:
    for number in range(3):
        await house.sign_up(Actor(), a_form(f"u{number}@example.org"), a_caller("2001:db8::1"))
    with pytest.raises(TooMany) as refusal:
        await house.sign_up(Actor(), a_form("u4@example.org"), a_caller("2001:db8::ffff"))
    assert refusal.value.facts["retry_after"] == 3600
    await house.sign_up(Actor(), a_form("u5@example.org"), a_caller("2001:db8:0:1::1"))
    house.clock.pass_(hours=1)
    await house.sign_up(Actor(), a_form("u4@example.org"), a_caller("2001:db8::1"))


async def test_a_faulty_form_does_not_count_against_the_limit(house: House) -> None:
    for _ in range(10):
        with pytest.raises(BadFields):
            await house.sign_up(Actor(), a_form("nobody"), a_caller())
    await house.sign_up(Actor(), a_form(), a_caller())


async def test_a_guest_has_a_session_and_no_address(house: House) -> None:
    entry = await house.start_guest(a_caller(kind="pages", locale="en"))
    guest = house.users.rows[entry.actor.id]
    assert (guest.email, guest.password_hash, guest.is_guest, guest.profile.locale) == (None, None, True, "en")
    assert (entry.actor.is_guest, entry.actor.channel, entry.actor.roles) == (True, "web", {Role.LEARNER})


async def test_guests_from_one_network_are_limited_too(house: House) -> None:
    for _ in range(30):
        await house.start_guest(a_caller())
    with pytest.raises(TooMany):
        await house.start_guest(a_caller())


async def test_the_command_line_makes_users_with_roles(house: House) -> None:
    id = await house.create_user(OPERATOR, a_form(), frozenset({Role.AUTHOR}))
    assert house.users.rows[id].roles == {Role.LEARNER, Role.AUTHOR}
    assert house.sessions.rows == {}
