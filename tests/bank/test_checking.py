"""A question is kept only if it can be asked, answered and graded; everything wrong is told at once."""

from dataclasses import replace

import pytest

from lyceum.bank.domain.checking import BadQuestion, check, require_valid
from lyceum.bank.domain.content import (
    Accepted,
    Content,
    Criterion,
    Derived,
    Gap,
    Kind,
    Option,
    Parameter,
    RuleName,
    ScoreRule,
    Template,
)
from tests.builders import GAPS, OPTIONS, a_content

CHOICE, SEVERAL = a_content(Kind.SINGLE_CHOICE), a_content(Kind.MULTIPLE_CHOICE)
TEXT, NUMBER = a_content(Kind.SHORT_TEXT), a_content(Kind.NUMERIC)
MATCHING, ORDERING, CLOZE = a_content(Kind.MATCHING), a_content(Kind.ORDERING), a_content(Kind.CLOZE)
ESSAY = a_content(Kind.ESSAY)
A = Template(parameters=(Parameter(name="a", high="9"),))
MANY = tuple(Option(id=f"o{n}", text=str(n)) for n in range(101))


def a_rule(**fields: object) -> ScoreRule:
    return ScoreRule(**fields)  # type: ignore[arg-type]


def a_gap(**changes: object) -> tuple[Gap, ...]:
    return (replace(GAPS[0], **changes), *GAPS[1:])  # type: ignore[arg-type]


WRONG: dict[str, tuple[Content, str, str]] = {
    "no text": (replace(CHOICE, stem=" "), "stem", "required"),
    "control character": (replace(CHOICE, stem="a\x00b"), "stem", "control_character"),
    "control character in an option": (
        replace(CHOICE, options=(Option(id="a", text="\x1b[2J"), *OPTIONS[1:])), "options/0/text", "control_character"),
    "long text": (replace(CHOICE, hint="х" * 65_537), "hint", "text_too_long"),
    "long question": (
        replace(CHOICE, options=tuple(Option(id=id, text="х" * 60_000) for id in "abcde")), "", "question_too_long"),
    "language": (replace(CHOICE, language="tlh"), "language", "unknown"),
    "no points": (replace(CHOICE, max_score=0), "max_score", "range"),
    "many points": (replace(CHOICE, max_score=101), "max_score", "range"),
    "points that are no number": (replace(CHOICE, max_score=float("nan")), "max_score", "range"),
    "one option": (replace(CHOICE, options=OPTIONS[:1]), "options", "count"),
    "many options": (replace(CHOICE, options=MANY, key=("o1",)), "options", "count"),
    "same id": (replace(CHOICE, options=(OPTIONS[0], OPTIONS[0])), "options", "duplicate_id"),
    "empty option": (replace(CHOICE, options=(*OPTIONS[:2], Option(id="z", text=" "))), "options/2/text", "required"),
    "no id": (replace(CHOICE, options=(*OPTIONS[:2], Option(id="", text="z"))), "options/2/id", "length"),
    "no key": (replace(CHOICE, key=()), "key", "key"),
    "two keys": (replace(CHOICE, key=("a", "b")), "key", "key"),
    "unknown key": (replace(SEVERAL, key=("a", "z")), "key", "key"),
    "key twice": (replace(SEVERAL, key=("a", "a")), "key", "key"),
    "no weight above none": (
        replace(SEVERAL, rule=a_rule(name=RuleName.WEIGHTED_OPTIONS, weights={"a": -1})), "rule/weights",
        "no_right_answer"),
    "weight above all": (
        replace(SEVERAL, rule=a_rule(name=RuleName.WEIGHTED_OPTIONS, weights={"a": 2})), "rule/weights", "range"),
    "weight of nothing": (
        replace(SEVERAL, rule=a_rule(name=RuleName.WEIGHTED_OPTIONS, weights={"z": 1})), "rule/weights", "unknown"),
    "neither true nor false": (a_content(Kind.TRUE_FALSE, key=("yes",)), "key", "key"),
    "nothing accepted": (replace(TEXT, accepted=()), "accepted", "required"),
    "nothing earns": (replace(TEXT, accepted=(Accepted(text="a", share=0),)), "accepted", "no_right_answer"),
    "empty accepted": (replace(TEXT, accepted=(Accepted(text=" "),)), "accepted/0/text", "required"),
    "share": (replace(TEXT, accepted=(Accepted(text="a", share=1.5),)), "accepted/0/share", "range"),
    "no number": (replace(NUMBER, accepted=(Accepted(text="слон"),)), "accepted/0/text", "number"),
    "no tolerance": (replace(NUMBER, accepted=(Accepted(text="1", tolerance="-1"),)), "accepted/0/tolerance", "number"),
    "item without option": (replace(MATCHING, pairs={"1": "a", "2": "b"}), "pairs", "pairs"),
    "pair of nothing": (replace(MATCHING, pairs={"1": "a", "2": "b", "3": "z"}), "pairs", "pairs"),
    "order of others": (replace(ORDERING, key=("1", "2", "3", "3")), "key", "key"),
    "one item": (replace(ORDERING, items=OPTIONS[:1], key=("a",)), "items", "count"),
    "no gaps": (replace(CLOZE, gaps=()), "gaps", "count"),
    "gap without a place": (replace(CLOZE, stem="[[one]] [[many]] [[word]]"), "gaps/3", "gap_mark"),
    "gap in two places": (replace(CLOZE, stem=CLOZE.stem + "[[one]]"), "gaps/0", "gap_mark"),
    "gap of an odd kind": (replace(CLOZE, gaps=a_gap(kind=Kind.ESSAY)), "gaps/0/kind", "unknown"),
    "gap without a key": (replace(CLOZE, gaps=a_gap(key=())), "gaps/0/key", "key"),
    "gap without weight": (replace(CLOZE, gaps=a_gap(weight=0)), "gaps/0/weight", "range"),
    "two gaps of one name": (replace(CLOZE, gaps=(*GAPS, GAPS[0])), "gaps", "duplicate_id"),
    "criterion without points": (
        replace(ESSAY, rule=a_rule(criteria=(Criterion(id="k", title="К", max=0),))), "rule/criteria/0", "criterion"),
    "rising points": (replace(ORDERING, rule=a_rule(points=(1, 2))), "rule/points", "order"),
    "points above all": (replace(ORDERING, rule=a_rule(points=(4, 2))), "rule/points", "range"),
    "precision": (replace(NUMBER, rule=a_rule(precision=11)), "rule/precision", "range"),
    "unknown name": (replace(TEXT, stem="{{b}}", template=A), "template", "unknown_name"),
    "options that become the same": (
        replace(CHOICE, options=(Option(id="a", text="{{a}}"), Option(id="b", text="5")), template=A), "template",
        "options_collide"),
    "a draw that is no number": (
        replace(NUMBER, accepted=(Accepted(text="{{a}} слон"),), template=A), "template", "number"),
    "a draw that cannot be computed": (
        replace(NUMBER, stem="{{b}}", template=replace(A, derived=(Derived(name="b", expression="1/(a-a)"),))),
        "template/derived/0", "template"),
    "too many parameters": (
        replace(TEXT, template=Template(parameters=tuple(Parameter(name=f"p{n}") for n in range(41)))), "template",
        "count"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_a_question_that_cannot_be_used_is_refused_with_the_place(name: str) -> None:
    content, loc, code = WRONG[name]
    found = check(content)
    assert (loc, code) in [(problem.loc, problem.code) for problem in found]
    with pytest.raises(BadQuestion):
        require_valid(content)


def test_all_that_is_wrong_is_told_at_once() -> None:
    found = check(replace(CHOICE, stem="", max_score=0, key=(), options=OPTIONS[:1]))
    assert {problem.loc for problem in found} == {"stem", "max_score", "key", "options"}


def test_a_line_break_and_a_tab_are_no_control_characters() -> None:
    assert check(replace(CHOICE, stem="a\tb\r\nc\u00a0\u200b")) == ()
