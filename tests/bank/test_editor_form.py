"""The editor's form holds everything that a question can say, and says it again as it was."""

from dataclasses import replace

import pytest

from lyceum.bank.adapters.editor_form import TICKS, EditorForm
from lyceum.bank.adapters.editor_reader import of_content
from lyceum.bank.adapters.editor_writer import place_of, question_of
from lyceum.bank.domain.content import (
    Accepted,
    Content,
    Derived,
    Gap,
    Kind,
    Option,
    Parameter,
    ParameterKind,
    RuleName,
    ScoreRule,
    Template,
    TextFormat,
)
from lyceum.bank.use_cases.question_input import content_of
from lyceum.platform.http_errors import Malformed

OPTIONS = (Option(id="a", text="yes", feedback="indeed"), Option(id="b", text="no"), Option(id="c", text="{{s}}"))
GAPS = (
    Gap(
        id="1",
        kind=Kind.SHORT_TEXT,
        accepted=(Accepted(text="Seine", feedback="well"), Accepted(text="S*", share=0.5)),
        rule=ScoreRule(name=RuleName.WORDS, case_sensitive=True, fold_lookalikes=False),
        weight=2.0,
    ),
    Gap(
        id="n",
        kind=Kind.NUMERIC,
        accepted=(Accepted(text="{{s}}", tolerance="0.5"),),
        rule=ScoreRule(name=RuleName.NUMERIC, relative=True, precision=2),
    ),
    Gap(
        id="one",
        kind=Kind.SINGLE_CHOICE,
        options=OPTIONS,
        rule=ScoreRule(name=RuleName.WEIGHTED_OPTIONS, weights={"a": 1.0, "b": -0.5}),
        shuffle=True,
    ),
    Gap(id="many", kind=Kind.MULTIPLE_CHOICE, options=OPTIONS, key=("a", "c"), rule=ScoreRule(name=RuleName.SET)),
    Gap(
        id="row",
        kind=Kind.SHORT_TEXT,
        accepted=(Accepted(text="3142"),),
        rule=ScoreRule(name=RuleName.POSITIONS, points=(1.0, 0.5)),
    ),
)
TEMPLATE = Template(
    parameters=(
        Parameter(name="a", low="-9", high="9"),
        Parameter(name="b", kind=ParameterKind.DECIMAL, low="0.5", high="2", step="0.25"),
        Parameter(name="city", kind=ParameterKind.CHOICE, values=("Paris", "Rome")),
    ),
    derived=(Derived(name="s", expression="a * b", decimals=2), Derived(name="t", expression="s + 1")),
    conditions=("a != 0", "s > -20"),
)
CLOZE = Content(
    kind=Kind.CLOZE,
    stem="[[1]] [[n]] [[one]] [[many]] [[row]] {{city}}",
    stem_format=TextFormat.MARKDOWN,
    language="en",
    gaps=GAPS,
    rule=ScoreRule(name=RuleName.PER_ELEMENT),
    template=TEMPLATE,
)


def sent(form: EditorForm) -> EditorForm:
    """The form after a browser has shown it and sent it back."""
    given: dict[str, list[str]] = {name: [text] for name, text in form.texts.items()}
    given |= {name: ["1"] for name in form.flags}
    for name, rows in form.rows.items():
        for row in rows:
            for part, value in row.items():
                given.setdefault(f"{name}.{part}", []).append(value)
    given |= {name: sorted(form.ticks.get(name, ())) for name in TICKS}
    return EditorForm.read(given | {"right": sorted(form.right)})


def written(form: EditorForm) -> Content:
    given = question_of(form, unfinished=True)
    return content_of(given, given.answer)


def test_a_cloze_with_a_template_goes_through_the_form_without_a_loss() -> None:
    assert written(sent(of_content(CLOZE))) == CLOZE


def test_gaps_and_their_options_are_moved_and_taken_away_by_their_tokens() -> None:
    form = of_content(CLOZE)
    ids = [row["id"] for row in form.done("gaps.down:0").rows["gaps"]]
    assert ids == ["n", "1", "one", "many", "row"]
    fewer = written(form.done("gap_options.remove:2-1").done("gap_options.up:3-1").done("gap_options.up:3-2"))
    assert [option.id for option in fewer.gaps[2].options] == ["a", "c"]
    assert [option.id for option in fewer.gaps[3].options] == ["b", "c", "a"]
    assert [gap.id for gap in written(form.done("gaps.remove:2")).gaps] == ["1", "n", "many", "row"]


def test_a_gap_more_has_a_mark_that_is_free_and_marks_of_the_text_get_rows() -> None:
    form = of_content(replace(CLOZE, gaps=GAPS[:1]))
    assert [row["id"] for row in form.done("gaps.add").rows["gaps"]] == ["1", "2"]
    assert [row["id"] for row in form.with_marked_gaps.rows["gaps"]] == ["1", "n", "one", "many", "row"]
    assert len({row["token"] for row in form.with_marked_gaps.rows["gaps"]}) == 5


@pytest.mark.parametrize(
    ("loc", "place"),
    [
        ("gaps/2/options/1/text", "gap_options.1.text"),
        ("gaps/3/options/1/text", "gap_options.4.text"),
        ("gaps/4/accepted/0/text", "gap_accepted.3.text"),
        ("gaps/1/rule/precision", "gaps.1.precision"),
        ("gaps/1/weight", "gaps.1.weight"),
        ("gaps/3/key", "gaps.3"),
        ("gaps/9", "gaps"),
        ("template/derived/1/expression", "derived.1.expression"),
        ("template/parameters/0", "parameters.0"),
        ("template", "template"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(loc: str, place: str) -> None:
    assert place_of(loc, of_content(CLOZE)) == place


@pytest.mark.parametrize(
    ("name", "row", "loc"),
    [
        ("parameters", {"name": "1a", "low": "1", "high": "2"}, "template/parameters/0/name"),
        ("parameters", {"name": "a", "low": "", "high": "2"}, "template/parameters/0/low"),
        ("parameters", {"name": "a", "kind": "choice", "values": " "}, "template/parameters/0/values"),
        ("derived", {"name": "s", "expression": " "}, "template/derived/0/expression"),
        ("derived", {"name": "s", "expression": "a", "decimals": "two"}, "template/derived/0/decimals"),
        ("gaps", {"id": " "}, "gaps/0/id"),
        ("gaps", {"id": "1", "weight": "heavy"}, "gaps/0/weight"),
    ],
)
def test_a_row_that_cannot_be_read_is_refused_at_its_field(name: str, row: dict[str, str], loc: str) -> None:
    given = {"kind": ["cloze"], f"{name}.token": ["0"], **{f"{name}.{part}": [text] for part, text in row.items()}}
    with pytest.raises(Malformed) as refused:
        question_of(EditorForm.read(given), unfinished=True)
    assert [problem.loc for problem in refused.value.problems] == [loc]


def test_a_form_without_parameters_makes_no_template() -> None:
    given = {"parameters.token": ["0"], "parameters.kind": ["integer"], "parameters.step": ["1"]}
    assert question_of(EditorForm.read(given), unfinished=True).template is None
