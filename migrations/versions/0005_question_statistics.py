"""Question statistics: sums over first answers in finished trainings, and of sets of questions."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

FIRST = """
UPDATE training_seen SET first_attempt_id = (
    SELECT a.id FROM training_attempts AS a
    WHERE a.learner_id = training_seen.learner_id AND a.question_id = training_seen.question_id
      AND a.answered_at IS NOT NULL
    ORDER BY a.answered_at, a.id LIMIT 1
)
"""
AUTHORS = """
UPDATE training_items SET author_id = (
    SELECT q.author_id FROM bank_questions AS q WHERE q.id = training_items.question_id
)
"""


def upgrade() -> None:
    op.add_column("bank_questions", sa.Column("discrimination", sa.Float(), nullable=True))
    op.add_column("bank_questions", sa.Column("measured_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("training_items", sa.Column("author_id", sa.Uuid(), nullable=True))
    op.add_column("training_seen", sa.Column("first_attempt_id", sa.Uuid(), nullable=True))
    op.execute(FIRST)
    op.execute(AUTHORS)
    op.create_table(
        "training_counted",
        sa.Column("training_id", sa.Uuid(), nullable=False),
        sa.Column("set_id", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("training_id", name=op.f("pk_training_counted")),
    )
    op.create_table(
        "training_question_cells",
        sa.Column("question_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("response", sa.String(length=80), nullable=False),
        sa.Column("mark", sa.Integer(), nullable=False),
        sa.Column("rest", sa.Integer(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(
            "question_id", "version", "response", "mark", "rest", name="pk_training_question_cells"
        ),
        sqlite_with_rowid=False,
    )
    _create_statistics()
    _create_sets()


def _create_statistics() -> None:
    table = "training_question_statistics"
    op.create_table(
        table,
        sa.Column("question_id", sa.Uuid(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("subject", sa.String(length=40), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("mark", sa.BigInteger(), nullable=False),
        sa.Column("mark_mark", sa.BigInteger(), nullable=False),
        sa.Column("known", sa.Integer(), nullable=False),
        sa.Column("known_mark", sa.BigInteger(), nullable=False),
        sa.Column("known_mark_mark", sa.BigInteger(), nullable=False),
        sa.Column("rest", sa.BigInteger(), nullable=False),
        sa.Column("rest_rest", sa.BigInteger(), nullable=False),
        sa.Column("mark_rest", sa.BigInteger(), nullable=False),
        sa.Column("facility", sa.Float(), nullable=True),
        sa.Column("discrimination", sa.Float(), nullable=True),
        sa.Column("efficiency", sa.Float(), nullable=True),
        sa.Column("efficiency_at", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("question_id", name=op.f("pk_training_question_statistics")),
    )
    for sort in ("facility", "discrimination", "efficiency", "n"):
        op.create_index(f"ix_{table}_{sort}", table, [sort, "question_id"])
        op.create_index(f"ix_{table}_own_{sort}", table, ["author_id", sort, "question_id"])


def _create_sets() -> None:
    op.create_table(
        "training_sets",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=True),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("total_total", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_training_sets")),
    )
    op.create_index("ix_training_sets_n", "training_sets", ["n", "id"])
    op.create_index("ix_training_sets_author", "training_sets", ["author_id", "n", "id"])
    op.create_table(
        "training_set_items",
        sa.Column("set_id", sa.Uuid(), nullable=False),
        sa.Column("question_id", sa.Uuid(), nullable=False),
        sa.Column("max_score", sa.Float(), nullable=False),
        sa.Column("points", sa.BigInteger(), nullable=False),
        sa.Column("points_points", sa.BigInteger(), nullable=False),
        sa.Column("points_total", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("set_id", "question_id", name="pk_training_set_items"),
    )
    op.create_index("ix_training_set_items_question", "training_set_items", ["question_id"])
    op.create_table(
        "training_set_learners",
        sa.Column("set_id", sa.Uuid(), nullable=False),
        sa.Column("learner_id", sa.Uuid(), nullable=False),
        sa.Column("training_id", sa.Uuid(), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("set_id", "learner_id", name="pk_training_set_learners"),
    )


def downgrade() -> None:
    for table in (
        "training_set_learners",
        "training_set_items",
        "training_sets",
        "training_question_statistics",
        "training_question_cells",
        "training_counted",
    ):
        op.drop_table(table)
    op.drop_column("training_seen", "first_attempt_id")
    op.drop_column("training_items", "author_id")
    op.drop_column("bank_questions", "measured_at")
    op.drop_column("bank_questions", "discrimination")
