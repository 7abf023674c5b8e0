"""The import wizard: drop a file, read the report of the dry run, confirm, watch, see the result."""

import csv
import io
from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery

from lyceum.accounts.api import Actor, Role
from lyceum.bank.adapters.queries import SubjectTitles
from lyceum.bank.adapters.transfer_queries import TransferQueries
from lyceum.bank.adapters.transfers_http import new_import, options_of, receive_import
from lyceum.bank.domain.transfers import (
    Direction,
    Duplicates,
    NoteLevel,
    Transfer,
    TransferId,
    TransferState,
)
from lyceum.bank.use_cases.exports import FORMATS, NewExport, StartExport
from lyceum.bank.use_cases.imports import CancelTransfer, ConfirmImport, NewImport, StartImport, UndoImport
from lyceum.kernel.errors import AppError
from lyceum.platform.file_http import Streamed
from lyceum.platform.http_errors import AnyRequest, status_of
from lyceum.platform.i18n import localise_error
from lyceum.platform.pages import Pages, Viewer, redirect
from lyceum.platform.uploads import Form, Uploads

READABLE = ("auto", "gift", "moodle_xml", "qti", "csv", "xlsx", "opentriviaqa", "aiken", "anki", "json")


class TransferPages(Controller):
    """Pages for authors; the same use cases as the API."""

    path = "/author/imports"
    include_in_schema = False

    @get()
    @inject
    async def imports(
        self,
        actor: FromDishka[Actor],
        viewer: FromDishka[Viewer],
        pages: FromDishka[Pages],
        queries: FromDishka[TransferQueries],
        titles: FromDishka[SubjectTitles],
        cursor: FromQuery[str | None] = None,
    ) -> Response[str]:
        """The form for a new import, and the earlier imports and exports."""
        actor.require(Role.AUTHOR)
        return await self._form(actor, viewer, pages, queries, titles, cursor=cursor)

    async def _form(
        self,
        actor: Actor,
        viewer: Viewer,
        pages: Pages,
        queries: TransferQueries,
        titles: SubjectTitles,
        *,
        cursor: str | None = None,
        error: AppError | None = None,
    ) -> Response[str]:
        listed = await queries.listed(actor, datetime.now(UTC), viewer.locale, limit=20, cursor=cursor)
        subjects = [(subject.id, subject.title(viewer.locale)) for subject in (await titles.all()).values()]
        return pages.respond(
            "bank/imports.html",
            viewer,
            status_code=status_of(error) if error else 200,
            transfers=listed,
            subjects=subjects,
            formats=READABLE,
            export_formats=tuple(FORMATS),
            error=localise_error(error, viewer.locale) if error else "",
        )

    @post(request_max_body_size=None)
    @inject
    async def start(
        self,
        request: AnyRequest,
        actor: FromDishka[Actor],
        viewer: FromDishka[Viewer],
        pages: FromDishka[Pages],
        uploads: FromDishka[Uploads],
        start: FromDishka[StartImport],
        queries: FromDishka[TransferQueries],
        titles: FromDishka[SubjectTitles],
    ) -> Response[str]:
        """Receive the file and begin its dry run."""
        actor.require(Role.AUTHOR)
        try:
            async with receive_import(request, uploads) as form:
                new = new_import(form)
                transfer = await start(actor, _dry(new, form))
        except AppError as error:
            return await self._form(actor, viewer, pages, queries, titles, error=error)
        return redirect(request, f"/author/imports/{transfer.id}")

    @get("/{id:uuid}")
    @inject
    async def one(
        self,
        id: FromPath[UUID],
        actor: FromDishka[Actor],
        viewer: FromDishka[Viewer],
        pages: FromDishka[Pages],
        queries: FromDishka[TransferQueries],
        cursor: FromQuery[str | None] = None,
    ) -> Response[str]:
        """Where it stands: reading, report, writing, done."""
        transfer = await queries.get(actor, TransferId(id))
        return await _show(pages, "bank/import.html", viewer, queries, transfer, cursor)

    @get("/{id:uuid}/state")
    @inject
    async def state(
        self,
        id: FromPath[UUID],
        request: AnyRequest,
        actor: FromDishka[Actor],
        viewer: FromDishka[Viewer],
        pages: FromDishka[Pages],
        queries: FromDishka[TransferQueries],
    ) -> Response[str]:
        """The progress alone, asked for every second; a finished one sends the browser to its page."""
        transfer = await queries.get(actor, TransferId(id))
        if transfer.is_finished:
            return redirect(request, f"/author/imports/{id}")
        return await _show(pages, "bank/import_progress.html", viewer, queries, transfer, None)

    @post("/{id:uuid}/confirm")
    @inject
    async def confirm(
        self,
        id: FromPath[UUID],
        request: AnyRequest,
        actor: FromDishka[Actor],
        confirm: FromDishka[ConfirmImport],
        queries: FromDishka[TransferQueries],
    ) -> Response[str]:
        form = await request.form()
        tried = await queries.get(actor, TransferId(id))
        options = replace(
            tried.options,
            publish="hide" not in form,
            duplicates=Duplicates.UPDATE if "update" in form else Duplicates.SKIP,
        )
        transfer = await confirm(actor, TransferId(id), options)
        return redirect(request, f"/author/imports/{transfer.id}")

    @post("/{id:uuid}/cancel")
    @inject
    async def cancel(
        self, id: FromPath[UUID], request: AnyRequest, actor: FromDishka[Actor], cancel: FromDishka[CancelTransfer]
    ) -> Response[str]:
        await cancel(actor, TransferId(id))
        return redirect(request, f"/author/imports/{id}")

    @post("/{id:uuid}/undo")
    @inject
    async def undo(
        self, id: FromPath[UUID], request: AnyRequest, actor: FromDishka[Actor], undo: FromDishka[UndoImport]
    ) -> Response[str]:
        await undo(actor, TransferId(id))
        return redirect(request, f"/author/imports/{id}")

    @post("/export")
    @inject
    async def export(
        self, request: AnyRequest, actor: FromDishka[Actor], start: FromDishka[StartExport]
    ) -> Response[str]:
        form = await request.form()
        filters = {"subject": str(form["subject"])} if form.get("subject") else {}
        transfer = await start(actor, NewExport(format=str(form.get("format", "json")), filters=filters))
        return redirect(request, f"/author/imports/{transfer.id}")

    @get("/{id:uuid}/report.csv")
    @inject
    async def report(
        self,
        id: FromPath[UUID],
        actor: FromDishka[Actor],
        viewer: FromDishka[Viewer],
        queries: FromDishka[TransferQueries],
    ) -> Streamed:
        """The whole report as a table, streamed."""
        transfer = await queries.get(actor, TransferId(id))
        name = f'attachment; filename="import-{id}.csv"'
        headers = {"content-type": "text/csv; charset=utf-8", "content-disposition": name}
        return Streamed(200, headers, _rows(queries, transfer, viewer.locale))


class AuthorHome(Controller):
    path = "/author"
    include_in_schema = False

    @get()
    async def home(self, request: AnyRequest) -> Response[str]:
        return redirect(request, "/author/questions")


def _dry(new: NewImport, form: Form) -> NewImport:
    """The wizard always tries first; its fields say what the file may leave out."""
    said = {name: text.strip() for name in ("subject", "exam", "topic", "language") if (text := form.text(name))}
    options = options_of({name: text for name, text in said.items() if text})
    return NewImport(
        file_name=new.file_name,
        file_key=new.file_key,
        total_bytes=new.total_bytes,
        format=new.format,
        dry_run=True,
        options=options,
    )


async def _show(
    pages: Pages, template: str, viewer: Viewer, queries: TransferQueries, transfer: Transfer, cursor: str | None
) -> Response[str]:
    """The page of an import or export, or the part of it that the template is."""
    finished, locale, level = transfer.is_finished, viewer.locale, NoteLevel.REJECTED.value
    return pages.respond(
        template,
        viewer,
        transfer=queries.view(transfer, datetime.now(UTC), viewer.locale),
        step=_step(transfer),
        is_export=transfer.direction is Direction.EXPORT,
        rejected=await queries.notes(transfer.id, locale, level=level, cursor=cursor) if finished else None,
        losses=await queries.losses(transfer.id, locale) if finished else (),
    )


def _step(transfer: Transfer) -> int:
    """1 reading, 2 report, 3 writing, 4 done: the step of the wizard that is being taken."""
    if transfer.dry_run:
        return 2 if transfer.is_finished else 1
    return 4 if transfer.state is TransferState.DONE else 3


async def _rows(queries: TransferQueries, transfer: Transfer, locale: str) -> AsyncGenerator[bytes]:
    yield "\ufeff".encode()
    yield _line(("level", "place", "title", "code", "reason", "fix"))
    cursor: str | None = None
    while True:
        part = await queries.notes(transfer.id, locale, limit=100, cursor=cursor)
        for note in part.items:
            yield _line((note.level.value, note.place, note.title, note.code, note.reason, note.fix))
        cursor = part.next_cursor
        if cursor is None:
            return


def _line(cells: Sequence[str]) -> bytes:
    """One row; a cell that a spreadsheet would run as a formula is disarmed."""
    written = io.StringIO()
    safe = [f"'{cell}" if cell[:1] in {"=", "+", "-", "@", "\t", "\r"} else cell for cell in cells]
    csv.writer(written).writerow(safe)
    return written.getvalue().encode()


PAGES = [TransferPages, AuthorHome]
