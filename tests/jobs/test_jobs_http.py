"""`/api/jobs` over the whole application, on both databases, with the worker inside."""

import asyncio
import time
from dataclasses import dataclass
from uuid import uuid4

import httpx
import pytest
from dishka import AsyncContainer

from lyceum.accounts.api import Role
from tests.training.callers import Headers, headers_of

TASKS = "/api/jobs/tasks"
LATER = "2099-01-01T00:00:00Z"
type Body = dict[str, object]


@dataclass(frozen=True, slots=True)
class Office:
    client: httpx.AsyncClient
    masha: Headers
    petya: Headers
    operator: Headers

    async def make(self, form: Body | None = None, *, by: Headers | None = None, **headers: str) -> httpx.Response:
        wanted: Body = {"description": "Пересчитать", "payload": {"seconds": 0}} | (form or {})
        return await self.client.post(TASKS, json=wanted, headers={**(by or self.masha), **headers})

    async def waiting(self, form: Body | None = None, *, by: Headers | None = None) -> str:
        """The id of a task that no worker will take for a long time."""
        made = await self.make({"run_at": LATER} | (form or {}), by=by)
        assert made.status_code == 201, made.text
        return str(made.json()["id"])

    async def over(self, id: str, seconds: float = 10) -> Body:
        """The task once it is finished."""
        deadline = time.monotonic() + seconds
        while True:
            task: Body = (await self.client.get(f"{TASKS}/{id}", headers=self.operator)).json()
            if task["status"] in {"completed", "failed"}:
                return task
            assert time.monotonic() < deadline, task
            await asyncio.sleep(0.02)


@pytest.fixture
async def office(client: httpx.AsyncClient, container: AsyncContainer) -> Office:
    people = [await headers_of(container, number) for number in (1, 2)]
    return Office(client, *people, operator=await headers_of(container, 3, Role.OPERATOR))


async def test_a_description_alone_makes_a_demo_task(office: Office) -> None:
    made = await office.client.post(TASKS, json={"description": "x"}, headers=office.masha)
    assert made.status_code == 201
    body = made.json()
    assert (body["kind"], body["priority"], body["timeout_s"], body["max_attempts"]) == ("demo", 5, 600, 5)
    assert (body["status"], body["source"], body["attempt"], body["deduplicated"]) == ("new", "rest", 0, False)
    assert made.headers["etag"] == '"1"'
    assert made.headers["location"] == f"{TASKS}/{body['id']}"
    await office.client.post(f"{TASKS}/{body['id']}/cancel", headers=office.masha)


async def test_a_task_is_done_and_its_log_tells_how(office: Office) -> None:
    id = (await office.make()).json()["id"]
    task = await office.over(id)
    assert (task["status"], task["attempt"], task["error"]) == ("completed", 1, None)
    assert task["result"] == {"steps": 1, "seconds": 0.0}
    assert task["progress"] == {"done": 1, "total": 1, "note": ""}
    log = (await office.client.get(f"{TASKS}/{id}/log", headers=office.masha)).json()["items"]
    moves = [line["text"] for line in log if line["level"] == "move"]
    assert moves == [" → new", "new → in_progress", "in_progress → completed"]
    assert [line["text"] for line in log if line["level"] == "info"] == ["0.0 s of work begin."]


async def test_a_failing_task_is_tried_again_later_or_failed_for_good(office: Office) -> None:
    lasting = (await office.make({"payload": {"seconds": 0, "fail": 1}, "max_attempts": 1})).json()["id"]
    task = await office.over(lasting)
    assert task["error"] == {
        "code": "worker_error", "message": "The work failed, as it was asked to.", "attempt": 1, "retryable": True,
    }  # fmt: skip
    retried = await office.client.post(f"{TASKS}/{lasting}/retry", headers=office.masha)
    assert (retried.status_code, retried.json()["status"], retried.json()["attempt"]) == (200, "new", 0)
    assert (await office.over(lasting))["attempt"] == 1
    twice = (await office.make({"payload": {"seconds": 0, "fail": 1}})).json()["id"]
    deadline = time.monotonic() + 10
    while (task := (await office.client.get(f"{TASKS}/{twice}", headers=office.masha)).json())["error"] is None:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)
    assert (task["status"], task["attempt"]) == ("new", 1)
    assert task["run_at"] > task["created_at"]


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"description": ""},
        {"description": "x" * 2001},
        {"description": "x", "priority": 10},
        {"description": "x", "timeout_s": 0},
        {"description": "x", "max_attempts": 26},
        {"description": "x", "run_at": "2026-01-01T00:00:00"},
        {"description": "x", "kind": "nothing"},
        {"description": "x", "payload": {"seconds": -1}},
        {"description": "x", "payload": {"unknown": 1}},
        {"description": "x", "payload": {"fail": "yes"}},
        {"description": "x", "payload": []},
        {"description": "x", "unknown": 1},
        {"description": "x", "status": "completed"},
        {"description": "x", "payload": {"x": "y" * 70_000}},
        {"description": "a\u0000b"},
    ],
)
async def test_what_cannot_be_a_task_is_refused_at_once(office: Office, wrong: Body) -> None:
    answer = await office.client.post(TASKS, json=wrong, headers=office.masha)
    assert answer.status_code == 422, answer.text
    assert (await office.client.get(TASKS, headers=office.operator)).json()["items"] == []


async def test_the_same_key_answers_with_the_same_task_and_another_body_is_refused(office: Office) -> None:
    key = {"Idempotency-Key": str(uuid4())}
    first = await office.make(**key)
    again = await office.make(**key)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.headers["idempotency-replayed"] == "true"
    assert first.json()["id"] == again.json()["id"]
    other = await office.make({"title": "Другое"}, **key)
    assert (other.status_code, other.json()["code"]) == (422, "jobs.idempotency_mismatch")
    assert (await office.make(by=office.petya, **key)).status_code == 201


async def test_a_unique_key_in_use_gives_the_task_that_has_it(office: Office) -> None:
    id = await office.waiting({"unique_key": "report"})
    again = await office.make({"unique_key": "report"})
    assert (again.status_code, again.json()["id"], again.json()["deduplicated"]) == (200, id, True)
    strange = await office.make({"unique_key": "report"}, by=office.petya)
    assert (strange.status_code, strange.json()["code"]) == (409, "jobs.unique_key_taken")
    await office.client.post(f"{TASKS}/{id}/cancel", headers=office.masha)
    new = await office.waiting({"unique_key": "report"})
    assert new != id
    retried = await office.client.post(f"{TASKS}/{id}/retry", headers=office.masha)
    assert (retried.status_code, retried.json()["code"]) == (409, "jobs.unique_key_taken")


async def test_a_waiting_task_is_cancelled_at_once_and_only_once(office: Office) -> None:
    id = await office.waiting()
    cancelled = await office.client.post(f"{TASKS}/{id}/cancel", headers=office.masha)
    assert (cancelled.status_code, cancelled.json()["status"]) == (200, "failed")
    assert cancelled.json()["error"]["code"] == "cancelled"
    again = await office.client.post(f"{TASKS}/{id}/cancel", headers=office.masha)
    assert (again.status_code, again.json()["code"]) == (409, "jobs.invalid_transition")
    assert again.json()["task_status"] == "failed"


async def test_a_running_task_is_stopped_and_keeps_what_it_has(office: Office) -> None:
    id = (await office.make({"payload": {"seconds": 60}})).json()["id"]
    deadline = time.monotonic() + 10
    while not (task := (await office.client.get(f"{TASKS}/{id}", headers=office.masha)).json())["progress"]["done"]:
        assert time.monotonic() < deadline, task
        await asyncio.sleep(0.02)
    asked = await office.client.post(f"{TASKS}/{id}/cancel", headers=office.masha)
    assert (asked.status_code, asked.json()["status"]) == (200, "in_progress")
    stopped = await office.over(id)
    assert (stopped["status"], stopped["error"]["code"]) == ("failed", "cancelled")  # type: ignore[index]
    assert stopped["result"]["steps"] >= 1  # type: ignore[index]


async def test_everybody_sees_their_own_and_the_operator_all(office: Office) -> None:
    own, others = await office.waiting(), await office.waiting(by=office.petya)
    listed = (await office.client.get(TASKS, headers=office.masha)).json()["items"]
    assert [task["id"] for task in listed] == [own]
    assert (await office.client.get(f"{TASKS}/{others}", headers=office.masha)).status_code == 404
    for path in (f"{others}/log", f"{others}/cancel", f"{others}/retry"):
        method = "GET" if path.endswith("log") else "POST"
        answer = await office.client.request(method, f"{TASKS}/{path}", headers=office.masha)
        assert (answer.status_code, answer.json()["code"]) == (404, "jobs.task_not_found")
    everything = (await office.client.get(TASKS, headers=office.operator)).json()["items"]
    assert {task["id"] for task in everything} == {own, others}
    assert (await office.client.post(f"{TASKS}/{others}/cancel", headers=office.operator)).status_code == 200


async def test_lists_are_read_by_pages_in_both_orders_and_filtered(office: Office) -> None:
    ids = [await office.waiting({"priority": number % 3}) for number in range(5)]
    await office.client.post(f"{TASKS}/{ids[0]}/cancel", headers=office.masha)
    for sort, expected in (("created_at", ids), ("-created_at", ids[::-1])):
        seen: list[str] = []
        query: dict[str, str | int] = {"limit": 2, "sort": sort}
        while True:
            part = (await office.client.get(TASKS, params=query, headers=office.masha)).json()
            seen += [task["id"] for task in part["items"]]
            if part["next_cursor"] is None:
                break
            query["cursor"] = part["next_cursor"]
        assert seen == expected
    for query_string, count in (
        ("status=new", 4), ("status=failed", 1), ("kind=demo", 5), ("kind=import", 0),
        ("created_from=2099-01-01T00:00:00Z", 0), ("created_to=2099-01-01T00:00:00Z", 5),
    ):  # fmt: skip
        found = (await office.client.get(f"{TASKS}?{query_string}", headers=office.masha)).json()["items"]
        assert len(found) == count, query_string
    for wrong in ("cursor=x", "status=done", "created_from=2026-01-01T00:00:00", "limit=0", "sort=id", "created_by=x",
                  "kind=nothing"):  # fmt: skip
        answer = await office.client.get(f"{TASKS}?{wrong}", headers=office.masha)
        assert answer.status_code == 422, wrong


async def test_the_log_is_read_by_pages(office: Office) -> None:
    id = (await office.make()).json()["id"]
    await office.over(id)
    whole = (await office.client.get(f"{TASKS}/{id}/log", headers=office.masha)).json()["items"]
    first = (await office.client.get(f"{TASKS}/{id}/log?limit=3", headers=office.masha)).json()
    rest = await office.client.get(f"{TASKS}/{id}/log?cursor={first['next_cursor']}", headers=office.masha)
    assert first["items"] + rest.json()["items"] == whole


async def test_stats_count_ones_own_and_the_operators_all(office: Office) -> None:
    await office.waiting()
    await office.waiting(by=office.petya)
    done = (await office.make()).json()["id"]
    await office.over(done)
    own = (await office.client.get(f"{TASKS}/stats", headers=office.masha)).json()
    assert (own["new"], own["completed"], own["failed"]) == (1, 1, 0)
    everything = (await office.client.get(f"{TASKS}/stats", headers=office.operator)).json()
    assert (everything["new"], everything["completed"]) == (2, 1)
    assert {"kind": "demo", "status": "new", "count": 2} in everything["by_kind"]


async def test_a_person_with_200_open_tasks_has_to_wait(office: Office) -> None:
    for _ in range(200):
        await office.waiting()
    refused = await office.make()
    assert (refused.status_code, refused.json()["code"]) == (409, "jobs.too_many_open")
    assert (await office.make(by=office.petya)).status_code == 201
