"""A multipart/form-data body as a stream of parts, each a stream of bytes; nothing is gathered."""

from collections.abc import AsyncIterator, Iterator

from litestar.exceptions import HTTPException
from multipart import (  # type: ignore[import-untyped]
    MultipartError,
    MultipartSegment,
    ParserLimitReached,
    PushMultipartParser,
    parse_options_header,
)

from lyceum.kernel.errors import FieldProblem, Invalid
from lyceum.platform.files import MIB
from lyceum.platform.http_errors import Malformed, TooLarge

MOST_PARTS = 200
type Event = MultipartSegment | bytearray | bytes | None


class UploadInterrupted(Invalid):
    code = "lyceum.upload_interrupted"
    text = "The upload broke off before its end, and nothing was kept. Send it again."


class Part:
    """One part of the form. Its bytes can be had once, before the next part is asked for."""

    def __init__(self, reader: "MultipartReader", segment: MultipartSegment) -> None:
        self.name = segment.name
        self.file_name = segment.filename or None
        self.ended = False
        self._reader = reader
        self._begin = b""

    async def chunks(self) -> AsyncIterator[bytes]:
        """The bytes of the part, as they arrive."""
        if self._begin:
            begin, self._begin = self._begin, b""
            yield begin
        while (chunk := await self._next()) is not None:
            yield chunk

    async def head(self, length: int) -> bytes:
        """The first `length` bytes, or all of a shorter part; `chunks` yields them again."""
        begin = bytearray(self._begin)
        while len(begin) < length and (chunk := await self._next()) is not None:
            begin += chunk
        self._begin = bytes(begin)
        return self._begin[:length]

    async def text(self, longest: int) -> str:
        """The whole part as text of at most `longest` bytes in UTF-8; Malformed otherwise."""
        body = bytearray()
        async for chunk in self.chunks():
            body += chunk
            if len(body) > longest:
                raise Malformed(problems=[FieldProblem(self.name, "too_long", f"longer than {longest} bytes")])
        try:
            return body.decode()
        except UnicodeDecodeError as error:
            raise Malformed(problems=[FieldProblem(self.name, "not_text", "not text in UTF-8")]) from error

    async def _next(self) -> bytes | None:
        if self.ended:
            return None
        event = await self._reader.event()
        if isinstance(event, bytes | bytearray):
            return bytes(event)
        self.ended = True
        return None


class MultipartReader:
    """The parts of `stream`, whose type the header `content_type` gives; TooLarge beyond `limit` bytes in all."""

    def __init__(self, content_type: str, stream: AsyncIterator[bytes], limit: int) -> None:
        kind, options = parse_options_header(content_type)
        if kind != "multipart/form-data" or not options.get("boundary"):
            raise Malformed(problems=[FieldProblem("body", "not_multipart", "send multipart/form-data")])
        try:
            self._parser = PushMultipartParser(options["boundary"], max_segment_count=MOST_PARTS)
        except MultipartError as error:
            raise _malformed(error) from error
        self._stream = stream
        self._limit = limit
        self._received = 0
        self._events: Iterator[Event] = iter(())

    async def parts(self) -> AsyncIterator[Part]:
        """The parts in order; what the caller left unread of one is skipped."""
        while True:
            event = await self.event()
            if isinstance(event, MultipartSegment):
                part = Part(self, event)
                yield part
                async for _ in part.chunks():
                    continue
            elif self._parser.closed:
                return

    async def event(self) -> Event:
        """The next part's beginning, its bytes, or None at its end and at the end of all."""
        while True:
            try:
                for event in self._events:
                    return event
            except MultipartError as error:
                raise _malformed(error) from error
            if self._parser.closed:
                return None
            chunk = await self._read()
            if chunk is None:
                self._end()
                return None
            if chunk:
                self._events = self._parser.parse(chunk)

    async def skip(self, most: int) -> None:
        """Read and forget up to `most` bytes."""
        end = self._received + most
        while self._received < end and await self._read() is not None:
            continue

    async def _read(self) -> bytes | None:
        try:
            chunk = await anext(self._stream, None)
        except HTTPException as error:
            raise UploadInterrupted from error
        self._received += len(chunk or b"")
        if self._received > self._limit:
            raise TooLarge(limit_mb=self._limit // MIB)
        return chunk

    def _end(self) -> None:
        try:
            self._parser.close()
        except MultipartError as error:
            raise UploadInterrupted from error


def _malformed(error: MultipartError) -> Malformed:
    code = "too_many" if isinstance(error, ParserLimitReached) else "not_multipart"
    return Malformed(problems=[FieldProblem("body", code, str(error))])
