"""Points of the leaderboard."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "training_scores",
        sa.Column("learner_id", sa.Uuid(), nullable=False),
        sa.Column("period", sa.String(10), nullable=False),
        sa.Column("begins", sa.Date(), nullable=False),
        sa.Column("subject", sa.String(40), nullable=False),
        sa.Column("points", sa.BigInteger(), nullable=False),
        sa.Column("answers", sa.Integer(), nullable=False),
        sa.Column("reached_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("learner_id", "period", "begins", "subject", name="pk_training_scores"),
    )
    op.create_index(
        "ix_training_scores_board",
        "training_scores",
        ["period", "begins", "subject", sa.text("points DESC"), "reached_at", "learner_id"],
    )


def downgrade() -> None:
    op.drop_table("training_scores")
