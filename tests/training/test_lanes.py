"""The short way of answers and starts tells what the ordinary one tells, which takes a path with a slash at its end."""

import httpx
import msgspec
import pytest
from sqlalchemy.exc import OperationalError

from lyceum.platform.database import Database
from lyceum.training.adapters.lane import TrainingLanes
from lyceum.training.adapters.turns import SqlTurns
from tests.training.callers import TRAININGS, Classroom, a_question
from tests.training.halls import Hall

TOLD = ("content-type", "cache-control", "x-content-type-options", "set-cookie")


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether the short way answered, each time that it was tried."""
    told: list[bool] = []
    send = TrainingLanes._take

    async def noted(self: TrainingLanes, app, scope, *rest: object) -> None:  # type: ignore[no-untyped-def]
        async def passed(*given: object) -> None:
            told[-1] = False
            await app(*given)

        told.append(True)
        await send(self, passed, scope, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(TrainingLanes, "_take", noted)
    return told


def told(answer: httpx.Response) -> tuple[int, object, object]:
    body = {name: value for name, value in answer.json().items() if name != "trace_id"}
    return answer.status_code, {name: answer.headers[name] for name in TOLD if name in answer.headers}, body


async def test_both_ways_answer_alike(room: Classroom, taken: list[bool]) -> None:
    await room.fill([a_question(number) for number in range(4)])
    training = await room.started()
    attempt = training["current"]["attempt_id"]  # type: ignore[index]
    path = f"{TRAININGS}/{training['id']}/answers"
    first = await room.answer(training["id"], attempt, "b")
    assert (first.status_code, taken) == (200, [True])
    for who in (room.learner, {}, {"Authorization": "Bearer nonsense"}, {"Authorization": "Basic x"}):
        for body in (
            {"attempt_id": attempt, "answer": "b"},
            {"attempt_id": attempt, "answer": "b", "elapsed_ms": "3000"},
            {"attempt_id": attempt, "answer": "a"},
            {"attempt_id": attempt, "answer": ["b"]},
            {"attempt_id": attempt, "answer": {"x": 1}},
            {"attempt_id": attempt, "answer": "b", "more": 1},
            {"attempt_id": str(training["id"]), "answer": "b"},
            {"attempt_id": attempt, "answer": "b", "seq": 0},
            {"attempt_id": attempt, "answer": 1.5},
            {"attempt_id": attempt, "answer": "b" * 100_000},
            [], None,
        ):  # fmt: skip
            taken.clear()
            short = await room.client.post(path, json=body, headers=who)
            ordinary = await room.client.post(f"{path}/", json=body, headers=who)
            assert told(short) == told(ordinary), (who, body)
            assert len(taken) == 1
            assert taken == [short.status_code == 200 and body.get("elapsed_ms") is None], (who, body)  # type: ignore[union-attr]


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b'{"attempt_id": NaN}', b'{"answer": "\\ud800"}'])
async def test_a_body_that_is_no_answer_is_refused_alike(room: Classroom, content: bytes) -> None:
    path = f"{TRAININGS}/{'0' * 8}-0000-0000-0000-{'0' * 12}/answers"
    answers = [await room.client.post(it, content=content, headers=room.learner) for it in (path, f"{path}/")]
    assert told(answers[0]) == told(answers[1])
    assert answers[0].status_code in {400, 422}


async def test_a_fault_is_told_by_the_ordinary_way_without_trying_again(
    room: Classroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    await room.fill([a_question(number) for number in range(4)])
    training = await room.started()
    asked: list[object] = []

    async def away(self: SqlTurns, *given: object) -> None:
        asked.append(given)
        raise OperationalError("SELECT", None, OSError("away"))

    monkeypatch.setattr(SqlTurns, "write", away)
    answer = await room.answer(training["id"], training["current"]["attempt_id"], "b")  # type: ignore[index]
    assert (answer.status_code, answer.json()["code"], len(asked)) == (503, "lyceum.unavailable", 1)


async def test_both_ways_start_alike(hall: Hall, taken: list[bool], database: Database) -> None:
    event = await hall.announced()
    path, client = f"/api/training/events/{event['id']}/start", hall.room.client
    early = [await client.post(it, headers=await hall.learner(2)) for it in (path, f"{path}/")]
    assert told(early[0]) == told(early[1])
    assert early[0].status_code == 409
    hall.clock.to(event["opens_at"])
    begun = []
    for number, way in ((2, path), (3, f"{path}/")):
        begun.append(await client.post(way, json={"name": "Участник"}, headers=await hall.learner(number)))
    assert [it.status_code for it in begun] == [200, 200]
    short, ordinary = (msgspec.json.decode(it.content) for it in begun)
    assert short.keys() == ordinary.keys()
    assert [it.keys() for it in short["tasks"]] == [it.keys() for it in ordinary["tasks"]]
    assert taken == [False, True]
    repeated = [await client.post(it, headers=await hall.learner(2)) for it in (path, f"{path}/")]
    assert told(repeated[0]) == told(repeated[1])
    assert repeated[0].json()["id"] == short["id"]
    wrong = [await client.post(it, json={"nme": 1}, headers=await hall.learner(4)) for it in (path, f"{path}/")]
    assert told(wrong[0]) == told(wrong[1])
