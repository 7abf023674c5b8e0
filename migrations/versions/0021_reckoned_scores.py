"""Which scores the nightly task reckoned, and which were given."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    reckoned = sa.Column("reckoned", sa.Boolean(), nullable=False, server_default="0")
    op.add_column("advertising_scores", reckoned)


def downgrade() -> None:
    op.drop_column("advertising_scores", "reckoned")
