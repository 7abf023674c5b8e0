"""Moodle's notation of gaps."""

import pytest

from lyceum.bank.adapters.formats.cloze import parse, render
from lyceum.bank.adapters.formats.reasons import Losses, Refuse
from lyceum.bank.domain.content import Accepted, Content, Gap, Kind, RuleName, ScoreRule, TextFormat
from tests.bank.formats.reading import draft, question, quiz

PLAIN, HTML = TextFormat.PLAIN, TextFormat.HTML


def gap(text: str) -> Gap:
    return draft(quiz(question("cloze", "", f"<![CDATA[{text}]]>")), "a.xml").content.gaps[0]


@pytest.mark.parametrize(
    ("name", "kind", "shuffle", "sensitive"),
    [
        ("NUMERICAL", Kind.NUMERIC, False, False),
        ("NM", Kind.NUMERIC, False, False),
        ("SHORTANSWER", Kind.SHORT_TEXT, False, False),
        ("SA", Kind.SHORT_TEXT, False, False),
        ("MW", Kind.SHORT_TEXT, False, False),
        ("SHORTANSWER_C", Kind.SHORT_TEXT, False, True),
        ("SAC", Kind.SHORT_TEXT, False, True),
        ("MWC", Kind.SHORT_TEXT, False, True),
        ("MULTICHOICE", Kind.SINGLE_CHOICE, False, False),
        ("MC", Kind.SINGLE_CHOICE, False, False),
        ("MULTICHOICE_VS", Kind.SINGLE_CHOICE, True, False),
        ("MCH", Kind.SINGLE_CHOICE, False, False),
        ("MCHS", Kind.SINGLE_CHOICE, True, False),
        ("MULTICHOICE_S", Kind.SINGLE_CHOICE, True, False),
        ("MULTIRESPONSE", Kind.MULTIPLE_CHOICE, False, False),
        ("MR", Kind.MULTIPLE_CHOICE, False, False),
        ("MRHS", Kind.MULTIPLE_CHOICE, True, False),
    ],
)
def test_the_types_of_gaps(name: str, kind: Kind, shuffle: bool, sensitive: bool) -> None:
    found = gap(f"a {{3:{name}:=1~2}} b")
    assert (found.kind, found.shuffle, found.rule.case_sensitive, found.weight) == (kind, shuffle, sensitive, 3)


def test_a_gap_without_a_weight_weighs_one_and_the_question_is_worth_their_sum() -> None:
    content = draft(quiz(question("cloze", "", "{:SA:=a} {4:SA:=b}")), "a.xml").content
    assert [item.weight for item in content.gaps] == [1, 4]
    assert content.max_score == 5
    assert content.stem == "[[1]] [[2]]"


def test_escapes_and_entities_in_answers() -> None:
    found = gap(r"{1:SA:=a\}b\~c\#d &amp; e#to\~day~%50%x&#39;y}")
    assert [(a.text, a.share, a.feedback) for a in found.accepted] == [
        ("a}b~c#d & e", 1.0, "to~day"),
        ("x'y", 0.5, ""),
    ]


def test_numbers_have_tolerances_and_decimal_commas() -> None:
    found = gap("{1:NM:=3,14:0,01#так~%50%3:0.2~*#нет}")
    assert [(a.text, a.tolerance, a.share) for a in found.accepted] == [
        ("3.14", "0.01", 1.0),
        ("3", "0.2", 0.5),
        ("*", "0", 0.0),
    ]


def test_right_options_share_the_whole() -> None:
    assert gap("{1:MR:=a~=b~c}").rule.weights == {"a": 0.5, "b": 0.5, "c": -0.5}
    assert gap("{1:MR:%50%a~%100%b~%-20%c}").rule.weights == pytest.approx({"a": 1 / 3, "b": 2 / 3, "c": -0.2})


@pytest.mark.parametrize(
    "text", ["{", "{}", "{1}", "{1:XX:=a}", r"\(\frac{1}{2}\)", "{1:SA:=a", "{1:sa:=a}", "{ 1:SA:=a}"]
)
def test_braces_that_fit_no_gap_stay_text(text: str) -> None:
    losses = Losses()
    assert parse(f"a {text} b", PLAIN, losses) == (f"a {text} b", [])


def test_nested_braces_belong_to_the_first_closing_one() -> None:
    stem, gaps = parse(r"{1:SA:={x}} и {2:SA:=\{y\}}", PLAIN, Losses())
    assert stem == "[[1]]} и [[2]]"
    assert [g.answers[0].text for g in gaps] == ["{x", r"\{y}"]


@pytest.mark.parametrize(
    ("text", "code"),
    [("{1:NM:=abc}", "gap_broken"), ("{0:SA:=a}", "gap_broken"), ("{1:SA:%1000%a}", "bad_fraction")],
)
def test_broken_gaps_are_refused(text: str, code: str) -> None:
    with pytest.raises(Refuse) as refusal:
        parse(text, PLAIN, Losses())
    assert refusal.value.code == code


def test_double_brackets_of_the_text_are_no_gaps() -> None:
    losses = Losses()
    stem, _ = parse("[[1]] {1:SA:=a}", PLAIN, losses)
    assert stem == "[ [1]] [[1]]"
    assert [loss.code for loss in losses] == ["brackets_spaced"]


def test_many_gaps_that_never_close_are_read_in_no_time() -> None:
    assert parse("{1:SA:=a~" * 50_000, PLAIN, Losses())[1] == []


@pytest.mark.parametrize("text", ["a\\", "a&", "a#b", "}~#", "{1:SA:=x}", "=%50%", "\\}"])
def test_a_written_gap_reads_back(text: str) -> None:
    made = Gap(
        id="1",
        kind=Kind.SHORT_TEXT,
        accepted=(Accepted(text=text, feedback="fb"), Accepted(text="b", share=0.0)),
        rule=ScoreRule(name=RuleName.WORDS),
    )
    written = render(Content(kind=Kind.CLOZE, stem="x [[1]] y", stem_format=HTML, gaps=(made,)))
    _, gaps = parse(written, HTML, Losses())
    assert [(a.text, a.share, a.feedback.text) for a in gaps[0].answers] == [(text, 1.0, "fb"), ("b", 0.0, "")]
