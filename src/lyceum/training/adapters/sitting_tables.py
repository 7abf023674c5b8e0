"""Tables of sittings: papers, who sits which, and what was saved of each task."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
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
from lyceum.training.adapters.tables import trainings

papers = Table(
    "training_papers",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("exam", String(40), nullable=True),
    Column("subject", String(40), nullable=True),
    Column("year", SmallInteger, nullable=True),
    Column("profile_version", Integer, nullable=True),
    Column("part", String(10), nullable=False),
    Column("seed", BigInteger, nullable=False),
    Column("duration_min", Integer, nullable=False),
    Column("tasks", Text, nullable=False),
)
"""`tasks` is the ordered list as JSON: a paper never changes and is always read whole."""

sittings = Table(
    "training_sittings",
    metadata,
    Column("training_id", Uuid, ForeignKey(trainings.c.id, ondelete="CASCADE"), primary_key=True),
    Column("paper_id", Uuid, ForeignKey("training_papers.id"), nullable=False),
    Column("extra_min", Integer, nullable=False),
    Column("scored_at", UTCDateTime, nullable=True),
    Column("pending", Integer, nullable=False),
)
"""One row beside the row in `training_trainings`, which holds learner, mode, start, deadline and end."""

Index(
    "ix_training_sittings_unscored",
    sittings.c.training_id,
    sqlite_where=sittings.c.scored_at.is_(None),
    postgresql_where=sittings.c.scored_at.is_(None),
)
"""The few that go on or wait to be scored: what the watch walks through."""

entries = Table(
    "training_sitting_entries",
    metadata,
    Column("training_id", Uuid, ForeignKey("training_sittings.training_id", ondelete="CASCADE"), nullable=False),
    Column("number", SmallInteger, nullable=False),
    Column("answer", Text, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("marked", Boolean, nullable=False),
    Column("elapsed_ms", Integer, nullable=False),
    Column("saved_at", UTCDateTime, nullable=False),
    Column("channel", String(20), nullable=False),
    Column("score", Float, nullable=False, server_default="0"),
    PrimaryKeyConstraint("training_id", "number", name="pk_training_sitting_entries"),
)

accommodations = Table(
    "training_accommodations",
    metadata,
    Column("learner_id", Uuid, primary_key=True),
    Column("extra_min", Integer, nullable=False),
    Column("note", Text, nullable=False),
    Column("set_by", Uuid, nullable=False),
    Column("set_at", UTCDateTime, nullable=False),
)

gradings = Table(
    "training_gradings",
    metadata,
    Column("attempt_id", Uuid, primary_key=True),
    Column("training_id", Uuid, ForeignKey("training_sittings.training_id", ondelete="CASCADE"), nullable=False),
    Column("learner_id", Uuid, nullable=False),
    Column("question_id", Uuid, nullable=False),
    Column("question_version", Integer, nullable=False),
    Column("seed", BigInteger, nullable=False),
    Column("number", SmallInteger, nullable=False),
    Column("subject", String(40), nullable=False),
    Column("max_score", Float, nullable=False),
    Column("third_from", Float, nullable=False),
    Column("since", UTCDateTime, nullable=False),
    Column("wanted", SmallInteger, nullable=False),
    Column("given", SmallInteger, nullable=False),
    Column("round", SmallInteger, nullable=False),
    Column("score", Float, nullable=True),
    Column("settled_at", UTCDateTime, nullable=True),
    Column("version", Integer, nullable=False),
    Index("ix_training_gradings_training", "training_id"),
)
"""Answers that people read. `wanted` grades settle a round, two or with a third three; an appeal begins a new one."""

Index(
    "ix_training_gradings_open",
    gradings.c.since,
    gradings.c.attempt_id,
    sqlite_where=gradings.c.settled_at.is_(None),
    postgresql_where=gradings.c.settled_at.is_(None),
)

grades = Table(
    "training_grades",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("attempt_id", Uuid, ForeignKey("training_gradings.attempt_id", ondelete="CASCADE"), nullable=False),
    Column("grader_id", Uuid, nullable=False),
    Column("round", SmallInteger, nullable=False),
    Column("turn", SmallInteger, nullable=False),
    Column("taken_at", UTCDateTime, nullable=False),
    Column("points", Text, nullable=False),
    Column("score", Float, nullable=True),
    Column("comment", Text, nullable=False),
    Column("given_at", UTCDateTime, nullable=True),
    Index("uq_training_grades_grader", "attempt_id", "grader_id", unique=True),
    Index("uq_training_grades_turn", "attempt_id", "round", "turn", unique=True),
    Index("ix_training_grades_grader", "grader_id", "given_at"),
)
"""A row is taken before it is given: the turn belongs to one grader, so that no two read the same in vain. Nobody
grades an answer twice, in an appeal either."""
