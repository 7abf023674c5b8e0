"""The staging area of imports: ordinary rows of the bank that nobody sees until they are revealed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Row, delete, insert, select, text

from lyceum.bank.adapters.repositories import SqlQuestions
from lyceum.bank.adapters.transfer_tables import replacements
from lyceum.bank.api import PoolItem, QuestionsChanged
from lyceum.bank.domain.questions import Question, Status
from lyceum.bank.domain.transfers import TransferId
from lyceum.bank.transfer_ports import Incoming, Known, KnownQuestion
from lyceum.bank.use_cases.pool import changes, pool_item
from lyceum.kernel.ids import QuestionId, UserId
from lyceum.platform.database import SqlTransaction
from lyceum.platform.uploads import PendingFiles

PART = 1000
MANY = 1000


@dataclass(frozen=True, slots=True)
class SqlStaging:
    """`transfer_ports.Staging` over the running transaction."""

    transaction: SqlTransaction
    questions: SqlQuestions
    pending: PendingFiles

    async def known(self, owner: UserId, questions: Sequence[Incoming]) -> Known:
        hashes = [incoming.question.content_hash for incoming in questions]
        ids = [incoming.question.passport.external_id for incoming in questions]
        by_hash = await self.questions.known_hashes(owner, hashes)
        by_id = await self.questions.known_external_ids(owner, ids)
        return Known(
            {hash: known.find_code for hash, known in by_hash.items()},
            {id: KnownQuestion(known.id, known.find_code) for id, known in by_id.items()},
        )

    async def stage(self, questions: Sequence[Incoming]) -> None:
        if not questions:
            return
        await self.questions.add_many([incoming.question for incoming in questions])
        await self.pending.keep([file.key for incoming in questions for file in incoming.question.attachments])
        rows = [
            {
                "import_id": incoming.question.import_id,
                "staged_id": incoming.question.id,
                "question_id": incoming.replaces,
            }
            for incoming in questions
            if incoming.replaces is not None
        ]
        if rows:
            await self.transaction.connection.execute(insert(replacements), rows)

    async def reveal(self, id: TransferId, at: datetime, *, publish: bool) -> Sequence[QuestionsChanged]:
        changed = await self._replace(id, at, publish=publish)
        status = Status.PUBLISHED if publish else Status.DRAFT
        revealed = await self.questions.reveal(id, status, at)
        if len(revealed) >= MANY:
            await self._refresh_statistics()
        return [*changes(changed), *changes(item for item in revealed if item.published)]

    async def _refresh_statistics(self) -> None:
        """Tell the planner of a table that has grown a lot; by itself it would notice a minute later."""
        if self.transaction.connection.dialect.name == "postgresql":
            await self.transaction.connection.execute(text("ANALYZE bank_questions, bank_search, bank_question_topics"))

    async def _replace(self, id: TransferId, at: datetime, *, publish: bool) -> list[PoolItem]:
        """Make each replacement the new version of its question, and drop the staged row."""
        connection = self.transaction.connection
        query = select(replacements.c.staged_id, replacements.c.question_id).where(replacements.c.import_id == id)
        changed: list[PoolItem] = []
        for row in (await connection.execute(query)).all():
            changed.append(pool_item(await self._apply(row, at, publish=publish)))
            await self.questions.discard_one(row.staged_id)
        await connection.execute(delete(replacements).where(replacements.c.import_id == id))
        return [item for item in changed if item.published]

    async def _apply(self, row: Row, at: datetime, *, publish: bool) -> Question:  # type: ignore[type-arg]
        staged = await self.questions.get_for_update(QuestionId(row.staged_id))
        question = await self.questions.get_for_update(QuestionId(row.question_id))
        expected = question.version
        question.edit(staged.passport, staged.content, staged.content_hash, staged.attachments, at)
        if publish:
            question.status = Status.PUBLISHED
        await self.questions.save_edit(question, expected=expected)
        return question

    async def discard(self, id: TransferId) -> int:
        gone = await self.questions.discard(id, PART)
        await self.pending.drop([file.key for attachments in gone for file in attachments])
        if not gone:
            done = delete(replacements).where(replacements.c.import_id == id)
            await self.transaction.connection.execute(done)
        return len(gone)

    async def retire(self, id: TransferId, at: datetime) -> Sequence[QuestionsChanged]:
        return list(changes(await self.questions.retire_import(id, at)))
