"""What events need from outside."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from lyceum.kernel.ids import TrainingId, UserId
from lyceum.training.domain.events import Event, Participant
from lyceum.training.domain.sittings import Paper, Sitting
from lyceum.training.domain.standings import Given, Line, Placed


class Events(Protocol):
    """Events with their sealed variants. Reads outside transactions, writes into the open one."""

    async def get(self, id: UUID) -> Event:
        """Raise EventNotFound."""

    async def add(self, event: Event) -> None: ...

    async def save(self, event: Event) -> None:
        """Keep it under the next version; raise Overtaken when it was changed since it was read."""

    async def seal(self, event: Event, papers: Sequence[Paper]) -> None:
        """Keep the variants, numbered from 1 in their order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrance:
    """What a start depends on: the event, the caller's place in it, their own extra time, and the event that they sit
    just now."""

    event: Event
    participant: Participant | None
    extra_min: int
    active: TrainingId | None


class Participants(Protocol):
    """Who takes part. Reads outside transactions, writes in one of its own."""

    async def entrance(self, event: UUID, learner: UserId) -> Entrance:
        """Raise EventNotFound."""

    async def join(self, participant: Participant) -> None:
        """Whoever has joined before keeps the name and variant they have."""

    async def start(self, participant: Participant, sitting: Sitting) -> None:
        """Join if need be, and begin the sitting; raise Overtaken when it was started meanwhile."""

    async def papers(self, event: UUID) -> Mapping[int, Paper]:
        """The sealed variants by number, remembered after the first time."""

    async def started(self, event: UUID) -> Sequence[Participant]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """Standings as they were kept."""

    standings: Sequence[Placed]
    digest: str
    revision: int
    taken_at: datetime


class Boards(Protocol):
    """What standings are made of, and those that were kept."""

    async def lines(self, event: UUID, *, until: datetime | None = None) -> Sequence[Line]:
        """Everybody who started, by the answers saved `until` then; by the marks given once a paper is marked."""

    async def open(self, event: UUID) -> int:
        """How many sittings are not over, not marked, or wait for graders."""

    async def kept(self, event: UUID, kind: str) -> Kept | None:
        """The latest of that kind."""

    async def keep(self, event: UUID, kind: str, kept: Kept) -> bool:
        """Into the open transaction; False when somebody else has kept that revision."""

    def answers(self, event: UUID) -> AsyncIterator[Given]:
        """All answers of all who started, streamed."""

    async def waiting(self, now: datetime) -> Sequence[UUID]:
        """Events to freeze or to end at that time."""


class EventLog(Protocol):
    """The record of what was done to an event."""

    async def note(self, event: UUID, action: str, at: datetime, actor: UserId | None = None, **detail: object) -> None:
        """Into the open transaction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """An attempt whose mark changes."""

    training_id: TrainingId
    attempt_id: UUID
    score: float
    verdict: str


class Marks(Protocol):
    """Marks of a finished sitting, to be given anew."""

    async def of(self, training: TrainingId) -> Sequence["Marked"]: ...

    async def correct(self, corrections: Sequence[Correction]) -> None:
        """Into the open transaction, with the sums of their trainings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Marked:
    """An attempt with the mark it has. `answer` is JSON."""

    attempt_id: UUID
    question_id: UUID
    version: int
    seed: int
    answer: str
    score: float
    verdict: str
