"""Drafts of every kind, as authors might write them, with all the characters that formats give a meaning to."""

import re
from collections.abc import Mapping
from dataclasses import replace

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from lyceum.bank.adapters.formats.building import option_id
from lyceum.bank.domain.content import (
    Accepted,
    Content,
    Criterion,
    Derived,
    Gap,
    Kind,
    Option,
    Parameter,
    RuleName,
    ScoreRule,
    Template,
    TextFormat,
)
from lyceum.bank.domain.drafts import Difficulty, Draft, DraftMedia, MediaRole

ALPHABET = "абвЯё zX09\n{}=~#:\\/|%-+@'\"[]<>&;*_$.,!?()^n½−→T\t"

texts = st.text(ALPHABET, min_size=1, max_size=24).map(str.strip).filter(bool)
maybe = st.just("") | texts
words = st.text("абвЯz09-=@", min_size=1, max_size=12).map(str.strip).filter(bool)
shares = st.sampled_from([0.0, 0.05, 0.1, 0.25, 1 / 3, 0.5, 2 / 3, 5 / 6, 0.9, 1.0])
weights = shares | shares.map(lambda value: -value if value else 0.0)
scores = st.sampled_from([0.5, 1.0, 2.0, 3.0, 21.0])
decimals = st.decimals(-10_000, 10_000, places=3, allow_nan=False).map(lambda value: format(value, "f"))
spoken = st.sampled_from(["−9,81", "1 234,5", "1e3", "1/4", "1/3", "1 1/3", "+.5", "*"])
"""Numbers as people write them; not every one of them is a decimal."""
widths = st.sampled_from(["0", "0.01", "0.5", "2", "0,5", "1/3"])


falling = st.sampled_from([(), (0.5,), (0.5, 0.25)])
"""Points for 0, 1 … wrong positions, within every maximum of `scores`."""


def distinct(least: int, most: int = 5) -> SearchStrategy[list[str]]:
    return st.lists(texts, min_size=least, max_size=most, unique=True)


@st.composite
def options(draw: st.DrawFn, least: int = 2) -> tuple[Option, ...]:
    found = draw(distinct(least))
    return tuple(Option(id=option_id(n), text=text, feedback=draw(maybe)) for n, text in enumerate(found))


@st.composite
def accepted(draw: st.DrawFn, *, numeric: bool) -> tuple[Accepted, ...]:
    texts_ = draw(st.lists(decimals | spoken if numeric else texts, min_size=1, max_size=3))
    made = [
        Accepted(text=t, share=draw(shares), tolerance=draw(widths) if numeric else "0", feedback=draw(maybe))
        for t in texts_
    ]
    first = Accepted(text=made[0].text, share=1.0, tolerance=made[0].tolerance, feedback=made[0].feedback)
    return (first, *made[1:])


@st.composite
def choice_parts(draw: st.DrawFn, *, single: bool) -> tuple[tuple[Option, ...], tuple[str, ...], ScoreRule]:
    lot = draw(options())
    ids = [option.id for option in lot]
    if single:
        key: tuple[str, ...] = (draw(st.sampled_from(ids)),)
        names = [RuleName.EXACT, RuleName.WEIGHTED_OPTIONS]
    else:
        key = tuple(sorted(draw(st.sets(st.sampled_from(ids), min_size=1))))
        names = [
            RuleName.EXACT,
            RuleName.SET,
            RuleName.PER_ELEMENT,
            RuleName.POSITIONS,
            RuleName.WEIGHTED_OPTIONS,
        ]
    name = draw(st.sampled_from(names))
    if name is not RuleName.WEIGHTED_OPTIONS:
        return lot, key, ScoreRule(name=name, points=draw(falling) if name is RuleName.POSITIONS else ())
    shares_: dict[str, float] = {}
    for id in ids:
        right = draw(shares.filter(bool)) if not single else 1.0
        wrong = draw(shares.filter(lambda v: v < 1)) if single else -draw(shares)
        shares_[id] = right if id in key else wrong or 0.0
    return lot, key, ScoreRule(name=name, weights=shares_)


@st.composite
def text_rules(draw: st.DrawFn) -> ScoreRule:
    name = draw(st.sampled_from([RuleName.WORDS, RuleName.EXACT, RuleName.SET, RuleName.POSITIONS]))
    return ScoreRule(
        name=name,
        points=draw(falling) if name is RuleName.POSITIONS else (),
        case_sensitive=draw(st.booleans()),
        fold_lookalikes=draw(st.booleans()),
    )


number_rules = st.builds(
    ScoreRule, name=st.just(RuleName.NUMERIC), relative=st.booleans(), precision=st.none() | st.just(2)
)


@st.composite
def gaps(draw: st.DrawFn) -> Gap:
    kind = draw(st.sampled_from([Kind.SINGLE_CHOICE, Kind.MULTIPLE_CHOICE, Kind.SHORT_TEXT, Kind.NUMERIC]))
    weight = draw(st.sampled_from([1.0, 2.0, 3.0]))
    if kind in {Kind.SINGLE_CHOICE, Kind.MULTIPLE_CHOICE}:
        lot, key, rule = draw(choice_parts(single=kind is Kind.SINGLE_CHOICE))
        return Gap(id="?", kind=kind, options=lot, key=key, rule=rule, weight=weight, shuffle=draw(st.booleans()))
    numeric = kind is Kind.NUMERIC
    rule = draw(number_rules if numeric else text_rules())
    return Gap(id="?", kind=kind, accepted=draw(accepted(numeric=numeric)), rule=rule, weight=weight)


@st.composite
def cloze(draw: st.DrawFn) -> dict[str, object]:
    lot = draw(st.lists(gaps(), min_size=1, max_size=3))
    parts = [draw(texts)]
    made = []
    for number, gap in enumerate(lot, 1):
        made.append(Gap(**{name: getattr(gap, name) for name in gap.__slots__ if name != "id"}, id=str(number)))
        parts += [f"[[{number}]]", draw(maybe)]
    total = sum(gap.weight for gap in made)
    return {
        "stem": "".join(parts).strip(),
        "gaps": tuple(made),
        "max_score": draw(st.just(total) | scores),
        "rule": ScoreRule(name=draw(st.sampled_from([RuleName.PER_ELEMENT, RuleName.EXACT]))),
    }


@st.composite
def matching(draw: st.DrawFn) -> dict[str, object]:
    lefts, rights = draw(distinct(2)), draw(distinct(2))
    ids = [option_id(n) for n in range(len(rights))]
    items = tuple(Option(id=str(n), text=text) for n, text in enumerate(lefts, 1))
    return {
        "items": items,
        "options": tuple(Option(id=id, text=text) for id, text in zip(ids, rights, strict=True)),
        "pairs": {item.id: draw(st.sampled_from(ids)) for item in items},
        "rule": draw(
            st.sampled_from(
                [
                    ScoreRule(name=RuleName.PER_ELEMENT),
                    ScoreRule(name=RuleName.EXACT),
                    ScoreRule(name=RuleName.POSITIONS),
                    ScoreRule(name=RuleName.POSITIONS, points=(0.5, 0.25)),
                ]
            )
        ),
    }


@st.composite
def ordering(draw: st.DrawFn) -> dict[str, object]:
    items = tuple(Option(id=str(n), text=text) for n, text in enumerate(draw(distinct(2)), 1))
    points = draw(st.just(()) | st.just((2.0, 1.0)))
    name = RuleName.POSITIONS if points else draw(st.sampled_from([RuleName.PER_ELEMENT, RuleName.EXACT]))
    return {
        "items": items,
        "key": tuple(draw(st.permutations([item.id for item in items]))),
        "rule": ScoreRule(name=name, points=points),
    }


@st.composite
def of_kind(draw: st.DrawFn, kind: Kind) -> dict[str, object]:
    match kind:
        case Kind.SINGLE_CHOICE | Kind.MULTIPLE_CHOICE:
            lot, key, rule = draw(choice_parts(single=kind is Kind.SINGLE_CHOICE))
            return {"options": lot, "key": key, "rule": rule}
        case Kind.TRUE_FALSE:
            feedback = {id: draw(maybe) for id in ("true", "false")}
            pair = tuple(Option(id=id, text=id.capitalize(), feedback=text) for id, text in feedback.items())
            key = (draw(st.sampled_from(["true", "false"])),)
            return {"key": key, "options": pair if any(feedback.values()) else ()}
        case Kind.SHORT_TEXT:
            return {"accepted": draw(accepted(numeric=False)), "rule": draw(text_rules())}
        case Kind.NUMERIC:
            return {"accepted": draw(accepted(numeric=True)), "rule": draw(number_rules)}
        case Kind.MATCHING:
            return draw(matching())
        case Kind.ORDERING:
            return draw(ordering())
        case Kind.CLOZE:
            return draw(cloze())
        case Kind.ESSAY:
            return {"rule": ScoreRule(name=RuleName.CRITERIA, criteria=draw(criteria()))}
        case Kind.DESCRIPTION:
            return {"max_score": 0.0}


@st.composite
def criteria(draw: st.DrawFn) -> tuple[Criterion, ...]:
    return tuple(
        Criterion(id=f"К{n}", title=draw(words), max=draw(scores), description=draw(maybe))
        for n in range(1, draw(st.integers(1, 3)) + 1)
    )


templates = st.just(
    Template(
        parameters=(Parameter(name="a", low="1", high="9"), Parameter(name="w", values=("x", "y"))),
        derived=(Derived(name="b", expression="a * 2", decimals=1),),
        conditions=("a > 2",),
    )
)


@st.composite
def contents(draw: st.DrawFn) -> Content:
    kind = draw(st.sampled_from(list(Kind)))
    fields: Mapping[str, object] = {
        "stem": draw(texts),
        "stem_format": draw(st.sampled_from(list(TextFormat))),
        "language": draw(st.sampled_from(["ru", "en"])),
        "max_score": draw(scores),
        "shuffle": draw(st.booleans()),
        "explanation": draw(maybe),
        "hint": draw(maybe),
        **draw(of_kind(kind)),
    }
    template = draw(st.none() | st.none() | st.none() | templates)
    content = Content(kind=kind, template=template, **fields)  # type: ignore[arg-type]
    return content if template is None else draw(computed(content))


@st.composite
def computed(draw: st.DrawFn, content: Content) -> Content:
    """Some of the numbers that a learner has to find are drawn or computed."""

    def lot(accepted: tuple[Accepted, ...]) -> tuple[Accepted, ...]:
        return tuple(
            replace(item, text=draw(st.just(item.text) | names), tolerance=draw(st.just(item.tolerance) | names))
            for item in accepted
        )

    names = st.sampled_from(["{{a}}", "{{b}}", "{{b|raw}}", "-{{a}}"])
    if content.kind is Kind.NUMERIC:
        return replace(content, accepted=lot(content.accepted))
    return replace(
        content,
        gaps=tuple(
            replace(gap, accepted=lot(gap.accepted)) if gap.kind is Kind.NUMERIC else gap for gap in content.gaps
        ),
    )


FILES = [
    (MediaRole.PHOTO, "png"),
    (MediaRole.SOUND, "mp3"),
    (MediaRole.FILE, "pdf"),
    (MediaRole.SOURCE, "xml"),
]


@st.composite
def media(draw: st.DrawFn) -> DraftMedia:
    role, suffix = draw(st.sampled_from(FILES))
    name = f"{draw(st.from_regex(re.compile('[абвz0-9]{1,6}'), fullmatch=True))}.{suffix}"
    return DraftMedia(name=name, role=role, data=draw(st.binary(min_size=1, max_size=40)), alt=draw(maybe))


@st.composite
def drafts(draw: st.DrawFn) -> Draft:
    files = draw(st.lists(media(), max_size=2, unique_by=lambda item: item.name))
    content = draw(contents())
    topics = draw(st.lists(words, max_size=3, unique=True))
    return Draft(
        content=content,
        title=" ".join(draw(maybe).split()),
        external_id=draw(st.just("") | words),
        exam=draw(st.none() | st.sampled_from(["ege", "oge"])),
        subject=draw(st.none() | words),
        exam_task_number=draw(st.none() | st.integers(1, 40)),
        topics=tuple(topics),
        difficulty=draw(st.sampled_from(list(Difficulty))),
        source=draw(st.just("") | words),
        licence=draw(st.just("") | words),
        media=tuple(files),
    )
