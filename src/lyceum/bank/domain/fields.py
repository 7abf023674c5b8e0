"""A subject's own fields of a question, described by a small part of JSON Schema.

Known: an object with `properties`, each of type string (`enum`, `minLength`, `maxLength`), integer or number (`enum`,
`minimum`, `maximum`), boolean, or array of strings (`items.enum`, `minItems`, `maxItems`); `required`; `title`
and `description` for people. Fields that the schema does not name are refused.
"""

from collections.abc import Iterator, Mapping

from lyceum.kernel.errors import FieldProblem

MAX_TEXT = 10_000
MAX_ITEMS = 100
_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
}
_FOR_PEOPLE = {"title", "description", "default"}
_KEYWORDS = _FOR_PEOPLE | {
    "type",
    "enum",
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "items",
    "minItems",
    "maxItems",
}


def schema_problems(schema: Mapping[str, object]) -> list[FieldProblem]:
    """What of a schema this module does not know; nobody would check it, so it is refused."""
    problems = [
        FieldProblem(f"fields_schema/{name}", "unknown_keyword", "This part of JSON Schema is not supported.")
        for name in schema.keys() - {"type", "properties", "required", "title", "description", "additionalProperties"}
    ]
    for name, rule in _properties(schema).items():
        strange = rule.keys() - _KEYWORDS
        if strange or rule.get("type") not in _TYPES:
            problems.append(
                FieldProblem(f"fields_schema/properties/{name}", "unknown_keyword", "This field cannot be checked.")
            )
    return problems


def field_problems(schema: Mapping[str, object], values: Mapping[str, object]) -> list[FieldProblem]:
    """What is wrong with the fields of a question, each with its place `extra/<name>`."""
    properties = _properties(schema)
    required = schema.get("required")
    missing = [name for name in required if name not in values] if isinstance(required, list) else []
    problems = [FieldProblem(f"extra/{name}", "required", "This subject asks for the field.") for name in missing]
    for name, value in values.items():
        rule = properties.get(name)
        if rule is None:
            problems.append(FieldProblem(f"extra/{name}", "unknown", "The subject has no such field."))
        else:
            problems += [FieldProblem(f"extra/{name}", code, said) for code, said in _faults(rule, value)]
    return problems


def _properties(schema: Mapping[str, object]) -> dict[str, Mapping[str, object]]:
    named = schema.get("properties")
    if not isinstance(named, Mapping):
        return {}
    return {str(name): rule for name, rule in named.items() if isinstance(rule, Mapping)}


def _faults(rule: Mapping[str, object], value: object) -> Iterator[tuple[str, str]]:
    kind = str(rule.get("type"))
    if not isinstance(value, _TYPES.get(kind, ())) or (isinstance(value, bool) and kind != "boolean"):
        yield "type", f"Must be of the type {kind}."
        return
    allowed = rule.get("enum")
    if isinstance(allowed, list) and value not in allowed:
        yield "enum", f"Must be one of {', '.join(map(str, allowed[:20]))}."
    if isinstance(value, str):
        yield from _range(len(value), rule, "minLength", "maxLength", "characters", MAX_TEXT)
    elif isinstance(value, list):
        yield from _range(len(value), rule, "minItems", "maxItems", "items", MAX_ITEMS)
        items = rule.get("items")
        words = items.get("enum") if isinstance(items, Mapping) else None
        if not all(isinstance(item, str) and len(item) <= MAX_TEXT for item in value):
            yield "type", "Must be a list of texts."
        elif isinstance(words, list) and not set(value) <= set(map(str, words)):
            yield "enum", f"Each must be one of {', '.join(map(str, words[:20]))}."
    elif isinstance(value, int | float):
        yield from _range(value, rule, "minimum", "maximum", "", float("inf"))


def _range(
    size: float, rule: Mapping[str, object], low: str, high: str, unit: str, most: float
) -> Iterator[tuple[str, str]]:
    least = rule.get(low)
    top = rule.get(high, most)
    if isinstance(least, int | float) and size < least:
        yield low, f"At least {least:g} {unit}".strip() + "."
    if isinstance(top, int | float) and size > top:
        yield high, f"At most {top:g} {unit}".strip() + "."
