"""`lyceum serve`: the whole product in one process, and what it says when it is up."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from dishka import AsyncContainer
from rich.console import Console

from lyceum.accounts.use_cases.operator_link import MakeOperatorLink
from lyceum.main.container import make_container
from lyceum.main.demo_content import DemoUser, load_demo
from lyceum.main.serving import serve_here
from lyceum.main.startup import prepare_data_folder, prepare_schema
from lyceum.main.users_cli import CONSOLE
from lyceum.main.web import create_web
from lyceum.platform.settings import Settings

console = Console(stderr=True, highlight=False, soft_wrap=True)


async def serve(settings: Settings, *, demo: bool) -> None:
    """Prepare, serve until told to stop, and close everything."""
    settings = prepare_data_folder(settings)
    await prepare_schema(settings)
    container = make_container(settings)
    app = create_web(settings, container)

    people = await load_demo(container, settings) if demo else []

    async def on_ready() -> None:
        await announce(settings, container, people)

    await serve_here(app, settings, on_ready)


async def announce(settings: Settings, container: AsyncContainer, people: Sequence[DemoUser]) -> None:
    """Print the addresses, the active adapters with the setting that changes each, and the ways in."""
    async with container() as scope:
        link = await (await scope.get(MakeOperatorLink))(CONSOLE)
    console.print(f"[bold]Lyceum is up:[/bold] {settings.address}")
    for name, value, variable in adapters(settings):
        console.print(f"  {name:<10} {value}  [dim]{variable}[/dim]")
    console.print(f"  {'API':<10} {settings.address}/docs")
    console.print(f"  {'operator':<10} {link}  [dim]works once, for 15 minutes[/dim]")
    for user in people:
        console.print(f"  {user.role.value:<10} {user.email}  {user.password}  [dim]demo[/dim]")
    if settings.open_api:
        console.print(
            "[bold red]OPEN: every caller acts as operator. Never do this where others can connect.[/bold red]"
        )


def adapters(settings: Settings) -> list[tuple[str, str, str]]:
    """What stands behind each port now, and the variable that changes it."""
    database = "PostgreSQL" if settings.database.startswith("postgresql") else f"SQLite, {settings.database[10:]}"
    files = settings.files_url or f"folder {settings.data_dir / 'files'}"
    return [
        ("database", database, "LYCEUM_DATABASE_URL"),
        ("files", files, "LYCEUM_FILES_URL"),
        ("cache", settings.cache_url or "memory of this process", "LYCEUM_CACHE_URL"),
        ("messages", messages(settings.broker_url), "LYCEUM_BROKER_URL"),
    ]


def messages(url: str) -> str:
    """The broker without its password."""
    if not url:
        return "in this process"
    parts = urlsplit(url)
    broker = "Kafka" if parts.scheme == "kafka" else "RabbitMQ"
    return f"{broker}, {parts.netloc.rpartition('@')[2]}{parts.path}"
