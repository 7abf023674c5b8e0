"""Standings of events: live, frozen, final; corrections and what the organiser looks at."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

import msgspec

from lyceum.accounts.api import Actor
from lyceum.bank.api import PlayQuestions, Response
from lyceum.kernel.errors import AppError
from lyceum.kernel.ids import QuestionId, TrainingId, UserId
from lyceum.kernel.ports import Clock, Transaction
from lyceum.training.domain.events import (
    Event,
    EventCancelled,
    EventGoesOn,
    EventNotSealed,
    EventState,
    StandingsHidden,
    StandingsShown,
)
from lyceum.training.domain.sittings import Paper
from lyceum.training.domain.standings import Flag, Line, Placed, digest_of_standings, flags_of, placed
from lyceum.training.domain.trainings import GRACE, Verdict
from lyceum.training.event_ports import Boards, Correction, EventLog, Events, Kept, Marked, Marks, Participants
from lyceum.training.sitting_ports import VariantPool
from lyceum.training.use_cases.events import may_run, require_organiser

FRESH = timedelta(seconds=2)
"""Standings are made anew at most so often, however many look at them."""


class StandingView(msgspec.Struct, frozen=True, kw_only=True):
    """One participant's place. `time_ms` is from their start to the last answer that counts; `me` marks the caller."""

    place: int
    name: str
    score: float
    answered: int
    time_ms: int
    finished: bool
    me: bool = False


class StandingsView(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the standings, best first, with the caller's own line. `kind` is live, frozen or final; `digest` is the
    same for the same final standings, and changes with a correction (`revision`)."""

    kind: str
    taken_at: datetime
    revision: int
    digest: str
    total: int
    items: Sequence[StandingView]
    me: StandingView | None
    next_from: int | None


@dataclass(slots=True)
class LiveBoards:
    """The standings made last, shared by all who look in the same moment: one look at the database for all of them."""

    _made: dict[UUID, Kept] = field(default_factory=dict)
    _making: dict[UUID, asyncio.Lock] = field(default_factory=dict)

    async def of(self, event: UUID, boards: Boards, now: datetime) -> Kept:
        async with self._making.setdefault(event, asyncio.Lock()):
            kept = self._made.get(event)
            if kept is None or now - kept.taken_at >= FRESH:
                kept = self._made[event] = kept_now(await boards.lines(event), now, 0)
            return kept


def kept_now(lines: Sequence[Line], at: datetime, revision: int) -> Kept:
    standings = placed(lines)
    return Kept(standings=standings, digest=digest_of_standings(standings), revision=revision, taken_at=at)


@dataclass(frozen=True, slots=True)
class ReadStandings:
    """Everybody sees the standings of a sealed event, as far as its organiser shows them: live until the freeze, then
    as they were at the freeze, and the final ones when all papers are marked. The organiser always sees them live.

    Refused: EventNotSealed, EventCancelled, StandingsHidden.
    """

    events: Events
    boards: Boards
    live: LiveBoards
    clock: Clock

    async def __call__(self, actor: Actor, id: UUID, *, start: int = 0, limit: int = 50) -> StandingsView:
        event = await self.events.get(id)
        kind, kept = await self._kept(event, actor)
        lines = kept.standings[start : start + limit]
        mine = next((it for it in kept.standings if it.line.learner_id == actor.id), None)
        return StandingsView(
            kind=kind,
            taken_at=kept.taken_at,
            revision=kept.revision,
            digest=kept.digest if kind == "final" else "",
            total=len(kept.standings),
            items=[_shown(it, actor.id) for it in lines],
            me=_shown(mine, actor.id) if mine and actor.is_signed_in else None,
            next_from=start + limit if start + limit < len(kept.standings) else None,
        )

    async def _kept(self, event: Event, actor: Actor) -> tuple[str, Kept]:
        now = self.clock.now()
        match event.state(now):
            case EventState.CANCELLED:
                raise EventCancelled()
            case EventState.DRAFT:
                raise EventNotSealed()
            case EventState.DONE:
                if final := await self.boards.kept(event.id, "final"):
                    return "final", final
        if not may_run(actor, event):
            if event.plan.standings is StandingsShown.AFTER:
                raise StandingsHidden(closes_at=event.plan.closes_at)
            if event.is_frozen(now):
                return "frozen", await self._frozen(event, now)
        return "live", await self.live.of(event.id, self.boards, now)

    async def _frozen(self, event: Event, now: datetime) -> Kept:
        if kept := await self.boards.kept(event.id, "frozen"):
            return kept
        return kept_now(await self.boards.lines(event.id, until=event.freezes_at), now, 1)


def _shown(placed: Placed, me: UserId) -> StandingView:
    line = placed.line
    return StandingView(
        place=placed.place,
        name=line.name,
        score=line.score,
        answered=line.answered,
        time_ms=line.time_ms,
        finished=line.finished,
        me=line.learner_id == me,
    )


@dataclass(frozen=True, slots=True)
class TendEvents:
    """Keeps the standings when they freeze, and the final ones when the last paper is marked. Several processes may do
    it: each is kept once."""

    events: Events
    boards: Boards
    log: EventLog
    clock: Clock
    transaction: Transaction

    async def __call__(self) -> int:
        """How many events were frozen or ended."""
        now, count = self.clock.now(), 0
        for id in await self.boards.waiting(now):
            event = await self.events.get(id)
            if now >= event.plan.closes_at + GRACE:
                count += await self._end(event, now)
            elif event.is_frozen(now) and await self.boards.kept(id, "frozen") is None:
                kept = kept_now(await self.boards.lines(id, until=event.freezes_at), event.freezes_at, 1)
                async with self.transaction:
                    count += await self.boards.keep(id, "frozen", kept)
        return count

    async def _end(self, event: Event, now: datetime) -> int:
        if await self.boards.open(event.id):
            return 0
        final = kept_now(await self.boards.lines(event.id), now, 1)
        event.done_at = now
        async with self.transaction:
            if not await self.boards.keep(event.id, "final", final):
                return 0
            await self.events.save(event)
            await self.log.note(event.id, "ended", now, participants=len(final.standings), digest=final.digest)
        return 1


class Rescoring(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to mark again: the questions named, all when none is. `corrected` marks by their published versions of
    today, for a key that was wrong; otherwise by the versions in the sealed variants, which must change nothing."""

    questions: Annotated[tuple[UUID, ...], msgspec.Meta(max_length=100)] = ()
    corrected: bool = False


class RescoredView(msgspec.Struct, frozen=True, kw_only=True):
    """What marking again came to. The same keys give the same `digest`; `unmarked` answers do not fit the corrected
    question and keep their mark."""

    attempts: int
    changed: int
    unmarked: int
    digest_before: str
    digest: str
    revision: int


@dataclass(frozen=True, slots=True)
class RescoreEvent:
    """The organiser has all saved answers marked again, after the event, with the result and both digests in the log.

    Refused: NotTheOrganiser; EventGoesOn until the standings are final.
    """

    events: Events
    participants: Participants
    boards: Boards
    marks: Marks
    remark: "Remark"
    log: EventLog

    async def __call__(self, actor: Actor, id: UUID, asked: Rescoring) -> RescoredView:
        actor.require(scope="training:write")
        event = await self.events.get(id)
        require_organiser(actor, event)
        before = await self.boards.kept(id, "final")
        if before is None:
            raise EventGoesOn()
        tally = Tally()
        wanted = set(asked.questions)
        versions = await self.remark.versions(await self.participants.papers(id), corrected=asked.corrected)
        for place in await self.participants.started(id):
            if place.training_id is None:
                continue
            marked = [it for it in await self.marks.of(place.training_id) if not wanted or it.question_id in wanted]
            corrections = await self.remark(marked, versions, tally, place.training_id)
            if corrections:
                async with self.remark.transaction:
                    await self.marks.correct(corrections)
        return await self._keep(actor, id, before, tally, asked)

    async def _keep(self, actor: Actor, id: UUID, before: Kept, tally: "Tally", asked: Rescoring) -> RescoredView:
        now = self.remark.clock.now()
        after = kept_now(await self.boards.lines(id), now, before.revision + 1)
        is_new = after.digest != before.digest
        async with self.remark.transaction:
            if is_new:
                await self.boards.keep(id, "final", after)
            await self.log.note(
                id,
                "rescored",
                now,
                actor.id,
                corrected=asked.corrected,
                changed=tally.changed,
                before=before.digest,
                after=after.digest,
            )
        return RescoredView(
            attempts=tally.attempts,
            changed=tally.changed,
            unmarked=tally.unmarked,
            digest_before=before.digest,
            digest=after.digest,
            revision=after.revision if is_new else before.revision,
        )


@dataclass(slots=True)
class Tally:
    attempts: int = 0
    changed: int = 0
    unmarked: int = 0


@dataclass(frozen=True, slots=True)
class Remark:
    """Marks answers again."""

    play: PlayQuestions
    pool: VariantPool
    clock: Clock
    transaction: Transaction

    async def versions(self, papers: Mapping[int, Paper], *, corrected: bool) -> Mapping[UUID, int]:
        """The published version of each question of the papers; empty when those in the papers count."""
        if not corrected:
            return {}
        asked = sorted({task.question_id for paper in papers.values() for task in paper.tasks})
        return {it.question_id: it.version for it in await self.pool.named(asked)}

    async def __call__(
        self, marked: Sequence[Marked], versions: Mapping[UUID, int], tally: Tally, training: TrainingId
    ) -> list[Correction]:
        found: list[Correction] = []
        for it in marked:
            if it.verdict in {Verdict.SKIPPED.value, Verdict.PENDING.value}:
                continue
            tally.attempts += 1
            answer = msgspec.json.decode(it.answer, type=Response)
            version = versions.get(it.question_id, it.version)
            try:
                graded = await self.play.grade(QuestionId(it.question_id), version, it.seed, answer)
            except AppError:
                tally.unmarked += 1
                continue
            if (graded.score, graded.verdict) != (it.score, it.verdict):
                tally.changed += 1
                found.append(
                    Correction(
                        training_id=training,
                        attempt_id=it.attempt_id,
                        score=graded.score,
                        verdict=graded.verdict,
                    )
                )
        return found


@dataclass(frozen=True, slots=True)
class ReadFlags:
    """The organiser looks at oddities of a finished event. Refused: NotTheOrganiser, EventGoesOn."""

    events: Events
    boards: Boards
    participants: Participants
    clock: Clock

    async def __call__(self, actor: Actor, id: UUID) -> tuple[Sequence[Flag], dict[UserId, str]]:
        """The flags, and the names of those they speak of."""
        actor.require(scope="training:write")
        event = await self.events.get(id)
        require_organiser(actor, event)
        if event.done_at is None:
            raise EventGoesOn()
        flags = flags_of([it async for it in self.boards.answers(id)])
        names = {it.learner_id: it.name for it in await self.participants.started(id)}
        return flags, names
