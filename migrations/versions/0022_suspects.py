"""Messages that a process may have ended over, with how often each was begun."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "jobs_suspects",
        sa.Column("queue", sa.String(255), nullable=False),
        sa.Column("body_hash", sa.String(64), nullable=False),
        sa.Column("source", sa.String(10), nullable=False),
        sa.Column("starts", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("properties", sa.Text(), nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("next_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("queue", "body_hash", name="pk_jobs_suspects"),
    )
    kept = sa.text("body IS NOT NULL")
    op.create_index("ix_jobs_suspects_next_at", "jobs_suspects", ["next_at"], postgresql_where=kept, sqlite_where=kept)


def downgrade() -> None:
    op.drop_table("jobs_suspects")
