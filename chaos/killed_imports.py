"""22: `kill -9` in the middle of imports. Every question is there once, the report is right, no progress goes back; and
the pages of the import, of its task and of the operator show it while it happens."""

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
from chaos.reader import Reader
from chaos.verdict import Scale, Verdict
from chaos.web import Web, web
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


def _trivia() -> Path | None:
    """The folder of the real questions, where a machine has it beside the project."""
    places = [folder / "shared" / "data" / "opentriviaqa" / "categories" for folder in Path(__file__).parents]
    return next((place for place in places if place.is_dir()), None)


BROKEN = 100
"""One row in so many is broken."""
LAST_ATTEMPT = 5
SPARE = 8
"""Kills are shared out as if there were so many more: the last imports may be over before theirs comes."""
RHYTHM = Rhythm(slots=1, lease=2.0, rescue=0.5)
RUNNING = """
SELECT t.id, t.worker_id, t.attempt, t.done, b.done_bytes::float8 / greatest(b.total_bytes, 1) AS share
FROM jobs_tasks t JOIN bank_transfers b ON b.id = t.id WHERE t.status = 'in_progress'
"""
NO_PAUSES = "UPDATE jobs_tasks SET run_at = clock_timestamp() WHERE status = 'new' AND run_at > clock_timestamp()"
FOUND = "SELECT sum(imported) AS imported, sum(skipped) AS skipped, sum(rejected) AS rejected FROM bank_transfers"
STAGED = "SELECT count(*) FROM bank_questions WHERE status <> 'published'"


@dataclass(slots=True)
class Watch:
    """What was seen in the database while the imports ran."""

    kills: int = 0
    with_staged: int = 0
    of: dict[UUID, int] = field(default_factory=dict)
    since: dict[tuple[UUID, int], float] = field(default_factory=dict)
    seen: dict[tuple[UUID, int], int] = field(default_factory=dict)
    went_back: int = 0

    def look(self, row: asyncpg.Record) -> None:
        key = (row["id"], row["attempt"])
        self.since.setdefault(key, time.monotonic())
        self.went_back += row["done"] < self.seen.get(key, 0)
        self.seen[key] = row["done"]

    def killed(self, id: UUID, *, staged: bool) -> None:
        self.kills += 1
        self.with_staged += staged
        self.of[id] = self.of.get(id, 0) + 1


async def run(scale: Scale) -> Verdict:
    chance = scale.chance()
    checks: dict[str, bool] = {}
    figures: dict[str, int | float] = {}
    async with ground() as place:
        rows, kills = scale.pick((10_000, 4), (2000, 2))
        made = [write(place.settings.data_dir / "made.gift", rows)]
        async with asyncio.timeout(3000), web(place.settings) as site:
            checks |= await suffer(place, "made", made, kills, chance, figures, rejected=rows // BROKEN, site=site)
            if not scale.short:
                folder = _trivia()
                files = sorted(folder.iterdir()) if folder else parts(place.settings.data_dir, 10_000)
                files.sort(key=lambda path: path.stat().st_size)
                await empty(place)
                checks |= await suffer(place, "many", files, 50, chance, figures, site=site)
            await empty(place)
            control: dict[str, int | float] = {}
            await suffer(place, "control", made, 1, chance, control, off=Guard.DISCARD)
    figures["control_unreported"] = control["control_kept"] - control["control_imported"]
    checks["without the discard of what the dead had staged there are questions that no report has"] = (
        figures["control_unreported"] > 0
    )
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
    site: Web | None = None,
) -> dict[str, bool]:
    """Import the files, killing the worker `kills` times on the way; what of the promise held."""
    began = time.monotonic()
    ids = await begin(place, files)
    with crew(place.settings) as workers:
        reader = Reader(site, ids) if site else None
        reading = asyncio.create_task(reader.run()) if reader else None
        watch = await kill_on_the_way(place, workers, len(files), kills, chance, off)
        if reader and reading:
            reader.over = True
            await reading
    sums = dict(await place.sql.fetchrow(FOUND))
    kept = await place.value("SELECT count(*) FROM bank_questions WHERE status = 'published'")
    others = await place.value(STAGED)
    distinct = await place.value("SELECT count(DISTINCT content_hash) FROM bank_questions")
    figures |= {f"{name}_{key}": int(value) for key, value in sums.items()}
    figures |= {f"{name}_kills": watch.kills, f"{name}_kills_with_staged": watch.with_staged}
    figures |= {f"{name}_files_hit": len(watch.of), f"{name}_most_kills_of_one": max(watch.of.values(), default=0)}
    figures |= {f"{name}_kept": kept, f"{name}_doubled": kept - distinct}
    figures |= {f"{name}_files": len(files), f"{name}_s": round(time.monotonic() - began, 1)}
    checks = {
        "all imports completed": await place.counts() == {"completed": len(files)},
        "every kill met a running import": watch.kills == kills,
        "every question is there once": kept == distinct == sums["imported"] and others == 0,
        "every row is accounted for": sum(sums.values()) == sum(count(path) for path in files),
        "the rejected rows are reported": rejected is None or await reported(place, rejected),
        "progress never went back": watch.went_back == 0,
    }
    if reader is not None:
        shown, seen = await reader.verdict(watch.of)
        checks |= shown
        figures |= {f"{name}_{key}": value for key, value in seen.items()}
    return {f"{name}: {what}": held for what, held in checks.items()}


async def kill_on_the_way(
    place: Ground, workers: Crew, files: int, kills: int, chance: Random, off: Guard | None
) -> Watch:
    """Kill the only worker in the middle of imports, spread over them, at most four times each: the fifth attempt is
    the last. Without a guard only where something is staged, which is what the guard is for."""
    watch = Watch()
    workers.start(RHYTHM, off=off)
    moments: dict[tuple[UUID, int], tuple[float, float]] = {}
    while set(await place.counts()) & {"new", "in_progress"}:
        await asyncio.sleep(0.005)
        await place.sql.execute(NO_PAUSES)
        left = files - await place.value("SELECT count(*) FROM jobs_tasks WHERE status = 'completed'")
        for row in await place.sql.fetch(RUNNING):
            watch.look(row)
            key = (row["id"], row["attempt"])
            share, seconds = moments.setdefault(key, (chance.uniform(0.0, 0.6), chance.uniform(0.02, 0.5)))
            due = kills + SPARE - watch.kills + watch.of.get(row["id"], 0)
            fair = 1 - (-due // max(left, 1))
            wanted = min(LAST_ATTEMPT - 1, fair) > watch.of.get(row["id"], 0) and watch.kills < kills
            now = (row["share"] >= share and row["share"] > 0) or time.monotonic() - watch.since[key] > seconds
            if wanted and now and row["worker_id"] in workers.processes:
                await kill(place, workers, watch, row, off)
    return watch


async def kill(place: Ground, workers: Crew, watch: Watch, row: asyncpg.Record, off: Guard | None) -> None:
    """Stop the worker, look whether it has the import at hand, and end it or let it go on."""
    workers.signal(row["worker_id"], signal.SIGSTOP)
    staged = await place.value(STAGED) > 0
    if row["id"] not in await place.held_by(row["worker_id"]) or (off and not staged):
        workers.signal(row["worker_id"], signal.SIGCONT)
        return
    workers.kill(row["worker_id"])
    workers.start(RHYTHM, off=off)
    watch.killed(row["id"], staged=staged)


async def begin(place: Ground, files: Sequence[Path]) -> list[UUID]:
    """Add the imports of an operator with their tasks, as `POST /api/bank/imports` does."""
    container = make_container(place.settings)
    actor = await importer(container)
    ids: list[UUID] = []
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
                ids.append(transfer.id)
    await container.close()
    return ids


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
