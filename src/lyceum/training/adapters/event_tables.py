"""Tables of events: plans, sealed variants, participants, kept standings, and the log of what was done."""

from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    SmallInteger,
    String,
    Table,
    Text,
    Uuid,
)

from lyceum.platform.database import UTCDateTime, metadata

events = Table(
    "training_events",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("organiser_id", Uuid, nullable=False),
    Column("opens_at", UTCDateTime, nullable=False),
    Column("closes_at", UTCDateTime, nullable=False),
    Column("plan", Text, nullable=False),
    Column("created_at", UTCDateTime, nullable=False),
    Column("sealed_at", UTCDateTime, nullable=True),
    Column("seal", String(64), nullable=False),
    Column("done_at", UTCDateTime, nullable=True),
    Column("cancelled_at", UTCDateTime, nullable=True),
    Column("version", Integer, nullable=False),
    Index("ix_training_events_opens", "opens_at", "id"),
    Index("ix_training_events_organiser", "organiser_id", "opens_at", "id"),
)
"""`plan` is the whole plan as JSON, always read whole; its times stand beside it for lists."""

variants = Table(
    "training_event_variants",
    metadata,
    Column("event_id", Uuid, ForeignKey(events.c.id, ondelete="CASCADE"), nullable=False),
    Column("number", SmallInteger, nullable=False),
    Column("paper_id", Uuid, ForeignKey("training_papers.id"), nullable=False),
    PrimaryKeyConstraint("event_id", "number", name="pk_training_event_variants"),
)

participants = Table(
    "training_event_participants",
    metadata,
    Column("event_id", Uuid, ForeignKey(events.c.id, ondelete="CASCADE"), nullable=False),
    Column("learner_id", Uuid, nullable=False),
    Column("name", String(80), nullable=False),
    Column("variant", SmallInteger, nullable=False),
    Column("joined_at", UTCDateTime, nullable=False),
    Column("training_id", Uuid, nullable=True),
    PrimaryKeyConstraint("event_id", "learner_id", name="pk_training_event_participants"),
    Index("uq_training_event_participants_training", "training_id", unique=True),
    Index("ix_training_event_participants_learner", "learner_id"),
)
"""One start for each pair: whoever sets `training_id` first has started, everybody else finds it set."""

standings = Table(
    "training_event_standings",
    metadata,
    Column("event_id", Uuid, ForeignKey(events.c.id, ondelete="CASCADE"), nullable=False),
    Column("kind", String(10), nullable=False),
    Column("revision", SmallInteger, nullable=False),
    Column("taken_at", UTCDateTime, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("body", Text, nullable=False),
    PrimaryKeyConstraint("event_id", "kind", "revision", name="pk_training_event_standings"),
)
"""Standings that were kept: `frozen` before the end, `final` after it and after every correction."""

event_log = Table(
    "training_event_log",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("event_id", Uuid, ForeignKey(events.c.id, ondelete="CASCADE"), nullable=False),
    Column("at", UTCDateTime, nullable=False),
    Column("actor_id", Uuid, nullable=True),
    Column("action", String(20), nullable=False),
    Column("detail", Text, nullable=False),
    Index("ix_training_event_log_event", "event_id", "id"),
)
"""Who did what to an event, and the digests that prove it; nothing is ever changed here."""
