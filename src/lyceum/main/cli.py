"""The command line. Each command imports what it needs itself, so that `--help` is quick."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated

import typer
from dishka import AsyncContainer

from lyceum.kernel.errors import AppError
from lyceum.platform.settings import Settings, SettingsError

app = typer.Typer(
    name="lyceum",
    help="Lyceum: an open platform for exam preparation.\n\nStart with `lyceum serve --demo`.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
)
users = typer.Typer(help="Make users and grant roles.", no_args_is_help=True)
app.add_typer(users, name="user")
statistics = typer.Typer(help="Statistics of questions.", no_args_is_help=True)
app.add_typer(statistics, name="statistics")

DataDir = Annotated[
    Path | None, typer.Option("--data-dir", help="Folder of the database, files and keys (LYCEUM_DATA_DIR).")
]
READABLE = ("auto", "gift", "moodle_xml", "qti", "csv", "xlsx", "opentriviaqa", "aiken", "anki", "json")
WRITABLE = ("json", "gift", "moodle_xml", "qti", "csv", "xlsx")


def load_settings(**given: object) -> Settings:
    """The settings from the environment, with what the command line says on top."""
    from dataclasses import replace

    loaded = Settings.load()
    settings = replace(loaded, **{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]
    settings.check()
    return settings


def loop_factory() -> asyncio.AbstractEventLoop:
    """uvloop where it exists: it talks to PostgreSQL a third faster."""
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()


def with_container[T](settings: Settings, work: Callable[[AsyncContainer], Awaitable[T]]) -> T:
    """Prepare the data folder and the schema, then do `work` with a container, and close it."""
    from lyceum.main.container import make_container
    from lyceum.main.startup import prepare_data_folder, prepare_schema

    async def run() -> T:
        prepared = prepare_data_folder(settings)
        await prepare_schema(prepared)
        container = make_container(prepared)
        try:
            return await work(container)
        finally:
            await container.close()

    return asyncio.run(run(), loop_factory=loop_factory)


def run_once[T](settings: Settings, work: Callable[[AsyncContainer], Awaitable[T]]) -> T:
    """`with_container` for a command that ends by itself: answers in its own words and logs only what goes wrong."""
    from dataclasses import replace

    from lyceum.platform.telemetry import configure_logging

    configure_logging(replace(settings, log_level="warning") if settings.log_level == "info" else settings)
    return with_container(settings, work)


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on (LYCEUM_HOST).")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Port to listen on (LYCEUM_PORT).")] = None,
    data_dir: DataDir = None,
    demo: Annotated[bool, typer.Option("--demo", help="Load the demo questions, ads and users.")] = False,
    open_api: Annotated[
        bool, typer.Option("--open", help="Every caller on this machine acts as operator: for trying the API out.")
    ] = False,
) -> None:
    """Start everything in one process: pages, REST, background work.

    Prepares the data folder and the schema, then prints where to go.
    """
    from lyceum.main.serve import serve as run

    settings = load_settings(host=host, port=port, data_dir=data_dir, open_api="1" if open_api else None)
    if settings.workers > 1:
        raise SettingsError("`lyceum serve` is one process; for LYCEUM_WORKERS processes use `lyceum web`.")
    asyncio.run(run(settings, demo=demo), loop_factory=loop_factory)


@app.command()
def web(
    host: Annotated[str | None, typer.Option(help="Address to listen on (LYCEUM_HOST).")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Port to listen on (LYCEUM_PORT).")] = None,
    workers: Annotated[int | None, typer.Option(min=1, max=64, help="Web processes (LYCEUM_WORKERS).")] = None,
) -> None:
    """Start the web part in one or more processes, on a schema that is up to date (`lyceum migrate`)."""
    from lyceum.main.asgi import serve_processes

    serve_processes(load_settings(host=host, port=port, workers=workers))


@app.command()
def worker(
    slots: Annotated[int | None, typer.Option(min=1, max=256, help="Tasks at a time (LYCEUM_TASK_SLOTS).")] = None,
    data_dir: DataDir = None,
) -> None:
    """Run background tasks, in as many processes and on as many machines as you like.

    SIGTERM: claims nothing more, lets running tasks finish for LYCEUM_TASK_GRACE_SECONDS, hands back the rest.
    """
    from lyceum.main.background import work
    from lyceum.platform.telemetry import configure_logging

    settings = load_settings(task_slots=slots, data_dir=data_dir)
    if not settings.task_slots:
        raise SettingsError("LYCEUM_TASK_SLOTS is 0, so this worker would do nothing. Set it, or use --slots.")
    configure_logging(settings)
    with_container(settings, work)


@app.command()
def scheduler(data_dir: DataDir = None) -> None:
    """Keep the timetable: make the tasks of every day, such as its report, when they are due, and those missed.

    Run as many as you like: of every day there is one task. A running `lyceum serve` or `lyceum web` does it too
    (LYCEUM_SCHEDULE).
    """
    from lyceum.main.background import schedule
    from lyceum.platform.telemetry import configure_logging

    settings = load_settings(data_dir=data_dir)
    configure_logging(settings)
    with_container(settings, schedule)


@app.command()
def migrate(
    revision: Annotated[str, typer.Argument(help="`head`, `base`, or a revision number such as 0001.")] = "head",
    data_dir: DataDir = None,
) -> None:
    """Bring the database's schema to a revision; without an argument to the newest."""
    from lyceum.main.failures import database_of
    from lyceum.main.startup import prepare_data_folder
    from lyceum.platform.migrations import migrate as run
    from lyceum.platform.migrations import revisions

    if revision not in {"head", "base", *revisions()}:
        raise SettingsError(f"There is no revision {revision!r}. There are: {', '.join(revisions())}, head, base.")
    settings = prepare_data_folder(load_settings(data_dir=data_dir))
    with database_of(settings):
        asyncio.run(run(settings.database, revision), loop_factory=loop_factory)
    typer.echo(f"The schema is at {revisions()[-1] if revision == 'head' else revision}.")


@app.command("import")
def import_(
    paths: Annotated[list[Path], typer.Argument(help="Files, or folders whose files are all imported.", exists=True)],
    format: Annotated[str, typer.Option(help=f"One of: {', '.join(READABLE)}.")] = "auto",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read and report, write nothing.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one last line: found, imported, updated, skipped, rejected.")
    ] = False,
    subject: Annotated[str | None, typer.Option(help="Subject where a file does not say.")] = None,
    exam: Annotated[str | None, typer.Option(help="Exam where a file does not say, such as ege.")] = None,
    data_dir: DataDir = None,
) -> None:
    """Import questions from GIFT, Moodle XML, QTI, Aiken, Anki, CSV, XLSX, OpenTriviaQA or Lyceum JSON.

    Each file comes in whole or not at all. Importing the same file again changes nothing. Exit code 1 when a file was
    refused as a whole.
    """
    from lyceum.bank.adapters.queries import SubjectTitles
    from lyceum.bank.adapters.transfers_http import options_of
    from lyceum.main import transfers_cli

    if format not in READABLE:
        raise SettingsError(f"There is no format {format!r}. Take one of: {', '.join(READABLE)}.")
    files = transfers_cli.files_below(paths)
    if not files:
        raise SettingsError("There is no file in the folders named.")
    options = options_of({name: said for name, said in (("subject", subject), ("exam", exam)) if said is not None})

    async def work(container: AsyncContainer) -> int:
        if options.subject is not None:
            await (await container.get(SubjectTitles)).named(options.subject)
        actor = await transfers_cli.importer(container)
        total, refused = await transfers_cli.import_files(
            container, actor, files, format=format, options=options, dry_run=dry_run, quiet=as_json
        )
        typer.echo(transfers_cli.summary(total) if as_json else transfers_cli.sentence(total, refused, dry_run=dry_run))
        return refused

    if run_once(load_settings(data_dir=data_dir), work):
        sys.exit(1)


@app.command()
def export(
    target: Annotated[Path, typer.Argument(help="The file to write.")],
    format: Annotated[str, typer.Option(help=f"One of: {', '.join(WRITABLE)}.")] = "json",
    subject: Annotated[str | None, typer.Option(help="Only this subject.")] = None,
    data_dir: DataDir = None,
) -> None:
    """Export all questions with their answers to a file; our JSON loses nothing, the others name what they lose."""
    from lyceum.main import transfers_cli

    if format not in WRITABLE:
        raise SettingsError(f"There is no format {format!r}. Take one of: {', '.join(WRITABLE)}.")

    async def work(container: AsyncContainer) -> str:
        actor = await transfers_cli.importer(container)
        return await transfers_cli.export_questions(container, actor, target, format, subject)

    typer.echo(run_once(load_settings(data_dir=data_dir), work))


@app.command()
def prune(data_dir: DataDir = None) -> None:
    """Forget what is over: old sessions, spent links, guests who never answered, imports nobody confirmed, their files.

    A running `lyceum serve` or `lyceum web` does so by itself (LYCEUM_PRUNE_MINUTES). What learners did is never lost.
    """
    from datetime import UTC, datetime

    from lyceum.platform.housekeeping import Housekeeping
    from lyceum.platform.outbox import Relay

    async def work(container: AsyncContainer) -> str:
        counts = await (await container.get(Housekeeping)).prune(datetime.now(UTC))
        await (await container.get(Relay)).drain()
        return ", ".join(f"{count} {name}" for name, count in counts.items())

    typer.echo(f"Forgotten: {run_once(load_settings(data_dir=data_dir), work)}.")


@app.command()
def doctor(data_dir: DataDir = None) -> None:
    """Check every configured part, and say how to mend what is broken. Exit code 1 when something is."""
    from lyceum.main.doctor import examine

    if not asyncio.run(examine(load_settings(data_dir=data_dir)), loop_factory=loop_factory):
        sys.exit(1)


@statistics.command("rebuild")
def statistics_rebuild(data_dir: DataDir = None) -> None:
    """Make the statistics of all questions anew from the answers, after a repair of the data or a re-graded exam.

    The sums come out the same as those that were kept while learners answered. On SQLite nobody else can write
    meanwhile; on PostgreSQL everything goes on.
    """
    from lyceum.main.statistics_cli import rebuild

    typer.echo(run_once(load_settings(data_dir=data_dir), rebuild))


@users.command("create")
def user_create(
    email: Annotated[str, typer.Argument(help="The address to sign in with.")],
    role: Annotated[list[str] | None, typer.Option(help="learner, author, sponsor, operator; repeat for more.")] = None,
    name: Annotated[str, typer.Option(help="How the user is called; by default the beginning of the address.")] = "",
    password: Annotated[
        str, typer.Option(prompt=True, hide_input=True, confirmation_prompt=True, envvar="LYCEUM_USER_PASSWORD")
    ] = "",
    data_dir: DataDir = None,
) -> None:
    """Make a user. The password is asked for, or taken from LYCEUM_USER_PASSWORD."""
    from lyceum.main import users_cli

    settings = load_settings(data_dir=data_dir)
    typer.echo(run_once(settings, lambda it: users_cli.create(it, email, password, name, role or ["learner"])))


@users.command("grant")
def user_grant(
    email: Annotated[str, typer.Argument(help="The address of the user.")],
    role: Annotated[str, typer.Argument(help="learner, author, sponsor or operator.")],
    data_dir: DataDir = None,
) -> None:
    """Give a user a role."""
    from lyceum.main import users_cli

    typer.echo(run_once(load_settings(data_dir=data_dir), lambda it: users_cli.grant(it, email, role)))


@users.command("entitle")
def user_entitle(
    email: Annotated[str, typer.Argument(help="The address of the user.")],
    feature: Annotated[str, typer.Argument(help="no_ads: training without ads.")],
    until: Annotated[str, typer.Option(help="The last day, like 2027-06-30; for good when left out.")] = "",
    revoke: Annotated[bool, typer.Option("--revoke", help="Take it away instead.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Give a user what is not free, or take it away."""
    from lyceum.main import users_cli

    settings = load_settings(data_dir=data_dir)
    typer.echo(run_once(settings, lambda it: users_cli.entitle(it, email, feature, until, revoke=revoke)))


def main() -> None:
    """Run a command; refusals become lines on stderr and exit code 2."""
    try:
        app()
    except AppError as error:
        lines = [str(error), *(f"  {problem.loc}: {problem.msg}" for problem in error.problems)]
        typer.secho("\n".join(lines), err=True, fg=typer.colors.RED)
        sys.exit(2)
    except SettingsError as error:
        typer.secho(str(error), err=True, fg=typer.colors.RED)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        if not stop_with_cause(error):
            raise


def stop_with_cause(error: Exception) -> bool:
    """Leave with one line and exit code 1 when something outside failed; False for a fault of ours."""
    from lyceum.main.failures import UNREACHABLE, cause

    if not isinstance(error, UNREACHABLE):
        return False
    typer.secho(f"Stopped: {cause(error)}. `lyceum doctor` checks each part.", err=True, fg=typer.colors.RED)
    sys.exit(1)
