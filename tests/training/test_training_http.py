"""Training over REST, through the whole application."""

from uuid import UUID

import msgspec

from lyceum.training.adapters import examples
from lyceum.training.adapters.leaderboard import Leaderboard
from lyceum.training.adapters.progress import OwnProgress
from lyceum.training.adapters.settings_http import SettingsView
from lyceum.training.adapters.why import WhyView
from lyceum.training.use_cases.views import AnswerView, TrainingView
from tests.training.callers import ME, TRAININGS, Body, Classroom, a_question, headers_of

NOBODYS = UUID(int=404)
ROUTES = [
    ("POST", TRAININGS),
    ("GET", f"{TRAININGS}/current"),
    ("GET", f"{TRAININGS}/{NOBODYS}"),
    ("POST", f"{TRAININGS}/{NOBODYS}/answers"),
    ("POST", f"{TRAININGS}/{NOBODYS}/skip"),
    ("POST", f"{TRAININGS}/{NOBODYS}/hint"),
    ("POST", f"{TRAININGS}/{NOBODYS}/finish"),
    ("GET", f"{TRAININGS}/{NOBODYS}/result"),
    ("GET", f"{ME}/progress"),
    ("GET", f"{ME}/history"),
    ("GET", f"{ME}/mistakes"),
]


def waiting(body: Body) -> str:
    """The attempt that waits in a training."""
    current = body["current"]
    assert isinstance(current, dict)
    return str(current["attempt_id"])


async def test_a_learner_starts_answers_and_gets_the_result(room: Classroom) -> None:
    await room.fill([a_question(1)])
    begun = await room.started(filters={"subject": "physics"})
    for shown in (str(begun), (await room.get(f"{TRAININGS}/current")).text):
        assert "Разбор" not in shown
        assert "right_answer" not in shown
    got: Body = (await room.answer(begun["id"], waiting(begun), "a")).json()
    assert (got["verdict"], got["score"], got["max_score"], got["next"]) == ("correct", 1.0, 1.0, None)
    assert (got["right_answer"], got["elements"], got["explanation_html"]) == ("a", {"a": True}, "Разбор 1")
    result = got["result"]
    assert isinstance(result, dict)
    assert result["total"] == {"answered": 1, "correct": 1, "score": 1.0, "max_score": 1.0, "accuracy": 1.0}
    assert (list(result["topics"]), list(result["tasks"])) == (["Оптика"], ["2"])
    assert (await room.get(f"{TRAININGS}/{begun['id']}/result")).json() == result
    (item,) = result["attempts"]
    found = await room.client.get("/api/bank/questions", params={"find_code": item["find_code"]})
    assert found.json()["id"] == item["question_id"]
    assert (await room.get(f"{TRAININGS}/current")).status_code == 404


async def test_nobody_trains_without_signing_in(room: Classroom) -> None:
    for method, path in ROUTES:
        body = {"attempt_id": str(NOBODYS), "answer": "a"} if path.endswith("answers") else {}
        response = await room.client.request(method, path, json=body if method == "POST" else None)
        assert (response.status_code, response.json()["code"]) == (401, "accounts.not_signed_in"), path


async def test_a_guest_trains_like_everybody(room: Classroom) -> None:
    await room.fill([a_question(1)])
    tokens = (await room.client.post("/api/auth/guest")).json()
    guest = {"Authorization": f"Bearer {tokens['access_token']}"}
    begun = await room.started(guest)
    assert (await room.answer(begun["id"], waiting(begun), "a", guest)).json()["verdict"] == "correct"
    assert (await room.get(f"{ME}/progress", guest)).json()["total"]["answered"] == 1


async def test_anothers_training_is_as_good_as_absent(room: Classroom) -> None:
    await room.fill([a_question(1), a_question(2)])
    mine, other = await room.started(), await headers_of(room.container, 2)
    path = f"{TRAININGS}/{mine['id']}"
    theirs = await room.started(other)
    answers = [
        await room.get(path, other),
        await room.get(f"{path}/result", other),
        await room.answer(mine["id"], waiting(mine), "a", other),
        await room.answer(theirs["id"], waiting(mine), "a", other),
        *[await room.client.post(f"{path}/{verb}", headers=other) for verb in ("skip", "hint", "finish")],
    ]
    assert [answer.status_code for answer in answers] == [404] * 7
    assert (await room.get(path)).json() == mine


async def test_an_answer_of_the_wrong_shape_is_refused_and_nothing_is_kept(room: Classroom) -> None:
    await room.fill([a_question(1)])
    begun = await room.started()
    for given in (["a"], {"a": "b"}, "zzz", 3, True, None):
        response = await room.answer(begun["id"], waiting(begun), given)
        assert (response.status_code, response.json()["code"]) == (422, "bank.answer_shape"), given
    assert (await room.get(f"{TRAININGS}/{begun['id']}")).json() == begun


async def test_a_body_that_is_no_answer_is_refused(room: Classroom) -> None:
    await room.fill([a_question(1)])
    begun = await room.started()
    path, right = f"{TRAININGS}/{begun['id']}/answers", {"attempt_id": waiting(begun), "answer": "a"}
    for changes in ({"attempt_id": "x"}, {"more": 1}, {"elapsed_ms": "soon"}, {"answer": {"a": {}}}):
        response = await room.client.post(path, json={**right, **changes}, headers=room.learner)
        assert (response.status_code, response.json()["code"]) == (422, "lyceum.malformed"), changes
    for gone in right:
        body = {name: value for name, value in right.items() if name != gone}
        assert (await room.client.post(path, json=body, headers=room.learner)).status_code == 422
    assert (await room.get(f"{TRAININGS}/{begun['id']}")).json() == begun


async def test_a_time_that_cannot_be_true_is_replaced(room: Classroom) -> None:
    await room.fill([a_question(1)])
    for elapsed in (-5, 10**15, 2**63 - 1):
        begun = await room.started(replace=True)
        body = {"attempt_id": waiting(begun), "answer": "a", "elapsed_ms": elapsed}
        response = await room.client.post(f"{TRAININGS}/{begun['id']}/answers", json=body, headers=room.learner)
        assert response.status_code == 200
        assert 0 <= response.json()["elapsed_ms"] < 60_000


async def test_the_order_in_which_choices_were_ticked_makes_no_other_answer(room: Classroom) -> None:
    await room.fill([a_question(1, kind="multiple_choice", answer=["a", "c"])])
    begun = await room.started()
    first = await room.answer(begun["id"], waiting(begun), ["c", "a"])
    again = await room.answer(begun["id"], waiting(begun), ["a", "c"])
    assert first.json() == again.json()
    assert first.json()["verdict"] == "correct"
    other = await room.answer(begun["id"], waiting(begun), ["a"])
    assert (other.status_code, other.json()["code"]) == (409, "training.answered_differently")


async def test_skip_hint_and_finish_need_no_body(room: Classroom) -> None:
    await room.fill([a_question(number) for number in range(3)])
    begun = await room.started()
    path = f"{TRAININGS}/{begun['id']}"
    hint = await room.client.post(f"{path}/hint", headers=room.learner)
    assert hint.json() == {"hint_html": "Подумайте"}
    skipped = await room.client.post(f"{path}/skip", headers=room.learner)
    assert (skipped.json()["verdict"], skipped.json()["right_answer"], skipped.json()["score"]) == ("skipped", "a", 0.0)
    assert skipped.json()["next"]["position"] == 2
    finished = await room.client.post(f"{path}/finish", headers=room.learner)
    assert (finished.status_code, finished.json()["total"]["answered"]) == (200, 1)
    for verb in ("skip", "hint"):
        late = await room.client.post(f"{path}/{verb}", headers=room.learner)
        assert (late.status_code, late.json()["code"]) == (409, "training.finished")
    late = await room.answer(begun["id"], skipped.json()["next"]["attempt_id"], "a")
    assert (late.status_code, late.json()["code"]) == (409, "training.finished")
    assert (await room.client.post(f"{path}/finish", headers=room.learner)).json() == finished.json()


async def test_a_second_training_is_refused_by_name_and_replaced_on_request(room: Classroom) -> None:
    await room.fill([a_question(number) for number in range(3)])
    first = await room.started()
    refused = await room.start()
    assert (refused.status_code, refused.json()["code"]) == (409, "training.already_active")
    assert refused.json()["training_id"] == first["id"]
    second = await room.started(replace=True)
    assert (await room.get(f"{TRAININGS}/current", mode="practice")).json()["id"] == second["id"]
    ended = (await room.get(f"{TRAININGS}/{first['id']}")).json()
    assert ended["finished_at"]
    assert ended["current"] is None


IMPOSSIBLE: list[Body] = [
    {"filters": {"subject": "astrology"}},
    {"filters": {"topics": ["Никогда"]}},
    {"filters": {"mistakes_only": True}},
    {"filters": {"question_ids": [str(NOBODYS)]}},
    {"filters": {"subject": "physics' OR 1=1 --"}},
    {"filters": {"difficulty": "hard"}},
    {"filters": {"exam": "ege", "task_numbers": [40]}},
]


async def test_filters_that_nothing_passes_start_nothing(room: Classroom) -> None:
    await room.fill([a_question(1)])
    for asked in IMPOSSIBLE:
        refused = await room.start(**asked)
        assert (refused.status_code, refused.json()["code"]) == (404, "training.no_questions"), asked
    assert (await room.get(f"{TRAININGS}/current")).status_code == 404


MALFORMED: list[Body] = [
    {"length": 0},
    {"length": 201},
    {"mode": "party"},
    {"mode": "mock_exam"},
    {"filters": {"subject": ""}},
    {"filters": {"subject": "a\x00b"}},
    {"filters": {"task_numbers": [0]}},
    {"filters": {"difficulty": "brutal"}},
    {"filters": {"colour": "red"}},
    {"filters": {"pack": "no-uuid"}},
]


async def test_a_training_that_cannot_be_is_refused(room: Classroom) -> None:
    await room.fill([a_question(1)])
    for asked in MALFORMED:
        assert (await room.start(**asked)).status_code == 422, asked


async def test_a_mistake_is_listed_and_trained_until_it_is_solved(room: Classroom) -> None:
    await room.fill([a_question(number) for number in range(4)])
    _, came = await room.series(["b", "a", None, "c"])
    wrong = {it["attempt_id"] for it in came if it["verdict"] != "correct"}
    listed = (await room.get(f"{ME}/mistakes")).json()["items"]
    assert {it["verdict"] for it in listed} == {"wrong", "skipped"}
    assert [it["answered_at"] for it in listed] == sorted((it["answered_at"] for it in listed), reverse=True)
    assert all(len(it["find_code"]) == 8 for it in listed)
    assert (await room.get(f"{ME}/progress")).json()["mistakes"] == len(wrong) == 3
    _, came = await room.series(["a", "a", "b"], filters={"mistakes_only": True})
    assert came[-1]["result"] is not None
    left = (await room.get(f"{ME}/mistakes")).json()["items"]
    assert [it["question_id"] for it in left] == [came[-1]["result"]["attempts"][-1]["question_id"]]  # type: ignore[index]
    assert (await room.get(f"{ME}/mistakes", subject="chemistry")).json()["items"] == []


async def test_history_is_paged_the_newest_first(room: Classroom) -> None:
    await room.fill([a_question(number) for number in range(5)])
    await room.series(["a", "b", "a", None, "a"])
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        params: dict[str, str | int] = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = (await room.get(f"{ME}/history", **params)).json()
        assert len(page["items"]) <= 2
        seen += [item["answered_at"] for item in page["items"]]
        cursor = page["next_cursor"]
    assert len(seen) == 5
    assert seen == sorted(seen, reverse=True)
    assert (await room.get(f"{ME}/history", subject="chemistry")).json()["items"] == []


async def test_a_page_that_cannot_be_is_refused(room: Classroom) -> None:
    for path in ("history", "mistakes"):
        for params in ({"cursor": "x"}, {"limit": 0}, {"limit": 101}):
            assert (await room.get(f"{ME}/{path}", **params)).status_code == 422  # type: ignore[arg-type]


async def test_progress_adds_up_by_subject_task_topic_and_day(room: Classroom) -> None:
    await room.fill([a_question(number) for number in range(4)] + [a_question(9, subject="chemistry", topics=[])])
    await room.series(["a", "b", "a", None], filters={"subject": "physics"})
    await room.series(["a"], filters={"subject": "chemistry"})
    progress = (await room.get(f"{ME}/progress")).json()
    assert (progress["total"]["answered"], progress["total"]["correct"], progress["total"]["accuracy"]) == (4, 3, 0.75)
    by_subject = {it["subject"]: it for it in progress["subjects"]}
    physics, chemistry = by_subject["physics"], by_subject["chemistry"]
    assert (physics["total"]["answered"], chemistry["total"]["answered"]) == (3, 1)
    assert sum(it["answered"] for it in physics["tasks"].values()) == 3
    assert sum(it["answered"] for it in physics["topics"].values()) == 3
    assert chemistry["topics"] == {}
    assert chemistry["ability"] > 1500
    assert chemistry["ability_error"] > physics["ability_error"]
    assert progress["streak"] == {"current": 1, "best": 1, "today": True}
    assert [day["answered"] for day in progress["days"]] == [4]
    assert (await room.get(f"{ME}/progress", await headers_of(room.container, 5))).json()["total"]["answered"] == 0


async def test_having_answered_opens_the_explanation_in_the_bank(room: Classroom) -> None:
    await room.fill([a_question(1)])
    begun = await room.started()
    question = begun["current"]["question"]["id"]  # type: ignore[index]
    closed = (await room.get(f"/api/bank/questions/{question}")).json()
    await room.answer(begun["id"], waiting(begun), "b")
    opened = (await room.get(f"/api/bank/questions/{question}")).json()
    assert "Разбор" not in str(closed)
    assert "Разбор 1" in str(opened)


async def test_answers_count_into_the_question_after_the_relay(room: Classroom) -> None:
    await room.fill([a_question(1)])
    begun = await room.started()
    question = begun["current"]["question"]["id"]  # type: ignore[index]
    await room.answer(begun["id"], waiting(begun), "b")
    await room.relay.drain()
    stats = (await room.get(f"/api/bank/questions/{question}")).json()["stats"]
    assert (stats["answered"], stats["correct"], stats["facility"]) == (1, 0, 0.0)
    assert stats["rating"] > 0


def test_the_examples_of_the_description_have_the_shape_of_the_answers() -> None:
    msgspec.convert(examples.TRAINING, TrainingView, strict=False)
    msgspec.convert(examples.ANSWER, AnswerView, strict=False)
    msgspec.convert(examples.PROGRESS, OwnProgress, strict=False)
    assert examples.TRAINING.keys() == set(TrainingView.__struct_fields__)
    assert examples.ANSWER.keys() == set(AnswerView.__struct_fields__)
    assert examples.PROGRESS.keys() == set(OwnProgress.__struct_fields__)
    others = ((WhyView, examples.WHY), (SettingsView, examples.SETTINGS), (Leaderboard, examples.LEADERBOARD))
    for shape, example in others:
        msgspec.convert(example, shape, strict=False)
        assert example.keys() == set(shape.__struct_fields__)
