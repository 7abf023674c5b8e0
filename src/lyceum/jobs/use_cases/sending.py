"""Messages of our own: an envelope around the data, kept with the change that it tells of."""

from dataclasses import dataclass
from uuid import UUID

import msgspec

from lyceum.jobs.domain.messages import Outgoing
from lyceum.jobs.ports import OutgoingMessages
from lyceum.kernel.ids import uuid7
from lyceum.kernel.ports import Clock

PRODUCER = "lyceum"


@dataclass(frozen=True, slots=True)
class SendInEnvelope:
    """`api.SendMessage`."""

    outgoing: OutgoingMessages
    clock: Clock

    async def __call__(
        self, queue: str, schema: str, data: msgspec.Struct, *, id: UUID | None = None, reply_to: str | None = None
    ) -> UUID:
        number = id or uuid7()
        envelope = {
            "schema": schema,
            "message_id": number,
            "occurred_at": self.clock.now(),
            "producer": PRODUCER,
            "correlation_id": str(number),
            "reply_to": reply_to,
            "data": data,
        }
        body = msgspec.json.encode(envelope).decode()
        await self.outgoing.add(Outgoing(id=number, queue=queue, body=body, correlation_id=str(number)))
        return number
