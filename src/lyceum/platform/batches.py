"""Calls that come together are worked off together: while one batch is at the database, the next one gathers."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

ENOUGH = 4


class Batches[Asked, Answer]:
    """Calls `work` with everything that has been asked meanwhile, `most` at a time, in up to `lanes` at once.

    Another lane opens when `ENOUGH` are waiting for those that run: many small batches cost more than a large one.

    `work` gives an answer for each item, in their order; an answer that is an exception is raised to its caller, and
    what `work` raises itself is raised to all of the batch. A caller alone waits for nobody.
    """

    def __init__(
        self,
        work: Callable[[Sequence[Asked]], Awaitable[Sequence[Answer | Exception]]],
        most: int = 64,
        lanes: int = 1,
    ) -> None:
        self._work = work
        self._most = most
        self._lanes = lanes
        self._waiting: list[tuple[Asked, asyncio.Future[Answer]]] = []
        self._running: set[asyncio.Task[None]] = set()

    async def __call__(self, asked: Asked) -> Answer:
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((asked, future))
        running = self._running
        if not running or (len(running) < self._lanes and len(self._waiting) >= ENOUGH):
            task = asyncio.create_task(self._run())
            running.add(task)
        return await future

    async def _run(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
                await self._answer([(asked, future) for asked, future in batch if not future.done()])
        finally:
            self._running.discard(asyncio.current_task())

    async def _answer(self, batch: Sequence[tuple[Asked, asyncio.Future[Answer]]]) -> None:
        try:
            answers = await self._work([asked for asked, _ in batch])
        except Exception as error:  # noqa: BLE001 - each caller hears of it
            answers = [error] * len(batch)
        for (_, future), answer in zip(batch, answers, strict=True):
            if future.done():
                continue
            if isinstance(answer, Exception):
                future.set_exception(answer)
            else:
                future.set_result(answer)
