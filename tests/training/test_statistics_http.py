"""Question statistics over REST: words for learners, numbers for authors and operators."""

from uuid import UUID

import pytest
from dishka import AsyncContainer

from lyceum.accounts.api import Role
from tests.training.callers import Body, Classroom, Headers, a_question, headers_of

QUESTIONS = "/api/training/questions"
SETS = "/api/training/sets"
PER_PERSON = 4


@pytest.fixture
async def author(container: AsyncContainer) -> Headers:
    return await headers_of(container, 999, Role.AUTHOR)


@pytest.fixture
async def operator(container: AsyncContainer) -> Headers:
    return await headers_of(container, 1000, Role.OPERATOR)


async def answered(room: Classroom, learners: int = 24) -> list[str]:
    """Four questions, each learner's training of all four; the stronger half answers `a`, the others `b`."""
    await room.fill([a_question(number) for number in range(PER_PERSON)])
    listed = await room.client.get("/api/bank/questions", headers=room.learner)
    ids = [item["id"] for item in listed.json()["items"]]
    for number in range(learners):
        learner = await headers_of(room.container, 10 + number)
        training = await room.started(learner, filters={"question_ids": ids}, length=PER_PERSON)
        current = training["current"]
        for step in range(PER_PERSON):
            choice = "a" if number % 4 > step else "b"
            response = await room.answer(training["id"], current["attempt_id"], choice, learner)  # type: ignore[index]
            assert response.status_code == 200, response.text
            current = response.json()["next"]
    await room.settle()
    return ids


async def test_authors_get_numbers_and_learners_words(room: Classroom, author: Headers, operator: Headers) -> None:
    ids = await answered(room)
    for headers in (author, operator):
        body: Body = (await room.get(f"{QUESTIONS}/{ids[0]}/statistics", headers)).json()
        numbers = body["numbers"]
        assert isinstance(numbers, dict)
        assert (numbers["answered"], numbers["measured"], numbers["random_guess"]) == (24, 24, 0.25)
        assert {it["option"]: it["right"] for it in numbers["options"]} == {
            "a": True,
            "b": False,
            "c": False,
            "d": False,
        }
        assert sum(it["count"] for it in numbers["options"]) == 24
        assert sum(group["answered"] for group in numbers["groups"]) == 24
        assert numbers["signs"] == ["few_answers"]
    stranger = await headers_of(room.container, 5)
    told = (await room.get(f"{QUESTIONS}/{ids[0]}/statistics", stranger)).json()
    assert told["solved"] in {"most", "half", "few"}
    assert (told["numbers"], told["popular_mistake"]) == (None, None)
    knows = await headers_of(room.container, 10)
    mistakes = [(await room.get(f"{QUESTIONS}/{id}/statistics", knows)).json()["popular_mistake"] for id in ids]
    assert "b" in mistakes


async def test_the_bank_shows_the_discrimination(room: Classroom) -> None:
    ids = await answered(room)
    stats = [(await room.get(f"/api/bank/questions/{id}")).json()["stats"] for id in ids]
    assert any(it["discrimination"] is not None and it["discrimination"] > 0 for it in stats)
    assert {it["answered"] for it in stats} == {24}


async def test_lists_are_sorted_and_paged_and_hold_ones_own(
    room: Classroom, author: Headers, operator: Headers
) -> None:
    ids = await answered(room)
    for sort in ("facility", "-facility", "discrimination", "-discrimination", "efficiency", "-answered"):
        found: list[Body] = []
        cursor = None
        while True:
            asked = {"sort": sort, "limit": 3} | ({"cursor": cursor} if cursor else {})
            page = (await room.get(f"{QUESTIONS}/statistics", author, **asked)).json()  # type: ignore[arg-type]
            found += page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                break
        key = sort.removeprefix("-")
        values = [it[key] for it in found]
        assert values == sorted(values, reverse=sort.startswith("-"))  # type: ignore[type-var]
        if key in {"facility", "answered"}:
            assert {it["question_id"] for it in found} == set(ids)
    other = await headers_of(room.container, 998, Role.AUTHOR)
    assert (await room.get(f"{QUESTIONS}/statistics", other)).json()["items"] == []
    mine = (await room.get(f"{QUESTIONS}/statistics", operator)).json()["items"]
    everybody = (await room.get(f"{QUESTIONS}/statistics", operator, everybody="true")).json()["items"]
    assert (len(mine), len(everybody)) == (0, 4)
    wrong = await room.get(f"{QUESTIONS}/statistics", author, cursor="x")
    assert wrong.json()["code"] == "lyceum.bad_cursor"


async def test_a_set_that_was_answered_as_a_whole_has_its_reliability(
    room: Classroom, author: Headers, operator: Headers
) -> None:
    ids = await answered(room)
    (listed,) = (await room.get(SETS, author)).json()["items"]
    assert (listed["kind"], listed["size"], listed["learners"]) == ("list", 4, 24)
    whole = (await room.get(f"{SETS}/{listed['id']}", operator)).json()
    assert whole["alpha"] == listed["alpha"]
    assert {it["question_id"] for it in whole["items"]} == set(ids)
    assert sum(it["weight"] or 0 for it in whole["items"]) == pytest.approx(100)
    other = await headers_of(room.container, 998, Role.AUTHOR)
    assert (await room.get(SETS, other)).json()["items"] == []
    for path in (f"{SETS}/{listed['id']}", f"{SETS}/{UUID(int=4)}", f"{QUESTIONS}/{UUID(int=4)}/statistics"):
        response = await room.get(path, other)
        assert (response.status_code, response.json()["code"]) == (404, "training.statistics_not_found"), path


async def test_a_training_that_was_ended_early_counts_what_was_answered(room: Classroom, author: Headers) -> None:
    await room.fill([a_question(number) for number in range(3)])
    training = await room.started()
    await room.answer(training["id"], training["current"]["attempt_id"], "a")  # type: ignore[index]
    assert (await room.get(f"{QUESTIONS}/statistics", author)).json()["items"] == []
    await room.client.post(f"/api/training/trainings/{training['id']}/finish", headers=room.learner)
    await room.settle()
    (item,) = (await room.get(f"{QUESTIONS}/statistics", author)).json()["items"]
    assert (item["answered"], item["measured"], item["facility"]) == (1, 0, 1.0)
