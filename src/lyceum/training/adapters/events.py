"""Events in the database. A start is one read and one change, since thousands come in the same second."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import Insert, and_, bindparam, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from lyceum.kernel.ids import TrainingId, UserId, uuid7
from lyceum.platform.database import Database, SqlTransaction
from lyceum.platform.prepared import Changes, Prepared, Record
from lyceum.training.adapters.event_tables import event_log, events, participants, variants
from lyceum.training.adapters.repositories import changing
from lyceum.training.adapters.sitting_tables import accommodations, papers, sittings
from lyceum.training.adapters.sittings import PAPER, paper_of, paper_row
from lyceum.training.adapters.tables import trainings
from lyceum.training.domain.events import Event, EventNotFound, EventPlan, Participant
from lyceum.training.domain.sittings import Paper, Sitting
from lyceum.training.domain.trainings import Mode, Overtaken
from lyceum.training.event_ports import Entrance

REMEMBERED = 100
_SAVED = ("opens_at", "closes_at", "plan", "sealed_at", "seal", "done_at", "cancelled_at", "version")
_GET = Prepared(select(events).where(events.c.id == bindparam("event")))
_SAVE = update(events).where(events.c.id == bindparam("event"), events.c.version == bindparam("read_version"))
_ACTIVE = (
    select(trainings.c.id)
    .where(
        trainings.c.learner_id == bindparam("learner"),
        trainings.c.mode == Mode.EVENT.value,
        trainings.c.finished_at.is_(None),
    )
    .limit(1)
    .scalar_subquery()
)
_EXTRA = select(accommodations.c.extra_min).where(accommodations.c.learner_id == bindparam("learner")).scalar_subquery()
_ENTRANCE = Prepared(
    select(
        *events.c,
        participants.c.name.label("participant_name"),
        participants.c.variant.label("participant_variant"),
        participants.c.joined_at.label("participant_joined_at"),
        participants.c.training_id.label("participant_training_id"),
        trainings.c.finished_at.label("participant_finished_at"),
        func.coalesce(_EXTRA, 0).label("extra_min"),
        _ACTIVE.label("active"),
    )
    .select_from(events)
    .outerjoin(
        participants, and_(participants.c.event_id == events.c.id, participants.c.learner_id == bindparam("learner"))
    )
    .outerjoin(trainings, trainings.c.id == participants.c.training_id)
    .where(events.c.id == bindparam("event"))
)
_PARTICIPANT = ("event_id", "learner_id", "name", "variant", "joined_at")
_BEGIN = Prepared(
    insert(trainings),
    *("id", "learner_id", "mode", "filters", "length", "deadline", "started_at", "finished_at", "position", "answered"),
    *("correct", "score", "max_score", "version", "recent", "repeats"),
)
_SIT = Prepared(insert(sittings), "training_id", "paper_id", "extra_min", "scored_at", "pending")
_DIALECTS = ("sqlite", "postgresql")


def _joining(dialect: str) -> Insert:
    made = sqlite_insert(participants) if dialect == "sqlite" else postgres_insert(participants)
    return made.on_conflict_do_nothing(index_elements=["event_id", "learner_id"])


def _starting(dialect: str) -> Insert:
    """Join with the sitting, or add it to the place there is if that has none: at most one row is touched, once."""
    made = sqlite_insert(participants) if dialect == "sqlite" else postgres_insert(participants)
    return made.on_conflict_do_update(
        index_elements=["event_id", "learner_id"],
        set_={"training_id": made.excluded.training_id},
        where=participants.c.training_id.is_(None),
    )


_JOIN = {dialect: Prepared(_joining(dialect), *_PARTICIPANT) for dialect in _DIALECTS}
_START = {dialect: Prepared(_starting(dialect), *_PARTICIPANT, "training_id") for dialect in _DIALECTS}


class SealedPapers(OrderedDict[UUID, Mapping[int, Paper]]):
    """Variants of the events asked for last: once sealed, they never change."""

    def keep(self, event: UUID, sealed: Mapping[int, Paper]) -> None:
        self[event] = sealed
        if len(self) > REMEMBERED:
            self.popitem(last=False)


@dataclass(frozen=True, slots=True)
class SqlEvents:
    """`event_ports.Events`."""

    database: Database
    transaction: SqlTransaction

    async def get(self, id: UUID) -> Event:
        rows = await _GET.read(self.database, {"event": id})
        if not rows:
            raise EventNotFound(event_id=id)
        return event_of(rows[0])

    async def add(self, event: Event) -> None:
        row = _row(event) | {"id": event.id, "organiser_id": event.organiser_id, "created_at": event.created_at}
        await self.transaction.connection.execute(insert(events), row)

    async def save(self, event: Event) -> None:
        event.version += 1
        row = {name: value for name, value in _row(event).items() if name in _SAVED}
        keys = {"event": event.id, "read_version": event.version - 1}
        if (await self.transaction.connection.execute(_SAVE.values(row), keys)).rowcount != 1:
            raise Overtaken()

    async def seal(self, event: Event, papers_: Sequence[Paper]) -> None:
        connection = self.transaction.connection
        await connection.execute(insert(papers), [paper_row(paper) for paper in papers_])
        rows = [
            {"event_id": event.id, "number": number, "paper_id": paper.id}
            for number, paper in enumerate(papers_, start=1)
        ]
        await connection.execute(insert(variants), rows)


@dataclass(frozen=True, slots=True)
class SqlParticipants:
    """`event_ports.Participants`."""

    database: Database
    known: SealedPapers

    async def entrance(self, event: UUID, learner: UserId) -> Entrance:
        rows = await _ENTRANCE.read(self.database, {"event": event, "learner": learner})
        if not rows:
            raise EventNotFound(event_id=event)
        row, participant = rows[0], None
        if row.participant_variant is not None:
            participant = Participant(
                event_id=event,
                learner_id=learner,
                name=row.participant_name,
                variant=row.participant_variant,
                joined_at=row.participant_joined_at,
                training_id=row.participant_training_id,
                finished_at=row.participant_finished_at,
            )
        return Entrance(event=event_of(row), participant=participant, extra_min=row.extra_min, active=row.active)

    async def join(self, participant: Participant) -> None:
        await self.database.make(Changes([(_JOIN[self.database.dialect], _participant_row(participant))]))

    async def start(self, participant: Participant, sitting: Sitting) -> None:
        await self.database.make(self.changes(participant, sitting))

    def changes(self, participant: Participant, sitting: Sitting) -> Changes:
        dialect, training = self.database.dialect, sitting.training
        place = _participant_row(participant) | {"training_id": training.id}
        row = {
            "id": training.id,
            "learner_id": training.learner_id,
            "mode": training.mode.value,
            "filters": msgspec.json.encode(training.filters).decode(),
            "length": training.length,
            "deadline": training.deadline,
            "started_at": training.started_at,
            **changing(training),
        }
        own = {
            "training_id": training.id,
            "paper_id": sitting.paper.id,
            "extra_min": sitting.extra_min,
            "scored_at": None,
            "pending": 0,
        }
        return Changes([(_START[dialect], place), (_BEGIN, row), (_SIT, own)], 1, Overtaken)

    async def papers(self, event: UUID) -> Mapping[int, Paper]:
        if (found := self.known.get(event)) is not None:
            return found
        query = (
            select(variants.c.number, *PAPER)
            .join(papers, papers.c.id == variants.c.paper_id)
            .where(variants.c.event_id == event)
        )
        async with self.database.read() as connection:
            sealed = {row.number: paper_of(row) for row in await connection.execute(query)}
        if sealed:
            self.known.keep(event, sealed)
        return sealed

    async def started(self, event: UUID) -> Sequence[Participant]:
        query = (
            select(participants)
            .where(participants.c.event_id == event, participants.c.training_id.is_not(None))
            .order_by(participants.c.learner_id)
        )
        async with self.database.read() as connection:
            return [
                Participant(
                    event_id=row.event_id,
                    learner_id=UserId(row.learner_id),
                    name=row.name,
                    variant=row.variant,
                    joined_at=row.joined_at,
                    training_id=TrainingId(row.training_id),
                )
                for row in await connection.execute(query)
            ]


@dataclass(frozen=True, slots=True)
class SqlEventLog:
    """`event_ports.EventLog`."""

    transaction: SqlTransaction

    async def note(self, event: UUID, action: str, at: datetime, actor: UserId | None = None, **detail: object) -> None:
        row = {
            "id": uuid7(),
            "event_id": event,
            "at": at,
            "actor_id": actor,
            "action": action,
            "detail": msgspec.json.encode(detail).decode(),
        }
        await self.transaction.connection.execute(insert(event_log), row)


def event_of(row: Record) -> Event:
    """The event in a row with the columns of `training_events`."""
    return Event(
        id=row.id,
        organiser_id=UserId(row.organiser_id),
        plan=msgspec.json.decode(row.plan, type=EventPlan),
        created_at=row.created_at,
        sealed_at=row.sealed_at,
        seal=row.seal,
        done_at=row.done_at,
        cancelled_at=row.cancelled_at,
        version=row.version,
    )


def _row(event: Event) -> dict[str, object]:
    return {
        "opens_at": event.plan.opens_at,
        "closes_at": event.plan.closes_at,
        "plan": msgspec.json.encode(event.plan).decode(),
        "sealed_at": event.sealed_at,
        "seal": event.seal,
        "done_at": event.done_at,
        "cancelled_at": event.cancelled_at,
        "version": event.version,
    }


def _participant_row(participant: Participant) -> dict[str, object]:
    return {
        "event_id": participant.event_id,
        "learner_id": participant.learner_id,
        "name": participant.name,
        "variant": participant.variant,
        "joined_at": participant.joined_at,
    }
