"""Training's part of the daily report."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from sqlalchemy import func, select

from lyceum.platform.daily import Day, Figure
from lyceum.platform.database import Database
from lyceum.platform.housekeeping import first_id_of
from lyceum.training.adapters.tables import IS_DAY, progress, trainings
from lyceum.training.domain.trainings import Mode

MODES = {
    Mode.PRACTICE: "Practice",
    Mode.REVIEW: "Spaced reviews",
    Mode.MOCK_EXAM: "Mock exams",
    Mode.EVENT: "Events",
}


@dataclass(frozen=True, slots=True)
class TrainingOfDay:
    """`platform.daily.ReportPart`."""

    database: Database
    name: ClassVar[str] = "training"
    title: ClassVar[str] = "Learning"

    async def figures(self, day: Day) -> Sequence[Figure]:
        """Answers are those whose points are known; what is graded later counts on the day of its grading."""
        sums = select(
            func.count(progress.c.learner_id.distinct()),
            func.coalesce(func.sum(progress.c.answered), 0),
            func.coalesce(func.sum(progress.c.correct), 0),
            func.coalesce(func.sum(progress.c.elapsed_ms), 0),
        ).where(IS_DAY, progress.c.name == day.date.isoformat())
        # Ids follow the time, so the trainings of a day are a range of the primary key.
        begun = (trainings.c.id >= first_id_of(day.since), trainings.c.id < first_id_of(day.until))
        by_mode = (
            select(trainings.c.mode, func.count(), func.count(trainings.c.finished_at))
            .where(*begun)
            .group_by(trainings.c.mode)
        )
        async with self.database.read() as connection:
            learners, answered, correct, elapsed_ms = (await connection.execute(sums)).one()
            modes = {mode: (started, over) for mode, started, over in await connection.execute(by_mode)}
        found = [
            Figure("learners", "Learners who answered", learners),
            Figure("answers", "Answers", int(answered)),
            Figure("answers_right", "Right answers", int(correct)),
            Figure("hours", "Hours over the questions", round(int(elapsed_ms) / 3_600_000, 2)),
        ]
        for mode, title in MODES.items():
            started, over = modes.get(mode.value, (0, 0))
            found.append(Figure("trainings", "Trainings begun", started, mode.value, title))
            found.append(Figure("trainings_finished", "Of them finished so far", over, mode.value, title))
        return found
