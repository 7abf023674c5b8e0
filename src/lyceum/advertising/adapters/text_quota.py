"""How many texts of ads a sponsor may have written in an hour."""

from dataclasses import dataclass
from math import ceil

from lyceum.kernel.ids import UserId
from lyceum.platform.cache import Limits
from lyceum.platform.http_errors import TooMany

WINDOW = 60 * 60


class TextsUsedUp(TooMany):
    code = "advertising.texts_used_up"
    text = (
        "You have had {limit} texts written within an hour, which is the most here. Try again in {minutes} min, or "
        "write the text yourself."
    )


@dataclass(frozen=True, slots=True)
class HourlyTexts:
    """`ports.TextQuota` for a generator that costs money. What was counted stays counted if the generator fails: it
    may have been paid for."""

    limits: Limits
    most: int

    async def take(self, who: UserId, wanted: int) -> int:
        for taken in range(wanted):
            hit = await self.limits.hit(f"texts:{who}", self.most, WINDOW)
            if not hit.allowed:
                if taken:
                    return taken
                left = hit.retry_after
                raise TextsUsedUp(limit=self.most, minutes=ceil(left / 60), retry_after=left)
        return wanted


class FreeTexts:
    """`ports.TextQuota` for a generator that costs nothing."""

    async def take(self, who: UserId, wanted: int) -> int:
        return wanted
