"""When a question is reviewed: grades, and the scheduler that decides."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lyceum.training.adapters.scheduling import FsrsScheduling
from lyceum.training.domain.memory import RETENTION, Grade, Memory, grade_of
from lyceum.training.domain.trainings import Verdict
from lyceum.training.ports import Scheduling

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
DAY = timedelta(days=1)
grades = st.sampled_from([Grade.AGAIN, Grade.GOOD, Grade.EASY])
histories = st.lists(st.tuples(st.integers(0, 200), grades), min_size=1, max_size=20)


def scheduler() -> Scheduling:
    return FsrsScheduling()


def after(history: list[tuple[int, Grade]]) -> Memory:
    memory, at = None, NOW
    for days, grade in history:
        at += DAY * days
        memory = scheduler().reviewed(memory, grade, at)
    assert memory is not None
    return memory


@pytest.mark.parametrize(
    ("verdict", "elapsed", "usual", "grade"),
    [
        (Verdict.WRONG, 1000, 9000.0, Grade.AGAIN),
        (Verdict.PARTIAL, 1000, 9000.0, Grade.AGAIN),
        (Verdict.SKIPPED, None, 9000.0, Grade.AGAIN),
        (Verdict.CORRECT, 9000, 9000.0, Grade.GOOD),
        (Verdict.CORRECT, 4500, 9000.0, Grade.EASY),
        (Verdict.CORRECT, 4500, None, Grade.GOOD),
        (Verdict.CORRECT, None, 9000.0, Grade.GOOD),
        (Verdict.PENDING, 1000, 9000.0, None),
    ],
)
def test_wrong_is_again_right_is_good_right_and_fast_is_easy(
    verdict: Verdict, elapsed: int | None, usual: float | None, grade: Grade | None
) -> None:
    assert grade_of(verdict, elapsed, usual) is grade


@given(histories)
def test_a_question_is_due_about_when_recall_falls_to_the_target(history: list[tuple[int, Grade]]) -> None:
    memory = after(history)
    assert memory.due >= memory.reviewed_at + DAY
    assert not memory.is_due(memory.reviewed_at)
    assert memory.is_due(memory.due)
    if memory.due > memory.reviewed_at + 2 * DAY:
        assert scheduler().recall(memory, memory.due - DAY) > RETENTION - 0.02
        assert abs(scheduler().recall(memory, memory.due) - RETENTION) < 0.05


@given(histories, st.integers(0, 3000), st.integers(0, 3000))
def test_recall_falls_with_time(history: list[tuple[int, Grade]], one: int, other: int) -> None:
    memory = after(history)
    sooner, later = sorted((one, other))
    recalled = scheduler().recall(memory, memory.reviewed_at + sooner * DAY)
    assert 0 <= scheduler().recall(memory, memory.reviewed_at + later * DAY) <= recalled <= 1


@given(histories, st.integers(1, 200))
def test_the_better_the_answer_the_later_the_review(history: list[tuple[int, Grade]], days: int) -> None:
    memory = after(history)
    at = memory.reviewed_at + days * DAY
    again, good, easy = (scheduler().reviewed(memory, grade, at).due for grade in (Grade.AGAIN, Grade.GOOD, Grade.EASY))
    assert again <= good <= easy


def test_the_same_answers_give_the_same_plan() -> None:
    history = [(0, Grade.GOOD), (3, Grade.GOOD), (20, Grade.AGAIN)]
    assert after(history) == after(history)
    assert after(history[:1]).due == NOW + 2 * DAY
