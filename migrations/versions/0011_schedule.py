"""The timetable: which day of which schedule has its task, and which workers and schedulers are up."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

BEGUN = sa.text("task_id IS NULL")


def upgrade() -> None:
    op.create_table(
        "jobs_schedule_runs",
        sa.Column("schedule", sa.String(length=40), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("schedule", "day", name="pk_jobs_schedule_runs"),
    )
    op.create_index(
        "uq_jobs_schedule_runs_begun",
        "jobs_schedule_runs",
        ["schedule"],
        unique=True,
        sqlite_where=BEGUN,
        postgresql_where=BEGUN,
    )
    op.create_table(
        "jobs_presence",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("part", sa.String(length=10), nullable=False),
        sa.Column("host", sa.String(length=100), nullable=False),
        sa.Column("slots", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs_presence")),
    )


def downgrade() -> None:
    op.drop_table("jobs_presence")
    op.drop_table("jobs_schedule_runs")
