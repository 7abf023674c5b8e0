"""Background tasks: their state, history, log, and the idempotency keys of their creation."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "jobs_replays",
        sa.Column("principal", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("request_hash", sa.String(length=64), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("principal", "key", name="pk_jobs_replays"),
    )
    op.create_index("ix_jobs_replays_created_at", "jobs_replays", ["created_at"], unique=False)
    op.create_table(
        "jobs_task_events",
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("before", sa.String(length=12), nullable=True),
        sa.Column("after", sa.String(length=12), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("attempt", sa.SmallInteger(), nullable=False),
        sa.Column("worker_id", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("task_id", "at", "id", name="pk_jobs_task_events"),
    )
    op.create_table(
        "jobs_task_log",
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempt", sa.SmallInteger(), nullable=False),
        sa.Column("level", sa.String(length=10), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("task_id", "at", "id", name="pk_jobs_task_log"),
    )
    op.create_table(
        "jobs_tasks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("priority", sa.SmallInteger(), nullable=False),
        sa.Column("run_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("timeout_s", sa.Integer(), nullable=False),
        sa.Column("max_attempts", sa.SmallInteger(), nullable=False),
        sa.Column("unique_key", sa.String(length=200), nullable=True),
        sa.Column("attempt", sa.SmallInteger(), nullable=False),
        sa.Column("losses", sa.SmallInteger(), nullable=False),
        sa.Column("worker_id", sa.Uuid(), nullable=True),
        sa.Column("claim_id", sa.Uuid(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column("error_code", sa.String(length=40), nullable=True),
        sa.Column("error_message", sa.Text(), nullable=True),
        sa.Column("error_attempt", sa.SmallInteger(), nullable=True),
        sa.Column("error_retryable", sa.Boolean(), nullable=True),
        sa.Column("cancel_requested_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("source", sa.String(length=10), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs_tasks")),
    )
    op.create_index("ix_jobs_tasks_created", "jobs_tasks", ["created_at", "id"], unique=False)
    op.create_index("ix_jobs_tasks_creator", "jobs_tasks", ["created_by", "created_at", "id"], unique=False)
    op.create_index("ix_jobs_tasks_kind", "jobs_tasks", ["kind", "created_at", "id"], unique=False)
    op.create_index(
        "ix_jobs_tasks_lease",
        "jobs_tasks",
        ["lease_until"],
        unique=False,
        postgresql_where=sa.text("status = 'in_progress'"),
        sqlite_where=sa.text("status = 'in_progress'"),
    )
    op.create_index(
        "ix_jobs_tasks_open",
        "jobs_tasks",
        ["created_by", "kind"],
        unique=False,
        postgresql_where=sa.text("status IN ('new', 'in_progress')"),
        sqlite_where=sa.text("status IN ('new', 'in_progress')"),
    )
    op.create_index(
        "ix_jobs_tasks_over",
        "jobs_tasks",
        ["status", "finished_at"],
        unique=False,
        postgresql_where=sa.text("status IN ('completed', 'failed')"),
        sqlite_where=sa.text("status IN ('completed', 'failed')"),
    )
    op.create_index(
        "ix_jobs_tasks_waiting",
        "jobs_tasks",
        [sa.literal_column("priority DESC"), "run_at", "id"],
        unique=False,
        postgresql_where=sa.text("status = 'new'"),
        sqlite_where=sa.text("status = 'new'"),
    )
    op.create_index(
        "uq_jobs_tasks_unique_key",
        "jobs_tasks",
        ["unique_key"],
        unique=True,
        postgresql_where=sa.text("status IN ('new', 'in_progress')"),
        sqlite_where=sa.text("status IN ('new', 'in_progress')"),
    )


def downgrade() -> None:
    op.drop_index(
        "uq_jobs_tasks_unique_key",
        table_name="jobs_tasks",
        postgresql_where=sa.text("status IN ('new', 'in_progress')"),
        sqlite_where=sa.text("status IN ('new', 'in_progress')"),
    )
    op.drop_index(
        "ix_jobs_tasks_waiting",
        table_name="jobs_tasks",
        postgresql_where=sa.text("status = 'new'"),
        sqlite_where=sa.text("status = 'new'"),
    )
    op.drop_index(
        "ix_jobs_tasks_over",
        table_name="jobs_tasks",
        postgresql_where=sa.text("status IN ('completed', 'failed')"),
        sqlite_where=sa.text("status IN ('completed', 'failed')"),
    )
    op.drop_index(
        "ix_jobs_tasks_open",
        table_name="jobs_tasks",
        postgresql_where=sa.text("status IN ('new', 'in_progress')"),
        sqlite_where=sa.text("status IN ('new', 'in_progress')"),
    )
    op.drop_index(
        "ix_jobs_tasks_lease",
        table_name="jobs_tasks",
        postgresql_where=sa.text("status = 'in_progress'"),
        sqlite_where=sa.text("status = 'in_progress'"),
    )
    op.drop_index("ix_jobs_tasks_kind", table_name="jobs_tasks")
    op.drop_index("ix_jobs_tasks_creator", table_name="jobs_tasks")
    op.drop_index("ix_jobs_tasks_created", table_name="jobs_tasks")
    op.drop_table("jobs_tasks")
    op.drop_table("jobs_task_log")
    op.drop_table("jobs_task_events")
    op.drop_index("ix_jobs_replays_created_at", table_name="jobs_replays")
    op.drop_table("jobs_replays")
