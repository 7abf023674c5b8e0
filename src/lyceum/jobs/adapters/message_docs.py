"""The contract of messages for developers of other systems: `/asyncapi.json`, and `/docs/messages` to read."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Request, Response, get
from litestar.datastructures import State

from lyceum.jobs.api import Messages
from lyceum.platform.pages import Pages, Viewer
from lyceum.platform.settings import Settings

type Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Row:
    """One field of a message as the table shows it; `depth` is how far it stands inside others."""

    name: str
    type: str
    required: bool
    note: str
    depth: int = 0


@dataclass(frozen=True, slots=True)
class Chapter:
    """One message: where it goes, what it says, an example."""

    id: str
    title: str
    address: str
    incoming: bool
    about: str
    rows: Sequence[Row]
    example: str


@dataclass(slots=True)
class MessageDocuments:
    """Made when asked for first, in a thread: it loads FastStream."""

    messages: Messages
    settings: Settings
    _json: bytes | None = field(default=None, init=False)
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)

    async def json(self) -> bytes:
        """The AsyncAPI 3 document."""
        async with self._lock:
            if self._json is None:
                self._json = await asyncio.to_thread(self._made)
        return self._json

    async def chapters(self) -> list[Chapter]:
        """The same, to be read."""
        return chapters(msgspec.json.decode(await self.json()))

    def _made(self) -> bytes:
        from lyceum.jobs.adapters.message_contracts import asyncapi

        return asyncapi(self.messages, kafka=self.settings.broker_url.startswith("kafka://"))


def chapters(document: Json) -> list[Chapter]:
    """One chapter for each channel of an AsyncAPI document."""
    found = []
    directions = {
        operation["channel"]["$ref"].rpartition("/")[2].replace("%20", " "): operation["action"]
        for operation in document["operations"].values()
    }
    for name, channel in document["channels"].items():
        (message,) = channel["messages"].values()
        kept = message["$ref"].rpartition("/")[2].replace("%20", " ")
        schema = _resolved(document, document["components"]["messages"][kept]["payload"])
        examples = schema.get("examples", [])
        found.append(
            Chapter(
                id=name.replace(" ", "-").replace(".", "-"),
                title=schema["properties"].get("schema", {}).get("const") or name,
                address=channel["address"],
                incoming=directions.get(name) == "receive",
                about=channel.get("description", "").replace("`", ""),
                rows=list(_rows(document, schema)),
                example="\n\n".join(msgspec.json.format(msgspec.json.encode(it), indent=2).decode() for it in examples),
            )
        )
    return found


def _rows(document: Json, schema: Json, depth: int = 0) -> Sequence[Row]:
    rows: list[Row] = []
    for name, given in schema.get("properties", {}).items():
        inner = _resolved(document, given)
        rows.append(Row(name, _type(inner, given), name in schema.get("required", ()), _note(inner, given), depth))
        if inner.get("type") == "object" and "properties" in inner:
            rows += _rows(document, inner, depth + 1)
    return rows


def _resolved(document: Json, schema: Json) -> Json:
    """The schema itself, and of `X or null` the X."""
    if "$ref" in schema:
        found: Json = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        return found
    some = [it for it in schema.get("anyOf", ()) if it.get("type") != "null"]
    return _resolved(document, some[0]) if some else schema


def _type(schema: Json, given: Json) -> str:
    if "const" in schema:
        return f'"{schema["const"]}"'
    said = str(schema.get("format") or schema.get("type") or "any")
    return f"{said} | null" if any(it.get("type") == "null" for it in given.get("anyOf", ())) else said


def _note(schema: Json, given: Json) -> str:
    """Limits, default and description in one line."""
    least, most = schema.get("minimum"), schema.get("maximum")
    parts = [f"{least}–{most}"] if least is not None and most is not None else []
    if (longest := schema.get("maxLength")) is not None:
        parts.append(f"≤ {longest}")
    if given.get("default") not in (None, "", {}, []):
        parts.append(f"= {given['default']}")
    about = given.get("description") or ("" if "properties" in schema else schema.get("description", ""))
    about = about.replace("`", "")
    return "; ".join([*parts, about] if about else parts)


class MessageDocsController(Controller):
    """For developers of other systems. Everything stands on this server."""

    include_in_schema = False

    @get("/asyncapi.json")
    @inject
    async def asyncapi(self, documents: FromDishka[MessageDocuments]) -> Response[bytes]:
        headers = {"Content-Type": "application/json", "Cache-Control": "no-cache"}
        return Response(await documents.json(), headers=headers)

    @get("/docs/messages")
    @inject
    async def messages(
        self,
        request: Request[object, object, State],
        documents: FromDishka[MessageDocuments],
        settings: FromDishka[Settings],
        pages: FromDishka[Pages],
    ) -> Response[str]:
        broker = {"a": "RabbitMQ", "k": "Kafka"}.get(settings.broker_url[:1], "")
        return pages.respond(
            "jobs/message_docs.html", Viewer.of(request), chapters=await documents.chapters(), broker=broker
        )


CONTROLLERS = [MessageDocsController]
