"""What operators do with users, and the first way in."""

from urllib.parse import parse_qs, urlsplit

import pytest

from lyceum.accounts.api import Actor, ProfileChanged, Role, RoleMissing, ScopeMissing
from lyceum.accounts.domain.refusals import (
    AccountDisabled,
    GuestRefused,
    LastOperator,
    LinkSpent,
    SessionOver,
    UserNotFound,
)
from lyceum.accounts.use_cases.sign_up import NewAccount
from lyceum.accounts.use_cases.users import UserChanges
from lyceum.kernel.ids import UserId, uuid7
from lyceum.platform.http_errors import PreconditionFailed
from tests.accounts.fakes import OPERATOR, PASSWORD, House, a_caller

A, B = "anna@example.org", "boris@example.org"
OPERATORS = frozenset({Role.OPERATOR})


async def test_a_role_is_granted_and_revoked_by_email(house: House) -> None:
    user = await house.a_user(A)
    assert await house.grant(OPERATOR, " ANNA@example.org", Role.AUTHOR) == user.id
    assert user.roles == {Role.LEARNER, Role.AUTHOR}
    await house.revoke(OPERATOR, A, Role.AUTHOR)
    assert user.roles == {Role.LEARNER}


async def test_roles_are_replaced_and_everybody_stays_a_learner(house: House) -> None:
    user = await house.a_user(A, roles=frozenset({Role.SPONSOR}))
    await house.change_user(OPERATOR, user.id, UserChanges(roles=[Role.AUTHOR]))
    assert user.roles == {Role.LEARNER, Role.AUTHOR}


async def test_an_unknown_user_is_told_so(house: House) -> None:
    with pytest.raises(UserNotFound):
        await house.grant(OPERATOR, "nobody@example.org", Role.AUTHOR)
    with pytest.raises(UserNotFound):
        await house.change_user(OPERATOR, UserId(uuid7()), UserChanges(disabled=True))


async def test_only_operators_change_users_and_only_with_the_scope(house: House) -> None:
    user = await house.a_user(A, roles=frozenset({Role.AUTHOR}))
    masha = await house.enter_as(user)
    for attempt in (
        house.change_user(masha, user.id, UserChanges(roles=[Role.OPERATOR])),
        house.grant(masha, A, Role.OPERATOR),
        house.revoke(masha, A, Role.AUTHOR),
        house.create_user(masha, NewAccount(email=B, password=PASSWORD)),
        house.make_link(masha),
    ):
        with pytest.raises(RoleMissing):
            await attempt
    keyed = Actor(OPERATOR.id, OPERATOR.roles, scopes=frozenset({"users:read"}))
    with pytest.raises(ScopeMissing):
        await house.change_user(keyed, user.id, UserChanges(disabled=True))


async def test_the_last_operator_stays_one(house: House) -> None:
    anna = await house.a_user(A, roles=OPERATORS)
    boris = await house.a_user(B, roles=OPERATORS)
    await house.change_user(OPERATOR, boris.id, UserChanges(disabled=True))
    with pytest.raises(LastOperator):
        await house.revoke(OPERATOR, A, Role.OPERATOR)
    with pytest.raises(LastOperator):
        await house.change_user(OPERATOR, anna.id, UserChanges(roles=[]))
    with pytest.raises(LastOperator):
        await house.change_user(OPERATOR, anna.id, UserChanges(disabled=True))
    await house.change_user(OPERATOR, boris.id, UserChanges(disabled=False))
    await house.revoke(OPERATOR, A, Role.OPERATOR)
    assert Role.OPERATOR not in anna.roles


async def test_guests_get_no_roles(house: House) -> None:
    guest = (await house.start_guest(a_caller())).actor
    with pytest.raises(GuestRefused):
        await house.change_user(OPERATOR, guest.id, UserChanges(roles=[Role.AUTHOR]))


async def test_switching_off_ends_the_sessions(house: House) -> None:
    user = await house.a_user(A)
    entry = await house.enter(A)
    await house.change_user(OPERATOR, user.id, UserChanges(disabled=True))
    with pytest.raises(SessionOver):
        await house.refresh(entry.token)
    await house.change_user(OPERATOR, user.id, UserChanges(disabled=False))
    await house.enter(A)
    await house.change_user(OPERATOR, user.id, UserChanges(disabled=False))
    heard = [event for event in house.outbox.events if isinstance(event, ProfileChanged)]
    assert [event.is_active for event in heard] == [False, True]
    assert heard[0].version < heard[1].version


async def test_a_change_over_something_unseen_is_refused(house: House) -> None:
    user = await house.a_user(A)
    with pytest.raises(PreconditionFailed):
        await house.change_user(OPERATOR, user.id, UserChanges(roles=[]), user.version + 1)


def token_of(link: str) -> str:
    return parse_qs(urlsplit(link).query)["token"][0]


async def test_the_first_link_makes_the_operator_and_works_once(house: House) -> None:
    link = await house.make_link(OPERATOR)
    assert link.startswith("http://127.0.0.1:8000/auth/link?token=")
    actor = (await house.enter_by_link(token_of(link), a_caller(kind="pages"))).actor
    assert actor.has(Role.OPERATOR)
    with pytest.raises(LinkSpent):
        await house.enter_by_link(token_of(link), a_caller())
    assert token_of(link) not in repr(house.links.rows)


async def test_the_next_link_is_for_the_same_operator(house: House) -> None:
    first = await house.enter_by_link(token_of(await house.make_link(OPERATOR)), a_caller())
    second = await house.enter_by_link(token_of(await house.make_link(OPERATOR)), a_caller())
    assert first.actor.id == second.actor.id
    assert len(house.users.rows) == 1


async def test_a_link_runs_out_after_a_quarter_of_an_hour(house: House) -> None:
    link = await house.make_link(OPERATOR)
    house.clock.pass_(minutes=15)
    with pytest.raises(LinkSpent):
        await house.enter_by_link(token_of(link), a_caller())


@pytest.mark.parametrize("token", ["", "x", "\x00", "ж" * 1000])
async def test_an_invented_link_is_refused(house: House, token: str) -> None:
    with pytest.raises(LinkSpent):
        await house.enter_by_link(token, a_caller())


async def test_a_link_does_not_open_an_account_that_was_switched_off(house: House) -> None:
    anna = await house.a_user(A, roles=OPERATORS)
    await house.a_user(B, roles=OPERATORS)
    link = await house.make_link(OPERATOR)
    await house.change_user(OPERATOR, anna.id, UserChanges(disabled=True))
    with pytest.raises(AccountDisabled):
        await house.enter_by_link(token_of(link), a_caller())


async def test_the_operator_of_the_link_signs_up_and_stays_operator(house: House) -> None:
    actor = (await house.enter_by_link(token_of(await house.make_link(OPERATOR)), a_caller(kind="pages"))).actor
    entry = await house.sign_up(actor, NewAccount(email=A, password=PASSWORD), a_caller(kind="pages"))
    assert entry.actor.id == actor.id
    assert entry.actor.has(Role.OPERATOR)
    assert (await house.enter(A)).actor.has(Role.OPERATOR)
