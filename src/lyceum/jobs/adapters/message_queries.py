"""Reading what came by message, for operators: dead letters."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import and_, func, or_, select

from lyceum.accounts.api import Actor, Role
from lyceum.jobs.adapters.message_tables import IS_REJECTED, inbox
from lyceum.jobs.domain.messages import Outcome
from lyceum.jobs.domain.refusals import DeadLetterNotFound
from lyceum.jobs.domain.tasks import Source
from lyceum.platform.database import Database
from lyceum.platform.paging import Page, decode_cursor, encode_cursor, page


class DeadLetterView(msgspec.Struct, frozen=True, kw_only=True):
    """A message that was rejected. `message_id` is what it said its id was; null when that could not be read.

    `code` and `detail` say why. `replayable`: it can be sent again; a message without an id of its own cannot.
    `outcome` is `rejected`, and `replayable` from its replay until it comes again.
    """

    id: UUID
    message_id: UUID | None
    queue: str
    source: Source
    size: int
    code: str
    detail: str
    outcome: Outcome
    replayable: bool
    received_at: datetime
    replayed_at: datetime | None
    replayed_by: UUID | None


class DeadLetterContent(DeadLetterView, frozen=True, kw_only=True):
    """With its `body` as text, or the first 8 KiB of it; bytes that are no UTF-8 are shown as �."""

    body: str
    truncated: bool


class DeadLetterFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which dead letters to list, the newest first."""

    queue: str | None = None
    code: str | None = None
    limit: int = 50
    cursor: str | None = None


class DeadLetterCount(msgspec.Struct, frozen=True):
    queue: str
    code: str
    count: int


_SHOWN = [it for it in inbox.c if it.name not in {"body", "reply"}]


@dataclass(frozen=True, slots=True)
class MessageQueries:
    """The read side of messages, for operators alone."""

    database: Database

    async def dead_letters(self, actor: Actor, wanted: DeadLetterFilter) -> Page[DeadLetterView]:
        """Rejected messages that nobody has sent again, the newest first."""
        actor.require(Role.OPERATOR, scope="jobs:read")
        query = select(*_SHOWN).where(IS_REJECTED)
        if wanted.queue is not None:
            query = query.where(inbox.c.queue == wanted.queue)
        if wanted.code is not None:
            query = query.where(inbox.c.error_code == wanted.code)
        if wanted.cursor:
            at, id = decode_cursor(wanted.cursor, tuple[datetime, UUID])
            tied = and_(inbox.c.received_at == at, inbox.c.message_id < id)
            query = query.where(or_(inbox.c.received_at < at, tied))
        query = query.order_by(inbox.c.received_at.desc(), inbox.c.message_id.desc())
        async with self.database.read() as connection:
            rows = (await connection.execute(query.limit(wanted.limit + 1))).all()
        views = [DeadLetterView(**_shown(row)) for row in rows]
        return page(views, wanted.limit, lambda view: encode_cursor(view.received_at.isoformat(), str(view.id)))

    async def dead_letter(self, actor: Actor, id: UUID) -> DeadLetterContent:
        """One with its body; raise DeadLetterNotFound."""
        actor.require(Role.OPERATOR, scope="jobs:read")
        was_dead = or_(IS_REJECTED, inbox.c.outcome == Outcome.REPLAYABLE.value)
        query = select(*_SHOWN, inbox.c.body).where(inbox.c.message_id == id, was_dead)
        async with self.database.read() as connection:
            row = (await connection.execute(query)).one_or_none()
        if row is None:
            raise DeadLetterNotFound(id=id)
        body: bytes = row.body or b""
        return DeadLetterContent(**_shown(row), body=body.decode(errors="replace"), truncated=len(body) < row.size)

    async def dead_counts(self, actor: Actor) -> list[DeadLetterCount]:
        """How many there are by queue and cause, the most frequent first."""
        actor.require(Role.OPERATOR, scope="jobs:read")
        number = func.count().label("number")
        query = select(inbox.c.queue, inbox.c.error_code, number).where(IS_REJECTED)
        grouped = query.group_by(inbox.c.queue, inbox.c.error_code).order_by(number.desc(), inbox.c.error_code)
        async with self.database.read() as connection:
            rows = (await connection.execute(grouped)).all()
        return [DeadLetterCount(row.queue, row.error_code, row.number) for row in rows]


def _shown(row: Any) -> dict[str, Any]:
    error = msgspec.json.decode(row.error) if row.error else {}
    return {
        "id": row.message_id,
        "message_id": row.sent_id,
        "queue": row.queue,
        "source": Source(row.source),
        "size": row.size,
        "code": row.error_code or "",
        "detail": error.get("detail", ""),
        "outcome": Outcome(row.outcome),
        "replayable": row.sent_id == row.message_id and row.outcome == Outcome.REJECTED,
        "received_at": row.received_at,
        "replayed_at": row.replayed_at,
        "replayed_by": row.replayed_by,
    }
