"""Questions on their sheet: every kind can be answered by a plain form, and a locked one tells right from wrong."""

import re
from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest

from lyceum.platform.pages import AnswerState, Pages
from lyceum.platform.question_filters import are_rich, are_short, as_answer, as_list, gaps, in_order

PAGES = Pages()


@dataclass(frozen=True, slots=True)
class Piece:
    id: str
    html: str = ""
    kind: str = ""
    options: tuple["Piece", ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    kind: str
    stem_html: str = "<p>Сколько?</p>"
    find_code: str = "K7Q2M4RX"
    exam: str | None = "ege"
    subject_title: str = "физика"
    exam_task_number: int | None = 3
    max_score: float = 1
    language: str = "ru"
    options: tuple[Piece, ...] = ()
    items: tuple[Piece, ...] = ()
    gaps: tuple[Piece, ...] = ()
    media: tuple[object, ...] = ()
    criteria: tuple[str, ...] = field(default=())


THREE = (Piece("a", "один"), Piece("b", "два"), Piece("c", "три"))
CLOZE = Question(
    kind="cloze",
    stem_html="<p>Раз [[g1]], два [[g2]], три [[g3]] и [[nothing]].</p>",
    gaps=(
        Piece("g1", kind="short_text"),
        Piece("g2", kind="single_choice", options=THREE),
        Piece("g3", kind="multiple_choice", options=THREE),
    ),
)


def show(call: str, **values: object) -> str:
    source = "{% from 'question.html' import " + call.partition("(")[0] + " %}{{ " + call + " }}"
    return PAGES.environment("ru").from_string(source).render(**values)


def body(q: Question, state: AnswerState | None = None) -> str:
    return show("body(q, state)", q=q, state=state)


def names(html: str) -> list[str]:
    return re.findall(r'<(?:input|select|textarea)[^>]*\bname="([^"]*)"', html)


@pytest.mark.parametrize(
    ("q", "expected"),
    [
        (Question(kind="single_choice", options=THREE), ["answer"] * 3),
        (Question(kind="multiple_choice", options=THREE), ["answer"] * 3),
        (Question(kind="true_false"), ["answer", "answer"]),
        (Question(kind="short_text"), ["answer"]),
        (Question(kind="numeric"), ["answer"]),
        (Question(kind="matching", items=(Piece("1"), Piece("2")), options=THREE), ["answer.1", "answer.2"]),
        (Question(kind="ordering", items=THREE), ["answer"] * 3),
        (CLOZE, ["answer.g1", "answer.g2", "answer.g3", "answer.g3", "answer.g3"]),
        (Question(kind="essay"), ["answer"]),
        (Question(kind="description"), []),
    ],
    ids=lambda value: value.kind if isinstance(value, Question) else "",
)
def test_every_kind_is_answered_by_named_fields_and_locks_without_them(q: Question, expected: list[str]) -> None:
    assert names(body(q)) == expected
    assert names(body(q, AnswerState(verdict="wrong"))) == []


def test_a_locked_choice_tells_the_answer_given_and_the_right_one() -> None:
    q = Question(kind="single_choice", options=THREE)
    html = body(q, AnswerState(response="a", right="b", verdict="wrong"))
    given, right, other = re.findall(r'<label class="opt.*?</label>', html, re.DOTALL)
    assert "is-bad" in given
    assert "Ваш ответ" in given
    assert "is-ok" in right
    assert "Верный ответ" in right
    assert "is-" not in other


def test_a_form_shown_again_keeps_what_was_entered() -> None:
    html = body(Question(kind="numeric"), AnswerState(response="9,8 м", locked=False))
    assert 'value="9,8 м"' in html
    assert "readonly" not in html
    html = body(Question(kind="multiple_choice", options=THREE), AnswerState(response=["c"], locked=False))
    assert re.findall(r'value="(\w)" checked', html) == ["c"]


def test_a_locked_matching_names_the_number_that_was_needed() -> None:
    q = Question(kind="matching", items=(Piece("1", "Сила"), Piece("2", "Масса")), options=THREE)
    html = body(q, AnswerState(response={"1": "a", "2": "a"}, right={"1": "a", "2": "c"}, verdict="partial"))
    assert html.count("match-row is-ok") == 1
    assert html.count("match-row is-bad") == 1
    assert "Нужно 3" in html


def test_a_locked_ordering_names_the_place_that_was_needed() -> None:
    state = AnswerState(response=["b", "a", "c"], right=["a", "b", "c"], verdict="partial")
    html = body(Question(kind="ordering", items=THREE), state)
    assert re.findall(r"Нужно (\d)", html) == ["2", "1"]
    assert html.index("два") < html.index("один")


def test_gaps_stand_inside_the_text_and_a_mark_without_a_gap_stays() -> None:
    html = body(CLOZE)
    assert html.index("Раз") < html.index("answer.g1") < html.index("answer.g2") < html.index("[[nothing]]")


def test_a_wrong_gap_shows_what_belongs_there() -> None:
    state = AnswerState(
        response={"g1": "x", "g2": "a", "g3": ["a"]},
        right={"g1": "слово", "g2": "b", "g3": ["a"]},
        elements={"g1": False, "g2": False, "g3": True},
        verdict="partial",
    )
    html = body(CLOZE, state)
    assert re.findall(r'gap-right ok">([^<]*)<', html) == ["слово", "два"]


def test_a_gap_of_formulas_is_not_a_drop_down_list() -> None:
    rich = (Piece("a", r"\(x^2\)"), Piece("b", "y"))
    q = Question(kind="cloze", stem_html="[[g]]", gaps=(Piece("g", kind="single_choice", options=rich),))
    assert 'type="radio"' in body(q)
    assert "<select" not in body(q)


def test_texts_of_learners_are_escaped() -> None:
    for kind in ("short_text", "numeric", "essay"):
        html = body(Question(kind=kind), AnswerState(response='"><script>', right="<b>", verdict="wrong"))
        assert "<script>" not in html
        assert "<b>&lt;b&gt;" in html or kind == "essay"


@pytest.mark.parametrize(
    ("verdict", "word", "shown"),
    [
        ("correct", "Верно", "2 из 2 баллов"),
        ("partial", "Частично", "1,5 из 2 баллов"),
        ("wrong", "Неверно", ""),
        ("skipped", "Без ответа", ""),
        ("pending", "Ждёт проверки", ""),
        ("late", "Ждёт проверки", ""),
    ],
)
def test_a_verdict_says_its_word_and_the_points(verdict: str, word: str, shown: str) -> None:
    v = SimpleNamespace(
        verdict=verdict, score=1.5 if verdict == "partial" else 2, max_score=2, feedback=("<i>так</i>",)
    )
    html = show("verdict(v, 'В лесу')", v=v)
    assert word in html
    assert shown in html
    assert ("из" in html) == bool(shown)
    assert "&lt;i&gt;так" in html
    assert 'tabindex="-1"' in html


def test_an_explanation_is_open_after_a_mistake_and_folded_after_a_right_answer() -> None:
    wrong = SimpleNamespace(verdict="wrong", explanation_html="<p>Так</p>")
    right = SimpleNamespace(verdict="correct", explanation_html="<p>Так</p>")
    assert "<details" not in show("explain(v)", v=wrong)
    assert "<details" in show("explain(v)", v=right)
    assert show("explain(v)", v=SimpleNamespace(verdict="wrong", explanation_html="")).strip() == ""


def test_points_agree_with_their_number() -> None:
    for most, expected in [(1, "1 балл<"), (2, "до 2 баллов<"), (1.5, "до 1,5 балла<"), (21, "до 21 балла<")]:
        assert expected in show("meta(q)", q=Question(kind="numeric", max_score=most))


def test_media_show_once_by_their_type() -> None:
    def medium(mime: str, role: str, url: str) -> SimpleNamespace:
        return SimpleNamespace(mime=mime, role=role, url=url, alt="Схема", name="x.bin")

    media = (
        medium("image/png", "photo", "/files/1?a=1&b=2"),
        medium("image/png", "photo", "/files/2"),
        medium("audio/mpeg", "sound", "/files/3"),
        medium("application/pdf", "file", "/files/4"),
        medium("video/mp4", "answer_video", "/files/5"),
    )
    html = body(Question(kind="numeric", stem_html='<img src="/files/1?a=1&amp;b=2">', media=media))
    assert html.count("<img") == 2
    assert '<img src="/files/2" alt="Схема"' in html
    assert '<audio controls preload="metadata" src="/files/3"' in html
    assert 'href="/files/4" download' in html
    assert "/files/5" not in html


def test_a_cloze_is_cut_at_its_first_mark_of_each_gap() -> None:
    pieces = list(gaps("a[[1]]b[[1]]c", [Piece("1")]))
    assert [(str(html), gap.id if gap else None) for html, gap in pieces] == [("a", "1"), ("b[[1]]c", None)]


def test_responses_of_any_shape_can_be_shown() -> None:
    assert as_list(None) == []
    assert as_list("a") == ["a"]
    assert as_list(7) == ["7"]
    assert as_answer(9.0) == "9"
    assert as_answer(["a", "b"]) == "a / b"
    assert [piece.id for piece in in_order(THREE, ["c"])] == ["c", "a", "b"]


@pytest.mark.parametrize(
    ("texts", "short"),
    [
        (("36 Дж", "−36 Дж"), True),
        ((r"\(\frac{LI^2}{2}\)", r"\(\sqrt{2}\)"), True),
        (("Тринадцать букв и больше", "нет"), False),
        (('<img src="x">', "нет"), False),
        (("один",), False),
    ],
)
def test_two_columns_are_for_short_choices(texts: tuple[str, ...], *, short: bool) -> None:
    assert are_short([Piece(str(number), text) for number, text in enumerate(texts)]) is short


def test_formulas_and_pictures_are_rich() -> None:
    assert are_rich([Piece("a", r"\(x\)")])
    assert not are_rich([Piece("a", "x & y")])
