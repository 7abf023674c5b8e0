"""Events: plans, sealed variants, participants, standings, log; what a saved answer would earn."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "training_events",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organiser_id", sa.Uuid(), nullable=False),
        sa.Column("opens_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seal", sa.String(length=64), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_training_events")),
    )
    op.create_index("ix_training_events_opens", "training_events", ["opens_at", "id"])
    op.create_index("ix_training_events_organiser", "training_events", ["organiser_id", "opens_at", "id"])
    op.create_table(
        "training_event_variants",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.SmallInteger(), nullable=False),
        sa.Column("paper_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"], ["training_events.id"], name=op.f("fk_training_event_variants_event_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["paper_id"], ["training_papers.id"], name=op.f("fk_training_event_variants_paper_id")),
        sa.PrimaryKeyConstraint("event_id", "number", name="pk_training_event_variants"),
    )
    op.create_table(
        "training_event_participants",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("learner_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("variant", sa.SmallInteger(), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("training_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["event_id"],
            ["training_events.id"],
            name=op.f("fk_training_event_participants_event_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("event_id", "learner_id", name="pk_training_event_participants"),
    )
    op.create_index(
        "uq_training_event_participants_training", "training_event_participants", ["training_id"], unique=True
    )
    op.create_table(
        "training_event_standings",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("revision", sa.SmallInteger(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"], ["training_events.id"], name=op.f("fk_training_event_standings_event_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("event_id", "kind", "revision", name="pk_training_event_standings"),
    )
    op.create_table(
        "training_event_log",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("action", sa.String(length=20), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"], ["training_events.id"], name=op.f("fk_training_event_log_event_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_training_event_log")),
    )
    op.create_index("ix_training_event_log_event", "training_event_log", ["event_id", "id"])
    op.add_column("training_sitting_entries", sa.Column("score", sa.Float(), server_default="0", nullable=False))


def downgrade() -> None:
    op.drop_column("training_sitting_entries", "score")
    for table in ("log", "standings", "participants", "variants"):
        op.drop_table(f"training_event_{table}")
    op.drop_table("training_events")
