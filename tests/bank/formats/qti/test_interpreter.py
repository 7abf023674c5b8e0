"""Response processing: what each operator gives, and that nothing a file says can make it run for ever."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from lyceum.bank.adapters.formats.qti.interpreter import Program, Unsupported
from lyceum.bank.adapters.formats.qti.processing import program_of
from lyceum.bank.adapters.formats.qti.values import BadValue, Cardinality, Value
from tests.bank.formats.qti.samples import SCORE, VERSIONS, item, mapping, response

DECLARED = (
    response("A", "B", cardinality="multiple", id="M", mapping=mapping({"A": 1, "B": 2, "C": -1}, 'upperBound="2"'))
    + response("A", "B", "C", cardinality="ordered", id="O")
    + response("York", type="string", id="S", mapping=mapping({"York": 1}, case=False))
    + response("9.81", type="float", id="N")
    + response(id="X")
    + SCORE
)


def program(rules: str, version: str = "2.1") -> Program:
    text = item(f"{DECLARED}<responseProcessing>{rules}</responseProcessing>", version)
    return program_of(etree.fromstring(text.encode()))


def number(text: str) -> str:
    return f'<baseValue baseType="float">{text}</baseValue>'


def text(text: str) -> str:
    return f'<baseValue baseType="string">{text}</baseValue>'


def set_score(expression: str) -> str:
    return f'<setOutcomeValue identifier="SCORE">{expression}</setOutcomeValue>'


def when(condition: str) -> str:
    return f"<responseCondition><responseIf>{condition}{set_score(number('1'))}</responseIf></responseCondition>"


def variable(name: str) -> str:
    return f'<variable identifier="{name}"/>'


GIVEN = {
    "M": Value(("B", "A"), Cardinality.MULTIPLE),
    "O": Value(("A", "B", "C"), Cardinality.ORDERED),
    "S": Value(("york",)),
    "N": Value((9.8,)),
}
NULL = '<variable identifier="X"/>'
YES, NO = f"<match>{number('1')}{number('1')}</match>", f"<match>{number('1')}{number('2')}</match>"
PART = '<multiple><baseValue baseType="identifier">B</baseValue></multiple>'
ROW = '<ordered><baseValue baseType="identifier">B</baseValue><baseValue baseType="identifier">C</baseValue></ordered>'

CONDITIONS = [
    (f'<match>{variable("M")}<correct identifier="M"/></match>', True),
    (f'<match>{variable("O")}<correct identifier="O"/></match>', True),
    (f"<match>{variable('O')}<ordered>{variable('M')}</ordered></match>", False),
    (f'<match>{variable("S")}<correct identifier="S"/></match>', False),
    (f'<stringMatch caseSensitive="false">{variable("S")}{text("YORK")}</stringMatch>', True),
    (f'<stringMatch caseSensitive="true">{variable("S")}{text("YORK")}</stringMatch>', False),
    (f'<stringMatch caseSensitive="true" substring="true">{variable("S")}{text("or")}</stringMatch>', True),
    (f'<member><baseValue baseType="identifier">A</baseValue>{variable("M")}</member>', True),
    (f'<member><baseValue baseType="identifier">C</baseValue>{variable("M")}</member>', False),
    (f"<contains>{variable('M')}{PART}</contains>", True),
    (f"<contains>{variable('O')}{ROW}</contains>", True),
    (f"<contains>{ROW}{variable('O')}</contains>", False),
    (f'<equal toleranceMode="exact">{variable("N")}{number("9.8")}</equal>', True),
    (f'<equal toleranceMode="absolute" tolerance="0.01">{variable("N")}{number("9.81")}</equal>', True),
    (f'<equal toleranceMode="absolute" tolerance="0.001 0.1">{number("9.81")}{variable("N")}</equal>', False),
    (f'<equal toleranceMode="relative" tolerance="1">{variable("N")}{number("9.75")}</equal>', True),
    (f"<gt>{variable('N')}{number('9')}</gt>", True),
    (f"<lt>{variable('N')}{number('9')}</lt>", False),
    (f"<gte>{variable('N')}{number('9.8')}</gte>", True),
    (f"<lte>{variable('N')}{number('9.8')}</lte>", True),
    (f"<isNull>{NULL}</isNull>", True),
    (f"<not><isNull>{NULL}</isNull></not>", False),
    (f"<and>{YES}{YES}</and>", True),
    (f"<and>{YES}{NO}</and>", False),
    (f"<and>{YES}<match>{NULL}{NULL}</match></and>", False),
    (f"<or>{NO}{YES}<match>{NULL}{NULL}</match></or>", True),
    (f"<or>{NO}{NO}</or>", False),
    (f'<match><index n="2">{variable("O")}</index><baseValue baseType="identifier">B</baseValue></match>', True),
    (f"<match><containerSize>{variable('M')}</containerSize>{number('2')}</match>", True),
]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(("condition", "holds"), CONDITIONS)
def test_conditions(version: str, condition: str, holds: bool) -> None:
    assert program(when(condition), version).score(GIVEN) == float(holds)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        (f"<sum>{number('1')}{number('2')}{number('3')}</sum>", 6),
        (f"<product>{number('2')}{number('3')}</product>", 6),
        (f"<subtract>{number('2')}{number('3')}</subtract>", -1),
        (f"<divide>{number('1')}{number('4')}</divide>", 0.25),
        (f"<divide>{number('1')}{number('0')}</divide>", 0),
        ('<mapResponse identifier="M"/>', 2),
        ('<mapResponse identifier="S"/>', 1),
        (f"<sum>{number('1')}{NULL}</sum>", 0),
    ],
)
def test_numbers(expression: str, value: float) -> None:
    assert program(set_score(expression)).score(GIVEN) == value


def test_the_first_branch_that_holds_is_taken_and_an_exit_ends_all() -> None:
    branches = (
        f"<responseCondition><responseIf>{NO}{set_score(number('1'))}</responseIf>"
        f"<responseElseIf>{YES}{set_score(number('2'))}<exitResponse/></responseElseIf>"
        f"<responseElse>{set_score(number('3'))}</responseElse></responseCondition>{set_score(number('4'))}"
    )
    assert program(branches).score(GIVEN) == 2


@pytest.mark.parametrize(
    "rules",
    [
        set_score("<randomFloat min='0' max='1'/>"),
        set_score("<customOperator class='x'/>"),
        set_score(variable("GONE")),
        set_score(""),
        set_score(f"{number('1')}{number('1')}"),
        set_score(f"<sum>{text('a')}</sum>"),
        set_score(f"<equal toleranceMode='absolute' tolerance='x'>{number('1')}{number('1')}</equal>"),
        set_score(number("one")),
        when(f"<gt>{text('a')}{number('1')}</gt>"),
        "<setTemplateValue identifier='SCORE'/>",
        f"<responseCondition>{YES}</responseCondition>",
    ],
)
def test_what_is_not_understood_is_said_and_not_guessed(rules: str) -> None:
    with pytest.raises(Unsupported):
        program(rules).score(GIVEN)


def test_rules_are_bounded_in_length_and_depth() -> None:
    with pytest.raises(BadValue):
        program(when("<not>" * 100 + YES + "</not>" * 100))
    with pytest.raises(BadValue):
        program(set_score(number("1")) * 6000)


operators = st.sampled_from(
    [
        "sum",
        "product",
        "subtract",
        "divide",
        "match",
        "equal",
        "and",
        "or",
        "not",
        "isNull",
        "gt",
        "member",
        "contains",
        "index",
    ]
)
leaves = st.sampled_from(
    [number("0"), number("1e300"), text("a"), NULL, variable("M"), variable("N"), '<correct identifier="O"/>']
)
trees = st.recursive(
    leaves,
    lambda inner: st.builds(
        lambda name, parts: f"<{name} n='1'>{''.join(parts)}</{name}>", operators, st.lists(inner, max_size=3)
    ),
    max_leaves=12,
)


@given(tree=trees)
@settings(max_examples=300, deadline=None)
def test_any_expression_gives_a_number_or_says_why_not(tree: str) -> None:
    with suppress(Unsupported):
        assert isinstance(program(set_score(tree)).score(GIVEN), float)
