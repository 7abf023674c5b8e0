"""What a way past the router needs: the hottest calls are answered before it, everything else goes on as if unread.

Routing, injection and response objects cost more than the work of such a call. Its short way takes only what is plainly
well-formed; refusals and faults are told by the ordinary handler, which also describes the call.
"""

from typing import cast

from litestar.types import HTTPScope, Receive, ReceiveMessage, Scope, Send

FAILURE = "lyceum.failure"
"""Where in the scope the ordinary handler finds what the use case has raised already."""
MOST_BYTES = 1 << 16


async def body_of(receive: Receive) -> tuple[list[ReceiveMessage], bytes | None]:
    """The messages of the request and its body; None for one that is long or breaks off."""
    messages, body = [], b""
    while True:
        message = await receive()
        messages.append(message)
        if message["type"] != "http.request":
            return messages, None
        body += message["body"]
        if len(body) > MOST_BYTES:
            return messages, None
        if not message["more_body"]:
            return messages, body


def again(messages: list[ReceiveMessage], receive: Receive) -> Receive:
    """The same messages once more, and what comes after them."""
    left = iter(messages)

    async def receiving() -> ReceiveMessage:
        return next(left, None) or await receive()

    return receiving


def leave_failure(scope: HTTPScope, error: Exception) -> None:
    """Let the ordinary handler raise what the use case has raised."""
    cast("dict[str, object]", scope)[FAILURE] = error


def raise_failure(scope: Scope) -> None:
    """Raise what the short way met, if the request came by it."""
    failure = scope.get(FAILURE)
    if isinstance(failure, Exception):
        raise failure


async def send_json(send: Send, content: bytes) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(content)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": content, "more_body": False})
