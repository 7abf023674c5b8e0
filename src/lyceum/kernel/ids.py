"""Typed identifiers. Each is a UUIDv7 (RFC 9562): sortable by the millisecond it was made in."""

import secrets
import time
from typing import NewType
from uuid import UUID

UserId = NewType("UserId", UUID)
QuestionId = NewType("QuestionId", UUID)
TrainingId = NewType("TrainingId", UUID)
AttemptId = NewType("AttemptId", UUID)


_last = 0


def uuid7(at_ms: int | None = None) -> UUID:
    """A new UUIDv7: 48 bits of Unix milliseconds, 12 bits of their fraction, 62 random bits.

    Ids made one after the other by one process sort in that order (RFC 9562, section 6.2, method 3).
    `at_ms` makes one for another moment, with a random fraction.
    """
    global _last
    if at_ms is None:
        nanoseconds = time.time_ns()
        stamp = (nanoseconds // 1_000_000) << 12 | (nanoseconds % 1_000_000) * 4096 // 1_000_000
        _last = stamp = max(stamp, _last + 1)
    else:
        stamp = (at_ms & ((1 << 48) - 1)) << 12 | secrets.randbits(12)
    high, low = stamp >> 12, stamp & 0xFFF
    return UUID(int=high << 80 | 0x7 << 76 | low << 64 | 0b10 << 62 | secrets.randbits(62))
