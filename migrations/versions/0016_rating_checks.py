"""What the nightly fit says of ratings."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

STRAYED = sa.text("strayed = true")


def upgrade() -> None:
    op.create_table(
        "training_rating_checks",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answers", sa.Integer(), nullable=False),
        sa.Column("learners", sa.Integer(), nullable=False),
        sa.Column("questions", sa.Integer(), nullable=False),
        sa.Column("whole", sa.Boolean(), nullable=False),
        sa.Column("passes", sa.SmallInteger(), nullable=False),
        sa.Column("settled", sa.Boolean(), nullable=False),
        sa.Column("spread", sa.Float(), nullable=False),
        sa.Column("shift", sa.Float(), nullable=False),
        sa.Column("scatter", sa.Float(), nullable=False),
        sa.Column("correlation", sa.Float(), nullable=True),
        sa.Column("strayed", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", name="pk_training_rating_checks"),
    )
    op.create_table(
        "training_item_fits",
        sa.Column("question_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("rating", sa.Float(), nullable=False),
        sa.Column("rating_error", sa.Float(), nullable=False),
        sa.Column("off", sa.Float(), nullable=False),
        sa.Column("strayed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("question_id", name="pk_training_item_fits"),
    )
    op.create_index(
        "ix_training_item_fits_strayed",
        "training_item_fits",
        ["question_id"],
        sqlite_where=STRAYED,
        postgresql_where=STRAYED,
    )


def downgrade() -> None:
    op.drop_table("training_item_fits")
    op.drop_table("training_rating_checks")
