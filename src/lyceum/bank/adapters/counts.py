"""Numbers of published questions by subject, exam and topic, kept true by every transaction that changes them."""

from collections import Counter
from collections.abc import Iterable, Mapping

from sqlalchemy import Table, delete, func, literal, select
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.asyncio import AsyncConnection

from lyceum.bank.adapters.tables import is_published, question_topics, questions, subject_counts, topics
from lyceum.bank.api import PoolItem


class Deltas:
    """What a change does to the counts: `take` what was there, `put` what is there now."""

    def __init__(self) -> None:
        self.subjects: Counter[tuple[str, str]] = Counter()
        self.topics: Counter[tuple[str, str]] = Counter()

    def put(self, items: Iterable[PoolItem], sign: int = 1) -> None:
        for item in items:
            step = sign if item.published else 0
            if step:
                self.subjects[item.subject, item.exam or ""] += step
            for topic in dict.fromkeys(item.topics):
                self.topics[item.subject, topic] += step

    def take(self, items: Iterable[PoolItem]) -> None:
        self.put(items, -1)


async def apply(connection: AsyncConnection, deltas: Deltas) -> None:
    """Write the deltas in one order of keys, so that two transactions never wait for each other crosswise."""
    await _add(connection, subject_counts, "exam", {key: step for key, step in deltas.subjects.items() if step})
    await _add(connection, topics, "title", deltas.topics)


async def _add(connection: AsyncConnection, table: Table, second: str, steps: Mapping[tuple[str, str], int]) -> None:
    rows = [{"subject": key[0], second: key[1], "questions": step} for key, step in sorted(steps.items())]
    if not rows:
        return
    insert = sqlite_insert if connection.dialect.name == "sqlite" else postgres_insert
    statement = insert(table)
    total = table.c.questions + statement.excluded.questions
    statement = statement.on_conflict_do_update(index_elements=["subject", second], set_={"questions": total})
    await connection.execute(statement, rows)


async def recount(connection: AsyncConnection) -> None:
    """Make all counts anew from the questions."""
    await connection.execute(delete(subject_counts))
    exam = func.coalesce(questions.c.exam, literal(""))
    by_subject = select(questions.c.subject, exam, func.count()).where(is_published).group_by(questions.c.subject, exam)
    await connection.execute(subject_counts.insert().from_select(["subject", "exam", "questions"], by_subject))
    await connection.execute(delete(topics))
    published = (questions.c.id == question_topics.c.question_id) & is_published
    counted = (
        select(question_topics.c.subject, question_topics.c.topic, func.count(questions.c.id))
        .select_from(question_topics.outerjoin(questions, published))
        .group_by(question_topics.c.subject, question_topics.c.topic)
    )
    await connection.execute(topics.insert().from_select(["subject", "title", "questions"], counted))
