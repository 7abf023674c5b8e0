"""A worker: claims tasks, keeps their leases alive, rescues those of dead workers, and stops without losing any.

Any number of workers run side by side, in processes of their own or inside the web. What a worker does to a task is
conditional on its claim, so one that was thought dead and comes back changes nothing.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from uuid import UUID, uuid4

import structlog
from dishka import AsyncContainer

from lyceum.jobs.adapters.attempt import State
from lyceum.jobs.adapters.claims import ANY_DUE, ANY_SILENT
from lyceum.jobs.adapters.presence import Presence
from lyceum.jobs.adapters.pruning import Pruning
from lyceum.jobs.adapters.running import Runner
from lyceum.jobs.adapters.wake import TaskSignal
from lyceum.jobs.domain.tasks import ClaimLost, Status, Task, TaskId
from lyceum.jobs.ports import Claims, Tasks
from lyceum.jobs.use_cases.steering import tell_failure
from lyceum.kernel.ports import Outbox
from lyceum.platform.database import Database, SqlTransaction

RESCUED_AT_ONCE = 100
PRUNE_SECONDS = 600.0
APPEAR_SECONDS = 10.0
BEAT_SECONDS = 9.5
"""With the look at running tasks on top, a heartbeat comes every ten seconds at least."""
WRITE_SECONDS = 1.0
"""Progress and log lines of a task are written down once in as many at most."""
LAST_WORDS = 5.0
CHANCE = Random()
log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """How a worker keeps time, in seconds."""

    slots: int = 4
    lease: float = 30.0
    poll: float = 1.0
    rescue: float = 4.0
    grace: float = 25.0

    @property
    def beat(self) -> float:
        """The longest silence about a running task: within it a lease is prolonged and a cancellation seen."""
        return min(BEAT_SECONDS, self.lease / 3)

    @property
    def tick(self) -> float:
        """How often running tasks are looked at."""
        return min(0.25, self.lease / 6)


@dataclass(slots=True)
class Worker:
    """One per process; its id is fresh at every start."""

    container: AsyncContainer
    database: Database
    signal: TaskSignal
    runner: Runner
    pruning: Pruning
    presence: Presence
    rhythm: Rhythm = field(default_factory=Rhythm)
    prunes: bool = True
    id: UUID = field(default_factory=uuid4)
    _running: dict[asyncio.Task[None], State] = field(default_factory=dict)
    _stopping: bool = False
    _busy: bool = False

    async def run(self) -> None:
        """Work until `stop`; survives a database that is away."""
        log.info("jobs.worker_started", worker=str(self.id), slots=self.rhythm.slots)
        chores = [
            asyncio.create_task(_forever(self._beat, self.rhythm.tick)),
            asyncio.create_task(_forever(self.rescue, self.rhythm.rescue)),
            asyncio.create_task(_forever(self._appear, APPEAR_SECONDS)),
        ]
        if self.prunes:
            chores.append(asyncio.create_task(_forever(self.pruning.prune, PRUNE_SECONDS)))
        try:
            while not self._stopping:
                free = self.rhythm.slots - len(self._running)
                if free <= 0 or await self._take(free) < free:
                    await self.signal.wait(self.rhythm.poll)
            await self._wind_up()
        finally:
            for chore in chores:
                chore.cancel()
            await asyncio.gather(*chores, return_exceptions=True)
            with suppress(Exception):
                await self.presence.gone(self.id)
            log.info("jobs.worker_stopped", worker=str(self.id))

    async def _appear(self) -> None:
        await self.presence.seen(self.id, "worker", self.rhythm.slots)

    def stop(self) -> None:
        """Claim nothing more, and let the running tasks have the grace period; then they are handed back."""
        self._stopping = True
        self.signal.set()

    async def _wind_up(self) -> None:
        if self._running:
            await asyncio.wait(self._running, timeout=self.rhythm.grace)
        for running, state in self._running.items():
            state.handed_back = True
            running.cancel()
        if self._running:
            await asyncio.wait(self._running, timeout=LAST_WORDS)

    async def _take(self, free: int) -> int:
        """Claim and start what is due; how many tasks that were. A look before the claim spares an idle worker the
        writing transaction; one that found enough the last time does without."""
        claim_id = uuid4()
        try:
            if not self._busy and not await ANY_DUE.read(self.database, {}):
                return 0
            async with self.container() as scope:
                claims = await scope.get(Claims)
                async with await scope.get(SqlTransaction):
                    taken = await claims.take(self.id, claim_id, free, self.rhythm.lease)
        except Exception as error:  # noqa: BLE001 - tried again at the next poll
            log.error("jobs.claim_failed", error=repr(error))
            return 0
        self._busy = len(taken) == free
        for task in taken:
            self._start(task, claim_id)
        return len(taken)

    async def take_one(self, claims: Claims, id: TaskId) -> tuple[Task, UUID]:
        """Claim this very task in the running transaction, for `run_taken` after it; raise ClaimLost."""
        claim_id = uuid4()
        task = await claims.take_one(id, self.id, claim_id, self.rhythm.lease)
        if task is None:
            raise ClaimLost
        return task, claim_id

    async def run_taken(self, task: Task, claim_id: UUID) -> None:
        """Run a claimed task here and now, without the loop of the worker."""
        beating = asyncio.create_task(_forever(self._beat, self.rhythm.tick))
        try:
            await self._start(task, claim_id)
        finally:
            beating.cancel()
            await asyncio.gather(beating, return_exceptions=True)

    def _start(self, task: Task, claim_id: UUID) -> "asyncio.Task[None]":
        state = State(task, claim_id, time.monotonic())
        running = asyncio.create_task(self.runner.run(state))
        self._running[running] = state
        running.add_done_callback(self._ended)
        return running

    def _ended(self, running: "asyncio.Task[None]") -> None:
        del self._running[running]
        self.signal.set()
        if not running.cancelled() and (error := running.exception()) is not None:
            log.error("jobs.end_not_recorded", error=repr(error))

    async def _beat(self) -> None:
        """Prolong the leases that need it, write down progress and log lines, and learn of cancellations."""
        now = time.monotonic()
        for running, state in list(self._running.items()):
            silence = now - state.beaten_at
            if state.is_over or not (silence >= self.rhythm.beat or (state.has_news and silence >= WRITE_SECONDS)):
                continue
            async with self.container() as scope:
                claims = await scope.get(Claims)
                reported, lines = state.reported, list(state.lines)
                async with await scope.get(SqlTransaction):
                    beat = await claims.beat(state.task.id, state.claim_id, self.rhythm.lease, reported)
                    if beat.mine and lines:
                        await claims.log(state.task.id, lines)
            state.written, state.beaten_at = reported, now
            del state.lines[: len(lines)]
            if state.is_over:
                continue
            state.lost, state.cancelled = not beat.mine, beat.cancelled
            if state.is_over:
                running.cancel()

    async def rescue(self) -> None:
        """Give the tasks of workers that fell silent to others; one worker at a time looks for them."""
        async with self.database.read() as connection:
            if not (await connection.execute(ANY_SILENT)).first():
                return
        async with self.container() as scope:
            claims, tasks, outbox = await scope.get(Claims), await scope.get(Tasks), await scope.get(Outbox)
            async with await scope.get(SqlTransaction):
                silent = await claims.silent(RESCUED_AT_ONCE)
                now = await tasks.now()
                for task in silent:
                    await tasks.save(task, task.lose_lease(now, CHANCE.random()), now)
                    tell_failure(outbox, task)
        for task in silent:
            self.runner.metrics.count_rescue(task.kind)
            log.warning("jobs.lease_lost", task=str(task.id), kind=task.kind, failed=task.status is Status.FAILED)


async def _forever(chore: Callable[[], Awaitable[object]], seconds: float) -> None:
    while True:
        try:
            await chore()
        except Exception as error:  # noqa: BLE001 - a chore must outlive any fault of a dependency
            log.error("jobs.chore_failed", chore=getattr(chore, "__name__", ""), error=repr(error))
        await asyncio.sleep(seconds * CHANCE.uniform(0.8, 1.0))
