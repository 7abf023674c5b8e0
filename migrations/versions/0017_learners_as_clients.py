"""Learners as clients of advertising; those who consented before are told of again."""

import json
from datetime import UTC, datetime
from uuid import UUID

import sqlalchemy as sa
from alembic import op

from lyceum.kernel.ids import uuid7

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

PAGE = 500
users = sa.table(
    "accounts_users",
    sa.column("id", sa.Uuid()),
    sa.column("locale", sa.String()),
    sa.column("birth_year", sa.SmallInteger()),
    sa.column("gender", sa.String()),
    sa.column("location", sa.String()),
    sa.column("ads_consent", sa.Boolean()),
    sa.column("disabled_at", sa.String()),
    sa.column("version", sa.Integer()),
)
outbox = sa.table(
    "outbox",
    sa.column("id", sa.Uuid()),
    sa.column("kind", sa.String()),
    sa.column("body", sa.Text()),
    sa.column("created_at", sa.DateTime(timezone=True)),
    sa.column("next_at", sa.DateTime(timezone=True)),
)


def upgrade() -> None:
    op.create_table(
        "advertising_learners",
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("birth_year", sa.SmallInteger(), nullable=True),
        sa.PrimaryKeyConstraint("client_id", name="pk_advertising_learners"),
    )
    _tell_again(op.get_bind())


def _tell_again(connection: sa.Connection) -> None:
    """Their events were delivered before anybody here listened."""
    after: UUID | None = None
    while True:
        consenting = sa.select(users).where(users.c.ads_consent.is_(sa.true()), users.c.disabled_at.is_(None))
        if after is not None:
            consenting = consenting.where(users.c.id > after)
        rows = connection.execute(consenting.order_by(users.c.id).limit(PAGE)).all()
        if not rows:
            return
        after = rows[-1].id
        now = datetime.now(UTC)
        connection.execute(
            outbox.insert(),
            [
                {
                    "id": uuid7(),
                    "kind": "accounts.ProfileChanged",
                    "body": json.dumps(
                        {
                            "user_id": str(row.id),
                            "at": now.isoformat(),
                            "locale": row.locale,
                            "birth_year": row.birth_year,
                            "gender": row.gender,
                            "location": row.location,
                            "ads_consent": True,
                            "version": row.version,
                        },
                        ensure_ascii=False,
                    ),
                    "created_at": now,
                    "next_at": now,
                }
                for row in rows
            ],
        )


def downgrade() -> None:
    op.drop_table("advertising_learners")
