"""Pieces of QTI 3.0: elements by their names, and the rules that score a response."""

from collections.abc import Iterable
from xml.sax.saxutils import escape, quoteattr

TEMPLATES = "https://purl.imsglobal.org/spec/qti/v3p0/rptemplates/"


def tag(name: str, *inner: str, **attributes: object) -> str:
    """`<qti-name …>`; an attribute that is None is left out."""
    said = "".join(
        f" {key.strip('_').replace('_', '-')}={quoteattr(str(value))}"
        for key, value in attributes.items()
        if value is not None
    )
    body = "".join(inner)
    return f"<qti-{name}{said}>{body}</qti-{name}>" if body else f"<qti-{name}{said}/>"


def points(value: float) -> str:
    """A number of points that reads back as the same float."""
    return repr(float(value))


def base_value(text: str, base_type: str) -> str:
    return tag("base-value", escape(text), base_type=base_type)


def variable(identifier: str) -> str:
    return tag("variable", identifier=identifier)


def set_outcome(identifier: str, expression: str) -> str:
    return tag("set-outcome-value", expression, identifier=identifier)


def add_score(expression: str) -> str:
    """Add to what was earned so far."""
    return set_outcome("SCORE", tag("sum", variable("SCORE"), expression))


def chain(branches: Iterable[tuple[str, str]]) -> str:
    """Rules of the first branch whose condition holds."""
    names = ("response-if", "response-else-if")
    parts = [tag(names[bool(n)], condition, rules) for n, (condition, rules) in enumerate(branches)]
    return tag("response-condition", *parts) if parts else ""


def is_correct(identifier: str) -> str:
    return tag("match", variable(identifier), tag("correct", identifier=identifier))


def map_response(identifier: str) -> str:
    return tag("map-response", identifier=identifier)


def values(lot: Iterable[str]) -> str:
    return "".join(tag("value", escape(value)) for value in lot)


def correct(lot: Iterable[str]) -> str:
    return tag("correct-response", found) if (found := values(lot)) else ""


def mapping(entries: Iterable[tuple[str, float]], *, default: float = 0.0, case_sensitive: bool | None = None,
            bounds: tuple[float, float] | None = None) -> str:  # fmt: skip
    lower, upper = bounds or (None, None)
    cased = None if case_sensitive is None else str(case_sensitive).lower()
    lines = [tag("map-entry", map_key=key, mapped_value=points(value), case_sensitive=cased) for key, value in entries]
    return tag(
        "mapping",
        *lines,
        default_value=points(default),
        lower_bound=None if lower is None else points(lower),
        upper_bound=None if upper is None else points(upper),
    )
