"""Messages in the database: those that came, and those to be published."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import insert, literal_column, select, update
from sqlalchemy.dialects import postgresql, sqlite

from lyceum.jobs.adapters.message_tables import IS_REJECTED, inbox, outgoing
from lyceum.jobs.adapters.wake import MessageSignal
from lyceum.jobs.domain.messages import MOST_BYTES, Outcome, Outgoing
from lyceum.jobs.domain.refusals import MessageTooLarge
from lyceum.jobs.ports import DeadLetter, Entry, Known
from lyceum.kernel.ids import UserId, uuid7
from lyceum.platform.database import SqlTransaction
from lyceum.platform.database_time import database_now
from lyceum.platform.prepared import Prepared

_COLUMNS = (
    "message_id", "sent_id", "queue", "schema", "producer", "source", "body_hash", "size", "outcome", "error_code",
    "error", "reply", "body",
)  # fmt: skip
_ADD = Prepared(
    insert(outgoing).values(created_at=database_now(), next_at=database_now(), attempts=literal_column("0")).inline(),
    "id",
    "message_id",
    "queue",
    "body",
    "correlation_id",
    "is_reply",
)


@dataclass(frozen=True, slots=True)
class SqlInbox:
    """`ports.Inbox` over the running transaction. The primary key is the guard: of simultaneous transactions with one
    message the second waits for the first, and then finds its row."""

    transaction: SqlTransaction

    async def open(self, entry: Entry) -> Known | None:
        connection = self.transaction.connection
        values = _values(entry)
        add = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
        adding = add(inbox).values(**values, received_at=database_now()).on_conflict_do_nothing()
        if (await connection.execute(adding)).rowcount == 1:
            return None
        query = select(inbox.c.body_hash, inbox.c.outcome, inbox.c.reply).where(inbox.c.message_id == entry.id)
        row = (await connection.execute(query.with_for_update())).one()
        if row.outcome != Outcome.REPLAYABLE or row.body_hash != entry.body_hash:
            return Known(row.body_hash, Outcome(row.outcome), row.reply)
        renewed = update(inbox).where(inbox.c.message_id == entry.id)
        await connection.execute(renewed.values(**values))
        return None

    async def close(self, id: UUID, entity_id: UUID | None, reply: str | None) -> None:
        closing = update(inbox).where(inbox.c.message_id == id).values(entity_id=entity_id, reply=reply)
        await self.transaction.connection.execute(closing)

    async def dead_for_update(self, id: UUID) -> DeadLetter | None:
        query = select(inbox).where(inbox.c.message_id == id, IS_REJECTED).with_for_update()
        row = (await self.transaction.connection.execute(query)).one_or_none()
        if row is None:
            return None
        return DeadLetter(row.message_id, row.sent_id, row.queue, row.size, row.error_code, row.body)

    async def revive(self, id: UUID, by: UserId) -> None:
        revived = {"outcome": Outcome.REPLAYABLE.value, "replayed_at": database_now(), "replayed_by": by}
        await self.transaction.connection.execute(update(inbox).where(inbox.c.message_id == id).values(revived))


@dataclass(frozen=True, slots=True)
class SqlOutgoing:
    """`ports.OutgoingMessages` over the running transaction."""

    transaction: SqlTransaction
    signal: MessageSignal

    async def add(self, message: Outgoing) -> None:
        size = len(message.body.encode())
        if size > MOST_BYTES:
            raise MessageTooLarge(size=size)
        row = {
            "id": uuid7(),
            "message_id": message.id,
            "queue": message.queue,
            "body": message.body,
            "correlation_id": message.correlation_id,
            "is_reply": message.is_reply,
        }
        await _ADD.run(self.transaction.connection, row)
        self.transaction.after_commit.append(self.signal.set)


def _values(entry: Entry) -> dict[str, object]:
    given = (
        entry.id, entry.sent_id, entry.queue, entry.schema, entry.producer, entry.source.value, entry.body_hash,
        entry.size, entry.outcome.value, entry.error_code, entry.error, entry.reply, entry.body,
    )  # fmt: skip
    return dict(zip(_COLUMNS, given, strict=True))
