"""22: `kill -9` in the middle of imports. Every question is there once, the report is right, no progress goes back."""

import asyncio
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from uuid import UUID

import asyncpg

from chaos.crew import Crew, crew
from chaos.ground import Ground, ground
from chaos.guards import Guard
from chaos.verdict import Scale, Verdict
from lyceum.bank.adapters.sources import LOCAL
from lyceum.bank.adapters.transfers import SqlTransfers
from lyceum.bank.domain.transfers import Direction, Transfer, TransferId, TransferOptions
from lyceum.bank.use_cases.transfer_tasks import task_of
from lyceum.jobs.adapters.worker import Rhythm
from lyceum.jobs.api import TaskQueue
from lyceum.kernel.ids import uuid7
from lyceum.main.container import make_container
from lyceum.main.transfers_cli import importer
from lyceum.platform.database import SqlTransaction

TRIVIA = Path(__file__).parents[3] / "shared" / "data" / "opentriviaqa" / "categories"
BROKEN = 100
"""One row in so many is broken."""
LAST_ATTEMPT = 5
RHYTHM = Rhythm(slots=1, lease=2.0, rescue=0.5)
RUNNING = """
SELECT t.id, t.worker_id, t.attempt, t.done, b.done_bytes::float8 / greatest(b.total_bytes, 1) AS share
FROM jobs_tasks t JOIN bank_transfers b ON b.id = t.id WHERE t.status = 'in_progress'
"""
NO_PAUSES = "UPDATE jobs_tasks SET run_at = clock_timestamp() WHERE status = 'new' AND run_at > clock_timestamp()"
FOUND = "SELECT sum(imported) AS imported, sum(skipped) AS skipped, sum(rejected) AS rejected FROM bank_transfers"


@dataclass(slots=True)
class Watch:
    """What was seen while the imports ran."""

    kills: int = 0
    of: dict[UUID, int] = field(default_factory=dict)
    seen: dict[tuple[UUID, int], int] = field(default_factory=dict)
    went_back: int = 0

    def look(self, row: asyncpg.Record) -> None:
        key = (row["id"], row["attempt"])
        self.went_back += row["done"] < self.seen.get(key, 0)
        self.seen[key] = row["done"]


async def run(scale: Scale) -> Verdict:
    chance = scale.chance()
    checks: dict[str, bool] = {}
    figures: dict[str, int | float] = {}
    async with ground() as place:
        rows, kills = scale.pick((10_000, 4), (1500, 2))
        made = [write(place.settings.data_dir / "made.gift", rows)]
        async with asyncio.timeout(900):
            checks |= await suffer(place, "made", made, kills, chance, figures, rejected=rows // BROKEN)
            if not scale.short:
                files = sorted(TRIVIA.iterdir()) if TRIVIA.is_dir() else parts(place.settings.data_dir, 10_000)
                await empty(place)
                checks |= await suffer(place, "many", files, 50 - kills, chance, figures)
            await empty(place)
            control: dict[str, int | float] = {}
            await suffer(place, "control", made, 1, chance, control, off=Guard.DISCARD)
    figures["control_unreported"] = control["control_kept"] - control["control_imported"]
    checks["without the discard of what the dead had staged the report is wrong"] = figures["control_unreported"] != 0
    return Verdict(checks, figures)


async def suffer(
    place: Ground,
    name: str,
    files: Sequence[Path],
    kills: int,
    chance: Random,
    figures: dict[str, int | float],
    *,
    rejected: int | None = None,
    off: Guard | None = None,
) -> dict[str, bool]:
    """Import the files, killing the worker `kills` times on the way; what of the promise held."""
    began = time.monotonic()
    await begin(place, files)
    with crew(place.settings) as workers:
        watch = await kill_on_the_way(place, workers, kills, chance, off)
    sums = dict(await place.sql.fetchrow(FOUND))
    kept = await place.value("SELECT count(*) FROM bank_questions WHERE status = 'published'")
    others = await place.value("SELECT count(*) FROM bank_questions WHERE status <> 'published'")
    distinct = await place.value("SELECT count(DISTINCT content_hash) FROM bank_questions")
    figures |= {f"{name}_{key}": int(value) for key, value in sums.items()}
    figures |= {f"{name}_kills": watch.kills, f"{name}_kept": kept, f"{name}_doubled": kept - distinct}
    figures |= {f"{name}_files": len(files), f"{name}_s": round(time.monotonic() - began, 1)}
    return {
        f"{name}: all imports completed": await place.counts() == {"completed": len(files)},
        f"{name}: every kill met a running import": watch.kills == kills,
        f"{name}: every question is there once": kept == distinct == sums["imported"] and others == 0,
        f"{name}: every row is accounted for": sum(sums.values()) == sum(count(path) for path in files),
        f"{name}: the rejected rows are reported": rejected is None or await reported(place, rejected),
        f"{name}: progress never went back": watch.went_back == 0,
    }


async def kill_on_the_way(place: Ground, workers: Crew, kills: int, chance: Random, off: Guard | None) -> Watch:
    """Kill the only worker at a random part of an import, at most four times each: the fifth attempt is the last."""
    watch = Watch()
    workers.start(RHYTHM, off=off)
    wanted: dict[tuple[UUID, int], float] = {}
    while set(await place.counts()) & {"new", "in_progress"}:
        await asyncio.sleep(0.01)
        await place.sql.execute(NO_PAUSES)
        for row in await place.sql.fetch(RUNNING):
            watch.look(row)
            at = wanted.setdefault((row["id"], row["attempt"]), chance.uniform(0.05, 0.8))
            mine = row["worker_id"] in workers.processes
            if watch.kills < kills and mine and row["share"] >= at and watch.of.get(row["id"], 0) < LAST_ATTEMPT - 1:
                await asyncio.sleep(chance.uniform(0, 0.05))
                workers.signal(row["worker_id"], signal.SIGSTOP)
                still = row["id"] in await place.held_by(row["worker_id"])
                watch.kills += still
                watch.of[row["id"]] = watch.of.get(row["id"], 0) + still
                workers.kill(row["worker_id"])
                workers.start(RHYTHM, off=off)
    return watch


async def begin(place: Ground, files: Sequence[Path]) -> None:
    """Add the imports of an operator with their tasks, as `POST /api/bank/imports` does."""
    container = make_container(place.settings)
    actor = await importer(container)
    async with container() as scope:
        transaction = await scope.get(SqlTransaction)
        transfers, queue = await scope.get(SqlTransfers), await scope.get(TaskQueue)
        async with transaction:
            for path in files:
                transfer = Transfer(
                    id=TransferId(uuid7()),
                    direction=Direction.IMPORT,
                    owner_id=actor.id,
                    file_name=path.name,
                    file_key=f"{LOCAL}{path.absolute()}",
                    format="gift" if path.suffix == ".gift" else "opentriviaqa",
                    dry_run=False,
                    options=TransferOptions(subject="trivia", language="en"),
                    created_at=datetime.now(UTC),
                    total_bytes=path.stat().st_size,
                )
                await transfers.add(transfer)
                await queue.add(task_of(transfer))
    await container.close()


async def reported(place: Ground, rejected: int) -> bool:
    """Whether the report names each broken row once."""
    rows = await place.sql.fetch("SELECT title, place FROM bank_transfer_notes WHERE level = 'rejected'")
    return len(rows) == len({row["place"] for row in rows}) == rejected


async def empty(place: Ground) -> None:
    await place.clear()
    await place.sql.execute("TRUNCATE bank_questions, bank_transfers CASCADE")


def write(path: Path, rows: int) -> Path:
    """A GIFT file of numeric questions; one row in a hundred asks for no number."""
    lines = [f"::Q{n}:: What is {n} plus {n}? {{#{2 * n if n % BROKEN != 50 else 'nothing'}}}\n" for n in range(rows)]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def parts(folder: Path, rows: int) -> list[Path]:
    """Twenty files of different questions, for a machine without the trivia."""
    found = []
    for number in range(20):
        path = folder / f"part{number}.gift"
        size = rows // 20
        lines = [f"::P{n}:: How much is {n} times 3? {{#{3 * n}}}\n" for n in range(number * size, (number + 1) * size)]
        path.write_text("\n".join(lines), encoding="utf-8")
        found.append(path)
    return found


def count(path: Path) -> int:
    """How many questions a file has, good and broken."""
    start = b"::" if path.suffix == ".gift" else b"#Q"
    return sum(line.startswith(start) for line in path.read_bytes().splitlines())
