"""Reviews as their learners meet them, over REST and on pages, and why a question was asked."""

import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx
import pytest
from litestar import Litestar
from sqlalchemy import select, update

from lyceum.platform.database import Database
from lyceum.training.adapters.tables import items, learners, seen
from lyceum.training.adapters.why import told
from lyceum.training.domain.reasons import Reason, Why
from lyceum.training.domain.trainings import Filters, Mode
from tests.training.callers import ME, TRAININGS, Classroom, a_question, headers_of
from tests.training.test_training_pages import field, visitor

DRAWN = {
    "kind": "numeric",
    "stem": "Сколько будет {{a}} + 1?",
    "options": [],
    "answer": None,
    "accepted": [{"text": "{{b}}"}],
    "template": {
        "parameters": [{"name": "a", "low": "1", "high": "1000"}],
        "derived": [{"name": "b", "expression": "a + 1"}],
    },
}


async def fall_due(database: Database) -> None:
    """Every card of everybody is due since an hour ago."""
    past = datetime.now(UTC) - timedelta(hours=1)
    async with database.writes.begin() as connection:
        await connection.execute(update(seen).where(seen.c.due.is_not(None)).values(due=past))


async def test_a_review_asks_for_what_is_due_and_ends_with_it(room: Classroom, database: Database) -> None:
    await room.fill([a_question(number) for number in range(4)])
    empty = (await room.get(f"{ME}/progress")).json()["reviews"]
    assert empty == {"due": 0, "next_due": None}
    refused = await room.start(mode="review")
    assert (refused.status_code, refused.json()["code"]) == (404, "training.nothing_to_review")
    await room.series(["a", "a", "b"])
    planned = (await room.get(f"{ME}/progress")).json()["reviews"]
    assert planned["due"] == 0
    assert planned["next_due"] is not None
    assert (await room.start(mode="review")).json()["code"] == "training.nothing_due"
    await fall_due(database)
    assert (await room.get(f"{ME}/progress")).json()["reviews"] == {"due": 3, "next_due": None}
    review = await room.started(mode="review")
    current, asked = review["current"], []
    while current:
        asked.append(current["question"]["id"])  # type: ignore[index]
        assert current["why"]["reason"] == "due"  # type: ignore[index]
        body = (await room.answer(review["id"], current["attempt_id"], "a")).json()  # type: ignore[index]
        current = body["next"]
    assert len(set(asked)) == len(asked) == 3
    assert body["training"]["finished_at"]
    assert (await room.get(f"{ME}/progress")).json()["reviews"]["due"] == 0


async def test_a_retired_question_is_not_counted_as_due(room: Classroom, database: Database) -> None:
    await room.fill([a_question(number) for number in range(2)])
    await room.series(["a", "a"])
    await fall_due(database)
    async with database.writes.begin() as connection:
        one = await connection.scalar(select(items.c.question_id).limit(1))
        await connection.execute(update(items).where(items.c.question_id == one).values(askable=False))
    assert (await room.get(f"{ME}/progress")).json()["reviews"]["due"] == 1


async def test_a_question_with_parameters_is_one_item_of_memory_and_one_of_ratings(
    room: Classroom, database: Database
) -> None:
    await room.fill([a_question(1, **DRAWN)])
    stems, ratings = set(), []
    for mode in ("practice", "review", "review"):
        training = await room.started(mode=mode, replace=True)
        current = training["current"]
        stem = current["question"]["stem_html"]  # type: ignore[index]
        stems.add(stem)
        right = int(re.findall(r"\d+", stem)[0]) + 1
        answered = await room.answer(training["id"], current["attempt_id"], right)  # type: ignore[index]
        assert answered.json()["verdict"] == "correct"
        await fall_due(database)
        async with database.read() as connection:
            (card,) = (await connection.execute(select(seen))).all()
            (item,) = (await connection.execute(select(items))).all()
            (learner,) = (await connection.execute(select(learners))).all()
        ratings.append((item.rating, item.answered, learner.rating))
    assert card.times == 3
    assert len(stems) > 1
    assert ratings[0] == ratings[1] == ratings[2]
    assert ratings[0][1] == 1


async def test_why_is_told_in_the_language_of_the_caller_and_to_its_learner_alone(room: Classroom) -> None:
    await room.fill([a_question(number) for number in range(2)])
    training, came = await room.series(["a"])
    path, attempt = f"{TRAININGS}/{training['id']}/why", str(came[0]["attempt_id"])
    english = await room.client.get(
        path, params={"attempt_id": attempt}, headers=room.learner | {"Accept-Language": "en"}
    )
    assert english.json()["why"]["reason"] == "unseen"
    assert english.json()["sentences"][0] == "You have not seen this question yet."
    russian = await room.get(path, attempt_id=attempt)
    assert (russian.json()["language"], russian.json()["sentences"][0]) == ("ru", "Этот вопрос вы ещё не видели.")
    assert (await room.get(path)).json()["code"] == "training.attempt_not_found"
    other = await headers_of(room.container, 2)
    assert (await room.get(path, other, attempt_id=attempt)).status_code == 404
    assert (await room.get(path, attempt_id=str(UUID(int=3)))).status_code == 404
    assert (await room.get(path, attempt_id="x")).status_code in {404, 422}


@pytest.mark.parametrize(
    ("why", "mode", "filters", "said"),
    [
        (None, Mode.MOCK_EXAM, Filters(), ["variant"]),
        (None, Mode.PRACTICE, Filters(), ["not kept"]),
        (Why(reason=Reason.MISTAKE), Mode.PRACTICE, Filters(), ["mistakes"]),
        (Why(reason=Reason.AGAIN), Mode.PRACTICE, Filters(), ["longest ago"]),
        (Why(reason=Reason.DUE, recall=0.87, retention=0.9, topic_days=0), Mode.REVIEW, Filters(),
         ["about 87%, and a question comes back when it falls to 90%", "within the last day"]),
        (Why(reason=Reason.UNSEEN, predicted=0.74, target=0.75, topic_days=3), Mode.PRACTICE, Filters(),
         ["not seen", "solve about 74%; the next one is looked for near 75%", "3 days ago"]),
        (Why(reason=Reason.AGAIN), Mode.PRACTICE, Filters(question_ids=(UUID(int=1),)),  # type: ignore[arg-type]
         ["You chose", "longest ago"]),
    ],
)  # fmt: skip
def test_every_reason_has_its_sentences(why: Why | None, mode: Mode, filters: Filters, said: list[str]) -> None:
    sentences = told(why, mode, filters, "en")
    assert len(sentences) == len(said)
    assert all(part in sentence for part, sentence in zip(said, sentences, strict=True)), sentences


async def test_the_cabinet_starts_a_review_and_says_when_there_is_none(
    app: Litestar, room: Classroom, database: Database
) -> None:
    await room.fill([a_question(number) for number in range(3)])
    async with visitor(app) as browser:
        token = field((await browser.get("/train")).text, "csrf_token")
        begun = await browser.post("/train", data={"csrf_token": token, "length": "1"})
        training = begun.headers["location"]
        page = (await browser.get(training)).text
        assert "Почему этот вопрос" in page
        assert "Этот вопрос вы ещё не видели." in plain(page)
        own = {name: field(page, name) for name in ("csrf_token", "attempt_id")}
        judged = await browser.post(f"{training}/answer", data={**own, "answer": "a"})
        assert "Этот вопрос вы ещё не видели." in plain(judged.text)
        assert "Повторять пока нечего" in plain((await browser.get("/cabinet")).text)
        assert (await review(browser)).headers["location"] == "/cabinet#reviews"
        await fall_due(database)
        assert "Пора повторить 1 вопрос" in plain((await browser.get("/cabinet")).text)
        assert "Пора повторить 1 вопрос" in plain((await browser.get("/train")).text)
        path = (await review(browser)).headers["location"]
        sheet = (await browser.get(path)).text
        assert "<title>Повторение" in sheet
        assert "Его пора повторить" in plain(sheet)
        assert f'href="{path}"' in (await browser.get("/cabinet")).text
        own = {name: field(sheet, name) for name in ("csrf_token", "attempt_id")}
        assert (await browser.post(f"{path}/answer", data={**own, "answer": "a"})).status_code == 200
        assert "Результат повторения" in (await browser.get(f"{path}/result")).text


def plain(page: str) -> str:
    return page.replace("\xa0", " ")


async def review(browser: httpx.AsyncClient) -> httpx.Response:
    token = field((await browser.get("/train")).text, "csrf_token")
    return await browser.post("/train", data={"csrf_token": token, "mode": "review"})
