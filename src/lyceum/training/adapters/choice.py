"""The next question: due reviews first, then what is unseen and teaches most, topics in turn. One indexed statement.

What teaches most is the question whose predicted success is nearest the target. Questions stand on the shelves by the
ability that they suit (`domain.elo.suits`), so the statement walks an index both ways from the learner's level and
stops after a few rows: its price does not grow with the pool. A walk is made for each task or topic that was named.
Where more than `SAMPLE` of these were named, chance picks that many each time; should they be used up, one scan over
all of them settles it. Once all that pass the filters have been seen, the one seen longest ago comes again.

Reviews take a statement of their own, which is left out when the learner's earliest review is still to come.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from uuid import UUID

from lyceum.platform.database import Database
from lyceum.platform.prepared import Prepared, Record
from lyceum.training.adapters.choice_statements import A_LOOK, Shape, again, due, nearby, of_these, oldest
from lyceum.training.adapters.repositories import memory_of
from lyceum.training.adapters.tables import pack_tag, topic_tag
from lyceum.training.domain.ability import STEPS
from lyceum.training.domain.elo import Learner, Rating, expected, guess_floor, suits
from lyceum.training.domain.memory import RETENTION
from lyceum.training.domain.reasons import TARGET, Reason, Why
from lyceum.training.domain.trainings import Candidate
from lyceum.training.ports import Scheduling, Wish

SPREAD = 30.0
"""Elo points by which chance moves the level looked for: among so near ratings it does not matter which."""
SAMPLE = 3
NOTHING = UUID(int=0)
FOR_EVER = datetime(9000, 1, 1, tzinfo=UTC)


type Values = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class TeachingMost:
    """`ports.NextQuestion`. `target` is the predicted success looked for."""

    database: Database
    scheduling: Scheduling
    target: float = TARGET
    source: random.Random = field(default_factory=random.SystemRandom)

    async def choose(self, wish: Wish) -> Candidate | None:
        filters = wish.filters
        if wish.may_be_due and (wish.review or not filters.mistakes_only) and (found := await self._due(wish)):
            return found
        if wish.review:
            return None
        shift = self.source.uniform(-SPREAD, SPREAD)
        level = wish.level + shift + suits(0.0, 0, self.target) * -1 + suits(0.0, 0, TARGET)
        if not wish.repeats and not filters.mistakes_only and (unseen := await self._unseen(wish, level)):
            return self._nearest_target(unseen, wish, shift)
        shape, values = narrowed(wish, level, filters.topics, filters.task_numbers)
        reason = Reason.MISTAKE if filters.mistakes_only else Reason.AGAIN
        for statement in _for_repeats(shape, mistakes=filters.mistakes_only):
            if rows := await statement.read(self.database, values):
                return _candidate(rows[0], Why(reason=reason))
        return None

    async def next_due(self, wish: Wish) -> datetime | None:
        shape, values = narrowed(wish, 0.0, wish.filters.topics, wish.filters.task_numbers)
        whole = due(shape, mistakes=wish.filters.mistakes_only, whole=True)
        rows = await whole.read(self.database, {**values, "at": FOR_EVER})
        return min((row.due for row in rows), default=None)

    async def _due(self, wish: Wish) -> Candidate | None:
        """The review that is needed most among the first that are due; a review asks for the last of them too."""
        shape, values = narrowed(wish, 0.0, wish.filters.topics, wish.filters.task_numbers)
        for whole in (False, True) if wish.review else (False,):
            statement = due(shape, mistakes=wish.filters.mistakes_only, whole=whole)
            if rows := await statement.read(self.database, values):
                recalls = [(self._recall(row, wish.at), row) for row in rows]
                recall, row = min(of_fresh_topics(recalls, wish.recent), key=lambda it: (it[0], it[1].question_id))
                return _candidate(row, Why(reason=Reason.DUE, recall=recall, retention=RETENTION), wish.at)
        return None

    def _recall(self, row: Record, at: datetime) -> float:
        memory = memory_of(row)
        return 0.0 if memory is None else round(self.scheduling.recall(memory, at), 4)

    def _nearest_target(self, rows: Sequence[Record], wish: Wish, shift: float) -> Candidate:
        """Nearest the target, seen from a level that chance has moved."""
        fresh = of_fresh_topics([(0.0, row) for row in rows], wish.recent)

        def far(row: Record) -> tuple[float, UUID]:
            return abs(_predicted(row, wish, shift) - self.target), row.question_id

        row = min((row for _, row in fresh), key=far)
        predicted = round(_predicted(row, wish, 0.0), 4)
        return _candidate(row, Why(reason=Reason.UNSEEN, predicted=predicted, target=self.target), wish.at)

    async def _unseen(self, wish: Wish, target: float) -> Sequence[Record]:
        filters = wish.filters
        topics, tasks = self._some_topics(wish), self._some(filters.task_numbers)
        if topics or filters.pack_listed:
            tasks = filters.task_numbers
        if not filters.question_ids:
            found = await self._read(*_with(nearby, narrowed(wish, target, topics, tasks)))
            if found or (topics == filters.topics and tasks == filters.task_numbers):
                return found
        return await self._read(*_with(of_these, narrowed(wish, target, filters.topics, filters.task_numbers)))

    async def _read(self, statement: Prepared, values: Values) -> Sequence[Record]:
        return await statement.read(self.database, values)

    def _some_topics(self, wish: Wish) -> Sequence[str]:
        """Not the topic asked last, if another was named."""
        fresh = tuple(topic for topic in wish.filters.topics if topic not in wish.recent[:1])
        return self._some(fresh or wish.filters.topics)

    def _some[T](self, values: Sequence[T]) -> Sequence[T]:
        return values if len(values) <= SAMPLE else tuple(self.source.sample(values, SAMPLE))


def _candidate(row: Record, why: Why, at: datetime | None = None) -> Candidate:
    if at is not None and row.topic_at is not None:
        why = replace(why, topic_days=max(0, (at - row.topic_at).days))
    return Candidate(
        question_id=row.question_id,
        version=row.version,
        topic=row.topic,
        rating=row.rating,
        max_score=row.max_score,
        seen=why.reason is not Reason.UNSEEN,
        why=why,
    )


def _predicted(row: Record, wish: Wish, shift: float) -> float:
    learner = Learner(Rating(wish.overall + shift, 0.0), Rating(row.part or 0.0, 0.0))
    return expected(learner, Rating(row.rating, 0.0), guess_floor(row.options))


def _with(statement: Callable[[Shape], Prepared], narrowed: tuple[Shape, Values]) -> tuple[Prepared, Values]:
    shape, values = narrowed
    return statement(shape), values


def narrowed(wish: Wish, target: float, topics: Sequence[str], tasks: Sequence[int]) -> tuple[Shape, Values]:
    """The shape of the statements for a wish, and what to fill them with."""
    filters = wish.filters
    named = [topic_tag(topic) for topic in topics]
    is_pack = filters.pack_listed and filters.pack is not None
    apart = bool(filters.question_ids) or is_pack
    held = [pack_tag(filters.pack)] if is_pack and filters.pack and not filters.question_ids else []
    tagged = held if apart else named
    shape = Shape(
        exam=filters.exam is not None,
        subject=filters.subject is not None,
        difficulty=filters.difficulty is not None,
        tasks=len(tasks),
        tags=len(tagged),
        topics=len(named) if apart else 0,
        questions=len(filters.question_ids),
    )
    values: dict[str, object] = {
        "learner": wish.learner,
        "training": wish.training,
        "answering": wish.answering or NOTHING,
        "target": target,
        "at": wish.at,
        "exam": filters.exam,
        "subject": filters.subject,
        "difficulty": STEPS[filters.difficulty] if filters.difficulty else 0,
    }
    for name, several in {"task": tasks, "tag": tagged, "topic": named, "question": filters.question_ids}.items():
        values |= {f"{name}{number}": value for number, value in enumerate(several)}
    return shape, values


def _for_repeats(shape: Shape, *, mistakes: bool) -> Sequence[Prepared]:
    """Mistakes are few; among much that was seen, a look at the oldest spares a scan over all that passes."""
    if mistakes:
        return [again(shape, mistakes=True) if shape.tags else oldest(shape, mistakes=True)]
    scan = again(shape, mistakes=False)
    if shape.questions:
        return [scan]
    return [oldest(shape, mistakes=False, most=A_LOOK), oldest(shape, mistakes=False), scan]


def of_fresh_topics(found: Sequence[tuple[float, Record]], recent: Sequence[str]) -> Sequence[tuple[float, Record]]:
    """Those of topics not asked just now, or at least not last, if there are any."""
    known = [topic for topic in recent if topic]
    for past in (known, known[:1]):
        if fresh := [it for it in found if it[1].topic not in past]:
            return fresh
    return found
