"""The contract that other systems read: whole, offline, and the same as what is taken."""

import json
import re

import httpx
import msgspec
import pytest
from pydantic import ValidationError

from lyceum.jobs.adapters.message_contracts import CONTRACTS, asyncapi, envelope_of
from lyceum.jobs.adapters.registry import KnownMessages
from lyceum.jobs.api import Messages
from lyceum.jobs.domain.messages import Delivery, Unreadable
from lyceum.jobs.domain.tasks import Source
from lyceum.jobs.use_cases.receiving import ReadMessage
from lyceum.jobs.use_cases.task_messages import HANDLERS
from lyceum.main.contexts import CONTEXTS
from tests.jobs.rabbit import Body, envelope

KNOWN: Messages = KnownMessages.of(HANDLERS, {"tasks": "tasks"})
ID = "0198e0aa-1b2c-7d3e-8f40-9a8b7c6d5e4f"
DATA: list[Body] = [
    {"description": "x"},
    {"description": "x", "kind": "demo", "priority": 9, "run_at": "2099-01-01T00:00:00Z", "unique_key": "k"},
    {"description": "x", "newer": True},
    {},
    {"description": ""},
    {"description": "x" * 2001},
    {"description": 5},
    {"description": "x", "priority": 10},
    {"description": "x", "run_at": "2099-01-01T00:00:00"},
    {"description": "x", "timeout_s": 0},
    {"description": "x", "max_attempts": 26},
    {"description": "x", "unique_key": ""},
    {"description": "x", "payload": []},
    {"task_id": ID},
    {"task_id": "no"},
    {"task_id": None},
]


@pytest.mark.parametrize("handler", HANDLERS, ids=lambda handler: str(handler.schema))
@pytest.mark.parametrize("data", DATA, ids=str)
def test_what_the_document_allows_is_what_is_taken(handler: type, data: Body) -> None:
    body = json.dumps(envelope(data, schema=handler.schema)).encode()  # type: ignore[attr-defined]
    try:
        envelope_of(handler).model_validate_json(body)  # type: ignore[type-abstract]
        allowed = True
    except ValidationError:
        allowed = False
    try:
        ReadMessage(KNOWN)(Delivery(queue="tasks", body=body, source=Source.RABBITMQ))
        taken = True
    except Unreadable:
        taken = False
    assert allowed is taken


def test_every_handler_of_the_product_has_a_contract_with_the_same_fields() -> None:
    handlers = [handler for context in CONTEXTS for handler in context.messages]
    assert len(handlers) >= 3
    for handler in handlers:
        fields = {it.encode_name for it in msgspec.structs.fields(handler.data)}
        assert fields == set(CONTRACTS[handler.schema].model_fields), handler.schema


@pytest.mark.parametrize("kafka", [False, True])
def test_the_document_names_every_schema_and_the_queue(*, kafka: bool) -> None:
    document = json.loads(asyncapi(KNOWN, kafka=kafka))
    assert document["asyncapi"] == "3.0.0"
    addresses = [channel["address"] for channel in document["channels"].values()]
    assert addresses == ["tasks", "tasks", "tasks", "{reply_to}"]
    text = json.dumps(document)
    assert all(f'"{handler.schema}"' in text for handler in HANDLERS)
    assert "guest" not in text


async def test_the_page_stands_on_this_server_alone(client: httpx.AsyncClient) -> None:
    page = (await client.get("/docs/messages", headers={"Accept-Language": "en"})).text
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', page)
    for said in ("task/1", "task_cancel/1", "message_id_reused", "What becomes of a message"):
        assert said in page
    document = (await client.get("/asyncapi.json")).json()
    assert document["info"]["title"] == "Lyceum messages"


async def test_examples_of_the_document_are_taken() -> None:
    for handler in HANDLERS:
        example = envelope_of(handler).model_json_schema()["examples"][0]  # type: ignore[type-abstract]
        body = json.dumps(example).encode()
        message, found = ReadMessage(KNOWN)(Delivery(queue="tasks", body=body, source=Source.RABBITMQ))
        assert (message.schema, found) == (handler.schema, handler)
