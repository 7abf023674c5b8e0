"""The sums of sets: each learner once, with the training of theirs that was finished first."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from uuid import UUID

from sqlalchemy import and_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from lyceum.kernel.ids import QuestionId
from lyceum.training.adapters.finished import Finished, finished
from lyceum.training.adapters.statistics_tables import set_items, set_learners, sets
from lyceum.training.adapters.upserts import adding, inserting
from lyceum.training.domain.set_statistics import SetKey, SetSums


@dataclass(slots=True)
class _Change:
    """What is added to one set."""

    key: SetKey
    author_id: UUID | None
    most: dict[QuestionId, float]
    sums: SetSums


async def count_sets(connection: AsyncConnection, new: Sequence[Finished]) -> None:
    """Add newly counted trainings to their sets. One that was finished earlier than the one that counts for its
    learner takes its place, so that the order of counting does not matter."""
    changes: dict[UUID, _Change] = {}
    for training in sorted(new, key=lambda it: (it.finished_at, it.id)):
        if training.key is None:
            continue
        replaced = await _enter(connection, training.key.id, training)
        if replaced is None:
            continue
        _note(changes, training.key, training, 1)
        for before in replaced:
            _note(changes, training.key, before, -1)
    for _, change in sorted(changes.items()):
        await _write(connection, change)


async def _enter(connection: AsyncConnection, set_id: UUID, training: Finished) -> Sequence[Finished] | None:
    """Make it the one that counts for its learner; what it replaces, or None when it does not count."""
    values = {
        "set_id": set_id,
        "learner_id": training.learner_id,
        "training_id": training.id,
        "finished_at": training.finished_at,
    }
    insert = inserting(connection, set_learners).on_conflict_do_nothing().returning(set_learners.c.training_id)
    if (await connection.execute(insert, values)).first():
        return ()
    own = and_(set_learners.c.set_id == set_id, set_learners.c.learner_id == training.learner_id)
    row = (await connection.execute(select(set_learners).where(own).with_for_update())).one()
    if (row.finished_at, row.training_id) <= (training.finished_at, training.id):
        return None
    await connection.execute(update(set_learners).where(own).values(values))
    return await finished(connection, [row.training_id])


def _note(changes: dict[UUID, _Change], key: SetKey, training: Finished, sign: int) -> None:
    sums = SetSums.of(training.answers, sign)
    if key.id in changes:
        changes[key.id].sums += sums
        return
    authors = {place.author_id for place in training.places.values()}
    changes[key.id] = _Change(
        key=key,
        author_id=authors.pop() if len(authors) == 1 else None,
        most={it.question_id: it.max_score for it in training.answers},
        sums=sums,
    )


async def _write(connection: AsyncConnection, change: _Change) -> None:
    sums = change.sums
    row = {
        "id": change.key.id,
        "kind": change.key.kind.value,
        "source_id": change.key.source,
        "author_id": change.author_id,
        "size": len(sums.items),
        "n": sums.n,
        "total": sums.total,
        "total_total": sums.total_total,
    }
    await connection.execute(adding(connection, sets, ("n", "total", "total_total")), [row])
    rows = [
        {"set_id": change.key.id, "question_id": id, "max_score": change.most[id], **asdict(own)}
        for id, own in sorted(sums.items.items())
    ]
    await connection.execute(adding(connection, set_items, ("points", "points_points", "points_total")), rows)
