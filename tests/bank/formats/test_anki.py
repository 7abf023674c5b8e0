"""Anki packages: notes become questions, whichever schema holds them, and a hostile database runs nothing."""

import io
import tracemalloc
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lyceum.bank.adapters.formats import anki
from lyceum.bank.adapters.formats.detect import Format, Guess
from lyceum.bank.adapters.formats.formats import open_reader
from lyceum.bank.adapters.formats.sanitize import clean
from lyceum.bank.domain.content import Accepted, Kind, RuleName, ScoreRule, TextFormat
from lyceum.bank.domain.drafts import Draft, MediaRole, Rejected
from lyceum.kernel.errors import Invalid
from tests.bank.formats.anki_packages import BASIC, CLOZE, TYPED, Package, Row, Type, packed
from tests.bank.formats.reading import codes, read

GUESS = Guess(format=Format.ANKI, encoding="utf-8", note="")
PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)
CHOICE = Type(
    name="AllInOne (kprim, mc, sc)",
    fields=("Question", "Title", "QType (0=kprim,1=mc,2=sc)", "Q_1", "Q_2", "Q_3", "Answers", "Sources", "Extra 1"),
)


def one(row: Row, **media: bytes) -> Draft:
    found = rows([row], media)
    assert len(found) == 1
    assert isinstance(found[0], Draft), found[0]
    return found[0]


def rows(lot: list[Row], media: dict[str, bytes] | None = None) -> list[Draft | Rejected]:
    """Read from both schemas, which must say the same."""
    package = Package(lot, media or {})
    older, newer = (read(data, "deck.apkg") for data in (package.legacy(), package.newer()))
    assert older == newer
    return older


def test_a_short_answer_is_typed_and_that_is_named() -> None:
    item = one(Row(("Capital of France?", "Paris"), tags=" cities geo::europe marked ", deck="World::Europe"))
    content = item.content
    assert (content.kind, content.stem, content.stem_format) == (
        Kind.SHORT_TEXT,
        "Capital of France?",
        TextFormat.PLAIN,
    )
    assert content.accepted == (Accepted(text="Paris"),)
    assert (item.topics, item.external_id) == (("World", "Europe", "cities", "geo::europe"), "guid1")
    assert (codes(item), item.place) == ({"card_is_typed"}, "note 1")


def test_a_long_answer_is_graded_by_people() -> None:
    answer = "Because the light of the sun is scattered by the air, the blue more than the red."
    content = (item := one(Row(("Why is the sky blue?", answer)))).content
    assert (content.kind, content.explanation) == (Kind.ESSAY, answer)
    assert content.rule.criteria[0].description == answer
    assert codes(item) == {"card_is_essay"}


def test_the_templates_say_what_is_asked() -> None:
    turned = Type(fields=("Word", "Meaning", "Note"), sides=(("{{hint:Meaning}}", "{{FrontSide}}{{Word}}{{Note}}"),))
    content = one(Row(("cat", "a small beast", "from Latin"), type=turned)).content
    assert (content.stem, content.accepted[0].text, content.explanation) == ("a small beast", "cat", "from Latin")


def test_a_field_that_is_typed_on_the_front_is_the_answer() -> None:
    content = one(Row(("2 * 3 in the air", "2 * 3"), type=TYPED)).content
    assert (content.stem, content.accepted[0].text) == ("2 * 3 in the air", r"2 \* 3")


def test_only_the_first_card_of_a_note_is_asked() -> None:
    both = Type(sides=(("{{Front}}", "{{Back}}"), ("{{Back}}", "{{Front}}")))
    assert "cards_merged" in codes(one(Row(("a", "b"), type=both)))


def test_cloze_notes_become_gaps() -> None:
    text = "{{c1::Pushkin::poet}} wrote <i>Onegin</i> in {{c2::Russia}} [[1]]."
    item = one(Row((text, "A novel"), type=CLOZE))
    content = item.content
    assert content.kind is Kind.CLOZE
    assert content.stem == "[[1]] wrote <i>Onegin</i> in [[2]] [ [1]]."
    assert [gap.accepted[0].text for gap in content.gaps] == ["Pushkin", "Russia"]
    assert (content.hint, content.explanation, content.max_score) == ("poet", "A novel", 2.0)
    assert codes(item) == {"cards_merged", "card_is_typed", "brackets_spaced"}


def test_nested_cloze_is_hidden_as_a_whole() -> None:
    content = one(Row(("{{c1::New {{c2::York}}}} is big", ""), type=CLOZE)).content
    assert (content.stem, content.gaps[0].accepted[0].text) == ("[[1]] is big", "New York")


def test_what_nobody_can_type_is_graded_by_people() -> None:
    content = one(Row((r"E = {{c1::\(mc^2\)}}", ""), type=CLOZE)).content
    assert (content.kind, content.stem) == (Kind.ESSAY, "E = […]")
    assert content.rule.criteria[0].description == r"E = \(mc^2\)"


@pytest.mark.parametrize(
    ("answers", "key", "kind"),
    [("0 1 0", ("b",), Kind.SINGLE_CHOICE), ("1 0 1", ("a", "c"), Kind.MULTIPLE_CHOICE)],
)
def test_choices_told_by_bits(answers: str, key: tuple[str, ...], kind: Kind) -> None:
    row = Row(("Even?", "", "1", "2", "3", "4", answers, "Book", "because"), type=CHOICE)
    content = one(row).content
    assert (content.kind, content.key, content.explanation) == (kind, key, "Book")
    assert [option.text for option in content.options] == ["2", "3", "4"]


def test_choices_told_by_letters_and_texts() -> None:
    letters = Type(name="MCQ", fields=("question", "a", "b", "c", "answers", "explanation"))
    assert one(Row(("?", "x", "y", "z", "B", "so"), type=letters)).content.key == ("b",)
    assert one(Row(("?", "x", "y", "z", "A, C", "so"), type=letters)).content.key == ("a", "c")
    assert one(Row(("?", "x", "y", "z", "z", "so"), type=letters)).content.key == ("c",)
    numbers = Type(name="MCQ", fields=("Front", "Option 1", "Option 2", "Correct Answer"))
    assert one(Row(("?", "x", "y", "2"), type=numbers)).content.key == ("b",)
    wrong = Type(name="Choice", fields=("Question", "Correct", "Explanation", "Incorrect_1", "Incorrect_2"))
    content = one(Row(("?", "yes", "so", "no", ""), type=wrong)).content
    assert ([option.text for option in content.options], content.key) == (["yes", "no"], ("a",))
    assert content.rule == ScoreRule()


def test_files_come_along_under_names_that_texts_can_refer_to() -> None:
    front = '<img src="a%20b.png"> what? [sound:say.mp3] [$]x^2[/$] <img src=gone.png>'
    item = one(Row((front, "cat")), **{"a b.png": PNG, "say.mp3": b"ID3", "unused.png": PNG})
    stem = item.content.stem
    assert '<img src="attachment:a_b.png">' in stem
    assert '<audio src="attachment:say.mp3" controls></audio>' in stem
    assert r"\(x^2\)" in stem
    assert {(media.name, media.role) for media in item.media} == {
        ("a_b.png", MediaRole.PHOTO),
        ("say.mp3", MediaRole.SOUND),
    }
    assert {"file_missing", "file_renamed"} < codes(item)


def test_scripts_in_fields_do_not_come_in() -> None:
    item = clean(one(Row(("<b onclick=alert(1)>Hi</b><script>alert(1)</script>", "cat"))))
    assert item.content.stem == "<b>Hi</b>"
    assert "html_removed" in codes(item)


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (Row(("", "x")), "empty_stem"),
        (Row(("x", "")), "empty_answer"),
        (Row(("nothing hidden", ""), type=CLOZE), "gap_broken"),
        (Row(("{{c1::image-occlusion:rect:left=1}}", ""), type=CLOZE), "unsupported_kind"),
        (Row(("?", "", "1", "x", "y", "", "0 0", "", ""), type=CHOICE), "answer_not_found"),
        (Row(("?", "", "1", "x", "y", "", "", "", ""), type=CHOICE), "empty_answer"),
    ],
)
def test_what_cannot_be_asked_is_rejected_with_a_reason(row: Row, code: str) -> None:
    found = rows([row, Row(("q", "a"))])
    assert isinstance(found[0], Rejected)
    assert (found[0].code, found[0].place) == (code, "note 1")
    assert isinstance(found[1], Draft)


def test_a_plain_collection_is_read_without_the_newer_one() -> None:
    assert len(read(Package([Row(("q", "a"))]).legacy("collection.anki2"), "x.colpkg")) == 1


HOSTILE = [
    "ALTER TABLE notes RENAME TO real; CREATE VIEW notes AS SELECT id, guid, mid, tags, flds FROM real;",
    "ALTER TABLE cards RENAME TO real; CREATE VIEW cards AS WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1"
    " FROM n) SELECT x AS nid, x AS did, x AS ord FROM n;",
    "DROP TABLE notes; CREATE VIRTUAL TABLE notes USING fts5(id, guid, mid, tags, flds);",
    "DROP TABLE notes; CREATE TABLE notes (id integer PRIMARY KEY, guid text, mid integer, tags text, f text,"
    " flds text GENERATED ALWAYS AS (hex(zeroblob(100000000))));"
    " INSERT INTO notes (id, guid, mid, tags, f) VALUES (1, 'g', 1, '', '');",
    "DROP TABLE notes;",
    "UPDATE notes SET flds = CAST(zeroblob(20000000) AS TEXT);",
    "UPDATE col SET models = '{';",
    "UPDATE col SET models = '[1]';",
    "UPDATE col SET models = '';",
]


@pytest.mark.parametrize("script", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_database_is_refused(script: str) -> None:
    with pytest.raises(Invalid) as refusal:
        read(Package([Row(("q", "a"))], script=script).legacy("collection.anki2"), "x.apkg")
    assert refusal.value.code in {"bank.file_refused", "bank.file_malformed"}


def test_triggers_of_the_file_never_run_and_odd_cells_do_no_harm() -> None:
    script = """
    CREATE TRIGGER t AFTER INSERT ON notes BEGIN DELETE FROM notes; END;
    UPDATE notes SET mid = 'x', flds = x'ff00', tags = 5, guid = NULL WHERE id = 10;
    UPDATE cards SET nid = 'odd', did = 1.5;
    """
    found = read(Package([Row(("q", "a")), Row(("q", "a"))], script=script).legacy("collection.anki2"), "x.apkg")
    assert len(found) == 2


@pytest.mark.parametrize(
    "files",
    [
        {"collection.anki2": b""},
        {"collection.anki2": b"SQLite format 3\x00" + bytes(2000)},
        {"collection.anki21b": b"no zstd"},
        {"collection.anki2": Package([Row(("q", "a"))]).one_database()[:3000]},
        {"collection.anki2": Package([Row(("q", "a"))]).one_database(), "media": b"{"},
        {"collection.anki2": Package([Row(("q", "a"))]).one_database(), "media": b"[[[["},
        {"collection.anki2": Package([Row(("q", "a"))]).one_database(), "media": b"[]"},
    ],
    ids=range(7),
)
def test_a_broken_package_is_refused(files: dict[str, bytes]) -> None:
    with pytest.raises(Invalid) as refusal:
        read(packed(files), "x.apkg")
    assert refusal.value.code in {"bank.file_truncated", "bank.file_malformed", "bank.file_refused"}


PACKAGES = [
    Package([Row(("q <b>x</b>", "a")), Row(("{{c1::a}}", ""), type=CLOZE)], {"a.png": PNG}).legacy(),
    Package([Row(('<img src="a.png">', "a"), type=BASIC)], {"a.png": PNG}).newer(),
]


@given(data=st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_damaged_package_is_read_or_refused_but_never_breaks(data: st.DataObject) -> None:
    package = bytearray(data.draw(st.sampled_from(PACKAGES)))
    for _ in range(data.draw(st.integers(1, 6))):
        package[data.draw(st.integers(0, len(package) - 1))] = data.draw(st.integers(0, 255))
    end = data.draw(st.integers(0, len(package)) | st.just(len(package)))
    with suppress(Invalid):
        read(bytes(package[:end]), "x.apkg")


DATABASE = Package([Row(("q", "a")), Row(("{{c1::a}}", ""), type=CLOZE)]).one_database()


@given(data=st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_damaged_database_is_read_or_refused_but_never_breaks(data: st.DataObject) -> None:
    damaged = bytearray(DATABASE)
    for _ in range(data.draw(st.integers(1, 20))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    with suppress(Invalid):
        read(packed({"collection.anki2": bytes(damaged)}), "x.apkg")


def test_memory_does_not_grow_with_the_number_of_notes() -> None:
    def peak(count: int) -> int:
        file = io.BytesIO(Package([Row((f"q{n}", "a")) for n in range(count)]).newer())
        tracemalloc.start()
        assert sum(1 for _ in anki.read(file, GUESS)) == count
        size = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return size

    small = peak(200)
    assert peak(10_000) < small + (3 << 20)


def test_it_is_known_by_its_content_whatever_its_name() -> None:
    data = Package([Row(("q", "a"))]).newer()
    assert open_reader(io.BytesIO(data), "questions.zip")[0].format is Format.ANKI
    assert "though" in open_reader(io.BytesIO(data), "questions.xlsx")[0].note
    assert ScoreRule(name=RuleName.WORDS) == one(Row(("q", "a"))).content.rule
