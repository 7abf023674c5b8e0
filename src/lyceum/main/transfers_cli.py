"""`lyceum import` and `lyceum export`: the same use cases as the pages, run here and now, with a progress bar."""

import asyncio
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from dishka import AsyncContainer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from lyceum.accounts.api import Actor
from lyceum.accounts.use_cases.operator_link import FirstOperator
from lyceum.bank.adapters.sources import LOCAL
from lyceum.bank.adapters.transfer_queries import TransferQueries
from lyceum.bank.adapters.transfers import SqlTransfers
from lyceum.bank.domain.transfers import (
    Counts,
    Direction,
    NoteLevel,
    Transfer,
    TransferId,
    TransferOptions,
    TransferState,
)
from lyceum.bank.use_cases.transfer_tasks import task_of
from lyceum.jobs.adapters.worker import Worker
from lyceum.jobs.api import TaskQueue
from lyceum.jobs.ports import Claims
from lyceum.kernel.ids import uuid7
from lyceum.main.users_cli import CONSOLE
from lyceum.platform.database import SqlTransaction
from lyceum.platform.files import Files
from lyceum.platform.i18n import localise_sentence, translator
from lyceum.platform.outbox import Relay
from lyceum.platform.settings import SettingsError

console = Console(stderr=True, highlight=False)
SHOWN = 20


def language() -> str:
    """The language of the terminal: Russian where it says so, English otherwise."""
    said = next((value for name in ("LC_ALL", "LC_MESSAGES", "LANG") if (value := os.environ.get(name))), "")
    return "ru" if said.lower().startswith("ru") else "en"


def files_below(paths: Sequence[Path]) -> list[Path]:
    """The files named, and all files in the folders named, in order; hidden ones left out."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(item for item in path.rglob("*") if item.is_file())
            found += [item for item in inside if not item.name.startswith(".")]
        else:
            found.append(path)
    return found


async def import_files(
    container: AsyncContainer,
    actor: Actor,
    files: Sequence[Path],
    *,
    format: str,
    options: TransferOptions,
    dry_run: bool,
    quiet: bool,
) -> tuple[Counts, int]:
    """Import each file on its own; the sum of the counts, and how many files were refused as a whole."""
    total, refused = Counts(), 0
    with progress(quiet) as bar:
        size = sum(path.stat().st_size for path in files)
        task = bar.add_task("Importing", total=max(size, 1))
        done = 0
        for path in files:
            bar.update(task, description=path.name)
            transfer = await _import_one(container, actor, path, format, options, dry_run=dry_run)
            total += transfer.counts
            done += path.stat().st_size
            bar.update(task, completed=done)
            refused += transfer.state is not TransferState.DONE
            if not quiet:
                await _tell(container, actor, transfer)
        if not dry_run:
            bar.update(task, description="Making them available")
            await (await container.get(Relay)).drain()
    return total, refused


async def _import_one(
    container: AsyncContainer, actor: Actor, path: Path, format: str, options: TransferOptions, *, dry_run: bool
) -> Transfer:
    now = datetime.now(UTC)
    size = path.stat().st_size  # noqa: ASYNC240 - a command has nobody else to serve
    transfer = Transfer(
        id=TransferId(uuid7()),
        direction=Direction.IMPORT,
        owner_id=actor.id,
        file_name=path.name,
        file_key=f"{LOCAL}{os.path.abspath(path)}",  # noqa: ASYNC240
        format=format,
        dry_run=dry_run,
        options=options,
        created_at=now,
        total_bytes=size,
    )
    return await _run_here(container, actor, transfer)


async def _run_here(container: AsyncContainer, actor: Actor, transfer: Transfer) -> Transfer:
    """Add the transfer with its task and run it in this process; how it ended. Should the process be killed, a worker
    of the server runs it anew."""
    worker = await container.get(Worker)
    async with container() as scope, await scope.get(SqlTransaction):
        await (await scope.get(SqlTransfers)).add(transfer)
        id = await (await scope.get(TaskQueue)).add(task_of(transfer))
        taken = await worker.take_one(await scope.get(Claims), id)
    await worker.run_taken(*taken)
    return await (await container.get(TransferQueries)).get(actor, transfer.id)


async def _tell(container: AsyncContainer, actor: Actor, transfer: Transfer) -> None:
    if transfer.state is not TransferState.DONE:
        said = escape(localise_sentence(transfer.error, transfer.error_facts, language()))
        console.print(f"[red]{escape(transfer.file_name)}: refused.[/red] {said}")
        return
    queries = await container.get(TransferQueries)
    for loss in await queries.losses(transfer.id, language()):
        console.print(f"{escape(transfer.file_name)}: {loss.questions} × {escape(loss.reason)}")
    counts = transfer.counts
    if not counts.rejected:
        return
    notes = await queries.notes(transfer.id, language(), level=NoteLevel.REJECTED.value, limit=SHOWN)
    table = Table(title=f"{transfer.file_name}: {counts.rejected} rejected", title_justify="left", show_edge=False)
    for column in ("Place", "Question", "Reason", "What to do"):
        table.add_column(translator(language()).gettext(column))
    for note in notes.items:
        table.add_row(*map(escape, (note.place, note.title[:40], note.reason, note.fix)))
    console.print(table)
    if counts.rejected > SHOWN:
        console.print(f"… and {counts.rejected - SHOWN} more; the author's import page lists them all.")


def summary(counts: Counts) -> str:
    """One line of JSON with the counts of an import; they add up."""
    return json.dumps(
        {
            "found": counts.found,
            "imported": counts.imported,
            "updated": counts.updated,
            "skipped": counts.skipped,
            "rejected": counts.rejected,
        }
    )


@contextmanager
def progress(quiet: bool) -> Iterator[Progress]:
    columns = (TextColumn("{task.description:<24}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=quiet or not console.is_terminal) as bar:
        yield bar


async def importer(container: AsyncContainer) -> Actor:
    """On whose behalf the command line imports and exports: the first operator, who is made when there is none."""
    async with container() as scope:
        return replace(CONSOLE, id=await (await scope.get(FirstOperator))())


async def export_questions(
    container: AsyncContainer, actor: Actor, target: Path, format: str, subject: str | None
) -> str:
    """Write the questions to `target`, say how many and what they lost; a run that fails leaves no half file."""
    if not target.parent.is_dir():
        raise SettingsError(f"There is no folder {target.parent}. Make it, or choose another.")
    now = datetime.now(UTC)
    filters = {"of": "all"} | ({"subject": subject} if subject else {})
    transfer = Transfer(
        id=TransferId(uuid7()),
        direction=Direction.EXPORT,
        owner_id=actor.id,
        file_name=target.name,
        file_key="",
        format=format,
        dry_run=False,
        options=TransferOptions(filters=filters),
        created_at=now,
    )
    transfer = await _run_here(container, actor, transfer)
    if transfer.state is not TransferState.DONE:
        raise SettingsError(localise_sentence(transfer.error, transfer.error_facts, language()))
    await _copy(await container.get(Files), transfer.file_key, target)
    await _tell(container, actor, transfer)
    counts = transfer.counts
    left_out = f" {counts.rejected} cannot be said in this format and were left out." if counts.rejected else ""
    return f"{counts.imported} of {counts.found} questions are in {target}.{left_out}"


async def _copy(files: Files, key: str, target: Path) -> None:
    part = target.with_name(f".{target.name}.part")
    with await asyncio.to_thread(part.open, "wb") as file:
        async for chunk in files.get(key):
            file.write(chunk)
    part.replace(target)


def sentence(counts: Counts, refused: int, *, dry_run: bool) -> str:
    """The outcome for people."""
    verb = "would come in" if dry_run else "came in"
    text = (
        f"{counts.found} questions found: {counts.imported} {verb}, {counts.updated} as new versions, "
        f"{counts.skipped} skipped as duplicates, {counts.rejected} rejected."
    )
    return f"{text} {refused} files were refused as a whole." if refused else text
