"""The open API, for trying things out: on a loopback address every caller acts as one fixed operator."""

import ipaddress
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from lyceum.accounts.adapters.repositories import SqlUsers
from lyceum.accounts.adapters.tables import users
from lyceum.accounts.adapters.visits import Visit
from lyceum.accounts.api import Actor
from lyceum.accounts.domain.users import Profile, Role, User
from lyceum.kernel.ids import UserId
from lyceum.kernel.ports import Clock
from lyceum.platform.database import Database, SqlTransaction
from lyceum.platform.settings import Settings

OPEN_OPERATOR = UserId(UUID("00000000-0000-7000-8000-000000000001"))
NAME = "Open API"
LOCAL_NAMES = {"localhost", "127.0.0.1", "::1"}


@dataclass(slots=True)
class OpenDoor:
    """Lets callers in without credentials when the settings say so."""

    settings: Settings
    database: Database
    clock: Clock
    _is_made: bool = field(default=False, init=False)

    def admits(self, visit: Visit) -> bool:
        """Whether the caller is on this machine, asked for this machine, and was not sent here by a page of another
        site; with `force`, any caller whom no other site sent."""
        if not self.settings.open_api or visit.is_sent_by_another_site:
            return False
        if self.settings.open_api == "force":
            return True
        host = urlsplit(f"//{visit.request.headers.get('host', '')}").hostname or ""
        return not visit.came_through_a_proxy and _is_loopback(visit.address) and host in self._names()

    async def operator(self) -> Actor:
        """The fixed operator; made when missing."""
        if not self._is_made:
            await self._make()
            self._is_made = True
        return Actor(OPEN_OPERATOR, frozenset({Role.LEARNER, Role.OPERATOR}), NAME)

    def _names(self) -> set[str | None]:
        return LOCAL_NAMES | {urlsplit(self.settings.address).hostname}

    async def _make(self) -> None:
        async with self.database.read() as connection:
            if await connection.scalar(select(users.c.id).where(users.c.id == OPEN_OPERATOR)):
                return
        now = self.clock.now()
        user = User.guest(OPEN_OPERATOR, locale="ru", at=now)
        user.register(email=None, password_hash=None, profile=Profile(name=NAME, locale="ru"), at=now)
        user.take_roles(frozenset({Role.OPERATOR}), other_operators=0)
        transaction = SqlTransaction(self.database)
        try:
            async with transaction:
                await SqlUsers(transaction).add(user)
        except IntegrityError:
            return


@lru_cache(1024)
def _is_loopback(address: str) -> bool:
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    return ip.is_loopback or bool(ip.version == 6 and ip.ipv4_mapped and ip.ipv4_mapped.is_loopback)
