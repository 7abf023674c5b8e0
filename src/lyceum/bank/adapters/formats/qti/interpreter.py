"""QTI's response processing: what a response earns, by the item's own rules. Pure, and bounded in its steps."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from lyceum.bank.adapters.formats.qti.values import (
    BadValue,
    Cardinality,
    Node,
    Outcome,
    Response,
    Scalar,
    Value,
    scalar,
)

MAX_STEPS = 20_000
"""Rules and expressions of one run."""
TRUE, FALSE = Value((True,)), Value((False,))


class Unsupported(Exception):
    """The item computes something that is not understood; the message says what."""


class _Exit(Exception):
    """The rules say that they are done."""


@dataclass(frozen=True, slots=True)
class Program:
    """The variables of an item and the rules that set its outcomes."""

    responses: Mapping[str, Response]
    outcomes: Mapping[str, Outcome]
    rules: tuple[Node, ...] = ()

    def run(self, given: Mapping[str, Value | None]) -> Mapping[str, Value | None]:
        """The outcomes for some responses; those that are left out are NULL. Raise Unsupported."""
        run = _Run(self, given)
        try:
            run.rules(self.rules)
        except _Exit:
            pass
        except (BadValue, ValueError, OverflowError, ZeroDivisionError, RecursionError) as error:
            raise Unsupported(str(error)[:200]) from error
        return run.outcomes

    def score(self, given: Mapping[str, Value | None]) -> float:
        """The outcome SCORE as a number, 0 when it is NULL."""
        return number_of(self.run(given).get("SCORE"))


def number_of(value: Value | None) -> float:
    if value is None or not value.members or isinstance(value.one, str):
        return 0.0
    return float(value.one)


@dataclass(slots=True)
class _Run:
    program: Program
    given: Mapping[str, Value | None]
    outcomes: dict[str, Value | None] = field(init=False)
    steps: int = 0

    def __post_init__(self) -> None:
        self.outcomes = {
            name: outcome.default or (Value((0.0,)) if outcome.base_type in {"float", "integer"} else None)
            for name, outcome in self.program.outcomes.items()
        }

    def step(self) -> None:
        self.steps += 1
        if self.steps > MAX_STEPS:
            raise Unsupported("the rules take too long")

    def rules(self, rules: Sequence[Node]) -> None:
        for rule in rules:
            self.step()
            match rule.name:
                case "set-outcome-value":
                    self.outcomes[rule.get("identifier")] = self.value(_only(rule))
                case "response-condition":
                    self._condition(rule)
                case "response-processing-fragment":
                    self.rules(rule.children)
                case "exit-response":
                    raise _Exit
                case _:
                    raise Unsupported(f"the rule {rule.name}")

    def _condition(self, rule: Node) -> None:
        for branch in rule.children:
            if branch.name == "response-else":
                self.rules(branch.children)
                return
            if branch.name not in {"response-if", "response-else-if"} or not branch.children:
                raise Unsupported(f"the rule {branch.name}")
            if self.is_true(branch.children[0]):
                self.rules(branch.children[1:])
                return

    def is_true(self, node: Node) -> bool:
        return self.value(node) == TRUE

    def value(self, node: Node) -> Value | None:
        self.step()
        operator = OPERATORS.get(node.name)
        if operator is None:
            raise Unsupported(f"the expression {node.name}")
        return operator(self, node)

    def response(self, node: Node) -> Response:
        found = self.program.responses.get(node.get("identifier"))
        if found is None:
            raise Unsupported(f"no response '{node.get('identifier')[:40]}' is declared")
        return found

    def values(self, node: Node) -> list[Value | None]:
        return [self.value(child) for child in node.children]

    def pair(self, node: Node) -> tuple[Value | None, Value | None]:
        if len(node.children) != 2:
            raise Unsupported(f"{node.name} with {len(node.children)} parts")
        return self.value(node.children[0]), self.value(node.children[1])

    def numbers(self, node: Node) -> list[float] | None:
        """The members of all parts as numbers; None when one of them is NULL."""
        values = self.values(node)
        if not values or any(value is None for value in values):
            return None
        return [_number(member) for value in values if value for member in value.members]


def _only(node: Node) -> Node:
    if len(node.children) != 1:
        raise Unsupported(f"{node.name} with {len(node.children)} parts")
    return node.children[0]


def _number(member: Scalar) -> float:
    if isinstance(member, str):
        raise BadValue(f"'{member[:40]}' is no number")
    return float(member)


def _truth(found: object) -> Value:
    return TRUE if found else FALSE


def _same(one: Value, other: Value) -> bool:
    """Ordered containers member by member, the others whatever the order."""
    if Cardinality.ORDERED in {one.cardinality, other.cardinality} or len(one.members) == 1:
        return one.members == other.members
    return sorted(map(str, one.members)) == sorted(map(str, other.members))


def _variable(run: _Run, node: Node) -> Value | None:
    identifier = node.get("identifier")
    if identifier in run.program.responses:
        return run.given.get(identifier)
    if identifier in run.outcomes:
        return run.outcomes[identifier]
    raise Unsupported(f"no variable '{identifier[:40]}' is declared")


def _base_value(run: _Run, node: Node) -> Value | None:
    return Value((scalar(node.text, node.get("base-type")),))


def _map_response(run: _Run, node: Node) -> Value | None:
    """No response earns nothing, as in the engines that learners meet."""
    response = run.response(node)
    given = run.given.get(response.identifier)
    if response.mapping is None:
        raise Unsupported(f"the response {response.identifier[:40]} has no mapping")
    return Value((response.mapping.total(given or Value(())),))


def _match(run: _Run, node: Node) -> Value | None:
    one, other = run.pair(node)
    return None if one is None or other is None else _truth(_same(one, other))


def _equal(run: _Run, node: Node) -> Value | None:
    """The tolerance is about the first part, or about the one that is not the response."""
    one, other = run.pair(node)
    if one is None or other is None:
        return None
    if node.children[0].name == "variable":
        one, other = other, one
    wanted, given = _number(one.one), _number(other.one)
    mode = node.get("tolerance-mode", "exact")
    if mode == "exact":
        return _truth(wanted == given)
    widths = [float(part) for part in node.get("tolerance").split()]
    if mode not in {"absolute", "relative"} or not widths:
        raise Unsupported(f"the tolerance {mode[:40]}")
    below, above = widths[0], widths[-1]
    if mode == "relative":
        below, above = abs(wanted) * below / 100, abs(wanted) * above / 100
    low, high = wanted - below, wanted + above
    tiny = 1e-12 * max(1.0, abs(wanted))
    return _truth(low - tiny <= given <= high + tiny)


def _string_match(run: _Run, node: Node) -> Value | None:
    one, other = run.pair(node)
    if one is None or other is None:
        return None
    first, second = str(one.one), str(other.one)
    if node.get("case-sensitive", "true") != "true":
        first, second = first.casefold(), second.casefold()
    return _truth(second in first if node.get("substring") == "true" else first == second)


def _member(run: _Run, node: Node) -> Value | None:
    one, other = run.pair(node)
    return None if one is None or other is None else _truth(one.one in other.members)


def _contains(run: _Run, node: Node) -> Value | None:
    whole, part = run.pair(node)
    if whole is None or part is None:
        return None
    if Cardinality.ORDERED in {whole.cardinality, part.cardinality}:
        size = len(part.members)
        runs = (whole.members[at : at + size] for at in range(len(whole.members) - size + 1))
        return _truth(part.members in runs)
    return _truth(all(part.members.count(member) <= whole.members.count(member) for member in part.members))


def _compare(test: Callable[[float, float], bool]) -> "Operator":
    def compare(run: _Run, node: Node) -> Value | None:
        one, other = run.pair(node)
        return None if one is None or other is None else _truth(test(_number(one.one), _number(other.one)))

    return compare


def _and(run: _Run, node: Node) -> Value | None:
    values = run.values(node)
    if FALSE in values:
        return FALSE
    return None if None in values else TRUE


def _or(run: _Run, node: Node) -> Value | None:
    values = run.values(node)
    if TRUE in values:
        return TRUE
    return None if None in values else FALSE


def _not(run: _Run, node: Node) -> Value | None:
    value = run.value(_only(node))
    return None if value is None else _truth(value != TRUE)


def _sum(run: _Run, node: Node) -> Value | None:
    numbers = run.numbers(node)
    return None if numbers is None else Value((math.fsum(numbers),))


def _product(run: _Run, node: Node) -> Value | None:
    numbers = run.numbers(node)
    return None if numbers is None else Value((math.prod(numbers),))


def _subtract(run: _Run, node: Node) -> Value | None:
    one, other = run.pair(node)
    return None if one is None or other is None else Value((_number(one.one) - _number(other.one),))


def _divide(run: _Run, node: Node) -> Value | None:
    one, other = run.pair(node)
    if one is None or other is None or _number(other.one) == 0:
        return None
    return Value((_number(one.one) / _number(other.one),))


def _index(run: _Run, node: Node) -> Value | None:
    value, at = run.value(_only(node)), int(node.get("n") or "0")
    if value is None or not 1 <= at <= len(value.members):
        return None
    return Value((value.members[at - 1],))


def _container(cardinality: Cardinality) -> "Operator":
    def gather(run: _Run, node: Node) -> Value | None:
        members = tuple(member for value in run.values(node) if value for member in value.members)
        return Value(members, cardinality) if members else None

    return gather


def _size(run: _Run, node: Node) -> Value | None:
    value = run.value(_only(node))
    return Value((float(len(value.members)) if value else 0.0,))


def _null(run: _Run, node: Node) -> Value | None:
    return None


type Operator = Callable[[_Run, Node], Value | None]

OPERATORS: Mapping[str, Operator] = {
    "variable": _variable,
    "correct": lambda run, node: run.response(node).correct,
    "base-value": _base_value,
    "map-response": _map_response,
    "is-null": lambda run, node: _truth(run.value(_only(node)) is None),
    "null": _null,
    "match": _match,
    "equal": _equal,
    "string-match": _string_match,
    "member": _member,
    "contains": _contains,
    "gt": _compare(lambda one, other: one > other),
    "gte": _compare(lambda one, other: one >= other),
    "lt": _compare(lambda one, other: one < other),
    "lte": _compare(lambda one, other: one <= other),
    "and": _and,
    "or": _or,
    "not": _not,
    "sum": _sum,
    "product": _product,
    "subtract": _subtract,
    "divide": _divide,
    "index": _index,
    "multiple": _container(Cardinality.MULTIPLE),
    "ordered": _container(Cardinality.ORDERED),
    "container-size": _size,
}
"""What the expressions of response processing may say. NULL is None."""
