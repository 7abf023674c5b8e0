"""What learners choose about their training."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "training_settings",
        sa.Column("learner_id", sa.Uuid(), nullable=False),
        sa.Column("daily_goal", sa.SmallInteger(), nullable=False),
        sa.Column("on_leaderboard", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("learner_id", name="pk_training_settings"),
    )


def downgrade() -> None:
    op.drop_table("training_settings")
