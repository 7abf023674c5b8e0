"""Tables of training. `training_items` is its own copy of what it must know of the pool, fed by events."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Date,
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
    literal_column,
)

from lyceum.kernel.errors import AppError
from lyceum.platform.database import StringList, UTCDateTime, metadata
from lyceum.training.domain.trainings import AlreadyActive

items = Table(
    "training_items",
    metadata,
    Column("question_id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("published", Boolean, nullable=False),
    Column("askable", Boolean, nullable=False),
    Column("exam", String(40), nullable=True),
    Column("subject", String(40), nullable=False),
    Column("task_number", SmallInteger, nullable=True),
    Column("topic", String(200), nullable=False),
    Column("difficulty", SmallInteger, nullable=False),
    Column("kind", String(20), nullable=False),
    Column("max_score", Float, nullable=False),
    Column("options", SmallInteger, nullable=False),
    Column("rating", Float, nullable=False),
    Column("rating_variance", Float, nullable=False),
    Column("place", Float, nullable=False),
    Column("answered", Integer, nullable=False),
    Column("correct", Integer, nullable=False),
    Column("score_sum", Float, nullable=False),
    Column("author_id", Uuid, nullable=True),
    Column("elapsed_ms", BigInteger, nullable=False, server_default="0"),
)
"""`askable` are published questions that have something to answer. `topic` is the first one, by which topics are
interleaved; `difficulty` counts from 1. `rating`, in Elo points, follows every first answer; `place` is the ability
that the question suits, by which the indexes find it, and follows the rating in coarse steps. Sums are over first
answers."""

is_askable = items.c.askable == literal_column("true")
"""Spelled out in the statement: a planner uses a partial index only for a constant that it can see.

Each index leads through some filters to `place`, along which the choice walks. A task of a subject has few questions,
so that further filters are tested on the way.
"""

for name, columns, beside in (
    ("all", (), ()),
    ("exam", ("exam",), ()),
    ("subject", ("subject",), ()),
    ("exam_subject", ("exam", "subject"), ()),
    ("level", ("difficulty",), ()),
    ("exam_level", ("exam", "difficulty"), ()),
    ("subject_level", ("subject", "difficulty"), ()),
    ("exam_subject_level", ("exam", "subject", "difficulty"), ()),
    ("task", ("task_number",), ("exam", "difficulty")),
    ("subject_task", ("subject", "task_number"), ("exam", "difficulty")),
):
    Index(
        f"ix_training_items_{name}",
        *(items.c[column] for column in (*columns, "place", "question_id", *beside)),
        sqlite_where=is_askable,
        postgresql_where=is_askable,
    )

tags = Table(
    "training_item_tags",
    metadata,
    Column("tag", String(210), nullable=False),
    Column("question_id", Uuid, nullable=False),
    Column("difficulty", SmallInteger, nullable=False),
    Column("place", Float, nullable=False),
    Column("exam", String(40), nullable=True),
    Column("subject", String(40), nullable=False),
    Column("task_number", SmallInteger, nullable=True),
    PrimaryKeyConstraint("tag", "question_id", name="pk_training_item_tags"),
    Index("ix_training_item_tags_question", "question_id"),
    Index("ix_training_item_tags_place", "tag", "place", "question_id", "difficulty", "subject", "exam", "task_number"),
)
"""Topics and packs of the questions that can be asked, with what a search among them needs beside the tag."""


def topic_tag(topic: str) -> str:
    return f"topic:{topic}"


def pack_tag(pack: UUID) -> str:
    return f"pack:{pack}"


trainings = Table(
    "training_trainings",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("learner_id", Uuid, nullable=False),
    Column("mode", String(20), nullable=False),
    Column("filters", Text, nullable=False),
    Column("length", Integer, nullable=True),
    Column("deadline", UTCDateTime, nullable=True),
    Column("started_at", UTCDateTime, nullable=False),
    Column("finished_at", UTCDateTime, nullable=True),
    Column("position", Integer, nullable=False),
    Column("answered", Integer, nullable=False),
    Column("correct", Integer, nullable=False),
    Column("score", Float, nullable=False),
    Column("max_score", Float, nullable=False),
    Column("version", Integer, nullable=False),
    Column("recent", StringList, nullable=False),
    Column("repeats", Boolean, nullable=False),
    Index("ix_training_trainings_learner", "learner_id", "id"),
)
Index(
    "uq_training_trainings_active",
    trainings.c.learner_id,
    trainings.c.mode,
    unique=True,
    sqlite_where=trainings.c.finished_at.is_(None),
    postgresql_where=trainings.c.finished_at.is_(None),
)

attempts = Table(
    "training_attempts",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("training_id", Uuid, ForeignKey("training_trainings.id", ondelete="CASCADE"), nullable=False),
    Column("learner_id", Uuid, nullable=False),
    Column("question_id", Uuid, nullable=False),
    Column("version", Integer, nullable=False),
    Column("seed", BigInteger, nullable=False),
    Column("position", Integer, nullable=False),
    Column("shown_at", UTCDateTime, nullable=False),
    Column("answered_at", UTCDateTime, nullable=True),
    Column("answer", Text, nullable=False),
    Column("score", Float, nullable=False),
    Column("max_score", Float, nullable=False),
    Column("verdict", String(10), nullable=True),
    Column("elapsed_ms", Integer, nullable=True),
    Column("channel", String(20), nullable=False),
    Column("why", Text, nullable=True),
    Index("uq_training_attempts_question", "training_id", "question_id", unique=True),
    Index("ix_training_attempts_learner", "learner_id", "id"),
)
Index(
    "uq_training_attempts_open",
    attempts.c.training_id,
    unique=True,
    sqlite_where=attempts.c.answered_at.is_(None),
    postgresql_where=attempts.c.answered_at.is_(None),
)

seen = Table(
    "training_seen",
    metadata,
    Column("learner_id", Uuid, nullable=False),
    Column("question_id", Uuid, nullable=False),
    Column("attempt_id", Uuid, nullable=False),
    Column("at", UTCDateTime, nullable=False),
    Column("verdict", String(10), nullable=False),
    Column("mistake", Boolean, nullable=False),
    Column("times", Integer, nullable=False),
    Column("first_attempt_id", Uuid, nullable=True),
    Column("stability", Float, nullable=True),
    Column("difficulty", Float, nullable=True),
    Column("reviewed_at", UTCDateTime, nullable=True),
    Column("due", UTCDateTime, nullable=True),
    PrimaryKeyConstraint("learner_id", "question_id", name="pk_training_seen"),
    Index("ix_training_seen_at", "learner_id", "at", "question_id"),
)
"""The latest answer of each learner to each question, which attempt was the first, and what they remember of it: the
card of a review, null where there was nothing to remember."""
is_card = seen.c.due.is_not(None)
Index(
    "ix_training_seen_due",
    seen.c.learner_id,
    seen.c.due,
    seen.c.question_id,
    sqlite_where=is_card,
    postgresql_where=is_card,
)
is_mistake = seen.c.mistake == literal_column("true")
Index(
    "ix_training_seen_mistakes",
    seen.c.learner_id,
    seen.c.at,
    seen.c.question_id,
    sqlite_where=is_mistake,
    postgresql_where=is_mistake,
)

progress = Table(
    "training_progress",
    metadata,
    Column("learner_id", Uuid, nullable=False),
    Column("kind", String(10), nullable=False),
    Column("subject", String(40), nullable=False),
    Column("name", String(200), nullable=False),
    Column("answered", Integer, nullable=False),
    Column("correct", Integer, nullable=False),
    Column("score", Float, nullable=False),
    Column("max_score", Float, nullable=False),
    Column("elapsed_ms", BigInteger, nullable=False),
    Column("rating", Float, nullable=True),
    Column("rating_variance", Float, nullable=True),
    Column("last_at", UTCDateTime, nullable=True),
    PrimaryKeyConstraint("learner_id", "kind", "subject", "name", name="pk_training_progress"),
)
"""Running sums by `kind`: `subject` (with the subject's part of the learner's rating), `task`, `topic`, `day` (name is
the ISO date; with the ability in the subject as it was after the day's last answer)."""

SUBJECT: ColumnElement[str] = literal_column("'subject'")
TOPIC: ColumnElement[str] = literal_column("'topic'")
DAY: ColumnElement[str] = literal_column("'day'")
"""Kinds of sums, spelled out in statements: as a parameter SQLite would compare it with the index of days, and prepare
the statement anew each time that it is run."""
IS_DAY = progress.c.kind == DAY
Index("ix_training_progress_day", progress.c.name, sqlite_where=IS_DAY, postgresql_where=IS_DAY)

learners = Table(
    "training_learners",
    metadata,
    Column("learner_id", Uuid, primary_key=True),
    Column("streak", Integer, nullable=False),
    Column("best_streak", Integer, nullable=False),
    Column("last_day", Date, nullable=False),
    Column("rating", Float, nullable=False, server_default="1500"),
    Column("rating_variance", Float, nullable=False, server_default="67600"),
)
"""`rating` is the part that all subjects share."""

learner_settings = Table(
    "training_settings",
    metadata,
    Column("learner_id", Uuid, primary_key=True),
    Column("daily_goal", SmallInteger, nullable=False),
    Column("on_leaderboard", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
)
"""Of those learners who have changed something."""

pauses = Table(
    "training_pauses",
    metadata,
    Column("learner_id", Uuid, primary_key=True),
    Column("taken_at", UTCDateTime, nullable=False),
    Column("ad_id", Uuid, nullable=True),
)
"""The latest pause of each learner who had one, and the ad that stands in it until the learner goes on."""

scores = Table(
    "training_scores",
    metadata,
    Column("learner_id", Uuid, nullable=False),
    Column("period", String(10), nullable=False),
    Column("begins", Date, nullable=False),
    Column("subject", String(40), nullable=False),
    Column("points", BigInteger, nullable=False),
    Column("answers", Integer, nullable=False),
    Column("reached_at", UTCDateTime, nullable=False),
    PrimaryKeyConstraint("learner_id", "period", "begins", "subject", name="pk_training_scores"),
)
Index(
    "ix_training_scores_board",
    *(scores.c[name] for name in ("period", "begins", "subject")),
    scores.c.points.desc(),
    scores.c.reached_at,
    scores.c.learner_id,
)
"""Points of the leaderboard, in thousandths, by week, month and for ever, in each subject and over all (an empty one).
`answers` brought them, `reached_at` was the latest. Guests have none."""

rating_checks = Table(
    "training_rating_checks",
    metadata,
    Column("day", Date, primary_key=True),
    Column("at", UTCDateTime, nullable=False),
    Column("answers", Integer, nullable=False),
    Column("learners", Integer, nullable=False),
    Column("questions", Integer, nullable=False),
    Column("whole", Boolean, nullable=False),
    Column("passes", SmallInteger, nullable=False),
    Column("settled", Boolean, nullable=False),
    Column("spread", Float, nullable=False),
    Column("shift", Float, nullable=False),
    Column("scatter", Float, nullable=False),
    Column("correlation", Float, nullable=True),
    Column("strayed", Integer, nullable=False),
)
"""What the nightly fit said of the online ratings, by the day up to which it took answers."""

item_fits = Table(
    "training_item_fits",
    metadata,
    Column("question_id", Uuid, primary_key=True),
    Column("day", Date, nullable=False),
    Column("rating", Float, nullable=False),
    Column("rating_error", Float, nullable=False),
    Column("off", Float, nullable=False),
    Column("strayed", Boolean, nullable=False),
)
"""Ratings of the latest fit with their errors, and how far the online rating is off, in Elo points."""
is_strayed = item_fits.c.strayed == literal_column("true")
Index(
    "ix_training_item_fits_strayed",
    item_fits.c.question_id,
    sqlite_where=is_strayed,
    postgresql_where=is_strayed,
)

REFUSALS: Mapping[str, type[AppError]] = {"uq_training_trainings_active": AlreadyActive}
