"""What a learner chooses about their own training."""

from dataclasses import dataclass

from lyceum.kernel.errors import FieldProblem, Invalid

USUAL_GOAL = 20
MOST = 500


class BadSettings(Invalid):
    code = "training.bad_settings"
    text = "The settings cannot be kept like that. See errors."


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnerSettings:
    """`daily_goal` questions a day; `on_leaderboard`: whether others see them there. `version` 0 was never changed."""

    daily_goal: int = USUAL_GOAL
    on_leaderboard: bool = True
    version: int = 0

    def __post_init__(self) -> None:
        if not 1 <= self.daily_goal <= MOST:
            text = "The goal is from 1 to 500 questions a day. Write a number between them."
            raise BadSettings(problems=[FieldProblem("daily_goal", "range", text)])
