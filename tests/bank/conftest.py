"""People who call the bank."""

from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest
from dishka import AsyncContainer

from lyceum.accounts.adapters.access_tokens import AccessTokens
from lyceum.accounts.api import Actor, Role
from lyceum.kernel.ids import UserId

type SignIn = Callable[..., Awaitable[dict[str, str]]]


@pytest.fixture
def sign_in(container: AsyncContainer) -> SignIn:
    """`await sign_in(Role.AUTHOR, number=2)` gives the headers of somebody with that role."""

    async def headers(role: Role = Role.AUTHOR, number: int = 1) -> dict[str, str]:
        tokens = await container.get(AccessTokens)
        actor = Actor(UserId(UUID(int=number)), frozenset({role}), f"Person {number}", session_id=UUID(int=number))
        return {"Authorization": f"Bearer {tokens.issue(actor)}"}

    return headers
