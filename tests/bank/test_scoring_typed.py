"""Typed answers: numbers as people write them, words with their spellings."""

import time
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lyceum.bank.domain.checking import check
from lyceum.bank.domain.content import Accepted, Kind, RuleName, ScoreRule
from lyceum.bank.domain.scoring import grade, grade_by_criteria, right_answer, settle
from lyceum.bank.domain.scoring.numbers import decimals_of, parse_number
from lyceum.bank.domain.scoring.people import BadPoints, ThirdGraderNeeded
from lyceum.bank.domain.scoring.words import _remembered, matches, normalise
from tests.builders import a_content


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("-9,81", "-9.81"), ("−9.81", "-9.81"), ("–9,81", "-9.81"), ("+3", "3"), ("1 234,5", "1234.5"), (".5", "0.5"),
        ("1\u00a0234.5", "1234.5"), ("1\u202f000", "1000"), ("1'000", "1000"), (",5", "0.5"), ("5.", "5"),
        ("1,5e-3", "0.0015"), ("1,5Е3", "1500"), ("3·10^5", "300000"), ("3*10^(-2)", "0.03"), ("2×10⁵", "200000"),
        ("2·10⁻³", "0.002"), ("3*10**5", "300000"), ("10^5", "100000"), ("−10⁻²", "-0.01"), ("10²", "100"),
        ("1/3", "1/3"), ("−2/4", "-1/2"), ("1 1/3", "4/3"), ("-2 1/2", "-2.5"), ("1½", "1.5"), ("½", "0.5"),
        ("1 000/3", "1000/3"), ("1’000", "1000"), ("７", "7"), ("0" * 90, "0"),
    ],
)  # fmt: skip
def test_a_number_is_read_as_it_is_written(written: str, value: str) -> None:
    assert parse_number(written) == Fraction(value)


@pytest.mark.parametrize(
    "written",
    ["", " ", "abc", "1.2.3", "1,2,3", "--1", "1/0", "1e9999", "1e301", "nan", "inf", "0x10", "10²x", "1_000", "5 м",
     "1" * 201, "e5", "1e", "\x00", "½x", "1/2/3", "٣x", "1 3/2", "3·10", "3*105", "1/-2", "/2", "1/"],
)  # fmt: skip
def test_what_is_no_number_is_none(written: str) -> None:
    assert parse_number(written) is None


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="0123456789.,-−+eE/ ·*^()x⁵\u00a0", max_size=20) | st.text(max_size=20))
def test_reading_a_number_never_fails(written: str) -> None:
    assert isinstance(parse_number(written), Fraction | None)


@settings(max_examples=100, deadline=None)
@given(st.decimals(-(10**12), 10**12, places=4))
def test_every_spelling_of_a_number_is_that_number(value: object) -> None:
    plain = f"{value:f}"
    russian = plain.replace(".", ",").replace("-", "−")
    assert parse_number(plain) == parse_number(russian) == parse_number(f" {russian} ") == Fraction(plain)


@settings(max_examples=100, deadline=None)
@given(st.integers(-1000, 1000), st.integers(0, 100), st.integers(-3000, 3000))
def test_a_number_counts_within_its_tolerance_border_included(wanted: int, tolerance: int, given: int) -> None:
    accepted = (Accepted(text=f"{wanted / 10}", tolerance=f"{tolerance / 10}"),)
    mark = grade(a_content(Kind.NUMERIC, accepted=accepted), f"{given / 10}")
    assert (mark.verdict == "correct") == (abs(given - wanted) <= tolerance)


def test_a_relative_tolerance_is_a_part_of_the_value() -> None:
    rule = ScoreRule(name=RuleName.NUMERIC, relative=True)
    content = a_content(Kind.NUMERIC, rule=rule, accepted=(Accepted(text="200", tolerance="0.01"),))
    verdicts = [grade(content, written).verdict for written in ("202", "198", 202.1, 197)]
    assert verdicts == ["correct", "correct", "wrong", "wrong"]


@pytest.mark.parametrize(("written", "verdict"), [("2,50", "correct"), ("2.5", "wrong"), ("2,500", "wrong")])
def test_digits_after_the_sign_may_be_demanded(written: str, verdict: str) -> None:
    rule = ScoreRule(name=RuleName.NUMERIC, precision=2)
    assert grade(a_content(Kind.NUMERIC, rule=rule, accepted=(Accepted(text="2.5"),)), written).verdict == verdict


def test_a_ratio_has_no_digits_after_a_sign() -> None:
    rule = ScoreRule(name=RuleName.NUMERIC, precision=0)
    content = a_content(Kind.NUMERIC, rule=rule, accepted=(Accepted(text="2"),))
    assert [grade(content, it).verdict for it in ("2", "4/2", 2, 2.0)] == ["correct", "wrong", "correct", "wrong"]


@settings(max_examples=100, deadline=None)
@given(st.integers(-(10**6), 10**6), st.integers(0, 4))
def test_the_right_answer_has_the_digits_that_are_demanded(hundredths: int, precision: int) -> None:
    rule = ScoreRule(name=RuleName.NUMERIC, precision=precision)
    accepted = (Accepted(text=f"{hundredths / 100:.2f}", tolerance="0.5"),)
    content = a_content(Kind.NUMERIC, rule=rule, accepted=accepted)
    assert grade(content, right_answer(content)).verdict == "correct"


def test_the_digits_of_an_exponent_are_no_decimals() -> None:
    assert [decimals_of(text) for text in ("1,25e-10", "2·10^5", "3.", "7", "1,5·10^3")] == [2, 0, 0, 0, 1]


def test_any_number_may_be_accepted_for_a_part() -> None:
    accepted = (Accepted(text="4"), Accepted(text="*", share=0.1))
    content = a_content(Kind.NUMERIC, accepted=accepted)
    assert [grade(content, it).score for it in ("4", "17", "слон")] == [3, 0.3, 0]


@pytest.mark.parametrize(
    ("written", "pattern", "same"),
    [
        ("ёж", "еж", True), ("ЕЖ", "ёж", True), ("  два   слова ", "два слова", True),
        ("Сила тока.", "сила тока", True), ("сocна", "сосна", True), ("кто-то", "кто–то", True),
        ("сосна", "сосны", False), ("", "а", False), ("don’t", "don't", True), ("со\u00adсна", "сосна", True),
        ("Н2О", "H2O", True), ("CО₂", "CO2", False), ("H20", "H2O", True), ("й", "и\u0306", True),
        ("синхрофазотрон", "син*трон", True), ("синий", "син*трон", False), ("5 * 3", "5 \\* 3", True),
        ("5 + 3", "5 \\* 3", False), ("абаб", "аб*аб", True), ("аб", "аб*аб", False), ("что угодно", "*", True),
        ("xay", "*a*", True), ("й", "й", True), ("a-b-c", "a*b*c", True), ("acb", "a*b*c", False),
        ("синий.", "син*.", True), ("т. е. да", "т. е. *", True), ("т ежик", "т. е*", False),
        ("силатока", "сила * тока", False), ("сила поля тока", "сила * тока", True), ("a . .", "a", True),
        ("\ue000", "\\*", False), ("\ue001x", "*x", True),
    ],
)  # fmt: skip
def test_two_spellings_are_the_same_word(written: str, pattern: str, same: bool) -> None:
    assert matches(written, pattern, case_sensitive=False, fold_lookalikes=True) is same


def test_case_matters_where_it_is_said_whichever_alphabet_was_used() -> None:
    def same(written: str, pattern: str) -> bool:
        return matches(written, pattern, case_sensitive=True, fold_lookalikes=True)

    assert same("NaCl", "NaCl")
    assert not same("nacl", "NaCl")
    assert not same("aB", "AB")
    assert same("АВС", "ABC")
    assert not matches("АВС", "ABC", case_sensitive=True, fold_lookalikes=False)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=20), st.booleans(), st.booleans())
def test_a_word_without_stars_is_itself(word: str, case: bool, fold: bool) -> None:
    pattern = word.replace("\\", "").replace("*", "\\*")
    assert matches(word.replace("\\", ""), pattern, case_sensitive=case, fold_lookalikes=fold)


letters = st.text(alphabet="аоеёЁсСcCoO0эЭйиПп.,-–’'* \t\u00a0\u0301\u0306\u0308\u00ad", max_size=20)


@settings(max_examples=300, deadline=None)
@given(letters | st.text(max_size=10), st.booleans(), st.booleans())
def test_a_spelling_once_folded_stays_as_it_is(word: str, case: bool, fold: bool) -> None:
    once = normalise(word, case_sensitive=case, fold_lookalikes=fold)
    # Two diaereses on one letter are no spelling that anybody writes.
    if "ё" not in once.casefold():
        assert normalise(once, case_sensitive=case, fold_lookalikes=fold) == once


@settings(max_examples=200, deadline=None)
@given(letters, letters, letters)
def test_a_wildcard_stands_for_any_text(head: str, middle: str, tail: str) -> None:
    head, tail = (f"а{part.replace('*', '')}б" for part in (head, tail))
    pattern = f"{head}*{tail}"
    assert matches(f"{head}{middle}{tail}", pattern, case_sensitive=False, fold_lookalikes=True)


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="ab *\\.", min_size=1, max_size=12))
def test_the_right_answer_fits_its_pattern(pattern: str) -> None:
    content = a_content(Kind.SHORT_TEXT, accepted=(Accepted(text=pattern),))
    if check(content) == ():
        assert grade(content, right_answer(content)).verdict == "correct"


@pytest.mark.parametrize("rule", [RuleName.EXACT, RuleName.WORDS])
def test_a_star_is_a_wildcard_in_words_only(rule: RuleName) -> None:
    content = a_content(Kind.SHORT_TEXT, rule, accepted=(Accepted(text="5*3"),))
    assert (grade(content, "5 или 3").score > 0) is (rule is RuleName.WORDS)
    assert grade(content, right_answer(content)).verdict == "correct"
    assert grade(content, "5*3").verdict == "correct"


def test_an_answer_of_thousands_of_characters_is_not_remembered() -> None:
    before = _remembered.cache_info().currsize
    assert not matches("а" * 20_000, "б" * 20_000, case_sensitive=False, fold_lookalikes=True)
    assert _remembered.cache_info().currsize == before


def test_many_wildcards_take_linear_time() -> None:
    begun = time.perf_counter()
    assert not matches("а" * 20_000 + "б", "*а" * 1000 + "*в", case_sensitive=False, fold_lookalikes=True)
    assert time.perf_counter() - begun < 1


def test_an_empty_text_earns_nothing_even_where_anything_is_accepted() -> None:
    content = a_content(Kind.SHORT_TEXT, accepted=(Accepted(text="*"),))
    assert [grade(content, written).score for written in ("", "  \n", "x")] == [0, 0, 3]


ESSAY = a_content(Kind.ESSAY)


@settings(max_examples=50, deadline=None)
@given(st.floats(0, 2), st.floats(0, 1))
def test_points_by_criteria_add_up(first: float, second: float) -> None:
    mark = grade_by_criteria(ESSAY, {"k1": first, "k2": second})
    assert mark.score == pytest.approx(first + second, abs=1e-5)
    assert mark.elements == {"k1": first >= 2, "k2": second >= 1}


@pytest.mark.parametrize(
    "points", [{}, {"k1": 2.0}, {"k1": 3.0, "k2": 0}, {"k1": -1, "k2": 0}, {"k1": 1, "k2": 1, "x": 1}]
)
def test_points_that_do_not_fit_the_criteria_are_refused(points: dict[str, float]) -> None:
    with pytest.raises(BadPoints) as refused:
        grade_by_criteria(ESSAY, points)
    assert refused.value.problems


@pytest.mark.parametrize(
    ("grades", "settled"),
    [
        ((3, 3), 3), ((3, 4), 4), ((2.5, 3), 3), ((2.5, 2.5), 2.5), ((0.5, 0.7), 0.7), ((0, 0), 0),
        ((1, 3, 2), 2), ((0, 9, 9), 9), ((3, 4, 0), 4),
    ],
)  # fmt: skip
def test_two_grades_become_one_and_a_third_decides_when_they_are_apart(
    grades: tuple[float, ...], settled: float
) -> None:
    assert settle(*grades) == settled


def test_two_grades_apart_ask_for_a_third() -> None:
    with pytest.raises(ThirdGraderNeeded, match="2"):
        settle(1, 3)
