"""CSV and XLSX: headers in two languages, every kind, spreadsheets' own habits, and cells that mean harm."""

import csv
import io
import zipfile

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lyceum.bank.adapters.formats.cells import join_list, split_list, unguard
from lyceum.bank.adapters.formats.formats import WRITERS, open_reader
from lyceum.bank.adapters.formats.reasons import FileMalformed, FileRefused, FileTruncated, HeaderMissing
from lyceum.bank.adapters.formats.templates import TEMPLATES, template_csv, template_xlsx
from lyceum.bank.domain.content import Content, Kind, Option, RuleName, TextFormat
from lyceum.bank.domain.drafts import Difficulty, Draft, Rejected
from lyceum.platform.spreadsheets import guard
from tests.bank.formats.reading import codes, draft, drafts, read, rejection
from tests.bank.formats.strategies import ALPHABET


def row(**cells: str) -> Draft | Rejected:
    (item,) = read(table(cells), "a.csv")
    return item


def good(**cells: str) -> Draft:
    item = row(**cells)
    assert isinstance(item, Draft), item
    return item


def table(*rows: dict[str, str]) -> bytes:
    buffer = io.StringIO()
    names = list(dict.fromkeys(name for cells in rows for name in cells))
    writer = csv.DictWriter(buffer, names, delimiter=";")
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue().encode()


def workbook(*sheets: list[list[object]]) -> bytes:
    book = openpyxl.Workbook()
    for number, rows in enumerate(sheets):
        sheet = book.active if number == 0 else book.create_sheet()
        assert sheet is not None
        for cells in rows:
            sheet.append(cells)
    packed = io.BytesIO()
    book.save(packed)
    return packed.getvalue()


@pytest.mark.parametrize("data", [template_csv(), template_csv("ru"), template_xlsx(), template_xlsx("ru")])
def test_the_template_has_an_example_of_every_kind_and_is_read_without_a_loss(data: bytes) -> None:
    items = drafts(data, "template")
    assert {item.content.kind for item in items} == set(Kind)
    assert not [loss for item in items for loss in item.losses]


def test_templates_are_listed_by_format() -> None:
    assert {name: make()[:2] for name, (make, _) in TEMPLATES.items()} == {"csv": b"\xef\xbb", "xlsx": b"PK"}


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251", "utf-16"])
def test_delimiters_and_encodings_are_found(delimiter: str, encoding: str) -> None:
    lines = ["Тип,Текст вопроса,Вариант А,Вариант Б,Ответ", "один ответ,Какой город столица?,Омск,Москва,Б"]
    data = "\r\n".join(lines).replace(",", delimiter).encode(encoding)
    content = draft(data, "a.csv").content
    assert [option.text for option in content.options] == ["Омск", "Москва"]
    assert content.key == ("b",)


def test_the_line_sep_of_spreadsheets_is_understood() -> None:
    item = draft("sep=,\nkind,stem,answer\nnumeric,2+2?,4\n", "a.csv")
    assert (item.place, item.content.accepted[0].text) == ("row 3", "4")


def test_cells_with_line_feeds_and_quotation_marks() -> None:
    item = draft('kind;stem\nessay;"Раз\n""два"""\n;\n', "a.csv")
    assert item.content.stem == 'Раз\n"два"'


def test_unknown_columns_are_named_once() -> None:
    first, second = drafts(table({"stem": "a", "kind": "essay", "цвет": "x"}, {"stem": "b", "kind": "essay"}), "a.csv")
    assert codes(first) == {"columns_ignored"}
    assert not second.losses


def test_a_table_without_a_column_for_the_question_is_refused() -> None:
    with pytest.raises(HeaderMissing):
        list(open_reader(io.BytesIO(b"a;b\n1;2\n"), "a.csv", "csv")[1])
    with pytest.raises(HeaderMissing):
        read(workbook([["a", "b"], ["1", "2"]]), "a.xlsx")


def test_all_that_stands_around_a_question() -> None:
    item = good(
        kind="essay",
        stem="q",
        title="Имя",
        subject="math",
        exam="ege",
        task_number="13",
        topics="a | b||c",
        difficulty="сложная",
        score="3,5",
        language="en",
        source="книга",
        licence="CC0",
        external_id="x1",
        hint="h",
        explanation="e",
    )
    assert (item.title, item.subject, item.exam, item.exam_task_number) == ("Имя", "math", "ege", 13)
    assert (item.topics, item.difficulty, item.source, item.licence) == (("a", "b|c"), Difficulty.HARD, "книга", "CC0")
    assert (item.external_id, item.content.hint, item.content.explanation) == ("x1", "h", "e")
    assert (item.content.max_score, item.content.language) == (3.5, "en")


@pytest.mark.parametrize("answer", ["b", "B", "Б", "b)", "Омск", "2"])
def test_the_right_option_by_letter_text_or_number(answer: str) -> None:
    assert good(kind="single_choice", stem="q", options="Тверь | Омск", answer=answer).content.key == ("b",)


@pytest.mark.parametrize("answer", ["a | c", "a,c", "a;c", "a c", "ac", "а, в", "1 | 3", "x | z"])
def test_several_right_options(answer: str) -> None:
    content = good(kind="multiple_choice", stem="q", options="x | y | z", answer=answer).content
    assert (content.key, content.rule.name) == (("a", "c"), RuleName.SET)


def test_a_letter_that_is_also_a_text_is_noted() -> None:
    item = good(kind="single_choice", stem="q", options="b | a", answer="a")
    assert item.content.key == ("a",)
    assert codes(item) == {"answer_ambiguous"}


def test_numbers_as_options_are_taken_by_their_text() -> None:
    assert good(kind="single_choice", stem="q", options="3 | 1 | 2", answer="1").content.key == ("b",)


def test_options_may_stand_on_lines_of_one_cell() -> None:
    assert len(good(kind="single_choice", stem="q", options="x\ny\nz", answer="a").content.options) == 3


def test_shares_and_feedback() -> None:
    item = good(
        kind="multiple_choice", stem="q", options="x | y | z", answer="a=50% | b=50% | c=-100%", feedback="да |  | нет"
    )
    assert item.content.rule.weights == {"a": 0.5, "b": 0.5, "c": -1.0}
    assert [option.feedback for option in item.content.options] == ["да", "", "нет"]


@pytest.mark.parametrize(
    ("answer", "key"), [("верно", "true"), ("Да", "true"), ("1", "true"), ("ложь", "false"), ("FALSE", "false")]
)
def test_true_or_false_in_both_languages(answer: str, key: str) -> None:
    assert good(kind="true_false", stem="q", answer=answer).content.key == (key,)


@pytest.mark.parametrize(
    ("answer", "expected", "relative"),
    [
        ("9,81 ± 0,01", ("9.81", "0.01"), False),
        ("9.81:0.01", ("9.81", "0.01"), False),
        ("100 ± 5%", ("100", "0.05"), True),
        ("1..3", ("2", "1"), False),
        ("-7", ("-7", "0"), False),
    ],
)
def test_numbers(answer: str, expected: tuple[str, str], relative: bool) -> None:
    content = good(kind="numeric", stem="q", answer=answer).content
    assert (content.accepted[0].text, content.accepted[0].tolerance) == expected
    assert content.rule.relative is relative


def test_pairs_stand_in_order_when_no_answer_says_otherwise() -> None:
    assert good(kind="matching", stem="q", items="a | b", options="x | y | z").content.pairs == {"1": "a", "2": "b"}
    assert good(kind="соответствие", stem="q", items="a | b", options="x | y", answer="1-б | 2-а").content.pairs == {
        "1": "b",
        "2": "a",
    }


@pytest.mark.parametrize("answer", ["3 | 1 | 2", "3,1,2", "3 1 2"])
def test_ordering_by_numbers(answer: str) -> None:
    assert good(kind="ordering", stem="q", items="x | y | z", answer=answer).content.key == ("3", "1", "2")


def test_a_rule_by_name_or_with_its_details() -> None:
    cells = {"kind": "short_text", "stem": "q", "answer": "124"}
    assert good(**cells, rule="exact").content.rule.name is RuleName.EXACT
    rule = good(**cells, rule='{"name": "positions", "points": [2, 1]}').content.rule
    assert (rule.name, rule.points) == (RuleName.POSITIONS, (2.0, 1.0))


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        ({"options": "a | b", "answer": "a"}, Kind.SINGLE_CHOICE),
        ({"options": "a | b", "answer": "a | b"}, Kind.MULTIPLE_CHOICE),
        ({"items": "a | b", "options": "x | y"}, Kind.MATCHING),
        ({"items": "a | b"}, Kind.ORDERING),
        ({"answer": "5,5"}, Kind.NUMERIC),
        ({"answer": "Пушкин"}, Kind.SHORT_TEXT),
        ({"hint": "-"}, Kind.ESSAY),
    ],
)
def test_a_missing_kind_is_guessed_and_noted(cells: dict[str, str], kind: Kind) -> None:
    item = good(stem="q", **cells)
    assert item.content.kind is kind
    assert "kind_guessed" in codes(item)


def test_markup_in_any_cell_makes_the_row_html() -> None:
    content = good(kind="single_choice", stem="a\nb", options="H<sub>2</sub>O | x", answer="a").content
    assert (content.stem_format, content.stem) == (TextFormat.HTML, "a<br>\nb")
    assert good(kind="essay", stem="1 < 2 & 3").content.stem_format is TextFormat.PLAIN


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ({"kind": "quiz"}, "bad_value"),
        ({"kind": "essay", "format": "rtf"}, "bad_value"),
        ({"kind": "essay", "task_number": "41"}, "bad_value"),
        ({"kind": "essay", "score": "много"}, "bad_value"),
        ({"kind": "essay", "shuffle": "maybe"}, "bad_value"),
        ({"kind": "essay", "rule": "magic"}, "bad_value"),
        ({"kind": "essay", "rule": '{"name": 5}'}, "bad_value"),
        ({"kind": "true_false", "answer": "может быть"}, "bad_value"),
        ({"kind": "single_choice", "options": "x | y", "answer": "q"}, "answer_not_found"),
        ({"kind": "single_choice", "options": "x | y", "answer": "a | b"}, "answer_not_found"),
        ({"kind": "single_choice", "options": "x | y", "answer": ""}, "empty_answer"),
        ({"kind": "single_choice", "options": "x", "answer": "a"}, "too_few_options"),
        ({"kind": "numeric", "answer": "abc"}, "bad_number"),
        ({"kind": "matching", "items": "x | y", "options": "1 | 2", "answer": "3-a"}, "answer_not_found"),
        ({"kind": "matching", "items": "x", "options": "1 | 2"}, "too_few_pairs"),
        ({"kind": "ordering", "items": "x | y", "answer": "1 | 1"}, "answer_not_found"),
        ({"kind": "cloze"}, "gap_broken"),
        ({"kind": "short_text"}, "empty_answer"),
        ({"kind": "essay", "stem": ""}, "empty_stem"),
    ],
)
def test_a_bad_row_is_rejected_with_its_number_and_the_next_read(cells: dict[str, str], code: str) -> None:
    bad = {"stem": "q", "title": "Имя", **cells}
    first, second = read(table(bad, {"kind": "essay", "stem": "q"}), "a.csv")
    assert isinstance(first, Rejected)
    assert (first.code, first.place, first.title) == (code, "row 2", "Имя")
    assert first.fix
    assert isinstance(second, Draft)


def test_a_quotation_mark_that_never_closes_costs_one_row_and_no_memory() -> None:
    items = read(b'kind;stem;x\nessay;"open\n' + b"essay;q;\n" * 30_000, "a.csv")
    assert isinstance(items[0], Rejected)
    assert items[0].code == "field_too_large"
    assert isinstance(items[-1], Draft)


@pytest.mark.parametrize("text", ["=1+1", "+7", "-9.81", "@x", "\tx", "'=quoted", "''+x", "=cmd|'/C calc'!A0"])
def test_no_written_cell_is_a_formula_and_every_text_comes_back(text: str) -> None:
    content = Content(
        kind=Kind.SINGLE_CHOICE,
        stem=text.strip(),
        stem_format=TextFormat.PLAIN,
        options=(Option(id="a", text=text.strip()), Option(id="b", text="-2")),
        key=("a",),
    )
    for format in ("csv", "xlsx"):
        data = b"".join(WRITERS[format]([Draft(content=content, title="=t")], lambda draft, loss: None))
        cells = (
            next(csv.reader(io.StringIO(data.decode("utf-8-sig").partition("\r\n")[2]), delimiter=";"))
            if format == "csv"
            else cells_of(data)
        )
        assert not [cell for cell in cells if cell[:1] in {"=", "+", "-", "@", "\t", "\r"}]
        back = draft(data, "a." + format)
        assert (back.content, back.title) == (content, "=t")


def cells_of(data: bytes) -> list[str]:
    sheet = openpyxl.load_workbook(io.BytesIO(data)).active
    assert sheet is not None
    assert all(cell.data_type != "f" for cells in sheet.iter_rows() for cell in cells)
    return [str(cell.value or "") for cell in list(sheet.iter_rows())[1]]


@given(st.text(ALPHABET))
def test_guarding_is_undone(text: str) -> None:
    assert unguard(guard(text)) == text
    assert guard(text)[:1] not in {"=", "+", "-", "@", "\t", "\r"}


@given(st.lists(st.text("a| ").map(str.strip).filter(bool)))
def test_lists_are_split_as_they_were_joined(elements: list[str]) -> None:
    assert split_list(join_list(elements)) == elements


def test_workbooks_of_people_are_read() -> None:
    data = workbook(
        [["Справка"], ["не вопросы"]],
        [
            [None, None],
            ["Тип", "Вопрос", "А", "Б", "Ответ", "Баллы", "Номер задания"],
            ["один ответ", "Сколько?", 4, 5.5, "б", 2.0, 7],
            [None] * 7,
            ["верно/неверно", "Верно?", None, None, True, 1, None],
        ],
    )
    first, second = drafts(data, "a.xlsx")
    assert [option.text for option in first.content.options] == ["4", "5.5"]
    assert (first.content.key, first.content.max_score, first.exam_task_number) == (("b",), 2, 7)
    assert (first.place, second.place) == ("row 3", "row 5")
    assert second.content.key == ("true",)


def test_a_cell_longer_than_a_workbook_holds_is_named() -> None:
    losses: list[str] = []
    content = Content(kind=Kind.ESSAY, stem="x" * 40_000, stem_format=TextFormat.PLAIN)
    data = b"".join(WRITERS["xlsx"]([Draft(content=content)], lambda draft, loss: losses.append(loss.code)))
    assert losses == ["not_exported"]
    assert read(data, "a.xlsx") == []


def packed(parts: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "parts",
    [
        {"xl/sharedStrings.xml": b"<sst/>" + bytes(70 << 20)},
        {"xl/worksheets/sheet1.xml": b"<s>" + b"a" * (20 << 20)},
        {"xl/workbook.xml": b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>'},
        {"xl/workbook.xml": b"<!-- <a> --><!DOCTYPE a><a/>"},
        {f"xl/{number}.xml": b"<a/>" for number in range(2001)},
    ],
    ids=["strings", "bomb", "entities", "doctype", "parts"],
)
def test_a_dangerous_workbook_is_refused_before_it_is_unpacked(parts: dict[str, bytes]) -> None:
    with pytest.raises(FileRefused):
        read(packed({"[Content_Types].xml": b"<a/>", **parts}), "a.xlsx")


def test_a_broken_workbook_is_refused() -> None:
    with pytest.raises(FileTruncated):
        read(template_xlsx()[:3000], "a.xlsx")
    with pytest.raises(FileMalformed):
        read(packed({"[Content_Types].xml": b"<a/>", "xl/workbook.xml": b"<a>"}), "a.xlsx")


def test_rejections_have_titles() -> None:
    assert rejection("kind;stem\nnonsense;Вопрос", "a.csv").title == "Вопрос"
