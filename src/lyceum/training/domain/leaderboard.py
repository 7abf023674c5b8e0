"""Points of the leaderboard: what counts, and in which periods.

A question brings its learner the share of its points that they earned, once a period: by their first answer to it in
that week, month, or ever. So reviews count again, and the same question over and over does not.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

WHOLE = 1000
"""Points are kept in thousandths: whole numbers add up alike in any order, so equals stay equal."""
EVER = date(1970, 1, 1)


class Period(StrEnum):
    """Weeks begin on Monday, in the platform's time zone."""

    WEEK = "week"
    MONTH = "month"
    ALL = "all"

    def begins(self, day: date) -> date:
        """The first day of the period that the day is in; EVER where there is but one."""
        if self is Period.WEEK:
            return day - timedelta(days=day.weekday())
        return day.replace(day=1) if self is Period.MONTH else EVER

    def ends(self, day: date) -> date | None:
        """The last day of that period; None where it never ends."""
        if self is Period.WEEK:
            return self.begins(day) + timedelta(days=6)
        if self is Period.ALL:
            return None
        return (self.begins(day) + timedelta(days=31)).replace(day=1) - timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Points:
    """What an answer adds in the periods named, each with its first day; in thousandths."""

    points: int
    periods: Sequence[tuple[Period, date]]


NO_POINTS = Points(0, ())


def points_of(score: float, max_score: float, day: date, answered_before: date | None) -> Points:
    """Of an answer on `day` to a question last answered on another or the same day, None for never."""
    points = round(WHOLE * min(1.0, max(0.0, score / max_score))) if max_score > 0 else 0
    if not points:
        return NO_POINTS
    fresh = [
        (period, period.begins(day))
        for period in Period
        if answered_before is None or answered_before < period.begins(day)
    ]
    return Points(points, fresh) if fresh else NO_POINTS
