"""Worker processes: the product's `lyceum worker` with the kinds of the experiments, started in milliseconds.

A process that has imported everything forks the workers, so that a hundred `kill -9` cost no hundred imports.
"""

import asyncio
import multiprocessing
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from uuid import UUID, uuid4

from dishka import Provider, Scope

from chaos.guards import Guard, provider
from chaos.messages import Poison
from chaos.work import Work
from lyceum.jobs.adapters.alone import HandleAlone
from lyceum.jobs.adapters.registry import KnownKinds, KnownMessages
from lyceum.jobs.adapters.worker import Rhythm, Worker
from lyceum.jobs.api import Kinds, Messages
from lyceum.main.background import work
from lyceum.main.cli import loop_factory
from lyceum.main.container import make_container
from lyceum.main.contexts import CONTEXTS
from lyceum.platform.settings import Settings
from lyceum.platform.telemetry import configure_logging


class MuteRhythm(Rhythm):
    """Of a worker whose heartbeats never come."""

    @property
    def tick(self) -> float:
        return 3600.0


@dataclass(frozen=True, slots=True)
class Hand:
    """What one worker process is told. `deaf`: SIGTERM ends it at once, as if nobody had thought of deploys. `trial`:
    seconds between two starts of a message that ends its process, when they are not those of the product."""

    settings: Settings
    rhythm: Rhythm
    off: Guard | None = None
    deaf: bool = False
    trial: float | None = None
    id: UUID = field(default_factory=uuid4)


def main(hand: Hand) -> None:
    """One worker process, until SIGTERM."""
    log = os.open(hand.settings.data_dir / "workers.log", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.dup2(log, sys.stdout.fileno())
    os.dup2(log, sys.stderr.fileno())
    configure_logging(hand.settings)
    asyncio.run(_work(hand), loop_factory=loop_factory)


async def _work(hand: Hand) -> None:
    kinds = Provider(scope=Scope.REQUEST)
    kinds.provide(Work)
    known = KnownKinds.of([Work, *(kind for context in CONTEXTS for kind in context.kinds)])
    kinds.provide(lambda: known, provides=Kinds, scope=Scope.APP, override=True)
    kinds.provide(Poison)
    taken = [Poison, *(handler for context in CONTEXTS for handler in context.messages)]
    messages = KnownMessages.of(taken, hand.settings.queues)
    kinds.provide(lambda: messages, provides=Messages, scope=Scope.APP, override=True)
    container = make_container(hand.settings, kinds, provider(hand.off))
    worker = await container.get(Worker)
    worker.id, worker.rhythm = hand.id, hand.rhythm
    if hand.trial is not None:
        (await container.get(HandleAlone)).lease = hand.trial
    if hand.deaf:
        await worker.run()
    await work(container)
    await container.close()


@dataclass(slots=True)
class Crew:
    """The worker processes of one experiment, by the id of the worker."""

    settings: Settings
    trial: float | None = None
    processes: dict[UUID, ForkServerProcess] = field(default_factory=dict)

    def start(self, rhythm: Rhythm, *, off: Guard | None = None, deaf: bool = False) -> UUID:
        hand = Hand(self.settings, rhythm, off, deaf, self.trial)
        process = context().Process(target=main, args=(hand,), daemon=True)
        process.start()
        self.processes[hand.id] = process
        return hand.id

    def signal(self, id: UUID, number: int) -> None:
        pid = self.processes[id].pid
        assert pid is not None
        os.kill(pid, number)

    def kill(self, id: UUID) -> None:
        """`kill -9`, and wait until it is gone."""
        with suppress(ProcessLookupError):
            self.signal(id, signal.SIGKILL)
        self.processes.pop(id).join(10)

    async def gone(self, id: UUID, seconds: float) -> int | None:
        """The exit code of a worker that was told to stop; None when it has not stopped in time."""
        process = self.processes[id]
        await asyncio.to_thread(process.join, seconds)
        if process.exitcode is not None:
            del self.processes[id]
        return process.exitcode


def context(preload: str = "chaos.crew") -> multiprocessing.context.ForkServerContext:
    made = multiprocessing.get_context("forkserver")
    made.set_forkserver_preload([preload, "lyceum.main.container"])
    return made


@contextmanager
def crew(settings: Settings, trial: float | None = None) -> Iterator[Crew]:
    """A crew whose processes end with the block."""
    made = Crew(settings, trial)
    try:
        yield made
    except BaseException:
        print((settings.data_dir / "workers.log").read_text(encoding="utf-8")[-2000:], file=sys.stderr)
        raise
    finally:
        for id in list(made.processes):
            made.kill(id)


def said(settings: Settings, text: str) -> int:
    """How many lines of the workers' log hold `text`."""
    path: Path = settings.data_dir / "workers.log"
    return sum(text in line for line in path.read_text(encoding="utf-8").splitlines()) if path.exists() else 0


if __name__ == "__main__":
    folder, url, lease, *off = sys.argv[1:]
    main(
        Hand(
            Settings(data_dir=Path(folder), database_url=url, secret_key="x" * 40, log_level="warning"),
            Rhythm(slots=4, lease=float(lease), rescue=0.5, poll=0.3),
            Guard(off[0]) if off else None,
        )
    )
