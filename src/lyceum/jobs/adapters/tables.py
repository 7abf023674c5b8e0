"""Tables of the task service."""

from collections.abc import Mapping

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Index,
    Integer,
    PrimaryKeyConstraint,
    SmallInteger,
    String,
    Table,
    Text,
    Uuid,
    literal_column,
    text,
)

from lyceum.jobs.domain.refusals import UniqueKeyTaken
from lyceum.kernel.errors import AppError
from lyceum.platform.database import UTCDateTime, metadata

WAITING = text("status = 'new'")
RUNNING = text("status = 'in_progress'")
OPEN = text("status IN ('new', 'in_progress')")
OVER = text("status IN ('completed', 'failed')")
"""Conditions of the partial indexes."""

tasks = Table(
    "jobs_tasks",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("kind", String(40), nullable=False),
    Column("title", String(200), nullable=False),
    Column("description", Text, nullable=False),
    Column("status", String(12), nullable=False),
    Column("payload", Text, nullable=False),
    Column("priority", SmallInteger, nullable=False),
    Column("run_at", UTCDateTime, nullable=False),
    Column("timeout_s", Integer, nullable=False),
    Column("max_attempts", SmallInteger, nullable=False),
    Column("unique_key", String(200), nullable=True),
    Column("attempt", SmallInteger, nullable=False),
    Column("losses", SmallInteger, nullable=False),
    Column("worker_id", Uuid, nullable=True),
    Column("claim_id", Uuid, nullable=True),
    Column("lease_until", UTCDateTime, nullable=True),
    Column("done", BigInteger, nullable=False),
    Column("total", BigInteger, nullable=False),
    Column("note", String(200), nullable=False),
    Column("result", Text, nullable=True),
    Column("error_code", String(40), nullable=True),
    Column("error_message", Text, nullable=True),
    Column("error_attempt", SmallInteger, nullable=True),
    Column("error_retryable", Boolean, nullable=True),
    Column("cancel_requested_at", UTCDateTime, nullable=True),
    Column("created_at", UTCDateTime, nullable=False),
    Column("started_at", UTCDateTime, nullable=True),
    Column("finished_at", UTCDateTime, nullable=True),
    Column("created_by", Uuid, nullable=True),
    Column("source", String(10), nullable=False),
    Column("version", Integer, nullable=False),
)
"""`claim_id` and `lease_until` are set while a worker has the task; `losses` counts leases that ended under one."""

IS_WAITING = tasks.c.status == literal_column("'new'")
IS_RUNNING = tasks.c.status == literal_column("'in_progress'")
IS_OPEN = tasks.c.status.in_([literal_column("'new'"), literal_column("'in_progress'")])
"""The same in statements, as literals: a parameter would hide the partial index from the planner."""

Index("ix_jobs_tasks_created", tasks.c.created_at, tasks.c.id)
Index("ix_jobs_tasks_creator", tasks.c.created_by, tasks.c.created_at, tasks.c.id)
Index("ix_jobs_tasks_kind", tasks.c.kind, tasks.c.created_at, tasks.c.id)
Index(
    "ix_jobs_tasks_waiting",
    tasks.c.priority.desc(),
    tasks.c.run_at,
    tasks.c.id,
    postgresql_where=WAITING,
    sqlite_where=WAITING,
)
Index("ix_jobs_tasks_lease", tasks.c.lease_until, postgresql_where=RUNNING, sqlite_where=RUNNING)
Index("ix_jobs_tasks_open", tasks.c.created_by, tasks.c.kind, postgresql_where=OPEN, sqlite_where=OPEN)
Index("ix_jobs_tasks_over", tasks.c.status, tasks.c.finished_at, postgresql_where=OVER, sqlite_where=OVER)
Index("uq_jobs_tasks_unique_key", tasks.c.unique_key, unique=True, postgresql_where=OPEN, sqlite_where=OPEN)

events = Table(
    "jobs_task_events",
    metadata,
    Column("task_id", Uuid, nullable=False),
    Column("id", Uuid, nullable=False),
    Column("at", UTCDateTime, nullable=False),
    Column("before", String(12), nullable=True),
    Column("after", String(12), nullable=False),
    Column("code", String(40), nullable=False),
    Column("attempt", SmallInteger, nullable=False),
    Column("worker_id", Uuid, nullable=True),
    PrimaryKeyConstraint("task_id", "at", "id", name="pk_jobs_task_events"),
)
"""Every move of every task, for good until the task is pruned."""

log_lines = Table(
    "jobs_task_log",
    metadata,
    Column("task_id", Uuid, nullable=False),
    Column("id", Uuid, nullable=False),
    Column("at", UTCDateTime, nullable=False),
    Column("attempt", SmallInteger, nullable=False),
    Column("level", String(10), nullable=False),
    Column("text", Text, nullable=False),
    PrimaryKeyConstraint("task_id", "at", "id", name="pk_jobs_task_log"),
)
"""What the work said about itself."""

replays = Table(
    "jobs_replays",
    metadata,
    Column("principal", Uuid, nullable=False),
    Column("key", String(255), nullable=False),
    Column("request_hash", String(64), nullable=False),
    Column("task_id", Uuid, nullable=False),
    Column("created_at", UTCDateTime, nullable=False),
    PrimaryKeyConstraint("principal", "key", name="pk_jobs_replays"),
    Index("ix_jobs_replays_created_at", "created_at"),
)
"""Idempotency keys of `POST /api/jobs/tasks`, each with the task that it made."""

schedule_runs = Table(
    "jobs_schedule_runs",
    metadata,
    Column("schedule", String(40), nullable=False),
    Column("day", Date, nullable=False),
    Column("task_id", Uuid, nullable=True),
    Column("created_at", UTCDateTime, nullable=False),
    PrimaryKeyConstraint("schedule", "day", name="pk_jobs_schedule_runs"),
)
"""The right to run: whoever inserts the row makes the task of that day. `task_id` is null on the last day before a
schedule began, of which there is one."""

Index(
    "uq_jobs_schedule_runs_begun",
    schedule_runs.c.schedule,
    unique=True,
    postgresql_where=text("task_id IS NULL"),
    sqlite_where=text("task_id IS NULL"),
)

reports = Table(
    "jobs_reports",
    metadata,
    Column("day", Date, primary_key=True),
    Column("time_zone", String(64), nullable=False),
    Column("since", UTCDateTime, nullable=False),
    Column("until", UTCDateTime, nullable=False),
    Column("sections", Text, nullable=False),
    Column("task_id", Uuid, nullable=False),
    Column("made_at", UTCDateTime, nullable=False),
    Column("revision", Integer, nullable=False),
)
"""The daily reports: one for a day, made anew as the next `revision` when an operator asks for it."""

presence = Table(
    "jobs_presence",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("part", String(10), nullable=False),
    Column("host", String(100), nullable=False),
    Column("slots", Integer, nullable=False),
    Column("started_at", UTCDateTime, nullable=False),
    Column("seen_at", UTCDateTime, nullable=False),
)
"""Workers and schedulers that are up, each with the moment it was seen last."""

REFUSALS: Mapping[str, type[AppError]] = {
    "uq_jobs_tasks_unique_key": UniqueKeyTaken,
    "jobs_tasks.unique_key": UniqueKeyTaken,
}
"""What a violated constraint means, by its name (PostgreSQL) and by its column (SQLite)."""
