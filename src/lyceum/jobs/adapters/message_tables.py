"""Tables of messages: those that came, and those to be published."""

from sqlalchemy import Boolean, Column, Index, Integer, LargeBinary, String, Table, Text, Uuid, literal_column, text

from lyceum.platform.database import UTCDateTime, metadata

REJECTED = text("outcome = 'rejected'")
UNPUBLISHED = text("next_at IS NOT NULL")
"""Conditions of the partial indexes of messages."""

inbox = Table(
    "jobs_inbox",
    metadata,
    Column("message_id", Uuid, primary_key=True),
    Column("sent_id", Uuid, nullable=True),
    Column("queue", String(255), nullable=False),
    Column("schema", String(60), nullable=False),
    Column("producer", String(100), nullable=False),
    Column("source", String(10), nullable=False),
    Column("body_hash", String(64), nullable=False),
    Column("size", Integer, nullable=False),
    Column("outcome", String(12), nullable=False),
    Column("entity_id", Uuid, nullable=True),
    Column("error_code", String(80), nullable=True),
    Column("error", Text, nullable=True),
    Column("reply", Text, nullable=True),
    Column("body", LargeBinary, nullable=True),
    Column("received_at", UTCDateTime, nullable=False),
    Column("replayed_at", UTCDateTime, nullable=True),
    Column("replayed_by", Uuid, nullable=True),
    Index("ix_jobs_inbox_received_at", "received_at"),
)
"""Every message that came: `message_id` is what it said, or an id of ours when it said none or another message's."""

IS_REJECTED = inbox.c.outcome == literal_column("'rejected'")
Index(
    "ix_jobs_inbox_rejected",
    inbox.c.received_at,
    inbox.c.message_id,
    postgresql_where=REJECTED,
    sqlite_where=REJECTED,
)

outgoing = Table(
    "jobs_outgoing",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("message_id", Uuid, nullable=False),
    Column("queue", String(255), nullable=False),
    Column("body", Text, nullable=False),
    Column("correlation_id", String(200), nullable=True),
    Column("is_reply", Boolean, nullable=False),
    Column("created_at", UTCDateTime, nullable=False),
    Column("next_at", UTCDateTime, nullable=True),
    Column("attempts", Integer, nullable=False),
    Column("published_at", UTCDateTime, nullable=True),
    Column("error", Text, nullable=True),
)
"""Messages to other systems. `next_at` is null once one is published, or given up (a reply that nobody takes)."""

Index("ix_jobs_outgoing_next_at", outgoing.c.next_at, postgresql_where=UNPUBLISHED, sqlite_where=UNPUBLISHED)
Index("ix_jobs_outgoing_created_at", outgoing.c.created_at)

suspects = Table(
    "jobs_suspects",
    metadata,
    Column("queue", String(255), primary_key=True),
    Column("body_hash", String(64), primary_key=True),
    Column("source", String(10), nullable=False),
    Column("starts", Integer, nullable=False),
    Column("body", LargeBinary, nullable=True),
    Column("properties", Text, nullable=True),
    Column("created_at", UTCDateTime, nullable=False),
    Column("next_at", UTCDateTime, nullable=False),
)
"""Messages that a process may have ended over. `starts` counts what may have done it; `body` is null while the broker
keeps the message itself, as Kafka does."""

IS_APART = suspects.c.body.is_not(None)
Index(
    "ix_jobs_suspects_next_at",
    suspects.c.next_at,
    postgresql_where=text("body IS NOT NULL"),
    sqlite_where=text("body IS NOT NULL"),
)
