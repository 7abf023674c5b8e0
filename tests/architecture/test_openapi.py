"""The whole API under generated requests, such as fit its OpenAPI document and such as do not: no fault, and every
refusal a problem document. `LYCEUM_TEST_EXAMPLES=200` looks longer."""

import asyncio
import json
import os
import threading
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import httpx
import pytest
import requests
import schemathesis
from dishka import AsyncContainer
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case
from schemathesis.generation import GenerationMode
from schemathesis.schemas import APIOperation
from schemathesis.transport.requests import REQUESTS_TRANSPORT

from lyceum.accounts.adapters.access_tokens import AccessTokens
from lyceum.accounts.api import Actor, Role
from lyceum.kernel.ids import UserId
from lyceum.main.container import make_container
from lyceum.main.web import create_web
from lyceum.platform.openapi import document
from lyceum.platform.outbox import Relay
from lyceum.platform.settings import Settings
from tests.accounts.callers import a_user
from tests.conftest import SECRET

EXAMPLES = int(os.environ.get("LYCEUM_TEST_EXAMPLES", "6"))
BASE = "http://lyceum.test"
QUESTION = {
    "kind": "single_choice",
    "stem": "Столица?",
    "subject": "geography",
    "options": [{"id": "a", "text": "Париж"}, {"id": "b", "text": "Лион"}],
    "answer": "a",
    "status": "published",
}
PREPARED = ("method", "url", "headers", "params", "cookies", "data", "json", "files")


@dataclass(slots=True)
class Served:
    """The application on a loop of its own in a thread, called from outside as a browser would."""

    loop: asyncio.AbstractEventLoop
    document: dict[str, object] = field(default_factory=dict)
    client: httpx.AsyncClient = field(default_factory=httpx.AsyncClient)
    known: dict[str, str] = field(default_factory=dict)
    described: bytes = b""
    ready: threading.Event = field(default_factory=threading.Event)
    over: asyncio.Event = field(default_factory=asyncio.Event)
    failure: BaseException | None = None

    def call[T](self, work: Coroutine[object, object, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(60)

    async def serve(self, settings: Settings) -> None:
        try:
            container = make_container(settings)
            app = create_web(settings, container)
            transport = httpx.ASGITransport(app, raise_app_exceptions=False)
            async with app.lifespan():
                self.client = httpx.AsyncClient(transport=transport, base_url=BASE)
                self.client.headers["Authorization"] = f"Bearer {await operator(container)}"
                self.document = app.openapi_schema.to_schema()
                self.described = document(app)
                await self._prepare(container)
                self.ready.set()
                await self.over.wait()
                await self.client.aclose()
        except BaseException as error:
            self.failure = error
            raise
        finally:
            self.ready.set()

    async def _prepare(self, container: AsyncContainer) -> None:
        """Things to be named by their ids, for requests that reach beyond `not found`."""
        question = await self._made("/api/bank/questions", QUESTION)
        await (await container.get(Relay)).drain()
        pack = {"title": "Набор", "selection": {"subject": "geography"}}
        export = await self._made("/api/bank/exports", {"format": "json"})
        self.known = {
            "/api/bank/questions": question,
            "/api/bank/packs": await self._made("/api/bank/packs", pack),
            "/api/training/trainings": await self._made("/api/training/trainings", {}),
            "/api/bank/imports": export,
            "/api/bank/exports": export,
            "/api/jobs/tasks": await self._made(
                "/api/jobs/tasks", {"description": "x", "run_at": "2099-01-01T00:00:00Z"}
            ),
        }

    async def _made(self, path: str, body: object) -> str:
        answer = await self.client.post(path, json=body)
        assert answer.is_success, answer.text
        return str(answer.json()["id"])


async def operator(container: AsyncContainer) -> str:
    id: UserId = await a_user(container, "operator@example.org", Role.OPERATOR)
    actor = Actor(id, frozenset({Role.OPERATOR}), "Operator", session_id=UUID(int=1))
    return (await container.get(AccessTokens)).issue(actor)


@pytest.fixture(scope="module")
def served(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("openapi")
    (folder / "lyceum.sqlite3").write_bytes(sqlite_template.read_bytes())
    settings = Settings(data_dir=folder / "data", database_url=f"sqlite:///{folder}/lyceum.sqlite3", secret_key=SECRET)
    loop = asyncio.new_event_loop()
    served = Served(loop)
    thread = threading.Thread(target=lambda: loop.run_until_complete(served.serve(settings)))
    thread.start()
    served.ready.wait(60)
    if served.failure is not None:
        raise served.failure
    yield served
    loop.call_soon_threadsafe(served.over.set)
    thread.join(30)
    loop.close()


def fault(served: Served, case: Case) -> str:
    """What is wrong with the answer to a generated request; empty when nothing is."""
    made = REQUESTS_TRANSPORT.serialize_case(case, base_url=BASE)
    request = requests.Request(**{name: made[name] for name in PREPARED if made.get(name) is not None}).prepare()
    headers = {name: value for name, value in request.headers.items() if name.lower() != "content-length"}
    sent = served.client.request(request.method or "", request.url or "", headers=headers, content=request.body)  # type: ignore[arg-type]
    answer = served.call(sent)
    told = f"{request.method} {request.url} {str(request.body)[:400]} -> {answer.status_code} {answer.text[:400]}"
    if answer.status_code >= 500:
        return told
    is_problem = answer.headers.get("content-type") == "application/problem+json"
    if answer.status_code < 400 or (request.method == "HEAD" and is_problem):
        return ""
    body = answer.json() if is_problem else {}
    return "" if body.get("status") == answer.status_code and body.get("code") else told


def test_every_operation_says_what_it_does_and_shows_an_example(served: Served) -> None:
    document = json.loads(served.described)
    silent = [
        f"{method} {path}: no {part}"
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if isinstance(operation, dict) and "responses" in operation
        for part in lacking(operation)
    ]
    assert silent == []
    assert "multipart/form-data" in document["paths"]["/api/bank/imports"]["post"]["requestBody"]["content"]


def lacking(operation: dict[str, object]) -> Iterator[str]:
    """What the description of an operation leaves out."""
    yield from (part for part in ("summary", "description") if not operation.get(part))
    responses: dict[str, dict[str, object]] = operation["responses"]  # type: ignore[assignment]
    good = [response for status, response in responses.items() if status.startswith("2")]
    for part in (operation.get("requestBody", {}), *good):
        content: dict[str, dict[str, object]] = part.get("content", {})  # type: ignore[attr-defined, union-attr]
        for media_type, media in content.items():
            if ("json" in media_type or "form-" in media_type) and not (media.get("example") or media.get("examples")):
                yield f"example in {media_type}"


def test_examples_of_bodies_are_taken(served: Served) -> None:
    """What Swagger offers to send may be refused by the state of things, never for its shape."""
    document = json.loads(served.described)
    refused = []
    for path, item in document["paths"].items():
        for method, operation in item.items():
            body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
            if "example" not in body or "{" in path:
                continue
            answer = served.call(served.client.request(method, path, json=body["example"]))
            assert answer.status_code < 500
            if answer.status_code == 422 and answer.json()["code"] == "lyceum.malformed":
                refused.append(f"{method} {path}: {answer.text}")
    assert refused == []


def known_path(served: Served, path: str) -> dict[str, object] | None:
    return next(({"id": id} for prefix, id in served.known.items() if path.startswith(f"{prefix}/{{id}}")), None)


def probe(served: Served, operation: APIOperation, mode: GenerationMode, **fixed: object) -> None:
    @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(generation_mode=mode, **fixed))
    def run(case: Case) -> None:
        problem = fault(served, case)
        assert not problem, problem

    run()


def test_no_request_makes_the_api_fail(served: Served) -> None:
    schema = schemathesis.openapi.from_dict(served.document)
    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) > 50
    faults: list[str] = []
    for operation in operations:
        ways: list[tuple[GenerationMode, dict[str, object]]] = [(mode, {}) for mode in GenerationMode]
        if (known := known_path(served, operation.path)) is not None:
            ways.append((GenerationMode.POSITIVE, {"path_parameters": known}))
        for mode, fixed in ways:
            try:
                probe(served, operation, mode, **fixed)
            except AssertionError as error:
                faults.append(str(error))
            except Unsatisfiable:
                assert mode is GenerationMode.NEGATIVE, "only what takes nothing cannot be asked wrongly"
    assert not faults, "\n\n".join(faults)
