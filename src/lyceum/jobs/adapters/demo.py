"""The demo task: emulates 5 to 10 seconds of work that succeeds or fails by a given probability."""

import asyncio
from dataclasses import dataclass
from random import Random
from typing import Annotated, ClassVar

import msgspec
from msgspec import Meta

from lyceum.accounts.api import Role
from lyceum.jobs.api import AttemptFailed, ErrorCode, Result, TaskContext

STEP = 0.25
CHANCE = Random()


class DemoPayload(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`seconds` of work, 5 to 10 by chance when left out; each attempt fails with the probability `fail`."""

    seconds: Annotated[float, Meta(ge=0, le=600)] | None = None
    fail: Annotated[float, Meta(ge=0, le=1)] = 0.0


@dataclass(frozen=True, slots=True)
class Demo:
    """`api.Kind`."""

    name: ClassVar[str] = "demo"
    payload: ClassVar[type[msgspec.Struct]] = DemoPayload
    offered_to: ClassVar[frozenset[Role]] = frozenset(Role)
    scope: ClassVar[str] = ""

    async def run(self, context: TaskContext, payload: DemoPayload) -> Result:
        seconds = CHANCE.uniform(5, 10) if payload.seconds is None else payload.seconds
        steps = max(1, round(seconds / STEP))
        context.log(f"{seconds:.1f} s of work begin.")
        for step in range(steps):
            await asyncio.sleep(seconds / steps)
            context.progress(step + 1, steps)
            context.keep({"steps": step + 1})
        if CHANCE.random() < payload.fail:
            raise AttemptFailed(ErrorCode.WORKER_ERROR, "The work failed, as it was asked to.", retryable=True)
        return {"steps": steps, "seconds": round(seconds, 2)}
