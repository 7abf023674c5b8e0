"""What the statistics of a question say to its author and to a learner, as signs that pages put into words.

The bounds are those in common use for classroom tests: a discrimination below 0 asks whether the key is right, below 20
is weak; hardly anybody learns from a question that nearly all or hardly any solve.
"""

from collections.abc import Collection, Sequence
from enum import StrEnum

from lyceum.training.domain.statistics import NO_RESPONSE, Chosen, Measures

ENOUGH = 30
"""Fewer answers say little of a question."""
ENOUGH_FOR_WORDS = 20
WEAK, EASY, HARD = 20.0, 0.95, 0.1
UNUSED = 0.01
MOST, HALF = 0.7, 0.4
MANY = 0.25


class Sign(StrEnum):
    """Something for the author to look at, the gravest first."""

    KEY_MAY_BE_WRONG = "key_may_be_wrong"
    STRONG_PREFER_ANOTHER = "strong_prefer_another"
    BELOW_GUESSING = "below_guessing"
    WEAK = "weak"
    TOO_EASY = "too_easy"
    TOO_HARD = "too_hard"
    UNUSED_OPTION = "unused_option"
    FEW_ANSWERS = "few_answers"


class Solved(StrEnum):
    """How many solve a question, in a word."""

    MOST = "most"
    HALF = "half"
    FEW = "few"


def signs(
    measures: Measures,
    guess: float | None,
    chosen: Sequence[Chosen] = (),
    options: Collection[str] = (),
    key: Collection[str] = (),
) -> Sequence[Sign]:
    """`options` are all that can be chosen, `key` the right ones; both empty for kinds without options."""
    if measures.answered < ENOUGH or measures.facility is None:
        return (Sign.FEW_ANSWERS,)
    facility, discrimination = measures.facility, measures.discrimination
    telling = discrimination if measures.measured >= ENOUGH else None
    tests = {
        Sign.KEY_MAY_BE_WRONG: telling is not None and telling < 0,
        Sign.STRONG_PREFER_ANOTHER: bool(preferred(chosen, key)),
        Sign.BELOW_GUESSING: guess is not None and facility < guess,
        Sign.WEAK: telling is not None and 0 <= telling < WEAK,
        Sign.TOO_EASY: facility > EASY,
        Sign.TOO_HARD: facility < HARD and (guess is None or facility >= guess),
        Sign.UNUSED_OPTION: bool(unused(measures, chosen, options, key)),
    }
    return tuple(sign for sign, holds in tests.items() if holds)


def unused(
    measures: Measures, chosen: Sequence[Chosen], options: Collection[str], key: Collection[str]
) -> Sequence[str]:
    """Wrong options that hardly anybody chooses."""
    counts = {it.option: it.count for it in chosen}
    least = measures.answered * UNUSED
    return [option for option in options if option not in key and counts.get(option, 0) < least]


def preferred(chosen: Sequence[Chosen], key: Collection[str]) -> Sequence[str]:
    """Wrong options whose choosers do better elsewhere than those who choose the right one; for one right option."""
    right = [it for it in chosen if it.option in key and it.rest is not None]
    if len(key) != 1 or not right:
        return ()
    bar = right[0].rest or 0.0
    total = sum(it.count for it in chosen)
    wrong = (it for it in chosen if it.option not in key and it.option != NO_RESPONSE)
    return [it.option for it in wrong if it.rest is not None and it.rest > bar and it.count >= max(5, 0.05 * total)]


def solved(facility: float | None, answered: int) -> Solved | None:
    """None as long as too few have answered."""
    if facility is None or answered < ENOUGH_FOR_WORDS:
        return None
    return Solved.MOST if facility >= MOST else Solved.HALF if facility >= HALF else Solved.FEW


def popular_mistake(chosen: Sequence[Chosen], key: Collection[str]) -> str | None:
    """The wrong option that a quarter or more choose, the most frequent of several; needs `ENOUGH_FOR_WORDS`."""
    total = sum(it.count for it in chosen)
    if total < ENOUGH_FOR_WORDS or not key:
        return None
    wrong = [it for it in chosen if it.option not in key and it.option != NO_RESPONSE]
    return next((it.option for it in wrong if it.share >= MANY), None)
