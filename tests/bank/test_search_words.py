"""Words found, folded and stemmed; queries that no text can break."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lyceum.bank.adapters.search import MAX_TERMS, clauses, fold, fts5_query, stem, terms_of, tsquery


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("Ёлка <b>зелёная</b>", ["елка", "зеленая"]),
        ("H2O &amp; CO2", ["h2o", "co2"]),
        ("\\(\\frac{x}{2}\\)", ["frac", "x", "2"]),
        ("l’été naïf", ["l", "été", "naïf"]),
        ("ＡＢＣ x²", ["abc", "x2"]),
        ("<script>alert(1)</script>", ["alert", "1"]),
        ("'); DROP TABLE --", ["drop", "table"]),
        ("", []),
    ],
)
def test_words_are_folded(written: str, words: list[str]) -> None:
    assert fold(written) == words


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("функция", "функциями"),
        ("производная", "производных"),
        ("столица", "столицей"),
        ("running", "runs"),
        ("countries", "country"),
    ],
)
def test_forms_of_a_word_share_a_stem(one: str, other: str) -> None:
    assert stem(one) == stem(other)


def test_all_words_must_occur_and_the_last_may_be_unfinished() -> None:
    assert clauses("столицы мира") == [("столиц", ""), ("мир", "мира")]
    assert clauses("столицы мира ") == [("столиц", ""), ("мир", "")]
    assert clauses("мир мира ") == [("мир", "")]
    assert clauses("a") == [("a", "")]
    assert clauses("... !?") == []
    assert len(clauses(" ".join(f"слово{n}" for n in range(50)))) <= MAX_TERMS


@given(st.text(max_size=60))
def test_no_text_reaches_a_query_language(typed: str) -> None:
    found = clauses(typed)
    for whole, start in found:
        assert whole.isalnum() or not whole
        assert start.isalnum() or not start
    assert fts5_query(found).count('"') == 2 * sum(2 if start else 1 for _, start in found)
    assert tsquery(found).count("'") == 2 * sum(2 if start else 1 for _, start in found)


@given(st.text(max_size=200))
def test_what_is_searched_by_its_own_text_is_found(written: str) -> None:
    terms = set(terms_of([written]))
    for whole, start in clauses(written):
        assert whole in terms or any(start and term.startswith(start) for term in terms)
