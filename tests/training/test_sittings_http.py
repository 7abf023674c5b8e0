"""A mock exam over REST: a variant, saved answers, the end, the result."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from lyceum.accounts.api import Role
from lyceum.platform.database import Database
from tests.training.callers import ME, TRAININGS, headers_of
from tests.training.halls import Hall
from tests.training.sitters import EXAM, PROFILE, YEAR, ExamRoom, without_profile

HTML = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin", "Accept-Language": "ru"}


@pytest.fixture
async def timed(hall: Hall, database: Database) -> AsyncIterator[ExamRoom]:
    """The exam on a clock that the test moves."""
    exam = ExamRoom(hall.room)
    await exam.prepare()
    yield exam
    await without_profile(database)


async def test_an_exam_is_drawn_saved_finished_and_scored(exam: ExamRoom) -> None:
    sitting = await exam.started()
    assert [task["number"] for task in sitting["tasks"]] == [1, 2, 3, 4]
    assert sitting["state"] == "running"
    for number, answer in ((1, "a"), (2, "b"), (3, "3141"), (4, "Моё сочинение")):
        saved = await exam.save(sitting, number, answer, seq=1, elapsed_ms=10)
        assert saved.status_code == 200, saved.text
        assert "verdict" not in saved.text
    read = await exam.read(sitting)
    assert [task["answer"] for task in read["tasks"]] == ["a", "b", "3141", "Моё сочинение"]
    finished = await exam.finish(sitting)
    assert finished.status_code == 200, finished.text
    result = finished.json()
    assert result["primary"] == {"low": 2.0, "high": 5.0}
    assert result["test"] == {"low": 20, "high": 65}
    assert [task["attempt"]["verdict"] for task in result["tasks"]] == ["correct", "wrong", "partial", "pending"]
    assert result["thresholds"][0]["reached"] == "open"
    assert (await exam.finish(sitting)).json() == result
    assert (await exam.room.get(f"{TRAININGS}/{sitting['id']}/result")).json() == result
    assert (await exam.room.get(f"{ME}/progress")).json()["total"]["answered"] == 3
    assert len((await exam.room.get(f"{ME}/history")).json()["items"]) == 4


async def test_slots_that_the_bank_cannot_fill_are_named_over_rest_and_on_the_page(exam: ExamRoom) -> None:
    operator = await headers_of(exam.room.container, 901, Role.OPERATOR)
    slots = [*PROFILE["slots"], {"number": 5, "max_score": 1}, {"number": 6, "max_score": 2}]  # type: ignore[misc]
    wider = {**PROFILE, "slots": slots, "max_primary": 10}
    put = await exam.room.client.put(EXAM, json=wider, headers=operator)
    assert put.status_code == 200, put.text
    refused = await exam.start()
    assert (refused.status_code, refused.json()["code"]) == (409, "training.slots_unfilled")
    assert [error["loc"] for error in refused.json()["errors"]] == ["slots/5", "slots/6"]
    form = {"exam": (None, "ege"), "subject": (None, "physics"), "year": (None, str(YEAR))}
    page = await exam.room.client.post("/exams/start", files=form, headers=HTML | exam.room.learner)
    assert page.status_code == 409
    told = page.text.replace("\u00a0", " ")
    assert "Экзамен не начат" in told
    assert "Задания 5, 6" in told


async def test_an_answer_from_the_web_and_one_over_rest_at_once_count_once(exam: ExamRoom) -> None:
    sitting = await exam.started()
    path = f"/exams/{sitting['id']}/tasks/1"
    for seq in range(1, 9):
        form = {"seq": (None, str(seq)), "answer": (None, "b")}
        web = exam.room.client.post(path, files=form, headers=HTML | {"Accept": "application/json"} | exam.room.learner)
        one, other = await asyncio.gather(web, exam.save(sitting, 1, "a", seq=seq))
        assert [one.is_success, other.is_success].count(True) == 1, (one.text, other.text)
        lost = other if one.is_success else one
        assert (lost.status_code, lost.json()["code"]) == (409, "training.answer_overtaken")
        task = (await exam.read(sitting))["tasks"][0]  # type: ignore[index]
        assert (task["seq"], task["answer"]) == (seq, "a" if other.is_success else "b")
    result = (await exam.finish(sitting)).json()
    assert result["answered"] == 1
    assert len((await exam.room.get(f"{ME}/history")).json()["items"]) == 4


async def test_after_the_deadline_an_answer_is_late_but_not_for_one_with_extra_time(
    hall: Hall, timed: ExamRoom
) -> None:
    exam = timed
    path = f"/api/training/accommodations/{UUID(int=2)}"
    put = await exam.room.client.put(path, json={"extra_min": 30}, headers=await hall.organiser())
    assert put.status_code == 200, put.text
    usual, longer = await exam.started(await hall.learner(1)), await exam.started(await hall.learner(2))
    assert (usual["extra_min"], longer["extra_min"]) == (0, 30)
    for sitting, number in ((usual, 1), (longer, 2)):
        assert (await exam.save(sitting, 1, "a", await hall.learner(number))).status_code == 200
    hall.clock.to(usual["deadline"], minutes=2)
    late = await exam.save(usual, 2, "a", await hall.learner(1))
    assert (late.status_code, late.json()["code"]) == (409, "training.late")
    assert str(usual["deadline"])[:10] in late.json()["detail"]
    assert (await exam.save(longer, 2, "a", await hall.learner(2))).status_code == 200
    result = await exam.room.get(f"{TRAININGS}/{usual['id']}/result", await hall.learner(1))
    assert (result.status_code, result.json()["answered"], result.json()["primary"]["low"]) == (200, 1, 1.0)
    hall.clock.to(longer["deadline"], minutes=2)
    late = await exam.save(longer, 3, "3142", await hall.learner(2))
    assert (late.status_code, late.json()["code"]) == (409, "training.late")
