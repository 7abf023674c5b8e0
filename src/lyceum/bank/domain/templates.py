"""Parametrised questions: numbers drawn anew for each learner, the same for the same seed on every machine."""

import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache

from lyceum.bank.domain.content import Accepted, Content, Gap, Option, Parameter, ParameterKind, ScoreRule, Template
from lyceum.bank.domain.expressions import BadTemplate, Expression, Value, number, parse
from lyceum.bank.domain.functions import MAX_PLACES, rounded

MAX_DRAWS = 200
PLACES = 10
NAME = r"[A-Za-z_][A-Za-z0-9_]{0,39}"
FORMATS = frozenset({None, "signed", "paren", "abs", "raw"})
FORMULA = re.compile(r"(\\\(.*?\\\)|\\\[.*?\\\])", re.DOTALL)
HOLE = re.compile(rf"\{{\{{\s*({NAME})\s*(?:\|\s*(\w+)\s*)?\}}\}}")

type Values = Mapping[str, Value]
type Fill = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class _Derive:
    name: str
    expression: Expression
    decimals: int | None


type _Step = _Derive | Expression
"""A value to derive, or a condition to meet."""


def draw(template: Template, seed: int) -> Values:
    """Values of all parameters and derived values; raise BadTemplate when no draw meets the conditions.

    A draw that cannot be computed, by a division by zero for example, is drawn again.
    """
    steps = _plan(template)
    source = random.Random(seed)
    fault: BadTemplate | None = None
    for _ in range(MAX_DRAWS):
        values: dict[str, Value] = {}
        for parameter in template.parameters:
            values[parameter.name] = _drawn(parameter, source)
        try:
            if all(_taken(step, values) for step in steps):
                return values
        except BadTemplate as error:
            fault = fault or error
    if fault is not None:
        raise fault
    raise BadTemplate(why=f"none of {MAX_DRAWS} draws met the conditions", where="; ".join(template.conditions)[:80])


def _taken(step: _Step, values: dict[str, Value]) -> bool:
    """Whether the draw goes on after this step."""
    if isinstance(step, Expression):
        return bool(step(values))
    value = step.expression(values)
    if step.decimals is not None and isinstance(value, Fraction):
        value = rounded(value, Fraction(step.decimals))
    values[step.name] = value
    return True


@lru_cache(512)
def _plan(template: Template) -> tuple[_Step, ...]:
    """Derived values in their order, each condition as soon as its names have values; so `a != 0` guards `1/a`."""
    known = {parameter.name for parameter in template.parameters}
    waiting = [parse(condition) for condition in template.conditions]
    steps: list[_Step] = []

    def meet() -> None:
        steps.extend(condition for condition in waiting if condition.names <= known)
        waiting[:] = [condition for condition in waiting if not condition.names <= known]

    meet()
    for derived in template.derived:
        expression = parse(derived.expression)
        _require(expression, known)
        if derived.decimals is not None and abs(derived.decimals) > MAX_PLACES:
            raise BadTemplate(why=f"rounding to more than {MAX_PLACES} places", where=derived.name[:80])
        steps.append(_Derive(derived.name, expression, derived.decimals))
        known.add(derived.name)
        meet()
    for condition in waiting:
        _require(condition, known)
    return tuple(steps)


def _require(expression: Expression, known: set[str]) -> None:
    for name in sorted(expression.names - known):
        raise BadTemplate(why=f"there is no value named {name}", where=expression.text[:80])


def _drawn(parameter: Parameter, source: random.Random) -> Value:
    if parameter.kind is ParameterKind.CHOICE:
        choices = _choices(parameter)
        return choices[source.randrange(len(choices))]
    low, step, count = _range(parameter)
    return low + step * source.randrange(count)


@lru_cache(1024)
def _range(parameter: Parameter) -> tuple[Fraction, Fraction, int]:
    """The lowest value, the step, and how many values there are."""
    low, high, step = (_decimal(parameter, text) for text in (parameter.low, parameter.high, parameter.step))
    if step <= 0 or high < low:
        raise BadTemplate(why="its limits leave no value", where=parameter.name[:80])
    if parameter.kind is ParameterKind.INTEGER and (low.denominator, step.denominator) != (1, 1):
        raise BadTemplate(why="an integer starts and steps at whole numbers", where=parameter.name[:80])
    return low, step, int((high - low) / step) + 1


def _decimal(parameter: Parameter, text: str) -> Fraction:
    value = number(text)
    if value is None:
        raise BadTemplate(why=f"{text[:20]!r} is no number", where=parameter.name[:80])
    return value


@lru_cache(1024)
def _choices(parameter: Parameter) -> tuple[Value, ...]:
    if not parameter.values:
        raise BadTemplate(why="there is nothing to choose from", where=parameter.name[:80])
    return tuple(text if (value := number(text)) is None else value for text in parameter.values)


def render(content: Content, seed: int) -> Content:
    """The question that a learner with this seed gets; the content itself when it has no parameters."""
    return content if content.template is None else render_with(content, draw(content.template, seed))


def render_with(content: Content, values: Values) -> Content:
    """The question with these values in the place of its parameters."""
    shown, machine = _filler(values, content.language), _machine(values)
    return replace(
        content,
        template=None,
        stem=shown(content.stem),
        explanation=shown(content.explanation),
        hint=shown(content.hint),
        options=_options(content.options, shown),
        items=_options(content.items, shown),
        accepted=_accepted(content.accepted, machine, shown),
        gaps=tuple(_gap(gap, machine, shown) for gap in content.gaps),
        rule=_rule(content.rule, shown),
    )


def _options(options: tuple[Option, ...], shown: Fill) -> tuple[Option, ...]:
    return tuple(
        replace(it, text=shown(it.text), feedback=shown(it.feedback)) if "{{" in it.text or "{{" in it.feedback else it
        for it in options
    )


def _accepted(accepted: tuple[Accepted, ...], machine: Fill, shown: Fill) -> tuple[Accepted, ...]:
    return tuple(
        replace(it, text=machine(it.text), tolerance=machine(it.tolerance), feedback=shown(it.feedback))
        for it in accepted
    )


def _gap(gap: Gap, machine: Fill, shown: Fill) -> Gap:
    return replace(gap, options=_options(gap.options, shown), accepted=_accepted(gap.accepted, machine, shown))


def _rule(rule: ScoreRule, shown: Fill) -> ScoreRule:
    if not rule.criteria:
        return rule
    criteria = (replace(it, title=shown(it.title), description=shown(it.description)) for it in rule.criteria)
    return replace(rule, criteria=tuple(criteria))


def names_in(text: str) -> set[str]:
    """The names that a text asks for."""
    return {found[1] for found in HOLE.finditer(text)}


def _filler(values: Values, language: str) -> Fill:
    """Fills a text for reading: decimal comma in Russian, a true minus outside formulas."""

    def fill(text: str) -> str:
        if "{{" not in text:
            return text
        pieces = FORMULA.split(text)
        return "".join(
            _filled(piece, values, language, formula=bool(i % 2)) if "{{" in piece else piece
            for i, piece in enumerate(pieces)
        )

    return fill


def _filled(piece: str, values: Values, language: str, *, formula: bool) -> str:
    comma = "." if language != "ru" else "{,}" if formula else ","
    minus = "-" if formula else "\u2212"

    def put(found: re.Match[str]) -> str:
        value, form = _known(values, found)
        if isinstance(value, str):
            return value
        if form == "raw":
            return plain(value)
        digits = plain(abs(value)).replace(".", comma)
        is_negative = value < 0 and digits != "0"
        if form == "abs":
            return digits
        if form == "signed":
            return f"{minus if is_negative else '+'} {digits}"
        signed = f"{minus}{digits}" if is_negative else digits
        return f"({signed})" if form == "paren" and is_negative else signed

    return HOLE.sub(put, piece)


def _machine(values: Values) -> Fill:
    """Fills a text that will be computed with: plain numbers."""

    def put(found: re.Match[str]) -> str:
        value, form = _known(values, found)
        if isinstance(value, str):
            return value
        return plain(abs(value) if form == "abs" else value)

    return lambda text: HOLE.sub(put, text) if "{{" in text else text


def _known(values: Values, hole: re.Match[str]) -> tuple[Fraction | str, str | None]:
    name, form = hole[1], hole[2]
    value = values.get(name)
    if value is None:
        raise BadTemplate(why=f"there is no parameter or value named {name}", where=hole[0][:80])
    if isinstance(value, bool):
        raise BadTemplate(why=f"{name} is true or false, which is no text to show", where=hole[0][:80])
    if form not in FORMATS:
        raise BadTemplate(why="after the bar stands signed, paren, abs or raw", where=hole[0][:80])
    return value, form


def plain(value: Fraction) -> str:
    """A decimal without an exponent, such as `-1.5`; at most ten places."""
    if value.denominator == 1:
        return str(value.numerator)
    scaled = round(abs(value) * 10**PLACES)
    whole, rest = divmod(scaled, 10**PLACES)
    digits = f"{rest:0{PLACES}d}".rstrip("0")
    sign = "-" if value < 0 and scaled else ""
    return f"{sign}{whole}.{digits}" if digits else f"{sign}{whole}"


def printed(value: Value, language: str) -> str:
    """A value on its own, for people: decimal comma in Russian, a true minus."""
    if isinstance(value, Fraction):
        return plain(value).replace(".", "," if language == "ru" else ".").replace("-", "\u2212")
    return str(value)
