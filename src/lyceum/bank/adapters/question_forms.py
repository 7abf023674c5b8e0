"""Questions as they arrive over HTTP: JSON, or a form with a JSON part and files."""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import cast

import msgspec
from litestar.openapi.spec import OpenAPIFormat, OpenAPIMediaType, OpenAPIType, Operation, RequestBody, Schema

from lyceum.bank.domain.drafts import MediaRole
from lyceum.bank.use_cases.question_input import QuestionInput
from lyceum.bank.use_cases.questions import NewFile
from lyceum.kernel.errors import FieldProblem
from lyceum.platform import media
from lyceum.platform.files import MIB, Files
from lyceum.platform.http_errors import AnyRequest, Malformed, TooLarge
from lyceum.platform.uploads import Form, Uploads

JSON_LIMIT = 2 * MIB
FIELDS: Mapping[str, tuple[MediaRole, media.MediaRule, int]] = {
    "photos": (MediaRole.PHOTO, media.PHOTO, 20),
    "sounds": (MediaRole.SOUND, media.SOUND, 10),
    "files": (MediaRole.FILE, media.DOCUMENT, 10),
    "answer_video": (MediaRole.ANSWER_VIDEO, media.VIDEO, 1),
}
EXAMPLE: Mapping[str, object] = {
    "kind": "single_choice",
    "subject": "geography",
    "exam": "ege",
    "exam_task_number": 3,
    "topics": ["Европа"],
    "difficulty": "easy",
    "stem": "Столица Франции? ![Карта](attachment:map.png)",
    "stem_format": "markdown",
    "options": [{"id": "a", "text": "Париж"}, {"id": "b", "text": "Лион"}],
    "answer": "a",
    "explanation": "Париж, с 987 года.",
    "status": "published",
}
_PLACE = re.compile(r" - at `(?:key in )?\$(?P<path>[^`]*)`$")
_decode = msgspec.json.Decoder(QuestionInput).decode


@dataclass(frozen=True, slots=True)
class Received:
    """A question and its files, which are in the store for as long as the block lasts, or for good if they are kept."""

    question: QuestionInput
    files: tuple[NewFile, ...] = ()


@asynccontextmanager
async def receive_question(request: AnyRequest, uploads: Uploads, files: Files) -> AsyncIterator[Received]:
    """Read the request; Malformed, TooLarge or what the checks of media raise, with nothing kept."""
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type == "multipart/form-data":
        fields = {name: media.field_for(rule, many) for name, (_, rule, many) in FIELDS.items()}
        async with uploads.receive(request, "bank", texts={"question": JSON_LIMIT}, files=fields) as form:
            text = form.text("question")
            if text is None:
                raise Malformed(problems=[FieldProblem("question", "required", "The part `question` is missing.")])
            question = decode_question(text.encode())
            yield Received(question, await _checked(files, form))
    elif content_type in {"application/json", ""}:
        yield Received(decode_question(await _body(request)))
    else:
        problem = FieldProblem("body", "content_type", "Send application/json, or multipart/form-data with files.")
        raise Malformed(problems=[problem])


async def _body(request: AnyRequest) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > JSON_LIMIT:
            raise TooLarge(limit_mb=JSON_LIMIT // MIB)
    return bytes(body)


async def _checked(files: Files, form: Form) -> tuple[NewFile, ...]:
    """What each file really is, by its contents."""
    return tuple(
        [
            NewFile(
                name=upload.name,
                role=role,
                key=upload.key,
                mime=await media.inspect(files, rule, upload),
                size=upload.size,
            )
            for name, (role, rule, _) in FIELDS.items()
            for upload in form.files.get(name, ())
        ]
    )


def decode_question(body: bytes) -> QuestionInput:
    """Raise Malformed, with the place of the fault."""
    try:
        return _decode(body)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        said = str(error)
        place = _PLACE.search(said)
        path = re.sub(r"[.\[\]]+", "/", place["path"]).strip("/") if place else ""
        problem = FieldProblem(path or "question", "invalid", _PLACE.sub("", said)[:300])
        raise Malformed(problems=[problem]) from error


@dataclass
class QuestionOperation(Operation):
    """Describes the body, which the handler reads by itself."""

    def __post_init__(self) -> None:
        question = Described(described=_inlined(QuestionInput))
        several = {
            name: Schema(type=OpenAPIType.ARRAY, items=_file(), description=f"Each {rule.wanted}.")
            for name, (_, rule, many) in FIELDS.items()
            if many > 1
        }
        video = _file(media.VIDEO.wanted)
        form = Schema(
            type=OpenAPIType.OBJECT,
            required=["question"],
            properties={"question": question, **several, "answer_video": video},
        )
        self.request_body = RequestBody(
            required=True,
            content={
                "application/json": OpenAPIMediaType(schema=question, example=EXAMPLE),
                "multipart/form-data": OpenAPIMediaType(
                    schema=form, example={"question": EXAMPLE, "photos": ["(the bytes of map.png)"]}
                ),
            },
        )


def _file(description: str | None = None) -> Schema:
    return Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.BINARY, description=description)


@dataclass
class Described(Schema):
    """A schema made by msgspec, as it stands."""

    described: dict[str, object] | None = None

    def to_schema(self) -> dict[str, object]:
        return self.described or {}


def _inlined(kind: type) -> dict[str, object]:
    """The JSON Schema of a struct without references."""
    (schema,), components = msgspec.json.schema_components(
        [kind], schema_hook=lambda _: {"description": "Any value."}, ref_template="{name}"
    )

    def expand(node: object) -> object:
        if isinstance(node, dict):
            if "$ref" in node:
                return expand(components[node["$ref"]])
            return {key: expand(value) for key, value in node.items() if key not in {"$ref", "title"}}
        return [expand(item) for item in node] if isinstance(node, list) else node

    return cast(dict[str, object], expand(schema))
