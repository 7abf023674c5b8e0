"""Events: olympiads and other timed contests, whose variants are sealed before the start.

An event is prepared as a draft, sealed (its variants drawn and never changed again), then runs on the server's clock.
Everything about its time is told by the clock alone; nobody has to switch it on or off.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from lyceum.kernel.errors import Conflict, FieldProblem, Forbidden, Invalid, NotFound
from lyceum.kernel.ids import QuestionId, TrainingId, UserId
from lyceum.training.domain.trainings import GRACE

MAX_VARIANTS = 60
MAX_QUESTIONS = 100
MAX_WINDOW = timedelta(days=14)


class EventNotFound(NotFound):
    code = "training.event_not_found"
    text = "There is no such event. Check the link, or look at the list of events."


class BadEvent(Invalid):
    code = "training.bad_event"
    text = "The event cannot be kept like that. See errors."


class EventSealed(Conflict):
    code = "training.event_sealed"
    text = "The variants of this event are sealed, so it cannot be changed any more. Cancel it and make another one."


class EventNotSealed(Conflict):
    code = "training.event_not_sealed"
    text = "This event is still being prepared. Its organiser has to seal its variants first."


class EventNotOpen(Conflict):
    code = "training.event_not_open"
    text = "The event opens at {opens_at} by the server's clock. Join it now, and start then."


class EventOver(Conflict):
    code = "training.event_over"
    text = "The event closed at {closes_at} by the server's clock; nobody can start it any more."


class EventCancelled(Conflict):
    code = "training.event_cancelled"
    text = "The event was cancelled by its organiser."


class EventAlreadyBegun(Conflict):
    code = "training.event_already_begun"
    text = "The event opened at {opens_at}, so this can no longer be done. Let it end, or correct results afterwards."


class EventGoesOn(Conflict):
    code = "training.event_goes_on"
    text = "The event goes on, or its papers are still being marked. Try again when it is over."


class NotTheOrganiser(Forbidden):
    code = "training.not_the_organiser"
    text = "Only the organiser of an event and operators may do this."


class StandingsHidden(Conflict):
    code = "training.standings_hidden"
    text = "The organiser shows the standings of this event only when it is over, after {closes_at}."


class EventState(StrEnum):
    """`announced`: sealed, not open yet. `closed`: over, papers are being marked. `done`: the standings are final."""

    DRAFT = "draft"
    ANNOUNCED = "announced"
    RUNNING = "running"
    CLOSED = "closed"
    DONE = "done"
    CANCELLED = "cancelled"


class StandingsShown(StrEnum):
    """When others see who is where: while it runs (until the freeze), or only when it is over."""

    LIVE = "live"
    AFTER = "after"


@dataclass(frozen=True, slots=True, kw_only=True)
class EventPlan:
    """What an organiser decides.

    The paper is drawn by an exam profile (`exam`, `subject`, newest `year` if none), or has just the `questions` named,
    in their order; then variants differ in what is drawn into them and in the order of options. `duration_min` counts
    from a learner's own start, and ends at `closes_at` at the latest. `freeze_min` before that the standings stand
    still for everybody but the organiser.
    """

    title: str
    opens_at: datetime
    closes_at: datetime
    duration_min: int
    description: str = ""
    exam: str | None = None
    subject: str | None = None
    year: int | None = None
    first_part: bool = False
    questions: tuple[QuestionId, ...] = ()
    variants: int = 1
    freeze_min: int = 0
    standings: StandingsShown = StandingsShown.LIVE

    def problems(self, now: datetime) -> Sequence[FieldProblem]:
        """All that is wrong with it, to be told at once."""
        found: list[FieldProblem] = []
        window = self.closes_at - self.opens_at
        if not self.title.strip():
            found.append(FieldProblem("title", "required", "An event has a title."))
        if self.opens_at <= now:
            found.append(FieldProblem("opens_at", "past", "An event opens in the future."))
        if not timedelta() < window <= MAX_WINDOW:
            found.append(FieldProblem("closes_at", "range", "An event closes after it opens, within 14 days."))
        elif timedelta(minutes=self.duration_min) > window:
            found.append(FieldProblem("duration_min", "range", "There is less time than this between open and close."))
        if timedelta(minutes=self.freeze_min) >= max(window, timedelta(minutes=1)):
            found.append(FieldProblem("freeze_min", "range", "The freeze is shorter than the event."))
        if bool(self.questions) == bool(self.exam and self.subject):
            found.append(
                FieldProblem("questions", "one_of", "Name either an exam with its subject, or questions of your own.")
            )
        if len(set(self.questions)) != len(self.questions):
            found.append(FieldProblem("questions", "duplicate", "A question stands once in a paper."))
        return found


@dataclass(eq=False, kw_only=True)
class Event:
    """`seal` is the digest of the sealed variants: whoever has it can tell later that none was changed."""

    id: UUID
    organiser_id: UserId
    plan: EventPlan
    created_at: datetime
    sealed_at: datetime | None = None
    seal: str = ""
    done_at: datetime | None = None
    cancelled_at: datetime | None = None
    version: int = 1

    @property
    def freezes_at(self) -> datetime:
        return self.plan.closes_at - timedelta(minutes=self.plan.freeze_min)

    def state(self, now: datetime) -> EventState:
        if self.cancelled_at is not None:
            return EventState.CANCELLED
        if self.sealed_at is None:
            return EventState.DRAFT
        if now < self.plan.opens_at:
            return EventState.ANNOUNCED
        if self.done_at is not None:
            return EventState.DONE
        return EventState.RUNNING if now < self.plan.closes_at + GRACE else EventState.CLOSED

    def change(self, plan: EventPlan, now: datetime) -> None:
        """Raise EventSealed, EventCancelled or BadEvent."""
        self._require_draft()
        if problems := plan.problems(now):
            raise BadEvent(problems=problems)
        self.plan = plan

    def seal_with(self, papers: Sequence[bytes], now: datetime) -> None:
        """From now on its variants are these; raise EventSealed, EventCancelled or BadEvent (it opens in the past)."""
        self._require_draft()
        if problems := self.plan.problems(now):
            raise BadEvent(problems=problems)
        self.sealed_at, self.seal = now, digest_of(papers)

    def cancel(self, now: datetime) -> None:
        """Cancelling twice is the same as once; raise EventAlreadyBegun."""
        if self.cancelled_at is not None:
            return
        if self.sealed_at is not None and now >= self.plan.opens_at:
            raise EventAlreadyBegun(opens_at=self.plan.opens_at)
        self.cancelled_at = now

    def require_joinable(self, now: datetime) -> None:
        """Raise EventNotSealed, EventCancelled or EventOver."""
        if self.cancelled_at is not None:
            raise EventCancelled()
        if self.sealed_at is None:
            raise EventNotSealed()
        if now >= self.plan.closes_at:
            raise EventOver(closes_at=self.plan.closes_at)

    def require_open(self, now: datetime) -> None:
        """Raise what `require_joinable` does, or EventNotOpen."""
        self.require_joinable(now)
        if now < self.plan.opens_at:
            raise EventNotOpen(opens_at=self.plan.opens_at)

    def is_frozen(self, now: datetime) -> bool:
        """Whether the standings stand still for the public."""
        return self.plan.freeze_min > 0 and now >= self.freezes_at and self.done_at is None

    def variant_of(self, learner: UserId) -> int:
        """Which of the variants a learner gets, from 1: even over learners, and nobody can choose."""
        drawn = hashlib.blake2b(self.id.bytes + learner.bytes + self.seal.encode(), digest_size=8).digest()
        return int.from_bytes(drawn) % self.plan.variants + 1

    def _require_draft(self) -> None:
        if self.cancelled_at is not None:
            raise EventCancelled()
        if self.sealed_at is not None:
            raise EventSealed()


def digest_of(parts: Sequence[bytes]) -> str:
    """SHA-256 over parts, each with its length before it, in hexadecimal."""
    made = hashlib.sha256()
    for part in parts:
        made.update(len(part).to_bytes(8))
        made.update(part)
    return made.hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Participant:
    """A learner in an event. `name` is what the standings show; `training_id` is their sitting once they started."""

    event_id: UUID
    learner_id: UserId
    name: str
    variant: int
    joined_at: datetime
    training_id: TrainingId | None = None
    finished_at: datetime | None = None
