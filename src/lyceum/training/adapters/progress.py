"""The personal cabinet put together: the sums, what is due, the goal, the forecasts."""

from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec

from lyceum.accounts.api import Actor
from lyceum.training.adapters.forecasts import Forecasts, ForecastView
from lyceum.training.adapters.queries import ProgressView, TrainingQueries
from lyceum.training.use_cases.settings import ReadSettings


class GoalView(msgspec.Struct, frozen=True, kw_only=True):
    """`answered` today of a `target`, which `PATCH /api/training/me/settings` changes."""

    target: int
    answered: int

    @property
    def is_reached(self) -> bool:
        return self.answered >= self.target


class OwnProgress(ProgressView, frozen=True, kw_only=True):
    """Progress with the goal of the day and what exams would bring, by the subjects that have answers."""

    goal: GoalView
    forecasts: list[ForecastView]


@dataclass(frozen=True, slots=True)
class ReadProgress:
    """A learner reads how they do."""

    queries: TrainingQueries
    forecasts: Forecasts
    settings: ReadSettings

    async def __call__(self, actor: Actor) -> OwnProgress:
        learner = actor.require(scope="training:read").id
        progress = await self.queries.progress(learner)
        today = datetime.now(UTC).astimezone(self.queries.zone).date()
        answered = sum(day.answered for day in progress.days if day.day == today)
        settings = await self.settings(actor)
        found = await self.forecasts.of(progress.subjects)
        return OwnProgress(
            **{name: getattr(progress, name) for name in ProgressView.__struct_fields__},
            goal=GoalView(target=settings.daily_goal, answered=answered),
            forecasts=[it for subject in progress.subjects for it in found[subject.subject]],
        )
