"""Streaks and ability, by their properties; what the choice takes among the nearest."""

from collections import namedtuple
from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lyceum.bank.api import Difficulty
from lyceum.kernel.ids import QuestionId
from lyceum.training.adapters.choice import of_fresh_topics
from lyceum.training.domain.ability import (
    JITTER,
    LABELS,
    START,
    chance,
    in_logits,
    label_rating,
)
from lyceum.training.domain.streaks import Streak

DAY = date(2026, 3, 1)
Row = namedtuple("Row", "topic")
days = st.lists(st.integers(0, 20), min_size=1, max_size=30)
ratings = st.floats(-1000, 4000)


@given(days)
def test_a_streak_is_the_run_of_days_that_ends_with_the_last(offsets: list[int]) -> None:
    streak = Streak()
    for offset in sorted(offsets):
        streak = streak.on(DAY + timedelta(days=offset))
    run, best = 0, 0
    for offset in range(22):
        run = run + 1 if offset in offsets else 0
        best = max(best, run)
    last = max(offsets)
    current = next(n for n in range(1, 23) if last - n not in offsets)
    assert streak == Streak(current, best, DAY + timedelta(days=last))


@given(days)
def test_a_second_answer_on_a_day_and_one_of_an_earlier_day_change_nothing(offsets: list[int]) -> None:
    streak = Streak(3, 5, DAY + timedelta(days=20))
    for offset in offsets:
        assert streak.on(DAY + timedelta(days=offset)) is streak


@pytest.mark.parametrize(("later", "shown"), [(0, 4), (1, 4), (2, 0), (400, 0)])
def test_a_streak_lives_until_a_whole_day_has_passed(later: int, shown: int) -> None:
    assert Streak(4, 6, DAY).as_of(DAY + timedelta(days=later)) == shown
    assert Streak().as_of(DAY) == 0


@given(ratings, ratings, st.integers(0, 10))
def test_a_chance_lies_between_guessing_and_certainty(ability: float, rating: float, options: int) -> None:
    floor = 1 / options if options > 1 else 0
    assert floor <= chance(ability, rating, options) <= 1
    assert chance(ability + 50, rating, options) >= chance(ability, rating, options)


@given(st.uuids(), st.sampled_from(Difficulty))
def test_a_question_begins_near_its_label_and_always_there(id: UUID, difficulty: Difficulty) -> None:
    rating = label_rating(QuestionId(id), difficulty)
    assert abs(rating - LABELS[difficulty]) <= JITTER
    assert rating == label_rating(QuestionId(id), difficulty)
    assert in_logits(START) == 0


rows = st.lists(st.sampled_from(["а", "б", "в", ""]), min_size=1, max_size=24)


@given(rows, st.lists(st.sampled_from(["а", "б", "в"]), max_size=2))
def test_the_choice_is_among_other_topics_if_there_are_any(topics: list[str], recent: list[str]) -> None:
    found = [(0.0, Row(topic)) for topic in topics]
    kept = {row.topic for _, row in of_fresh_topics(found, recent)}
    assert kept == (set(topics) - set(recent) or set(topics) - set(recent[:1]) or set(topics))
