"""REST of imports, exports and validation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Response, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import OpenAPIFormat, OpenAPIMediaType, OpenAPIType, Operation, RequestBody, Schema
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Meta

from lyceum.accounts.api import Actor, Role
from lyceum.bank.adapters.formats.formats import READERS
from lyceum.bank.adapters.reports import localised
from lyceum.bank.adapters.transfer_queries import LossCount, TransferQueries, TransferView
from lyceum.bank.domain.questions import EXAM
from lyceum.bank.domain.transfers import Direction, Duplicates, Note, NoteLevel, TransferId, TransferOptions
from lyceum.bank.use_cases.exports import NewExport, StartExport
from lyceum.bank.use_cases.imports import CancelTransfer, ConfirmImport, NewImport, StartImport, UndoImport
from lyceum.bank.use_cases.validation import Report, Validate
from lyceum.kernel.errors import FieldProblem
from lyceum.platform.file_http import OPAQUE
from lyceum.platform.files import MIB
from lyceum.platform.http_errors import AnyRequest, Malformed, locale_of
from lyceum.platform.paging import Limit, Page
from lyceum.platform.uploads import FileField, Form, Upload, Uploads

IMPORT_LIMIT = 256 * MIB
VALIDATE_LIMIT = 32 * MIB
TEXTS: Mapping[str, int] = {"options": 10_000, "format": 20, "dry_run": 5}

ON, OFF = frozenset({"true", "1", "on", "yes"}), frozenset({"", "false", "0", "off", "no"})
type Id = Annotated[str, Meta(max_length=40)]
type Words = Annotated[str, Meta(max_length=2000)]


class ImportOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The field `options` of an import: what holds for questions whose file does not say, and what to do with them."""

    subject: Id | None = None
    exam: Annotated[str, Meta(pattern=EXAM)] | None = None
    topic: Annotated[str, Meta(max_length=200)] | None = None
    language: Literal["ru", "en"] = "ru"
    licence: Words = ""
    source: Words = ""
    publish: bool = True
    duplicates: Duplicates = Duplicates.UPDATE


FORMATS = ("auto", *READERS)
CHOSEN = {"subject": "physics", "exam": "ege", "language": "ru", "publish": True, "duplicates": "update"}


@dataclass
class FileOperation(Operation):
    """Describes the form that carries a file, which the handler reads by itself."""

    def __post_init__(self) -> None:
        file = Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.BINARY, description="The file of questions.")
        format = Schema(type=OpenAPIType.STRING, enum=FORMATS, default="auto", description="How to read it.")
        options = Schema(
            type=OpenAPIType.STRING,
            description="JSON: subject, exam, topic, language, licence, source, publish, duplicates (skip, update).",
        )
        dry_run = Schema(type=OpenAPIType.STRING, enum=("true", "false"), default="false", description="Keep nothing.")
        form = Schema(
            type=OpenAPIType.OBJECT,
            required=["file"],
            properties={"file": file, "format": format, "options": options, "dry_run": dry_run},
        )
        sent = {"file": "(the bytes of the file)", "format": "auto", "options": encoded(CHOSEN), "dry_run": "true"}
        media = OpenAPIMediaType(schema=form, example=sent)
        self.request_body = RequestBody(required=True, content={"multipart/form-data": media})


def encoded(value: object) -> str:
    return msgspec.json.encode(value).decode()


class TransferController(Controller):
    """Imports and exports of the caller."""

    path = "/api/bank"
    tags: Sequence[str] | None = ("imports and exports",)

    @post(
        "/imports",
        status_code=202,
        operation_id="start_import",
        summary="Import a file of questions",
        description=(
            "Multipart: `file`, and optionally `format` (auto, gift, moodle_xml, qti, csv, xlsx, opentriviaqa, aiken, "
            "anki, json), `dry_run` (true or false) and `options` (JSON: subject, exam, topic, language, licence, "
            "source, publish, duplicates). "
            "Runs in the background: follow the answer's id. A dry run shows the same report with nothing kept."
        ),
        operation_class=FileOperation,
        request_max_body_size=None,
    )
    @inject
    async def start_import(
        self,
        request: AnyRequest,
        actor: FromDishka[Actor],
        uploads: FromDishka[Uploads],
        start: FromDishka[StartImport],
        queries: FromDishka[TransferQueries],
    ) -> TransferView:
        actor.require(Role.AUTHOR, scope="bank:write")
        async with receive_import(request, uploads) as form:
            transfer = await start(actor, new_import(form))
        return queries.view(transfer, datetime.now(UTC), locale_of(request))

    @get(
        "/imports",
        operation_id="list_imports",
        summary="Imports of the caller, the newest first",
        description="Dry runs among them. Read `state` and `progress` to follow one that runs.",
    )
    @inject
    async def list_imports(
        self,
        request: AnyRequest,
        actor: FromDishka[Actor],
        queries: FromDishka[TransferQueries],
        limit: Limit = 50,
        cursor: FromQuery[str | None] = None,
    ) -> Page[TransferView]:
        now, locale = datetime.now(UTC), locale_of(request)
        return await queries.listed(actor, now, locale, limit=limit, cursor=cursor, direction=Direction.IMPORT)

    @get(
        "/imports/{id:uuid}",
        operation_id="get_import",
        summary="One import: its state, counts and progress",
        description=(
            "`state` goes from `queued` over `running` to `done`, `failed` or `cancelled`; `error_code` and "
            "`error` say why it failed, in the caller's language."
        ),
    )
    @inject
    async def get_import(
        self, request: AnyRequest, id: FromPath[UUID], actor: FromDishka[Actor], queries: FromDishka[TransferQueries]
    ) -> TransferView:
        return queries.view(await queries.get(actor, TransferId(id)), datetime.now(UTC), locale_of(request))

    @get(
        "/imports/{id:uuid}/report",
        operation_id="get_import_report",
        summary="The report of an import or export: each rejected question, each loss, each duplicate, in their order",
        description=(
            "`level` narrows it to `rejected`, `loss` or `note`. `code` is stable; `reason` and `fix` come "
            "in the caller's language."
        ),
    )
    @inject
    async def get_report(
        self,
        request: AnyRequest,
        id: FromPath[UUID],
        actor: FromDishka[Actor],
        queries: FromDishka[TransferQueries],
        level: FromQuery[NoteLevel | None] = None,
        limit: Limit = 50,
        cursor: FromQuery[str | None] = None,
    ) -> Page[Note]:
        await queries.get(actor, TransferId(id))
        return await queries.notes(TransferId(id), locale_of(request), level=level, limit=limit, cursor=cursor)

    @get(
        "/imports/{id:uuid}/losses",
        operation_id="get_import_losses",
        summary="What an import or export loses, summed up by kind",
        description="How often each kind of loss happened, with one sentence for each, the most frequent first.",
    )
    @inject
    async def get_losses(
        self, request: AnyRequest, id: FromPath[UUID], actor: FromDishka[Actor], queries: FromDishka[TransferQueries]
    ) -> Sequence[LossCount]:
        await queries.get(actor, TransferId(id))
        return await queries.losses(TransferId(id), locale_of(request))

    @post(
        "/imports/{id:uuid}/confirm",
        status_code=202,
        operation_id="confirm_import",
        summary="Import in earnest the file of a finished dry run",
        description=(
            "Starts a real import with the same file and options; follow the id of the answer. Confirming "
            "twice begins one import. Refused while the dry run is still going on."
        ),
    )
    @inject
    async def confirm(
        self,
        request: AnyRequest,
        id: FromPath[UUID],
        actor: FromDishka[Actor],
        confirm: FromDishka[ConfirmImport],
        queries: FromDishka[TransferQueries],
    ) -> TransferView:
        return queries.view(await confirm(actor, TransferId(id)), datetime.now(UTC), locale_of(request))

    @post(
        "/imports/{id:uuid}/cancel",
        status_code=200,
        operation_id="cancel_import",
        summary="Stop an import or export",
        description=(
            "What it has read so far is thrown away, nothing is kept. A finished one cannot be stopped, but undone."
        ),
    )
    @inject
    async def cancel(
        self,
        request: AnyRequest,
        id: FromPath[UUID],
        actor: FromDishka[Actor],
        cancel: FromDishka[CancelTransfer],
        queries: FromDishka[TransferQueries],
    ) -> TransferView:
        return queries.view(await cancel(actor, TransferId(id)), datetime.now(UTC), locale_of(request))

    @post(
        "/imports/{id:uuid}/undo",
        status_code=200,
        operation_id="undo_import",
        summary="Take a finished import back: the questions that it added are retired",
        description="For thirty days. Questions that it changed keep their new version.",
    )
    @inject
    async def undo(
        self,
        request: AnyRequest,
        id: FromPath[UUID],
        actor: FromDishka[Actor],
        undo: FromDishka[UndoImport],
        queries: FromDishka[TransferQueries],
    ) -> TransferView:
        return queries.view(await undo(actor, TransferId(id)), datetime.now(UTC), locale_of(request))

    @post(
        "/exports",
        status_code=202,
        operation_id="start_export",
        summary="Export questions to a file",
        description=(
            "One's own questions, for an operator everybody's. Runs in the background: follow the id of the "
            "answer until `url` links to the file. `format` is one of gift, moodle_xml, qti, csv, xlsx, json; "
            "`filters` are those of `GET /questions`. `imported` counts the questions in the file, `rejected` those "
            "that the format cannot say; `GET /imports/{id}/report` tells which, and what the others lost."
        ),
    )
    @inject
    async def start_export(
        self,
        request: AnyRequest,
        data: JSONBody[NewExport],
        actor: FromDishka[Actor],
        start: FromDishka[StartExport],
        queries: FromDishka[TransferQueries],
    ) -> TransferView:
        return queries.view(await start(actor, data), datetime.now(UTC), locale_of(request))

    @get(
        "/exports/{id:uuid}",
        operation_id="get_export",
        summary="One export: its state, and once it is done the link to its file",
        description="The link is time-limited; read the export again for a new one.",
    )
    @inject
    async def get_export(
        self, request: AnyRequest, id: FromPath[UUID], actor: FromDishka[Actor], queries: FromDishka[TransferQueries]
    ) -> TransferView:
        return queries.view(await queries.get(actor, TransferId(id)), datetime.now(UTC), locale_of(request))

    @get(
        "/templates/{format:str}",
        operation_id="get_template",
        summary="The CSV or XLSX template with examples",
        responses={200: ResponseSpec(bytes, generate_examples=False, description="The template", media_type=OPAQUE)},
        description=(
            "`format` is `csv` or `xlsx`. Its first row names the columns; the rows below are one question "
            "of each kind."
        ),
    )
    async def get_template(self, format: FromPath[str]) -> Response[bytes]:
        return template(format)

    @post(
        "/validate",
        status_code=200,
        operation_id="validate_file",
        summary="The dry-run report of a file, with nothing kept and no account needed",
        description="Multipart: `file`, optionally `format`. At most 32 MiB; the report names up to 1,000 places.",
        operation_class=FileOperation,
        request_max_body_size=None,
    )
    @inject
    async def validate(
        self, request: AnyRequest, uploads: FromDishka[Uploads], validate: FromDishka[Validate]
    ) -> Report:
        fields = {"file": FileField(VALIDATE_LIMIT)}
        async with uploads.receive(request, "imports", texts=TEXTS, files=fields) as form:
            report = await validate(new_import(form))
        return msgspec.structs.replace(report, notes=[localised(note, locale_of(request)) for note in report.notes])


def receive_import(request: AnyRequest, uploads: Uploads):  # type: ignore[no-untyped-def]
    """The form of an import, with its file in the store for as long as the block lasts."""
    texts = {**TEXTS, "csrf_token": 200, "subject": 40, "exam": 40, "topic": 200, "language": 2, "duplicates": 10}
    return uploads.receive(request, "imports", texts=texts, files={"file": FileField(IMPORT_LIMIT)})


def new_import(form: Form) -> NewImport:
    """What the form asks for; Malformed when a field cannot be used."""
    file: Upload | None = form.file("file")
    if file is None:
        raise Malformed(problems=[FieldProblem("file", "required", "Choose a file of questions.")])
    format = form.text("format") or "auto"
    if format not in ("auto", *READERS):
        raise Malformed(problems=[FieldProblem("format", "unknown", f"One of: auto, {', '.join(READERS)}.")])
    dry_run = (form.text("dry_run") or "").lower()
    if dry_run not in ON | OFF:
        raise Malformed(problems=[FieldProblem("dry_run", "invalid", "true or false")])
    return NewImport(
        file_name=file.name,
        file_key=file.key,
        total_bytes=file.size,
        format=format,
        dry_run=dry_run in ON,
        options=options_of((form.text("options") or "{}").encode()),
    )


def options_of(said: bytes | Mapping[str, object]) -> TransferOptions:
    """The options that a JSON text or a form's fields say; Malformed when they cannot be used."""
    try:
        if isinstance(said, bytes):
            return _options(msgspec.json.decode(said, type=ImportOptions))
        return _options(msgspec.convert(said, ImportOptions))
    except (msgspec.MsgspecError, RecursionError) as error:
        raise Malformed(problems=[FieldProblem("options", "invalid", str(error))]) from error


def _options(given: ImportOptions) -> TransferOptions:
    return TransferOptions(**msgspec.structs.asdict(given))


def template(format: str) -> Response[bytes]:
    """The downloadable template of a table format."""
    from lyceum.bank.adapters.formats.templates import TEMPLATES

    if format not in TEMPLATES:
        raise Malformed(problems=[FieldProblem("format", "unknown", f"One of: {', '.join(TEMPLATES)}.")])
    made, mime = TEMPLATES[format]
    headers = {"Content-Disposition": f'attachment; filename="lyceum-template.{format}"'}
    return Response(made(), media_type=mime, headers=headers)


CONTROLLERS = [TransferController]
