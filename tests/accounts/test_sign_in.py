"""Coming in, going on, going out."""

import pytest

from lyceum.accounts.api import Actor, Role
from lyceum.accounts.domain.refusals import (
    AccountDisabled,
    PersonOnly,
    SessionNotFound,
    SessionOver,
    WrongCredentials,
)
from lyceum.accounts.domain.sessions import SessionId, SessionToken, digest
from lyceum.accounts.use_cases.sign_in import SignInForm
from lyceum.accounts.use_cases.users import UserChanges
from lyceum.kernel.ids import uuid7
from lyceum.platform.http_errors import TooMany
from tests.accounts.fakes import OPERATOR, PASSWORD, House, a_caller


async def test_the_right_password_starts_a_session(house: House) -> None:
    user = await house.a_user()
    house.clock.pass_(days=3)
    entry = await house.enter(" MASHA@example.org ")
    assert (entry.actor.id, entry.actor.name, entry.actor.channel) == (user.id, "Маша", "rest")
    assert user.last_used_at == house.clock.now()


async def test_a_wrong_password_and_an_unknown_address_are_refused_alike(house: House) -> None:
    user = await house.a_user()
    for email in ("masha@example.org", "nobody@example.org", "no address", "nul\x00@example.org"):
        with pytest.raises(WrongCredentials):
            await house.enter(email, "wrong password")
    assert house.passwords.checks == [user.password_hash, None, None, None], "each costs one check of a hash"


async def test_a_guest_cannot_be_signed_in_to(house: House) -> None:
    await house.start_guest(a_caller())
    with pytest.raises(WrongCredentials):
        await house.enter("", "")


async def test_a_hundred_wrong_passwords_lock_nobody_out_for_good(house: House) -> None:
    await house.a_user()
    refusals: list[type[Exception]] = []
    for _ in range(100):
        try:
            await house.enter(password="wrong password")
        except (WrongCredentials, TooMany) as refusal:
            refusals.append(type(refusal))
    assert refusals == [WrongCredentials] * 5 + [TooMany] * 95
    with pytest.raises(TooMany) as refused:
        await house.enter()
    assert refused.value.facts["retry_after"] == 900
    assert len(house.passwords.checks) == 5, "beyond the limit no password is looked at"
    house.clock.pass_(seconds=900)
    assert (await house.enter()).actor.name == "Маша"


async def test_the_right_password_forgives_the_wrong_ones(house: House) -> None:
    await house.a_user()
    for _ in range(3):
        for _ in range(4):
            with pytest.raises(WrongCredentials):
                await house.enter(password="wrong password")
        await house.enter()


async def test_one_network_may_fail_ten_times_as_often_over_all_accounts(house: House) -> None:
    await house.a_user()
    for number in range(50):
        with pytest.raises(WrongCredentials):
            await house.enter(f"u{number}@example.org", "wrong password")
    with pytest.raises(TooMany):
        await house.enter("u99@example.org")
    with pytest.raises(TooMany):
        await house.enter()
    assert (await house.enter(address="198.51.100.1")).actor.name == "Маша"


async def test_a_class_behind_one_address_signs_in(house: House) -> None:
    for number in range(60):
        await house.a_user(f"u{number}@example.org")
        await house.enter(f"u{number}@example.org")


async def test_a_disabled_account_is_told_so_after_the_right_password_only(house: House) -> None:
    user = await house.a_user()
    await house.change_user(OPERATOR, user.id, UserChanges(disabled=True))
    with pytest.raises(AccountDisabled):
        await house.enter()
    with pytest.raises(WrongCredentials):
        await house.enter(password="wrong password")


async def test_signing_in_ends_the_session_that_came_with_the_form(house: House) -> None:
    await house.a_user()
    guest = (await house.start_guest(a_caller(kind="pages"))).actor
    await house.sign_in(guest, SignInForm("masha@example.org", PASSWORD), a_caller(kind="pages"))
    assert house.sessions.alive(guest.id, house.clock.now()) == []


async def test_secrets_are_stored_hashed(house: House) -> None:
    await house.a_user()
    entry = await house.enter()
    token = SessionToken.read(entry.token)
    assert token is not None
    session = house.sessions.rows[token.id]
    assert session.secret_hash == digest(token.secret)
    assert entry.token not in repr(session)


async def test_a_refresh_token_is_good_for_the_next_one(house: House) -> None:
    await house.a_user()
    first = await house.enter()
    house.clock.pass_(days=29)
    second = await house.refresh(first.token)
    house.clock.pass_(days=29)
    third = await house.refresh(second.token)
    assert len({first.token, second.token, third.token}) == 3
    assert {entry.actor.session_id for entry in (first, second, third)} == {first.actor.session_id}


async def test_a_used_refresh_token_ends_the_family_and_the_end_is_committed(house: House) -> None:
    user = await house.a_user()
    first = await house.enter()
    second = await house.refresh(first.token)
    commits = house.transaction.commits
    with pytest.raises(SessionOver):
        await house.refresh(first.token)
    assert house.transaction.commits == commits + 1
    with pytest.raises(SessionOver):
        await house.refresh(second.token)
    assert house.sessions.alive(user.id, house.clock.now()) == []


async def test_a_session_that_is_not_used_runs_out(house: House) -> None:
    await house.a_user()
    entry = await house.enter()
    house.clock.pass_(days=30)
    with pytest.raises(SessionOver):
        await house.refresh(entry.token)


async def test_a_page_session_is_no_refresh_token(house: House) -> None:
    await house.a_user()
    entry = await house.enter(kind="pages")
    with pytest.raises(SessionOver):
        await house.refresh(entry.token)


@pytest.mark.parametrize("text", ["", "x", "a" * 64, "ж" * 64, "A" * 63 + "=", "A" * 10_000, "\x00" * 64])
async def test_what_is_no_token_is_refused(house: House, text: str) -> None:
    with pytest.raises(SessionOver):
        await house.refresh(text)


async def test_a_disabled_user_cannot_go_on(house: House) -> None:
    user = await house.a_user()
    entry = await house.enter()
    user.disabled_at = house.clock.now()
    with pytest.raises(SessionOver):
        await house.refresh(entry.token)


async def test_the_roles_of_the_moment_go_into_the_next_token(house: House) -> None:
    await house.a_user()
    entry = await house.enter()
    await house.grant(OPERATOR, "masha@example.org", Role.AUTHOR)
    assert (await house.refresh(entry.token)).actor.has(Role.AUTHOR)


async def test_signing_out_ends_this_session_only_or_all(house: House) -> None:
    user = await house.a_user()
    here = await house.enter()
    for _ in range(2):
        await house.enter()
    await house.sign_out(here.actor)
    assert len(house.sessions.alive(user.id, house.clock.now())) == 2
    await house.sign_out(here.actor, everywhere=True)
    assert house.sessions.alive(user.id, house.clock.now()) == []


async def test_one_ends_ones_own_sessions_only(house: House) -> None:
    await house.a_user()
    petya = await house.enter_as(await house.a_user("petya@example.org"))
    mine = await house.enter()
    assert mine.actor.session_id is not None
    with pytest.raises(SessionNotFound):
        await house.end_session(petya, SessionId(mine.actor.session_id))
    with pytest.raises(SessionNotFound):
        await house.end_session(petya, SessionId(uuid7()))
    await house.end_session(mine.actor, SessionId(mine.actor.session_id))
    with pytest.raises(SessionOver):
        await house.refresh(mine.token)


async def test_an_api_key_signs_nobody_out(house: House) -> None:
    user = await house.a_user()
    with pytest.raises(PersonOnly):
        await house.sign_out(Actor(user.id, user.roles, scopes=frozenset({"account:write"})), everywhere=True)
