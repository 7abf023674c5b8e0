"""The learners' pages as a browser without scripts meets them."""

import asyncio
import re
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import pytest
from dishka import AsyncContainer
from litestar import Litestar

from lyceum.accounts.adapters.access_tokens import AccessTokens
from lyceum.accounts.api import Actor, Role
from lyceum.bank.adapters.facade import BankCatalogue
from lyceum.bank.api import Catalogue
from lyceum.kernel.ids import UserId
from lyceum.platform.outbox import Relay
from lyceum.training.adapters.cabinet import calendar, course, heat, weakest
from lyceum.training.adapters.queries import DayProgress, SubjectProgress, Sums

TODAY = date(2026, 11, 21)
CAPITAL: Mapping[str, object] = {
    "kind": "single_choice",
    "stem": "Столица Франции?",
    "subject": "geography",
    "topics": ["Европа"],
    "exam_task_number": 3,
    "options": [{"id": "a", "text": "Париж"}, {"id": "b", "text": "Лион"}, {"id": "c", "text": "Ницца"}],
    "answer": "a",
    "explanation": "Париж стоит на Сене.",
    "hint": "Вспомните башню.",
    "status": "published",
}
type AddQuestion = Callable[..., Awaitable[str]]


@pytest.fixture
def database_url(sqlite_template: Path, tmp_path: Path) -> str:
    return f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'lyceum.sqlite3')}"


@pytest.fixture
def add_question(app: Litestar, container: AsyncContainer, relay: Relay) -> AddQuestion:
    """`await add_question(stem=…)` publishes a question and lets training know; its find code."""

    async def add(**changes: object) -> str:
        tokens = await container.get(AccessTokens)
        author = Actor(UserId(UUID(int=7)), frozenset({Role.AUTHOR}), "Author", session_id=UUID(int=7))
        async with visitor(app) as client:
            headers = {"Authorization": f"Bearer {tokens.issue(author)}"}
            answer = await client.post("/api/bank/questions", json={**CAPITAL, **changes}, headers=headers)
        assert answer.status_code == 201, answer.text
        await relay.drain()
        return str(answer.json()["find_code"])

    return add


@asynccontextmanager
async def visitor(app: Litestar) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://lyceum.test", headers={"Accept-Language": "ru"}
    ) as client:
        yield client


@pytest.fixture
async def learner(app: Litestar) -> AsyncIterator[httpx.AsyncClient]:
    """A browser that has not been here yet."""
    async with visitor(app) as client:
        yield client


def field(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]+)"', page)
    assert found, f"no field {name}"
    return found[1]


async def begin(learner: httpx.AsyncClient, **form: str) -> str:
    """The path of a training that was begun by the form."""
    token = field((await learner.get("/train")).text, "csrf_token")
    begun = await learner.post("/train", data={"csrf_token": token, "length": "10", **form})
    assert begun.status_code == 303, begun.text
    return begun.headers["location"]


async def send(learner: httpx.AsyncClient, training: str, page: str, **form: str) -> httpx.Response:
    own = {name: field(page, name) for name in ("csrf_token", "attempt_id")}
    return await learner.post(f"{training}/answer", data={**own, **form})


async def test_a_guest_begins_answers_and_sees_the_verdict(
    learner: httpx.AsyncClient, add_question: AddQuestion
) -> None:
    await add_question()
    training = await begin(learner)
    page = (await learner.get(training)).text
    assert "Париж стоит" not in page
    answered = await send(learner, training, page, answer="b")
    assert answered.status_code == 200
    assert 'data-verdict="wrong"' in answered.text
    assert "Париж стоит" in answered.text
    result = await learner.get(f"{training}/result")
    assert "0 из 1" in result.text
    assert "/signup?next=/cabinet" in result.text


async def test_the_same_answer_twice_counts_once_and_of_two_different_ones_the_first(
    learner: httpx.AsyncClient, add_question: AddQuestion
) -> None:
    await add_question()
    training = await begin(learner)
    page = (await learner.get(training)).text
    both = await asyncio.gather(*(send(learner, training, page, answer="a") for _ in range(2)))
    assert [answer.status_code for answer in both] == [200, 200]
    assert all('data-verdict="correct"' in answer.text for answer in both)
    for late in ({"answer": "b"}, {"skip": "1"}):
        shown = await send(learner, training, page, **late)
        assert 'data-verdict="correct"' in shown.text
        assert "засчитан первый ответ" in shown.text
    progress = (await learner.get("/api/training/me/progress")).json()
    assert progress["total"]["answered"] == 1


async def test_a_given_up_question_shows_its_answer_and_waits_among_the_mistakes(
    learner: httpx.AsyncClient, add_question: AddQuestion
) -> None:
    code = await add_question()
    training = await begin(learner)
    given_up = await send(learner, training, (await learner.get(training)).text, skip="1")
    assert 'data-verdict="skipped"' in given_up.text
    mistakes = (await learner.get("/cabinet/mistakes")).text
    assert f"/questions/{code}" in mistakes
    again = await begin(learner, mistakes="1")
    assert "Столица Франции?" in (await learner.get(again)).text


async def test_a_hint_comes_without_the_answer(learner: httpx.AsyncClient, add_question: AddQuestion) -> None:
    await add_question()
    training = await begin(learner)
    page = (await learner.get(training)).text
    own = {name: field(page, name) for name in ("csrf_token", "attempt_id")}
    hint = await learner.post(f"{training}/hint", data=own, headers={"HX-Request": "true"})
    assert "Вспомните башню" in hint.text
    assert "Париж стоит" not in hint.text


async def test_without_scripts_the_hint_stands_in_the_question_and_the_choice_stays(
    learner: httpx.AsyncClient, add_question: AddQuestion
) -> None:
    await add_question()
    training = await begin(learner)
    page = (await learner.get(training)).text
    own = {name: field(page, name) for name in ("csrf_token", "attempt_id")}
    hint = (await learner.post(f"{training}/hint", data={**own, "answer": "b"})).text
    assert "Вспомните башню" in hint
    assert re.search(r'name="answer" value="b" checked', hint)
    await send(learner, training, page, answer="a")
    late = await learner.post(f"{training}/hint", data=own)
    assert late.headers["location"] == training


async def test_a_question_can_be_trained_by_its_code(learner: httpx.AsyncClient, add_question: AddQuestion) -> None:
    await add_question(stem="Другая?")
    code = await add_question()
    training = await begin(learner, code=code.lower())
    page = (await learner.get(training)).text
    assert code in page
    await send(learner, training, page, answer="a")
    assert (await learner.get(training)).headers["location"] == f"{training}/result"


async def test_filters_that_nothing_passes_say_so_on_the_form(
    learner: httpx.AsyncClient, add_question: AddQuestion
) -> None:
    await add_question()
    token = field((await learner.get("/train")).text, "csrf_token")
    refused = await learner.post("/train", data={"csrf_token": token, "subject": "geography", "task_number": "9"})
    assert 400 <= refused.status_code < 500
    assert 'role="alert"' in refused.text
    assert 'value="geography" checked' in refused.text


@pytest.mark.parametrize("tail", ["", "/result"])
async def test_a_training_of_somebody_else_is_not_found(
    app: Litestar, learner: httpx.AsyncClient, add_question: AddQuestion, tail: str
) -> None:
    await add_question()
    mine = await begin(learner)
    async with visitor(app) as other:
        theirs = await begin(other)
        answer = await other.get(f"{mine}{tail}")
        assert answer.status_code == 404
        assert "Столица" not in answer.text
        page = (await other.get(theirs)).text
        assert (await send(other, mine, page, answer="a")).status_code == 404


@pytest.mark.parametrize("path", ["/cabinet", "/cabinet/history", "/cabinet/mistakes"])
async def test_a_visitor_is_offered_to_train(learner: httpx.AsyncClient, path: str) -> None:
    page = await learner.get(path)
    assert page.status_code == 200
    assert 'href="/train"' in page.text.split("<main")[1]


async def test_an_empty_bank_and_an_unknown_training_are_no_dead_ends(learner: httpx.AsyncClient) -> None:
    start = await learner.get("/")
    assert start.status_code == 200
    assert "/author/imports" in start.text
    assert (await learner.get(f"/train/{uuid4()}")).status_code in {401, 404}


async def test_the_cabinet_shows_what_was_counted(learner: httpx.AsyncClient, add_question: AddQuestion) -> None:
    code = await add_question()
    training = await begin(learner)
    await send(learner, training, (await learner.get(training)).text, answer="b")
    cabinet = (await learner.get("/cabinet?subject=geography")).text
    assert "1 отвеченный вопрос" in cabinet
    assert "Серия: 1 день" in cabinet
    assert "Задание 3: мало данных, 1 ответ" in cabinet
    assert f"/questions/{code}" in cabinet
    history = (await learner.get("/cabinet/history?subject=geography")).text
    assert f"/questions/{code}" in history
    assert f"/questions/{code}" not in (await learner.get("/cabinet/history?subject=physics")).text
    assert (await learner.get("/cabinet/history?cursor=nonsense")).status_code == 422


async def test_the_question_of_the_day_is_one_for_everybody_and_changes(
    container: AsyncContainer, add_question: AddQuestion
) -> None:
    catalogue: BankCatalogue
    async with container() as scope:
        catalogue = await scope.get(Catalogue)
        assert await catalogue.of_the_day(TODAY) is None
        await add_question(kind="essay", options=[], answer=None, stem="Опишите.", hint="")
        assert await catalogue.of_the_day(TODAY) is None
        codes = {await add_question(stem=f"Вопрос {number}?") for number in range(8)}
        drawn = [await catalogue.of_the_day(TODAY + timedelta(days=day)) for day in range(40)]
        assert await catalogue.of_the_day(TODAY) == drawn[0]
    found = {brief.find_code for brief in drawn if brief}
    assert found <= codes
    assert len(found) > 1


def day(ago: int, answered: int = 10, accuracy: float = 0.5) -> DayProgress:
    return DayProgress(day=TODAY - timedelta(days=ago), answered=answered, accuracy=accuracy)


def sums(answered: int, accuracy: float) -> Sums:
    return Sums(answered=answered, correct=0, score=0, max_score=answered, accuracy=accuracy)


def test_the_calendar_has_thirteen_weeks_from_monday_and_marks_today() -> None:
    cells = calendar([day(0, 25), day(1, 10), day(2, 1)], TODAY)
    assert len(cells) == 91
    assert cells[0].day.weekday() == 0
    assert [cell.look for cell in cells[-4:]] == ["d1", "d2", "d3 dt", "dx"]


def test_accuracy_is_by_days_while_they_are_few_and_by_weeks_then() -> None:
    assert not course([day(20), day(0)]).by_week
    weeks = course([day(70, 30, 0.4), day(69, 10, 0.8), day(0, 10, 0.9)])
    assert weeks.by_week
    assert weeks.points[0].accuracy == pytest.approx(0.5)
    assert weeks.points[1].accuracy is None
    assert weeks.halves == (pytest.approx(0.5), pytest.approx(0.9))
    assert course([]).points == ()


@pytest.mark.parametrize(
    ("answered", "accuracy", "step"), [(4, 1.0, 0), (5, 0.39, 1), (5, 0.4, 2), (9, 0.6, 3), (9, 0.8, 4)]
)
def test_a_task_is_coloured_from_five_answers_on(answered: int, accuracy: float, step: int) -> None:
    assert heat(sums(answered, accuracy)) == step


def test_the_weakest_topics_have_enough_answers_and_too_few_points() -> None:
    topics = {"часто неверно": sums(6, 0.2), "чуть лучше": sums(3, 0.5), "мало": sums(2, 0.0), "сильная": sums(9, 0.9)}
    subject = SubjectProgress(
        subject="physics", total=sums(20, 0.5), ability=1500, ability_error=100, tasks={}, topics=topics
    )
    assert [weak.topic for weak in weakest([subject])] == ["часто неверно", "чуть лучше"]


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"length": "²"}, "303"),
        ({"length": "-1"}, "303"),
        ({"task_number": "999"}, "Номер задания от"),
        ({"task_number": "третье"}, "Номер задания от"),
        ({"difficulty": "x"}, "Одно из"),
        ({"exam": "x" * 500}, "Одно из"),
    ],
)
async def test_what_cannot_be_trained_is_said_and_not_replaced_by_something_else(
    learner: httpx.AsyncClient, add_question: AddQuestion, form: dict[str, str], said: str
) -> None:
    await add_question()
    token = field((await learner.get("/train")).text, "csrf_token")
    answer = await learner.post("/train", data={"csrf_token": token, **form})
    assert said in answer.text or said == str(answer.status_code)
    assert answer.status_code in {303, 422}


async def test_a_text_that_is_read_counts_for_nothing(learner: httpx.AsyncClient, add_question: AddQuestion) -> None:
    reading = {"kind": "description", "options": [], "answer": None, "stem": "Прочитайте.", "hint": ""}
    training = await begin(learner, code=await add_question(**reading))
    page = (await learner.get(training)).text
    assert "География" in page
    over = await send(learner, training, page)
    assert over.status_code == 303
    result = (await learner.get(f"{training}/result")).text
    assert "прочитан" in result
    assert "1 из" not in result
    assert (await learner.get("/cabinet")).text.count("ещё нет ответов") <= 1


async def test_the_sheet_names_the_subject_in_the_language_of_its_reader(
    learner: httpx.AsyncClient, add_question: AddQuestion
) -> None:
    await add_question()
    training = await begin(learner)
    learner.cookies.set("ly_locale", "en")
    page = (await learner.get(training)).text
    assert "Geography" in page
    assert "География" not in page
