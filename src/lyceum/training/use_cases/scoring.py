"""The end of a sitting: closing it, judging every task, and what it came to."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import msgspec

from lyceum.accounts.api import Actor
from lyceum.bank.api import PlayQuestions, Response
from lyceum.kernel.ids import TrainingId
from lyceum.kernel.ports import Clock, Outbox, Transaction
from lyceum.training.api import TrainingEnded
from lyceum.training.domain.elo import shifted_learner
from lyceum.training.domain.sittings import Entry, Sitting, Task
from lyceum.training.domain.trainings import GRACE, Closing, TrainingNotFound, Verdict
from lyceum.training.ports import Scheduling, Situation, Turn
from lyceum.training.sitting_ports import Entries, Scored, Scoring, Sittings
from lyceum.training.use_cases.answering import event_of, memory_of, shifts_of

SWEPT = 20


@dataclass(frozen=True, slots=True)
class ScoreSitting:
    """Judges a closed sitting: every task by its rule, the answers that people read wait for them. One transaction
    counts all of it into history, progress and ratings; a sitting that was scored is left as it is."""

    entries: Entries
    scoring: Scoring
    play: PlayQuestions
    scheduling: Scheduling
    outbox: Outbox
    transaction: Transaction
    zone: ZoneInfo

    async def __call__(self, sitting: Sitting) -> Sitting:
        saved = {it.number: it for it in await self.entries.of(sitting.id)}
        situations = await self.scoring.situations(sitting)
        closings = [await self._closing(sitting, task, saved.get(task.number)) for task in sitting.paper.tasks]
        turns = self._turns(sitting, situations, closings)
        sitting.pending = sum(it.verdict is Verdict.PENDING for it in closings)
        sitting.scored_at = sitting.training.finished_at
        async with self.transaction:
            if await self.scoring.write(Scored(sitting=sitting, turns=turns, at=closings[0].at)):
                for turn in turns:
                    if turn.closing.is_graded:
                        self.outbox.add(event_of(turn.situation, turn.closing, turn.shifts))
                self.outbox.add(TrainingEnded(training_id=sitting.id, at=closings[0].at))
        return sitting

    async def _closing(self, sitting: Sitting, task: Task, entry: Entry | None) -> Closing:
        at = sitting.training.finished_at or sitting.deadline
        if entry is None or not entry.is_answered:
            verdict, score = Verdict.SKIPPED, 0.0
        else:
            answer = msgspec.json.decode(entry.answer, type=Response)
            graded = await self.play.grade(task.question_id, task.version, task.seed, answer)
            verdict, score = Verdict(graded.verdict), graded.score
        spent = at - sitting.training.started_at
        return Closing(
            answer=entry.answer if entry else "null",
            verdict=verdict,
            score=score,
            max_score=task.max_score,
            elapsed_ms=min(entry.elapsed_ms, spent // timedelta(milliseconds=1)) if entry else 0,
            channel=entry.channel if entry else "",
            at=at,
        )

    def _turns(self, sitting: Sitting, situations: Sequence[Situation], closings: Sequence[Closing]) -> list[Turn]:
        """One after the other, as if they had been answered so: each moves the ability that the next starts from."""
        turns: list[Turn] = []
        standing = situations[0].standing
        for situation, closing in zip(situations, closings, strict=True):
            own = replace(situation.standing, learner=standing.learner, streak=standing.streak)
            now = replace(situation, training=sitting.training, standing=own)
            by = shifts_of(now, closing)
            sitting.training.count(closing, situation.item.topic)
            day = closing.at.astimezone(self.zone).date()
            streak = own.streak.on(day) if closing.verdict is not Verdict.SKIPPED else own.streak
            turns.append(
                Turn(
                    situation=now,
                    version=sitting.training.version,
                    closing=closing,
                    shifts=by,
                    memory=memory_of(now, closing, self.scheduling),
                    day=day,
                    streak=streak if streak != own.streak else None,
                    following=None,
                )
            )
            standing = replace(own, learner=shifted_learner(own.learner, by), streak=streak)
        return turns


@dataclass(frozen=True, slots=True)
class EndSitting:
    """Closes a sitting and scores it. Whoever calls it again, or at the same moment, finds it ended: what was saved
    before the end counts, and nothing after it. A sitting whose time is up ended at its deadline. That of an event is
    scored when the event has closed for all."""

    sittings: Sittings
    score: ScoreSitting
    clock: Clock
    transaction: Transaction

    async def __call__(self, sitting: Sitting) -> Sitting:
        if sitting.training.finished_at is None:
            at = min(self.clock.now(), sitting.deadline)
            async with self.transaction:
                await self.sittings.close(sitting.id, at)
        closed = await self.sittings.find(sitting.id, sitting.training.learner_id)
        if closed is None:
            raise TrainingNotFound(training_id=sitting.id)
        if closed.scored_at is not None or closed.is_held(self.clock.now()):
            return closed
        return await self.score(closed)


@dataclass(frozen=True, slots=True)
class FinishSitting:
    """A learner ends a sitting of their own before its time; ending it twice is the same as once."""

    sittings: Sittings
    end: EndSitting

    async def __call__(self, actor: Actor, id: TrainingId) -> Sitting:
        actor.require(scope="training:write")
        sitting = await self.sittings.find(id, actor.id)
        if sitting is None:
            raise TrainingNotFound(training_id=id)
        return await self.end(sitting)


@dataclass(frozen=True, slots=True)
class SweepSittings:
    """Ends the sittings whose learners never came back, and scores those that a crash left closed but unscored."""

    sittings: Sittings
    end: EndSitting
    clock: Clock

    async def __call__(self) -> int:
        """How many there were, at most `SWEPT`."""
        due = await self.sittings.due(self.clock.now() - GRACE, SWEPT)
        for sitting in due:
            await self.end(sitting)
        return len(due)
