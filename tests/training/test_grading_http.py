"""Answers graded by people: two, a third where they differ, an appeal."""

from datetime import datetime

import pytest

from lyceum.accounts.api import Role
from tests.training.callers import TRAININGS, Body, Headers, headers_of
from tests.training.sitters import ExamRoom

GRADING = "/api/training/grading"
FULL = {"k1": 2, "k2": 1}


@pytest.fixture
async def sat(exam: ExamRoom) -> Body:
    """A finished sitting with an essay in it."""
    sitting = await exam.started()
    await exam.save(sitting, 1, "a")
    await exam.save(sitting, 4, "Сочинение")
    assert (await exam.finish(sitting)).status_code == 200
    return sitting


async def graders(exam: ExamRoom, count: int = 4) -> list[Headers]:
    return [await headers_of(exam.room.container, 700 + number, Role.AUTHOR) for number in range(count)]


def essay(sitting: Body) -> str:
    tasks: list[Body] = sitting["tasks"]  # type: ignore[assignment]
    return str(tasks[3]["attempt_id"])


async def give(exam: ExamRoom, id: str, grader: Headers, points: Body, *, path: str = "grades") -> tuple[int, Body]:
    body = {"points": points, "comment": "Хорошо"}
    answer = await exam.room.client.post(f"{GRADING}/{id}/{path}", json=body, headers=grader)
    return answer.status_code, answer.json()


async def result(exam: ExamRoom, sitting: Body) -> Body:
    body: Body = (await exam.room.get(f"{TRAININGS}/{sitting['id']}/result")).json()
    return body


async def test_two_who_agree_settle_the_score_and_the_learner_reads_what_they_said(exam: ExamRoom, sat: Body) -> None:
    one, two, three, _ = await graders(exam)
    taken = await exam.room.client.post(f"{GRADING}/next", headers=one)
    assert taken.status_code == 200, taken.text
    assert taken.json()["attempt_id"] == essay(sat)
    assert taken.json()["answer"] == "Сочинение"
    assert "learner" not in taken.text
    status, _ = await give(exam, essay(sat), one, {"k1": 2, "k2": 0})
    assert status == 200
    assert (await result(exam, sat))["state"] == "grading"
    status, view = await give(exam, essay(sat), two, FULL)
    assert (status, view["score"]) == (200, 3)
    final = await result(exam, sat)
    assert final["state"] == "done"
    assert final["primary"] == {"low": 4.0, "high": 4.0}
    assert [grade["comment"] for grade in final["tasks"][3]["grades"]] == ["Хорошо", "Хорошо"]  # type: ignore[index]
    status, refused = await give(exam, essay(sat), three, FULL)
    assert (status, refused["code"]) == (409, "training.graders_found")
    assert (await exam.room.get(GRADING, three)).json()["items"] == []


async def test_a_third_decides_where_two_differ_by_the_rule(exam: ExamRoom, sat: Body) -> None:
    one, two, three, _ = await graders(exam)
    await give(exam, essay(sat), one, FULL)
    status, view = await give(exam, essay(sat), two, {"k1": 1, "k2": 0})
    assert (status, view["settled"]) == (200, False)
    assert view["grades"] == []
    status, view = await give(exam, essay(sat), three, {"k1": 0, "k2": 1})
    assert (status, view["score"]) == (200, 1)
    assert (await result(exam, sat))["primary"] == {"low": 2.0, "high": 2.0}


async def test_nobody_grades_twice_nor_their_own_answer(exam: ExamRoom, sat: Body) -> None:
    (one, *_) = await graders(exam)
    await give(exam, essay(sat), one, FULL)
    status, refused = await give(exam, essay(sat), one, FULL)
    assert (status, refused["code"]) == (409, "training.graded_by_you")
    assert (await exam.room.client.post(f"{GRADING}/next", headers=one)).json()["code"] == "training.nothing_to_grade"
    learner = await headers_of(exam.room.container, 1, Role.AUTHOR)
    status, refused = await give(exam, essay(sat), learner, FULL)
    assert (status, refused["code"]) == (403, "training.own_answer")
    assert (await exam.room.client.post(f"{GRADING}/next", headers=learner)).status_code == 404


async def test_points_that_do_not_fit_the_criteria_are_refused(exam: ExamRoom, sat: Body) -> None:
    (one, *_) = await graders(exam)
    for points in ({}, {"k1": 3, "k2": 0}, {"k1": 1, "k2": 1, "k3": 1}):
        status, refused = await give(exam, essay(sat), one, points)
        assert (status, refused["code"]) == (422, "bank.bad_points")


async def test_an_appeal_changes_the_score_and_keeps_what_was_before(exam: ExamRoom, sat: Body) -> None:
    one, two, *_ = await graders(exam)
    operator = await headers_of(exam.room.container, 901, Role.OPERATOR)
    status, refused = await give(exam, essay(sat), operator, FULL, path="appeal")
    assert (status, refused["code"]) == (409, "training.not_settled")
    for grader in (one, two):
        await give(exam, essay(sat), grader, {"k1": 1, "k2": 0})
    status, view = await give(exam, essay(sat), operator, FULL, path="appeal")
    assert (status, view["score"]) == (200, 3)
    assert [grade["round"] for grade in view["grades"]] == [1, 1, 2]  # type: ignore[index]
    assert (await result(exam, sat))["primary"] == {"low": 4.0, "high": 4.0}
    assert (await exam.read(sat))["state"] == "done"


async def test_extra_time_is_added_to_the_next_sitting(exam: ExamRoom) -> None:
    author = await headers_of(exam.room.container, 999, Role.AUTHOR)
    learner = "00000000-0000-0000-0000-000000000001"
    path = f"/api/training/accommodations/{learner}"
    assert (await exam.room.get(path, author)).json()["code"] == "training.no_accommodation"
    for minutes in (30, 90):
        put = await exam.room.client.put(path, json={"extra_min": minutes}, headers=author)
        assert put.status_code == 200, put.text
    sitting = await exam.started()
    assert sitting["extra_min"] == 90
    span = _minutes(str(sitting["started_at"]), str(sitting["deadline"]))
    assert span == 150


def _minutes(start: str, end: str) -> int:
    return int((datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds() // 60)
