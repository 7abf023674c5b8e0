"""The door of the bank for trainers: `PlayQuestions` and `Catalogue`, on both databases."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

import pytest

from lyceum.bank.adapters.batched import Batched
from lyceum.bank.adapters.catalogue import SqlPacks
from lyceum.bank.adapters.facade import BankCatalogue, BankPlay
from lyceum.bank.adapters.queries import CatalogueQueries, SubjectTitles
from lyceum.bank.adapters.repositories import SqlQuestions
from lyceum.bank.adapters.versions import CurrentRows, Versions
from lyceum.bank.domain.catalogue import Access, Pack, PackNotFound, Selection
from lyceum.bank.domain.content import (
    Accepted,
    Content,
    Derived,
    Gap,
    Kind,
    Option,
    Parameter,
    RuleName,
    ScoreRule,
    Template,
    TextFormat,
)
from lyceum.bank.domain.drafts import MediaRole
from lyceum.bank.domain.questions import Attachment, Question, QuestionNotFound, Status
from lyceum.bank.domain.scoring import WrongShape
from lyceum.kernel.clock import SystemClock
from lyceum.kernel.ids import QuestionId, uuid7
from lyceum.platform.database import Database, SqlTransaction
from lyceum.platform.file_links import FileLinks
from lyceum.platform.file_store import StoredFiles, open_files
from lyceum.platform.settings import Settings
from tests.bank.questions import AUTHOR, NOW, a_choice, a_question


@pytest.fixture
def play(database: Database, settings: Settings) -> BankPlay:
    files: StoredFiles = open_files(settings, FileLinks("s" * 32, SystemClock()))
    return BankPlay(Versions(database, CurrentRows(database)), SubjectTitles(database), files)


async def keep(database: Database, *new: Question) -> None:
    transaction = SqlTransaction(database)
    async with transaction:
        await SqlQuestions(transaction).add_many(new)


async def edit(database: Database, question: Question, content: Content) -> None:
    transaction = SqlTransaction(database)
    async with transaction:
        expected = question.version
        question.edit(question.passport, content, "f" * 32, question.attachments, NOW)
        await SqlQuestions(transaction).save_edit(question, expected=expected)


async def set_status(database: Database, question: Question, status: Status) -> None:
    transaction = SqlTransaction(database)
    async with transaction:
        expected = question.version
        _ = question.publish(NOW) if status is Status.PUBLISHED else question.retire(NOW)
        await SqlQuestions(transaction).save_status(question, expected=expected)


async def test_a_learner_sees_the_question_without_its_answer(database: Database, play: BankPlay) -> None:
    question = a_question(a_choice(hint="На Сене"), topics=("Европа",), exam="ege", exam_task_number=7)
    await keep(database, question)
    seen = await play.show(question.id, 1, seed=1)
    assert (seen.find_code, seen.subject_title, seen.exam_task_number) == (question.find_code, "География", 7)
    assert sorted(option.id for option in seen.options) == ["a", "b", "c"]
    assert seen.has_hint
    assert "Сене" not in repr(seen)
    assert await play.hint(question.id, 1, seed=1) == "На Сене"
    graded = await play.grade(question.id, 1, 1, "a")
    assert (graded.score, graded.verdict, graded.right_answer) == (1.0, "correct", "a")
    assert graded.explanation_html == "Париж стоит на Сене."
    assert (await play.grade(question.id, 1, 1, "b")).verdict == "wrong"
    revealed = await play.reveal(question.id, 1, 1)
    assert (revealed.verdict, revealed.score, revealed.right_answer) == ("skipped", 0.0, "a")
    assert (await play.content(question.id, 1)) == question.content
    with pytest.raises(WrongShape):
        await play.grade(question.id, 1, 1, ["a"])


async def test_answers_are_graded_by_the_version_they_were_given_to(database: Database, play: BankPlay) -> None:
    question = a_question(a_choice(key=("a",)))
    await keep(database, question)
    await edit(database, question, a_choice("Второй город?", key=("b",)))
    await set_status(database, question, Status.RETIRED)
    await set_status(database, question, Status.PUBLISHED)
    await edit(database, question, a_choice("Третий город?", key=("c",)))
    rights = []
    for version in range(1, 6):
        shown = await play.show(question.id, version, 1)
        rights.append((shown.stem_html.split()[0], (await play.reveal(question.id, version, 1)).right_answer))
    assert rights == [("Столица", "a"), ("Второй", "b"), ("Второй", "b"), ("Второй", "b"), ("Третий", "c")]
    for version in (0, -1, 6, 10**9):
        with pytest.raises(QuestionNotFound):
            await play.show(question.id, version, 1)


async def test_staged_and_missing_questions_are_not_found(database: Database, play: BankPlay) -> None:
    staged = a_question(status=Status.STAGED)
    await keep(database, staged)
    for id in (staged.id, QuestionId(uuid7())):
        with pytest.raises(QuestionNotFound):
            await play.show(id, 1, 1)


OPTIONS = tuple(Option(id=str(number), text=f"Вариант {number}") for number in range(6))


async def test_choices_stand_in_the_order_of_the_seed(database: Database, play: BankPlay) -> None:
    mixed = a_question(a_choice(options=OPTIONS, key=("0",)))
    fixed = a_question(a_choice(options=OPTIONS, key=("0",), shuffle=False))
    await keep(database, mixed, fixed)

    async def order(question: Question, seed: int) -> tuple[str, ...]:
        return tuple(option.id for option in (await play.show(question.id, 1, seed)).options)

    assert await order(mixed, 5) == await order(mixed, 5)
    assert len({await order(mixed, seed) for seed in range(20)}) > 5
    assert {await order(fixed, seed) for seed in range(20)} == {tuple("012345")}


@pytest.mark.parametrize("length", [2, 3, 6])
async def test_elements_to_order_never_stand_in_the_right_order(
    database: Database, play: BankPlay, length: int
) -> None:
    key = tuple(str(number) for number in range(length))
    content = Content(kind=Kind.ORDERING, stem="Упорядочите", items=OPTIONS[:length], key=key, shuffle=False)
    question = a_question(content)
    await keep(database, question)
    for seed in range(50):
        shown = await play.show(question.id, 1, seed)
        ids = tuple(item.id for item in shown.items)
        assert ids != key
        assert sorted(ids) == sorted(key)
        assert shown.options == ()


async def test_gaps_come_with_their_choices(database: Database, play: BankPlay) -> None:
    gap = Gap(id="1", kind=Kind.SINGLE_CHOICE, options=OPTIONS[:3], key=("2",), shuffle=True)
    typed = Gap(id="2", kind=Kind.SHORT_TEXT, accepted=(Accepted(text="да"),))
    content = Content(kind=Kind.CLOZE, stem="<p>Это [[1]] и [[2]]</p>", gaps=(gap, typed), max_score=2)
    question = a_question(content)
    await keep(database, question)
    shown = await play.show(question.id, 1, 3)
    assert [(it.id, it.kind, len(it.options)) for it in shown.gaps] == [
        ("1", Kind.SINGLE_CHOICE, 3),
        ("2", Kind.SHORT_TEXT, 0),
    ]
    assert "[[1]]" in shown.stem_html


async def test_each_seed_draws_its_own_numbers_and_is_graded_by_them(database: Database, play: BankPlay) -> None:
    content = Content(
        kind=Kind.NUMERIC,
        stem="Сколько будет {{a}} + 1?",
        stem_format=TextFormat.PLAIN,
        accepted=(Accepted(text="{{b}}"),),
        rule=ScoreRule(name=RuleName.NUMERIC),
        explanation="Получится {{b}}.",
        template=Template(
            parameters=(Parameter(name="a", low="10", high="99"),), derived=(Derived(name="b", expression="a + 1"),)
        ),
    )
    question = a_question(content)
    await keep(database, question)
    stems = set()
    for seed in range(10):
        shown = await play.show(question.id, 1, seed)
        stems.add(shown.stem_html)
        number = int(shown.stem_html.split()[2])
        graded = await play.grade(question.id, 1, seed, str(number + 1))
        assert (graded.verdict, graded.explanation_html) == ("correct", f"Получится {number + 1}.")
    assert len(stems) > 3


def a_file(name: str, role: MediaRole = MediaRole.PHOTO, mime: str = "image/png") -> Attachment:
    return Attachment(name=name, role=role, key=f"bank/ab/{name.encode().hex()}", mime=mime, size=5)


async def test_files_open_by_links_and_those_of_the_answer_wait_for_it(database: Database, play: BankPlay) -> None:
    content = a_choice(
        '<img src="attachment:в тексте.png"> <img src="attachment:нет.png">',
        stem_format=TextFormat.HTML,
        explanation='<img src="attachment:разбор.png">',
    )
    files = (
        a_file("в тексте.png"),
        a_file("рядом.png"),
        a_file("разбор.png"),
        a_file("ответ.mp4", MediaRole.ANSWER_VIDEO, "video/mp4"),
    )
    question = a_question(content, attachments=files)
    await keep(database, question)
    shown = await play.show(question.id, 1, 1)
    assert [it.name for it in shown.media] == ["рядом.png"]
    assert shown.stem_html.count('src="/files/') == 1
    assert 'src=""' in shown.stem_html
    graded = await play.grade(question.id, 1, 1, "a")
    assert 'src="/files/' in graded.explanation_html
    assert [it.name for it in graded.explanation_media] == ["ответ.mp4"]


async def test_markdown_is_shown_as_html_with_its_formulas(database: Database, play: BankPlay) -> None:
    stem = "**Найдите** \\(a_1 * b_1 < c\\) и\n\n| x | y |\n|---|---|\n| 1 | 2 |"
    question = a_question(a_choice(stem, stem_format=TextFormat.MARKDOWN, explanation="1 < 2 & 3"))
    await keep(database, question)
    html = (await play.show(question.id, 1, 1)).stem_html
    assert "<strong>Найдите</strong> \\(a_1 * b_1 &lt; c\\)" in html
    assert "<table>" in html
    assert (await play.reveal(question.id, 1, 1)).explanation_html == "<p>1 &lt; 2 &amp; 3</p>"


async def test_plain_text_is_escaped_and_keeps_its_lines(database: Database, play: BankPlay) -> None:
    question = a_question(a_choice("1 < 2\nи <b>всё</b>"))
    await keep(database, question)
    assert (await play.show(question.id, 1, 1)).stem_html == "1 &lt; 2<br>\nи &lt;b&gt;всё&lt;/b&gt;"


async def test_the_catalogue_gives_subjects_topics_and_packs(database: Database) -> None:
    question = a_question(topics=("Европа",), exam="oge")
    await keep(database, question, a_question(status=Status.DRAFT, topics=("Азия",)))
    pack = Pack(
        id=uuid7(),
        author_id=AUTHOR,
        title="Европа",
        access=Access.ENTITLED,
        selection=Selection(question_ids=(question.id,)),
        created_at=NOW,
        updated_at=NOW,
    )
    transaction = SqlTransaction(database)
    async with transaction:
        await SqlPacks(transaction).add(pack)
    catalogue = BankCatalogue(CatalogueQueries(database, SubjectTitles(database)))
    counts = {subject.id: subject.questions for subject in await catalogue.subjects("en")}
    assert (counts["geography"], counts["history"]) == (1, 0)
    assert sum(subject.questions for subject in await catalogue.subjects("ru", "ege")) == 0
    assert await catalogue.topics("geography") == ["Европа"]
    chosen = await catalogue.pack(pack.id)
    assert (chosen.title, chosen.access, chosen.question_ids) == ("Европа", "entitled", (question.id,))
    with pytest.raises(PackNotFound):
        await catalogue.pack(UUID(int=1))


async def test_reads_of_one_moment_share_a_statement_and_see_what_was_there_before_them(database: Database) -> None:
    questions = [a_question() for _ in range(20)]
    await keep(database, *questions)
    calls: list[int] = []
    rows = CurrentRows(database)

    async def fetch(ids: Sequence[QuestionId]) -> Mapping[QuestionId, int]:
        calls.append(len(ids))
        found = [await rows.find(id) for id in ids]
        return {id: row["version"] for id, row in zip(ids, found, strict=True) if row is not None}

    batched = Batched(fetch)
    missing = QuestionId(uuid7())
    ids = [question.id for question in questions]
    found = await asyncio.gather(*(batched.get(id) for id in [*ids, ids[0], missing]))
    assert found == [1] * 21 + [None]
    assert calls == [21]
    await edit(database, questions[0], replace(questions[0].content, stem="Другой"))
    assert await batched.get(ids[0]) == 2


async def test_a_failed_read_fails_for_all_who_waited_and_not_for_the_next() -> None:
    fail = True

    async def fetch(keys: Sequence[int]) -> Mapping[int, int]:
        if fail:
            raise ConnectionError("away")
        return {key: key for key in keys}

    batched = Batched(fetch, most=2)
    results = await asyncio.gather(*(batched.get(key) for key in range(5)), return_exceptions=True)
    assert all(isinstance(result, ConnectionError) for result in results)
    fail = False
    assert await asyncio.gather(*(batched.get(key) for key in range(5))) == list(range(5))
