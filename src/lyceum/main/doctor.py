"""`lyceum doctor`: every configured part tried out, with the way to mend what is broken."""

from rich.console import Console

from lyceum.main.container import make_container
from lyceum.main.startup import prepare_data_folder
from lyceum.platform.database import Database
from lyceum.platform.health import Probes
from lyceum.platform.migrations import current, revisions
from lyceum.platform.settings import Settings

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
        return await _schema_is_new(await container.get(Database)) and well
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
