"""The short way of an answer and of the start of an event: the two calls that come by the thousand in one second."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

import msgspec
from litestar import Request
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send

from lyceum.accounts.api import Actor, Callers
from lyceum.kernel.errors import AppError
from lyceum.kernel.ids import TrainingId
from lyceum.platform.short_way import again, body_of, leave_failure, send_json
from lyceum.training.use_cases.answering import NewAnswer
from lyceum.training.use_cases.any_training import AnswerAny
from lyceum.training.use_cases.events import BeginEvent, Joining

AREA = "/api/training/"
ID = "([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"
ANSWERS = re.compile(f"{AREA}trainings/{ID}/answers")
START = re.compile(f"{AREA}events/{ID}/start")
_answer = msgspec.json.Decoder(NewAnswer)
_joining = msgspec.json.Decoder(Joining | None)
_encode = msgspec.json.Encoder().encode

type Call = Callable[[Actor, UUID, bytes], Awaitable[object | None]]
"""Gives what is answered with, None where that is for the ordinary handler to find out."""


@dataclass(frozen=True, slots=True)
class TrainingLanes:
    """Takes what is well-formed and comes with a token or key; pages, which send cookies, go the ordinary way."""

    callers: Callers
    answer: AnswerAny
    begin: BeginEvent

    def around(self, app: ASGIApp) -> ASGIApp:
        """`app`, with the two calls taken out of its way."""

        async def lane(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == ScopeType.HTTP and scope["method"] == "POST" and scope["path"].startswith(AREA):
                if found := ANSWERS.fullmatch(scope["path"]):
                    template = f"{AREA}trainings/{{id}}/answers"
                    return await self._take(app, scope, receive, send, template, UUID(found[1]), self._answer)
                if found := START.fullmatch(scope["path"]):
                    template = f"{AREA}events/{{id}}/start"
                    return await self._take(app, scope, receive, send, template, UUID(found[1]), self._start)
            return await app(scope, receive, send)

        return lane

    async def _take(
        self, app: ASGIApp, scope: HTTPScope, receive: Receive, send: Send, template: str, id: UUID, call: Call
    ) -> None:
        messages, body = await body_of(receive)
        actor, view = await self._actor(scope), None
        if actor is not None and body is not None:
            try:
                view = await call(actor, id, body)
            except msgspec.DecodeError:
                view = None
            except Exception as error:  # noqa: BLE001 - the ordinary handler raises it
                leave_failure(scope, error)
        if view is None:
            await app(scope, again(messages, receive), send)
            return
        scope["path_template"] = template
        await send_json(send, _encode(view))

    async def _answer(self, actor: Actor, id: UUID, body: bytes) -> object:
        return await self.answer(actor, TrainingId(id), _answer.decode(body))

    async def _start(self, actor: Actor, id: UUID, body: bytes) -> object | None:
        return await self.begin(actor, id, (_joining.decode(body) if body else None) or Joining())

    async def _actor(self, scope: HTTPScope) -> Actor | None:
        request: Request = Request(scope)  # type: ignore[type-arg]
        if "authorization" not in request.headers:
            return None
        try:
            return await self.callers.actor(request)
        except AppError:
            return None
