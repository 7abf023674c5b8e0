"""Sittings: papers, saved answers, extra time, grading by people."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

UNSCORED = sa.text("scored_at IS NULL")
UNSETTLED = sa.text("settled_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "training_papers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("exam", sa.String(length=40), nullable=True),
        sa.Column("subject", sa.String(length=40), nullable=True),
        sa.Column("year", sa.SmallInteger(), nullable=True),
        sa.Column("profile_version", sa.Integer(), nullable=True),
        sa.Column("part", sa.String(length=10), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("duration_min", sa.Integer(), nullable=False),
        sa.Column("tasks", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_training_papers")),
    )
    op.create_table(
        "training_sittings",
        sa.Column("training_id", sa.Uuid(), nullable=False),
        sa.Column("paper_id", sa.Uuid(), nullable=False),
        sa.Column("extra_min", sa.Integer(), nullable=False),
        sa.Column("scored_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("pending", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["training_id"],
            ["training_trainings.id"],
            name=op.f("fk_training_sittings_training_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["paper_id"], ["training_papers.id"], name=op.f("fk_training_sittings_paper_id")),
        sa.PrimaryKeyConstraint("training_id", name=op.f("pk_training_sittings")),
    )
    op.create_index(
        "ix_training_sittings_unscored",
        "training_sittings",
        ["training_id"],
        sqlite_where=UNSCORED,
        postgresql_where=UNSCORED,
    )
    op.create_table(
        "training_sitting_entries",
        sa.Column("training_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.SmallInteger(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("marked", sa.Boolean(), nullable=False),
        sa.Column("elapsed_ms", sa.Integer(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(
            ["training_id"],
            ["training_sittings.training_id"],
            name=op.f("fk_training_sitting_entries_training_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("training_id", "number", name="pk_training_sitting_entries"),
    )
    op.create_table(
        "training_accommodations",
        sa.Column("learner_id", sa.Uuid(), nullable=False),
        sa.Column("extra_min", sa.Integer(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("set_by", sa.Uuid(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("learner_id", name=op.f("pk_training_accommodations")),
    )
    _grading()


def _grading() -> None:
    op.create_table(
        "training_gradings",
        sa.Column("attempt_id", sa.Uuid(), nullable=False),
        sa.Column("training_id", sa.Uuid(), nullable=False),
        sa.Column("learner_id", sa.Uuid(), nullable=False),
        sa.Column("question_id", sa.Uuid(), nullable=False),
        sa.Column("question_version", sa.Integer(), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.SmallInteger(), nullable=False),
        sa.Column("subject", sa.String(length=40), nullable=False),
        sa.Column("max_score", sa.Float(), nullable=False),
        sa.Column("third_from", sa.Float(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("wanted", sa.SmallInteger(), nullable=False),
        sa.Column("given", sa.SmallInteger(), nullable=False),
        sa.Column("round", sa.SmallInteger(), nullable=False),
        sa.Column("score", sa.Float(), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["training_id"],
            ["training_sittings.training_id"],
            name=op.f("fk_training_gradings_training_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("attempt_id", name=op.f("pk_training_gradings")),
    )
    op.create_index("ix_training_gradings_training", "training_gradings", ["training_id"])
    op.create_index(
        "ix_training_gradings_open",
        "training_gradings",
        ["since", "attempt_id"],
        sqlite_where=UNSETTLED,
        postgresql_where=UNSETTLED,
    )
    op.create_table(
        "training_grades",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("attempt_id", sa.Uuid(), nullable=False),
        sa.Column("grader_id", sa.Uuid(), nullable=False),
        sa.Column("round", sa.SmallInteger(), nullable=False),
        sa.Column("turn", sa.SmallInteger(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("points", sa.Text(), nullable=False),
        sa.Column("score", sa.Float(), nullable=True),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["attempt_id"],
            ["training_gradings.attempt_id"],
            name=op.f("fk_training_grades_attempt_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_training_grades")),
    )
    op.create_index("uq_training_grades_grader", "training_grades", ["attempt_id", "grader_id"], unique=True)
    op.create_index("uq_training_grades_turn", "training_grades", ["attempt_id", "round", "turn"], unique=True)
    op.create_index("ix_training_grades_grader", "training_grades", ["grader_id", "given_at"])


def downgrade() -> None:
    for table in (
        "training_grades",
        "training_gradings",
        "training_accommodations",
        "training_sitting_entries",
        "training_sittings",
        "training_papers",
    ):
        op.drop_table(table)
