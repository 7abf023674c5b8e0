"""Starting, reading and finishing a training."""

from dataclasses import dataclass, replace
from typing import Annotated
from uuid import UUID

import msgspec

from lyceum.accounts.api import Actor, Role
from lyceum.bank.api import Catalogue, Difficulty, PackSelection
from lyceum.kernel.errors import FieldProblem
from lyceum.kernel.ids import QuestionId, TrainingId, uuid7
from lyceum.kernel.ports import Clock, Outbox, Transaction
from lyceum.training.api import TrainingEnded
from lyceum.training.domain.results import Result
from lyceum.training.domain.sittings import InASitting, Part
from lyceum.training.domain.trainings import (
    MAX_LENGTH,
    AlreadyActive,
    BadFilters,
    Filters,
    Mode,
    NoQuestions,
    NothingDue,
    NothingToReview,
    PackLocked,
    Training,
    TrainingNotFound,
)
from lyceum.training.ports import Attempts, PackShelf, Results, Trainings, Wish
from lyceum.training.use_cases.asking import Asking, insist
from lyceum.training.use_cases.views import TrainingView, training_view

FREE = "free"
Short = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class AskedFilters(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a training draws from; what is left out does not narrow. `mistakes_only`: questions whose latest answer
    was not right."""

    exam: Short | None = None
    subject: Short | None = None
    task_numbers: Annotated[tuple[Annotated[int, msgspec.Meta(ge=1, le=40)], ...], msgspec.Meta(max_length=40)] = ()
    topics: Annotated[tuple[Short, ...], msgspec.Meta(max_length=50)] = ()
    difficulty: Difficulty | None = None
    pack: UUID | None = None
    question_ids: Annotated[tuple[UUID, ...], msgspec.Meta(max_length=200)] = ()
    mistakes_only: bool = False


class NewTraining(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`length` questions, or as many as one likes; a review asks for what is due and ends with it. `replace` ends the
    training of this mode that is going on. A mock exam takes its exam and subject from the filters, the newest `year`
    unless one is named, and whole or `part` first: the tasks that a machine marks."""

    mode: Mode = Mode.PRACTICE
    filters: AskedFilters = msgspec.field(default_factory=AskedFilters)
    length: Annotated[int, msgspec.Meta(ge=1, le=MAX_LENGTH)] | None = None
    replace: bool = False
    part: Part = Part.WHOLE
    year: Annotated[int, msgspec.Meta(ge=2000, le=2100)] | None = None


@dataclass(frozen=True, slots=True)
class Narrowing:
    """Makes filters of what was asked for, with the pack's own beside them."""

    catalogue: Catalogue
    shelf: PackShelf

    async def __call__(self, actor: Actor, asked: AskedFilters) -> Filters:
        """Raise bank.pack_not_found, PackLocked, or NoQuestions when the pack has nothing of what was asked."""
        _require_no_nul(asked)
        filters = Filters(
            exam=asked.exam,
            subject=asked.subject,
            task_numbers=tuple(dict.fromkeys(asked.task_numbers)),
            topics=tuple(dict.fromkeys(asked.topics)),
            difficulty=asked.difficulty,
            question_ids=tuple(QuestionId(id) for id in dict.fromkeys(asked.question_ids)),
            mistakes_only=asked.mistakes_only,
        )
        if asked.pack is None:
            return filters
        pack = await self.catalogue.pack(asked.pack)
        if pack.access != FREE and not actor.has(Role.AUTHOR):
            raise PackLocked(pack=pack.id)
        if pack.question_ids:
            await self.shelf.put(pack.id, pack.question_ids)
            return replace(filters, pack=pack.id, pack_listed=True)
        return both(filters, pack)


def _require_no_nul(asked: AskedFilters) -> None:
    if "\0" in "".join((asked.exam or "", asked.subject or "", *asked.topics)):
        raise BadFilters(problems=[FieldProblem("filters", "nul", "A text holds the character NUL.")])


def both(filters: Filters, pack: PackSelection) -> Filters:
    """What passes the filters of the learner and those of the pack; raise NoQuestions when they exclude one another.

    A question has one exam, subject, task and difficulty, but may have several topics: the learner's topics narrow
    those of the pack.
    """
    return replace(
        filters,
        pack=pack.id,
        exam=_one(filters.exam, pack.exam),
        subject=_one(filters.subject, pack.subject),
        difficulty=_one(filters.difficulty, pack.difficulty),
        task_numbers=_common(filters.task_numbers, pack.task_numbers),
        topics=_common(filters.topics, pack.topics),
    )


def _one[T](mine: T | None, theirs: T | None) -> T | None:
    if mine is not None and theirs is not None and mine != theirs:
        raise NoQuestions()
    return theirs if mine is None else mine


def _common[T](mine: tuple[T, ...], theirs: tuple[T, ...]) -> tuple[T, ...]:
    if not mine or not theirs:
        return mine or theirs
    common = tuple(value for value in mine if value in theirs)
    if not common:
        raise NoQuestions()
    return common


@dataclass(frozen=True, slots=True)
class StartTraining:
    """Anybody signed in, guests too, starts a training and gets its first question.

    Refused: a second one of its mode without `replace` (AlreadyActive), filters that nothing passes (NoQuestions), a
    review when nothing is due (NothingDue) or nothing was answered yet (NothingToReview), a pack that has to be bought
    (PackLocked; authors and operators try it out), modes that are not open yet (BadFilters). The training that was
    going on goes on then.
    """

    trainings: Trainings
    narrow: Narrowing
    asking: Asking
    clock: Clock
    outbox: Outbox
    transaction: Transaction

    async def __call__(self, actor: Actor, new: NewTraining) -> TrainingView:
        actor.require(scope="training:write")
        if new.mode not in {Mode.PRACTICE, Mode.REVIEW}:
            raise BadFilters(problems=[FieldProblem("mode", "not_open", "Practice and reviews can be started here.")])
        filters = await self.narrow(actor, new.filters)
        return await insist(lambda: self._start(actor, new, filters))

    async def _start(self, actor: Actor, new: NewTraining, filters: Filters) -> TrainingView:
        active = await self.trainings.active(actor.id, new.mode)
        if active is not None and not new.replace:
            raise AlreadyActive(training_id=active.id)
        training = Training(
            id=TrainingId(uuid7()),
            learner_id=actor.id,
            mode=new.mode,
            filters=filters,
            started_at=self.clock.now(),
            length=new.length,
        )
        learner = await self.trainings.learner(actor.id, filters.subject)
        wish = Wish(
            learner=actor.id,
            training=training.id,
            filters=filters,
            level=learner.value,
            overall=learner.overall.value,
            at=training.started_at,
            review=new.mode is Mode.REVIEW,
        )
        first = await self.asking.next(training, wish, training.started_at)
        if first is None:
            raise await self._nothing(wish)
        async with self.transaction:
            if active is not None:
                active.finish(training.started_at)
                await self.trainings.finish(active)
                self.outbox.add(TrainingEnded(training_id=active.id, at=training.started_at))
            await self.trainings.begin(training, first)
        return training_view(training, await self.asking.view(first))

    async def _nothing(self, wish: Wish) -> NoQuestions | NothingDue | NothingToReview:
        if not wish.review:
            return NoQuestions()
        due = await self.asking.next_question.next_due(wish)
        return NothingToReview() if due is None else NothingDue(next_due=due)


@dataclass(frozen=True, slots=True)
class ReadTraining:
    """A learner reads a training of their own with its current question, by its id or the active one of a mode."""

    trainings: Trainings
    attempts: Attempts
    asking: Asking

    async def __call__(self, actor: Actor, id: TrainingId | None, mode: Mode = Mode.PRACTICE) -> TrainingView:
        actor.require(scope="training:read")
        found = self.trainings.active(actor.id, mode) if id is None else self.trainings.find(id, actor.id)
        training = await found
        if training is None:
            raise TrainingNotFound()
        if training.mode.is_sitting:
            raise InASitting(training_id=training.id)
        attempt = await self.attempts.current(training.id) if training.finished_at is None else None
        return training_view(training, await self.asking.view(attempt) if attempt else None)


@dataclass(frozen=True, slots=True)
class FinishTraining:
    """A learner ends a training of their own and sees what it came to; ending it twice is the same as once."""

    trainings: Trainings
    results: Results
    clock: Clock
    outbox: Outbox
    transaction: Transaction

    async def __call__(self, actor: Actor, id: TrainingId) -> Result:
        actor.require(scope="training:write")
        training = await insist(lambda: self._finish(actor, id))
        return await self.results.of(training)

    async def _finish(self, actor: Actor, id: TrainingId) -> Training:
        training = await self.trainings.find(id, actor.id)
        if training is None:
            raise TrainingNotFound()
        if training.mode.is_sitting:
            raise InASitting(training_id=id)
        if training.finished_at is None:
            at = self.clock.now()
            training.finish(at)
            async with self.transaction:
                await self.trainings.finish(training)
                self.outbox.add(TrainingEnded(training_id=training.id, at=at))
        return training
