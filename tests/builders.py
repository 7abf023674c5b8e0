"""Contents of every kind, right and complete, to be bent by tests."""

from dataclasses import replace

from lyceum.bank.domain.content import (
    Accepted,
    Content,
    Criterion,
    Gap,
    Kind,
    Option,
    RuleName,
    ScoreRule,
    TextFormat,
)

OPTIONS = tuple(Option(id=id, text=f"Вариант {id}", feedback=f"О варианте {id}") for id in "abcde")
ITEMS = tuple(Option(id=id, text=f"Элемент {id}") for id in "1234")
CHOICES = {
    Kind.SINGLE_CHOICE: (RuleName.EXACT, RuleName.WEIGHTED_OPTIONS),
    Kind.MULTIPLE_CHOICE: (RuleName.SET, RuleName.PER_ELEMENT, RuleName.POSITIONS, RuleName.WEIGHTED_OPTIONS),
}
POINTS = (3.0, 2.0, 1.0)
WEIGHTS = {"a": 0.5, "b": 0.5, "c": -0.5, "d": -1.0}


def a_content(kind: Kind, rule: RuleName | ScoreRule | None = None, **changes: object) -> Content:
    """A question of a kind, worth three points, with a score rule that fits it."""
    content = replace(_MAKERS[kind], **changes)  # type: ignore[arg-type]
    if rule is None or isinstance(rule, ScoreRule):
        return replace(content, rule=rule or content.rule)
    weights = {}
    if rule is RuleName.WEIGHTED_OPTIONS:
        weights = WEIGHTS if kind is Kind.MULTIPLE_CHOICE else {"a": 1.0, "b": 0.5, "c": -0.25}
        content = replace(content, key=())
    points = POINTS if rule is RuleName.POSITIONS else ()
    return replace(content, rule=replace(content.rule, name=rule, points=points, weights=weights))


def _made(kind: Kind, rule: RuleName = RuleName.EXACT, **fields: object) -> Content:
    return Content(
        kind=kind,
        stem=str(fields.pop("stem", "Вопрос?")),
        stem_format=TextFormat.PLAIN,
        rule=ScoreRule(name=rule, criteria=fields.pop("criteria", ())),  # type: ignore[arg-type]
        max_score=fields.pop("max_score", 3.0),  # type: ignore[arg-type]
        **fields,  # type: ignore[arg-type]
    )


GAPS = (
    Gap(id="one", kind=Kind.SINGLE_CHOICE, options=OPTIONS, key=("b",)),
    Gap(id="many", kind=Kind.MULTIPLE_CHOICE, options=OPTIONS, key=("a", "c"), rule=ScoreRule(name=RuleName.SET)),
    Gap(id="word", kind=Kind.SHORT_TEXT, accepted=(Accepted(text="ёж"),), rule=ScoreRule(name=RuleName.WORDS)),
    Gap(id="sum", kind=Kind.NUMERIC, accepted=(Accepted(text="2.5", tolerance="0.1"),), weight=2.0),
)

_MAKERS = {
    Kind.SINGLE_CHOICE: _made(Kind.SINGLE_CHOICE, options=OPTIONS, key=("a",)),
    Kind.MULTIPLE_CHOICE: _made(Kind.MULTIPLE_CHOICE, RuleName.SET, options=OPTIONS, key=("a", "b")),
    Kind.TRUE_FALSE: _made(Kind.TRUE_FALSE, key=("true",)),
    Kind.SHORT_TEXT: _made(Kind.SHORT_TEXT, RuleName.WORDS, accepted=(Accepted(text="3142"),)),
    Kind.NUMERIC: _made(Kind.NUMERIC, RuleName.NUMERIC, accepted=(Accepted(text="-9.81", tolerance="0.01"),)),
    Kind.MATCHING: _made(
        Kind.MATCHING,
        RuleName.PER_ELEMENT,
        items=ITEMS[:3],
        options=OPTIONS,
        pairs={"1": "a", "2": "b", "3": "c"},
    ),
    Kind.ORDERING: _made(Kind.ORDERING, items=ITEMS, key=("2", "1", "4", "3")),
    Kind.CLOZE: _made(Kind.CLOZE, RuleName.PER_ELEMENT, gaps=GAPS, stem="[[one]] [[many]] [[word]] [[sum]]"),
    Kind.ESSAY: _made(
        Kind.ESSAY,
        RuleName.CRITERIA,
        criteria=(Criterion(id="k1", title="Мысль", max=2.0), Criterion(id="k2", title="Язык", max=1.0)),
    ),
    Kind.DESCRIPTION: _made(Kind.DESCRIPTION, max_score=0.0),
}
