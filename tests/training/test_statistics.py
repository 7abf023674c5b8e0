"""Question statistics against a plain reckoning from their definitions, and against published figures."""

import csv
import math
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from random import Random
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lyceum.bank.api import Kind
from lyceum.kernel.ids import QuestionId
from lyceum.training.domain.set_statistics import SetSums, set_of
from lyceum.training.domain.statistics import (
    FEWEST_OTHERS,
    UNIT,
    UNKNOWN,
    Cell,
    Marked,
    Measures,
    Sums,
    best_pairing,
    distractors,
    random_guess,
    response_of,
    score_groups,
    tally,
)
from lyceum.training.domain.trainings import Filters, Mode

RESPONSES = Path(__file__).parents[3] / "shared" / "data" / "ktm-fraction" / "needed.csv"
OPTIONS = ("", "a", "b", "c", "a c")


def a_mark(number: int, score: float, max_score: float = 1.0, response: str = "", *, first: bool = True) -> Marked:
    return Marked(
        question_id=QuestionId(UUID(int=number)),
        version=1,
        response=response,
        score=score,
        max_score=max_score,
        first=first,
    )


marks = st.sampled_from([0, UNIT // 4, UNIT // 3, UNIT // 2, UNIT])
known = st.builds(Cell, st.integers(1, 3), st.sampled_from(OPTIONS), marks, st.integers(0, UNIT))
any_cell = st.builds(Cell, st.integers(1, 3), st.sampled_from(OPTIONS), marks, st.integers(UNKNOWN, UNIT))
answers = st.lists(any_cell, max_size=40)


def mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


def covariance(left: Sequence[float], right: Sequence[float]) -> float:
    """Over n - 1, by the definition."""
    x, y = mean(left), mean(right)
    return math.fsum((a - x) * (b - y) for a, b in zip(left, right, strict=True)) / (len(left) - 1)


@given(answers)
def test_measures_are_those_of_the_definitions(cells: list[Cell]) -> None:
    found = Measures.of(Counter(cells))
    all_marks = [cell.mark / UNIT for cell in cells]
    assert found.answered == len(cells)
    assert found.facility == (pytest.approx(mean(all_marks)) if cells else None)
    if len(cells) > 1:
        assert found.deviation == pytest.approx(math.sqrt(covariance(all_marks, all_marks)), abs=1e-9)
    x = [cell.mark / UNIT for cell in cells if cell.rest != UNKNOWN]
    y = [cell.rest / UNIT for cell in cells if cell.rest != UNKNOWN]
    if len(x) < 2 or len(set(x)) == 1 or len(set(y)) == 1:
        assert (found.discrimination, found.efficiency) == (None, None)
        return
    together = covariance(x, y)
    spread = math.sqrt(covariance(x, x) * covariance(y, y))
    assert found.discrimination == pytest.approx(100 * together / spread, abs=1e-6)
    assert found.efficiency == pytest.approx(100 * together / covariance(sorted(x), sorted(y)), abs=1e-6)


@given(answers, st.lists(st.integers(0, 3), min_size=40, max_size=40), st.randoms(use_true_random=False))
def test_any_split_in_any_order_gives_the_same(cells: list[Cell], parts: list[int], source: Random) -> None:
    whole = Counter(cells)
    mixed = list(zip(cells, parts, strict=False))
    source.shuffle(mixed)
    tallies = [Counter(cell for cell, part in mixed if part == number) for number in range(4)]
    source.shuffle(tallies)
    merged: Counter[Cell] = Counter()
    sums = Sums()
    for own in tallies:
        merged.update(own)
        sums += Sums.of(own)
    assert merged == whole
    assert sums == Sums.of(whole)
    assert Measures.of(merged) == Measures.of(whole)


@given(st.lists(known, min_size=1, max_size=30))
def test_no_pairing_is_better_than_that_in_order(cells: list[Cell]) -> None:
    best = best_pairing(Counter(cells))
    rests = [cell.rest for cell in cells]
    Random(1).shuffle(rests)
    assert best >= sum(cell.mark * rest for cell, rest in zip(cells, rests, strict=True))
    assert best == sum(
        mark * rest
        for mark, rest in zip(sorted(cell.mark for cell in cells), sorted(cell.rest for cell in cells), strict=True)
    )


@given(answers)
def test_options_and_groups_count_everybody_once(cells: list[Cell]) -> None:
    chosen = distractors(Counter(cells))
    assert {it.option: it.count for it in chosen} == Counter(word for c in cells for word in c.response.split(" "))
    groups = score_groups(Counter(cells))
    with_rest = [cell for cell in cells if cell.rest != UNKNOWN]
    assert sum(group.answered for group in groups) == len(with_rest)
    assert all(left.high < right.low for left, right in pairwise(groups))
    options: Counter[str] = Counter()
    for group in groups:
        options.update(group.options)
    assert options == Counter(word for cell in with_rest for word in cell.response.split(" "))


def test_rest_scores_are_those_of_the_other_first_answers() -> None:
    sheet = [a_mark(1, 1), a_mark(2, 0), a_mark(3, 1, 2), a_mark(4, 0.5), a_mark(5, 1, first=False), a_mark(6, 0, 0)]
    found = tally(sheet)
    assert set(found) == {UUID(int=number) for number in range(1, 5)}
    ((cell, n),) = found[QuestionId(UUID(int=3))].items()
    assert (cell.mark, cell.rest, n) == (UNIT // 2, UNIT // 2, 1)


def test_a_training_of_few_questions_tells_nothing_of_the_rest() -> None:
    sheet = [a_mark(number, 1) for number in range(FEWEST_OTHERS)]
    cells = [cell for own in tally(sheet).values() for cell in own]
    assert {cell.rest for cell in cells} == {UNKNOWN}


@pytest.mark.parametrize(
    ("kind", "answer", "response"),
    [
        (Kind.SINGLE_CHOICE, "b", "b"),
        (Kind.SINGLE_CHOICE, None, ""),
        (Kind.MULTIPLE_CHOICE, ["c", "a"], "a c"),
        (Kind.MULTIPLE_CHOICE, [], ""),
        (Kind.MULTIPLE_CHOICE, ["x" * 50, "y" * 50], ""),
        (Kind.TRUE_FALSE, False, "false"),
        (Kind.SHORT_TEXT, "Пушкин", ""),
        (Kind.MATCHING, {"1": "a"}, ""),
    ],
)
def test_responses_are_the_options_chosen(kind: Kind, answer: object, response: str) -> None:
    assert response_of(kind, answer) == response


def test_a_guess_is_one_of_the_options_where_one_is_chosen() -> None:
    assert random_guess(Kind.SINGLE_CHOICE, 4) == 0.25
    assert random_guess(Kind.TRUE_FALSE, 2) == 0.5
    assert random_guess(Kind.MULTIPLE_CHOICE, 4) is None
    assert random_guess(Kind.NUMERIC, 0) is None


scores = st.lists(st.lists(st.sampled_from([0.0, 0.5, 1.0, 2.0]), min_size=3, max_size=3), min_size=1, max_size=12)


@given(scores, st.randoms(use_true_random=False))
def test_a_set_adds_up_in_any_order_and_forgets_what_is_taken_out(table: list[list[float]], source: Random) -> None:
    sheets = [[a_mark(number, score, 2) for number, score in enumerate(row)] for row in table]
    whole = sum((SetSums.of(sheet) for sheet in sheets), SetSums())
    source.shuffle(sheets)
    assert sum((SetSums.of(sheet) for sheet in sheets), SetSums()) == whole
    back = whole + SetSums.of([a_mark(number, 2, 2) for number in range(3)])
    assert back + SetSums.of([a_mark(number, 2, 2) for number in range(3)], -1) == whole
    totals = [sum(row) for row in table]
    assert whole.mean == pytest.approx(mean(totals))
    if len(set(totals)) == 1:
        assert whole.alpha is None
        return
    columns = list(zip(*table, strict=True))
    within = sum(covariance(column, column) for column in columns)
    assert whole.alpha == pytest.approx(3 / 2 * (1 - within / covariance(totals, totals)), abs=1e-9)
    with_total = [covariance(column, totals) for column in columns]
    roots = [math.sqrt(value) if value > -1e-12 and value > 0 else 0.0 for value in with_total]
    for number, value in enumerate(with_total):
        weight = whole.weights()[QuestionId(UUID(int=number))]
        if value < -1e-9:
            assert weight is None
        else:
            assert weight == pytest.approx(100 * roots[number] / sum(roots), abs=1e-4)


def test_a_set_is_what_was_answered_as_a_whole() -> None:
    one, two, three = (QuestionId(UUID(int=number)) for number in range(1, 4))
    pack = UUID(int=9)
    listed = Filters(question_ids=(one, two))
    assert set_of(Mode.PRACTICE, Filters(), [one, two], []) is None
    assert set_of(Mode.PRACTICE, listed, [one], []) is None
    chosen = set_of(Mode.PRACTICE, listed, [two, one], [])
    assert chosen is not None
    assert chosen == set_of(Mode.REVIEW, listed, [one, two], [])
    of_pack = Filters(pack=pack, pack_listed=True)
    assert set_of(Mode.PRACTICE, of_pack, [one, two], [one, two, three]) is None
    whole = set_of(Mode.PRACTICE, of_pack, [one, two, three], [three, one, two])
    assert whole is not None
    assert (whole.kind, whole.source) == ("pack", pack)
    exam = set_of(Mode.MOCK_EXAM, Filters(), [one, two], [])
    assert exam is not None
    assert exam.id not in {chosen.id, whole.id}


@pytest.mark.skipif(not RESPONSES.exists(), reason="the response log is not beside the checkout")
def test_published_figures_of_fraction_subtraction() -> None:
    sheets: dict[str, list[Marked]] = {}
    with RESPONSES.open() as file:
        for row in csv.DictReader(file):
            sheets.setdefault(row["user_id"], []).append(a_mark(int(row["item_id"]), float(row["correct"])))
    found: dict[QuestionId, Counter[Cell]] = {}
    for sheet in sheets.values():
        for id, cells in tally(sheet).items():
            found.setdefault(id, Counter()).update(cells)
    for item, expected in ((0, (0.5317, 69.04, 77.44)), (8, (0.6474, 35.92, 42.57)), (12, (0.2948, 64.69, 84.67))):
        own = Measures.of(found[QuestionId(UUID(int=item))])
        assert own.answered == 536
        assert (own.facility, own.discrimination, own.efficiency) == (
            pytest.approx(expected[0], abs=5e-5),
            pytest.approx(expected[1], abs=5e-3),
            pytest.approx(expected[2], abs=5e-3),
        )
    whole = sum((SetSums.of(sheet) for sheet in sheets.values()), SetSums())
    assert whole.alpha == pytest.approx(0.9388, abs=5e-5)
    assert sum(weight or 0 for weight in whole.weights().values()) == pytest.approx(100)
