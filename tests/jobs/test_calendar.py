"""Which days are due: in the platform's time zone, whose days have 23 to 25 hours."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from lyceum.jobs.domain.calendar import MADE_UP, bounds, due_at, last_due, missed

MOSCOW, BERLIN, BEIRUT = ZoneInfo("Europe/Moscow"), ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Beirut")
MIDNIGHT = time()
DAY = timedelta(days=1)


def utc(day: int, hour: int = 0, minute: int = 0, second: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, second, tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (utc(20, 20, 59, 59), date(2026, 11, 19)),
        (utc(20, 21, 0, 0), date(2026, 11, 20)),
        (utc(20, 21, 0, 5), date(2026, 11, 20)),
        (utc(21, 20, 59, 59), date(2026, 11, 20)),
    ],
)
def test_the_report_of_a_day_is_due_when_the_day_is_over_in_its_zone(now: datetime, expected: date) -> None:
    assert last_due(now, MIDNIGHT, 1, MOSCOW) == expected


def test_missed_days_are_made_up_in_order_within_the_bound() -> None:
    assert list(missed(date(2026, 11, 17), date(2026, 11, 20))) == [date(2026, 11, day) for day in (18, 19, 20)]
    assert list(missed(date(2026, 11, 20), date(2026, 11, 20))) == []
    assert list(missed(date(2026, 11, 25), date(2026, 11, 20))) == []
    long = missed(date(2025, 1, 1), date(2026, 11, 20))
    assert (len(long), long[0], long[-1]) == (MADE_UP, date(2026, 10, 21), date(2026, 11, 20))


@pytest.mark.parametrize(
    ("day", "zone", "hours"),
    [
        (date(2026, 3, 29), BERLIN, 23),
        (date(2026, 10, 25), BERLIN, 25),
        (date(2026, 10, 26), BERLIN, 24),
        (date(2026, 3, 29), BEIRUT, 23),
        (date(2026, 3, 29), MOSCOW, 24),
    ],
)
def test_a_day_has_as_many_hours_as_its_zone_gives_it(day: date, zone: ZoneInfo, hours: int) -> None:
    since, until = (moment.astimezone(UTC) for moment in bounds(day, zone))
    assert until - since == timedelta(hours=hours)
    assert until.astimezone(zone).date() == day + DAY
    assert (since - timedelta(microseconds=1)).astimezone(zone).date() == day - DAY


@pytest.mark.parametrize(
    "zone", [BERLIN, BEIRUT, MOSCOW, ZoneInfo("Australia/Lord_Howe"), ZoneInfo("America/Santiago")]
)
@pytest.mark.parametrize("at", [time(), time(0, 30), time(2, 30), time(23, 59, 59)])
def test_the_days_of_a_year_fall_due_one_after_the_other_each_once(zone: ZoneInfo, at: time) -> None:
    """Whatever the clocks of the zone do: looking every twenty minutes finds every day once, in order."""
    now, found = datetime(2026, 1, 1, tzinfo=UTC), []
    last = last_due(now, at, 1, zone)
    first = last
    while now < datetime(2027, 1, 1, tzinfo=UTC):
        now += timedelta(minutes=20)
        for day in missed(last, last_due(now, at, 1, zone)):
            assert due_at(day, at, 1, zone) <= now
            found.append(day)
            last = day
    assert found == [first + number * DAY for number in range(1, len(found) + 1)]
    assert len(found) in {364, 365, 366}


def test_an_hour_that_the_clocks_skip_or_repeat_is_one_moment() -> None:
    skipped = due_at(date(2026, 3, 29), time(2, 30), 0, BERLIN).astimezone(UTC)
    repeated = due_at(date(2026, 10, 25), time(2, 30), 0, BERLIN).astimezone(UTC)
    assert skipped == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert repeated == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
