"""Expected exam scores: what the reckoning promises, and what learners are told."""

import random
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lyceum.bank.api import Difficulty
from lyceum.platform.database import Database
from lyceum.training.domain.ability import chance
from lyceum.training.domain.forecast import CONFIDENCE, Group, TaskOdds, covered, foretold
from lyceum.training.domain.trainings import Verdict
from tests.training.builders import NOW, a_closing, an_item, answer_all, follow
from tests.training.callers import ME, Classroom

RATINGS = (1200.0, 1350.0, 1500.0, 1650.0, 1800.0)


def a_task(rating: float = 1500.0, max_score: float = 1.0, options: int = 0) -> TaskOdds:
    return TaskOdds(max_score=max_score, groups=[Group(questions=10, rating=rating, options=options)])


def of(tasks: Sequence[TaskOdds], ability: float = 1500.0, error: float = 90.0) -> tuple[float, float, float]:
    span = foretold(tasks, ability, error)
    return span.low, span.likely, span.high


def test_eight_of_ten_papers_fall_into_the_interval() -> None:
    tasks = [a_task(rating, options=4 if rating < 1500 else 0) for rating in RATINGS * 5]
    low, _, high = of(tasks, 1560, 100)
    luck, inside, papers = random.Random(5), 0, 2000
    for _ in range(papers):
        ability = luck.gauss(1560, 100)
        points = sum(luck.random() < chance(ability, task.groups[0].rating, task.groups[0].options) for task in tasks)
        inside += low - 0.5 <= points <= high + 0.5
    assert CONFIDENCE - 0.05 < inside / papers < CONFIDENCE + 0.1


@given(
    ratings=st.lists(st.floats(900, 2100), min_size=1, max_size=12),
    ability=st.floats(500, 2500),
    error=st.floats(20, 320),
)
def test_the_interval_holds_what_is_likely_and_stays_on_the_scale(
    ratings: list[float], ability: float, error: float
) -> None:
    low, likely, high = of([a_task(rating, 2.0) for rating in ratings], ability, error)
    assert 0 <= low <= high <= 2 * len(ratings)
    assert 0 <= likely <= 2 * len(ratings)
    higher = of([a_task(rating, 2.0) for rating in ratings], ability + 150, error)
    assert higher[1] > likely - 1e-9


def test_the_less_is_known_the_wider_the_interval() -> None:
    tasks = [a_task(rating) for rating in RATINGS * 4]
    widths = [high - low for low, _, high in (of(tasks, 1500, error) for error in (20.0, 90.0, 200.0))]
    assert widths == sorted(widths)
    assert widths[0] < widths[2] - 1


def test_tasks_without_questions_count_as_hard_as_the_others() -> None:
    some = [a_task(), a_task(), TaskOdds(max_score=2.0)]
    assert covered(some) == 0.5
    assert foretold(some, 1500, 50).likely == pytest.approx(2.0, abs=0.01)
    assert covered([]) == 0.0


def test_guessing_and_unlike_questions_are_reckoned_with() -> None:
    assert foretold([a_task(options=4)], 1500, 0).likely == pytest.approx(0.625)
    hard = TaskOdds(max_score=1.0, groups=[Group(questions=5, rating=1900.0, variance=0.0)])
    spread = TaskOdds(max_score=1.0, groups=[Group(questions=5, rating=1900.0, variance=300.0**2)])
    assert spread.chance(1500) > hard.chance(1500)


async def test_a_forecast_comes_after_thirty_answers_with_the_mark_of_its_scale(
    room: Classroom, database: Database
) -> None:
    await _answer(database, 29)
    found = (await room.get(f"{ME}/progress")).json()["forecasts"]
    (early,) = [it for it in found if it["subject"] == "chemistry"]
    assert (early["state"], early["answers_needed"], early["test"]) == ("few_answers", 1, None)
    await _answer(database, 5)
    (ready,) = (await room.get(f"{ME}/progress")).json()["forecasts"]
    assert (ready["state"], ready["year"], ready["max_primary"]) == ("ready", 2026, 56)
    assert 0 <= ready["primary"]["low"] <= ready["primary"]["likely"] <= ready["primary"]["high"] <= 56
    assert ready["test"]["low"] < ready["test"]["likely"] < ready["test"]["high"] <= 100
    assert (ready["scale"]["year"], ready["scale"]["verified"]) == (2025, False)
    assert 0.5 <= ready["covered"] <= 1


async def test_where_nothing_can_be_foretold_the_reason_is_told(room: Classroom, database: Database) -> None:
    physics = await follow(database, *(an_item(exam_task_number=1 + n % 3) for n in range(31)))
    await answer_all(database, physics, [a_closing() for _ in physics])
    (told,) = (await room.get(f"{ME}/progress")).json()["forecasts"]
    assert (told["subject"], told["state"], told["primary"]) == ("physics", "no_tasks", None)
    only = await follow(database, *(an_item(subject="chemistry", exam_task_number=1) for _ in range(31)))
    await answer_all(database, only, [a_closing() for _ in only])
    states = {it["subject"]: it["state"] for it in (await room.get(f"{ME}/progress")).json()["forecasts"]}
    assert states["chemistry"] == "no_questions"


async def _answer(database: Database, count: int) -> None:
    """So many new questions of chemistry, of all tasks, answered by turns right and wrong."""
    items = [
        an_item(subject="chemistry", exam_task_number=1 + number % 34, difficulty=list(Difficulty)[number % 3])
        for number in range(34)
    ]
    questions = await follow(database, *items)
    closings = [a_closing(Verdict.CORRECT if number % 2 else Verdict.WRONG, at=NOW) for number in range(count)]
    await answer_all(database, questions[:count], closings)
