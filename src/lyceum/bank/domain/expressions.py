"""Arithmetic in question templates: compiled once, limited to what is listed here, exact where it can be."""

import ast
import math
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from lyceum.bank.domain.functions import FUNCTIONS, MAX_LENGTH_OF_NUMBER, power
from lyceum.kernel.errors import Invalid

type Value = Fraction | str | bool
type Values = Mapping[str, Value]
type Run = Callable[[Values], Value]
type Count = Callable[[Values], Fraction]

MAX_LENGTH = 500
MAX_DEPTH = 100
CONSTANTS: Mapping[str, Fraction] = {"pi": Fraction(repr(math.pi)), "e": Fraction(repr(math.e))}
_NUMBER = re.compile(r"[+-]?(\d{1,40}([.]\d{0,40})?|[.]\d{1,40})|[+-]?\d{1,40}/\d{1,40}")


class BadTemplate(Invalid):
    code = "bank.template"
    text = "The template cannot be computed: {why} (in {where}). Change the expression or its limits."


@dataclass(frozen=True, slots=True)
class Expression:
    """A checked expression: `run` computes it over values for all of its `names`."""

    text: str
    names: frozenset[str]
    run: Run

    def __call__(self, values: Values) -> Value:
        """The value; raise BadTemplate where there is none, as for a division by zero."""
        try:
            return self.run(values)
        except ZeroDivisionError as error:
            raise self._fault("a division by zero") from error
        except OverflowError as error:
            raise self._fault("the numbers grow too long") from error
        except (ArithmeticError, ValueError) as error:
            raise self._fault(str(error)) from error

    def _fault(self, why: str) -> BadTemplate:
        return BadTemplate(why=why, where=self.text[:80])


def number(text: str) -> Fraction | None:
    """The value of `-1,5`, `3` or `1/3`; None for anything else, numbers with an exponent among it."""
    plain = text.strip().replace(",", ".")
    if _NUMBER.fullmatch(plain) is None:
        return None
    try:
        return Fraction(plain)
    except ZeroDivisionError:
        return None


def evaluate(expression: str, values: Values) -> Value:
    """The value of an expression over named values; raise BadTemplate."""
    compiled = parse(expression)
    for name in sorted(compiled.names - values.keys()):
        raise BadTemplate(why=f"there is no value named {name}", where=expression[:80])
    return compiled(values)


@lru_cache(4096)
def parse(expression: str) -> Expression:
    """The expression, ready to be computed; raise BadTemplate for anything but bounded arithmetic."""
    if len(expression) > MAX_LENGTH:
        raise BadTemplate(why=f"longer than {MAX_LENGTH} characters", where=expression[:80])
    try:
        tree = ast.parse(expression.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise BadTemplate(why="not an expression", where=expression[:80]) from error
    names: set[str] = set()
    run = _compiled(tree, names, MAX_DEPTH)
    return Expression(expression, frozenset(names), run)


BINARY: Mapping[type[ast.operator], Callable[[Fraction, Fraction], Fraction]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: lambda a, b: Fraction(a // b),
    ast.Mod: operator.mod,
    ast.Pow: power,
}
COMPARE: Mapping[type[ast.cmpop], Callable[[Value, Value], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}


def _compiled(node: ast.expr, names: set[str], depth: int) -> Run:
    """`names` gathers the names that values are wanted for."""
    if depth == 0:
        raise BadTemplate(why=f"nested more than {MAX_DEPTH} deep", where=ast.unparse(node)[:80])
    below = depth - 1
    match node:
        case ast.Constant(value=bool() | str() as constant):
            return lambda _: constant
        case ast.Constant(value=int() | float() as written):
            value = _literal(node, written)
            return lambda _: value
        case ast.Name(id=name):
            return _named(name, names)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in BINARY:
            return _binary(BINARY[type(op)], _count(left, names, below), _count(right, names, below))
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            negated = _count(operand, names, below)
            return lambda values: -negated(values)
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return _count(operand, names, below)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            denied = _compiled(operand, names, below)
            return lambda values: not denied(values)
        case ast.BoolOp(op=op, values=parts):
            runs = [_compiled(part, names, below) for part in parts]
            several = all if isinstance(op, ast.And) else any
            return lambda values: several(run(values) for run in runs)
        case ast.Compare(left=left, ops=ops, comparators=others) if all(type(op) in COMPARE for op in ops):
            chain = [_compiled(part, names, below) for part in (left, *others)]
            return _compared(chain, [COMPARE[type(op)] for op in ops])
        case ast.IfExp(test=test, body=body, orelse=other):
            if_, then, else_ = (_compiled(part, names, below) for part in (test, body, other))
            return lambda values: then(values) if if_(values) else else_(values)
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if name in FUNCTIONS:
            return _called(node, name, [_count(argument, names, below) for argument in arguments])
    raise BadTemplate(
        why="only numbers, names, arithmetic, comparisons and a few functions are known", where=ast.unparse(node)[:80]
    )


def _literal(node: ast.expr, written: float) -> Fraction:
    if not math.isfinite(written) or len(repr(written)) > MAX_LENGTH_OF_NUMBER:
        raise BadTemplate(why="the number is too long", where=ast.unparse(node)[:80])
    return Fraction(repr(written))


def _named(name: str, names: set[str]) -> Run:
    constant = CONSTANTS.get(name)
    if constant is not None:
        return lambda values: values.get(name, constant)
    names.add(name)
    return operator.itemgetter(name)


def _count(node: ast.expr, names: set[str], depth: int) -> Count:
    """As `_compiled`, for a place where a number is wanted."""
    run = _compiled(node, names, depth)
    if isinstance(node, ast.BinOp | ast.Call):
        return run  # type: ignore[return-value]
    where = ast.unparse(node)[:80]

    def counted(values: Values) -> Fraction:
        value = run(values)
        if not isinstance(value, Fraction):
            raise BadTemplate(why="a number is wanted", where=where)
        return value

    return counted


def _binary(operation: Callable[[Fraction, Fraction], Fraction], left: Count, right: Count) -> Run:
    return lambda values: _bounded(operation(left(values), right(values)))


def _compared(chain: list[Run], comparisons: list[Callable[[Value, Value], bool]]) -> Run:
    def compared(values: Values) -> bool:
        found = [run(values) for run in chain]
        try:
            return all(compare(found[i], found[i + 1]) for i, compare in enumerate(comparisons))
        except TypeError as error:
            raise ValueError("a word and a number have no order") from error

    return compared


def _called(node: ast.expr, name: str, arguments: list[Count]) -> Run:
    function = FUNCTIONS[name]
    if not function.least <= len(arguments) <= function.most:
        raise BadTemplate(why=f"{name} takes {function.wanted}", where=ast.unparse(node)[:80])
    compute = function.compute
    return lambda values: _bounded(compute(*[argument(values) for argument in arguments]))


def _bounded(value: Fraction) -> Fraction:
    if value.numerator.bit_length() + value.denominator.bit_length() > MAX_LENGTH_OF_NUMBER * 4:
        raise OverflowError
    return value
