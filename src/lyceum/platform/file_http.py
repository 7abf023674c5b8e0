"""The route behind the signed links: whole files and ranges of them, streamed."""

import asyncio
import re
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from hashlib import sha256

from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, HttpMethod, Request, route
from litestar.datastructures import State
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath
from litestar.response.base import ASGIResponse
from litestar.types import Method, Receive, Scope, Send
from litestar.types.internal_types import PathParameterDefinition

from lyceum.platform.file_links import FileLinks, disposition
from lyceum.platform.files import Files
from lyceum.platform.http_errors import Problem

RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
OPAQUE = "application/octet-stream"


def name_of_call(_: HTTPRouteHandler, method: Method, __: list[str | PathParameterDefinition]) -> str:
    return "look_at_file" if method == HttpMethod.HEAD else "open_file"


class Streamed(ASGIResponse):
    """A body that is sent as it is read, and no further once the other side has hung up.

    The server's `receive` and `send` are awaited to their ends and never cancelled: the server does not wake a task
    that was cancelled while it waited for a reader who is gone, and such a task would stay for ever.
    """

    def __init__(self, status: int, headers: dict[str, str], chunks: AsyncGenerator[bytes] | None = None) -> None:
        super().__init__(status_code=status, headers=headers, is_head_response=True)
        self.chunks = chunks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.start_response(send)
        if self.chunks is not None:
            watching = asyncio.create_task(_until_gone(receive))
            async with aclosing(self.chunks) as chunks:
                async for chunk in chunks:
                    if watching.done():
                        return
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _until_gone(receive: Receive) -> None:
    """Return when the other side has hung up, or has got everything."""
    while (await receive())["type"] != "http.disconnect":
        continue


class FileController(Controller):
    """Public: the token is the right."""

    path = "/files"
    tags: Sequence[str] | None = ("files",)

    @route(
        "/{token:str}/{name:str}",
        http_method=[HttpMethod.GET, HttpMethod.HEAD],
        operation_id=name_of_call,
        summary="Open a file by its link",
        description=(
            "Links come with questions, exports and reports, and run out after a while. One `Range` is honoured, so "
            "that sound and video can be searched. The answer to a 410 is to ask for the link again."
        ),
        status_code=200,
        responses={
            200: ResponseSpec(bytes, generate_examples=False, description="The whole file", media_type=OPAQUE),
            206: ResponseSpec(bytes, generate_examples=False, description="The part asked for", media_type=OPAQUE),
            403: ResponseSpec(
                Problem, description="The link was changed", media_type=Problem.media_type, generate_examples=False
            ),
            404: ResponseSpec(
                Problem, description="The file was removed", media_type=Problem.media_type, generate_examples=False
            ),
            410: ResponseSpec(
                Problem, description="The link has run out", media_type=Problem.media_type, generate_examples=False
            ),
        },
    )
    @inject
    async def open_file(
        self,
        request: Request[object, object, State],
        token: FromPath[str],
        name: FromPath[str],
        files: FromDishka[Files],
        links: FromDishka[FileLinks],
    ) -> ASGIResponse:
        claims = links.read(token, name)
        tag = f'"{sha256(claims.key.encode()).hexdigest()[:24]}"'
        headers = {
            "ETag": tag,
            "Cache-Control": f"private, max-age={links.seconds_left(claims)}, immutable",
            "Content-Disposition": disposition(name, claims.mime, download=claims.download),
            "Accept-Ranges": "bytes",
        }
        if tag in (request.headers.get("if-none-match") or ""):
            return Streamed(304, headers)
        size = await files.head(claims.key)
        wanted = request.headers.get("range") if request.headers.get("if-range") in (None, tag) else None
        part = requested_range(wanted, size)
        if part is None:
            return Streamed(416, {"Content-Range": f"bytes */{size}", "Content-Length": "0"})
        start, stop, partial = part
        headers |= {"Content-Length": str(stop - start), "Content-Type": claims.mime}
        if partial:
            headers["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
        body = None if request.method == HttpMethod.HEAD else files.get(claims.key, start, stop)
        return Streamed(206 if partial else 200, headers, body)


def requested_range(header: str | None, size: int) -> tuple[int, int, bool] | None:
    """Start, stop and whether that is a part; None when nothing of it lies in the file.

    What is not one plain range of bytes is answered with the whole, as RFC 9110 allows.
    """
    match = RANGE.fullmatch(header.strip()) if header else None
    first, last = match.groups() if match else ("", "")
    if not (first or last) or (first and last and int(last) < int(first)):
        return 0, size, False
    if not first:
        start, stop = max(0, size - int(last)), size
    else:
        start, stop = int(first), min(size, int(last) + 1) if last else size
    return (start, stop, True) if start < stop else None
