"""Which days of a schedule are due. A day begins and ends in the platform's time zone, so it has 23 to 25 hours."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
MADE_UP = 31
"""How many missed days are made up at most; older ones are let go."""


def due_at(day: date, at: time, days_after: int, zone: ZoneInfo) -> datetime:
    """The moment at which the run of `day` is due. An hour that the clocks skip is the one after them; of an hour that
    they repeat it is the first."""
    return datetime.combine(day + days_after * DAY, at, tzinfo=zone)


def last_due(now: datetime, at: time, days_after: int, zone: ZoneInfo) -> date:
    """The latest day whose run is due at `now`."""
    day = now.astimezone(zone).date() - days_after * DAY
    return day if due_at(day, at, days_after, zone) <= now else day - DAY


def missed(made: date, due: date) -> Sequence[date]:
    """The days after `made` up to `due`, the oldest first, as many as are made up."""
    first = max(made + DAY, due - (MADE_UP - 1) * DAY)
    return [first + number * DAY for number in range((due - first).days + 1)]


def bounds(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The first moment of a day, and the first after it."""
    return (datetime.combine(day, time(), tzinfo=zone), datetime.combine(day + DAY, time(), tzinfo=zone))
