"""Tables of imports and exports: their state survives a restart."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    Uuid,
)

from lyceum.platform.database import UTCDateTime, metadata

transfers = Table(
    "bank_transfers",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("direction", String(10), nullable=False),
    Column("state", String(10), nullable=False),
    Column("owner_id", Uuid, nullable=False),
    Column("file_name", String(255), nullable=False),
    Column("file_key", String(255), nullable=False),
    Column("format", String(20), nullable=False),
    Column("guess", String(255), nullable=False),
    Column("dry_run", Boolean, nullable=False),
    Column("dry_run_of", Uuid, nullable=True, unique=True),
    Column("options", Text, nullable=False),
    Column("imported", Integer, nullable=False),
    Column("updated", Integer, nullable=False),
    Column("skipped", Integer, nullable=False),
    Column("rejected", Integer, nullable=False),
    Column("done_bytes", BigInteger, nullable=False),
    Column("total_bytes", BigInteger, nullable=False),
    Column("starts", Integer, nullable=False),
    Column("created_at", UTCDateTime, nullable=False),
    Column("started_at", UTCDateTime, nullable=True),
    Column("finished_at", UTCDateTime, nullable=True),
    Column("error_code", String(120), nullable=False),
    Column("error", Text, nullable=False),
    Column("error_facts", Text, nullable=False, server_default="{}"),
    Index("ix_bank_transfers_owner", "owner_id", "id"),
    Index("ix_bank_transfers_finished_at", "finished_at"),
    Index("ix_bank_transfers_file_key", "file_key"),
)
"""`starts` counts the runs and fences them: a run may only save while the row still has its number."""

notes = Table(
    "bank_transfer_notes",
    metadata,
    Column("transfer_id", Uuid, ForeignKey("bank_transfers.id", ondelete="CASCADE"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("level", String(10), nullable=False),
    Column("place", String(120), nullable=False),
    Column("title", String(255), nullable=False),
    Column("code", String(60), nullable=False),
    Column("reason", Text, nullable=False),
    Column("fix", Text, nullable=False),
    Column("facts", Text, nullable=False, server_default="{}"),
    PrimaryKeyConstraint("transfer_id", "position", name="pk_bank_transfer_notes"),
    Index("ix_bank_transfer_notes_level", "transfer_id", "level", "position"),
)

replacements = Table(
    "bank_import_replacements",
    metadata,
    Column("import_id", Uuid, nullable=False),
    Column("staged_id", Uuid, nullable=False),
    Column("question_id", Uuid, nullable=False),
    PrimaryKeyConstraint("import_id", "staged_id", name="pk_bank_import_replacements"),
)
"""Staged questions that will become the next version of a question."""
