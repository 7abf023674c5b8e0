"""Finished trainings straight in the database, and what the statistics make of them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from sqlalchemy import Table, insert, select

from lyceum.kernel.ids import QuestionId, TrainingId, UserId, uuid7
from lyceum.platform.database import Database, SqlTransaction
from lyceum.training.adapters.counting import Claim, claimed, count, measure
from lyceum.training.adapters.repositories import changing
from lyceum.training.adapters.statistics_tables import (
    cells,
    counted,
    set_items,
    set_learners,
    sets,
    statistics,
)
from lyceum.training.adapters.tables import attempts, seen, trainings
from lyceum.training.domain.trainings import Filters, Mode, Verdict
from tests.training.builders import NOW, a_training

type Dump = dict[str, list[tuple[object, ...]]]
_DERIVED = {"facility", "discrimination", "efficiency", "efficiency_at"}


async def finish(
    database: Database,
    learner: int,
    marks: Sequence[tuple[QuestionId, str, float]],
    *,
    filters: Filters | None = None,
    mode: Mode = Mode.PRACTICE,
    at: datetime = NOW,
    first: bool = True,
) -> TrainingId:
    """A finished training of that learner: for each question the answer (empty: given up) and its score of 1."""
    training = a_training(filters, UserId(UUID(int=learner)), mode=mode)
    training.finish(at)
    rows, looks = [], []
    for number, (question, answer, score) in enumerate(marks):
        verdict = Verdict.SKIPPED if not answer else Verdict.CORRECT if score == 1 else Verdict.WRONG
        rows.append(
            {
                "id": uuid7(),
                "training_id": training.id,
                "learner_id": training.learner_id,
                "question_id": question,
                "version": 1,
                "seed": 1,
                "position": number,
                "shown_at": NOW,
                "answered_at": at - timedelta(minutes=1),
                "answer": msgspec.json.encode(answer or None).decode(),
                "score": score,
                "max_score": 1.0,
                "verdict": verdict.value,
                "elapsed_ms": 1,
                "channel": "rest",
            }
        )
        looks.append(
            {
                "learner_id": training.learner_id,
                "question_id": question,
                "attempt_id": rows[-1]["id"],
                "at": at,
                "verdict": verdict.value,
                "mistake": False,
                "times": 1,
                "first_attempt_id": rows[-1]["id"],
            }
        )
    values = {
        "id": training.id,
        "learner_id": training.learner_id,
        "mode": mode.value,
        "filters": msgspec.json.encode(training.filters).decode(),
        "started_at": NOW,
        **changing(training),
    }
    transaction = SqlTransaction(database)
    async with transaction:
        await transaction.connection.execute(insert(trainings), values)
        await transaction.connection.execute(insert(attempts), rows)
        if first:
            await transaction.connection.execute(insert(seen), looks)
    return training.id


async def counting(database: Database, *ids: UUID, claim: Claim = claimed) -> None:
    transaction = SqlTransaction(database)
    async with transaction:
        touched = await count(transaction.connection, ids, claim)
        await measure(transaction.connection, touched)


async def dump(database: Database, *tables: Table) -> Dump:
    """All sums, sorted; without what only lists need."""
    found: Dump = {}
    async with database.read() as connection:
        for table in tables or (counted, cells, statistics, sets, set_items, set_learners):
            kept = [column for column in table.c if column.name not in _DERIVED]
            rows = await connection.execute(select(*kept).order_by(*kept))
            found[table.name] = [tuple(row) for row in rows]
    return found
