"""What a file is and how it is encoded, by its content before its name."""

import io
import random
import struct
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lyceum.bank.adapters.formats.decoding import Lines
from lyceum.bank.adapters.formats.detect import Format, guess
from lyceum.bank.adapters.formats.formats import open_reader
from lyceum.bank.adapters.formats.reasons import UnknownFormat
from lyceum.bank.adapters.formats.templates import template_csv, template_xlsx
from tests.bank.formats.reading import drafts, question, quiz

GIFT = "::Столица:: Столица России? {=Москва ~Казань}\n"
TRIVIA = "#Q What?\n^ Yes\nA No\nB Yes\n"
XML = quiz(question("essay", ""))


@pytest.mark.parametrize(
    ("data", "format"),
    [
        (GIFT.encode(), Format.GIFT),
        (b"2 + 2 = {#4}", Format.GIFT),
        (b"// [tag:x]\n[plain]Text", Format.GIFT),
        (XML.encode(), Format.MOODLE_XML),
        (b"<!-- made by hand --><quiz></quiz>", Format.MOODLE_XML),
        (template_csv(), Format.CSV),
        (template_csv("ru"), Format.CSV),
        ("Вопрос,Ответ,Вариант А,Вариант Б\nx,a,1,2\n".encode("cp1251"), Format.CSV),
        (template_xlsx(), Format.XLSX),
        (TRIVIA.encode(), Format.OPENTRIVIAQA),
        (b'[{"content": {}}]', Format.JSON),
        (b'{"questions": []}', Format.JSON),
        (b"[]", Format.JSON),
    ],
)
@pytest.mark.parametrize("name", ["file", "file.gift", "file.csv", "file.xml", "file.docx"])
def test_the_format_is_told_by_the_content_whatever_the_name(data: bytes, format: Format, name: str) -> None:
    assert guess(data, name).format is format


def test_a_wrong_name_is_noted() -> None:
    assert "though it is named .csv" in guess(GIFT.encode(), "questions.csv").note
    assert "named" not in guess(GIFT.encode(), "questions.gift").note


def test_prose_is_gift_only_by_its_name() -> None:
    assert guess("Прочитайте текст.".encode(), "a.gift").format is Format.GIFT
    with pytest.raises(UnknownFormat):
        guess("Прочитайте текст.".encode(), "a.txt")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b" \n\r\n",
        b"\x89PNG\r\n\x1a\n" + bytes(100),
        b"\xff\xd8\xff\xe0" + bytes(100),
        b"MZ\x90\x00\x03" + bytes(200),
        b"\x7fELF\x02\x01\x01" + bytes(200),
        b"%PDF-1.7\n1 0 obj",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500),
        b"{\\rtf1 {=x}}",
        b"SQLite format 3\x00" + bytes(100),
        random.Random(5).randbytes(5000),
        struct.pack("<1000d", *range(1000)),
        b"<!DOCTYPE html><html><body>{=x}</body></html>",
        b'<?xml version="1.0"?><questestinterop></questestinterop>',
    ],
)
@pytest.mark.parametrize("name", ["questions.gift", "questions.xml", "questions.csv", "questions.xlsx"])
def test_what_is_no_question_file_is_refused_whatever_its_name(data: bytes, name: str) -> None:
    with pytest.raises(UnknownFormat) as refusal:
        guess(data, name)
    assert refusal.value.code == "bank.unknown_format"


def test_an_archive_that_is_no_workbook_is_refused() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("word/document.xml", "<w/>")
        archive.writestr("[Content_Types].xml", "<t/>")
    with pytest.raises(UnknownFormat):
        guess(packed.getvalue(), "a.xlsx")


def test_text_is_refused_as_a_workbook() -> None:
    with pytest.raises(UnknownFormat):
        open_reader(io.BytesIO(GIFT.encode()), "a.xlsx", "xlsx")


def test_an_unheard_of_format_is_refused() -> None:
    with pytest.raises(UnknownFormat):
        open_reader(io.BytesIO(GIFT.encode()), "a.gift", "word")


def test_a_named_format_is_taken_at_its_word() -> None:
    found, items = open_reader(io.BytesIO("Просто текст".encode()), "a.txt", "gift")
    assert found.format is Format.GIFT
    assert len(list(items)) == 1


@pytest.mark.parametrize(
    ("encoding", "mark", "guessed"),
    [
        ("utf-8", b"", "utf-8"),
        ("utf-8", b"\xef\xbb\xbf", "utf-8"),
        ("utf-16-le", b"\xff\xfe", "utf-16-le"),
        ("utf-16-be", b"\xfe\xff", "utf-16-be"),
        ("utf-16-le", b"", "utf-16-le"),
        ("utf-16-be", b"", "utf-16-be"),
        ("cp1251", b"", "cp1251"),
    ],
)
@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_russian_text_is_read_in_every_encoding(encoding: str, mark: bytes, guessed: str, ends: str) -> None:
    text = "::Ёж:: Сколько ног у ежа?\n{\n=четыре\n~две\n}\n\nВторой вопрос: да? {T}\n"
    data = mark + text.replace("\n", ends).encode(encoding)
    assert guess(data, "a.gift").encoding == guessed
    first, second = drafts(data, "a.gift")
    assert (first.title, first.content.stem) == ("Ёж", "Сколько ног у ежа?")
    assert [option.text for option in first.content.options] == ["четыре", "две"]
    assert second.content.stem == "Второй вопрос: да?"


def test_french_text_in_cp1252_is_read() -> None:
    data = "Où est l’hôtel à Besançon, près du café? {=là ~été}".encode("cp1252")
    found = guess(data, "a.gift")
    assert found.encoding == "cp1252"
    assert drafts(data, "a.gift")[0].content.stem == "Où est l’hôtel à Besançon, près du café?"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"Caf\xe9 and \xe2\x80\x9cquotes\xe2\x80\x9d", "Café and “quotes”"),
        (b"\xe2\x80\x9cBadger State\xe2\x80?, was", "“Badger State”, was"),
        (b"the \x93Treble\x94 in 1999?", "the “Treble” in 1999?"),
        ("Привет, мир".encode("cp1251"), "Привет, мир"),
        (b"\xcf\x86\xcf?\xcf\x83", "φ�σ"),
    ],
)
def test_a_line_with_stray_bytes_is_read_by_plausibility(line: bytes, expected: str) -> None:
    lines = Lines(io.BytesIO("Строка в UTF-8\n".encode() + line + b"\nlast"), "utf-8")
    assert list(lines) == ["Строка в UTF-8", expected, "last"]
    assert lines.repaired == [2]


@given(st.lists(st.binary(max_size=30).filter(lambda line: b"\n" not in line and b"\r" not in line), max_size=20))
@settings(max_examples=100, deadline=None)
def test_lines_are_counted_and_kept_whatever_their_bytes(lines: list[bytes]) -> None:
    found = list(Lines(io.BytesIO(b"\n".join([*lines, b"end"])), "utf-8"))
    assert len(found) == len(lines) + 1
    for line, text in zip(lines[1:], found[1:], strict=False):
        if line.isascii() and text.isprintable() and line.decode().isprintable():
            assert text == line.decode()


def test_control_characters_are_left_out_and_their_line_is_known() -> None:
    lines = Lines(io.BytesIO(b"one\ntw\x0bo\x00\nthree\x1a"), "utf-8")
    assert list(lines) == ["one", "two", "three"]
    assert lines.repaired == [2, 3]


class Trickle(io.RawIOBase):
    """A file that gives one byte at a time, as a slow pipe may."""

    def __init__(self, data: bytes) -> None:
        self._data = io.BytesIO(data)

    def read(self, size: int = -1, /) -> bytes:
        return self._data.read(1)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "cp1251"])
def test_chunk_borders_cut_neither_characters_nor_line_ends(encoding: str) -> None:
    text = "раз\r\nдва\rтри\n\r\nчетыре"
    found = list(Lines(Trickle(text.encode(encoding)), encoding))  # type: ignore[arg-type]
    assert found == ["раз", "два", "три", "", "четыре"]
