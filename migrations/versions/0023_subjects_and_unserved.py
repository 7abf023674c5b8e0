"""Subjects that sponsors declare for their ads, and clients who found no ad."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    subjects = sa.Column("subjects", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=True)
    op.add_column("advertising_advertisers", subjects)
    op.create_table(
        "advertising_unserved",
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("client_id", name="pk_advertising_unserved"),
    )
    op.create_index("ix_advertising_unserved_day", "advertising_unserved", ["day"])


def downgrade() -> None:
    op.drop_table("advertising_unserved")
    op.drop_column("advertising_advertisers", "subjects")
