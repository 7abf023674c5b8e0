import pytest
from hypothesis import given
from hypothesis import strategies as st

from lyceum.kernel.errors import FieldProblem, Invalid
from lyceum.kernel.ids import uuid7
from lyceum.kernel.money import Money


@given(st.integers(min_value=0, max_value=2**48 - 1))
def test_a_uuid7_carries_its_millisecond_version_and_variant(at_ms: int) -> None:
    made = uuid7(at_ms)
    assert (made.int >> 80, made.version, made.variant) == (at_ms, 7, "specified in RFC 4122")


def test_uuid7s_made_one_after_the_other_sort_in_that_order() -> None:
    made = [uuid7() for _ in range(5000)]
    assert made == sorted(set(made))


def test_uuid7s_of_later_milliseconds_sort_later() -> None:
    assert uuid7(1_000) < uuid7(1_001) < uuid7(2_000_000)


@given(st.integers(), st.integers(), st.integers(min_value=0, max_value=1000))
def test_money_adds_and_multiplies_exactly(first: int, second: int, times: int) -> None:
    assert Money(first) + Money(second) - Money(second) == Money(first)
    assert Money(first) * times == Money(first * times)


def test_money_of_two_currencies_is_not_added() -> None:
    with pytest.raises(ValueError, match="RUB and XTR"):
        Money(1) + Money(1, "XTR")


def test_a_refusal_tells_its_facts_and_where_it_hurts() -> None:
    class TooShort(Invalid):
        code = "test.too_short"
        text = "{name} has {size} characters; 8 are wanted."

    refusal = TooShort(name="password", size=3, problems=[FieldProblem("password", "too_short", "Too short.")])
    assert str(refusal) == "password has 3 characters; 8 are wanted."
    assert (refusal.facts["size"], refusal.problems[0].loc) == (3, "password")
