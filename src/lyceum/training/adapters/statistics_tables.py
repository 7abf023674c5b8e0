"""Tables of question statistics: running sums over first answers in finished trainings, all of them whole numbers."""

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
    Uuid,
)

from lyceum.platform.database import UTCDateTime, metadata
from lyceum.training.domain.statistics import LONGEST_RESPONSE

counted = Table(
    "training_counted",
    metadata,
    Column("training_id", Uuid, primary_key=True),
    Column("set_id", Uuid, nullable=True),
)
"""The trainings that are in the sums, each once; `set_id` when it was a whole set."""

cells = Table(
    "training_question_cells",
    metadata,
    Column("question_id", Uuid, nullable=False),
    Column("version", Integer, nullable=False),
    Column("response", String(LONGEST_RESPONSE), nullable=False),
    Column("mark", Integer, nullable=False),
    Column("rest", Integer, nullable=False),
    Column("n", Integer, nullable=False),
    PrimaryKeyConstraint("question_id", "version", "response", "mark", "rest", name="pk_training_question_cells"),
    sqlite_with_rowid=False,
)
"""How many answers to a question had this mark and this rest score: the whole of what is known of it."""

statistics = Table(
    "training_question_statistics",
    metadata,
    Column("question_id", Uuid, primary_key=True),
    Column("author_id", Uuid, nullable=True),
    Column("subject", String(40), nullable=False),
    Column("n", Integer, nullable=False),
    Column("mark", BigInteger, nullable=False),
    Column("mark_mark", BigInteger, nullable=False),
    Column("known", Integer, nullable=False),
    Column("known_mark", BigInteger, nullable=False),
    Column("known_mark_mark", BigInteger, nullable=False),
    Column("rest", BigInteger, nullable=False),
    Column("rest_rest", BigInteger, nullable=False),
    Column("mark_rest", BigInteger, nullable=False),
    Column("facility", Float, nullable=True),
    Column("discrimination", Float, nullable=True),
    Column("efficiency", Float, nullable=True),
    Column("efficiency_at", Integer, nullable=False),
)
"""The sums of a question's cells, and for lists what follows from them, null where it is undefined. `efficiency` is
that of the first `efficiency_at` answers, and is made anew whenever they have grown by a fiftieth."""

for sort in ("facility", "discrimination", "efficiency", "n"):
    Index(f"ix_training_question_statistics_{sort}", statistics.c[sort], statistics.c.question_id)
    Index(
        f"ix_training_question_statistics_own_{sort}",
        statistics.c.author_id,
        statistics.c[sort],
        statistics.c.question_id,
    )

sets = Table(
    "training_sets",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("kind", String(20), nullable=False),
    Column("source_id", Uuid, nullable=True),
    Column("author_id", Uuid, nullable=True),
    Column("size", Integer, nullable=False),
    Column("n", Integer, nullable=False),
    Column("total", BigInteger, nullable=False),
    Column("total_total", BigInteger, nullable=False),
    Index("ix_training_sets_n", "n", "id"),
    Index("ix_training_sets_author", "author_id", "n", "id"),
)
"""Lists of questions that were answered as a whole. `kind` says of what: a pack, an exam, an event, a list. `author_id`
is set when all questions are of one author."""

set_items = Table(
    "training_set_items",
    metadata,
    Column("set_id", Uuid, nullable=False),
    Column("question_id", Uuid, nullable=False),
    Column("max_score", Float, nullable=False),
    Column("points", BigInteger, nullable=False),
    Column("points_points", BigInteger, nullable=False),
    Column("points_total", BigInteger, nullable=False),
    PrimaryKeyConstraint("set_id", "question_id", name="pk_training_set_items"),
    Index("ix_training_set_items_question", "question_id"),
)

set_learners = Table(
    "training_set_learners",
    metadata,
    Column("set_id", Uuid, nullable=False),
    Column("learner_id", Uuid, nullable=False),
    Column("training_id", Uuid, nullable=False),
    Column("finished_at", UTCDateTime, nullable=False),
    PrimaryKeyConstraint("set_id", "learner_id", name="pk_training_set_learners"),
)
"""Which training of a learner counts for a set: the one that was finished first."""
