"""Scoring, for every kind and rule: bounds, order, full marks for the right answer, refusal of wrong shapes."""

import random
import time
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lyceum.bank.domain.checking import check
from lyceum.bank.domain.content import Accepted, Content, Gap, Kind, Option, Response, RuleName, ScoreRule
from lyceum.bank.domain.scoring import Mark, WrongShape, grade, right_answer
from tests.builders import CHOICES, GAPS, OPTIONS, a_content

TYPED = (RuleName.WORDS, RuleName.EXACT, RuleName.SET, RuleName.POSITIONS)
CONTENTS = [
    *(a_content(kind, rule) for kind, rules in CHOICES.items() for rule in rules),
    *(a_content(Kind.SHORT_TEXT, rule) for rule in TYPED),
    *(a_content(kind, rule) for kind in (Kind.MATCHING, Kind.ORDERING)
      for rule in (RuleName.EXACT, RuleName.PER_ELEMENT, RuleName.POSITIONS)),
    *(a_content(Kind.CLOZE, rule) for rule in (RuleName.EXACT, RuleName.PER_ELEMENT)),
    a_content(Kind.TRUE_FALSE),
    a_content(Kind.NUMERIC),
    a_content(Kind.ESSAY),
    a_content(Kind.DESCRIPTION),
]  # fmt: skip
ASKED = [content for content in CONTENTS if content.kind not in {Kind.ESSAY, Kind.DESCRIPTION}]
contents = st.sampled_from(CONTENTS)
ids = st.sampled_from([*"abcde", *"1234", "one", "many", "word", "sum"])
words = ids | st.text(max_size=12) | st.sampled_from(["3142", "3241", "−9,81", "-9.81", "ёж", "2,5", "1e400", "*", " "])
flat: st.SearchStrategy[Response] = (
    st.none() | st.booleans() | st.integers() | st.floats() | words | st.lists(ids | words, max_size=6)
)
responses = flat | st.dictionaries(ids | words, words | st.lists(words, max_size=4), max_size=6)


def named(content: Content) -> str:
    return f"{content.kind.value}-{content.rule.name.value}"


def score(content: Content, response: Response) -> float:
    return grade(content, response).score


@pytest.mark.parametrize("content", CONTENTS, ids=named)
def test_the_questions_of_these_tests_can_be_kept(content: Content) -> None:
    assert check(content) == ()


@settings(max_examples=600, deadline=None)
@given(contents, responses)
def test_any_response_earns_something_between_none_and_all_or_is_refused(content: Content, response: Response) -> None:
    try:
        mark = grade(content, response)
    except WrongShape:
        return
    assert 0 <= mark.score <= mark.max_score == content.max_score
    assert mark.verdict in {"correct", "partial", "wrong", "pending"}
    if mark.verdict != "pending":
        full = mark.score >= mark.max_score
        assert (mark.verdict == "correct", mark.verdict == "wrong") == (full, mark.score == 0 < mark.max_score)


@pytest.mark.parametrize("content", ASKED, ids=named)
def test_the_right_answer_earns_full_marks(content: Content) -> None:
    mark = grade(content, right_answer(content))
    assert (mark.score, mark.verdict) == (content.max_score, "correct")
    assert all(mark.elements.values())


@pytest.mark.parametrize("kind", [Kind.ESSAY, Kind.DESCRIPTION])
def test_where_nothing_is_graded_by_machine_there_is_no_right_answer(kind: Kind) -> None:
    assert right_answer(a_content(kind)) is None


def test_an_essay_waits_for_people_and_a_description_for_nobody() -> None:
    assert grade(a_content(Kind.ESSAY), "Текст") == Mark(score=0.0, max_score=3.0, verdict="pending")
    assert grade(a_content(Kind.DESCRIPTION), None).verdict == "correct"


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(CHOICES[Kind.MULTIPLE_CHOICE]), st.lists(st.sampled_from("abcde"), unique=True), st.randoms())
def test_the_order_of_chosen_options_does_not_matter(rule: RuleName, chosen: list[str], source: random.Random) -> None:
    content = a_content(Kind.MULTIPLE_CHOICE, rule)
    other = list(chosen)
    source.shuffle(other)
    assert grade(content, chosen) == grade(content, other)


@settings(max_examples=60, deadline=None)
@given(st.permutations(GAPS), st.permutations(OPTIONS))
def test_the_order_of_options_and_gaps_in_the_question_does_not_matter(gaps: list, options: list) -> None:  # type: ignore[type-arg]
    cloze = a_content(Kind.CLOZE)
    answer: Response = {"one": "b", "many": ["c", "a"], "word": "еж", "sum": "9"}
    assert score(replace(cloze, gaps=tuple(gaps)), answer) == score(cloze, answer) == 1.8
    choice = a_content(Kind.MULTIPLE_CHOICE, RuleName.WEIGHTED_OPTIONS)
    assert score(replace(choice, options=tuple(options)), ["a", "c", "b"]) == score(choice, ["a", "b", "c"])


WRONG: list[tuple[Kind, Response]] = [
    (Kind.SINGLE_CHOICE, None), (Kind.SINGLE_CHOICE, "z"), (Kind.SINGLE_CHOICE, ["a"]), (Kind.SINGLE_CHOICE, ""),
    (Kind.MULTIPLE_CHOICE, "a"), (Kind.MULTIPLE_CHOICE, ["a", "a"]), (Kind.MULTIPLE_CHOICE, ["z"]),
    (Kind.TRUE_FALSE, "true"), (Kind.TRUE_FALSE, 1), (Kind.SHORT_TEXT, 3142), (Kind.SHORT_TEXT, "х" * 20_001),
    (Kind.NUMERIC, True), (Kind.NUMERIC, float("nan")), (Kind.NUMERIC, float("inf")), (Kind.NUMERIC, 10**100),
    (Kind.NUMERIC, ["1"]), (Kind.MATCHING, ["a"]), (Kind.MATCHING, {"9": "a"}), (Kind.MATCHING, {"1": "z"}),
    (Kind.MATCHING, {"1": ["a"]}), (Kind.ORDERING, ["2", "1", "4"]), (Kind.ORDERING, ["2", "2", "4", "3"]),
    (Kind.ORDERING, "2143"), (Kind.CLOZE, {"nine": "a"}), (Kind.CLOZE, {"one": "z"}), (Kind.CLOZE, {"one": ["b"]}),
    (Kind.CLOZE, {"many": "a"}), (Kind.CLOZE, {"word": ["ёж"]}), (Kind.CLOZE, "ёж"), (Kind.ESSAY, None),
    (Kind.DESCRIPTION, "что-то"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "response"), WRONG)
def test_a_response_of_another_shape_is_refused(kind: Kind, response: Response) -> None:
    with pytest.raises(WrongShape) as refused:
        grade(a_content(kind), response)
    assert refused.value.problems[0].loc.startswith("answer")


@pytest.mark.parametrize(
    ("rule", "chosen", "points"),
    [
        (RuleName.SET, ["b", "a"], 3), (RuleName.SET, ["a"], 0), (RuleName.SET, ["a", "b", "c"], 0),
        (RuleName.SET, [], 0),
        (RuleName.PER_ELEMENT, ["a"], 1.5), (RuleName.PER_ELEMENT, ["a", "b", "c"], 1.5),
        (RuleName.PER_ELEMENT, ["a", "c"], 0), (RuleName.PER_ELEMENT, list("abcde"), 0),
        (RuleName.POSITIONS, ["a", "b"], 3), (RuleName.POSITIONS, ["a", "c"], 2), (RuleName.POSITIONS, ["c", "d"], 1),
        (RuleName.POSITIONS, ["a", "b", "c"], 0), (RuleName.POSITIONS, ["a"], 2), (RuleName.POSITIONS, [], 0),
        (RuleName.WEIGHTED_OPTIONS, ["a"], 1.5), (RuleName.WEIGHTED_OPTIONS, ["a", "b", "c"], 1.5),
        (RuleName.WEIGHTED_OPTIONS, ["c", "d"], 0), (RuleName.WEIGHTED_OPTIONS, ["e"], 0),
    ],
)  # fmt: skip
def test_several_options_are_counted_by_their_rule(rule: RuleName, chosen: list[str], points: float) -> None:
    assert score(a_content(Kind.MULTIPLE_CHOICE, rule), list(chosen)) == points


@pytest.mark.parametrize("content", ASKED, ids=named)
def test_an_answer_that_says_nothing_earns_nothing(content: Content) -> None:
    nothing: dict[Kind, Response] = {
        Kind.MULTIPLE_CHOICE: [], Kind.SHORT_TEXT: "", Kind.NUMERIC: " ", Kind.MATCHING: {}, Kind.CLOZE: {}
    }  # fmt: skip
    if content.kind in nothing:
        mark = grade(content, nothing[content.kind])
        assert (mark.score, mark.verdict, mark.feedback) == (0, "wrong", ())


def test_by_weights_the_options_that_earn_the_most_are_right_whatever_the_key_says() -> None:
    rule = ScoreRule(name=RuleName.WEIGHTED_OPTIONS, weights={"a": 0.5, "b": 1.0, "c": 1.0})
    content = replace(a_content(Kind.SINGLE_CHOICE), rule=rule, key=("a",))
    assert right_answer(content) == "b"
    assert [score(content, id) for id in "abcd"] == [1.5, 3, 3, 0]
    assert grade(content, "c").elements == {"b": True, "c": True}


def test_a_list_far_longer_than_the_options_is_refused_at_once() -> None:
    begun = time.perf_counter()
    with pytest.raises(WrongShape):
        grade(a_content(Kind.MULTIPLE_CHOICE), ["a"] * 1_000_000)
    assert time.perf_counter() - begun < 0.1


def test_shares_of_a_third_add_up_to_all() -> None:
    rule = ScoreRule(name=RuleName.WEIGHTED_OPTIONS, weights=dict.fromkeys("abc", 0.3333333))
    content = replace(a_content(Kind.MULTIPLE_CHOICE), rule=rule, key=())
    assert score(content, ["a", "b", "c"]) == 3


@settings(max_examples=100, deadline=None)
@given(
    st.dictionaries(st.sampled_from("abcde"), st.floats(-1, 1), min_size=1),
    st.lists(st.sampled_from("abcde"), unique=True),
)
def test_weights_add_up_and_are_held_within_none_and_all(weights: dict[str, float], chosen: list[str]) -> None:
    rule = ScoreRule(name=RuleName.WEIGHTED_OPTIONS, weights=weights)
    mark = grade(replace(a_content(Kind.MULTIPLE_CHOICE), rule=rule, key=()), list(chosen))
    total = sum(weights.get(id, 0.0) for id in chosen)
    assert mark.score == pytest.approx(3 * min(max(total, 0.0), 1.0), abs=4e-4)


@pytest.mark.parametrize(
    ("written", "points"),
    [
        ("3142", 3), ("3 1 4 2", 3), ("3,1;4 2", 3), ("３１４２", 3), ("3141", 2), ("4142", 2), ("3124", 1),
        ("1324", 0), ("314", 2), ("31", 1), ("31422", 0), ("", 0), (" , ", 0),
    ],
)  # fmt: skip
def test_positions_give_points_for_few_wrong_ones_and_none_for_more_characters_than_asked(
    written: str, points: float
) -> None:
    assert score(a_content(Kind.SHORT_TEXT, RuleName.POSITIONS), written) == points


def test_letters_of_either_alphabet_are_the_same_symbols() -> None:
    content = a_content(Kind.SHORT_TEXT, RuleName.POSITIONS, accepted=(Accepted(text="АВСЕ"),))
    assert [score(content, written) for written in ("ABCE", "авсе", "а, в, с", "ABKE")] == [3, 3, 2, 2]


def test_the_feedback_of_characters_is_for_the_right_ones_only() -> None:
    for rule in (RuleName.SET, RuleName.POSITIONS):
        content = a_content(Kind.SHORT_TEXT, rule, accepted=(Accepted(text="12", feedback="Да"),))
        assert (grade(content, "12").feedback, grade(content, "13").feedback) == (("Да",), ())


def test_a_gap_of_characters_is_graded_by_its_own_rule() -> None:
    rule = ScoreRule(name=RuleName.POSITIONS, points=(2.0, 1.0))
    gap = Gap(id="word", kind=Kind.SHORT_TEXT, accepted=(Accepted(text="3142"),), rule=rule, weight=2.0)
    content = replace(a_content(Kind.CLOZE), gaps=(gap,), stem="[[word]]", max_score=2.0)
    assert [score(content, {"word": written}) for written in ("3142", "3141", "3124")] == [2, 1, 0]


@pytest.mark.parametrize(("written", "points"), [("2413", 3), ("1 2 3 4", 3), ("1234 5", 0), ("1123", 0), ("123", 0)])
def test_a_set_of_characters_is_free_of_order(written: str, points: float) -> None:
    assert score(a_content(Kind.SHORT_TEXT, RuleName.SET), written) == points


@pytest.mark.parametrize("kind", [Kind.MATCHING, Kind.ORDERING])
@pytest.mark.parametrize(("rule", "points"), [(RuleName.EXACT, 0), (RuleName.POSITIONS, 1)])
def test_two_wrong_positions(kind: Kind, rule: RuleName, points: float) -> None:
    answer: Response = {"1": "b", "2": "a", "3": "c"} if kind is Kind.MATCHING else ["1", "2", "4", "3"]
    assert score(a_content(kind, rule), answer) == points


def test_a_part_of_the_pairs_earns_its_part_and_one_left_out_is_wrong() -> None:
    mark = grade(a_content(Kind.MATCHING), {"1": "a", "2": "d"})
    assert (mark.score, mark.verdict, mark.elements) == (1.0, "partial", {"1": True, "2": False, "3": False})


def test_options_with_the_same_text_are_the_same_match() -> None:
    options = (*OPTIONS[:3], Option(id="d", text=OPTIONS[0].text))
    assert score(replace(a_content(Kind.MATCHING), options=options), {"1": "d", "2": "b", "3": "c"}) == 3


def test_elements_with_the_same_text_may_change_places() -> None:
    items = (Option(id="1", text="а"), Option(id="2", text="н"), Option(id="3", text="а"))
    content = replace(a_content(Kind.ORDERING), items=items, key=("1", "2", "3"))
    assert (score(content, ["3", "2", "1"]), score(content, ["2", "1", "3"])) == (3, 0)


def test_a_gap_left_empty_is_wrong_and_not_refused() -> None:
    mark = grade(a_content(Kind.CLOZE), {"one": "b", "many": [], "word": " "})
    assert (mark.score, mark.elements) == (0.6, {"one": True, "many": False, "word": False, "sum": False})


def test_the_best_of_the_accepted_answers_counts_with_its_feedback() -> None:
    accepted = (Accepted(text="еж*", share=0.5, feedback="Почти"), Accepted(text="ежи", feedback="Да"))
    content = replace(a_content(Kind.SHORT_TEXT), accepted=accepted)
    assert grade(content, "Ежи").feedback == ("Да",)
    assert (score(content, "Ежи"), score(content, "ежик"), score(content, "уж")) == (3, 1.5, 0)
