"""Items of QTI: each interaction and each way of scoring, in all three versions."""

import pytest

from lyceum.bank.domain.content import Accepted, Content, Kind, RuleName, ScoreRule
from lyceum.bank.domain.drafts import Draft, MediaRole
from lyceum.bank.domain.scoring import grade
from tests.bank.formats.qti.samples import SCORE, VERSIONS, choices, item, mapping, response, template
from tests.bank.formats.reading import codes, draft, rejection

EVERY_VERSION = pytest.mark.parametrize("version", VERSIONS)


def content_of(inner: str, version: str = "2.1") -> Content:
    return draft(item(inner, version), "item.xml").content


def body(inner: str) -> str:
    return f"{SCORE}<itemBody>{inner}</itemBody>"


@EVERY_VERSION
@pytest.mark.parametrize("name", ["match_correct", "match_correct.xml", "CC2_match_basic", "CC2_match"])
def test_a_single_choice(version: str, name: str) -> None:
    found = draft(
        item(response("B") + body(f"<p>Capital of <b>Ecuador</b>?</p>{choices()}") + template(name), version), "i.xml"
    )
    content = found.content
    assert (content.kind, content.stem) == (Kind.SINGLE_CHOICE, "<p>Capital of <b>Ecuador</b>?</p><p>Which?</p>")
    assert [option.text for option in content.options] == ["Lima", "Quito", "Bogota"]
    assert (content.key, content.rule, content.max_score, content.shuffle) == (("b",), ScoreRule(), 1.0, True)
    assert (found.title, found.losses, found.media) == ("Item", (), ())


@EVERY_VERSION
def test_a_single_choice_with_shares(version: str) -> None:
    mapped = mapping({"A": 1, "B": 2})
    content = content_of(response("B", mapping=mapped) + body(choices()) + template("map_response"), version)
    assert content.max_score == 2
    assert content.rule == ScoreRule(name=RuleName.WEIGHTED_OPTIONS, weights={"a": 0.5, "b": 1.0, "c": 0.0})


@EVERY_VERSION
def test_a_multiple_choice_is_all_or_nothing_by_match_correct(version: str) -> None:
    inner = response("A", "C", cardinality="multiple") + body(choices(most=0)) + template("match_correct")
    content = content_of(inner, version)
    assert (content.kind, content.key, content.rule) == (Kind.MULTIPLE_CHOICE, ("a", "c"), ScoreRule())
    assert grade(content, ["c", "a"]).score == 1
    assert grade(content, ["a"]).score == 0


@EVERY_VERSION
def test_a_multiple_choice_with_shares(version: str) -> None:
    mapped = mapping({"A": 1, "C": 1, "B": -2}, 'defaultValue="0" lowerBound="0" upperBound="2"')
    inner = response("A", "C", cardinality="multiple", mapping=mapped) + body(choices(most=0))
    content = content_of(inner + template("map_response"), version)
    assert content.rule == ScoreRule(name=RuleName.WEIGHTED_OPTIONS, weights={"a": 0.5, "b": -1.0, "c": 0.5})
    assert [grade(content, chosen).score for chosen in (["a"], ["a", "c"], ["a", "b"], ["a", "b", "c"])] == [1, 2, 0, 0]


@EVERY_VERSION
def test_true_and_false(version: str) -> None:
    told = choices(texts={"true": "True", "false": "False"})
    content = content_of(response("false") + body(told) + template("match_correct"), version)
    assert (content.kind, content.key, content.options) == (Kind.TRUE_FALSE, ("false",), ())


@EVERY_VERSION
def test_a_choice_inside_of_a_text(version: str) -> None:
    inline = (
        '<p>In <inlineChoiceInteraction responseIdentifier="RESPONSE" shuffle="true">'
        '<inlineChoice identifier="G">Gloucester</inlineChoice><inlineChoice identifier="L">Lancaster</inlineChoice>'
        "</inlineChoiceInteraction> [[1]] now.</p>"
    )
    content = content_of(response("L") + body(inline) + template("match_correct"), version)
    assert (content.kind, content.stem) == (Kind.CLOZE, "<p>In [[1]] [ [1]] now.</p>")
    gap = content.gaps[0]
    assert (gap.kind, gap.key, gap.shuffle, gap.weight) == (Kind.SINGLE_CHOICE, ("b",), True, 1.0)


TEXT = '<textEntryInteraction responseIdentifier="RESPONSE" expectedLength="15"/>'


@EVERY_VERSION
def test_a_text_entry_after_the_question_is_a_short_text(version: str) -> None:
    mapped = mapping({"York": 1, "york city": 0.5}, case=False)
    inner = response("York", type="string", mapping=mapped) + body(f"<p>Which town? {TEXT}</p>")
    content = content_of(inner + template("map_response"), version)
    assert (content.kind, content.stem) == (Kind.SHORT_TEXT, "<p>Which town? </p>")
    assert content.accepted == (Accepted(text="York"), Accepted(text="york city", share=0.5))
    assert content.rule == ScoreRule(name=RuleName.WORDS, case_sensitive=False)


@EVERY_VERSION
def test_a_text_entry_by_match_correct_minds_the_case(version: str) -> None:
    content = content_of(response("York", type="string") + body(TEXT + "<p>?</p>") + template("match_correct"), version)
    assert content.gaps[0].rule == ScoreRule(name=RuleName.WORDS, case_sensitive=True)


@EVERY_VERSION
def test_several_text_entries_are_gaps(version: str) -> None:
    two = "".join(f'<textEntryInteraction responseIdentifier="R{n}"/> and ' for n in (1, 2))
    rules = (
        '<responseProcessing><setOutcomeValue identifier="SCORE"><sum><mapResponse identifier="R1"/>'
        '<mapResponse identifier="R2"/></sum></setOutcomeValue></responseProcessing>'
    )
    declared = "".join(
        response(str(n), id=f"R{n}", type=type, mapping=mapping({str(n): n}))
        for n, type in ((1, "integer"), (2, "string"))
    )
    # A sum is NULL when one of its parts is, so each answer is tried beside the right others.
    content = content_of(declared + body(f"<p>{two}</p>") + rules, version)
    assert content.kind is Kind.CLOZE
    assert [(gap.kind, gap.accepted[0].text) for gap in content.gaps] == [
        (Kind.NUMERIC, "1"),
        (Kind.SHORT_TEXT, "2"),
    ]


@EVERY_VERSION
def test_a_number_with_a_tolerance(version: str) -> None:
    rules = (
        "<responseProcessing><responseCondition><responseIf>"
        '<equal toleranceMode="absolute" tolerance="0.01 0.01"><variable identifier="RESPONSE"/>'
        '<correct identifier="RESPONSE"/></equal>'
        '<setOutcomeValue identifier="SCORE"><baseValue baseType="float">2</baseValue></setOutcomeValue>'
        "</responseIf></responseCondition></responseProcessing>"
    )
    content = content_of(response("9.81", type="float") + body(f"<p>g? {TEXT}</p>") + rules, version)
    assert (content.kind, content.max_score) == (Kind.NUMERIC, 2.0)
    assert content.accepted == (Accepted(text="9.81", tolerance="0.01"),)


@EVERY_VERSION
def test_a_long_text_is_graded_by_people(version: str) -> None:
    asked = '<extendedTextInteraction responseIdentifier="RESPONSE" expectedLines="5"><prompt>Why?</prompt>' \
            "</extendedTextInteraction>"  # fmt: skip
    rubric = '<rubricBlock view="scorer"><p>Two reasons: 2 points.</p></rubricBlock>'
    score = SCORE.replace("/>", ' normalMaximum="3"/>')
    content = content_of(response(type="string") + score + f"<itemBody>{rubric}{asked}</itemBody>", version)
    assert (content.kind, content.stem, content.max_score) == (Kind.ESSAY, "Why?", 3.0)
    assert content.rule.criteria[0].description == "Two reasons: 2 points."


@EVERY_VERSION
def test_an_order(version: str) -> None:
    asked = choices(most=0).replace("choiceInteraction", "orderInteraction")
    content = content_of(
        response("C", "A", "B", cardinality="ordered") + body(asked) + template("match_correct"), version
    )
    assert (content.kind, content.rule) == (Kind.ORDERING, ScoreRule())
    texts = {option.id: option.text for option in content.items}
    assert [texts[id] for id in content.key] == ["Bogota", "Lima", "Quito"]


def match(*, most: int = 1) -> str:
    def side(*ids: str, most: int) -> str:
        inner = "".join(
            f'<simpleAssociableChoice identifier="{id}" matchMax="{most}">{id} name</simpleAssociableChoice>'
            for id in ids
        )
        return f"<simpleMatchSet>{inner}</simpleMatchSet>"

    sides = side("C", "D", "L", most=1) + side("M", "R", "T", most=most)
    return (
        '<matchInteraction responseIdentifier="RESPONSE" shuffle="true" maxAssociations="3"><prompt>Match</prompt>'
        f"{sides}</matchInteraction>"
    )


@EVERY_VERSION
def test_pairs_by_match_correct(version: str) -> None:
    declared = response("C M", "D T", "L R", cardinality="multiple", type="directedPair")
    content = content_of(declared + body(match()) + template("match_correct"), version)
    assert (content.kind, content.rule) == (Kind.MATCHING, ScoreRule())
    assert grade(content, dict(content.pairs)).score == 1


@EVERY_VERSION
def test_pairs_with_shares(version: str) -> None:
    mapped = mapping({"C M": 1, "D M": 1, "L R": 1})
    declared = response("C M", "D M", "L R", cardinality="multiple", type="directedPair", mapping=mapped)
    content = content_of(declared + body(match(most=3)) + template("map_response"), version)
    assert (content.rule, content.max_score) == (ScoreRule(name=RuleName.PER_ELEMENT), 3.0)
    names = {option.id: option.text for option in (*content.items, *content.options)}
    assert {names[item]: names[option] for item, option in content.pairs.items()} == {
        "C name": "M name",
        "D name": "M name",
        "L name": "R name",
    }
    assert sorted(option.text for option in content.options) == ["M name", "R name", "T name"]


@EVERY_VERSION
def test_one_on_the_left_for_several_on_the_right_is_turned_round(version: str) -> None:
    mapped = mapping({"C M": 1, "C R": 1, "D T": 1})
    declared = response("C M", "C R", "D T", cardinality="multiple", type="directedPair", mapping=mapped)
    found = draft(item(declared + body(match(most=3)) + template("map_response"), version), "x")
    assert [option.text for option in found.content.items] == ["M name", "R name", "T name"]


@EVERY_VERSION
@pytest.mark.parametrize(
    "interaction",
    ["gapMatchInteraction", "hottextInteraction", "hotspotInteraction", "graphicOrderInteraction", "sliderInteraction",
     "uploadInteraction", "drawingInteraction", "mediaInteraction", "customInteraction", "portableCustomInteraction",
     "endAttemptInteraction", "selectPointInteraction", "positionObjectInteraction", "associateInteraction"],
)  # fmt: skip
def test_what_cannot_be_played_is_kept_with_its_source(version: str, interaction: str) -> None:
    asked = f'<p>Look.</p><{interaction} responseIdentifier="RESPONSE"><prompt>Point at it.</prompt></{interaction}>'
    found = draft(item(response() + body(asked), version), "x")
    assert (found.content.kind, found.content.stem) == (Kind.DESCRIPTION, "<p>Look.</p><p>Point at it.</p>")
    assert codes(found) == {"not_playable"}
    source = found.media[0]
    assert (source.role, source.name) == (MediaRole.SOURCE, "qti-source.xml")
    assert b"Point at it." in source.data


OWN_RULES = {
    "random": "<setOutcomeValue identifier='SCORE'><randomInteger min='1' max='3'/></setOutcomeValue>",
    "pattern": "<responseCondition><responseIf><patternMatch pattern='(a+)+$'><variable identifier='RESPONSE'/>"
    "</patternMatch></responseIf></responseCondition>",
    "lookup": "<lookupOutcomeValue identifier='SCORE'><variable identifier='RESPONSE'/></lookupOutcomeValue>",
    "foreign": "<setOutcomeValue identifier='SCORE'><variable identifier='NOBODY'/></setOutcomeValue>",
}


@pytest.mark.parametrize("rules", OWN_RULES.values(), ids=OWN_RULES.keys())
def test_scoring_that_has_no_equal_is_left_to_people(rules: str) -> None:
    found = draft(
        item(response("A") + body(choices()) + f"<responseProcessing>{rules}</responseProcessing>"), "item.xml"
    )
    assert found.content.kind is Kind.ESSAY
    assert "<li>Quito</li>" in found.content.stem
    assert codes(found) == {"manual_grading"}
    assert found.media[0].role is MediaRole.SOURCE


def test_points_of_a_picture_are_left_to_people() -> None:
    found = draft(item(response("A") + body(choices()) + template("map_response_point")), "x")
    assert codes(found) == {"manual_grading"}


@pytest.mark.parametrize(
    ("inner", "attributes", "code"),
    [
        ("", ' adaptive="true"', "adaptive_item"),
        ("<templateProcessing/>", "", "template_item"),
        ("<templateDeclaration identifier='T' cardinality='single' baseType='integer'/>", "", "template_item"),
        ("<responseDeclaration identifier='R' cardinality='many' baseType='float'/>", "", "bad_item"),
        (response("x", type="float"), "", "bad_item"),
    ],
)
def test_what_changes_or_contradicts_itself_is_rejected(inner: str, attributes: str, code: str) -> None:
    text = item(inner + body(choices()))
    found = rejection(text.replace(' adaptive="false"', attributes) if attributes else text, "item.xml")
    assert (found.code, found.title) == (code, "Item")


FEEDBACK = (
    '<outcomeDeclaration identifier="FEEDBACK" cardinality="single" baseType="identifier"/>'
    '<outcomeDeclaration identifier="SOLUTION" cardinality="single" baseType="identifier">'
    "<defaultValue><value>shown</value></defaultValue></outcomeDeclaration>"
)
SET_FEEDBACK = '<setOutcomeValue identifier="FEEDBACK"><variable identifier="RESPONSE"/></setOutcomeValue>'


@EVERY_VERSION
def test_feedback_goes_to_the_choice_it_speaks_of(version: str) -> None:
    rules = (
        "<responseProcessing><responseCondition><responseIf><match><variable identifier='RESPONSE'/>"
        "<correct identifier='RESPONSE'/></match><setOutcomeValue identifier='SCORE'><baseValue baseType='float'>1"
        f"</baseValue></setOutcomeValue></responseIf></responseCondition>{SET_FEEDBACK}</responseProcessing>"
    )
    inline = choices().replace(
        "Lima", 'Lima<feedbackInline outcomeIdentifier="FEEDBACK" identifier="A" showHide="show">Peru!</feedbackInline>'
    )
    modal = (
        '<modalFeedback outcomeIdentifier="FEEDBACK" identifier="B" showHide="hide">Not so.</modalFeedback>'
        '<modalFeedback outcomeIdentifier="SOLUTION" identifier="shown" showHide="show"><p>Look at a map.</p>'
        "</modalFeedback>"
    )
    content = content_of(response("B") + FEEDBACK + body(inline) + rules + modal, version)
    assert [(option.text, option.feedback) for option in content.options] == [
        ("Lima", "Peru!<hr>Not so."),
        ("Quito", ""),
        ("Bogota", "Not so."),
    ]
    assert content.explanation == "Look at a map."


def test_mathml_and_tables_stay_and_wrappers_of_version_3_go() -> None:
    math = '<math xmlns="http://www.w3.org/1998/Math/MathML"><mi>x</mi></math>'
    table = "<table><tr><td>1</td></tr></table>"
    stem = draft(
        item(response("B") + body(f"<div class='a' id='b'>{math}{table}</div>{choices()}") + template("match_correct")),
        "x",
    ).content.stem
    assert stem.startswith(f"<math><mi>x</mi></math>{table}")


def test_files_of_a_single_item_are_missed_by_name() -> None:
    found = draft(
        item(response("B") + body(f'<img src="a.png" alt="map"/>{choices()}') + template("match_correct")), "x"
    )
    assert '<img src="attachment:a.png" alt="map">' in found.content.stem
    assert codes(found) == {"file_missing"}


def test_the_language_of_the_item_is_taken() -> None:
    inner = response("B") + body(choices()) + template("match_correct")
    found: Draft = draft(item(inner, attributes=' xml:lang="en-US"'), "x")
    assert found.content.language == "en"
