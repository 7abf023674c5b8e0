"""Guests that accounts forgets: whether they answered anything, and their trainings when they did not."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import batched

from sqlalchemy import delete, exists, select, union

from lyceum.accounts.api import GuestsForgotten
from lyceum.kernel.ids import UserId
from lyceum.platform.database import Database, SqlTransaction
from lyceum.training.adapters.event_tables import participants
from lyceum.training.adapters.sitting_tables import sittings
from lyceum.training.adapters.tables import attempts, trainings

PART = 500


@dataclass(frozen=True, slots=True)
class AnswersGiven:
    """`accounts.api.Traces`: who answered or gave up a question, or sat down to an exam, or joined an event, ever."""

    database: Database

    async def left_by(self, ids: Sequence[UserId]) -> set[UserId]:
        answered = select(attempts.c.learner_id).where(
            attempts.c.learner_id.in_(ids), attempts.c.answered_at.is_not(None)
        )
        sat = (
            select(trainings.c.learner_id)
            .join(sittings, sittings.c.training_id == trainings.c.id)
            .where(trainings.c.learner_id.in_(ids))
        )
        joined = select(participants.c.learner_id).where(participants.c.learner_id.in_(ids))
        async with self.database.read() as connection:
            return {UserId(id) for id in await connection.scalars(union(answered, sat, joined))}


@dataclass(frozen=True, slots=True)
class ForgetGuests:
    """Deletes the trainings of guests who are gone. Whoever left an answer keeps theirs, whatever the event says."""

    transaction: SqlTransaction

    async def __call__(self, events: Sequence[GuestsForgotten]) -> None:
        answered = exists().where(attempts.c.learner_id == trainings.c.learner_id, attempts.c.answered_at.is_not(None))
        sat = exists().where(sittings.c.training_id == trainings.c.id)
        for part in batched([id for event in events for id in event.user_ids], PART):
            await self.transaction.connection.execute(
                delete(trainings).where(trainings.c.learner_id.in_(part), ~answered, ~sat)
            )
