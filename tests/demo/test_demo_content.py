"""The demo questions: all of them can be asked, answered and graded, and are written with care."""

import re
from collections import Counter
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import msgspec
import pytest

import lyceum.main
from lyceum.bank.adapters.formats.sanitize import clean
from lyceum.bank.adapters.rendering import mentioned
from lyceum.bank.adapters.seeds import SUBJECTS
from lyceum.bank.domain.checking import check
from lyceum.bank.domain.content import Content, Kind, RuleName
from lyceum.bank.domain.drafts import Difficulty, Draft, MediaRole
from lyceum.bank.domain.hashing import content_hash
from lyceum.bank.domain.scoring import grade, right_answer
from lyceum.bank.domain.templates import render
from lyceum.main.demo_content import DemoFile

DEMO = Path(lyceum.main.__file__).parent / "demo"
MEDIA = DEMO / "media"
FILES = sorted((DEMO / "questions").glob("*.json"))
SEEDS = range(30)

FORMULA = re.compile(r"\\\((.*?)\\\)|\\\[(.*?)\\\]", re.DOTALL)
MARKUP = re.compile(r"<pre>.*?</pre>|<[^>]+>|\{\{.*?\}\}|\[\[.*?\]\]", re.DOTALL)
MIXED = re.compile(r"[А-Яа-яЁё][A-Za-z]|[A-Za-z][А-Яа-яЁё]")
CARELESS = {
    "a straight quote": re.compile(r'"'),
    "a hyphen for a dash": re.compile(r"\s-\s"),
    "a hyphen for a minus": re.compile(r"(?<![\w)-])-\d"),
    "three dots": re.compile(r"\.\.\."),
    "a double space": re.compile(r"  "),
    "a breaking space before a unit": re.compile(
        r"\d (?:кг|мг|см|мм|км|м/с|км/ч|Дж|Н|В|Ом|Гц|эВ|моль|°C|млн|тыс|%)(?!\w)"
    ),
}


BY_SUBJECT = {path.stem: msgspec.json.decode(path.read_bytes(), type=DemoFile) for path in FILES}
ALL = [question for file in BY_SUBJECT.values() for question in file.questions]
each_subject = pytest.mark.parametrize("file", BY_SUBJECT.values(), ids=BY_SUBJECT.keys())


def texts(content: Content) -> Iterator[str]:
    yield from (content.stem, content.explanation, content.hint)
    for option in (*content.options, *content.items, *(it for gap in content.gaps for it in gap.options)):
        yield from (option.text, option.feedback)
    for criterion in content.rule.criteria:
        yield from (criterion.title, criterion.description)


def prose(text: str) -> str:
    """A text without formulas, markup and placeholders."""
    return unescape(MARKUP.sub("\u2063", FORMULA.sub("\u2063", text)))


def variants(content: Content) -> list[Content]:
    return [render(content, seed) for seed in SEEDS] if content.template else [content]


def test_there_are_enough_questions_of_every_sort() -> None:
    contents = [question.content for question in ALL]
    media = [item for question in ALL for item in question.media]
    rules = {rule.name for it in contents for rule in (it.rule, *(gap.rule for gap in it.gaps))}
    assert len(ALL) >= 160
    assert len(BY_SUBJECT) >= 9
    assert {it.kind for it in contents} == set(Kind)
    assert rules == set(RuleName)
    assert sum(it.template is not None for it in contents) >= 26
    assert sum(it.language == "en" for it in contents) >= 8
    assert sum(item.role is MediaRole.PHOTO for item in media) >= 12
    assert sum(item.role is MediaRole.SOUND for item in media) >= 5
    assert sum("<table>" in it.stem for it in contents) >= 5
    assert sum(bool(it.hint) for it in contents) >= 30
    assert sum(any(option.feedback for option in it.options) for it in contents) >= 40


def test_difficulty_and_exams_are_spread() -> None:
    levels = Counter(question.difficulty for question in ALL)
    exams = Counter(question.exam for question in ALL)
    assert min(levels[level] for level in Difficulty) >= 25
    assert set(exams) == {"ege", "oge", None}
    assert min(exams.values()) >= 10


def test_no_question_is_there_twice() -> None:
    assert len({question.external_id for question in ALL}) == len(ALL)
    assert len({question.content.stem for question in ALL}) == len(ALL)
    assert len({question.title for question in ALL}) == len(ALL)
    assert len({content_hash(question.content) for question in ALL}) == len(ALL)


@each_subject
def test_every_question_says_where_it_belongs(file: DemoFile) -> None:
    known = {subject for subject, _, _ in SUBJECTS}
    for question in file.questions:
        assert question.subject == file.subject
        assert question.subject in known
        assert question.external_id.startswith("demo-")
        assert question.exam_task_number is None or (question.exam and 1 <= question.exam_task_number <= 40)
        assert 1 <= len(question.topics) <= 3
        assert (question.source, question.licence) == ("Lyceum", "CC0-1.0")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_field_is_misspelt(path: Path) -> None:
    written = msgspec.json.decode(path.read_bytes())["questions"]
    for raw, question in zip(written, BY_SUBJECT[path.stem].questions, strict=True):
        assert lost(raw["content"], msgspec.to_builtins(question.content)) == [], question.external_id


def lost(written: object, read: object, at: str = "content") -> list[str]:
    """Where something is written that was not read."""
    if isinstance(written, dict) and isinstance(read, dict):
        return [
            place
            for name, value in written.items()
            for place in (lost(value, read[name], f"{at}.{name}") if name in read else [f"{at}.{name}"])
        ]
    if isinstance(written, list) and isinstance(read, list | tuple):
        return [place for i, pair in enumerate(zip(written, read, strict=True)) for place in lost(*pair, f"{at}.{i}")]
    return [] if written == read else [at]


@each_subject
def test_every_question_can_be_asked(file: DemoFile) -> None:
    for question in file.questions:
        assert check(question.content) == (), question.external_id
        for drawn in variants(question.content):
            assert check(drawn) == (), question.external_id
            assert not any("{{" in text or "}}" in prose(text) for text in texts(drawn)), question.external_id


@each_subject
def test_the_right_answer_earns_the_maximum(file: DemoFile) -> None:
    for question in file.questions:
        if question.content.kind in {Kind.ESSAY, Kind.DESCRIPTION}:
            continue
        for drawn in variants(question.content):
            mark = grade(drawn, right_answer(drawn))
            assert (mark.verdict, mark.score) == ("correct", drawn.max_score), question.external_id


def test_the_points_of_an_essay_are_those_of_its_criteria() -> None:
    for question in ALL:
        if question.content.kind is Kind.ESSAY:
            assert sum(criterion.max for criterion in question.content.rule.criteria) == question.content.max_score


def test_a_template_gives_learners_different_answers() -> None:
    for question in ALL:
        if question.content.template:
            answers = Counter(str(right_answer(drawn)) for drawn in variants(question.content))
            assert len(answers) >= 4, question.external_id


@each_subject
def test_every_answer_is_explained(file: DemoFile) -> None:
    for question in file.questions:
        assert question.title
        if question.content.kind is not Kind.DESCRIPTION:
            assert len(prose(question.content.explanation)) >= 30, question.external_id


@each_subject
def test_the_markup_is_safe(file: DemoFile) -> None:
    for question in file.questions:
        assert clean(Draft(content=question.content)).losses == (), question.external_id


@each_subject
def test_formulas_are_closed_and_their_words_are_text(file: DemoFile) -> None:
    for question in file.questions:
        for drawn in variants(question.content)[:3]:
            for text in texts(drawn):
                rest = FORMULA.sub("", text)
                assert not re.search(r"\\[()\[\]]", rest), (question.external_id, rest)
                for formula in (unescape(found[1] or found[2]) for found in FORMULA.finditer(text)):
                    assert formula.count("{") == formula.count("}"), (question.external_id, formula)
                    assert "<" not in formula, (question.external_id, formula)
                    outside = re.sub(r"\\text\{[^{}]*\}", "", formula)
                    assert not re.search("[А-Яа-яЁё−—\u00a0]", outside), (question.external_id, formula)


@each_subject
def test_no_word_mixes_alphabets(file: DemoFile) -> None:
    for question in file.questions:
        for text in (question.title, *question.topics, *texts(question.content)):
            assert not MIXED.search(prose(text)), (question.external_id, text)


@each_subject
def test_the_typography_is_careful(file: DemoFile) -> None:
    for question in file.questions:
        for text in (question.title, *texts(question.content)):
            plain = prose(text)
            for what, pattern in CARELESS.items():
                assert not pattern.search(plain), (question.external_id, what, plain)


def test_media_are_there_small_and_all_used() -> None:
    used = {item.file for question in ALL for item in question.media}
    present = {path.name for path in MEDIA.iterdir()}
    assert used == present
    assert sum((MEDIA / name).stat().st_size for name in present) < 1_500_000


def test_media_are_what_they_say() -> None:
    signatures = {".png": b"\x89PNG\r\n\x1a\n", ".wav": b"RIFF", ".ogg": b"OggS"}
    for question in ALL:
        for item in question.media:
            suffix = Path(item.file).suffix
            assert (MEDIA / item.file).read_bytes().startswith(signatures[suffix])
            assert item.role is (MediaRole.PHOTO if suffix == ".png" else MediaRole.SOUND)
            assert item.alt
            assert item.name == item.file


def test_pictures_stand_in_the_text_with_a_description() -> None:
    for question in ALL:
        photos = {item.name for item in question.media if item.role is MediaRole.PHOTO}
        assert mentioned(question.content) == photos, question.external_id
        assert question.content.stem.count("<img ") == len(re.findall(r'<img [^>]*alt="[^"]+"', question.content.stem))
