"""Messages that come in and go out: what is known of one, and what became of it."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from lyceum.jobs.domain.tasks import Source
from lyceum.kernel.errors import AppError, FieldProblem

MOST_BYTES = 256 << 10
KEPT_BYTES = 8 << 10
DELIVERY_LIMIT = 5
DEAD = ".dead"
SCHEMA = re.compile(r"([a-z][a-z0-9_-]{0,39})/([0-9]{1,4})(\.[0-9]{1,4})?")


class Outcome(StrEnum):
    """What became of a message. `replayable`: rejected, and to be taken as new when it comes again."""

    DONE = "done"
    REFUSED = "refused"
    REJECTED = "rejected"
    REPLAYABLE = "replayable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A message as a transport hands it over; `deliveries` counts those before this one that ended in no answer.

    `redelivered`: a process may have ended over it. `alone`: nothing else is at hand, so if the process ends now, it is
    this message's doing. `properties` are what the transport needs to put it with the dead letters as it came.
    """

    queue: str
    body: bytes
    source: Source
    redelivered: bool = False
    alone: bool = False
    deliveries: int = 0
    reply_to: str | None = None
    correlation_id: str | None = None
    properties: Mapping[str, object] = field(default_factory=dict)

    @property
    def body_hash(self) -> str:
        return hashlib.sha256(self.body).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming[D]:
    """A message that was understood. `data` is of the type that its schema names."""

    id: UUID
    schema: str
    occurred_at: datetime
    producer: str
    data: D
    source: Source
    correlation_id: str | None = None
    reply_to: str | None = None


@dataclass(frozen=True, slots=True)
class Handled:
    """What a handler did: what came of it, and what to tell the sender beside its id."""

    entity_id: UUID
    told: Mapping[str, object] = field(default_factory=dict)


class Unreadable(Exception):
    """The message cannot be used, however often it comes. `code` is stable; the rest is as far as could be read."""

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        id: UUID | None = None,
        reply_to: str | None = None,
        correlation_id: str | None = None,
        problems: tuple[FieldProblem, ...] = (),
    ) -> None:
        super().__init__(detail)
        self.code, self.detail, self.problems = code, detail, problems
        self.id, self.reply_to, self.correlation_id = id, reply_to, correlation_id

    @classmethod
    def of(cls, refusal: AppError, message: Incoming[object]) -> "Unreadable":
        """The content is wrong, which its handler found."""
        return cls(
            refusal.code,
            str(refusal),
            id=message.id,
            reply_to=message.reply_to,
            correlation_id=message.correlation_id,
            problems=refusal.problems,
        )


class IdReused(Exception):
    """Another message had this id before."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the transport has to do: acknowledge, and first put the message with the dead letters when it is `dead`.

    `outcome` is that of the first delivery when this one was a duplicate; None: kept apart, to be handled alone.
    """

    outcome: Outcome | None
    duplicate: bool = False
    dead: bool = False
    code: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A message to be published: `body` is JSON, at most 256 KiB; `id` is what receivers know it by."""

    id: UUID
    queue: str
    body: str
    correlation_id: str | None = None
    is_reply: bool = False


def dead_of(queue: str) -> str:
    """The queue of the dead letters of a queue."""
    return queue + DEAD
