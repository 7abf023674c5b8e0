"""Question statistics as running sums: what finished trainings add to them, each training once.

The row in `training_counted` is the guard: whoever inserts it counts the training, in the same transaction. Sums are
added to by differences in one order of keys, so counting goes on in several processes at once.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import batched
from uuid import UUID

from sqlalchemy import bindparam, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from lyceum.bank.api import Measured, QuestionsMeasured
from lyceum.kernel.ids import QuestionId
from lyceum.kernel.ports import Clock, Outbox
from lyceum.platform.database import SqlTransaction
from lyceum.training.adapters.finished import UNDECIDED, Finished, Placed, finished
from lyceum.training.adapters.set_counting import count_sets
from lyceum.training.adapters.statistics_tables import cells, counted, set_items, set_learners, sets, statistics
from lyceum.training.adapters.upserts import adding, inserting
from lyceum.training.api import TrainingEnded
from lyceum.training.domain.statistics import UNKNOWN, Cell, Sums, paired, tally

PART = 400
FEW = 20
EVENT_ITEMS = 500
SUMS = (
    *("n", "mark", "mark_mark", "known", "known_mark", "known_mark_mark"),
    *("rest", "rest_rest", "mark_rest"),
)


@dataclass(frozen=True, slots=True)
class CountFinished:
    """Adds finished trainings to the statistics, and tells the bank what they say now. Harmless when told twice."""

    transaction: SqlTransaction
    outbox: Outbox
    clock: Clock

    async def __call__(self, events: Sequence[TrainingEnded]) -> None:
        connection = self.transaction.connection
        touched = await count(connection, sorted({event.training_id for event in events}))
        for part in batched(touched, EVENT_ITEMS):
            self.outbox.add(QuestionsMeasured(tuple(await measure(connection, part)), self.clock.now()))


@dataclass(slots=True)
class _Added:
    """What some trainings add to the sums of questions."""

    cells: dict[QuestionId, Counter[Cell]] = field(default_factory=dict)
    places: dict[QuestionId, Placed] = field(default_factory=dict)

    def add(self, training: Finished) -> None:
        for id, own in tally(training.answers).items():
            self.cells.setdefault(id, Counter()).update(own)
            self.places[id] = training.places[id]


async def claimed(connection: AsyncConnection, found: Sequence[Finished]) -> Sequence[Finished]:
    """Those that nobody has counted before. Of several at once, one gets each training, the others none."""
    insert = inserting(connection, counted).on_conflict_do_nothing().returning(counted.c.training_id)
    mine: set[UUID] = set()
    for training in found:
        values = {"training_id": training.id, "set_id": training.key.id if training.key else None}
        mine |= set((await connection.execute(insert, values)).scalars())
    return [training for training in found if training.id in mine]


type Claim = Callable[[AsyncConnection, Sequence[Finished]], Awaitable[Sequence[Finished]]]


async def count(
    connection: AsyncConnection,
    ids: Sequence[UUID],
    claim: Claim = claimed,
    decided: Mapping[UUID, UUID | None] = UNDECIDED,
) -> Sequence[QuestionId]:
    """Add those of the trainings that are finished and not counted yet; the questions whose sums have changed.

    `decided` says of some trainings which set they were, or that they were none.
    """
    new = await claim(connection, await finished(connection, ids, decided))
    added = _Added()
    for training in new:
        added.add(training)
    await count_sets(connection, new)
    await _add_cells(connection, added.cells)
    await _add_sums(connection, added)
    return sorted(added.cells)


async def _add_cells(connection: AsyncConnection, added: Mapping[QuestionId, Counter[Cell]]) -> None:
    rows = [
        {
            "question_id": id,
            "version": cell.version,
            "response": cell.response,
            "mark": cell.mark,
            "rest": cell.rest,
            "n": n,
        }
        for id, own in sorted(added.items())
        for cell, n in sorted(own.items())
    ]
    if rows:
        await connection.execute(adding(connection, cells, ("n",)), rows)


async def _add_sums(connection: AsyncConnection, added: _Added) -> None:
    rows = [
        {
            "question_id": id,
            "author_id": added.places[id].author_id,
            "subject": added.places[id].subject,
            "efficiency_at": 0,
            **asdict(Sums.of(own)),
        }
        for id, own in sorted(added.cells.items())
    ]
    if rows:
        await connection.execute(adding(connection, statistics, SUMS, "author_id", "subject"), rows)


_MEASURED = (
    update(statistics)
    .where(statistics.c.question_id == bindparam("of"))
    .values(facility=bindparam("new_facility"), discrimination=bindparam("new_discrimination"))
)
_WITH_EFFICIENCY = _MEASURED.values(efficiency=bindparam("new_efficiency"), efficiency_at=bindparam("new_at"))


async def measure(connection: AsyncConnection, ids: Sequence[QuestionId]) -> list[Measured]:
    """Make the statistics for lists anew from the sums, which this transaction holds locked."""
    found: list[Measured] = []
    for part in batched(ids, PART):
        rows = (await connection.execute(select(statistics).where(statistics.c.question_id.in_(part)))).all()
        sums = {row.question_id: Sums(**{name: getattr(row, name) for name in SUMS}) for row in rows}
        due = [row.question_id for row in rows if row.known > row.efficiency_at + row.efficiency_at // 50]
        best = await best_pairings(connection, due)
        plain, whole = [], []
        for id, own in sorted(sums.items()):
            values = {"of": id, "new_facility": own.facility, "new_discrimination": own.discrimination}
            found.append(Measured(question_id=id, discrimination=own.discrimination))
            if id in best:
                whole.append(values | {"new_efficiency": own.efficiency(best[id]), "new_at": own.known})
            else:
                plain.append(values)
        for statement, changes in ((_MEASURED, plain), (_WITH_EFFICIENCY, whole)):
            if changes:
                await connection.execute(statement, changes)
    return found


async def best_pairings(connection: AsyncConnection, ids: Sequence[UUID]) -> Mapping[UUID, int]:
    """`domain.statistics.best_pairing` of questions, from their histograms, a few at a time."""
    found: dict[UUID, int] = {}
    for part in batched(ids, FEW):
        marks: dict[UUID, Counter[int]] = {id: Counter() for id in part}
        rests: dict[UUID, Counter[int]] = {id: Counter() for id in part}
        query = (
            select(cells.c.question_id, cells.c.mark, cells.c.rest, func.sum(cells.c.n).label("n"))
            .where(cells.c.question_id.in_(part), cells.c.rest != UNKNOWN)
            .group_by(cells.c.question_id, cells.c.mark, cells.c.rest)
        )
        for row in await connection.execute(query):
            marks[row.question_id][row.mark] += int(row.n)
            rests[row.question_id][row.rest] += int(row.n)
        found |= {id: paired(marks[id], rests[id]) for id in part}
    return found


async def forget(connection: AsyncConnection) -> None:
    """Empty all sums; `training_counted` still says what was in them."""
    for table in (set_learners, set_items, sets, statistics, cells):
        await connection.execute(delete(table))


SUBSCRIBERS: Mapping[type, type] = {TrainingEnded: CountFinished}
