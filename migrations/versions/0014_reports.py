"""Daily reports, and the index by which the answers of a day are found."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

IS_DAY = sa.text("kind = 'day'")


def upgrade() -> None:
    op.create_table(
        "jobs_reports",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sections", sa.Text(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_jobs_reports")),
    )
    op.create_index(
        "ix_training_progress_day",
        "training_progress",
        ["name"],
        unique=False,
        sqlite_where=IS_DAY,
        postgresql_where=IS_DAY,
    )


def downgrade() -> None:
    op.drop_index("ix_training_progress_day", table_name="training_progress")
    op.drop_table("jobs_reports")
