"""Examples for the calls that give none of their own, made from their schemas: values stand under the names that the
API uses everywhere."""

from collections.abc import Iterator, Mapping
from typing import cast

type Json = dict[str, object]

MOMENT = "2026-05-20T15:04:05Z"
ID = "0198e0aa-1b2c-7d3e-8f40-9a8b7c6d5e4f"
DEEPEST = 7
BY_FORMAT = {"uuid": ID, "date-time": MOMENT, "date": "2026-05-20", "binary": "(the bytes of the file)"}
BY_NAME: Mapping[str, object] = {
    "ability": 1512.4, "ability_error": 61.3, "access": "free",
    "access_token": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIw…", "accuracy": 0.82, "adapter": "sqlite",
    "alt": "График скорости", "answered": 12, "best": 9, "birth_year": 2009, "channel": "web", "code": "gap_broken",
    "correct": 9, "current": 4, "description": "Страны и столицы", "detail": "", "device": "Firefox, Linux",
    "difficulty": "medium",
    "direction": "import", "duration_min": 235, "elapsed_ms": 48_000, "email": "anna@example.org", "exam": "ege",
    "exam_task_number": 3, "excerpt": "Столица Франции?", "expires_in": 900,
    "explanation_html": "<p>Париж, с 987 года.</p>", "facility": 0.71, "file_name": "physics.xlsx",
    "find_code": "K7Q2M4RX", "fix": "Check the braces and the answers of each gap.", "format": "xlsx", "found": 120,
    "guess": "XLSX", "html": "Париж", "id": "a", "importable": 117, "imported": 117, "is_current": True,
    "key": "lyk_4f7Qm2…", "kind": "single_choice", "language": "ru", "length": 10, "level": "rejected",
    "licence": "CC BY-SA 4.0", "locale": "ru", "location": "Казань", "max": 2, "max_primary": 45, "max_score": 1,
    "mime": "image/png", "minimum": 36, "mode": "practice", "name": "Анна", "new": "another long password",
    "number": 3, "ok": True, "password": "a long enough password", "place": "row 7", "position": 4,
    "progress": 0.64, "questions": 84, "rating": 1490.0, "rating_error": 74.0,
    "reason": "the gaps in the text are not closed", "refresh_token": "lyr_0198f2c4…", "registered_at": MOMENT,
    "rejected": 3, "repeated": 0, "role": "photo", "roles": ["learner", "author"], "scale": {"0": 0, "45": 100},
    "scopes": ["bank:read"], "score": 9.0, "size": 48_211, "source": "https://fipi.ru", "state": "done",
    "status": "published", "stem_format": "markdown", "stem_html": "<p>Столица Франции?</p>",
    "subject": "geography", "subject_title": "География", "task_number": 3, "text": "Париж", "text_error": "",
    "times": 2, "title": "Европа", "topic": "Европа", "topics": ["Европа"], "unique_key": "capitals",
    "url": "/files/eyJrIjoi…/map.png",
    "verdict": "correct", "version": 2, "year": 2026,
}  # fmt: skip


def add_examples(operation: Json, schemas: Mapping[str, Json]) -> None:
    """Give the body and the good answers of an operation an example where they have none."""
    for content in _contents(operation):
        for media_type, media in content.items():
            if "example" in media or media.get("examples") or not isinstance(media.get("schema"), dict):
                continue
            if "json" in media_type or "form" in media_type:
                media["example"] = example(cast(Json, media["schema"]), schemas)


def _contents(operation: Json) -> Iterator[dict[str, Json]]:
    responses = cast(dict[str, Json], operation["responses"])
    good = [response for status, response in responses.items() if status.startswith("2")]
    for part in (cast(Json, operation.get("requestBody", {})), *good):
        yield cast(dict[str, Json], part.get("content", {}))


def example(schema: Json, schemas: Mapping[str, Json], name: str = "", depth: int = 0) -> object:
    """A value that the schema allows; `name` is that of the property that it stands under."""
    if "$ref" in schema:
        return example(schemas[str(schema["$ref"]).rpartition("/")[2]], schemas, name, depth)
    for choice in ("oneOf", "anyOf"):
        if choice in schema:
            return _of_several(cast(list[Json], schema[choice]), schemas, name, depth)
    if "enum" in schema:
        words = cast(list[object], schema["enum"])
        return BY_NAME[name] if BY_NAME.get(name) in words else words[0]
    match schema.get("type"):
        case "object":
            return _of_object(schema, schemas, name, depth)
        case "array":
            known = BY_NAME.get(name)
            item = cast(Json, schema.get("items", {}))
            return known if isinstance(known, list) else [] if depth > DEEPEST else [example(item, schemas, "", depth)]
        case "string":
            known = BY_FORMAT.get(str(schema.get("format", "")), BY_NAME.get(name, schema.get("default", "")))
            return known if isinstance(known, str) else str(schema.get("default", ""))
        case "boolean":
            return BY_NAME.get(name, schema.get("default", False)) is True
        case "integer" | "number" as kind:
            return _of_number(schema, name, is_whole=kind == "integer")
    return None


def _of_several(choices: list[Json], schemas: Mapping[str, Json], name: str, depth: int) -> object:
    """The first that says something; a wish that may be left empty is, when it would go deep."""
    may_be_null = any(choice.get("type") == "null" for choice in choices)
    telling = [choice for choice in choices if choice and choice.get("type") != "null"]
    if not telling or (may_be_null and depth > 2 and any("$ref" in choice for choice in telling)):
        return None
    known = BY_NAME.get(name)
    kinds = {bool: "boolean", int: "integer", float: "number", str: "string"}
    fitting = (choice for choice in telling if choice.get("type") == kinds.get(type(known)))
    return example(next(fitting, telling[0]), schemas, name, depth)


def _of_object(schema: Json, schemas: Mapping[str, Json], name: str, depth: int) -> object:
    properties = cast(dict[str, Json], schema.get("properties", {}))
    if not properties:
        known = BY_NAME.get(name)
        return known if isinstance(known, dict) else {}
    required = cast(list[str], schema.get("required", list(properties)))
    shown = [key for key in properties if depth <= DEEPEST or key in required]
    return {key: example(properties[key], schemas, key, depth + 1) for key in shown}


def _of_number(schema: Json, name: str, *, is_whole: bool) -> object:
    known = BY_NAME.get(name, schema.get("default"))
    if not isinstance(known, int | float) or isinstance(known, bool):
        known = schema.get("minimum", 1)
    most = schema.get("maximum", known)
    number = min(cast(float, known), cast(float, most))
    return int(number) if is_whole else float(number)
