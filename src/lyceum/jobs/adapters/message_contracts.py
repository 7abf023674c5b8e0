"""The contracts of messages as models of Pydantic, for the AsyncAPI document; FastStream makes none from msgspec.

What is taken is decided by the structs of the handlers alone; a test holds both against each other. Imported when the
document is asked for first, and not before: with FastStream it takes half a second.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from faststream.rabbit import RabbitBroker
from faststream.specification import AsyncAPI
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, create_model

from lyceum.jobs.adapters.rabbit import declared
from lyceum.jobs.adapters.topology import work_queue
from lyceum.jobs.api import AnyHandler, Messages

EXAMPLE_ID = "0198e0aa-1b2c-7d3e-8f40-9a8b7c6d5e4f"
TASK_ID = "0198e0aa-77aa-7c11-8f40-9a8b7c6d5e4f"


class TaskV1(BaseModel):
    """What to do; `description` alone is enough. The same as the body of POST /api/jobs/tasks."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"description": "Recount", "payload": {"seconds": 5}}]})

    description: Annotated[str, Field(min_length=1, max_length=2000)]
    kind: Annotated[str, Field(max_length=40, description="`demo` emulates 5 to 10 seconds of work.")] = "demo"
    title: Annotated[str, Field(max_length=200)] = ""
    payload: Annotated[dict[str, Any], Field(description="As the kind takes it, at most 64 KiB.")] = {}
    priority: Annotated[int, Field(ge=0, le=9, description="Higher goes first.")] = 5
    run_at: Annotated[AwareDatetime | None, Field(description="Not before that moment.")] = None
    timeout_s: Annotated[int, Field(ge=1, le=7200)] = 600
    max_attempts: Annotated[int, Field(ge=1, le=25)] = 5
    unique_key: Annotated[
        str | None, Field(min_length=1, max_length=200, description="While a task with it is not finished, no other.")
    ] = None


class TaskNamedV1(BaseModel):
    """Which task is meant: one that came by message."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"task_id": TASK_ID}]})

    task_id: UUID


class Envelope(BaseModel):
    """What every message says of itself. Unknown fields are ignored. At most 256 KiB of JSON in UTF-8."""

    schema_: Annotated[str, Field(alias="schema")]
    message_id: Annotated[UUID, Field(description="Yours; the same message may come again, and takes effect once.")]
    occurred_at: AwareDatetime
    producer: Annotated[str, Field(min_length=1, max_length=100, description="The system that sends it.")]
    correlation_id: Annotated[str | None, Field(max_length=200)] = None
    reply_to: Annotated[str | None, Field(max_length=255, description="Queue (Kafka: topic) for the answer.")] = None
    data: Any


class Problem(BaseModel):
    loc: str
    code: str
    msg: str


class ReplyError(BaseModel):
    code: Annotated[str, Field(description="Stable; see /docs/errors.")]
    detail: str
    errors: list[Problem] = []


class Reply(BaseModel):
    """The answer in `reply_to`, with the correlation_id of the message. A duplicate gets the first answer again."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "ok": True,
                    "message_id": EXAMPLE_ID,
                    "entity_id": TASK_ID,
                    "result": {"status": "new", "deduplicated": False},
                },
                {
                    "ok": False,
                    "message_id": EXAMPLE_ID,
                    "error": {"code": "jobs.task_not_found", "detail": "There is no such task of yours."},
                },
            ]
        }
    )

    ok: bool
    message_id: UUID | None
    entity_id: Annotated[UUID | None, Field(description="What the message made or changed.")] = None
    result: dict[str, Any] | None = None
    error: ReplyError | None = None


CONTRACTS: Mapping[str, type[BaseModel]] = {
    "task/1": TaskV1,
    "task_cancel/1": TaskNamedV1,
    "task_retry/1": TaskNamedV1,
}
"""By schema; every handler must have one."""


def envelope_of(handler: type[AnyHandler]) -> type[BaseModel]:
    """The model of a whole message of the handler's schema, with an example."""
    data = CONTRACTS[handler.schema]
    config: Any = data.model_config.get("json_schema_extra")
    example = {
        "schema": handler.schema,
        "message_id": EXAMPLE_ID,
        "occurred_at": datetime.fromisoformat("2026-11-21T10:00:00+00:00").isoformat(),
        "producer": "crm",
        "correlation_id": "order-17",
        "reply_to": "crm.replies",
        "data": config["examples"][0],
    }
    name = "".join(word.capitalize() for word in handler.schema.replace("/", "_v").split("_"))
    schema: Any = Literal[handler.schema]
    model: type[BaseModel] = create_model(
        f"{name}Message",
        __base__=Envelope,
        __doc__=Envelope.__doc__,
        schema_=(schema, Field(alias="schema")),
        data=(data, ...),
    )
    model.model_config["json_schema_extra"] = {"examples": [example]}
    model.model_rebuild(force=True)
    return model


def asyncapi(messages: Messages, *, kafka: bool) -> bytes:
    """The AsyncAPI 3 document of what this installation takes and answers, as JSON."""
    broker = _kafka(messages) if kafka else _rabbit(messages)
    written = AsyncAPI(
        broker,
        title="Lyceum messages",
        version="1",
        description=(
            "Messages from other systems make tasks, as REST does. Each is kept in the inbox by its message_id in the "
            "transaction of its effect: it takes effect once, however often it comes. What can never be used goes to "
            "the queue's dead letters (QUEUE.dead) with the headers x-error-code and x-error-detail; a refusal of the "
            "business is told to reply_to and is no dead letter."
        ),
    )
    document = json.loads(written.to_specification().to_json())
    for part in ("channels", "operations"):
        # FastStream keeps subscribers in a set; what is first to be read should not be left to chance.
        document[part] = dict(sorted(document[part].items(), key=lambda item: (item[0] == "replies", len(item[0]))))
    return json.dumps(document, ensure_ascii=False, indent=1).encode()


def _rabbit(messages: Messages) -> RabbitBroker:
    broker = RabbitBroker("amqp://broker:5672", description="LYCEUM_BROKER_URL")
    for queue in messages.queues():
        for handler in messages.handlers(queue):
            broker.subscriber(
                declared(work_queue(queue)),
                title=f"{queue} {handler.schema}",
                description=_said(handler),
                ack_policy=AckPolicy.MANUAL,
            )(_taking(envelope_of(handler)))
    broker.publisher("{reply_to}", title="replies", description=Reply.__doc__, schema=Reply, persist=True)
    return broker


def _kafka(messages: Messages) -> KafkaBroker:
    broker = KafkaBroker("broker:9092", description="LYCEUM_BROKER_URL", protocol="kafka")
    for queue in messages.queues():
        for handler in messages.handlers(queue):
            broker.subscriber(
                queue,
                group_id="lyceum",
                title=f"{queue} {handler.schema}",
                description=_said(handler),
                ack_policy=AckPolicy.MANUAL,
            )(_taking(envelope_of(handler)))
    broker.publisher("{reply_to}", title="replies", description=Reply.__doc__, schema=Reply)
    return broker


def _taking(model: type[BaseModel]) -> Callable[..., Awaitable[None]]:
    async def take(message: Any) -> None:
        """Documented only."""

    take.__annotations__["message"] = model
    return take


def _said(handler: type[AnyHandler]) -> str:
    return " ".join((handler.__doc__ or "").split())
