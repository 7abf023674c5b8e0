"""Lists and full-text search: the same answers on both databases."""

from dataclasses import replace

import pytest

from lyceum.accounts.api import Actor, NotSignedIn, Role, RoleMissing
from lyceum.bank.adapters.lists import QuestionFilters, QuestionLists, Sort
from lyceum.bank.adapters.repositories import SqlQuestions
from lyceum.bank.domain.content import Kind
from lyceum.bank.domain.drafts import Difficulty
from lyceum.bank.domain.questions import Question, Stats, Status
from lyceum.platform.database import Database, SqlTransaction
from lyceum.platform.paging import BadCursor
from tests.bank.questions import AUTHOR, NOW, a_choice, a_number, a_question

ANYBODY = Actor()
TEXTS = [
    "Найдите производную функции y = x²",
    "Столица Франции стоит на реке Сене",
    "Which river runs through London?",
    "Производные и первообразные функций",
    "В каком году началась Первая мировая война?",
    "Who wrote <b>War and Peace</b>?",
    "Ёжик в тумане: кто режиссёр?",
]


async def keep(database: Database, *new: Question) -> None:
    transaction = SqlTransaction(database)
    async with transaction:
        await SqlQuestions(transaction).add_many(new)


async def texts(database: Database, **filters: object) -> list[str]:
    page = await QuestionLists(database).find(ANYBODY, QuestionFilters(**filters))  # type: ignore[arg-type]
    return [item.excerpt for item in page.items]


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("функция", [3, 0]),
        ("производная функции", [3, 0]),
        ("производная функция икс", []),
        ("производ", [3, 0]),
        ("франция", [1]),
        ("ФРАНЦИЮ!", [1]),
        ("rivers run", [2]),
        ("london", [2]),
        ("lond", [2]),
        ("war", [5]),
        ("мировой войны", [4]),
        ("ежик", [6]),
        ("режиссёра", [6]),
        ("b", []),
        ("сене", [1]),
        ("париж", [6, 5, 4, 3, 2, 1, 0]),
        ("'; DROP TABLE bank_questions; --", []),
        ('" OR "x', []),
        ("* ^ NEAR(a b) -", []),
        ("& | ! :* <->", []),
        ("функция\x00", [3, 0]),
    ],
)
async def test_words_find_questions_in_any_form(database: Database, q: str, found: list[int]) -> None:
    await keep(database, *(a_question(a_choice(stem)) for stem in TEXTS))
    plain = [stem.replace("<b>", "").replace("</b>", "") for stem in TEXTS]
    answer = [text.replace("<b>", "").replace("</b>", "") for text in await texts(database, q=q)]
    assert answer == [plain[number] for number in found]


async def test_an_edit_changes_what_finds_a_question(database: Database) -> None:
    question = a_question(a_choice("Столица Чили"), topics=("Америка",))
    await keep(database, question, a_question(a_choice("Реки Чили")))
    transaction = SqlTransaction(database)
    async with transaction:
        passport = replace(question.passport, topics=("Южная Америка",))
        question.edit(passport, a_choice("Столица Перу"), "f" * 32, (), NOW)
        await SqlQuestions(transaction).save_edit(question, expected=1)
    assert await texts(database, q="чили") == ["Реки Чили"]
    assert await texts(database, q="перу") == ["Столица Перу"]
    assert await texts(database, q="южная") == ["Столица Перу"]
    assert await texts(database, topic="Америка") == []
    assert await texts(database, topic="Южная Америка") == ["Столица Перу"]


async def test_a_question_is_found_by_its_code_and_title(database: Database) -> None:
    question = a_question(a_choice("Который?"), title="Вариант семнадцатый")
    await keep(database, question, a_question(a_choice("Другой?")))
    assert await texts(database, q=question.find_code) == ["Который?"]
    assert await texts(database, q="семнадцатого варианта") == ["Который?"]


@pytest.fixture
async def various(database: Database) -> list[Question]:
    """Twelve questions that differ in everything, oldest first."""
    made = []
    for number in range(12):
        question = a_question(
            a_number(f"Вопрос номер {number}") if number % 3 == 0 else a_choice(f"Вопрос номер {number}"),
            subject="history" if number % 2 else "geography",
            exam="ege" if number < 6 else None,
            exam_task_number=number % 4 + 1,
            topics=("Общее", f"Тема {number % 3}"),
            difficulty=list(Difficulty)[number % 3],
            status=Status.PUBLISHED if number < 10 else Status.DRAFT,
        )
        question.stats = Stats(rating=(number * 7 % 5) / 2)
        made.append(question)
        await keep(database, question)
    return made


FILTERS: dict[str, dict[str, object]] = {
    "nothing": {},
    "subject": {"subject": "history"},
    "exam": {"exam": "ege"},
    "task": {"task_number": 3},
    "topic": {"topic": "Тема 1"},
    "topic of a subject": {"topic": "Общее", "subject": "geography"},
    "difficulty": {"difficulty": Difficulty.HARD},
    "kind": {"kind": Kind.NUMERIC},
    "all": {"subject": "history", "exam": "ege", "difficulty": Difficulty.MEDIUM, "topic": "Общее", "q": "вопрос"},
    "words": {"q": "номера вопросов"},
    "words and subject": {"q": "вопрос", "subject": "geography"},
    "words and topic": {"q": "вопрос", "topic": "Тема 2"},
    "nobody": {"subject": "history", "kind": Kind.ESSAY},
}


def fits(question: Question, wanted: dict[str, object]) -> bool:
    passport = question.passport
    return question.status is Status.PUBLISHED and all(
        (
            wanted.get("subject") in {None, passport.subject},
            wanted.get("exam") in {None, passport.exam},
            wanted.get("task_number") in {None, passport.exam_task_number},
            wanted.get("topic") in {None, *passport.topics},
            wanted.get("difficulty") in {None, passport.difficulty},
            wanted.get("kind") in {None, question.content.kind},
        )
    )


@pytest.mark.parametrize("sort", list(Sort))
async def test_filters_sorts_and_pages_agree(database: Database, various: list[Question], sort: Sort) -> None:
    """Whatever the filter, walking by pages of two gives what a scan gives, in the same order."""
    for name, wanted in FILTERS.items():
        expected = [question for question in various if fits(question, wanted)]
        if sort.by_rating:
            expected.sort(key=lambda question: (question.stats.rating, question.id))
        if sort.descending:
            expected.reverse()
        filters = QuestionFilters(**wanted, sort=sort, limit=2)  # type: ignore[arg-type]
        found = []
        while True:
            page = await QuestionLists(database).find(ANYBODY, filters)
            assert len(page.items) <= 2
            found += [item.id for item in page.items]
            if page.next_cursor is None:
                break
            filters = replace(filters, cursor=page.next_cursor)
        assert found == [question.id for question in expected], (name, sort)


async def test_a_cursor_of_another_list_is_refused(database: Database, various: list[Question]) -> None:
    lists = QuestionLists(database)
    by_age = (await lists.find(ANYBODY, QuestionFilters(limit=2))).next_cursor
    by_words = (await lists.find(ANYBODY, QuestionFilters(limit=2, q="вопрос"))).next_cursor
    by_rating = (await lists.find(ANYBODY, QuestionFilters(limit=2, sort=Sort.EASIEST))).next_cursor
    for cursor, filters in (
        (by_age, QuestionFilters(sort=Sort.OLDEST)),
        (by_age, QuestionFilters(sort=Sort.EASIEST)),
        (by_age, QuestionFilters(q="вопрос")),
        (by_words, QuestionFilters()),
        (by_rating, QuestionFilters(sort=Sort.HARDEST)),
        (by_rating, QuestionFilters()),
    ):
        with pytest.raises(BadCursor):
            await lists.find(ANYBODY, replace(filters, cursor=cursor))


async def test_unpublished_questions_are_for_their_authors(database: Database, various: list[Question]) -> None:
    lists = QuestionLists(database)
    author = Actor(AUTHOR, frozenset({Role.AUTHOR}))
    stranger = Actor(various[0].id, frozenset({Role.AUTHOR}))  # type: ignore[arg-type]
    operator = replace(stranger, roles=frozenset({Role.OPERATOR}))
    drafts = QuestionFilters(status=Status.DRAFT)
    mine = QuestionFilters(mine=True, limit=50)
    assert len((await lists.find(author, drafts)).items) == 2
    assert len((await lists.find(author, mine)).items) == 12
    assert (await lists.find(stranger, drafts)).items == []
    assert (await lists.find(stranger, mine)).items == []
    assert len((await lists.find(operator, drafts)).items) == 2
    assert len((await lists.find(author, replace(mine, q="вопрос", status=Status.DRAFT))).items) == 2
    with pytest.raises(NotSignedIn):
        await lists.find(ANYBODY, drafts)
    with pytest.raises(RoleMissing):
        await lists.find(Actor(AUTHOR, frozenset({Role.LEARNER})), mine)


async def test_staged_questions_are_in_no_list(database: Database) -> None:
    await keep(database, a_question(a_choice("Тайный вопрос"), status=Status.STAGED, topics=("Тайна",)))
    operator = Actor(AUTHOR, frozenset({Role.OPERATOR}))
    lists = QuestionLists(database)
    for filters in (
        QuestionFilters(),
        QuestionFilters(q="тайный"),
        QuestionFilters(topic="Тайна"),
        QuestionFilters(mine=True),
        QuestionFilters(mine=True, q="тайный"),
    ):
        assert (await lists.find(operator, filters)).items == []
