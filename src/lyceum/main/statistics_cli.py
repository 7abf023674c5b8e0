"""`lyceum statistics`: the sums of questions made anew."""

from dishka import AsyncContainer

from lyceum.platform.outbox import Relay
from lyceum.training.adapters.rebuilding import RebuildStatistics


async def rebuild(container: AsyncContainer) -> str:
    """Count all finished trainings again, and hand the result on; a sentence with how many there were."""
    async with container() as scope:
        trainings = await (await scope.get(RebuildStatistics))()
    await (await container.get(Relay)).drain()
    return f"The statistics are made anew from {trainings} finished trainings."
