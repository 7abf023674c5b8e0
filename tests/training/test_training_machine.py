"""Any course of a training: started, answered, given up, sent twice, answered late, finished, replaced."""

import asyncio
from collections.abc import Coroutine
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, multiple, rule

from lyceum.accounts.api import Actor
from lyceum.kernel.errors import AppError, NotFound
from lyceum.kernel.ids import TrainingId
from lyceum.training.domain.trainings import (
    AlreadyActive,
    AnsweredDifferently,
    AttemptNotFound,
    TrainingFinished,
    TrainingNotFound,
    Verdict,
)
from lyceum.training.use_cases.answering import NewAnswer, SkippedAttempt
from lyceum.training.use_cases.starting import NewTraining
from lyceum.training.use_cases.views import AnswerView
from tests.training.fakes import LEARNER, OTHER, House

ACTORS = st.sampled_from([LEARNER, OTHER])
ANSWERS = st.sampled_from(["a", "b", "c"])
type Turn = tuple[Actor, UUID, UUID]
REFUSED = (AttemptNotFound, TrainingNotFound, TrainingFinished, AnsweredDifferently)


class TrainingMachine(RuleBasedStateMachine):
    """The model knows which attempt was closed how; the world must agree after every step."""

    shown = Bundle("shown")

    @initialize()
    def open(self) -> None:
        self.house = House()
        self.closed: dict[UUID, tuple[str | None, Verdict]] = {}

    def run[T, R: AppError](self, call: Coroutine[object, object, T], *refusals: type[R]) -> T | R:
        """What the call gives, or which of these refusals it meets."""
        try:
            return asyncio.run(call)
        except refusals as refusal:
            return refusal

    @rule(target=shown, actor=ACTORS, length=st.sampled_from([None, 1, 2, 5]), replace=st.booleans())
    def start(self, actor: Actor, length: int | None, replace: bool) -> object:
        view = self.run(self.house.start(actor, NewTraining(length=length, replace=replace)), AlreadyActive)
        if isinstance(view, AlreadyActive):
            assert not replace
            return multiple()
        assert view.current is not None
        return actor, view.id, view.current.attempt_id

    @rule(target=shown, turn=shown, answer=ANSWERS)
    def answer(self, turn: Turn, answer: str) -> object:
        actor, training, attempt = turn
        known = self.closed.get(attempt)
        new = NewAnswer(attempt_id=attempt, answer=answer)
        view = self.run(self.house.answer(actor, TrainingId(training), new), *REFUSED)
        if not isinstance(view, AnswerView):
            assert isinstance(view, AnsweredDifferently) == (known is not None and known[0] != answer)
            return multiple()
        expected = Verdict.CORRECT if answer == "a" else Verdict.WRONG
        assert (view.verdict, view.attempt_id) == (expected, attempt)
        return self._after(turn, view, (answer, expected), known)

    @rule(target=shown, turn=shown)
    def skip(self, turn: Turn) -> object:
        actor, training, attempt = turn
        known = self.closed.get(attempt)
        asked = SkippedAttempt(attempt_id=attempt)
        view = self.run(self.house.skip(actor, TrainingId(training), asked), *REFUSED)
        if not isinstance(view, AnswerView):
            assert isinstance(view, AnsweredDifferently) == (known is not None and known[0] is not None)
            return multiple()
        assert (view.verdict, view.score) == (Verdict.SKIPPED, 0.0)
        return self._after(turn, view, (None, Verdict.SKIPPED), known)

    def _after(self, turn: Turn, view: AnswerView, now: tuple[str | None, Verdict], known: object) -> object:
        assert known in {None, now}
        self.closed[turn[2]] = now
        if view.next is None:
            assert view.training.finished_at is not None
            assert view.result is not None
            return multiple()
        return turn[0], turn[1], view.next.attempt_id

    @rule(turn=shown)
    def finish(self, turn: Turn) -> None:
        result = self.run(self.house.finish(turn[0], TrainingId(turn[1])))
        assert result.finished_at is not None

    @rule(turn=shown)
    def look(self, turn: Turn) -> None:
        view = self.run(self.house.read(turn[0], TrainingId(turn[1])))
        assert (view.current is None) == (view.finished_at is not None)

    @rule(turn=shown, answer=ANSWERS)
    def meddle(self, turn: Turn, answer: str) -> None:
        """Somebody else's attempt is as good as absent."""
        stranger = OTHER if turn[0] is LEARNER else LEARNER
        new = NewAnswer(attempt_id=turn[2], answer=answer)
        assert isinstance(self.run(self.house.answer(stranger, TrainingId(turn[1]), new), NotFound), NotFound)

    @invariant()
    def what_is_kept_adds_up(self) -> None:
        world = self.house.world
        going = [it for it in world.trainings.values() if it.finished_at is None]
        assert len({it.learner_id for it in going}) == len(going)
        assert len(world.recorded) == len(self.closed)
        for training in world.trainings.values():
            attempts = world.of(training.id)
            closed = [it for it in attempts if it.answered_at is not None]
            assert len(attempts) - len(closed) == (training.finished_at is None)
            assert training.answered == len(closed)
            assert training.correct == training.score == sum(it.verdict is Verdict.CORRECT for it in closed)
            assert len({it.question_id for it in attempts}) == len(attempts)
            assert training.length is None or training.answered <= training.length


TrainingMachine.TestCase.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
test_any_course_of_a_training_keeps_the_sums = TrainingMachine.TestCase
