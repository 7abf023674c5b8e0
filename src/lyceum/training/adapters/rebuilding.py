"""Making the statistics anew from the answers: the same sums, some trainings at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import batched
from uuid import UUID

from sqlalchemy import delete, exists, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from lyceum.bank.api import QuestionsMeasured
from lyceum.kernel.ports import Clock, Outbox
from lyceum.platform.database import SqlTransaction
from lyceum.training.adapters.counting import EVENT_ITEMS, count, forget, measure
from lyceum.training.adapters.statistics_tables import counted, statistics
from lyceum.training.adapters.tables import trainings

AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class RebuildStatistics:
    """Empties the sums and counts every finished training again, in one transaction: readers see the old sums until
    the new ones are whole, and trainings that finish meanwhile are counted after it.

    Which set a training was is kept from when it was counted first, since its pack may have changed since. Memory does
    not grow with the number of answers. On SQLite nobody else writes meanwhile.
    """

    transaction: SqlTransaction
    outbox: Outbox
    clock: Clock

    async def __call__(self) -> int:
        """How many finished trainings were looked through."""
        total = 0
        async with self.transaction:
            connection = self.transaction.connection
            if connection.dialect.name == "postgresql":
                await connection.execute(text("LOCK TABLE training_counted IN EXCLUSIVE MODE"))
            await forget(connection)
            last: UUID | None = None
            while ids := await _next(connection, last):
                decided = await _take_out(connection, ids)
                await count(connection, ids, decided=decided)
                total, last = total + len(ids), ids[-1]
            gone = ~exists().where(trainings.c.id == counted.c.training_id)
            await connection.execute(delete(counted).where(gone))
            await self._tell(connection)
        return total

    async def _tell(self, connection: AsyncConnection) -> None:
        ids = list(await connection.scalars(select(statistics.c.question_id).order_by(statistics.c.question_id)))
        for part in batched(ids, EVENT_ITEMS):
            self.outbox.add(QuestionsMeasured(tuple(await measure(connection, part)), self.clock.now()))


async def _next(connection: AsyncConnection, last: UUID | None) -> Sequence[UUID]:
    query = select(trainings.c.id).where(trainings.c.finished_at.is_not(None)).order_by(trainings.c.id).limit(AT_ONCE)
    return (await connection.scalars(query if last is None else query.where(trainings.c.id > last))).all()


async def _take_out(connection: AsyncConnection, ids: Sequence[UUID]) -> Mapping[UUID, UUID | None]:
    """Forget that these were counted; which set each was."""
    query = delete(counted).where(counted.c.training_id.in_(ids)).returning(counted.c.training_id, counted.c.set_id)
    return {row.training_id: row.set_id for row in await connection.execute(query)}
