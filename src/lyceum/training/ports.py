"""What training needs from outside: its own store, the choice of the next question, and when one is reviewed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from lyceum.advertising.api import AdView
from lyceum.bank.api import Kind
from lyceum.kernel.ids import AttemptId, QuestionId, TrainingId, UserId
from lyceum.training.domain.elo import Learner, Rating, Shifts
from lyceum.training.domain.leaderboard import NO_POINTS, Points
from lyceum.training.domain.memory import Grade, Memory
from lyceum.training.domain.pauses import PauseStanding
from lyceum.training.domain.results import Result
from lyceum.training.domain.settings import LearnerSettings
from lyceum.training.domain.streaks import Streak
from lyceum.training.domain.trainings import Attempt, Candidate, Closing, Filters, Mode, Training


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A question as training's projection knows it. `place` is the ability by which it is found; `usual_ms` is the
    time that a first answer takes, None while too few have been given."""

    question_id: QuestionId
    kind: Kind
    subject: str
    topic: str
    task_number: int | None
    options: int
    rating: Rating
    place: float
    answered: int
    usual_ms: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a learner stands before an answer: `learner` in the question's subject; `memory`, `times` and `answered_at`
    (the latest of them) of the very question; `next_due` when their next review falls."""

    learner: Learner
    streak: Streak
    memory: Memory | None = None
    times: int = 0
    answered_at: datetime | None = None
    next_due: datetime | None = None

    @property
    def first(self) -> bool:
        """Whether the learner has not answered the question before."""
        return self.times == 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """An attempt with its training and everything that answering it depends on."""

    training: Training
    attempt: Attempt
    item: Item
    standing: Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """All that an answer changes. `situation.training` is as it will be, `version` as it was read.

    `shifts` move nothing for an answer that says nothing about ability. `memory` is None for one that is no review,
    `streak` when it stays as it was, `following` when the training is over. `points` are those of the leaderboard.
    """

    situation: Situation
    version: int
    closing: Closing
    shifts: Shifts
    memory: Memory | None
    day: date
    streak: Streak | None
    following: Attempt | None
    points: Points = NO_POINTS


class Turns(Protocol):
    """The hot path: what an answer depends on, read at once; what it changes, written at once."""

    async def situation(self, learner: UserId, training: TrainingId, attempt: AttemptId | None) -> Situation | None:
        """The learner's attempt, the one that waits for its answer when none is named. Reads outside transactions."""

    async def training(self, learner: UserId, id: TrainingId) -> Training | None:
        """The learner's own training, where there is no such attempt. Reads outside transactions."""

    async def write(self, turn: Turn, events: Sequence[object]) -> None:
        """Write it with its events in a transaction of its own, durable once this returns; raise Overtaken, with
        nothing written, when the training is not as it was read."""


class Trainings(Protocol):
    """Trainings. Reads outside transactions, writes into the open one."""

    async def active(self, learner: UserId, mode: Mode) -> Training | None: ...

    async def find(self, id: TrainingId, learner: UserId) -> Training | None:
        """The learner's own training."""

    async def learner(self, learner: UserId, subject: str | None) -> Learner:
        """The learner's ratings: over all, and the part of the subject; what is unknown as a beginner's."""

    async def begin(self, training: Training, first: Attempt) -> None:
        """Add it with its first attempt; raise Overtaken when one of its mode is going on."""

    async def finish(self, training: Training) -> None:
        """Close it, and forget the question that was shown and not answered; raise Overtaken when it has changed."""


class Attempts(Protocol):
    """Attempts, read outside transactions."""

    async def find(self, id: AttemptId, learner: UserId) -> Attempt | None:
        """The learner's own attempt."""

    async def current(self, training: TrainingId) -> Attempt | None:
        """The attempt that waits for its answer."""


class SettingsOfLearners(Protocol):
    """What learners chose about their training. Reads outside transactions, writes into the open one."""

    async def find(self, learner: UserId) -> LearnerSettings:
        """Those of a learner, the usual ones if they never changed any."""

    async def save(self, learner: UserId, settings: LearnerSettings) -> bool:
        """Keep them; False, and nothing kept, when somebody was faster than the version before theirs."""


class Pauses(Protocol):
    """The pauses of learners, one row for each. Reads outside transactions, writes into the open one."""

    async def standing(self, learner: UserId, enough: int) -> PauseStanding: ...

    async def claim(self, learner: UserId, since: datetime | None, at: datetime) -> bool:
        """Begin a pause, if the latest is still the one of `since`; of several who try at once, one does."""

    async def hold(self, learner: UserId, ad: UUID) -> None:
        """The ad that stands in the pause until it is ended."""

    async def end(self, learner: UserId, ad: UUID) -> None:
        """The ad stands there no more; nothing happens when another one does."""


class AdsInTime(Protocol):
    """Ads as training may have them: an answer within the time that a learner can be kept waiting, never a fault."""

    async def show(self, learner: UserId) -> AdView | None:
        """The best ad, its impression counted; None when there is none, or none in time. One that comes late is held
        for the learner's next pause."""

    async def again(self, learner: UserId, ad: UUID) -> AdView | None:
        """An ad that the learner was shown, counting nothing; None when it is gone; raise AdsAway."""

    async def click(self, learner: UserId, ad: UUID) -> bool:
        """Count the click; False when the ad was not shown or is gone; raise AdsAway."""


class Results(Protocol):
    """What a training came to. Reads outside transactions."""

    async def of(self, training: Training) -> Result: ...


class PackShelf(Protocol):
    """Questions of a pack, kept where the next one is looked for."""

    async def put(self, pack: UUID, questions: Sequence[QuestionId]) -> None:
        """Make the shelf of the pack hold these questions, as far as they can be asked, and no others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is to be asked next, at `at`. `overall` is the learner's ability without the part of a subject, `level`
    with that of the filter's. `answering` is the question being answered just now; `repeats` skips the search for
    unseen ones, for trainings that have none left; `may_be_due` is False when it is known that no review is;
    `review` asks for what is due and nothing else."""

    learner: UserId
    training: TrainingId
    filters: Filters
    level: float
    overall: float
    at: datetime
    recent: Sequence[str] = ()
    answering: QuestionId | None = None
    repeats: bool = False
    may_be_due: bool = True
    review: bool = False


class NextQuestion(Protocol):
    """Chooses what is asked next. Reads outside transactions."""

    async def choose(self, wish: Wish) -> Candidate | None:
        """A question that passes the filters and was not asked in this training; None when there is none."""

    async def next_due(self, wish: Wish) -> datetime | None:
        """When the next review that passes the filters falls due; None when there is nothing to review."""


class Scheduling(Protocol):
    """Decides when a question is reviewed. Pure reckoning, no reading or writing; times are aware UTC."""

    def reviewed(self, memory: Memory | None, grade: Grade, at: datetime) -> Memory:
        """The memory after an answer; None before the first."""

    def recall(self, memory: Memory, at: datetime) -> float:
        """How likely the learner recalls the answer at that time (0..1)."""
