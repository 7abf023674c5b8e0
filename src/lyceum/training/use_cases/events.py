"""Preparing events, joining and starting them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from random import Random
from typing import Annotated
from uuid import UUID

import msgspec

from lyceum.accounts.api import Actor, Role
from lyceum.bank.api import Exams
from lyceum.kernel.errors import FieldProblem
from lyceum.kernel.ids import QuestionId, TrainingId, uuid7
from lyceum.kernel.ports import Clock, Transaction
from lyceum.training.domain.events import (
    MAX_QUESTIONS,
    MAX_VARIANTS,
    BadEvent,
    Event,
    EventNotFound,
    EventPlan,
    EventState,
    NotTheOrganiser,
    Participant,
    StandingsShown,
)
from lyceum.training.domain.sittings import ExamWithoutTasks, Paper, Part, Sitting
from lyceum.training.domain.trainings import AlreadyActive, Mode
from lyceum.training.event_ports import Entrance, EventLog, Events, Participants
from lyceum.training.sitting_ports import Sittings
from lyceum.training.use_cases.asking import insist
from lyceum.training.use_cases.drawing import SEEDS, DrawNamed, DrawPaper, new_seed
from lyceum.training.use_cases.scoring import EndSitting
from lyceum.training.use_cases.sitting import ShowSitting, SittingView

type Minutes = Annotated[int, msgspec.Meta(ge=1, le=14 * 24 * 60)]
type Slug = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9_-]{1,40}$")]
type Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class NewEvent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An event to prepare. Its paper is drawn by an exam's profile (`exam`, `subject`, the newest `year` if none, with
    `part` first the tasks that a machine marks), or has just `questions`, in that order. Times carry their zone."""

    title: Annotated[str, msgspec.Meta(max_length=200)]
    opens_at: Moment
    closes_at: Moment
    duration_min: Minutes
    description: Annotated[str, msgspec.Meta(max_length=5000)] = ""
    exam: Slug | None = None
    subject: Slug | None = None
    year: Annotated[int, msgspec.Meta(ge=2000, le=2100)] | None = None
    part: Part = Part.WHOLE
    questions: Annotated[tuple[UUID, ...], msgspec.Meta(max_length=MAX_QUESTIONS)] = ()
    variants: Annotated[int, msgspec.Meta(ge=1, le=MAX_VARIANTS)] = 1
    freeze_min: Annotated[int, msgspec.Meta(ge=0, le=14 * 24 * 60)] = 0
    standings: StandingsShown = StandingsShown.LIVE

    def plan(self) -> EventPlan:
        return EventPlan(
            title=self.title.strip(),
            description=self.description.strip(),
            opens_at=self.opens_at,
            closes_at=self.closes_at,
            duration_min=self.duration_min,
            exam=self.exam,
            subject=self.subject,
            year=self.year,
            first_part=self.part is Part.FIRST,
            questions=tuple(QuestionId(id) for id in self.questions),
            variants=self.variants,
            freeze_min=self.freeze_min,
            standings=self.standings,
        )


class Joining(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The name that the standings show; that of the profile when left out."""

    name: Annotated[str, msgspec.Meta(max_length=80)] = ""


class EventView(msgspec.Struct, frozen=True, kw_only=True):
    """An event as everybody sees it. `me` is the caller's own place in it; `seal` proves later that no variant was
    changed after the sealing. Times are the server's: count from `server_time`."""

    id: UUID
    title: str
    description: str
    state: EventState
    opens_at: datetime
    closes_at: datetime
    duration_min: int
    exam: str | None
    subject: str | None
    year: int | None
    part: Part
    question_count: int | None
    variants: int
    freeze_min: int
    freezes_at: datetime
    standings: StandingsShown
    seal: str
    server_time: datetime
    version: int
    is_mine: bool
    me: "ParticipantView | None" = None


class ParticipantView(msgspec.Struct, frozen=True, kw_only=True):
    """One's own place. `training_id` is the sitting, once started."""

    name: str
    variant: int
    joined_at: datetime
    training_id: UUID | None
    finished_at: datetime | None


def may_run(actor: Actor, event: Event) -> bool:
    return actor.has(Role.OPERATOR) or (actor.is_signed_in and event.organiser_id == actor.id)


def require_organiser(actor: Actor, event: Event) -> None:
    """Raise NotTheOrganiser."""
    if not may_run(actor, event):
        raise NotTheOrganiser()


def require_visible(actor: Actor, event: Event) -> None:
    """A draft is nobody's business but its organiser's; raise EventNotFound."""
    if event.sealed_at is None and not may_run(actor, event):
        raise EventNotFound(event_id=event.id)


def event_view(event: Event, now: datetime, actor: Actor, me: Participant | None = None) -> EventView:
    plan = event.plan
    return EventView(
        id=event.id,
        title=plan.title,
        description=plan.description,
        state=event.state(now),
        opens_at=plan.opens_at,
        closes_at=plan.closes_at,
        duration_min=plan.duration_min,
        exam=plan.exam,
        subject=plan.subject,
        year=plan.year,
        part=Part.FIRST if plan.first_part else Part.WHOLE,
        question_count=len(plan.questions) or None,
        variants=plan.variants,
        freeze_min=plan.freeze_min,
        freezes_at=event.freezes_at,
        standings=plan.standings,
        seal=event.seal,
        server_time=now,
        version=event.version,
        is_mine=may_run(actor, event),
        me=_participant_view(me) if me else None,
    )


def _participant_view(me: Participant) -> ParticipantView:
    return ParticipantView(
        name=me.name,
        variant=me.variant,
        joined_at=me.joined_at,
        training_id=me.training_id,
        finished_at=me.finished_at,
    )


@dataclass(frozen=True, slots=True)
class CreateEvent:
    """An author or operator prepares an event; nobody else sees it before it is sealed. Refused: BadEvent."""

    events: Events
    log: EventLog
    clock: Clock
    transaction: Transaction

    async def __call__(self, actor: Actor, new: NewEvent) -> Event:
        actor.require(Role.AUTHOR, scope="training:write")
        now, plan = self.clock.now(), new.plan()
        if problems := plan.problems(now):
            raise BadEvent(problems=problems)
        event = Event(id=uuid7(), organiser_id=actor.id, plan=plan, created_at=now)
        async with self.transaction:
            await self.events.add(event)
            await self.log.note(event.id, "created", now, actor.id)
        return event


@dataclass(frozen=True, slots=True)
class ChangeEvent:
    """Its organiser or an operator changes an event that is not sealed.

    Refused: NotTheOrganiser, EventSealed, EventCancelled, BadEvent; Overtaken when it was changed since it was read.
    """

    events: Events
    log: EventLog
    clock: Clock
    transaction: Transaction

    async def __call__(self, actor: Actor, id: UUID, new: NewEvent) -> Event:
        actor.require(scope="training:write")
        event = await self.events.get(id)
        require_organiser(actor, event)
        now = self.clock.now()
        event.change(new.plan(), now)
        async with self.transaction:
            await self.events.save(event)
            await self.log.note(id, "changed", now, actor.id)
        return event


@dataclass(frozen=True, slots=True)
class SealEvent:
    """The organiser draws the variants and closes them: from then on the event is announced and cannot be changed.

    Refused: NotTheOrganiser, EventSealed, BadEvent, and what drawing refuses (SlotsUnfilled, ExamWithoutTasks).
    """

    events: Events
    drawing: "DrawVariants"
    log: EventLog
    clock: Clock
    transaction: Transaction

    async def __call__(self, actor: Actor, id: UUID) -> Event:
        actor.require(scope="training:write")
        event = await self.events.get(id)
        require_organiser(actor, event)
        papers = await self.drawing(event.plan)
        now = self.clock.now()
        event.seal_with([msgspec.json.encode((paper.tasks, paper.duration_min)) for paper in papers], now)
        async with self.transaction:
            await self.events.save(event)
            await self.events.seal(event, papers)
            await self.log.note(id, "sealed", now, actor.id, seal=event.seal, variants=len(papers))
        return event


@dataclass(frozen=True, slots=True)
class DrawVariants:
    """The papers of an event: of its exam's profile, or of its own questions."""

    exams: Exams
    by_profile: DrawPaper
    named: DrawNamed

    async def __call__(self, plan: EventPlan) -> Sequence[Paper]:
        seeds = [Random(new_seed(uuid7())).randrange(SEEDS) for _ in range(plan.variants)]
        if plan.questions:
            return [await self.named(plan.questions, plan.duration_min, seed) for seed in seeds]
        known = await self.exams.profiles(plan.exam or "", plan.subject or "")
        fitting = [it for it in known if it.slots and plan.year in (None, it.year)]
        if not fitting:
            raise ExamWithoutTasks(exam=plan.exam, subject=plan.subject, year=plan.year)
        part = Part.FIRST if plan.first_part else Part.WHOLE
        drawn = [await self.by_profile(fitting[0], part, seed, None) for seed in seeds]
        return [replace(paper, duration_min=plan.duration_min) for paper in drawn]


@dataclass(frozen=True, slots=True)
class CancelEvent:
    """The organiser calls an event off, before it opens. Refused: NotTheOrganiser, EventAlreadyBegun."""

    events: Events
    log: EventLog
    clock: Clock
    transaction: Transaction

    async def __call__(self, actor: Actor, id: UUID) -> Event:
        actor.require(scope="training:write")
        event = await self.events.get(id)
        require_organiser(actor, event)
        now = self.clock.now()
        event.cancel(now)
        async with self.transaction:
            await self.events.save(event)
            await self.log.note(id, "cancelled", now, actor.id)
        return event


@dataclass(frozen=True, slots=True)
class JoinEvent:
    """Anybody signed in joins an event until it closes; joining twice is the same as once.

    Refused: EventNotFound, EventNotSealed, EventCancelled, EventOver; a name that is empty.
    """

    participants: Participants
    clock: Clock

    async def __call__(self, actor: Actor, id: UUID, joining: Joining) -> EventView:
        actor.require(scope="training:write")
        entrance = await self.participants.entrance(id, actor.id)
        now = self.clock.now()
        if entrance.participant is None:
            entrance.event.require_joinable(now)
            await self.participants.join(place_of(entrance.event, actor, joining, now))
            entrance = await self.participants.entrance(id, actor.id)
        return event_view(entrance.event, now, actor, entrance.participant)


def place_of(event: Event, actor: Actor, joining: Joining, now: datetime) -> Participant:
    name = " ".join((joining.name or actor.name).split())[:80]
    if not name:
        raise BadEvent(problems=[FieldProblem("name", "required", "The standings need a name.")])
    return Participant(
        event_id=event.id, learner_id=actor.id, name=name, variant=event.variant_of(actor.id), joined_at=now
    )


@dataclass(frozen=True, slots=True)
class BeginEvent:
    """A participant who sits nothing yet gets their variant and their own time begins: the start of nearly everybody,
    in the same second.

    Refused: what joining refuses, EventNotOpen before the start.
    """

    participants: Participants
    show: ShowSitting

    async def __call__(self, actor: Actor, id: UUID, joining: Joining) -> SittingView | None:
        """None when they have started already or sit another event: that is for `StartEvent`."""
        actor.require(scope="training:write")
        return await insist(lambda: self._begin(actor, id, joining))

    async def _begin(self, actor: Actor, id: UUID, joining: Joining) -> SittingView | None:
        entrance = await self.participants.entrance(id, actor.id)
        if entrance.active is not None or (entrance.participant and entrance.participant.training_id):
            return None
        return await self.enter(actor, entrance, joining)

    async def enter(self, actor: Actor, entrance: Entrance, joining: Joining) -> SittingView:
        """Raise Overtaken when they have started meanwhile."""
        event, now = entrance.event, self.show.clock.now()
        event.require_open(now)
        place = entrance.participant or place_of(event, actor, joining, now)
        sitting = Sitting.begin(
            id=TrainingId(uuid7()),
            learner=actor.id,
            mode=Mode.EVENT,
            paper=(await self.participants.papers(event.id))[place.variant],
            extra_min=entrance.extra_min,
            at=now,
            event_id=event.id,
            latest=event.plan.closes_at,
        )
        await self.participants.start(place, sitting)
        return await self.show(sitting, ())


@dataclass(frozen=True, slots=True)
class StartEvent:
    """A participant gets their variant and their own time begins; starting again gives the sitting there is.

    Refused: what joining refuses, EventNotOpen before the start, AlreadyActive while they sit another event.
    """

    begin: BeginEvent
    sittings: Sittings
    end: EndSitting
    show: ShowSitting

    async def __call__(self, actor: Actor, id: UUID, joining: Joining) -> SittingView:
        actor.require(scope="training:write")
        return await insist(lambda: self._start(actor, id, joining))

    async def _start(self, actor: Actor, id: UUID, joining: Joining) -> SittingView:
        entrance = await self.begin.participants.entrance(id, actor.id)
        place, now = entrance.participant, self.show.clock.now()
        if place is not None and place.training_id is not None:
            return await self.show(await self._current(actor, place.training_id, now))
        if entrance.active is not None:
            entrance.event.require_open(now)
            await self._leave(actor, entrance.active, now)
        return await self.begin.enter(actor, entrance, joining)

    async def _current(self, actor: Actor, id: TrainingId, now: datetime) -> Sitting:
        sitting = await self.sittings.find(id, actor.id)
        if sitting is None:
            raise AlreadyActive(training_id=id)
        return await self.end(sitting) if sitting.is_due(now) else sitting

    async def _leave(self, actor: Actor, active: TrainingId, now: datetime) -> None:
        """End another sitting whose time is up; raise AlreadyActive when it goes on."""
        other = await self.sittings.find(active, actor.id)
        if other is not None and not other.is_due(now):
            raise AlreadyActive(training_id=active)
        if other is not None:
            await self.end(other)
