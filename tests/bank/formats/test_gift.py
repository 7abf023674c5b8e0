"""GIFT with the semantics of Moodle's own parser."""

import pytest

from lyceum.bank.adapters.formats.drafting import Defaults
from lyceum.bank.adapters.formats.reasons import FileMalformed
from lyceum.bank.domain.content import Kind, RuleName, TextFormat
from lyceum.bank.domain.drafts import Difficulty, Draft, Rejected
from tests.bank.formats.reading import codes, draft, drafts, read, rejection


def gift(text: str) -> Draft:
    return draft(text, "a.gift")


def test_an_empty_line_ends_a_question_and_places_are_lines() -> None:
    assert [item.place for item in drafts("// c\nA {T}\n\n\n  \nB\n{F}\n", "a.gift")] == ["line 1", "line 6"]


def test_a_line_with_just_zero_does_not_end_a_question_but_is_noted() -> None:
    item = gift("Сколько?\n0\nили 1? {=1}")
    assert item.content.stem == "Сколько?\n0\nили 1?"
    assert codes(item) == {"zero_line"}


def test_comments_are_left_out_even_inside_of_answers() -> None:
    item = gift("::q::Text {\n// right\n=a\n  // wrong\n~b }")
    assert [option.text for option in item.content.options] == ["a", "b"]


def test_labels_in_comments_are_read() -> None:
    text = "// [id:№ 7] [tag:task:5] [tag:exam:ege] [tag:difficulty:hard] [tag:простой \\] тег]\nA {T}"
    item = gift(text)
    assert item.external_id == "№ 7"
    assert (item.exam, item.exam_task_number, item.difficulty) == ("ege", 5, Difficulty.HARD)
    assert item.topics == ("простой ] тег",)


@pytest.mark.parametrize(
    ("path", "topics"),
    [
        ("a/b", ("a", "b")),
        ("$course$/top/a//b/c", ("a/b", "c")),
        ("$course$/top/top/a", ("a",)),
        ("$module$/Математика\\: профиль", ("Математика: профиль",)),
        ("$course$/top", ()),
        ("/".join("abcdefghijkl"), tuple("abcdefghijkl")),
    ],
)
def test_a_category_becomes_topics(path: str, topics: tuple[str, ...]) -> None:
    assert gift(f"$CATEGORY: {path}\n\nA {{T}}").topics == topics


def test_a_category_without_an_empty_line_after_it_is_noted_and_the_question_read() -> None:
    item = gift("$CATEGORY: a\nA {T}")
    assert item.topics == ("a",)
    assert codes(item) == {"category_not_alone"}


def test_escapes_are_resolved_and_other_backslashes_kept() -> None:
    item = gift(r"\\( \\frac\{1\}\{2\} \\) \= \# \~ \: \nnew \alpha {=\{x\}}")
    assert item.content.stem == "\\( \\frac{1}{2} \\) = # ~ : \nnew \\alpha"
    assert item.content.accepted[0].text == "{x}"


@pytest.mark.parametrize(
    ("prefix", "format"),
    [
        ("[html]", TextFormat.HTML),
        ("[markdown]", TextFormat.MARKDOWN),
        ("[plain]", TextFormat.PLAIN),
        ("[moodle]", TextFormat.PLAIN),
        ("", TextFormat.PLAIN),
    ],
)
def test_the_prefix_names_the_format(prefix: str, format: TextFormat) -> None:
    content = gift(f"::t::{prefix}Text {{=a ~b}}").content
    assert (content.stem, content.stem_format) == ("Text", format)


def test_an_unknown_prefix_is_text() -> None:
    assert gift("[latex]x {T}").content.stem == "[latex]x"


def test_text_without_a_prefix_is_html_when_it_holds_tags() -> None:
    content = gift("a <b>b</b>\nc {=x < y ~z}").content
    assert content.stem_format is TextFormat.HTML
    assert content.stem == "a <b>b</b><br>\nc"
    assert content.options[0].text == "x &lt; y"


def test_texts_of_several_formats_become_html() -> None:
    content = gift("[plain]1 < 2 {=[html]<b>да</b>#[plain]a & b ~[markdown]**нет**}").content
    assert content.stem_format is TextFormat.HTML
    assert content.stem == "1 &lt; 2"
    assert [option.text for option in content.options] == ["<b>да</b>", "<p><strong>нет</strong></p>"]
    assert content.options[0].feedback == "a &amp; b"


def test_text_after_the_answers_makes_a_missing_word() -> None:
    assert gift("Столица — {=Москва ~Омск}, город.").content.stem == "Столица — _____, город."


def test_no_answers_make_a_description() -> None:
    content = gift("Прочитайте.").content
    assert (content.kind, content.max_score) == (Kind.DESCRIPTION, 0)


@pytest.mark.parametrize("text", ["a {=b", "a =b}", "a }=b{", "a {=b\n\n=c}"])
def test_a_lone_brace_is_rejected(text: str) -> None:
    assert {item.code for item in read(text, "a.gift") if isinstance(item, Rejected)} == {"gift_braces"}


def test_an_empty_block_is_an_essay_with_or_without_feedback() -> None:
    assert gift("a {}").content.kind is Kind.ESSAY
    essay = gift("a { #### пояснение }").content
    assert (essay.kind, essay.explanation) == (Kind.ESSAY, "пояснение")


def test_single_choice_is_told_by_an_equals_sign() -> None:
    content = gift("a {~x =y#да ~z#нет ####общее}").content
    assert (content.kind, content.key, content.rule.name) == (Kind.SINGLE_CHOICE, ("b",), RuleName.EXACT)
    assert [option.feedback for option in content.options] == ["", "да", "нет"]
    assert content.explanation == "общее"


def test_shares_make_a_weighted_single_choice() -> None:
    content = gift("a {=x ~%50%y ~%-33.333%z}").content
    assert content.kind is Kind.SINGLE_CHOICE
    assert content.rule.weights == {"a": 1.0, "b": 0.5, "c": -1 / 3}


def test_only_tildes_make_a_choice_of_several() -> None:
    content = gift("a {~%50%x ~%50%y ~%-100%z ~w}").content
    assert (content.kind, content.key) == (Kind.MULTIPLE_CHOICE, ("a", "b"))
    assert content.rule.weights == {"a": 0.5, "b": 0.5, "c": -1.0, "d": 0.0}


def test_a_weight_after_an_equals_sign_stays_text_and_is_noted() -> None:
    item = gift("a {=%50%x ~y}")
    assert item.content.options[0].text == "%50%x"
    assert item.content.key == ("a",)
    assert codes(item) == {"weight_ignored"}


@pytest.mark.parametrize("weight", ["% 50 %", "%+50%", "%50"])
def test_what_is_no_weight_stays_text_and_is_noted(weight: str) -> None:
    item = gift(f"a {{=x ~{weight}y}}")
    assert item.content.options[1].text == f"{weight}y"
    assert codes(item) == {"weight_ignored"}


def test_an_option_without_a_mark_is_wrong_and_noted() -> None:
    item = gift("a {x ~y =z}")
    assert item.content.key == ("c",)
    assert codes(item) == {"unmarked_option"}


def test_repeated_options_are_kept_once_as_the_right_one() -> None:
    item = gift("a {~x =x ~y}")
    assert [option.text for option in item.content.options] == ["x", "y"]
    assert item.content.key == ("a",)
    assert codes(item) == {"duplicate_option"}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a {=x ~x}", "too_few_options"),
        ("a {~x ~y}", "no_right_answer"),
        ("a {~%-50%x ~y}", "no_right_answer"),
        ("a {=x ~%101%y}", "bad_fraction"),
        ("a {= ~y}", "empty_option"),
        ("a {#nine}", "bad_number"),
        ("a {#}", "empty_answer"),
        ("a {=x -> y =z}", "gift_pair"),
        ("a {=x -> y}", "too_few_pairs"),
        ("a {=x -> y =z ->}", "empty_option"),
        ("a {=x -> y =z -> y}", "too_few_options"),
        ("a {" + "~x" * 200 + "=y}", "too_many_options"),
        ("{=x}", "empty_stem"),
    ],
)
def test_what_cannot_be_asked_is_rejected_with_reason_and_advice(text: str, code: str) -> None:
    item = rejection(text, "a.gift")
    assert item.code == code
    assert item.reason
    assert item.fix


def test_short_answers_have_shares_and_stars() -> None:
    content = gift(r"a {=Пушкин =%50%Пушк*#почти =5\\*3}").content
    assert content.rule.name is RuleName.WORDS
    assert not content.rule.case_sensitive
    assert [(a.text, a.share, a.feedback) for a in content.accepted] == [
        ("Пушкин", 1.0, ""),
        ("Пушк*", 0.5, "почти"),
        ("5\\*3", 1.0, ""),
    ]


def test_a_bare_word_is_a_short_answer() -> None:
    assert gift("a {да}").content.accepted[0].text == "да"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("#12", [("12", "0", 1.0)]),
        ("#12:0.5", [("12", "0.5", 1.0)]),
        ("#1..5", [("3", "2", 1.0)]),
        ("#5..1", [("3", "2", 1.0)]),
        ("#0", [("0", "0", 1.0)]),
        ("#−9,81:0,01", [("-9.81", "0.01", 1.0)]),
        ("#=1.5:0 =%50%2:1", [("1.5", "0", 1.0), ("2", "1", 0.5)]),
        ("#1\\:2", [("1", "2", 1.0)]),
        ("#3 ~#мимо", [("3", "0", 1.0), ("*", "0", 0.0)]),
    ],
)
def test_numbers(body: str, expected: list[tuple[str, str, float]]) -> None:
    content = gift(f"a {{{body}}}").content
    assert content.rule.name is RuleName.NUMERIC
    assert [(a.text, a.tolerance, a.share) for a in content.accepted] == expected


def test_pairs_and_distractors() -> None:
    content = gift("a {=1 -> x =2 -> y =3 -> x = -> z -> w}").content
    assert (content.kind, content.rule.name) == (Kind.MATCHING, RuleName.PER_ELEMENT)
    assert content.pairs == {"1": "a", "2": "b", "3": "a"}
    assert [option.text for option in content.options] == ["x", "y", "z -> w"]


@pytest.mark.parametrize(("word", "key"), [("T", "true"), ("TRUE", "true"), ("F", "false"), ("FALSE", "false")])
def test_true_or_false(word: str, key: str) -> None:
    content = gift(f"a {{{word}#неверно#верно####общее}}").content
    assert (content.kind, content.key, content.explanation) == (Kind.TRUE_FALSE, (key,), "общее")
    feedback = {option.id: option.feedback for option in content.options}
    assert feedback[key] == "верно"
    assert sorted(feedback.values()) == ["верно", "неверно"]


@pytest.mark.parametrize("word", ["t", "True", "true", "f"])
def test_true_and_false_are_capital_letters(word: str) -> None:
    assert gift(f"a {{{word}}}").content.kind is Kind.SHORT_TEXT


def test_ordering_of_the_plugin_is_read() -> None:
    content = gift("a {>ALL VERTICAL ALL_OR_NOTHING SHOW none\nраз\nдва\nтри\n####так}").content
    assert (content.kind, content.key, content.rule.name) == (Kind.ORDERING, ("1", "2", "3"), RuleName.EXACT)
    assert [item.text for item in content.items] == ["раз", "два", "три"]
    assert content.explanation == "так"


def test_names_may_hold_escaped_colons_and_may_lack_an_end() -> None:
    assert gift("::a\\:\\:b::c {T}").title == "a::b"
    assert gift("::no end {T}").content.stem == "no end"


def test_defaults_fill_what_the_file_leaves_open() -> None:
    defaults = Defaults(subject="math", exam="oge", topic="Разное", language="en", licence="CC0", source="книга")
    item = read("a {T}", "a.gift", defaults)[0]
    assert isinstance(item, Draft)
    assert (item.subject, item.exam, item.topics, item.licence, item.source) == (
        "math",
        "oge",
        ("Разное",),
        "CC0",
        "книга",
    )
    assert item.content.language == "en"


def test_a_block_without_an_end_is_rejected_and_the_next_question_read() -> None:
    first, second = read("a {\n" + "=x\n" * 30_000 + "\nb {T}", "a.gift")
    assert isinstance(first, Rejected)
    assert first.code == "block_too_long"
    assert isinstance(second, Draft)


def test_a_line_of_many_megabytes_stops_the_reading() -> None:
    with pytest.raises(FileMalformed, match="line 3"):
        read(b"a {T}\n\nb {=" + b"x" * (9 << 20), "a.gift")


def test_bad_questions_do_not_stop_good_ones() -> None:
    items = read("a {T}\n\nb {~x ~y}\n\nc {F}", "a.gift")
    assert [type(item) for item in items] == [Draft, Rejected, Draft]
