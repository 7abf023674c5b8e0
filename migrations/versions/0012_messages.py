"""Messages: those that came, and those to be published."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "jobs_inbox",
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("sent_id", sa.Uuid(), nullable=True),
        sa.Column("queue", sa.String(255), nullable=False),
        sa.Column("schema", sa.String(60), nullable=False),
        sa.Column("producer", sa.String(100), nullable=False),
        sa.Column("source", sa.String(10), nullable=False),
        sa.Column("body_hash", sa.String(64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(12), nullable=False),
        sa.Column("entity_id", sa.Uuid(), nullable=True),
        sa.Column("error_code", sa.String(80), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("reply", sa.Text(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("received_at", TIME, nullable=False),
        sa.Column("replayed_at", TIME, nullable=True),
        sa.Column("replayed_by", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("message_id", name="pk_jobs_inbox"),
    )
    op.create_index("ix_jobs_inbox_received_at", "jobs_inbox", ["received_at"])
    rejected = sa.text("outcome = 'rejected'")
    op.create_index(
        "ix_jobs_inbox_rejected",
        "jobs_inbox",
        ["received_at", "message_id"],
        postgresql_where=rejected,
        sqlite_where=rejected,
    )
    op.create_table(
        "jobs_outgoing",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("queue", sa.String(255), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("correlation_id", sa.String(200), nullable=True),
        sa.Column("is_reply", sa.Boolean(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("next_at", TIME, nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("published_at", TIME, nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_jobs_outgoing"),
    )
    waiting = sa.text("next_at IS NOT NULL")
    op.create_index(
        "ix_jobs_outgoing_next_at", "jobs_outgoing", ["next_at"], postgresql_where=waiting, sqlite_where=waiting
    )
    op.create_index("ix_jobs_outgoing_created_at", "jobs_outgoing", ["created_at"])


def downgrade() -> None:
    op.drop_table("jobs_outgoing")
    op.drop_table("jobs_inbox")
