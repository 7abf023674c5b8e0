"""Counters with a window, for rate limits: in this process, or in Redis for all processes."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from math import ceil
from typing import Protocol, cast

import structlog

log = structlog.get_logger()
CROWD = 50_000


@dataclass(frozen=True, slots=True)
class Hit:
    """Whether a counted event is within the limit; if not, in how many whole seconds the window ends."""

    allowed: bool
    retry_after: int = 0


class Limits(Protocol):
    """Counts events by key in fixed windows. A window begins with its first event; refused ones do not prolong it."""

    async def hit(self, key: str, limit: int, window_s: float) -> Hit:
        """Count one event, atomically: of any number at once exactly `limit` are allowed."""

    async def give_back(self, key: str) -> None:
        """Uncount one event of the running window."""

    async def forget(self, key: str) -> None:
        """End the window."""


@dataclass(slots=True)
class _Window:
    count: int
    ends_at: float


@dataclass(frozen=True, slots=True)
class MemoryLimits:
    """Counters of this process. Holds a bounded number of them: past `CROWD` the ended ones go, then the oldest."""

    now: Callable[[], float] = time.monotonic
    _windows: dict[str, _Window] = field(default_factory=dict)

    async def hit(self, key: str, limit: int, window_s: float) -> Hit:
        now = self.now()
        window = self._windows.get(key)
        if window is None or window.ends_at <= now:
            self._windows.pop(key, None)
            self._make_room(now)
            window = self._windows[key] = _Window(0, now + window_s)
        window.count += 1
        return _judge(window.count, limit, window.ends_at - now)

    async def give_back(self, key: str) -> None:
        if (window := self._windows.get(key)) is not None:
            window.count = max(0, window.count - 1)

    async def forget(self, key: str) -> None:
        self._windows.pop(key, None)

    def _make_room(self, now: float) -> None:
        if len(self._windows) < CROWD:
            return
        for key in [key for key, window in self._windows.items() if window.ends_at <= now]:
            del self._windows[key]
        while len(self._windows) >= CROWD:
            del self._windows[next(iter(self._windows))]


class Script(Protocol):
    """A Lua script known to the server; runs as one step."""

    def __call__(self, *, keys: list[str], args: list[str | int]) -> Awaitable[object]: ...


class RedisClient(Protocol):
    """What of a Redis client is used here."""

    def register_script(self, script: str) -> Script: ...


_HIT = """
local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return {count, redis.call('PTTL', KEYS[1])}
"""
_GIVE_BACK = "if (tonumber(redis.call('GET', KEYS[1]) or '0')) > 0 then redis.call('DECR', KEYS[1]) end"
_FORGET = "redis.call('DEL', KEYS[1])"


@dataclass(frozen=True, slots=True)
class RedisLimits:
    """Counters in Redis, the same for all processes. While Redis is away each process counts for itself."""

    client: RedisClient
    prefix: str = "lyceum:limit:"
    stand_in: MemoryLimits = field(default_factory=MemoryLimits)

    async def hit(self, key: str, limit: int, window_s: float) -> Hit:
        answer = await self._run(_HIT, key, max(1, int(window_s * 1000)))
        if answer is None:
            return await self.stand_in.hit(key, limit, window_s)
        count, left_ms = cast(list[int], answer)
        return _judge(count, limit, left_ms / 1000)

    async def give_back(self, key: str) -> None:
        await self._run(_GIVE_BACK, key)
        await self.stand_in.give_back(key)

    async def forget(self, key: str) -> None:
        await self._run(_FORGET, key)
        await self.stand_in.forget(key)

    async def _run(self, script: str, key: str, *arguments: int) -> object:
        """The script's answer; None when Redis did not give one."""
        from redis.exceptions import RedisError

        try:
            return await self.client.register_script(script)(keys=[self.prefix + key], args=[*arguments])
        except (RedisError, OSError) as error:
            log.warning("cache.redis_failed", error=repr(error))
            return None


@asynccontextmanager
async def open_limits(url: str) -> AsyncIterator[Limits]:
    """The counters that `LYCEUM_CACHE_URL` asks for; opens no connection yet."""
    if not url:
        yield MemoryLimits()
        return
    from redis.asyncio import Redis

    client = Redis.from_url(url, socket_timeout=1.0, socket_connect_timeout=1.0)
    try:
        yield RedisLimits(client)
    finally:
        await client.aclose()


def _judge(count: int, limit: int, left_s: float) -> Hit:
    return Hit(allowed=True) if count <= limit else Hit(allowed=False, retry_after=max(1, ceil(left_s)))
