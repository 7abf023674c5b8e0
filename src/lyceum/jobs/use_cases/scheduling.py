"""Making the tasks of the timetable."""

from dataclasses import dataclass
from datetime import date

from lyceum.jobs.api import NewTask, Schedule, Source, TaskQueue, Timetable
from lyceum.jobs.domain.calendar import last_due, missed
from lyceum.jobs.domain.tasks import TaskId
from lyceum.jobs.ports import DatabaseClock, Runs
from lyceum.kernel.ids import uuid7
from lyceum.kernel.ports import Transaction


@dataclass(frozen=True, slots=True)
class MakeDueTasks:
    """Make the tasks of a schedule whose days are due and have none, the oldest first; the days that got theirs here.

    The right to a day and its task are written by one transaction, so any number of schedulers at once, or one that is
    killed at any moment, make exactly one task for every day. A day is only taken after all before it.
    """

    timetable: Timetable
    runs: Runs
    queue: TaskQueue
    clock: DatabaseClock
    transaction: Transaction

    async def __call__(self, schedule: Schedule) -> list[date]:
        due = last_due(await self.clock.now(), schedule.at, schedule.days_after, self.timetable.zone)
        last = await self.runs.last(schedule.name)
        if last is None:
            async with self.transaction:
                await self.runs.begin(schedule.name, due)
            last = await self.runs.last(schedule.name) or due
        return [day for day in missed(last, due) if await self._make(schedule, day)]

    async def _make(self, schedule: Schedule, day: date) -> bool:
        id = TaskId(uuid7())
        new = NewTask(
            id=id,
            kind=schedule.kind,
            payload=schedule.payload_of(day),
            title=schedule.title_of(day),
            priority=schedule.priority,
            timeout_s=schedule.timeout_s,
            max_attempts=schedule.max_attempts,
            source=Source.CRON,
        )
        async with self.transaction:
            if taken := await self.runs.take(schedule.name, day, id):
                await self.queue.add(new)
        return taken
