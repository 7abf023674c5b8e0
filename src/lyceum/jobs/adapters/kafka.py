"""Kafka by FastStream: the same contract as at RabbitMQ. Imported only when a broker is set.

A topic is taken in order, one message after the other, and its offset is committed after the transaction. Kafka has
neither a limit of deliveries nor dead letters of its own: rejected messages are put into the topic TOPIC.dead here,
before the offset moves past them. As the offset moves with every message, only the first one of a partition that this
process has just got can be one that another has ended over: the starts of these are counted in the database, before
their handler is called, and after five the message is rejected. The producer is not idempotent: receivers tell
duplicates by their inbox. While a dependency is away the message at hand waits, and so do those behind it.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import cast
from uuid import UUID

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, ConsumerRecord
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError
from dishka import AsyncContainer, FromDishka
from dishka_faststream import inject, setup_dishka
from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from faststream.kafka.annotations import KafkaMessage
from faststream.kafka.subscriber.usecase import DefaultSubscriber

from lyceum.jobs.adapters.intake import Gate, Intake, Stopped
from lyceum.jobs.adapters.outgoing import NotRouted, Publisher
from lyceum.jobs.domain.messages import MOST_BYTES, Delivery, Outgoing, Verdict, dead_of
from lyceum.jobs.domain.tasks import Source

GROUP = "lyceum"
CONNECT_SECONDS = 15.0
PROBE_SECONDS = 5.0
CLOSE_SECONDS = 5.0
SESSION_SECONDS = 6.0
"""After how long a silence the partitions of a member go to others: the least that brokers allow as they come."""
BEAT_SECONDS = 2.0
PARTITIONS = 3
MOST_REQUEST = 4 * MOST_BYTES
log = structlog.get_logger()


class ConnectionBroken(Exception):
    """The broker is away, or a message could not be handed over."""


class Followed(ConsumerRebalanceListener):  # type: ignore[misc]
    """The partitions of which this process has had a message since it got them."""

    def __init__(self) -> None:
        self._partitions: set[tuple[str, int]] = set()

    def is_first(self, message: KafkaMessage) -> bool:
        """Whether the message is the first of its partition; the next one is not."""
        record = cast("ConsumerRecord", message.raw_message)
        place = (record.topic, record.partition)
        is_first = place not in self._partitions
        self._partitions.add(place)
        return is_first

    def on_partitions_assigned(self, assigned: Iterable[tuple[str, int]]) -> None:
        self._partitions.difference_update((topic, partition) for topic, partition in assigned)

    def on_partitions_revoked(self, revoked: Iterable[tuple[str, int]]) -> None:
        """What is revoked is told of again when it comes back."""


class KafkaSession:
    """One connection: consumers of our topics, and a publisher. Also `ports.DeadBodies` and `alone.Ward`."""

    def __init__(self, url: str, queues: Sequence[str], container: AsyncContainer, gate: Gate) -> None:
        self._servers = url.removeprefix("kafka://").rstrip("/").split(",")
        self._queues = queues
        self._broken: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._followed = Followed()
        self._subscribers: list[DefaultSubscriber] = []
        self._broker = KafkaBroker(
            self._servers,
            acks="all",
            max_request_size=MOST_REQUEST,
            request_timeout_ms=10_000,
            graceful_timeout=1.0,
            client_id="lyceum",
            logger=None,
        )
        setup_dishka(container, broker=self._broker)
        for queue in queues:
            self._subscribe(queue)

    async def live(self, on_ready: Callable[[Publisher], None]) -> None:
        """Consume and publish until the broker no longer answers, which is raised."""
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await self._declare()
                await self._broker.start()
            on_ready(self)
            await self._watch()
        finally:
            consumers = [it.consumer for it in self._subscribers if it.consumer is not None]
            # Consumers that cannot be stopped in time must not keep the producer from being closed.
            config = self._broker.config.broker_config
            for close in (self._broker.stop, config.producer.disconnect, config.admin.disconnect):
                with suppress(Exception):
                    async with asyncio.timeout(CLOSE_SECONDS):
                        await close()
            for consumer in consumers:
                await _silence(consumer)

    async def publish(self, message: Outgoing) -> None:
        """`outgoing.Publisher`: return when all replicas have it; raise NotRouted for a topic that is not there."""
        if message.queue not in self._queues and message.queue not in await self._topics():
            raise NotRouted(f"There is no topic {message.queue}.")
        headers = {"content-type": "application/json", "message_id": str(message.id)}
        await self._broker.publish(
            message.body.encode(),
            topic=message.queue,
            key=str(message.id).encode(),
            headers=headers,
            correlation_id=message.correlation_id,
        )

    async def find(self, queue: str, id: UUID) -> bytes | None:
        """A topic is not searched: of a dead letter there is what the inbox keeps."""
        return None

    async def discard(self, queue: str, id: UUID) -> None:
        """Nothing is taken out of a topic."""

    def _subscribe(self, queue: str) -> None:
        subscriber = self._broker.subscriber(
            queue,
            group_id=GROUP,
            auto_offset_reset="earliest",
            ack_policy=AckPolicy.MANUAL,
            no_reply=True,
            session_timeout_ms=int(SESSION_SECONDS * 1000),
            heartbeat_interval_ms=int(BEAT_SECONDS * 1000),
            decoder=_raw,
            listener=self._followed,
        )

        self._subscribers.append(subscriber)

        @subscriber
        @inject
        async def take(message: KafkaMessage, intake: FromDishka[Intake]) -> None:
            await self._take(queue, message, intake)

    async def _take(self, queue: str, message: KafkaMessage, intake: Intake) -> None:
        """Hand over, and commit the offset after that. What fails ends the connection: the next one begins with it."""
        delivery = _delivery(queue, message)
        first = self._followed.is_first(message)
        try:
            if first:
                delivery = await intake.begin_here(delivery)
            verdict = await intake.receive(delivery)
            if verdict.dead:
                await self.bury(delivery, verdict)
            await message.ack()
        except Stopped:
            await asyncio.Event().wait()
        except Exception as error:  # noqa: BLE001 - whatever it is, nothing behind this message may be committed
            log.warning("messages.not_received", queue=queue, error=repr(error)[:300])
            if not self._broken.done():
                self._broken.set_result(repr(error)[:200])
            await asyncio.Event().wait()
        if first:
            await intake.clear(delivery)

    @asynccontextmanager
    async def nothing_else(self) -> AsyncIterator[None]:
        """`alone.Ward`: messages come one at a time anyway."""
        yield

    async def bury(self, delivery: Delivery, verdict: Verdict) -> None:
        """`alone.Ward`: into the topic of dead letters."""
        kept = cast("dict[str, str]", delivery.properties.get("headers", {}))
        headers = {**kept, "x-error-code": verdict.code, "x-error-detail": verdict.detail[:1000]}
        await self._broker.publish(delivery.body, topic=dead_of(delivery.queue), headers=headers)

    async def _declare(self) -> None:
        """Make the topics that are not there."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self._servers)
        await admin.start()
        try:
            known = set(await admin.list_topics())
            wanted = [(queue, PARTITIONS) for queue in self._queues] + [(dead_of(queue), 1) for queue in self._queues]
            for name, partitions in wanted:
                if name not in known:
                    with suppress(TopicAlreadyExistsError):
                        await admin.create_topics([NewTopic(name, partitions, 1)])
        finally:
            await admin.close()

    async def _topics(self) -> set[str]:
        admin = AIOKafkaAdminClient(bootstrap_servers=self._servers)
        await admin.start()
        try:
            return set(await admin.list_topics())
        finally:
            await admin.close()

    async def _watch(self) -> None:
        """Look every few seconds whether the broker is there; aiokafka alone would wait for ever."""
        while True:
            done, _ = await asyncio.wait([self._broken], timeout=PROBE_SECONDS)
            if done:
                raise ConnectionBroken(self._broken.result())
            try:
                async with asyncio.timeout(PROBE_SECONDS):
                    await self._topics()
            except (KafkaError, OSError, TimeoutError) as error:
                raise ConnectionBroken(f"The broker does not answer: {error!r}"[:300]) from error


def _delivery(queue: str, message: KafkaMessage) -> Delivery:
    return Delivery(
        queue=queue,
        body=message.body or b"",
        source=Source.KAFKA,
        reply_to=message.reply_to or None,
        correlation_id=message.correlation_id or None,
        properties={"headers": dict(message.headers)},
    )


async def _silence(consumer: AIOKafkaConsumer) -> None:
    """End what a consumer does behind the scenes, if it could not be stopped: once the broker is back it would hold
    partitions that nobody reads."""
    coordinator = consumer._coordinator
    names = ("_coordination_task", "_heartbeat_task", "_commit_refresh_task")
    left = [task for name in names if (task := getattr(coordinator, name, None)) is not None]
    left.append(consumer._fetcher._fetch_task)
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)
    with suppress(Exception):
        async with asyncio.timeout(CLOSE_SECONDS):
            await consumer._client.close()


async def _raw(message: KafkaMessage) -> bytes:
    """The body as it is: what it means is the intake's to find."""
    return message.body or b""
