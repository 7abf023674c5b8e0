"""Reads that arrive in the same moment share one statement.

A server under load has dozens of requests in flight, each wanting one row by its key; a statement for each costs far
more than the row. Whatever is asked for during one turn of the event loop is read together in the next.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(slots=True)
class Batched[K, V]:
    """`fetch` reads many keys at once and returns what it found. A read never begins before it was asked for."""

    fetch: Callable[[Sequence[K]], Awaitable[Mapping[K, V]]]
    most: int = 200
    _waiting: dict[K, list[asyncio.Future[V | None]]] = field(default_factory=dict)
    _running: set[asyncio.Task[None]] = field(default_factory=set)

    async def get(self, key: K) -> V | None:
        """The value of `key`, None when there is none."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[V | None] = loop.create_future()
        if not self._waiting:
            task = loop.create_task(self._read())
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        self._waiting.setdefault(key, []).append(future)
        return await future

    async def _read(self) -> None:
        waiting, self._waiting = self._waiting, {}
        keys = list(waiting)
        for start in range(0, len(keys), self.most):
            part = keys[start : start + self.most]
            try:
                found = await self.fetch(part)
            except BaseException as error:
                for future in (future for key in keys[start:] for future in waiting[key] if not future.done()):
                    future.set_exception(error)
                if not isinstance(error, Exception):
                    raise
                return
            for key in part:
                for future in waiting[key]:
                    if not future.done():
                        future.set_result(found.get(key))
