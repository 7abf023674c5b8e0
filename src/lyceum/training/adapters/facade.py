"""Training for its neighbours."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, select

from lyceum.kernel.ids import QuestionId
from lyceum.platform.database import Database
from lyceum.training.adapters.tables import DAY, progress, seen

_KNOWN = select(seen.c.times).where(
    seen.c.learner_id == bindparam("learner"), seen.c.question_id == bindparam("question")
)


@dataclass(frozen=True, slots=True)
class TrainingAnswers:
    """`bank.api.AnsweredLookup`: who has answered a question, or given it up, has seen its answer."""

    database: Database

    async def has_answered(self, user_id: UUID, question_id: QuestionId) -> bool:
        async with self.database.read() as connection:
            found = await connection.scalar(_KNOWN, {"learner": user_id, "question": question_id})
        return found is not None


LATELY = timedelta(days=56)
HALF_LIFE = 14.0
"""Days after which an answer counts half."""


@dataclass(frozen=True, slots=True)
class TrainedLately:
    """`advertising.api.Studies`: from the running sums of days."""

    database: Database
    zone: ZoneInfo

    async def of(self, learners: Sequence[UUID]) -> Mapping[UUID, Mapping[str, float]]:
        today = datetime.now(UTC).astimezone(self.zone).date()
        days = select(progress.c.learner_id, progress.c.subject, progress.c.name, progress.c.answered).where(
            progress.c.learner_id.in_(learners),
            progress.c.kind == DAY,
            progress.c.subject != "",
            progress.c.name > (today - LATELY).isoformat(),
        )
        found: dict[UUID, dict[str, float]] = {}
        async with self.database.read() as connection:
            for row in await connection.execute(days):
                age = max(0, (today - date.fromisoformat(row.name)).days)
                sums = found.setdefault(row.learner_id, {})
                sums[row.subject] = sums.get(row.subject, 0.0) + row.answered * 0.5 ** (age / HALF_LIFE)
        return found
