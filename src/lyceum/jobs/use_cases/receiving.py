"""Messages that come in: read, handled at most once, and answered, whatever brought them."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from lyceum.jobs.api import AnyHandler, MessageRefused, Messages
from lyceum.jobs.domain.messages import (
    DELIVERY_LIMIT,
    KEPT_BYTES,
    MOST_BYTES,
    SCHEMA,
    Delivery,
    IdReused,
    Incoming,
    Outcome,
    Outgoing,
    Unreadable,
    Verdict,
)
from lyceum.jobs.ports import Entry, Inbox, Known, OutgoingMessages
from lyceum.kernel.errors import AppError, FieldProblem
from lyceum.kernel.ids import uuid7
from lyceum.kernel.ports import Outbox, Transaction

QUEUE_NAME = re.compile(r"[\w.:/-]{1,255}")


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """What every message says of itself; unknown fields are ignored, as newer senders may say more."""

    schema: Annotated[str, Meta(max_length=60)]
    message_id: UUID
    occurred_at: Annotated[datetime, Meta(tz=True)]
    producer: Annotated[str, Meta(min_length=1, max_length=100)]
    data: msgspec.Raw
    correlation_id: Annotated[str, Meta(max_length=200)] | None = None
    reply_to: Annotated[str, Meta(max_length=255)] | None = None


class Traces(msgspec.Struct, frozen=True):
    """Whom to answer, as far as a message that is no envelope lets that be read."""

    message_id: object = None
    reply_to: object = None
    correlation_id: object = None


@dataclass(frozen=True, slots=True)
class ReadMessage:
    """From bytes to a message and its handler; raise Unreadable for what can never be used."""

    messages: Messages

    def __call__(self, delivery: Delivery) -> tuple[Incoming[object], type[AnyHandler]]:
        self._require_readable(delivery)
        try:
            envelope = msgspec.json.decode(delivery.body, type=Envelope)
        except msgspec.ValidationError as error:
            raise _fault(delivery, "invalid_envelope", _problem("", error)) from error
        except msgspec.DecodeError as error:
            raise _fault(delivery, "not_json", FieldProblem("", "not_json", str(error))) from error
        handler = self._handler(delivery, envelope)
        try:
            data = msgspec.json.decode(envelope.data, type=handler.data)
        except msgspec.ValidationError as error:
            raise _fault(delivery, "invalid_field", _problem("data", error)) from error
        return _incoming(delivery, envelope, data), handler

    def _require_readable(self, delivery: Delivery) -> None:
        if len(delivery.body) > MOST_BYTES:
            said = f"{len(delivery.body)} bytes, and {MOST_BYTES} is the most."
            raise _fault(delivery, "too_large", FieldProblem("", "too_large", said), look=False)
        try:
            delivery.body.decode()
        except UnicodeDecodeError as error:
            raise _fault(delivery, "not_utf8", FieldProblem("", "not_utf8", str(error)), look=False) from error
        if delivery.deliveries >= DELIVERY_LIMIT:
            said = f"{delivery.deliveries} deliveries ended without an answer; its handler may end the process."
            raise _fault(delivery, "delivery_limit", FieldProblem("", "delivery_limit", said))
        if b"\\u0000" in delivery.body:
            said = "The character NUL cannot be kept; leave it out."
            raise _fault(delivery, "invalid_field", FieldProblem("", "invalid", said))

    def _handler(self, delivery: Delivery, envelope: Envelope) -> type[AnyHandler]:
        if envelope.reply_to and not QUEUE_NAME.fullmatch(envelope.reply_to):
            problem = FieldProblem("reply_to", "invalid", "This is no name of a queue.")
            raise _fault(delivery, "invalid_envelope", problem)
        named = SCHEMA.fullmatch(envelope.schema)
        found = self.messages.find(delivery.queue, named[1], int(named[2])) if named else None
        if found is None:
            taken = ", ".join(handler.schema for handler in self.messages.handlers(delivery.queue))
            said = f"The queue takes {taken}, not {envelope.schema[:60]}."
            raise _fault(delivery, "unknown_schema", FieldProblem("schema", "unknown_schema", said))
        return found


@dataclass(frozen=True, slots=True)
class ReceiveMessage:
    """A message takes effect once, in one transaction with its row in the inbox and the answer to its sender.

    Each method is one transaction; Verdict says what the transport has to do after it.
    """

    inbox: Inbox
    outgoing: OutgoingMessages
    outbox: Outbox
    transaction: Transaction

    async def __call__(self, delivery: Delivery, message: Incoming[object], handler: AnyHandler) -> Verdict:
        """Handle a message; a duplicate gets the first answer again. Raise IdReused, or what the handler raises."""
        async with self.transaction:
            known = await self.inbox.open(_entry(delivery, message, Outcome.DONE))
            if known is not None:
                return await self._again(delivery, message, known)
            handled = await handler.handle(message)  # type: ignore[arg-type]
            entity = str(handled.entity_id)
            reply = _text({"ok": True, "message_id": str(message.id), "entity_id": entity, "result": handled.told})
            await self.inbox.close(message.id, handled.entity_id, reply)
            await self._reply(message.reply_to, message.correlation_id, reply)
        return Verdict(Outcome.DONE)

    async def refuse(self, delivery: Delivery, message: Incoming[object], refusal: AppError) -> Verdict:
        """The state of things does not allow it: kept, told, and no dead letter. Raise IdReused."""
        error = _error(refusal.code, str(refusal), refusal.problems)
        reply = _text({"ok": False, "message_id": str(message.id), "error": error})
        async with self.transaction:
            entry = _entry(delivery, message, Outcome.REFUSED, error=_text(error), code=refusal.code, reply=reply)
            if (known := await self.inbox.open(entry)) is not None:
                return await self._again(delivery, message, known)
            self.outbox.add(MessageRefused(message.id, delivery.queue, message.schema, refusal.code))
            await self._reply(message.reply_to, message.correlation_id, reply)
        return Verdict(Outcome.REFUSED, code=refusal.code)

    async def reject(self, delivery: Delivery, fault: Unreadable) -> Verdict:
        """The message can never be used: kept with the cause, told, and put with the dead letters.

        A duplicate of a rejected message is no second dead letter; one that the broker delivers again may be the
        same delivery, cut off before it was put there, so it is.
        """
        error = _error(fault.code, fault.detail, fault.problems)
        told = None if fault.id is None else str(fault.id)
        reply = _text({"ok": False, "message_id": told, "error": error})
        async with self.transaction:
            known: Known | None = None
            if fault.id is not None and fault.code != "message_id_reused":
                known = await self.inbox.open(_rejected(delivery, fault, fault.id, _text(error), reply))
            if known is not None and known.body_hash == delivery.body_hash:
                await self._reply(fault.reply_to, fault.correlation_id, known.reply)
                dead = delivery.redelivered and known.outcome is Outcome.REJECTED
                return Verdict(known.outcome, duplicate=True, dead=dead, code=fault.code, detail=fault.detail)
            if fault.id is None or known is not None or fault.code == "message_id_reused":
                await self.inbox.open(_rejected(delivery, fault, uuid7(), _text(error), reply))
            await self._reply(fault.reply_to, fault.correlation_id, reply)
        return Verdict(Outcome.REJECTED, dead=True, code=fault.code, detail=fault.detail)

    async def _again(self, delivery: Delivery, message: Incoming[object], known: Known) -> Verdict:
        if known.body_hash != delivery.body_hash:
            raise IdReused
        await self._reply(message.reply_to, message.correlation_id, known.reply)
        dead = delivery.redelivered and known.outcome is Outcome.REJECTED
        return Verdict(known.outcome, duplicate=True, dead=dead)

    async def _reply(self, queue: str | None, correlation_id: str | None, reply: str | None) -> None:
        if queue and reply is not None:
            answer = Outgoing(id=uuid7(), queue=queue, body=reply, correlation_id=correlation_id, is_reply=True)
            await self.outgoing.add(answer)


def reused(message: Incoming[object]) -> Unreadable:
    """Why a message is rejected whose id another one had."""
    said = "Another message with another body had this message_id. Give each message an id of its own."
    return Unreadable(
        "message_id_reused", said, id=message.id, reply_to=message.reply_to, correlation_id=message.correlation_id
    )


def _incoming(delivery: Delivery, envelope: Envelope, data: object) -> Incoming[object]:
    return Incoming(
        id=envelope.message_id,
        schema=envelope.schema,
        occurred_at=envelope.occurred_at,
        producer=envelope.producer,
        data=data,
        source=delivery.source,
        correlation_id=envelope.correlation_id or delivery.correlation_id,
        reply_to=envelope.reply_to or delivery.reply_to,
    )


def _fault(delivery: Delivery, code: str, problem: FieldProblem, *, look: bool = True) -> Unreadable:
    """Unreadable, with whom to answer found as far as it can be."""
    traces = _traces(delivery.body) if look else Traces()
    reply_to = traces.reply_to if isinstance(traces.reply_to, str) else None
    if reply_to is not None and not QUEUE_NAME.fullmatch(reply_to):
        reply_to = None
    correlation = traces.correlation_id if isinstance(traces.correlation_id, str) else None
    detail = f"{problem.loc}: {problem.msg}" if problem.loc else problem.msg
    return Unreadable(
        code,
        detail[:1000],
        id=_uuid(traces.message_id),
        reply_to=reply_to or delivery.reply_to,
        correlation_id=(correlation or delivery.correlation_id or "")[:200] or None,
        problems=(problem,) if problem.loc else (),
    )


def _traces(body: bytes) -> Traces:
    try:
        return msgspec.json.decode(body, type=Traces)
    except (msgspec.DecodeError, RecursionError):
        return Traces()


def _uuid(value: object) -> UUID | None:
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _problem(root: str, error: msgspec.ValidationError) -> FieldProblem:
    """The place and the text of the first thing that is wrong."""
    message, _, path = str(error).partition(" - at `$")
    loc = root + path.rstrip("`").replace(".", "/").replace("[", "/").replace("]", "")
    return FieldProblem(loc.lstrip("/"), "invalid", message)


def _error(code: str, detail: str, problems: tuple[FieldProblem, ...]) -> dict[str, object]:
    return {"code": code, "detail": detail, "errors": msgspec.to_builtins(problems)}


def _text(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _entry(
    delivery: Delivery,
    message: Incoming[object],
    outcome: Outcome,
    *,
    error: str | None = None,
    code: str | None = None,
    reply: str | None = None,
) -> Entry:
    return Entry(
        id=message.id,
        sent_id=message.id,
        queue=delivery.queue,
        body_hash=delivery.body_hash,
        size=len(delivery.body),
        source=delivery.source,
        outcome=outcome,
        schema=message.schema,
        producer=message.producer,
        error=error,
        error_code=code,
        reply=reply,
    )


def _rejected(delivery: Delivery, fault: Unreadable, id: UUID, error: str, reply: str) -> Entry:
    return Entry(
        id=id,
        sent_id=fault.id,
        queue=delivery.queue,
        body_hash=delivery.body_hash,
        size=len(delivery.body),
        source=delivery.source,
        outcome=Outcome.REJECTED,
        error=error,
        error_code=fault.code,
        reply=reply,
        body=delivery.body[:KEPT_BYTES],
    )
