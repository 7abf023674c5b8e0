"""RabbitMQ by FastStream. Imported only when a broker is set: it takes a third of a second.

FastStream is asked for one connection's life only: when it breaks, the server cancels a consumer, or the broker stops
answering, everything is closed and made anew by `messaging.Messaging`. FastStream's own recovery can bring the
connection back without its consumers (faststream#2758).
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, cast
from uuid import UUID

import structlog
from aio_pika import IncomingMessage
from aio_pika.abc import AbstractQueue, AbstractRobustChannel, AbstractRobustConnection, AbstractRobustQueue
from aio_pika.exceptions import DeliveryError
from dishka import AsyncContainer, FromDishka
from dishka_faststream import inject, setup_dishka
from faststream import AckPolicy
from faststream.rabbit import Channel, ExchangeType, QueueType, RabbitBroker, RabbitExchange, RabbitQueue
from faststream.rabbit.annotations import RabbitMessage
from faststream.rabbit.schemas.queue import QuorumQueueArgs
from faststream.rabbit.subscriber.usecase import RabbitSubscriber
from yarl import URL

from lyceum.jobs.adapters.intake import Gate, Intake, Stopped
from lyceum.jobs.adapters.outgoing import NotRouted, Publisher
from lyceum.jobs.adapters.topology import (
    EXCHANGE,
    PREFETCH,
    PublisherPlan,
    QueuePlan,
    dead_queue,
    require_safe,
    work_queue,
)
from lyceum.jobs.domain.messages import Delivery, Outgoing, Verdict, dead_of
from lyceum.jobs.domain.tasks import Source

CONNECT_SECONDS = 10.0
PROBE_SECONDS = 5.0
CLOSE_SECONDS = 5.0
DRAIN_SECONDS = 30.0
NEVER = 3600.0
MOST_SCANNED = 5000
OURS, COUNT = "x-error-", "x-delivery-count"
log = structlog.get_logger()


class ConnectionBroken(Exception):
    """The broker is away, or no longer delivers."""


@dataclass(slots=True)
class Hands:
    """What is at hand, `empty` while nothing is, and how much of it has come again, `calm` while nothing has."""

    held: int = 0
    again: int = 0
    empty: asyncio.Event = field(default_factory=asyncio.Event)
    calm: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self._tell()

    def _tell(self) -> None:
        for event, true in ((self.empty, not self.held), (self.calm, not self.again)):
            (event.set if true else event.clear)()

    @contextmanager
    def holding(self, *, again: bool) -> Iterator[None]:
        self.held += 1
        self.again += again
        self._tell()
        try:
            yield
        finally:
            self.held -= 1
            self.again -= again
            self._tell()


class RabbitSession:
    """One connection: consumers of our queues, and a publisher. Also `ports.DeadBodies` and `alone.Ward`."""

    def __init__(self, url: str, queues: Sequence[str], container: AsyncContainer, gate: Gate) -> None:
        self._gate = gate
        self._events: asyncio.Queue[str] = asyncio.Queue()
        self._publisher = PublisherPlan("outbox")
        self._plans = [work_queue(name) for name in queues]
        self._consuming = Channel(prefetch_count=PREFETCH)
        confirming = Channel(
            publisher_confirms=self._publisher.confirms, on_return_raises=self._publisher.returns_raise
        )
        self._broker = RabbitBroker(
            str(_with_heartbeat(URL(url))),
            default_channel=confirming,
            on_close=[lambda *_: self._events.put_nowait("broken")],
            reconnect_interval=NEVER,
            timeout=CONNECT_SECONDS,
            graceful_timeout=1.0,
            app_id="lyceum",
            logger=None,
        )
        setup_dishka(container, broker=self._broker)
        self._subscribers = [self._subscribe(plan) for plan in self._plans]
        self._exchange = RabbitExchange(EXCHANGE, type=ExchangeType.DIRECT, durable=True)
        self._connection: AbstractRobustConnection | None = None
        self._hands = Hands()
        self._holding_back = False
        self._adjusting = asyncio.Lock()

    async def live(self, on_ready: Callable[[Publisher], None]) -> None:
        """Consume and publish until the connection breaks, which is raised. Raise UnsafeTopology before anything."""
        require_safe(self._plans, [self._publisher])
        told = lambda opened: self._events.put_nowait("opened" if opened else "shut")  # noqa: E731 - kept to take it out
        self._gate.changed.append(told)
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await self._open()
            on_ready(self)
            await self._watch()
        finally:
            self._gate.changed.remove(told)
            with suppress(Exception):
                async with asyncio.timeout(CLOSE_SECONDS):
                    await self._broker.stop()

    async def publish(self, message: Outgoing) -> None:
        """`outgoing.Publisher`: return when the broker has it on disk; raise NotRouted for no such queue."""
        try:
            await self._broker.publish(
                message.body.encode(),
                queue=message.queue,
                persist=self._publisher.persistent,
                mandatory=self._publisher.mandatory,
                content_type="application/json",
                message_id=str(message.id),
                correlation_id=message.correlation_id,
            )
        except DeliveryError as error:
            raise NotRouted(f"The broker returned the message: no queue {message.queue}.") from error

    async def find(self, queue: str, id: UUID) -> bytes | None:
        """`ports.DeadBodies`."""
        return await self._scan(queue, id, take=False)

    async def discard(self, queue: str, id: UUID) -> None:
        await self._scan(queue, id, take=True)

    def _subscribe(self, plan: QueuePlan) -> RabbitSubscriber:
        subscriber = self._broker.subscriber(
            declared(plan),
            channel=self._consuming,
            ack_policy=AckPolicy.MANUAL,
            no_reply=True,
            decoder=_raw,
        )

        @subscriber
        @inject
        async def take(message: RabbitMessage, intake: FromDishka[Intake]) -> None:
            await self._take(plan.name, message, intake)

        return subscriber

    async def _take(self, queue: str, message: RabbitMessage, intake: Intake) -> None:
        """Hand over, and acknowledge what is committed. Whatever fails leaves the message to be delivered again.

        What comes again goes first, so that it is kept apart before anything can end the process once more.
        """
        delivery = _delivery(queue, message)
        with self._hands.holding(again=delivery.redelivered):
            if not delivery.redelivered:
                await self._hands.calm.wait()
            await self._handed(message.raw_message, delivery, intake)

    async def _handed(self, raw: IncomingMessage, delivery: Delivery, intake: Intake) -> None:
        try:
            verdict = await intake.receive(delivery)
        except Stopped:
            return
        except Exception:
            log.exception("messages.not_received", queue=delivery.queue)
            await raw.nack(requeue=True)
            return
        try:
            if verdict.dead:
                await self.bury(delivery, verdict)
            await raw.ack()
        except DeliveryError:
            await raw.reject(requeue=False)
        except Exception as error:  # noqa: BLE001 - the connection is gone: the message comes again, as a duplicate
            log.info("messages.not_acknowledged", queue=delivery.queue, error=repr(error)[:200])

    @asynccontextmanager
    async def nothing_else(self) -> AsyncIterator[None]:
        """`alone.Ward`: take nothing more, and wait until what is at hand is done."""
        self._holding_back = True
        try:
            await self._adjust()
            async with asyncio.timeout(DRAIN_SECONDS):
                await self._hands.empty.wait()
            yield
        finally:
            self._holding_back = False
            await self._adjust()

    async def bury(self, delivery: Delivery, verdict: Verdict) -> None:
        """`alone.Ward`: a plain rejection could not say why. Raise DeliveryError when there is no such queue."""
        given = delivery.properties
        headers = {"x-error-code": verdict.code, "x-error-detail": verdict.detail[:1000]}
        try:
            await self._broker.publish(
                delivery.body,
                exchange=self._exchange,
                routing_key=dead_of(delivery.queue),
                persist=True,
                mandatory=True,
                headers=cast("dict[str, Any]", given.get("headers", {})) | headers,
                content_type=cast("str | None", given.get("content_type")),
                message_id=cast("str | None", given.get("message_id")),
                correlation_id=delivery.correlation_id,
            )
        except DeliveryError as error:
            log.error("messages.dead_letter_returned", queue=delivery.queue, error=repr(error)[:200])
            raise

    async def _open(self) -> None:
        """Declare everything and start the consumers, unless the gate is shut."""
        self._connection = await self._broker.connect()
        exchange = await self._broker.declare_exchange(self._exchange)
        for plan in self._plans:
            dead = await self._broker.declare_queue(declared(dead_queue(plan.name)))
            await dead.bind(exchange, routing_key=dead_of(plan.name))
        for subscriber in self._subscribers:
            # FastStream drops what arrives before it says that it runs, so it says so first.
            subscriber.running = True
            await subscriber.start()
        await self._adjust()

    async def _watch(self) -> None:
        """Follow the gate, and look every few seconds whether the broker still delivers to us."""
        assert self._connection is not None  # noqa: S101 - opened just before
        probing = await self._connection.channel()
        while True:
            try:
                async with asyncio.timeout(PROBE_SECONDS):
                    event = await self._events.get()
            except TimeoutError:
                await self._probe(probing)
                continue
            if event == "broken":
                raise ConnectionBroken("The connection was closed.")
            await self._adjust()

    async def _probe(self, channel: AbstractRobustChannel) -> None:
        """Raise ConnectionBroken when a queue has lost its consumers, or nobody answers."""
        async with asyncio.timeout(PROBE_SECONDS):
            for plan in self._plans:
                queue = await channel.declare_queue(plan.name, passive=True, robust=False)
                if self._consumes and not queue.declaration_result.consumer_count:
                    raise ConnectionBroken(f"The queue {plan.name} has no consumer.")

    @property
    def _consumes(self) -> bool:
        return self._gate.is_open and not self._holding_back

    async def _adjust(self) -> None:
        """Consume or do not, as it ought to be now."""
        async with self._adjusting:
            await (self._resume() if self._consumes else self._pause())

    async def _pause(self) -> None:
        """Take nothing more; what is at hand waits at the gate."""
        for subscriber in self._subscribers:
            if (tag := subscriber._consumer_tag) is not None:
                await (await self._queue_of(subscriber)).cancel(tag)
                subscriber._consumer_tag = None
                log.info("messages.consumer_cancelled", queue=subscriber.queue.name)

    async def _resume(self) -> None:
        for subscriber in self._subscribers:
            if subscriber._consumer_tag is None:
                queue = await self._queue_of(subscriber)
                subscriber._consumer_tag = await queue.consume(subscriber.consume)  # type: ignore[arg-type]

    async def _queue_of(self, subscriber: RabbitSubscriber) -> AbstractRobustQueue:
        """As the subscriber declared it, on the channel of the consumers."""
        return await self._broker.declare_queue(subscriber.queue)

    async def _scan(self, queue: str, id: UUID, *, take: bool) -> bytes | None:
        """Look at the dead letters of a queue one by one; what is not taken goes back when the channel closes."""
        if self._connection is None:
            raise ConnectionBroken("There is no connection.")
        channel = await self._connection.channel()
        try:
            dead: AbstractQueue = await channel.declare_queue(dead_of(queue), passive=True, robust=False)
            for _ in range(min(MOST_SCANNED, dead.declaration_result.message_count or 0)):
                found = await dead.get(fail=False, no_ack=False)
                if found is None:
                    return None
                if str(id) in (found.message_id or "") or str(id).encode() in found.body[:2000]:
                    if take:
                        await found.ack()
                    return found.body
        finally:
            await channel.close()
        return None


def _delivery(queue: str, message: RabbitMessage) -> Delivery:
    raw: IncomingMessage = message.raw_message
    count = message.headers.get(COUNT, 0)
    kept = {name: value for name, value in raw.headers.items() if not name.startswith(("x-death", COUNT, OURS))}
    return Delivery(
        queue=queue,
        body=message.body,
        source=Source.RABBITMQ,
        redelivered=bool(raw.redelivered),
        deliveries=count if isinstance(count, int) else 0,
        reply_to=raw.reply_to or None,
        correlation_id=raw.correlation_id or None,
        properties={"headers": kept, "content_type": raw.content_type, "message_id": raw.message_id},
    )


async def _raw(message: RabbitMessage) -> bytes:
    """The body as it is: what it means is the intake's to find."""
    return message.body


def declared(plan: QueuePlan) -> RabbitQueue:
    """The queue as FastStream declares it."""
    arguments = cast("QuorumQueueArgs", dict(plan.arguments))
    return RabbitQueue(plan.name, QueueType.QUORUM, arguments=arguments)


def _with_heartbeat(url: URL) -> URL:
    """A peer that is silent for 20 s is dead."""
    return url if "heartbeat" in url.query else url.update_query(heartbeat="10")
