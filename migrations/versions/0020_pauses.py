"""Pauses of learners, in which they see an ad."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "training_pauses",
        sa.Column("learner_id", sa.Uuid(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ad_id", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("learner_id", name="pk_training_pauses"),
    )


def downgrade() -> None:
    op.drop_table("training_pauses")
