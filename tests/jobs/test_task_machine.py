"""The state machine of a task: the table of the contract as a model, and every course a task can take held to it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from lyceum.jobs.domain.refusals import InvalidTransition
from lyceum.jobs.domain.tasks import (
    Claim,
    ErrorCode,
    Move,
    Progress,
    Status,
    Task,
    TaskError,
    backoff,
    effective_priority,
)
from tests.jobs.builders import NOW, a_claim, a_running_task, a_task

LEASE = timedelta(seconds=30)
CHANCES = st.floats(0, 1, exclude_max=True)


class TaskMachine(RuleBasedStateMachine):
    """The model is the table: status, attempts left, who holds the claim, whether a stop was asked for."""

    @initialize(most=st.integers(1, 4))
    def begin(self, most: int) -> None:
        self.now: datetime = NOW
        self.task: Task = a_task(max_attempts=most)
        self.status, self.attempt, self.claims, self.stop_asked = "new", 0, list[UUID](), False
        self.moves: list[Move] = []
        self.reported = 0

    def keep(self, move: Move, after: str) -> None:
        assert (move.before, move.after) == (self.status, after)
        self.moves.append(move)
        self.status = after

    @rule(seconds=st.integers(0, 2000))
    def time_passes(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule()
    def a_worker_starts_it(self) -> None:
        claim = Claim(uuid4(), uuid4(), self.now + LEASE)
        if self.status == "new" and self.task.run_at <= self.now:
            self.keep(self.task.start(claim, self.now), "in_progress")
            self.attempt, self.reported = self.attempt + 1, 0
            self.claims.append(claim.id)
        else:
            with pytest.raises(InvalidTransition):
                self.task.start(claim, self.now)

    @precondition(lambda self: self.claims)
    @rule(data=st.data(), done=st.integers(0, 100))
    def some_worker_beats(self, data: st.DataObject, done: int) -> None:
        claim = data.draw(st.sampled_from(self.claims))
        mine = self.status == "in_progress" and claim == self.claims[-1]
        assert self.task.beat(claim, self.now + LEASE, Progress(done, 100)) is mine
        if mine:
            self.reported = max(self.reported, done)

    @precondition(lambda self: self.claims)
    @rule(data=st.data())
    def some_worker_completes(self, data: st.DataObject) -> None:
        claim = data.draw(st.sampled_from(self.claims))
        mine = self.status == "in_progress" and claim == self.claims[-1]
        move = self.task.complete(claim, {"n": 1}, self.now)
        if not mine:
            assert move is None
            return
        assert move is not None
        self.keep(move, "completed")

    @rule(retryable=st.booleans(), chance=CHANCES)
    def the_attempt_fails(self, retryable: bool, chance: float) -> None:
        error = TaskError(ErrorCode.WORKER_ERROR, "broke", self.attempt, retryable)
        if self.status != "in_progress":
            with pytest.raises(InvalidTransition):
                self.task.fail(error, self.now, chance)
            return
        again = retryable and self.attempt < self.task.max_attempts and not self.stop_asked
        move = self.task.fail(error, self.now, chance)
        self.keep(move, "new" if again else "failed")
        if again:
            assert self.task.run_at > self.now
        if self.stop_asked:
            assert move.code == "cancelled"

    @rule(chance=CHANCES)
    def somebody_looks_for_lost_leases(self, chance: float) -> None:
        claim = self.task.claim
        if self.status != "in_progress" or claim is None or claim.lease_until >= self.now:
            with pytest.raises(InvalidTransition):
                self.task.lose_lease(self.now, chance)
            return
        left = self.attempt < self.task.max_attempts and not self.stop_asked
        self.keep(self.task.lose_lease(self.now, chance), "new" if left else "failed")

    @rule()
    def the_worker_hands_back(self) -> None:
        if self.status != "in_progress":
            with pytest.raises(InvalidTransition):
                self.task.hand_back(self.now)
            return
        self.keep(self.task.hand_back(self.now), "failed" if self.stop_asked else "new")
        if self.status == "new":
            self.attempt -= 1
            assert self.task.run_at <= self.now

    @rule()
    def somebody_cancels(self) -> None:
        if self.status in {"completed", "failed"}:
            with pytest.raises(InvalidTransition):
                self.task.cancel(self.now)
            return
        move = self.task.cancel(self.now)
        if self.status == "new":
            assert move is not None
            self.keep(move, "failed")
        else:
            assert move is None
        self.stop_asked = True

    @rule()
    def the_worker_stops(self) -> None:
        if self.status != "in_progress" or not self.stop_asked:
            with pytest.raises(InvalidTransition):
                self.task.stop(self.now, None)
            return
        self.keep(self.task.stop(self.now, {"so": "far"}), "failed")
        assert self.task.result == {"so": "far"}

    @rule()
    def somebody_retries(self) -> None:
        if self.status != "failed":
            with pytest.raises(InvalidTransition):
                self.task.retry(self.now)
            return
        self.keep(self.task.retry(self.now), "new")
        self.attempt, self.stop_asked, self.reported = 0, False, 0

    @invariant()
    def the_task_is_as_the_model_says(self) -> None:
        task = self.task
        assert (task.status, task.attempt) == (self.status, self.attempt)
        assert task.attempt <= task.max_attempts
        assert (task.claim is not None) == (self.status == "in_progress")
        assert (task.finished_at is not None) == (self.status in {"completed", "failed"})
        assert (task.error is not None) or self.status != "failed"
        assert self.status != "in_progress" or task.progress.done == self.reported
        assert [move.before for move in self.moves[1:]] == [move.after for move in self.moves[:-1]]


TestTaskMachine = TaskMachine.TestCase


@given(st.integers(1, 25), CHANCES)
def test_the_pause_doubles_up_to_a_quarter_of_an_hour_and_is_spread_by_a_fifth(attempt: int, chance: float) -> None:
    middle = min(2**attempt * 5, 900)
    assert middle * 0.8 <= backoff(attempt, chance).total_seconds() <= middle * 1.2
    assert backoff(attempt, 0.5).total_seconds() == middle


@given(st.integers(0, 9), st.integers(0, 9), st.integers(0, 86_400), st.integers(0, 86_400))
def test_whoever_has_waited_for_45_minutes_has_only_older_work_before_it(
    low: int, high: int, waited: int, other: int
) -> None:
    def rank(priority: int, seconds: int) -> tuple[int, int]:
        return effective_priority(priority, NOW - timedelta(seconds=seconds), NOW), seconds

    if waited >= 45 * 60 and waited > other:
        assert rank(low, waited) > rank(high, other)
    if waited == other and low < high:
        assert rank(low, waited) <= rank(high, other)


def test_a_task_to_come_has_not_waited() -> None:
    assert effective_priority(3, NOW + timedelta(hours=1), NOW) == 3


@pytest.mark.parametrize(
    ("end", "pause"),
    [
        (lambda task, now: task.lose_lease(now, 0.5), 0),
        (lambda task, now: task.hand_back(now), 0),
        (lambda task, now: task.fail(TaskError(ErrorCode.TIMEOUT, "", 1, retryable=True), now, 0.5), 10),
    ],
)
def test_the_first_lost_lease_and_a_handed_back_task_wait_for_nothing(
    end: Callable[[Task, datetime], Move], pause: int
) -> None:
    task = a_running_task()
    later = NOW + timedelta(seconds=31)
    end(task, later)
    assert max(timedelta(0), task.run_at - later) == timedelta(seconds=pause)


def test_a_second_lost_lease_waits() -> None:
    task = a_running_task()
    task.lose_lease(NOW + timedelta(seconds=31), 0.5)
    task.start(a_claim(at=NOW + timedelta(seconds=40)), NOW + timedelta(seconds=40))
    later = NOW + timedelta(seconds=90)
    task.lose_lease(later, 0.5)
    assert task.run_at - later == timedelta(seconds=20)


def test_a_refusal_names_the_status() -> None:
    task = a_running_task()
    assert task.claim is not None
    task.complete(task.claim.id, None, NOW)
    with pytest.raises(InvalidTransition) as refusal:
        task.cancel(NOW)
    assert refusal.value.facts == {"task_status": "completed", "action": "cancel"}
    assert Status.COMPLETED.is_open is False
