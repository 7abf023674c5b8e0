"""The port Questions and the bulk paths of imports, on both databases."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select, text

from lyceum.bank.adapters import counts, tables
from lyceum.bank.adapters.repositories import SqlQuestions
from lyceum.bank.domain.questions import Passport, Question, QuestionNotFound, Status
from lyceum.kernel.ids import QuestionId, UserId, uuid7
from lyceum.platform.database import Database, SqlTransaction
from lyceum.platform.http_errors import PreconditionFailed
from tests.bank.questions import AUTHOR, NOW, a_choice, a_number, a_question

IMPORT = UUID(int=77)
SOMEBODY = UserId(UUID(int=5))


async def keep(database: Database, *new: Question) -> None:
    transaction = SqlTransaction(database)
    async with transaction:
        await SqlQuestions(transaction).add_many(new)


async def load(database: Database, id: QuestionId) -> Question:
    transaction = SqlTransaction(database)
    async with transaction:
        return await SqlQuestions(transaction).get_for_update(id)


async def counted(database: Database) -> tuple[dict[tuple[str, str], int], dict[tuple[str, str], int]]:
    async with database.read() as connection:
        subjects = (await connection.execute(select(tables.subject_counts))).all()
        topics = (await connection.execute(select(tables.topics))).all()
    return (
        {(row.subject, row.exam): row.questions for row in subjects if row.questions},
        {(row.subject, row.title): row.questions for row in topics},
    )


async def edit(database: Database, question: Question, passport: Passport | None = None) -> None:
    transaction = SqlTransaction(database)
    async with transaction:
        expected = question.version
        content = a_number("Другой вопрос")
        question.edit(passport or question.passport, content, "f" * 32, (), NOW + timedelta(minutes=1))
        await SqlQuestions(transaction).save_edit(question, expected=expected)


async def test_a_question_comes_back_as_it_was_kept(database: Database) -> None:
    question = a_question(topics=("Европа", "Столицы"), exam="ege", exam_task_number=7, title="Франция")
    await keep(database, question)
    loaded = await load(database, question.id)
    assert vars(loaded) == vars(question)


async def test_a_question_that_is_not_there_is_not_found(database: Database) -> None:
    with pytest.raises(QuestionNotFound):
        await load(database, QuestionId(uuid7()))


async def test_a_taken_find_code_is_replaced_by_a_free_one(database: Database) -> None:
    first, second, third = (a_question(find_code="AAAA2222") for _ in range(3))
    await keep(database, first)
    await keep(database, second, third)
    codes = {(await load(database, question.id)).find_code for question in (first, second, third)}
    assert len(codes) == 3
    assert codes == {first.find_code, second.find_code, third.find_code}


async def test_the_database_itself_refuses_a_second_owner_of_a_find_code(database: Database) -> None:
    first, second = a_question(), a_question()
    await keep(database, first, second)
    with pytest.raises(Exception, match="find_code"):
        async with database.writes.begin() as connection:
            statement = tables.questions.update().where(tables.questions.c.id == second.id)
            await connection.execute(statement.values(find_code=first.find_code))


async def test_an_edit_archives_the_version_it_supersedes(database: Database) -> None:
    question = a_question(topics=("Европа",))
    await keep(database, question)
    await edit(database, question)
    async with database.read() as connection:
        archived = (await connection.execute(select(tables.question_versions))).one()
    assert (archived.question_id, archived.version, archived.topics) == (question.id, 1, ("Европа",))
    assert "Столица" in archived.content
    loaded = await load(database, question.id)
    assert (loaded.version, loaded.content.stem) == (2, "Другой вопрос")


async def test_an_edited_draft_leaves_no_old_version(database: Database) -> None:
    question = a_question(status=Status.DRAFT)
    await keep(database, question)
    await edit(database, question)
    async with database.read() as connection:
        assert await connection.scalar(select(func.count()).select_from(tables.question_versions)) == 0


async def test_an_edit_of_an_unseen_version_is_refused_and_nothing_is_kept(database: Database) -> None:
    question = a_question()
    await keep(database, question)
    stale = await load(database, question.id)
    await edit(database, question)
    with pytest.raises(PreconditionFailed) as refusal:
        await edit(database, stale)
    assert refusal.value.facts == {"version": 2}
    async with database.read() as connection:
        assert await connection.scalar(select(func.count()).select_from(tables.question_versions)) == 1


async def test_counts_follow_publishing_editing_and_retiring(database: Database) -> None:
    question = a_question(topics=("Европа",), exam="ege")
    draft = a_question(status=Status.DRAFT, topics=("Азия",))
    await keep(database, question, a_question(), draft)
    assert await counted(database) == (
        {("geography", "ege"): 1, ("geography", ""): 1},
        {("geography", "Европа"): 1, ("geography", "Азия"): 0},
    )
    await edit(database, question, replace(question.passport, exam=None, topics=("Мир",)))
    assert await counted(database) == (
        {("geography", ""): 2},
        {("geography", "Европа"): 0, ("geography", "Азия"): 0, ("geography", "Мир"): 1},
    )
    transaction = SqlTransaction(database)
    async with transaction:
        expected = question.version
        question.retire(NOW)
        await SqlQuestions(transaction).save_status(question, expected=expected)
    subjects, topics = await counted(database)
    assert subjects == {("geography", ""): 1}
    assert topics["geography", "Мир"] == 0
    async with database.writes.begin() as connection:
        await counts.recount(connection)
    recounted, _ = await counted(database)
    assert recounted == subjects


async def test_known_contents_are_the_published_ones_and_ones_own(database: Database) -> None:
    published, mine, foreign, retired = (
        a_question(a_number(str(number)), status=status, author_id=author)
        for number, (status, author) in enumerate(
            [
                (Status.PUBLISHED, SOMEBODY),
                (Status.STAGED, AUTHOR),
                (Status.DRAFT, SOMEBODY),
                (Status.RETIRED, AUTHOR),
            ]
        )
    )
    await keep(database, published, mine, foreign, retired)
    hashes = [question.content_hash for question in (published, mine, foreign, retired)]
    transaction = SqlTransaction(database)
    async with transaction:
        known = await SqlQuestions(transaction).known_hashes(AUTHOR, [*hashes, "0" * 32])
    assert {content_hash: item.id for content_hash, item in known.items()} == {
        published.content_hash: published.id,
        mine.content_hash: mine.id,
    }


async def test_external_ids_belong_to_their_author(database: Database) -> None:
    mine, foreign = a_question(external_id="q-1"), a_question(external_id="q-2", author_id=SOMEBODY)
    await keep(database, mine, foreign, a_question())
    transaction = SqlTransaction(database)
    async with transaction:
        known = await SqlQuestions(transaction).known_external_ids(AUTHOR, ["q-1", "q-2", ""])
    assert {external_id: item.id for external_id, item in known.items()} == {"q-1": mine.id}


async def test_staged_questions_are_revealed_all_at_once(database: Database) -> None:
    staged = [a_question(status=Status.STAGED, import_id=IMPORT, topics=("Мир",)) for _ in range(30)]
    await keep(database, *staged, a_question(status=Status.STAGED, import_id=UUID(int=78)))
    assert await counted(database) == ({}, {})
    transaction = SqlTransaction(database)
    async with transaction:
        items = await SqlQuestions(transaction).reveal(IMPORT, Status.PUBLISHED, NOW)
    assert {item.id for item in items} == {question.id for question in staged}
    assert all(item.published for item in items)
    assert await counted(database) == ({("geography", ""): 30}, {("geography", "Мир"): 30})
    async with transaction:
        retired = await SqlQuestions(transaction).retire_import(IMPORT, NOW)
    assert {(item.version, item.published) for item in retired} == {(2, False)}
    assert await counted(database) == ({}, {("geography", "Мир"): 0})


async def test_discarded_questions_leave_no_trace(database: Database) -> None:
    await keep(database, *(a_question(status=Status.STAGED, import_id=IMPORT, topics=("Мир",)) for _ in range(25)))
    transaction = SqlTransaction(database)
    parts = []
    for _ in range(4):
        async with transaction:
            parts.append(len(await SqlQuestions(transaction).discard(IMPORT, limit=10)))
    assert parts == [10, 10, 5, 0]
    async with database.read() as connection:
        for table in (tables.questions, tables.search, tables.question_topics):
            assert await connection.scalar(select(func.count()).select_from(table)) == 0
        if database.is_sqlite:
            found = "SELECT count(*) FROM bank_search_fts WHERE bank_search_fts MATCH '\"столиц\"'"
            assert await connection.scalar(text(found)) == 0


async def test_an_untouched_question_takes_the_rating_of_its_new_label(database: Database) -> None:
    question = a_question(a_choice())
    await keep(database, question)
    await edit(database, question, replace(question.passport, difficulty=question.passport.difficulty.HARD))
    assert (await load(database, question.id)).stats.rating == 1700.0
