"""Messages over RabbitMQ: what arrives, and what it gets, on both databases."""

import json
from collections.abc import AsyncIterator
from uuid import uuid4

import httpx
import pytest
from dishka import AsyncContainer
from litestar import Litestar
from sqlalchemy import select

from lyceum.jobs.adapters.message_tables import outgoing
from lyceum.jobs.api import SendMessage
from lyceum.jobs.use_cases.task_messages import TaskNamed
from lyceum.platform.database import Database, SqlTransaction
from tests.jobs.messages import LATER, LETTERS, TASKS, until
from tests.jobs.rabbit import Body, Outsider, envelope, outsider


@pytest.fixture
async def crm(app: Litestar, broker_url: str) -> AsyncIterator[Outsider]:
    async with outsider(broker_url) as sender:
        yield sender
        await sender.empty("tasks", "tasks.dead")


async def test_a_message_makes_a_task_and_its_sender_is_told(crm: Outsider, operator: httpx.AsyncClient) -> None:
    replies = await crm.inbox()
    message = envelope({"description": "Пересчитать"}, reply_to=replies)
    await crm.send(message)
    reply = await crm.next(replies)
    answer = json.loads(reply.body)
    task = (await operator.get(f"{TASKS}/{answer['entity_id']}")).json()
    assert (task["kind"], task["source"], task["description"]) == ("demo", "rabbitmq", "Пересчитать")
    assert (answer["ok"], answer["message_id"]) == (True, message["message_id"])
    assert (reply.correlation_id, reply.delivery_mode, reply.content_type) == ("c-1", 2, "application/json")


REJECTED: list[tuple[str, Body | bytes]] = [
    ("not_json", b"no json"),
    ("not_json", b'{"schema": "task/1"'),
    ("not_json", b""),
    ("not_utf8", b'{"schema": "\xff"}'),
    ("too_large", json.dumps(envelope({"description": "x" * (300 << 10)})).encode()),
    ("invalid_envelope", b"[]"),
    ("invalid_envelope", b"{}"),
    ("invalid_envelope", {**envelope({"description": "x"}), "message_id": "7"}),
    ("invalid_envelope", {**envelope({"description": "x"}), "occurred_at": "2026-11-21T10:00:00"}),
    ("unknown_schema", envelope({"description": "x"}, schema="task/2")),
    ("unknown_schema", envelope({"description": "x"}, schema="order/1")),
    ("unknown_schema", envelope({"description": "x"}, schema="task")),
    ("invalid_field", envelope({})),
    ("invalid_field", envelope({"description": ""})),
    ("invalid_field", envelope({"description": "x", "priority": 10})),
    ("invalid_field", envelope({"description": "a\u0000b"})),
    ("jobs.unknown_kind", envelope({"description": "x", "kind": "nothing"})),
    ("jobs.invalid_payload", envelope({"description": "x", "payload": {"seconds": -1}})),
    ("jobs.invalid_payload", envelope({"description": "x", "payload": {"x": "y" * (65 << 10)}})),
]


async def test_what_can_never_be_used_is_a_dead_letter_with_the_cause(
    crm: Outsider, operator: httpx.AsyncClient
) -> None:
    """And a good one among them is done; nothing is delivered twice."""
    for _, body in REJECTED:
        await crm.send(body)
    replies = await crm.inbox()
    await crm.send(envelope({"description": "good", "run_at": LATER}, reply_to=replies))
    assert json.loads((await crm.next(replies)).body)["ok"] is True
    dead = [await crm.next("tasks.dead") for _ in REJECTED]
    codes = sorted(str(letter.headers["x-error-code"]) for letter in dead)
    assert codes == sorted(code for code, _ in REJECTED)
    assert all(letter.headers["x-error-detail"] for letter in dead)
    sent = [body if isinstance(body, bytes) else json.dumps(body).encode() for _, body in REJECTED]
    assert sorted(letter.body for letter in dead) == sorted(sent)
    listed = (await operator.get(LETTERS)).json()["items"]
    assert sorted(it["code"] for it in listed) == codes
    assert await crm.count("tasks") == 0
    assert [it["description"] for it in (await operator.get(TASKS)).json()["items"]] == ["good"]


async def test_the_sender_of_a_dead_letter_is_told_where_it_is_wrong(crm: Outsider) -> None:
    replies = await crm.inbox()
    await crm.send(envelope({"description": "x", "priority": 10}, reply_to=replies))
    await crm.send(b"no json", reply_to=replies, correlation_id="c-2")
    first, second = [await crm.next(replies) for _ in range(2)]
    errors = {it.correlation_id: json.loads(it.body)["error"] for it in (first, second)}
    assert errors["c-1"]["code"] == "invalid_field"
    assert errors["c-1"]["errors"][0]["loc"] == "data/priority"
    assert errors["c-2"]["code"] == "not_json"


async def test_a_refusal_of_the_business_is_told_and_is_no_dead_letter(
    crm: Outsider, operator: httpx.AsyncClient
) -> None:
    replies = await crm.inbox()

    async def told(data: Body, schema: str) -> Body:
        await crm.send(envelope(data, schema=schema, reply_to=replies))
        answer: Body = json.loads((await crm.next(replies)).body)
        return answer

    foreign = (await operator.post(TASKS, json={"description": "mine", "run_at": LATER})).json()["id"]
    own = (await told({"description": "x", "run_at": LATER, "unique_key": "k"}, "task/1"))["entity_id"]
    again = await told({"description": "x", "unique_key": "k"}, "task/1")
    assert (again["entity_id"], again["result"]) == (own, {"status": "new", "deduplicated": True})
    for data, schema, code in (
        ({"task_id": foreign}, "task_cancel/1", "jobs.task_not_found"),
        ({"task_id": str(uuid4())}, "task_cancel/1", "jobs.task_not_found"),
        ({"task_id": own}, "task_retry/1", "jobs.invalid_transition"),
        ({"description": "x", "kind": "import"}, "task/1", "jobs.kind_not_offered"),
    ):
        answer = await told(data, schema)
        assert (answer["ok"], answer["error"]["code"]) == (False, code), answer  # type: ignore[index]
    assert (await told({"task_id": own}, "task_cancel/1"))["result"] == {"status": "failed"}
    refused = await told({"task_id": own}, "task_cancel/1")
    assert refused["error"]["code"] == "jobs.invalid_transition"  # type: ignore[index]
    assert (await told({"task_id": own}, "task_retry/1"))["result"] == {"status": "new"}
    assert await crm.count("tasks.dead") == 0
    assert (await operator.get(LETTERS)).json()["items"] == []


async def test_a_duplicate_makes_no_second_task_and_another_body_is_a_dead_letter(
    crm: Outsider, operator: httpx.AsyncClient
) -> None:
    replies, id = await crm.inbox(), uuid4()
    message = envelope({"description": "x", "run_at": LATER}, id=id, reply_to=replies)
    for _ in range(3):
        await crm.send(message)
    assert len({(await crm.next(replies)).body for _ in range(3)}) == 1
    await crm.send(envelope({"description": "y", "run_at": LATER}, id=id, reply_to=replies))
    assert json.loads((await crm.next(replies)).body)["error"]["code"] == "message_id_reused"
    assert (await crm.next("tasks.dead")).headers["x-error-code"] == "message_id_reused"
    assert len((await operator.get(TASKS)).json()["items"]) == 1
    (letter,) = (await operator.get(LETTERS)).json()["items"]
    refused = await operator.post(f"{LETTERS}/{letter['id']}/replay")
    assert (refused.status_code, refused.json()["code"]) == (409, "jobs.not_replayable")


@pytest.mark.parametrize("filler", [0, 20 << 10], ids=["short", "longer than what the inbox keeps"])
async def test_a_replayed_dead_letter_leaves_the_broker_and_comes_again(
    crm: Outsider, operator: httpx.AsyncClient, filler: int
) -> None:
    id = uuid4()
    await crm.send(envelope({"description": "x", "kind": "nothing", "filler": "x" * filler}, id=id))
    await crm.send(envelope({"description": "x", "kind": "nothing"}))

    async def dead(count: int) -> bool:
        return await crm.count("tasks.dead") == count

    await until(lambda: dead(2))
    replayed = await operator.post(f"{LETTERS}/{id}/replay")
    assert replayed.status_code == 200, replayed.text

    async def came_again() -> bool:
        shown = (await operator.get(f"{LETTERS}/{id}")).json()
        return shown["outcome"] == "rejected" and shown["replayed_at"] is not None

    await until(came_again)


async def test_a_message_to_a_missing_queue_waits_until_it_is_there(
    crm: Outsider, container: AsyncContainer, database: Database
) -> None:
    name = f"crm.{uuid4()}"
    async with container() as scope:
        send = await scope.get(SendMessage)
        async with await scope.get(SqlTransaction):
            id = await send(name, "task_named/1", TaskNamed(task_id=uuid4()))

    async def tried() -> bool:
        async with database.read() as connection:
            row = (await connection.execute(select(outgoing).where(outgoing.c.message_id == id))).one()
        return row.error is not None and row.published_at is None

    await until(tried)
    await crm.inbox(name)
    came = await crm.next(name, 30)
    assert (came.message_id, came.delivery_mode) == (str(id), 2)
    said = json.loads(came.body)
    assert (said["schema"], said["producer"], said["message_id"]) == ("task_named/1", "lyceum", str(id))


async def test_the_queue_is_declared_as_the_contract_says(crm: Outsider) -> None:
    """Declaring it again with the same arguments is no error, with any other it is (PRECONDITION_FAILED)."""
    arguments = {
        "x-queue-type": "quorum",
        "x-delivery-limit": 5,
        "x-dead-letter-exchange": "dlx",
        "x-dead-letter-routing-key": "tasks.dead",
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",
    }
    await crm.channel.declare_queue("tasks", durable=True, arguments=arguments)
    ttl = {"x-queue-type": "quorum", "x-message-ttl": 30 * 86_400_000}
    await crm.channel.declare_queue("tasks.dead", durable=True, arguments=ttl)
