"""TaskIQ's ticks. A module of its own, so that only a process that runs the timetable imports TaskIQ.

Nothing but the tick is TaskIQ's: what is due, and who may make it, is decided in the database.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

from taskiq import InMemoryBroker, TaskiqScheduler
from taskiq.cli.scheduler.run import SchedulerLoop
from taskiq.schedule_sources import LabelScheduleSource

RENEWED = timedelta(minutes=5)


async def tick(what: Callable[[], Awaitable[object]], every: timedelta) -> None:
    """Call `what` at once and then whenever `every` has passed, until cancelled.

    TaskIQ goes by the clock of the machine: were that set back, its loop would wait for the lost time to pass. So the
    loop is begun anew every few minutes.
    """
    async with _scheduler(what, every) as scheduler:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(RENEWED.total_seconds()):
                    await SchedulerLoop(scheduler).run()


@asynccontextmanager
async def _scheduler(what: Callable[[], Awaitable[object]], every: timedelta) -> AsyncIterator[TaskiqScheduler]:
    broker = InMemoryBroker(await_inplace=True)

    async def ticked() -> None:
        await what()

    broker.register_task(ticked, task_name="lyceum.tick", schedule=[{"interval": every}])
    source = LabelScheduleSource(broker)
    scheduler = TaskiqScheduler(broker, [source])
    await source.startup()
    await scheduler.startup()
    try:
        yield scheduler
    finally:
        await scheduler.shutdown()
