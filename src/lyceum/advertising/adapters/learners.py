"""Learners become clients by the events of accounts, and stop being clients when they take their consent back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import batched
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import delete, update

from lyceum.accounts.api import GuestsForgotten, ProfileChanged
from lyceum.advertising.adapters.tables import clients, learners, scores, unserved
from lyceum.advertising.adapters.upserts import inserting
from lyceum.advertising.domain.clients import Client
from lyceum.advertising.domain.ids import ClientId
from lyceum.advertising.domain.learners import Person
from lyceum.advertising.ports import Clients
from lyceum.kernel.ports import Clock
from lyceum.platform.database import SqlTransaction

PART = 500
GONE = 2**62
"""The version of somebody who is not coming back."""


@dataclass(frozen=True, slots=True)
class FollowProfiles:
    """Takes over what accounts say of their users. Harmless when told twice; what is older than known is ignored."""

    clients: Clients
    transaction: SqlTransaction
    clock: Clock
    zone: ZoneInfo

    async def __call__(self, events: Sequence[ProfileChanged]) -> None:
        newest: dict[UUID, ProfileChanged] = {}
        for event in events:
            if event.user_id not in newest or newest[event.user_id].version <= event.version:
                newest[event.user_id] = event
        year = self.clock.now().astimezone(self.zone).year
        people = {id: person_of(newest[id]).as_client(year) for id in sorted(newest)}
        taken = await self._newer({id: newest[id] for id in people}, people)
        await self.clients.put_clients([client for id in taken if (client := people[id]) is not None])
        await forget(self.transaction, [id for id in taken if people[id] is None])

    async def _newer(self, events: Mapping[UUID, ProfileChanged], people: Mapping[UUID, Client | None]) -> list[UUID]:
        """Whose events say something new; their versions are written down."""
        connection = self.transaction.connection
        rows = [
            {"client_id": id, "version": event.version, "birth_year": event.birth_year if people[id] else None}
            for id, event in events.items()
        ]
        new = inserting(connection, learners).values(rows)
        new = new.on_conflict_do_update(
            index_elements=[learners.c.client_id],
            set_={name: new.excluded[name] for name in ("version", "birth_year")},
            where=learners.c.version < new.excluded.version,
        )
        return sorted(await connection.scalars(new.returning(learners.c.client_id)))


@dataclass(frozen=True, slots=True)
class ForgetLearners:
    """Guests who are gone are clients no more, whatever is still told of them."""

    transaction: SqlTransaction

    async def __call__(self, events: Sequence[GuestsForgotten]) -> None:
        for part in batched(sorted({id for event in events for id in event.user_ids}), PART):
            gone = update(learners).where(learners.c.client_id.in_(part)).values(version=GONE, birth_year=None)
            await self.transaction.connection.execute(gone)
            await forget(self.transaction, part)


async def forget(transaction: SqlTransaction, ids: Sequence[UUID]) -> None:
    """Remove who they are and what matters to them. The ledger stays: it names them by their id alone, and what was
    counted once is not counted again should they come back."""
    if ids:
        for column in (clients.c.id, scores.c.client_id, unserved.c.client_id):
            await transaction.connection.execute(delete(column.table).where(column.in_(ids)))


def person_of(event: ProfileChanged) -> Person:
    return Person(
        id=ClientId(event.user_id),
        birth_year=event.birth_year,
        gender=event.gender,
        location=event.location,
        consents=event.ads_consent and event.is_active,
    )


SUBSCRIBERS: Mapping[type, type] = {ProfileChanged: FollowProfiles, GuestsForgotten: ForgetLearners}
