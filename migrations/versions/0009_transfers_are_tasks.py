"""Imports and exports become background tasks: those under way get theirs, and leases of their own go."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

UNFINISHED = """
INSERT INTO jobs_tasks (
    id, kind, title, description, status, payload, priority, run_at, timeout_s, max_attempts, attempt, losses,
    done, total, note, created_at, created_by, source, version
)
SELECT
    id, direction, substr(file_name, 1, 200), '', 'new', '{"transfer_id":"' || CAST(id AS VARCHAR(36)) || '"}', 5,
    created_at, 7200, 5, 0, 0, 0, 0, '', created_at, owner_id, 'internal', 1
FROM bank_transfers WHERE state IN ('queued', 'running')
"""


def upgrade() -> None:
    op.execute(UNFINISHED)
    with op.batch_alter_table("bank_transfers") as batch:
        batch.drop_index("ix_bank_transfers_state")
        batch.drop_column("lease_until")


def downgrade() -> None:
    with op.batch_alter_table("bank_transfers") as batch:
        batch.add_column(sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True))
        batch.create_index("ix_bank_transfers_state", ["state", "id"])
    op.execute("UPDATE bank_transfers SET state = 'queued' WHERE state = 'running'")
    op.execute("DELETE FROM jobs_tasks WHERE kind IN ('import', 'export')")
