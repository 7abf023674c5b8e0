"""Aiken text: a question, lettered options and the letter of the right one."""

import io
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lyceum.bank.adapters.formats import aiken
from lyceum.bank.adapters.formats.detect import Format, Guess, guess
from lyceum.bank.domain.content import Kind, RuleName, ScoreRule
from lyceum.bank.domain.drafts import Draft, Rejected
from tests.bank.formats.reading import codes, draft, drafts, read, rejection

GUESS = Guess(format=Format.AIKEN, encoding="utf-8", note="")
PLAIN = "Столица России?\nA. Казань\nB) Москва\nC. Омск\nANSWER: B\n"


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251", "utf-16"])
def test_a_question_with_options(ends: str, encoding: str) -> None:
    item = draft(PLAIN.replace("\n", ends).encode(encoding), "cities.txt")
    content = item.content
    assert (content.kind, content.stem, item.place) == (Kind.SINGLE_CHOICE, "Столица России?", "line 1")
    assert [option.text for option in content.options] == ["Казань", "Москва", "Омск"]
    assert (content.key, content.rule, item.losses) == (("b",), ScoreRule(), ())


def test_questions_follow_one_another_with_and_without_empty_lines() -> None:
    found = drafts(f"{PLAIN}{PLAIN}\n\n{PLAIN}", "a.txt")
    assert [item.place for item in found] == ["line 1", "line 6", "line 13"]


def test_texts_run_over_several_lines_and_empty_ones_between_do_no_harm() -> None:
    content = draft("One\ntwo\n\nA. first\nline\n\nB. second\n\nANSWER: A\n", "a.txt").content
    assert content.stem == "One\ntwo"
    assert [option.text for option in content.options] == ["first\nline", "second"]


def test_a_letter_out_of_turn_is_text() -> None:
    content = draft("Who said it?\nB. Shaw did\nA. yes\nB. no\nD. Trump\nANSWER: b\n", "a.txt").content
    assert content.stem == "Who said it?\nB. Shaw did"
    assert [option.text for option in content.options] == ["yes", "no\nD. Trump"]


def test_true_and_false_make_a_question_of_that_kind() -> None:
    content = draft("Is it?\nA. True\nB. False\nANSWER: B\n", "x").content
    assert (content.kind, content.key, content.options) == (Kind.TRUE_FALSE, ("false",), ())


def test_several_letters_are_shares_and_named_as_a_loss() -> None:
    item = draft("Even?\nA. 2\nB. 3\nC. 4\nANSWER: A, C\n", "x")
    assert item.content.kind is Kind.MULTIPLE_CHOICE
    assert item.content.rule == ScoreRule(name=RuleName.WEIGHTED_OPTIONS, weights={"a": 0.5, "b": -0.5, "c": 0.5})
    assert codes(item) == {"several_answers"}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Q?\nA. 1\nB. 2\n", "empty_answer"),
        ("Q?\nA. 1\nB. 2\nANSWER:\n", "empty_answer"),
        ("Q?\nA. 1\nB. 2\nANSWER: D\n", "answer_not_found"),
        ("Q?\nA. 1\nB. 2\nANSWER: both\n", "answer_not_found"),
        ("Q?\nA. 1\nANSWER: A\n", "too_few_options"),
        ("Q?\nANSWER: A\n", "too_few_options"),
        ("Q?\nA. 1\nB. 1\nANSWER: A\n", "too_few_options"),
        ("A. 1\nB. 2\nANSWER: A\n", "empty_stem"),
        ("Q?\nA.\nB. 2\nANSWER: A\n", "empty_option"),
        ("Q?\n" + "x" * (2 << 20) + "\nA. 1\nB. 2\nANSWER: A\n", "text_too_long"),
    ],
)
def test_what_cannot_be_asked_is_rejected_with_a_reason(text: str, code: str) -> None:
    found = list(aiken.read(io.BytesIO(text.encode()), GUESS))
    assert [item.code for item in found if isinstance(item, Rejected)] == [code]


def test_a_question_without_its_answer_does_not_swallow_the_next_one() -> None:
    first, second = read(f"Q?\nA. 1\nB. 2\n\n{PLAIN}", "a.txt")
    assert isinstance(first, Rejected)
    assert (first.code, first.place) == ("empty_answer", "line 1")
    assert isinstance(second, Draft)
    assert second.place == "line 5"


def test_an_unfinished_file_rejects_its_last_question() -> None:
    assert rejection("Q?\nA. 1\nB. 2\nC. 3\nANSWER: \n", "a.txt").code == "empty_answer"


def test_it_is_told_apart_from_other_texts() -> None:
    assert guess(PLAIN.encode(), "a.gift").format is Format.AIKEN
    assert "though it is named .gift" in guess(PLAIN.encode(), "a.gift").note
    assert guess(b"A. B. Shaw: {=yes ~no}\n", "a.txt").format is Format.GIFT


lines = st.text("ABC.) \tяANSWER:1\n", max_size=12)


@given(st.lists(lines, max_size=30))
@settings(max_examples=150, deadline=None)
def test_any_text_gives_questions_or_rejections(parts: list[str]) -> None:
    found = list(aiken.read(io.BytesIO("\n".join(parts).encode()), GUESS))
    answers = sum(part.strip().upper().startswith("ANSWER:") for part in "\n".join(parts).splitlines())
    assert len(found) >= answers


def test_memory_does_not_grow_with_the_file() -> None:
    def peak(count: int) -> int:
        file = io.BytesIO(PLAIN.encode() * count)
        tracemalloc.start()
        assert sum(1 for _ in aiken.read(file, GUESS)) == count
        size = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return size

    small = peak(500)
    assert peak(20_000) < small + (1 << 20)
