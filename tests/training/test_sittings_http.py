"""A mock exam over REST: a variant, saved answers, the end, the result."""

from tests.training.callers import ME, TRAININGS
from tests.training.sitters import ExamRoom


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
