"""`lyceum user …`: the operators' use cases, for whoever may run commands on the server."""

from collections.abc import Sequence
from uuid import UUID

from dishka import AsyncContainer

from lyceum.accounts.api import Actor, Role
from lyceum.accounts.use_cases.sign_up import NewAccount
from lyceum.accounts.use_cases.users import CreateUser, GrantRole
from lyceum.kernel.ids import UserId
from lyceum.platform.settings import SettingsError

CONSOLE = Actor(
    id=UserId(UUID(int=1)), roles=frozenset({Role.OPERATOR}), name="command line", locale="en", channel="cli"
)
"""Whoever may run commands on the server may do everything; the id is no account's."""


def role_of(name: str) -> Role:
    try:
        return Role(name)
    except ValueError as error:
        raise SettingsError(f"There is no role {name!r}. Take one of: {', '.join(Role)}.") from error


async def create(container: AsyncContainer, email: str, password: str, name: str, roles: Sequence[str]) -> str:
    """Make a user and say so; raise BadFields or EmailTaken."""
    wanted = frozenset(role_of(role) for role in roles)
    async with container() as scope:
        new = NewAccount(email=email, password=password, name=name)
        id = await (await scope.get(CreateUser))(CONSOLE, new, wanted)
    return f"{email} is user {id}, with the roles: {', '.join(sorted(wanted))}."


async def grant(container: AsyncContainer, email: str, role: str) -> str:
    """Give a user a role and say so; raise UserNotFound."""
    async with container() as scope:
        await (await scope.get(GrantRole))(CONSOLE, email, role_of(role))
    return f"{email} has the role {role} now."
