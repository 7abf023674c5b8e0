"""Standings of an event: who is where, told by scores and time alone, so that the same answers give the same list."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from uuid import UUID

from lyceum.kernel.ids import TrainingId, UserId
from lyceum.training.domain.events import digest_of

FAST_MS = 3_000
"""Nobody reads, thinks and answers a task in less."""
RARE = 40
"""A wrong answer that more participants share tells nothing about any two of them."""
ALIKE = 4
"""So many shared rare wrong answers make a pair worth a look."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """How far a participant is. `time_ms` is from their start to the last answer that they changed."""

    learner_id: UserId
    training_id: TrainingId
    name: str
    variant: int
    score: float
    answered: int
    time_ms: int
    finished: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A line with its place; equal score and time share one, and the next place is left out."""

    place: int
    line: Line


def placed(lines: Iterable[Line]) -> Sequence[Placed]:
    """Higher scores first, among equal ones the faster."""
    ordered = sorted(lines, key=lambda it: (-it.score, it.time_ms, it.learner_id))
    found: list[Placed] = []
    for number, line in enumerate(ordered, start=1):
        before = found[-1] if found else None
        ties = before is not None and (before.line.score, before.line.time_ms) == (line.score, line.time_ms)
        found.append(Placed(place=before.place if before and ties else number, line=line))
    return found


def digest_of_standings(standings: Sequence[Placed]) -> str:
    """The same for the same places, scores and times, whatever the names."""
    return digest_of(
        [f"{it.place} {it.line.learner_id.hex} {it.line.score!r} {it.line.time_ms}".encode() for it in standings]
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A saved answer of a participant, for the look at oddities. `answer` is JSON as it is kept."""

    learner_id: UserId
    question_id: UUID
    seed: int
    answer: str
    share: float
    elapsed_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """Something that the operator should look at; it proves nothing by itself. `kind`: `fast` (right answers given
    faster than they can be read) or `alike` (rare wrong answers shared with `other_id`). `count` of how many."""

    kind: str
    learner_id: UserId
    other_id: UserId | None
    count: int


def flags_of(answers: Iterable[Given]) -> Sequence[Flag]:
    """The strongest first."""
    fast: dict[UserId, int] = defaultdict(int)
    shared: dict[tuple[UUID, int, str], list[UserId]] = defaultdict(list)
    for given in answers:
        if given.share == 1 and 0 < given.elapsed_ms < FAST_MS:
            fast[given.learner_id] += 1
        if given.share == 0:
            shared[given.question_id, given.seed, given.answer].append(given.learner_id)
    found = [
        Flag(kind="fast", learner_id=learner, other_id=None, count=count)
        for learner, count in fast.items()
        if count > 2
    ]
    found += [
        Flag(kind="alike", learner_id=one, other_id=other, count=count)
        for (one, other), count in _pairs(shared).items()
        if count >= ALIKE
    ]
    return sorted(found, key=lambda it: (-it.count, it.kind, it.learner_id, it.other_id or it.learner_id))


def _pairs(shared: Mapping[tuple[UUID, int, str], Sequence[UserId]]) -> Mapping[tuple[UserId, UserId], int]:
    counts: dict[tuple[UserId, UserId], int] = defaultdict(int)
    for learners in shared.values():
        if 1 < len(learners) <= RARE:
            for pair in combinations(sorted(set(learners)), 2):
                counts[pair] += 1
    return counts
