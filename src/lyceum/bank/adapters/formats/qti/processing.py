"""Out of an item's XML: the variables it declares, and its response processing, by a template or in its own words."""

from collections.abc import Iterator, Mapping

from lxml import etree

from lyceum.bank.adapters.formats.qti.interpreter import Program
from lyceum.bank.adapters.formats.qti.names import attribute, children, first, name, text_of
from lyceum.bank.adapters.formats.qti.values import (
    BadValue,
    Cardinality,
    MapEntry,
    Mapped,
    Node,
    Outcome,
    Response,
    Value,
    scalar,
)

MAX_NODES = 5_000
MAX_DEPTH = 40
_ATTRIBUTES = (
    "identifier",
    "base-type",
    "tolerance-mode",
    "tolerance",
    "case-sensitive",
    "substring",
    "n",
    "template",
)


def program_of(item: etree._Element) -> Program:
    """Raise BadValue for declarations that contradict themselves."""
    responses = {it.identifier: it for it in map(_response, children(item, "response-declaration"))}
    outcomes = {it.identifier: it for it in map(_outcome, children(item, "outcome-declaration"))}
    outcomes.setdefault("SCORE", Outcome(identifier="SCORE"))
    processing = first(item, "response-processing")
    rules = () if processing is None else tuple(_rules(processing, outcomes))
    return Program(responses, outcomes, rules)


def _response(element: etree._Element) -> Response:
    base_type = attribute(element, "base-type")
    cardinality = _cardinality(element)
    mapping, correct = first(element, "mapping"), first(element, "correct-response")
    if cardinality is Cardinality.RECORD or base_type in {"file", "point", "uri", "duration", "intOrIdentifier"}:
        correct = mapping = None
    return Response(
        identifier=attribute(element, "identifier"),
        cardinality=cardinality,
        base_type=base_type,
        correct=None if correct is None else _value(correct, base_type, cardinality),
        mapping=None if mapping is None else _mapping(mapping, base_type),
        has_areas=first(element, "area-mapping") is not None,
    )


def _cardinality(element: etree._Element) -> Cardinality:
    written = attribute(element, "cardinality", "single")
    try:
        return Cardinality(written)
    except ValueError:
        raise BadValue(f"there is no cardinality '{written[:40]}'") from None


def _value(holder: etree._Element, base_type: str, cardinality: Cardinality) -> Value | None:
    members = tuple(scalar(text_of(value), base_type) for value in children(holder, "value"))
    return Value(members, cardinality) if members else None


def _mapping(element: etree._Element, base_type: str) -> Mapped:
    entries = tuple(
        MapEntry(
            key=scalar(attribute(entry, "map-key"), base_type),
            value=_float(attribute(entry, "mapped-value")),
            case_sensitive=attribute(entry, "case-sensitive", "true") != "false",
        )
        for entry in children(element, "map-entry")
    )
    bounds = {
        field: _float(written)
        for field, name in (("default", "default-value"), ("lower", "lower-bound"), ("upper", "upper-bound"))
        if (written := attribute(element, name))
    }
    return Mapped(entries=entries, **bounds)


def _float(text: str) -> float:
    found = scalar(text, "float")
    return float(found)


def _outcome(element: etree._Element) -> Outcome:
    base_type = attribute(element, "base-type")
    default = first(element, "default-value")
    maximum = attribute(element, "normal-maximum")
    return Outcome(
        identifier=attribute(element, "identifier"),
        base_type=base_type,
        default=None if default is None else _value(default, base_type, _cardinality(element)),
        maximum=_float(maximum) if maximum else None,
        by_people=attribute(element, "external-scored") == "human",
        title=attribute(element, "interpretation"),
    )


def _rules(processing: etree._Element, outcomes: Mapping[str, Outcome]) -> Iterator[Node]:
    own = [*children(processing)]
    if own:
        count = [0]
        yield from (_node(child, count, 0) for child in own)
        return
    template = attribute(processing, "template") or attribute(processing, "template-location")
    yield from _template(template.rstrip("/").rpartition("/")[2].lower().removesuffix(".xml"), outcomes)


def _node(element: etree._Element, count: list[int], depth: int) -> Node:
    count[0] += 1
    if count[0] > MAX_NODES or depth > MAX_DEPTH:
        raise BadValue("the response processing is too long")
    attributes = {key: attribute(element, key) for key in _ATTRIBUTES if attribute(element, key)}
    return Node(
        name=name(element),
        attributes=attributes,
        children=tuple(_node(child, count, depth + 1) for child in children(element)),
        text=element.text or "",
    )


def _of(name: str, *parts: Node, text: str = "", **attributes: str) -> Node:
    said = {key.replace("_", "-"): value for key, value in attributes.items()}
    return Node(name=name, attributes=said, children=parts, text=text)


def _set(outcome: str, value: Node) -> Node:
    return _of("set-outcome-value", value, identifier=outcome)


def _template(template: str, declared: Mapping[str, Outcome]) -> Iterator[Node]:
    """The templates of all versions, and of Common Cartridge, by the last word of their address."""
    given, right = _of("variable", identifier="RESPONSE"), _of("correct", identifier="RESPONSE")
    if "map_response" in template and "point" not in template:
        earned, nothing = _of("map-response", identifier="RESPONSE"), _number("0")
        empty = _of("response-if", _of("is-null", given), _set("SCORE", nothing))
        yield _of("response-condition", empty, _of("response-else", _set("SCORE", earned)))
    elif "match" in template:
        full = _of("variable", identifier="MAXSCORE") if "MAXSCORE" in declared else _number("1")
        if template.startswith("match"):
            full = _number("1")
        met = _of("response-if", _of("match", given, right), _set("SCORE", full), *_basic("correct", declared))
        missed = _of("response-else", _set("SCORE", _number("0")), *_basic("incorrect", declared))
        yield _of("response-condition", met, missed)
    elif template:
        yield _of(f"template {template[:60]}")
    if template.startswith("cc2") and "FEEDBACK" in declared:
        yield _set("FEEDBACK", given)


def _number(text: str) -> Node:
    return _of("base-value", text=text, base_type="float")


def _basic(word: str, declared: Mapping[str, Outcome]) -> tuple[Node, ...]:
    if "FEEDBACKBASIC" not in declared:
        return ()
    return (_set("FEEDBACKBASIC", _of("base-value", text=word, base_type="identifier")),)
