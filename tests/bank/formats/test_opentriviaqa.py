"""OpenTriviaQA text: each #Q line comes out as a question or as a rejection."""

import io
import re
import time
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lyceum.bank.adapters.formats import opentriviaqa
from lyceum.bank.adapters.formats.detect import Format, Guess
from lyceum.bank.adapters.formats.formats import open_reader
from lyceum.bank.adapters.formats.reasons import FileMalformed
from lyceum.bank.domain.content import Kind, TextFormat
from lyceum.bank.domain.drafts import Draft, Rejected
from tests.bank.formats.reading import codes, draft, read

GUESS = Guess(format=Format.OPENTRIVIAQA, encoding="utf-8", note="")
PLAIN = "#Q Which one?\n^ Cat\nA Dog\nB Cat\nC Cow\n"


def test_a_question_with_options() -> None:
    item = draft(f"\n{PLAIN}\n", "animals")
    content = item.content
    assert (content.kind, content.stem, content.stem_format, content.language) == (
        Kind.SINGLE_CHOICE,
        "Which one?",
        TextFormat.PLAIN,
        "en",
    )
    assert ([option.text for option in content.options], content.key) == (["Dog", "Cat", "Cow"], ("b",))
    assert (item.topics, item.place, item.losses) == (("animals",), "line 2", ())


def test_true_and_false_make_a_question_of_that_kind() -> None:
    content = draft("#Q Is it?\n^ False\nA True\nB False\n", "x").content
    assert (content.kind, content.key, content.options) == (Kind.TRUE_FALSE, ("false",), ())


def test_questions_run_over_several_lines_with_any_line_ends() -> None:
    text = "#Q Finish this:\r\n\r\nA line of verse\r\nB that goes on\r\n^ right\r\nA right\r\nB wrong\r\n"
    assert draft(text, "x").content.stem == "Finish this:\n\nA line of verse\nB that goes on"


def test_options_run_over_several_lines_and_may_begin_with_letters() -> None:
    content = draft("#Q q?\n^ A cat\nA A cat\nB B plan\nand more\nC D\n", "x").content
    assert [option.text for option in content.options] == ["A cat", "B plan\nand more", "D"]


def test_repeated_options_are_kept_once() -> None:
    item = draft("#Q q?\n^ x\nA x\nB y\nC x\n", "x")
    assert ([option.text for option in item.content.options], item.content.key) == (["x", "y"], ("a",))
    assert codes(item) == {"duplicate_option"}


def test_a_right_answer_in_other_case_is_found_and_noted() -> None:
    item = draft("#Q q?\n^ the  Cat\nA The cat\nB y\n", "x")
    assert item.content.key == ("a",)
    assert codes(item) == {"answer_spelling"}


def test_stray_bytes_are_noted_where_they_stand() -> None:
    data = PLAIN.encode() + b"#Q Caf\xe9?\n^ x\nA x\nB y\n" + PLAIN.encode() + "#Q “q”?\n^ x\nA x\nB y\n".encode()
    items = [item for item in read(data, "x") if isinstance(item, Draft)]
    assert [codes(item) for item in items] == [set(), {"bytes_repaired"}, set(), set()]
    assert items[1].content.stem == "Café?"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("#Q q?\n^ z\nA x\nB y\n", "answer_not_found"),
        ("#Q q?\n^\nA x\nB y\n", "answer_not_found"),
        ("#Q q?\nA x\nB y\n", "empty_answer"),
        ("#Q q?\n^ x\nA x\n", "too_few_options"),
        ("#Q q?\n^ x\nA x\nB\n", "too_few_options"),
        ("#Q q?\n^ x\nA x\nB x\n", "too_few_options"),
        ("#Q\n^ x\nA x\nB y\n", "empty_stem"),
    ],
)
def test_what_cannot_be_asked_is_rejected(text: str, code: str) -> None:
    item = next(iter(opentriviaqa.read(io.BytesIO(text.encode()), GUESS)))
    assert isinstance(item, Rejected)
    assert (item.code, item.place) == (code, "line 1")
    assert item.fix


def test_text_before_the_first_question_is_rejected_not_lost() -> None:
    first, second = read("A heading\n" + PLAIN, "x")
    assert isinstance(first, Rejected)
    assert first.code == "stray_text"
    assert isinstance(second, Draft)
    assert second.place == "line 2"


LINES = st.sampled_from(["#Q q", "#Q", "#Quite", "^ x", "^", "A x", "B y", "C", "", "x", "#", "\r", "é"])


@given(lines=st.lists(LINES, max_size=40), ends=st.sampled_from(["\n", "\r\n"]), size=st.integers(1, 50))
@settings(max_examples=200, deadline=None)
def test_as_many_come_out_as_lines_begin_with_a_question(lines: list[str], ends: str, size: int) -> None:
    data = ends.join(lines).encode("cp1252")
    items = list(opentriviaqa.read(io.BytesIO(data), GUESS))
    found = [item for item in items if not (isinstance(item, Rejected) and item.code == "stray_text")]
    assert len(found) == len(re.findall(rb"(?:^|[\n\r])#Q", data))


def test_ten_thousand_questions_take_no_time_and_keep_their_places() -> None:
    data = (PLAIN * 10_000).encode()
    begin = time.perf_counter()
    count = 0
    for item in open_reader(io.BytesIO(data), "x")[1]:
        assert item.place == f"line {count * 5 + 1}"
        count += 1
    assert count == 10_000
    assert time.perf_counter() - begin < 10, "25,000 a second is the aim; this is a lot less"


def test_a_question_without_an_end_stops_the_reading() -> None:
    with pytest.raises(FileMalformed, match="line 6"):
        list(open_reader(io.BytesIO(PLAIN.encode() + b"#Q" + b"x\n" * (5 << 20)), "x", "opentriviaqa")[1])


def test_memory_does_not_grow_with_the_file() -> None:
    class Endless(io.RawIOBase):
        left = 40

        def read(self, size: int = -1, /) -> bytes:
            self.left -= 1
            return (PLAIN * 1000).encode() if self.left > 0 else b""

    tracemalloc.start()
    try:
        found = sum(1 for _ in opentriviaqa.read(Endless(), GUESS))  # type: ignore[arg-type]
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert found == 39_000
    assert peak < 4 << 20
