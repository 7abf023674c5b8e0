"""`lyceum user …`: the operators' use cases, for whoever may run commands on the server."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from dishka import AsyncContainer

from lyceum.accounts.api import Actor, Role
from lyceum.accounts.use_cases.sign_up import NewAccount
from lyceum.accounts.use_cases.users import CreateUser, GrantRole
from lyceum.kernel.ids import UserId
from lyceum.platform.settings import SettingsError
from lyceum.shop.domain import Feature
from lyceum.shop.use_cases.entitlements import GrantEntitlement, NewEntitlement, RevokeEntitlement

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


async def entitle(container: AsyncContainer, email: str, feature: str, until: str, *, revoke: bool) -> str:
    """Give a user a feature up to the end of a day, or take it, and say so; raise refusals of the shop."""
    if feature not in set(Feature):
        raise SettingsError(f"There is no feature {feature!r}. Take one of: {', '.join(Feature)}.")
    wanted = Feature(feature)
    async with container() as scope:
        if revoke:
            await (await scope.get(RevokeEntitlement)).by_email(CONSOLE, email, wanted)
            return f"{email} has {feature} no more."
        zone = await scope.get(ZoneInfo)
        new = NewEntitlement(ends_at=_end_of(until, zone) if until else None)
        await (await scope.get(GrantEntitlement)).by_email(CONSOLE, email, wanted, new)
    return f"{email} has {feature} {f'through {until}' if until else 'for good'}."


def _end_of(day: str, zone: ZoneInfo) -> datetime:
    """The moment at which a day of the platform's time zone is over."""
    try:
        return datetime.combine(date.fromisoformat(day) + timedelta(days=1), time(), zone)
    except ValueError as error:
        raise SettingsError(f"{day!r} is not a day; write it like 2027-06-30.") from error
