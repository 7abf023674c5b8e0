"""All tables of the product in one place, for migrations and tests. Importing this module maps the aggregates."""

from lyceum.accounts.adapters import tables as accounts
from lyceum.advertising.adapters import tables as advertising
from lyceum.bank.adapters import tables as bank
from lyceum.bank.adapters import transfer_tables as bank_transfers
from lyceum.jobs.adapters import message_tables as jobs_messages
from lyceum.jobs.adapters import tables as jobs
from lyceum.platform import outbox, turns, uploads
from lyceum.platform.database import metadata
from lyceum.shop.adapters import tables as shop
from lyceum.training.adapters import event_tables as training_events
from lyceum.training.adapters import sitting_tables as training_sittings
from lyceum.training.adapters import statistics_tables as training_statistics
from lyceum.training.adapters import tables as training

__all__ = [
    "accounts",
    "advertising",
    "bank",
    "bank_transfers",
    "jobs",
    "jobs_messages",
    "metadata",
    "outbox",
    "shop",
    "training",
    "training_events",
    "training_sittings",
    "training_statistics",
    "turns",
    "uploads",
]

accounts.map_accounts()
