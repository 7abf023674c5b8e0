"""The tricky files: the same questions in every encoding and line end, and refusals of what is dangerous."""

import io
from dataclasses import replace
from pathlib import Path

import pytest

from lyceum.bank.adapters.formats.formats import open_reader
from lyceum.bank.adapters.formats.reasons import FileRefused, FileTruncated
from lyceum.bank.domain.content import Kind, RuleName, TextFormat
from lyceum.bank.domain.drafts import Draft, MediaRole, Rejected
from tests.bank.formats.reading import TRICKY, codes

GIFTS = sorted(TRICKY.glob("*.gift"))
XMLS = sorted(TRICKY.glob("tricky_*.xml"))


def read(path: Path) -> list[Draft | Rejected]:
    with path.open("rb") as file:
        return list(open_reader(file, path.name)[1])


def placeless(items: list[Draft | Rejected]) -> list[Draft | Rejected]:
    return [replace(item, place="") for item in items]


@pytest.mark.parametrize("path", GIFTS, ids=lambda path: path.stem)
def test_gift_reads_the_same_in_every_encoding_and_line_end(path: Path) -> None:
    expected = read(TRICKY / "tricky_utf8.gift")
    assert len(expected) == 10
    assert placeless(read(path)) == placeless(expected)


@pytest.mark.parametrize("path", XMLS, ids=lambda path: path.stem)
def test_moodle_xml_reads_the_same_in_every_encoding_and_line_end(path: Path) -> None:
    expected, found = read(TRICKY / "tricky_moodle.xml"), read(path)
    units = next(i for i, item in enumerate(expected) if isinstance(item, Draft) and item.title == "запятая и степень")
    del expected[units], found[units]  # cp1251 has no ², so that file says м/с2 in a loss
    assert placeless(found) == placeless(expected)


@pytest.mark.parametrize(
    ("name", "encoding"),
    [
        ("tricky_utf8.gift", "utf-8"),
        ("tricky_bom_crlf.gift", "utf-8"),
        ("tricky_cp1251.gift", "cp1251"),
        ("tricky_utf16le.gift", "utf-16-le"),
        ("tricky_moodle_cp1251.xml", "cp1251"),
    ],
)
def test_the_encoding_of_tricky_files_is_guessed(name: str, encoding: str) -> None:
    with (TRICKY / name).open("rb") as file:
        assert open_reader(file, name)[0].encoding == encoding


def test_the_kinds_of_tricky_gift() -> None:
    kinds = [item.content.kind for item in read(TRICKY / "tricky_utf8.gift") if isinstance(item, Draft)]
    assert kinds == [
        Kind.NUMERIC,
        Kind.NUMERIC,
        Kind.MULTIPLE_CHOICE,
        Kind.MATCHING,
        Kind.SHORT_TEXT,
        Kind.SINGLE_CHOICE,
        Kind.TRUE_FALSE,
        Kind.ESSAY,
        Kind.DESCRIPTION,
        Kind.SHORT_TEXT,
    ]


def test_the_texts_of_tricky_gift() -> None:
    root, fraction, even, capitals, url, missing, *rest = (
        item for item in read(TRICKY / "tricky_utf8.gift") if isinstance(item, Draft)
    )
    assert root.content.stem == r"<p>Чему равен \( \sqrt{144} \)?</p>"
    assert root.topics == ("ЕГЭ", "Математика: профиль")
    assert fraction.content.stem_format is TextFormat.MARKDOWN
    assert fraction.content.stem == r"Вычислите \[\frac{1}{3}\]"
    assert [(a.text, a.tolerance, a.share) for a in fraction.content.accepted] == [
        ("0.3335", "0.0005", 1.0),
        ("0.3", "0.05", 0.5),
    ]
    assert even.content.rule.weights == {"a": 0.5, "b": 0.5, "c": -1.0, "d": -1.0}
    assert even.content.explanation == "Чётные делятся на 2."
    assert [option.text for option in capitals.content.options] == ["Москва", "Париж", "Рим"]
    assert capitals.content.pairs == {"1": "a", "2": "b"}
    assert url.content.stem == "Откройте https://example.org/?a=1#x и введите код"
    assert [a.text for a in url.content.accepted] == ["abc=1", "ABC~2"]
    assert missing.content.stem == "Столица России — _____ с 1918 года."
    assert rest[-1].content.stem == "Текст\nс переносом"


def test_the_texts_of_tricky_moodle_xml() -> None:
    items = read(TRICKY / "tricky_moodle.xml")
    assert len(items) == 10
    first = items[0]
    assert isinstance(first, Draft)
    assert first.content.stem.startswith(r"<p>Что выведет <code>a]]></code>? \(x^2\) \[y\] &nbsp; &lt;b&gt;</p>")
    assert 'src="attachment:рис_1.png"' in first.content.stem
    assert [(media.name, media.role) for media in first.media] == [
        ("рис_1.png", MediaRole.PHOTO),
        ("1.png", MediaRole.PHOTO),
    ]
    assert first.content.options[2].text == '<img src="attachment:1.png">'
    assert first.topics == ("ЕГЭ", "A/B (слэш в имени)", "№5")
    assert first.content.max_score == 2


def test_the_hard_types_of_tricky_moodle_xml() -> None:
    _, thirds, local, number, pairs, cloze, essay, _, stack, stars = read(TRICKY / "tricky_moodle.xml")
    assert isinstance(thirds, Draft)
    assert sum(thirds.content.rule.weights.values()) == pytest.approx(1)
    assert isinstance(local, Draft)
    assert local.content.key == ("false",)
    assert codes(local) == {"truefalse_localised"}
    assert isinstance(number, Draft)
    assert [a.text for a in number.content.accepted] == ["9.81", "10", "*"]
    assert "settings_lost" in codes(number)
    assert isinstance(pairs, Draft)
    assert pairs.content.pairs == {"1": "a", "2": "a"}
    assert isinstance(cloze, Draft)
    assert cloze.content.stem == "<p>[[1]] и [[2]] и [[3]] и [[4]]</p>"
    assert cloze.content.gaps[0].options[0].text == r"\( \frac{1}{2} \)"
    assert cloze.content.gaps[0].options[0].feedback == "да#"
    assert cloze.content.gaps[3].rule.weights == {"a": 0.5, "b": 0.5, "c": -0.5}
    assert cloze.content.max_score == 5
    assert isinstance(essay, Draft)
    assert essay.content.rule.name is RuleName.CRITERIA
    assert isinstance(stack, Rejected)
    assert stack.code == "unsupported_kind"
    assert stack.facts == {"type": "stack"}
    assert stack.fix
    assert isinstance(stars, Draft)
    assert [a.text for a in stars.content.accepted] == ["*кот*", r"5\*3"]


@pytest.mark.parametrize("name", ["xxe_must_be_refused.xml", "billion_laughs_must_be_refused.xml"])
def test_a_file_with_entities_of_its_own_is_refused(name: str) -> None:
    with pytest.raises(FileRefused):
        read(TRICKY / name)


def test_a_truncated_file_gives_its_whole_questions_and_then_is_refused() -> None:
    data = (TRICKY / "truncated.xml").read_bytes()
    items = open_reader(io.BytesIO(data), "truncated.xml")[1]
    assert isinstance(next(items), Draft)
    with pytest.raises(FileTruncated, match="line 9"):
        next(items)
