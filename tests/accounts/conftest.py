"""Fixtures of accounts: the house of fakes, and the whole application with a hasher that costs nothing."""

from collections.abc import AsyncIterator

import pytest
from dishka import AsyncContainer, Provider, Scope, provide

from lyceum.accounts.ports import Passwords
from lyceum.main.container import make_container
from lyceum.platform.database import Database
from lyceum.platform.settings import Settings
from tests.accounts.fakes import FakePasswords, House


class CheapPasswords(Provider):
    @provide(scope=Scope.APP, override=True)
    def passwords(self) -> Passwords:
        return FakePasswords()


CHEAP_PASSWORDS = CheapPasswords()
"""One for all, so that the bindings with it are made once for a process."""


@pytest.fixture
def house() -> House:
    return House()


@pytest.fixture
async def container(settings: Settings, database: Database) -> AsyncIterator[AsyncContainer]:
    container = make_container(settings, CHEAP_PASSWORDS)
    yield container
    await container.close()
