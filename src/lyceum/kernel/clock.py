"""Time comes in as an argument, so that rules about time can be tested without waiting."""

from datetime import UTC, datetime


class SystemClock:
    """The machine's clock, in aware UTC."""

    def now(self) -> datetime:
        return datetime.now(UTC)
