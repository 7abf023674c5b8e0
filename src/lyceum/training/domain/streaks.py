"""The streak: days in a row on which a learner answered at least one question."""

from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True, slots=True)
class Streak:
    """`last_day` is the last day with an answer; `current` runs up to it."""

    current: int = 0
    best: int = 0
    last_day: date | None = None

    def on(self, day: date) -> "Streak":
        """The streak after an answer on `day`; the same object when that changes nothing."""
        if self.last_day is not None and day <= self.last_day:
            return self
        goes_on = self.last_day is not None and day - self.last_day == timedelta(days=1)
        current = self.current + 1 if goes_on else 1
        return Streak(current, max(self.best, current), day)

    def as_of(self, today: date) -> int:
        """The streak to show today: it lives until a whole day has passed without an answer."""
        alive = self.last_day is not None and today - self.last_day <= timedelta(days=1)
        return self.current if alive else 0
