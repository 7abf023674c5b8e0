"""Choosing and showing questions: shared by starting, answering and skipping."""

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from lyceum.bank.api import PlayQuestions
from lyceum.kernel.ids import AttemptId, uuid7
from lyceum.training.domain.trainings import Attempt, Overtaken, Training
from lyceum.training.ports import NextQuestion, Wish
from lyceum.training.use_cases.views import AttemptView

SEEDS = 2**31
TRIES = 4


@dataclass(frozen=True, slots=True)
class Asking:
    """What is asked next, and how it looks."""

    next_question: NextQuestion
    play: PlayQuestions

    async def next(self, training: Training, wish: Wish, at: datetime) -> Attempt | None:
        """The training's next attempt, not written yet; None when no question is left."""
        candidate = await self.next_question.choose(wish)
        if candidate is None:
            return None
        return training.show(candidate, AttemptId(uuid7()), secrets.randbelow(SEEDS), at)

    async def view(self, attempt: Attempt) -> AttemptView:
        """The question of an attempt as its learner sees it."""
        question = await self.play.show(attempt.question_id, attempt.version, attempt.seed)
        return AttemptView(
            attempt_id=attempt.id,
            position=attempt.position,
            shown_at=attempt.shown_at,
            question=question,
            why=attempt.why,
        )


async def insist[T](act: Callable[[], Awaitable[T]]) -> T:
    """Act again from the reading on when somebody else was faster; raise Overtaken when it happens every time."""
    for _ in range(TRIES - 1):
        try:
            return await act()
        except Overtaken:
            continue
    return await act()
