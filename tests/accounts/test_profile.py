"""What users change about themselves."""

import pytest

from lyceum.accounts.api import Actor, NotSignedIn, ProfileChanged, ScopeMissing
from lyceum.accounts.domain.refusals import BadFields, GuestRefused, WrongCredentials, WrongPassword
from lyceum.accounts.use_cases.profile import NewPassword, ProfileChanges
from lyceum.platform.http_errors import PreconditionFailed, TooMany
from tests.accounts.fakes import PASSWORD, House, a_caller

ADDRESS = "203.0.113.7"


async def test_only_what_is_given_changes_and_the_neighbours_hear_of_it(house: House) -> None:
    masha = await house.enter_as(await house.a_user())
    await house.change_profile(masha, ProfileChanges(birth_year=2009, gender="female", location=" Тула "))
    await house.change_profile(masha, ProfileChanges(gender=None, ads_consent=True))
    profile = house.users.rows[masha.id].profile
    assert (profile.name, profile.birth_year, profile.gender, profile.location) == ("Маша", 2009, None, "Тула")
    heard = [event for event in house.outbox.events if isinstance(event, ProfileChanged)]
    assert [(event.gender, event.ads_consent) for event in heard] == [("female", False), (None, True)]


async def test_a_change_that_changes_nothing_is_no_event(house: House) -> None:
    masha = await house.enter_as(await house.a_user())
    version = house.users.rows[masha.id].version
    assert await house.change_profile(masha, ProfileChanges(name=" Маша ")) == version
    assert not any(isinstance(event, ProfileChanged) for event in house.outbox.events)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        (ProfileChanges(name=""), "name"),
        (ProfileChanges(name="x" * 101), "name"),
        (ProfileChanges(name="a\x00b"), "name"),
        (ProfileChanges(locale="de"), "locale"),
        (ProfileChanges(birth_year=1900), "birth_year"),
        (ProfileChanges(birth_year=2024), "birth_year"),
        (ProfileChanges(birth_year=10**30), "birth_year"),
        (ProfileChanges(gender="yes"), "gender"),
        (ProfileChanges(location=""), "location"),
        (ProfileChanges(location="x" * 101), "location"),
    ],
)
async def test_a_faulty_field_is_named_and_nothing_is_kept(house: House, changes: ProfileChanges, field: str) -> None:
    masha = await house.enter_as(await house.a_user())
    with pytest.raises(BadFields) as refusal:
        await house.change_profile(masha, changes)
    assert [problem.loc for problem in refusal.value.problems] == [field]
    assert house.users.rows[masha.id].profile.name == "Маша"


async def test_a_change_over_something_unseen_is_refused(house: House) -> None:
    masha = await house.enter_as(await house.a_user())
    seen = house.users.rows[masha.id].version
    await house.change_profile(masha, ProfileChanges(name="Мария"), seen)
    with pytest.raises(PreconditionFailed) as refusal:
        await house.change_profile(masha, ProfileChanges(name="Маруся"), seen)
    assert refusal.value.facts["version"] == seen + 1


async def test_nobody_and_a_key_without_the_scope_change_nothing(house: House) -> None:
    user = await house.a_user()
    with pytest.raises(NotSignedIn):
        await house.change_profile(Actor(), ProfileChanges(name="x"))
    with pytest.raises(ScopeMissing):
        await house.change_profile(Actor(user.id, scopes=frozenset({"account:read"})), ProfileChanges(name="x"))


async def test_a_new_password_works_and_ends_the_other_sessions(house: House) -> None:
    user = await house.a_user()
    here = await house.enter()
    await house.enter()
    await house.change_password(here.actor, NewPassword(PASSWORD, "another horse"), ADDRESS)
    assert [session.id for session in house.sessions.alive(user.id, house.clock.now())] == [here.actor.session_id]
    await house.enter(password="another horse")
    with pytest.raises(WrongCredentials):
        await house.enter()


async def test_without_the_present_password_there_is_no_new_one(house: House) -> None:
    masha = await house.enter_as(await house.a_user())
    for _ in range(5):
        with pytest.raises(WrongPassword):
            await house.change_password(masha, NewPassword("wrong password", "another horse"), ADDRESS)
    with pytest.raises(TooMany):
        await house.change_password(masha, NewPassword(PASSWORD, "another horse"), ADDRESS)


async def test_a_bad_new_password_is_refused_by_its_field(house: House) -> None:
    masha = await house.enter_as(await house.a_user())
    with pytest.raises(BadFields) as refusal:
        await house.change_password(masha, NewPassword(PASSWORD, "masha@example.org"), ADDRESS)
    assert [(problem.loc, problem.code) for problem in refusal.value.problems] == [("new", "same_as_email")]


async def test_a_guest_has_no_password_to_change(house: House) -> None:
    guest = (await house.start_guest(a_caller())).actor
    with pytest.raises(GuestRefused):
        await house.change_password(guest, NewPassword("", "another horse"), ADDRESS)
