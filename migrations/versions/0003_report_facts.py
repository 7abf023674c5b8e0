"""Sentences of reports are kept as templates with their facts, to be told in the language of whoever reads them."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("bank_transfer_notes", sa.Column("facts", sa.Text(), server_default="{}", nullable=False))
    op.add_column("bank_transfers", sa.Column("error_facts", sa.Text(), server_default="{}", nullable=False))


def downgrade() -> None:
    op.drop_column("bank_transfers", "error_facts")
    op.drop_column("bank_transfer_notes", "facts")
