"""The work of the experiments: a pause, and one row of effect in the transaction that completes the task."""

import asyncio
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import msgspec
from sqlalchemy import Column, Integer, MetaData, Table, Uuid, insert

from lyceum.accounts.api import Role
from lyceum.jobs.api import ClaimLost, TaskContext
from lyceum.platform.database import SqlTransaction, UTCDateTime
from lyceum.platform.database_time import database_now
from lyceum.platform.settings import Settings

effects = Table(
    "chaos_effects",
    MetaData(),
    Column("task_id", Uuid, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("at", UTCDateTime, nullable=False),
)
"""No constraint: what is done twice shows as two rows."""

REFUSED = "refused.log"


class WorkPayload(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`seconds` of waiting; with `block` the process does nothing else meanwhile, not even a heartbeat."""

    seconds: float
    block: bool = False


@dataclass(frozen=True, slots=True)
class Work:
    """`jobs.api.Kind`."""

    name: ClassVar[str] = "chaos"
    payload: ClassVar[type[msgspec.Struct]] = WorkPayload
    offered_to: ClassVar[frozenset[Role]] = frozenset()
    scope: ClassVar[str] = ""
    transaction: SqlTransaction
    settings: Settings

    async def run(self, context: TaskContext, payload: WorkPayload) -> None:
        if payload.block:
            time.sleep(payload.seconds)  # noqa: ASYNC251 - a library that blocks is what this stands for
        else:
            await asyncio.sleep(payload.seconds)
        try:
            async with context.completing():
                done = insert(effects).values(task_id=context.task_id, attempt=context.attempt, at=database_now())
                await self.transaction.connection.execute(done.inline())
        except ClaimLost:
            note(self.settings.data_dir / REFUSED, f"{context.task_id} {context.attempt}")
            raise


def note(path: Path, line: str) -> None:
    """Add a line to a file that several processes write."""
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(handle, f"{line}\n".encode())
    finally:
        os.close(handle)
