"""One delivery from its bytes to its verdict, through outages: the same for every transport.

A dependency that is away is waited for: three tries in place, then the gate shuts, consumers stop taking messages, and
those at hand wait, unacknowledged, until the dependency answers. So an outage costs no message a delivery.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import structlog
from dishka import AsyncContainer
from sqlalchemy import text

from lyceum.jobs.adapters.suspects import Suspects
from lyceum.jobs.adapters.telling import MessageMetrics
from lyceum.jobs.domain.messages import Delivery, IdReused, Unreadable, Verdict
from lyceum.jobs.use_cases.receiving import ReadMessage, ReceiveMessage, reused
from lyceum.kernel.errors import AppError, Invalid
from lyceum.platform.database import Database
from lyceum.platform.faults import is_passing

PAUSES = (0.2, 1.0, 5.0)
TRIES = 3
PROBE_SECONDS = 1.0
PROBE_PATIENCE = 3.0
END_SECONDS = 5.0
log = structlog.get_logger()


class Stopped(Exception):
    """The process stops while the message waits: it stays unacknowledged, and comes again."""


@dataclass(slots=True)
class Gate:
    """Shut while the database is away. `changed` are told of it with True when it is open again."""

    database: Database
    metrics: MessageMetrics
    changed: list[Callable[[bool], None]] = field(default_factory=list)
    probe_seconds: float = PROBE_SECONDS
    _open: asyncio.Event = field(default_factory=asyncio.Event)
    _probing: "asyncio.Task[None] | None" = None
    _stopped: bool = False

    def __post_init__(self) -> None:
        self._open.set()

    @property
    def is_open(self) -> bool:
        return self._open.is_set()

    async def passed(self) -> None:
        """Return when the gate is open; raise Stopped when the process stops instead."""
        await self._open.wait()
        if self._stopped:
            raise Stopped

    def shut(self) -> None:
        """Stop taking messages, and look when the database is back."""
        if self._stopped or not self._open.is_set():
            return
        log.warning("messages.paused")
        self.metrics.paused()
        self._open.clear()
        self._tell(opened=False)
        self._probing = asyncio.create_task(self._probe())

    def stop(self) -> None:
        """Let everybody who waits go."""
        self._stopped = True
        if self._probing is not None:
            self._probing.cancel()
        self._open.set()

    async def _probe(self) -> None:
        while True:
            if await self._answers():
                break
            await asyncio.sleep(self.probe_seconds)
        log.info("messages.resumed")
        self._open.set()
        self._tell(opened=True)

    async def _answers(self) -> bool:
        try:
            async with asyncio.timeout(PROBE_PATIENCE), self.database.read() as connection:
                await connection.execute(text("SELECT 1"))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is not an answer
            log.info("messages.still_paused", error=repr(error)[:200])
            return False
        return True

    def _tell(self, *, opened: bool) -> None:
        for listener in list(self.changed):
            listener(opened)


@dataclass(frozen=True, slots=True)
class Intake:
    """Takes deliveries from any transport."""

    container: AsyncContainer
    read: ReadMessage
    gate: Gate
    metrics: MessageMetrics
    suspects: Suspects
    _at_hand: "set[asyncio.Task[object]]" = field(init=False, default_factory=set)

    async def receive(self, delivery: Delivery) -> Verdict:
        """What became of the message, committed. Raise Stopped when the process ends before that.

        One that comes again undecided is kept apart: a process may have ended over it, or over a neighbour.
        """
        with self._holding():
            return await self._receive(delivery)

    async def end(self) -> None:
        """Leave what is at hand, and return when its transactions are rolled back: transports do not wait for it, and
        a connection that is in use when the database is let go would never be closed."""
        left = list(self._at_hand)
        for task in left:
            task.cancel()
        if left:
            await asyncio.wait(left, timeout=END_SECONDS)

    @contextmanager
    def _holding(self) -> Iterator[None]:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a coroutine runs in one
        self._at_hand.add(task)
        try:
            yield
        finally:
            self._at_hand.discard(task)

    async def _receive(self, delivery: Delivery) -> Verdict:
        pauses, failures = iter(PAUSES), 0
        fault: Unreadable | None = None
        while True:
            await self.gate.passed()
            try:
                verdict = await (self._once(delivery) if fault is None else self._reject(delivery, fault))
                return self._counted(delivery, verdict)
            except Exception as error:
                if is_passing(error):
                    pauses = await self._wait(pauses, error)
                    continue
                failures += 1
                log.exception("messages.handler_failed", queue=delivery.queue, failures=failures)
                if fault is not None:
                    raise
                if failures >= max(1, TRIES - delivery.deliveries):
                    fault = self._broken(delivery, error)

    async def begin_here(self, delivery: Delivery) -> Delivery:
        """The delivery with the starts it may have had, this one counted; for a transport that keeps what it gave.

        Raise Stopped when the process ends before it could be counted."""
        pauses = iter(PAUSES)
        while True:
            await self.gate.passed()
            try:
                with self._holding():
                    deliveries = await self.suspects.begin_here(delivery)
            except Exception as error:
                if not is_passing(error):
                    raise
                pauses = await self._wait(pauses, error)
            else:
                return replace(delivery, redelivered=True, alone=True, deliveries=deliveries)

    async def clear(self, delivery: Delivery) -> None:
        """Forget the starts of a message that is done; kept at worst, until it is pruned."""
        try:
            with self._holding():
                await self.suspects.clear(delivery)
        except Exception as error:
            if not is_passing(error):
                raise
            log.info("messages.suspect_stays", queue=delivery.queue, error=repr(error)[:200])

    async def _wait(self, pauses: Iterator[float], error: Exception) -> Iterator[float]:
        """One more pause in place, or shut the gate and begin anew behind it."""
        pause = next(pauses, None)
        log.warning("messages.dependency_away", error=repr(error)[:300], again_in=pause)
        if pause is None:
            self.gate.shut()
            return iter(PAUSES)
        await asyncio.sleep(pause)
        return pauses

    async def _once(self, delivery: Delivery) -> Verdict:
        again = delivery.redelivered and not delivery.alone
        try:
            message, kind = self.read(replace(delivery, deliveries=0) if again else delivery)
        except Unreadable as fault:
            return await self._reject(delivery, fault)
        if again and not await self.suspects.is_decided(message.id):
            await self.suspects.keep(delivery)
            return Verdict(None)
        try:
            try:
                async with self.container() as scope:
                    receive = await scope.get(ReceiveMessage)
                    return await receive(delivery, message, await scope.get(kind))
            except Invalid as refusal:
                return await self._reject(delivery, Unreadable.of(refusal, message))
            except AppError as refusal:
                async with self.container() as scope:
                    return await (await scope.get(ReceiveMessage)).refuse(delivery, message, refusal)
        except IdReused:
            return await self._reject(delivery, reused(message))

    async def _reject(self, delivery: Delivery, fault: Unreadable) -> Verdict:
        async with self.container() as scope:
            return await (await scope.get(ReceiveMessage)).reject(delivery, fault)

    def _broken(self, delivery: Delivery, error: Exception) -> Unreadable:
        """A handler that fails every time has a fault of ours: its message waits with the dead letters for a repair."""
        said = f"Its handler broke down ({type(error).__name__}); the log has the cause."
        try:
            message, _ = self.read(delivery)
        except Unreadable as fault:
            return fault
        return Unreadable(
            "handler_failed", said, id=message.id, reply_to=message.reply_to, correlation_id=message.correlation_id
        )

    def _counted(self, delivery: Delivery, verdict: Verdict) -> Verdict:
        outcome = "apart" if verdict.outcome is None else "duplicate" if verdict.duplicate else verdict.outcome.value
        self.metrics.received(delivery.queue, outcome)
        log.info("messages.received", queue=delivery.queue, outcome=outcome, code=verdict.code)
        return verdict
