"""Training for its neighbours."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import bindparam, select

from lyceum.kernel.ids import QuestionId
from lyceum.platform.database import Database
from lyceum.training.adapters.tables import seen

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
