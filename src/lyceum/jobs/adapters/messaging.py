"""The life of messages in a process: a broker that comes and goes, behind one port.

While it is away, consumers come back by themselves and messages to publish wait in their table; nobody else notices.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

import structlog
from dishka import AsyncContainer

from lyceum.jobs.adapters.alone import HandleAlone, Ward
from lyceum.jobs.adapters.in_process import InProcessSession
from lyceum.jobs.adapters.intake import Gate, Intake
from lyceum.jobs.adapters.outgoing import OutgoingRelay, Publisher
from lyceum.jobs.adapters.telling import MessageMetrics
from lyceum.jobs.api import Messages
from lyceum.platform.http_errors import Unavailable
from lyceum.platform.settings import Settings

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 10.0
log = structlog.get_logger()


class BrokerUnavailable(Unavailable):
    code = "jobs.broker_unavailable"
    text = "The broker is not answering right now, and it alone has the whole message. Try again in a minute."


class Session(Ward, Protocol):
    """One connection to a broker, from its making to its end."""

    async def live(self, on_ready: Callable[[Publisher], None]) -> None:
        """Consume and publish until the connection breaks, which is raised; closed when cancelled."""

    async def find(self, queue: str, id: UUID) -> bytes | None: ...
    async def discard(self, queue: str, id: UUID) -> None: ...


@dataclass(slots=True)
class Messaging:
    """Also `ports.DeadBodies`, by the session there is."""

    settings: Settings
    container: AsyncContainer
    messages: Messages
    intake: Intake
    gate: Gate
    relay: OutgoingRelay
    alone: HandleAlone
    metrics: MessageMetrics
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    _session: Session | None = None

    async def run(self) -> None:
        """Until cancelled: connect, and again after a pause whenever the connection breaks."""
        beside = [asyncio.create_task(self.relay.run()), asyncio.create_task(self.alone.run())]
        try:
            pause = FIRST_PAUSE
            while True:
                was_ready = await self._live()
                pause = FIRST_PAUSE if was_ready else min(LONGEST_PAUSE, pause * 2)
                await asyncio.sleep(pause)
        finally:
            self.gate.stop()
            self.relay.stop()
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)
            await self.intake.end()

    async def find(self, queue: str, id: UUID) -> bytes | None:
        """Raise BrokerUnavailable while the broker is away."""
        try:
            return None if self._session is None else await self._session.find(queue, id)
        except Exception as error:
            raise BrokerUnavailable from error

    async def discard(self, queue: str, id: UUID) -> None:
        """As far as the broker is there: a dead letter that stays is looked at by a person, and does no harm."""
        try:
            if self._session is not None:
                await self._session.discard(queue, id)
        except Exception as error:  # noqa: BLE001 - the message is on its way already
            log.warning("messages.dead_letter_stays", queue=queue, id=str(id), error=repr(error)[:300])

    async def _live(self) -> bool:
        """One connection; whether it was ever up."""
        try:
            session = await self._made()
            await session.live(lambda publisher: self._up(session, publisher))
        except Exception as error:  # noqa: BLE001 - whatever it is, the broker is tried again
            log.warning("messages.broker_away", was_up=self.ready.is_set(), error=repr(error)[:300])
            return self.ready.is_set()
        finally:
            self.ready.clear()
            self._session = self.relay.publisher = self.alone.ward = None
            self.metrics.broker_is_up(False)  # noqa: FBT003 - the state itself
        return True

    def _up(self, session: Session, publisher: Publisher) -> None:
        self._session, self.relay.publisher, self.alone.ward = session, publisher, session
        self.relay.signal.set()
        self.alone.signal.set()
        self.metrics.broker_is_up(True)  # noqa: FBT003 - the state itself
        self.ready.set()
        log.info("messages.ready", queues=list(self.messages.queues()), broker=type(session).__name__)

    async def _made(self) -> Session:
        """The broker's library is loaded in a thread: nobody waits for it."""
        url, queues = self.settings.broker_url, self.messages.queues()
        if not url:
            return InProcessSession(queues, self.intake)
        if url.startswith("kafka://"):
            kafka = await asyncio.to_thread(_kafka)
            return kafka(url, queues, self.container, self.gate)
        rabbit = await asyncio.to_thread(_rabbit)
        return rabbit(url, queues, self.container, self.gate)


def _rabbit() -> Callable[..., Session]:
    from lyceum.jobs.adapters.rabbit import RabbitSession

    return RabbitSession


def _kafka() -> Callable[..., Session]:
    from lyceum.jobs.adapters.kafka import KafkaSession

    return KafkaSession
