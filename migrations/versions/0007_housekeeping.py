"""Turns of work that one of all processes does, and the indexes by which what is over is found."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "turns",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_turns")),
    )
    op.create_index(
        "ix_accounts_users_guests",
        "accounts_users",
        ["last_used_at", "id"],
        unique=False,
        sqlite_where=sa.text("is_guest = true"),
        postgresql_where=sa.text("is_guest = true"),
    )
    op.create_index("ix_accounts_sessions_expires_at", "accounts_sessions", ["expires_at"], unique=False)
    op.create_index(
        "ix_accounts_sessions_ended_at",
        "accounts_sessions",
        ["ended_at"],
        unique=False,
        sqlite_where=sa.text("ended_at IS NOT NULL"),
        postgresql_where=sa.text("ended_at IS NOT NULL"),
    )
    op.create_index("ix_accounts_links_expires_at", "accounts_links", ["expires_at"], unique=False)
    op.create_index("ix_bank_transfers_finished_at", "bank_transfers", ["finished_at"], unique=False)
    op.create_index("ix_bank_transfers_file_key", "bank_transfers", ["file_key"], unique=False)
    op.create_index(
        "ix_training_event_participants_learner", "training_event_participants", ["learner_id"], unique=False
    )


def downgrade() -> None:
    op.drop_index("ix_training_event_participants_learner", table_name="training_event_participants")
    op.drop_index("ix_bank_transfers_file_key", table_name="bank_transfers")
    op.drop_index("ix_bank_transfers_finished_at", table_name="bank_transfers")
    op.drop_index("ix_accounts_links_expires_at", table_name="accounts_links")
    op.drop_index("ix_accounts_sessions_ended_at", table_name="accounts_sessions")
    op.drop_index("ix_accounts_sessions_expires_at", table_name="accounts_sessions")
    op.drop_index("ix_accounts_users_guests", table_name="accounts_users")
    op.drop_table("turns")
