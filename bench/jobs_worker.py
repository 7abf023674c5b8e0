"""A worker of the product with one more kind of task: an insert into `bench_effects`, which completes the task.

python -m bench.jobs_worker SLOTS      settings from the environment
"""

import asyncio
import os
import sys
from dataclasses import dataclass, replace
from typing import ClassVar

import msgspec
from dishka import Provider, Scope
from sqlalchemy import Column, Integer, MetaData, String, Table, Uuid, insert

from lyceum.accounts.api import Role
from lyceum.jobs.adapters.registry import KnownKinds
from lyceum.jobs.adapters.worker import Worker
from lyceum.jobs.api import Kinds, TaskContext
from lyceum.main.background import work
from lyceum.main.cli import loop_factory
from lyceum.main.container import make_container
from lyceum.platform.database import SqlTransaction, UTCDateTime
from lyceum.platform.database_time import database_now
from lyceum.platform.prepared import Changes, Prepared
from lyceum.platform.settings import Settings
from lyceum.platform.telemetry import configure_logging

metadata = MetaData()
effects = Table(
    "bench_effects",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("at", UTCDateTime),
    Column("pid", Integer),
)
records = Table(
    "bench_records",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("status", String(12)),
    Column("worker", Uuid),
    Column("finished_at", UTCDateTime),
)
"""What other systems keep of a finished task; the product has its own tables."""
ADD = Prepared(insert(effects).values(at=database_now()).inline(), "id", "pid")


class Nothing(msgspec.Struct, frozen=True):
    pass


@dataclass(frozen=True, slots=True)
class Effect:
    """`jobs.api.Kind`."""

    name: ClassVar[str] = "effect"
    payload: ClassVar[type[msgspec.Struct]] = Nothing
    offered_to: ClassVar[frozenset[Role]] = frozenset()
    scope: ClassVar[str] = ""
    transaction: SqlTransaction

    async def run(self, context: TaskContext, payload: Nothing) -> None:
        async with context.completing():
            self.transaction.last = Changes([(ADD, {"id": context.task_id, "pid": os.getpid()})])


def kinds() -> Provider:
    made = Provider(scope=Scope.REQUEST)
    made.provide(Effect)
    made.provide(lambda: KnownKinds.of([Effect]), provides=Kinds, scope=Scope.APP, override=True)
    return made


async def run(slots: int) -> None:
    settings = Settings.load(dotenv=None)
    configure_logging(settings)
    container = make_container(settings, kinds())
    worker = await container.get(Worker)
    worker.rhythm = replace(worker.rhythm, slots=slots)
    await work(container)
    await container.close()


if __name__ == "__main__":
    asyncio.run(run(int(sys.argv[1])), loop_factory=loop_factory)
