"""Reviews by FSRS-6, the `fsrs` library with its default parameters."""

from datetime import datetime

from fsrs import Card, Rating, Scheduler, State

from lyceum.training.domain.memory import RETENTION, Grade, Memory


class FsrsScheduling:
    """Plans in whole days: what goes wrong is shown again within its training, not by steps of minutes."""

    def __init__(self, retention: float = RETENTION) -> None:
        self._scheduler = Scheduler(
            desired_retention=retention, learning_steps=(), relearning_steps=(), enable_fuzzing=False
        )

    def reviewed(self, memory: Memory | None, grade: Grade, at: datetime) -> Memory:
        card, _ = self._scheduler.review_card(_card(memory, at), Rating(grade), at)
        if card.stability is None or card.difficulty is None:
            raise AssertionError("A reviewed card has a stability and a difficulty.")
        return Memory(stability=card.stability, difficulty=card.difficulty, reviewed_at=at, due=card.due)

    def recall(self, memory: Memory, at: datetime) -> float:
        return float(self._scheduler.get_card_retrievability(_card(memory, at), at))


def _card(memory: Memory | None, at: datetime) -> Card:
    if memory is None:
        return Card(card_id=0, due=at)
    return Card(
        card_id=0,
        state=State.Review,
        stability=memory.stability,
        difficulty=memory.difficulty,
        due=memory.due,
        last_review=memory.reviewed_at,
    )
