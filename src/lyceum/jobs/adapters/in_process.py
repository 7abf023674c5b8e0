"""No broker: messages to queues of ours are handled in this process, by the same handlers and the same inbox."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

from lyceum.jobs.adapters.intake import Intake
from lyceum.jobs.adapters.outgoing import NotRouted, Publisher
from lyceum.jobs.domain.messages import Delivery, Outgoing, Verdict
from lyceum.jobs.domain.tasks import Source


@dataclass(frozen=True, slots=True)
class InProcessSession:
    """Also `outgoing.Publisher` and `ports.DeadBodies`, which holds none: the inbox has what there is."""

    queues: Sequence[str]
    intake: Intake

    async def live(self, on_ready: Callable[[Publisher], None]) -> None:
        on_ready(self)
        await asyncio.Event().wait()

    async def publish(self, message: Outgoing) -> None:
        """Return when the message is handled; a queue of nobody's is there only with a broker."""
        if message.queue not in self.queues:
            raise NotRouted(f"There is no queue {message.queue}, as LYCEUM_BROKER_URL is empty.")
        await self.intake.receive(
            Delivery(
                queue=message.queue,
                body=message.body.encode(),
                source=Source.INTERNAL,
                correlation_id=message.correlation_id,
            )
        )

    @asynccontextmanager
    async def nothing_else(self) -> AsyncIterator[None]:
        """`alone.Ward`: nothing is ever given back here, so there are no neighbours."""
        yield

    async def bury(self, delivery: Delivery, verdict: Verdict) -> None:
        """The inbox has what there is."""

    async def find(self, queue: str, id: UUID) -> bytes | None:
        return None

    async def discard(self, queue: str, id: UUID) -> None:
        return None
