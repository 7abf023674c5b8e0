"""Ends, all along, the sittings whose learners never came back, and tends to events. Several processes may do it: each
end happens once."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta

import structlog
from dishka import AsyncContainer

from lyceum.training.use_cases.scoring import SWEPT, SweepSittings
from lyceum.training.use_cases.standings import TendEvents

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class SittingWatch:
    """Sweeps while the process lives; survives a database that is away."""

    container: AsyncContainer

    async def run(self, every: timedelta = timedelta(seconds=5)) -> None:
        while True:
            if await self._sweep() < SWEPT:
                await asyncio.sleep(every.total_seconds())

    async def _sweep(self) -> int:
        try:
            async with self.container() as scope:
                count = await (await scope.get(SweepSittings))()
            async with self.container() as scope:
                tended = await (await scope.get(TendEvents))()
        except Exception as error:  # noqa: BLE001 - the next sweep tries again
            log.warning("training.sweep_failed", error=repr(error)[:500])
            return 0
        if tended:
            log.info("training.events_tended", count=tended)
        if count:
            log.info("training.sittings_ended", count=count)
        return count
