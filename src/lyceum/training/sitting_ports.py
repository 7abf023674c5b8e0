"""What sittings need from outside: their store, and the pool that papers are drawn from."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from lyceum.bank.api import Kind
from lyceum.kernel.ids import AttemptId, QuestionId, TrainingId, UserId
from lyceum.training.domain.grading import Grade, Grading
from lyceum.training.domain.sittings import Accommodation, Entry, Paper, Save, Sitting
from lyceum.training.domain.trainings import Mode
from lyceum.training.ports import Situation, Turn


class Sittings(Protocol):
    """Sittings with their papers. Reads outside transactions, writes into the open one."""

    async def find(self, id: TrainingId, learner: UserId) -> Sitting | None:
        """The learner's own sitting."""

    async def active(self, learner: UserId, mode: Mode) -> Sitting | None: ...

    async def due(self, before: datetime, limit: int) -> Sequence[Sitting]:
        """Sittings whose deadline was before that, and those that ended and were not scored yet."""

    async def begin(self, sitting: Sitting, *, new_paper: bool) -> None:
        """Add it, with its paper if that is new; raise Overtaken when one of its mode is going on."""

    async def close(self, id: TrainingId, at: datetime) -> bool:
        """End it at that time, so that nothing is saved any more; False when somebody else has."""


class Entries(Protocol):
    """What is saved of the tasks of a sitting."""

    async def save(self, save: Save) -> bool:
        """Keep a change, in a transaction of its own; False, and nothing kept, when the sitting is not the learner's or
        is over, or a newer change is there."""

    async def sitting(self, id: TrainingId, learner: UserId) -> Sitting | None:
        """The learner's own sitting, outside transactions."""

    async def of(self, training: TrainingId) -> Sequence[Entry]:
        """Those there are, by number; outside transactions."""

    async def paper(self, training: TrainingId, learner: UserId) -> Paper | None:
        """The paper of the learner's own sitting, remembered after the first time; outside transactions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """A sitting with every task judged, a turn for each in their order; the sums are in its training."""

    sitting: Sitting
    turns: Sequence[Turn]
    at: datetime


class Scoring(Protocol):
    """What judging a sitting depends on, and what it changes."""

    async def situations(self, sitting: Sitting) -> Sequence[Situation]:
        """What is known of question and learner, for each task in its order; outside transactions."""

    async def write(self, scored: Scored) -> bool:
        """Into the open transaction; False, and nothing written, when somebody else has scored it."""


class Gradings(Protocol):
    """Answers that people grade."""

    async def find(self, attempt: AttemptId) -> Grading | None:
        """With its grades; outside transactions."""

    async def next_for(self, grader: UserId, subject: str | None, now: datetime) -> AttemptId | None:
        """The one that the grader holds, else the one that has waited longest and still has a place; outside
        transactions."""

    async def hold(self, grading: Grading, grade: Grade) -> None:
        """Take a turn for a grader, in place of one that was held too long; raise Overtaken when somebody else has it.
        Into the open transaction."""

    async def keep(self, grading: Grading, grade: Grade) -> None:
        """Write an opinion and what follows from it; raise Overtaken when the grading is not as it was read, or the
        grader has given one. Into the open transaction."""

    async def settle(self, grading: Grading, turn: Turn, before: float | None) -> None:
        """Write the score that counts now into the attempt, the training and the sums. `before` is what had counted.
        Into the open transaction."""


class Opinions(Protocol):
    """What graders said of a sitting."""

    async def of(self, training: TrainingId) -> Sequence[Grading]:
        """Outside transactions."""


class Accommodations(Protocol):
    """Extra time of learners."""

    async def extra_min(self, learner: UserId) -> int:
        """Minutes; 0 for most. Outside transactions."""

    async def find(self, learner: UserId) -> Accommodation | None:
        """Outside transactions."""

    async def put(self, accommodation: Accommodation) -> None:
        """Set it anew, into the open transaction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """A place in a paper that a question is looked for. `target` is the rating wanted."""

    number: int
    max_score: float
    by_people: bool
    topics: tuple[str, ...]
    target: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A question that fits an opening; `seen` if the learner has answered it before."""

    number: int
    question_id: QuestionId
    version: int
    kind: Kind
    topic: str
    rating: float
    seen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortage:
    """Why an opening stays empty: how many published questions have its number, and how many of those its points."""

    number: int
    numbered: int
    of_points: int


class VariantPool(Protocol):
    """Questions of the pool by slot. Reads outside transactions, a few statements for all slots at once."""

    async def candidates(
        self, learner: UserId | None, exam: str, subject: str, openings: Sequence[Opening]
    ) -> Sequence[Found]:
        """A few for each opening, those the learner has not seen first."""

    async def named(self, questions: Sequence[QuestionId]) -> Sequence[Found]:
        """Those of them that are published, in any order."""

    async def shortages(self, exam: str, subject: str, openings: Sequence[Opening]) -> Sequence[Shortage]: ...
