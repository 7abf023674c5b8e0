"""The latest impressions can be found: forecasts look at them."""

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_advertising_views_at", "advertising_views", ["at"])


def downgrade() -> None:
    op.drop_index("ix_advertising_views_at", "advertising_views")
