"""Handling suspects: one at a time, with nothing else at hand in this process, so that whoever ends it is known.

The guilty one is begun again only after its lease, so it takes a process along every ten seconds at the most, and
after five starts it is a dead letter. The innocent are done within milliseconds.
"""

import asyncio
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Protocol

import structlog

from lyceum.jobs.adapters.intake import Gate, Intake, Stopped
from lyceum.jobs.adapters.suspects import Suspects
from lyceum.jobs.adapters.wake import SuspectSignal
from lyceum.jobs.domain.messages import Delivery, Verdict

LEASE_SECONDS = 10.0
log = structlog.get_logger()


class Ward(Protocol):
    """A connection that can hold its deliveries back."""

    def nothing_else(self) -> AbstractAsyncContextManager[None]:
        """Within the block no other message is at hand."""

    async def bury(self, delivery: Delivery, verdict: Verdict) -> None:
        """Put the message with the dead letters, saying why."""


@dataclass(slots=True)
class HandleAlone:
    """Runs in every process that has messages; `ward` is the connection there is."""

    suspects: Suspects
    signal: SuspectSignal
    intake: Intake
    gate: Gate
    lease: float = LEASE_SECONDS
    poll_seconds: float = 1.0
    ward: Ward | None = field(default=None, init=False)

    async def run(self) -> None:
        """Until cancelled; survives a database or broker that is away."""
        while True:
            try:
                await self.handle_due()
            except Stopped:
                return
            except Exception as error:  # noqa: BLE001 - what is left begins again after its lease
                log.warning("messages.suspects_wait", error=repr(error)[:300])
                await asyncio.sleep(self.poll_seconds)
            await self.signal.wait(self.poll_seconds)

    async def handle_due(self) -> int:
        """Handle all that are due; how many."""
        ward, handled = self.ward, 0
        if ward is None or not self.gate.is_open or not await self.suspects.is_any_due():
            return handled
        async with ward.nothing_else():
            while self.ward is ward and (delivery := await self.suspects.begin_next(self.lease)) is not None:
                verdict = await self.intake.receive(delivery)
                if verdict.dead:
                    await ward.bury(delivery, verdict)
                await self.suspects.clear(delivery)
                handled += 1
        return handled
