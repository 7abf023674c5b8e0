"""Advertising: clients, advertisers, campaigns, what was shown and clicked, and what it cost."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

PRICE = sa.String(length=60)


def upgrade() -> None:
    op.create_table(
        "advertising_state",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("today", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("revision", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("moderated", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("words", sa.JSON().with_variant(JSONB(), "postgresql"), server_default="[]", nullable=False),
        sa.Column("words_revision", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_advertising_state"),
    )
    op.create_table(
        "advertising_clients",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("age", sa.SmallInteger(), nullable=False),
        sa.Column("location", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("gender", sa.String(length=6), nullable=False),
        sa.Column("stamp", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_advertising_clients"),
    )
    op.create_table(
        "advertising_advertisers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_advertising_advertisers"),
    )
    op.create_index("ix_advertising_advertisers_owner_id", "advertising_advertisers", ["owner_id"])
    op.create_table(
        "advertising_scores",
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("advertiser_id", sa.Uuid(), nullable=False),
        sa.Column("score", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("client_id", "advertiser_id", name="pk_advertising_scores"),
    )
    _create_campaigns()
    _create_counts()


def _create_campaigns() -> None:
    op.create_table(
        "advertising_campaigns",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("advertiser_id", sa.Uuid(), nullable=False),
        sa.Column("impressions_limit", sa.BigInteger(), nullable=False),
        sa.Column("clicks_limit", sa.BigInteger(), nullable=False),
        sa.Column("cost_per_impression", PRICE, nullable=False),
        sa.Column("cost_per_click", PRICE, nullable=False),
        sa.Column("ad_title", sa.Text(), nullable=False),
        sa.Column("ad_text", sa.Text(), nullable=False),
        sa.Column("start_date", sa.BigInteger(), nullable=False),
        sa.Column("end_date", sa.BigInteger(), nullable=False),
        sa.Column("gender", sa.String(length=6), nullable=True),
        sa.Column("age_from", sa.SmallInteger(), nullable=True),
        sa.Column("age_to", sa.SmallInteger(), nullable=True),
        sa.Column("location", sa.Text(), nullable=True),
        sa.Column("image_key", sa.String(length=200), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_advertising_campaigns"),
    )
    op.create_index("uq_advertising_campaigns_number", "advertising_campaigns", ["number"], unique=True)
    op.create_index("ix_advertising_campaigns_advertiser", "advertising_campaigns", ["advertiser_id", "number"])
    op.create_index("ix_advertising_campaigns_revision", "advertising_campaigns", ["revision"])


def _create_counts() -> None:
    op.create_table(
        "advertising_tallies",
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("impressions", sa.BigInteger(), nullable=False),
        sa.Column("clicks", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("campaign_id", name="pk_advertising_tallies"),
        postgresql_with={"fillfactor": 50},
    )
    op.create_table(
        "advertising_views",
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.BigInteger(), nullable=False),
        sa.Column("price", PRICE, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("click_day", sa.BigInteger(), nullable=True),
        sa.Column("click_price", PRICE, nullable=True),
        sa.Column("clicked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("client_id", "campaign_id", name="pk_advertising_views"),
    )
    op.create_table(
        "advertising_charges",
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("price", PRICE, nullable=False),
        sa.Column("advertiser_id", sa.Uuid(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("campaign_id", "day", "kind", "price", name="pk_advertising_charges"),
        postgresql_with={"fillfactor": 50},
    )
    op.create_index("ix_advertising_charges_advertiser_id", "advertising_charges", ["advertiser_id"])
    op.create_index("ix_advertising_charges_day", "advertising_charges", ["day"])


def downgrade() -> None:
    names = ("charges", "views", "tallies", "campaigns", "scores", "advertisers", "clients", "state")
    for name in names:
        op.drop_table(f"advertising_{name}")
