"""Ratings with their variance, review cards, reasons of choices."""

import math

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

IS_CARD = sa.text("due IS NOT NULL")
SCALE = 400 / math.log(10)
TARGET = 0.75


def shift(options: int) -> float:
    """How far the ability that a question suits lies above its rating."""
    guess = 1 / options if options > 1 else 0.0
    known = min(0.98, max(0.02, (TARGET - guess) / (1 - guess)))
    return SCALE * math.log(known / (1 - known))


def upgrade() -> None:
    op.add_column("training_items", sa.Column("elapsed_ms", sa.BigInteger(), nullable=False, server_default="0"))
    op.execute("ALTER TABLE training_items RENAME COLUMN rating_error TO rating_variance")
    op.execute("UPDATE training_items SET rating_variance = 40000 / (1 + answered / 3.0)")
    _place(sign="+")
    op.add_column("training_attempts", sa.Column("why", sa.Text(), nullable=True))
    op.add_column("training_seen", sa.Column("stability", sa.Float(), nullable=True))
    op.add_column("training_seen", sa.Column("difficulty", sa.Float(), nullable=True))
    op.add_column("training_seen", sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("training_seen", sa.Column("due", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_training_seen_due",
        "training_seen",
        ["learner_id", "due", "question_id"],
        sqlite_where=IS_CARD,
        postgresql_where=IS_CARD,
    )
    op.add_column("training_progress", sa.Column("rating_variance", sa.Float(), nullable=True))
    op.add_column("training_progress", sa.Column("last_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(
        "UPDATE training_progress SET rating = rating - 1500, rating_variance = 25600 / (1 + answered / 3.0) "
        "WHERE kind = 'subject'"
    )
    op.add_column("training_learners", sa.Column("rating", sa.Float(), nullable=False, server_default="1500"))
    op.add_column("training_learners", sa.Column("rating_variance", sa.Float(), nullable=False, server_default="67600"))


def downgrade() -> None:
    op.drop_column("training_learners", "rating_variance")
    op.drop_column("training_learners", "rating")
    op.execute("UPDATE training_progress SET rating = rating + 1500 WHERE kind = 'subject'")
    op.drop_column("training_progress", "last_at")
    op.drop_column("training_progress", "rating_variance")
    op.drop_index("ix_training_seen_due", table_name="training_seen")
    for name in ("due", "reviewed_at", "difficulty", "stability"):
        op.drop_column("training_seen", name)
    op.drop_column("training_attempts", "why")
    _place(sign="-")
    op.execute("UPDATE training_items SET rating_variance = 350.0 / (1 + answered / 3.0)")
    op.execute("ALTER TABLE training_items RENAME COLUMN rating_variance TO rating_error")
    op.drop_column("training_items", "elapsed_ms")


def _place(sign: str) -> None:
    """Put every question where it is found: at the ability that it suits, or back at its rating."""
    connection = op.get_bind()
    for options in connection.scalars(sa.text("SELECT DISTINCT options FROM training_items")).all():
        connection.execute(
            sa.text(f"UPDATE training_items SET place = place {sign} :by WHERE options = :options"),  # noqa: S608
            {"by": shift(options), "options": options},
        )
    op.execute(
        "UPDATE training_item_tags SET place = (SELECT items.place FROM training_items AS items "
        "WHERE items.question_id = training_item_tags.question_id)"
    )
