"""`lyceum doctor`: every configured part tried out, with the way to mend what is broken."""

from collections.abc import Sequence

from dishka import AsyncContainer
from rich.console import Console

from lyceum.jobs.adapters.presence import Presence, Process
from lyceum.jobs.adapters.telling import oldest_seconds
from lyceum.main.container import make_container
from lyceum.main.startup import prepare_data_folder
from lyceum.platform.database import Database
from lyceum.platform.health import Probes
from lyceum.platform.migrations import current, revisions
from lyceum.platform.settings import Settings

LATE = 60.0
console = Console(highlight=False)


async def examine(settings: Settings) -> bool:
    """Print one line for each part; True when all are well."""
    container = make_container(prepare_data_folder(settings))
    try:
        checks = await (await container.get(Probes)).checks(thorough=True)
        well = True
        for check in checks:
            well = well and check.ok
            mark = "[green]ok [/green]" if check.ok else "[red]bad[/red]"
            console.print(f"{mark} {check.name:<12} {check.adapter}  [dim]{check.detail}[/dim]")
            if not check.ok and check.fix:
                console.print(f"    {check.fix}")
        if not await _schema_is_new(await container.get(Database)):
            return False
        return await _tasks_move(container) and well
    finally:
        await container.close()


async def _schema_is_new(database: Database) -> bool:
    newest = revisions()[-1]
    try:
        now = await current(database)
    except Exception as error:  # noqa: BLE001 - the line of the database has told why
        console.print(f"[red]bad[/red] schema       unknown  [dim]{type(error).__name__}[/dim]")
        return False
    if now == newest:
        console.print(f"[green]ok [/green] schema       revision {now}")
        return True
    console.print(f"[red]bad[/red] schema       revision {now or 'none'}, the newest is {newest}")
    console.print("    Run `lyceum migrate`; `lyceum serve` does it by itself.")
    return False


async def _tasks_move(container: AsyncContainer) -> bool:
    """Whether somebody takes the tasks that wait. That nobody is up is no fault: the product may not be started."""
    processes = await (await container.get(Presence)).alive()
    async with (await container.get(Database)).read() as connection:
        waits = await oldest_seconds(connection)
    workers = [it for it in processes if it.part == "worker"]
    stuck = waits > LATE and not workers
    mark = "[red]bad[/red]" if stuck else "[green]ok [/green]" if workers else "[yellow]-- [/yellow]"
    console.print(f"{mark} tasks        {_up(workers, 'worker')}  [dim]the oldest waits {waits:.0f} s[/dim]")
    if not workers:
        console.print("    Start `lyceum worker`; `lyceum serve` has a worker of its own (LYCEUM_TASK_SLOTS).")
    schedulers = [it for it in processes if it.part == "scheduler"]
    mark = "[green]ok [/green]" if schedulers else "[yellow]-- [/yellow]"
    console.print(f"{mark} timetable    {_up(schedulers, 'scheduler')}")
    if not schedulers:
        console.print("    Start `lyceum scheduler`, or set LYCEUM_SCHEDULE=1. Missed days are made up, 31 at most.")
    return not stuck


def _up(processes: Sequence[Process], word: str) -> str:
    if not processes:
        return f"no {word} is up"
    hosts = ", ".join(sorted({it.host for it in processes}))
    return f"{len(processes)} {word}{'s' if len(processes) > 1 else ''} up on {hosts}"
