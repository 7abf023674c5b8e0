"""Tables of advertising. Prices are texts: exact on both databases, summed as counts of equal prices."""

from collections.abc import Mapping

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    PrimaryKeyConstraint,
    SmallInteger,
    String,
    Table,
    Text,
    Uuid,
    literal_column,
)

from lyceum.kernel.errors import AppError
from lyceum.platform.database import StringList, UTCDateTime, metadata

PRICE = String(60)

state = Table(
    "advertising_state",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    Column("today", BigInteger, nullable=False, server_default="0"),
    Column("revision", BigInteger, nullable=False, server_default="0"),
    Column("moderated", Boolean, nullable=False, server_default="0"),
    Column("words", StringList, nullable=False, server_default="[]"),
    Column("words_revision", BigInteger, nullable=False, server_default="0"),
)
"""One row, made by the first change. `revision` grows under the row's lock with every change that processes follow."""

clients = Table(
    "advertising_clients",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("login", Text, nullable=False),
    Column("age", SmallInteger, nullable=False),
    Column("location", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("gender", String(6), nullable=False),
    Column("stamp", BigInteger, nullable=False, server_default="0"),
)
"""`place` is the location as it is compared. `stamp` grows with each change of the client or of its scores; it begins
with the time in microseconds, so that it tells a client from one of the same id who was there before."""

learners = Table(
    "advertising_learners",
    metadata,
    Column("client_id", Uuid, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("birth_year", SmallInteger, nullable=True),
)
"""Clients that accounts told of: the newest version of the profile, so that an older one is not taken after it. Those
who are shown no ads keep no more than the version here, and no row among the clients."""
IS_SHOWN_ADS = learners.c.birth_year.is_not(None)

advertisers = Table(
    "advertising_advertisers",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("name", Text, nullable=False),
    Column("owner_id", Uuid, nullable=True),
    Column("subjects", StringList, nullable=True),
    Index("ix_advertising_advertisers_owner_id", "owner_id"),
)
"""`owner_id` is the sponsor who made it; null when an operator did. `subjects` are what the ads are declared to be
about; null while nothing is declared."""

scores = Table(
    "advertising_scores",
    metadata,
    Column("client_id", Uuid, nullable=False),
    Column("advertiser_id", Uuid, nullable=False),
    Column("score", BigInteger, nullable=False),
    Column("reckoned", Boolean, nullable=False, server_default="0"),
    PrimaryKeyConstraint("client_id", "advertiser_id", name="pk_advertising_scores"),
)
"""`reckoned` are those of the nightly task, which leaves those alone that were given."""
IS_RECKONED = scores.c.reckoned == literal_column("true")

campaigns = Table(
    "advertising_campaigns",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("number", BigInteger, nullable=False),
    Column("advertiser_id", Uuid, nullable=False),
    Column("impressions_limit", BigInteger, nullable=False),
    Column("clicks_limit", BigInteger, nullable=False),
    Column("cost_per_impression", PRICE, nullable=False),
    Column("cost_per_click", PRICE, nullable=False),
    Column("ad_title", Text, nullable=False),
    Column("ad_text", Text, nullable=False),
    Column("start_date", BigInteger, nullable=False),
    Column("end_date", BigInteger, nullable=False),
    Column("gender", String(6), nullable=True),
    Column("age_from", SmallInteger, nullable=True),
    Column("age_to", SmallInteger, nullable=True),
    Column("location", Text, nullable=True),
    Column("image_key", String(200), nullable=True),
    Column("version", Integer, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("deleted_at", UTCDateTime, nullable=True),
    Index("uq_advertising_campaigns_number", "number", unique=True),
    Index("ix_advertising_campaigns_advertiser", "advertiser_id", "number"),
    Index("ix_advertising_campaigns_revision", "revision"),
)
"""`number` is the revision that the campaign was made in: the order of creation."""

tallies = Table(
    "advertising_tallies",
    metadata,
    Column("campaign_id", Uuid, primary_key=True),
    Column("impressions", BigInteger, nullable=False),
    Column("clicks", BigInteger, nullable=False),
    postgresql_with={"fillfactor": 50},
)
"""What a campaign has had. Its row is the lock of everything that is counted for the campaign."""

views = Table(
    "advertising_views",
    metadata,
    Column("client_id", Uuid, nullable=False),
    Column("campaign_id", Uuid, nullable=False),
    Column("day", BigInteger, nullable=False),
    Column("price", PRICE, nullable=False),
    Column("at", UTCDateTime, nullable=False),
    Column("click_day", BigInteger, nullable=True),
    Column("click_price", PRICE, nullable=True),
    Column("clicked_at", UTCDateTime, nullable=True),
    PrimaryKeyConstraint("client_id", "campaign_id", name="pk_advertising_views"),
    Index("ix_advertising_views_at", "at"),
)
"""Every impression and its click, each with the price of its moment."""

unserved = Table(
    "advertising_unserved",
    metadata,
    Column("client_id", Uuid, primary_key=True),
    Column("day", BigInteger, nullable=False),
    Index("ix_advertising_unserved_day", "day"),
)
"""The last day on which a client asked for an ad and there was none that they had not seen."""

charges = Table(
    "advertising_charges",
    metadata,
    Column("campaign_id", Uuid, nullable=False),
    Column("day", BigInteger, nullable=False),
    Column("kind", String(10), nullable=False),
    Column("price", PRICE, nullable=False),
    Column("advertiser_id", Uuid, nullable=False),
    Column("count", BigInteger, nullable=False),
    PrimaryKeyConstraint("campaign_id", "day", "kind", "price", name="pk_advertising_charges"),
    Index("ix_advertising_charges_advertiser_id", "advertiser_id"),
    Index("ix_advertising_charges_day", "day"),
    postgresql_with={"fillfactor": 50},
)
"""The ledger: how many impressions and clicks at which price on which day. It outlives its campaign."""

REFUSALS: Mapping[str, type[AppError]] = {}
"""What a violated constraint means; none is reached, since every insert names its conflict."""
